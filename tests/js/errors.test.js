import assert from 'node:assert/strict';
import test from 'node:test';
import { barsOf, HOURS, spanOf } from '../../public/js/errors.js';

const NOW = 1_763_900_000;
const hour = Math.floor(NOW / 3600) * 3600;

test('hours without errors are bars too, and none is counted twice', () => {
  const bars = barsOf([[hour - 7200, 4], [hour, 2]], 24, NOW);
  assert.equal(bars.length, 25);
  assert.deepEqual(bars.slice(-3).map(({ count }) => count), [4, 0, 2]);
  assert.equal(bars.at(-1).at, hour);
});

test('a long time has wider bars, at most sixty, and loses no error', () => {
  for (const wanted of HOURS) {
    const bars = barsOf([[hour, 1], [hour - Math.min(wanted, 700) * 3600, 2]], wanted, NOW);
    assert.ok(bars.length <= 60 && bars.length >= 2, String(bars.length));
    assert.equal(bars.reduce((sum, { count }) => sum + count, 0), 3, String(wanted));
  }
  assert.deepEqual(barsOf([[hour - 9000 * 3600, 1]], 1, NOW).map(({ count }) => count), [0, 0]);
});

test('the same minute asks the same question', () => {
  assert.deepEqual(spanOf(24, 86_461), spanOf(24, 86_499));
  assert.deepEqual(spanOf(1, 7200), { from: 3600 });
});
