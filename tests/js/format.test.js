import assert from 'node:assert/strict';
import test from 'node:test';
import { ago, clock, percent, rate, span } from '../../public/js/format.js';
import { bytes, count, moment, quantity } from '../../public/js/quantities.js';

const table = (name, run, rows) => test(name, () => {
  for (const [given, wanted] of rows) assert.equal(run(given), wanted, `for ${given}`);
});

table('a percentage has a decimal only where it says something, and zero is a value', percent, [
  [0, '0%'], [0.42, '0.4%'], [7.25, '7.3%'], [9.94, '9.9%'], [9.96, '10%'], [42.4, '42%'], [100, '100%'], [null, '–'], [NaN, '–'], [undefined, '–'],
]);
table('bytes are counted in binary, never as a four-figure number', bytes, [
  [0, '0 B'], [512, '512 B'], [999.7, '0.98 KiB'], [1000, '0.98 KiB'], [1536, '1.5 KiB'], [33_554_432_000, '31 GiB'], [4e12, '3.6 TiB'], [null, '–'],
]);
table('network rates are counted in tens', rate, [[0, '0 B/s'], [999.6, '1 kB/s'], [120_000, '120 kB/s'], [2.25e7, '23 MB/s'], [1.2e9, '1.2 GB/s']]);
table('counts are short', count, [[0, '0'], [0.42, '0.42'], [42, '42'], [12_400, '12 k'], [-3, '-3']]);
table('a span in English has its two useful parts', (seconds) => span(seconds, 'en'), [
  [0, '0 s'], [59.9, '59 s'], [60, '1 min'], [3600, '1 h'], [11_520, '3 h 12 min'], [90_000, '1 d 1 h'], [16_070_400, '186 d'], [-5, '0 s'], [null, '–'],
]);
table('a span in Korean has no gap before its unit', (seconds) => span(seconds, 'ko'), [[42, '42초'], [840, '14분'], [11_520, '3시간 12분'], [864_000, '10일']]);
table('an age is words', (seconds) => ago(seconds, 'ko'), [[0.4, '방금'], [3, '3초 전'], [120, '2분 전'], [null, '–']]);

test('a moment of another day carries its day', () => {
  const now = Date.UTC(2026, 10, 25, 12) / 1000;
  assert.equal(moment(now - 60, now, 'en'), clock(now - 60));
  assert.match(moment(now - 86_400, now, 'en'), /^24 Nov \d\d:\d\d$/);
  assert.match(moment(now - 86_400, now, 'ko'), /^11월 24일 \d\d:\d\d$/);
});

test('a quantity follows the unit of the catalogue', () => {
  assert.equal(quantity(51.46, '°C', 'en'), '51 °C');
  assert.equal(quantity(8.4, 'ms', 'en'), '8.4 ms');
  assert.equal(quantity(90, 's', 'ko'), '1분');
  assert.equal(quantity(1500, '', 'en'), '1.5 k');
  assert.equal(quantity(null, '%', 'en'), '–');
});
