import assert from 'node:assert/strict';
import test from 'node:test';
import { align, latest, offeredRanges, renewEvery, roundUp, scaleOf, stretchOf, summarise } from '../../public/js/series.js';

const flat = (t, value) => ({ t, min: t.map(() => value), avg: t.map(() => value), max: t.map(() => value) });

test('series of one agent share their axis as it is', () => {
  const { t, lines } = align([flat([0, 10, 20], 1), flat([0, 10, 20], 2)], 10);
  assert.deepEqual(t, [0, 10, 20]);
  assert.deepEqual(lines.map((line) => line.avg), [[1, 1, 1], [2, 2, 2]]);
});

test('a missing instant is null in the line that misses it', () => {
  const { t, lines } = align([flat([0, 10, 20], 1), flat([0, 20], 2)], 10);
  assert.deepEqual(t, [0, 10, 20]);
  assert.deepEqual(lines[1].avg, [2, null, 2]);
});

test('a line never crosses a time in which nothing was measured', () => {
  const { t, lines } = align([flat([0, 10, 100], 5)], 10);
  assert.deepEqual(t, [0, 10, 20, 100]);
  assert.deepEqual(lines[0].avg, [5, 5, null, 5]);
});

test('points that a sender tells seldom are one line, and an hour without them is a gap', () => {
  const { t, lines } = align([flat([0, 300, 600, 900, 4500, 4800], 5)], 12);
  assert.deepEqual(t, [0, 300, 600, 900, 912, 4500, 4800]);
  assert.deepEqual(lines[0].avg, [5, 5, 5, 5, null, 5, 5]);
});

test("the hub's own null stays a gap, and a zero stays a zero", () => {
  const { lines } = align([{ t: [0, 10, 20], min: [0, null, 0], avg: [0, null, 0], max: [0, null, 0] }], 10);
  assert.deepEqual(lines[0].avg, [0, null, 0]);
  assert.deepEqual(lines[0].max, [0, null, 0]);
});

test('a series the hub did not send is an empty line', () => {
  const { t, lines } = align([undefined, flat([0], 1)], 10);
  assert.deepEqual(t, [0]);
  assert.deepEqual(lines[0].avg, [null]);
  assert.deepEqual(align([undefined], 10), { t: [], lines: [{ avg: [], min: [], max: [] }] });
});

test('the latest value is the last that was measured', () => {
  assert.deepEqual(latest([0, 10, 20], [1, 0, null]), { at: 10, value: 0 });
  assert.deepEqual(latest([0], [null]), { at: null, value: null });
});

test('percentages compare on 0-100, others end at a round number above all values', () => {
  const line = { min: [-3, 1], avg: [0, 50], max: [1, 87] };
  assert.deepEqual(scaleOf([line], '%'), [0, 100]);
  assert.deepEqual(scaleOf([line], ''), [-4, 100]);
  assert.deepEqual(scaleOf([{ min: [null], avg: [null], max: [null] }], ''), [0, 1]);
  for (const value of [0.3, 1, 7, 99, 1234, 9.9e7]) assert.ok(roundUp(value) >= value);
});

test('a range is live up to now, a custom stretch is neither live nor reversed', () => {
  assert.deepEqual(stretchOf({ range: '6h' }, 100_000), { from: 78_400, to: 100_000, isLive: true });
  assert.deepEqual(stretchOf({ range: 'nonsense' }, 100_000), { from: 96_400, to: 100_000, isLive: true });
  assert.deepEqual(stretchOf({ from: '10', to: '20' }, 100), { from: 10, to: 20, isLive: false });
  assert.equal(stretchOf({ from: '20', to: '10' }, 100_000).isLive, true);
});

test('ranges without data are not offered as if they had some', () => {
  assert.deepEqual(offeredRanges(60), ['1h']);
  assert.deepEqual(offeredRanges(3700), ['1h', '6h']);
  assert.deepEqual(offeredRanges(40 * 86_400), ['1h', '6h', '24h', '7d', '30d']);
});

test('a long range is looked at less often', () => {
  assert.equal(renewEvery(3600), 12);
  assert.equal(renewEvery(60), 10);
  assert.equal(renewEvery(30 * 86_400), 300);
});

test('the table behind a chart has lowest, mean and highest, and skips the gaps', () => {
  const t = Array.from({ length: 24 }, (_, index) => index * 10);
  const values = t.map((_, index) => (index < 12 ? index : null));
  const rows = summarise({ t, lines: [{ min: values, avg: values, max: values }] }, 4);
  assert.deepEqual(rows, [
    { from: 0, to: 50, cells: [{ min: 0, avg: 2.5, max: 5 }] },
    { from: 60, to: 110, cells: [{ min: 6, avg: 8.5, max: 11 }] },
  ]);
});
