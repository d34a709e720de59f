import assert from 'node:assert/strict';
import test from 'node:test';

import { hoursAhead, withOutlook } from '../../public/js/outlook.js';

const H = 3600;
const chart = { lines: [{ series: 'cpu', color: 'cpu' }, { series: 'iowait', color: 'memory' }] };
const line = (...avg) => ({ avg, min: avg, max: avg });
const drawn = () => ({
  t: [0, H, 2 * H], lines: [line(1, 2, 3), line(5, null, 6)],
  columns: [{ values: [1, 2, 3], color: 'cpu' }, { values: [5, null, 6], color: 'memory' }], scale: [0, 4],
});
const foreseen = (at, ...mid) => ({ t: mid.map((_, index) => at + index * H), mid, low: mid.map((x) => x - 1), high: mid.map((x) => x + 1) });

test('an hour is not looked ahead of, a day by a quarter, a month by three days', () => {
  assert.equal(hoursAhead({ from: 0, to: H, isLive: true }), 0);
  assert.equal(hoursAhead({ from: 0, to: 24 * H, isLive: true }), 6);
  assert.equal(hoursAhead({ from: 0, to: 720 * H, isLive: true }), 72);
  assert.equal(hoursAhead({ from: 0, to: 24 * H, isLive: false }), 0);
});

test('a forecast goes on where the line ends, with its band, and hours that are over are left out', () => {
  const shown = withOutlook(drawn(), chart, { cpu: foreseen(2 * H, 3, 4, 5) });
  assert.deepEqual(shown.t, [0, H, 2 * H, 3 * H, 4 * H]);
  assert.equal(shown.foreseenFrom, 3);
  assert.deepEqual(shown.columns[0].values, [1, 2, 3, null, null]);
  assert.deepEqual(shown.columns[2], { values: [null, null, 3, 4, 5], color: 'cpu', dash: [5, 4] });
  assert.deepEqual(shown.columns[3].values, [null, null, 3, 5, 6]);
  assert.deepEqual(shown.bands, [[3, 4, 'cpu']]);
  assert.deepEqual(shown.lines[0].min, [1, 2, 3, 3, 4]);
  assert.deepEqual(shown.lines[1].avg, [5, null, 6, null, null]);
  assert.equal(shown.scale[1] > 6, true);
});

test('a second line has a forecast and no band, and a missing one changes nothing', () => {
  const shown = withOutlook(drawn(), chart, { iowait: foreseen(3 * H, 7) });
  assert.equal(shown.columns.length, 3);
  assert.deepEqual(shown.bands, []);
  const plain = drawn();
  assert.equal(withOutlook(plain, chart, {}), plain);
  assert.equal(withOutlook(plain, chart, { cpu: foreseen(0, 1, 2, 3) }), plain);
  const empty = { ...drawn(), t: [], lines: [line(), line()] };
  assert.equal(withOutlook(empty, chart, { cpu: foreseen(0, 1) }), empty);
});
