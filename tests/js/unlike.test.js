import assert from 'node:assert/strict';
import test from 'node:test';

import { quantity } from '../../public/js/quantities.js';
import { ofChart, together, toldApart, withExpected } from '../../public/js/unlike.js';

const H = 3600;
const chart = { lines: [{ series: 'cpu', color: 'cpu' }, { series: 'iowait', color: 'memory' }] };
const drawn = (...t) => ({ t, lines: [], columns: [{ values: t.map(() => 5), color: 'cpu' }], scale: [0, 10] });

test('what was expected is a band behind the first line, on the way from hour to hour', () => {
  const shown = withExpected(drawn(0.5 * H, H, 1.5 * H, 1.75 * H), chart, { cpu: { t: [0, H], low: [1, 3], high: [10, 20] } });
  assert.deepEqual(shown.columns[1].values, [10, 15, 20, 20]);
  assert.deepEqual(shown.columns[2].values, [1, 2, 3, 3]);
  assert.deepEqual(shown.bands, [[1, 2, 'faint']]);
});

test('where nothing was expected nothing is drawn, and an hour does not reach over a hole', () => {
  const shown = withExpected(drawn(0, 2.5 * H, 5.2 * H), chart, { cpu: { t: [0, 5 * H], low: [1, 3], high: [2, 4] } });
  assert.deepEqual(shown.columns[1].values, [2, null, 4]);
  const none = drawn(9 * H);
  assert.equal(withExpected(none, chart, { cpu: { t: [0], low: [1], high: [2] } }), none);
  assert.equal(withExpected(none, chart, undefined), none);
  assert.equal(withExpected(none, chart, { iowait: { t: [9 * H], low: [1], high: [2] } }), none);
});

test('a chart is told of its own lines alone', () => {
  assert.deepEqual(ofChart([{ series: 'cpu' }, { series: 'disk:/' }], chart), [{ series: 'cpu' }]);
  assert.deepEqual(ofChart(undefined, chart), []);
});

test('the band is that of the line that was unlike itself, where it has one', () => {
  const bands = { cpu: { t: [0], low: [1], high: [10] }, iowait: { t: [0], low: [2], high: [3] } };
  const high = (found) => withExpected(drawn(0.5 * H), chart, bands, found).columns[1].values[0];
  assert.deepEqual([high(), high([{ series: 'iowait' }, { series: 'cpu' }]), high([{ series: 'app.queue' }])], [10, 3, 10]);
});

test('what came together is counted by server, once for each time and only where it lasted', () => {
  const one = (server, series, from, until) => ({ server, series, since_epoch: from, until_epoch: until });
  const anomalies = [
    one('a', 'cpu', 0, 900), one('a', 'memory', 100, 700), one('a', 'disk:/', 200, 210), // together from 100 to 700
    one('a', 'cpu', 2000, 2100), one('a', 'app.queue', 2050, 2400), // for 50 s only
    one('b', 'cpu', 0, 900), one('c', 'disk:/data', 5000, null), one('c', 'cpu', 5000, null), // one alone; two that last
  ];
  assert.deepEqual(together(anomalies, { series: 2, metrics: [] }, 300, 6000), { times: 2, servers: 2 });
  assert.deepEqual(together(anomalies, { series: 2, metrics: [] }, 0, 6000), { times: 3, servers: 2 });
  assert.deepEqual(together(anomalies, { series: 3, metrics: [] }, 0, 6000), { times: 1, servers: 1 });
  assert.deepEqual(together(anomalies, { series: 1, metrics: ['disk'] }, 0, 6000), { times: 2, servers: 2 });
  assert.deepEqual(together(anomalies, { series: 1, metrics: ['app.*', 'mem?ry'] }, 0, 6000), { times: 2, servers: 1 });
  assert.deepEqual(together([], { series: 1, metrics: [] }, 0, 6000), { times: 0, servers: 0 });
});

test('what ends as another begins was not together', () => {
  const anomalies = [{ server: 'a', series: 'cpu', since_epoch: 0, until_epoch: 60 }, { server: 'a', series: 'memory', since_epoch: 60, until_epoch: 120 }];
  assert.deepEqual(together(anomalies, { series: 2, metrics: [] }, 0, 200), { times: 0, servers: 0 });
});

test('what was expected is told with the digits that set it apart', () => {
  const told = (value, low, high, unit) => toldApart({ value, low, high }, (one, decimals) => quantity(one, unit, 'en', decimals));
  assert.deepEqual(told(97.2, 14, 26, '%'), ['97%', '14%', '26%']);
  assert.deepEqual(told(67.94, 67.71, 67.76, '%'), ['67.9%', '67.7%', '67.8%']);
  assert.deepEqual(told(1_049_000, 1_010_000, 1_020_000, 'B/s'), ['1.05 MB/s', '1.01 MB/s', '1.02 MB/s']);
  assert.deepEqual(told(1024 ** 4, 1.01 * 1024 ** 4, 1.02 * 1024 ** 4, 'B'), ['1 TiB', '1.01 TiB', '1.02 TiB']);
  assert.deepEqual(told(42.3, 41.9, 42.2, 'ms'), ['42.3 ms', '41.9 ms', '42.2 ms']);
  assert.deepEqual(told(2, 1, 1.01, ''), ['2', '1', '1']);
  assert.deepEqual(told(5, 5, 5, '%'), ['5%', '5%', '5%']);
  assert.deepEqual(told(5, null, null, '%'), ['5%', '–', '–']);
});

test('a glob that is being typed means nothing yet, and does no harm', () => {
  const unlike = (series) => [{ server: 'web', series, since_epoch: 0, until_epoch: 600 }];
  const times = (glob, series = 'cpu') => together(unlike(series), { series: 1, metrics: [glob] }, 0, 600).times;
  assert.deepEqual(['cpu[', '[z-a]', 'c[!a]u', 'c[ap]u', '[!c]pu'].map((glob) => times(glob)), [0, 0, 1, 1, 0]);
  assert.equal(times('disk:/[data', 'disk:/[data'), 1);
});
