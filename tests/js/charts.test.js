import assert from 'node:assert/strict';
import test from 'node:test';
import { chartsFor, lineLabel } from '../../public/js/charts.js';

const shape = (series) => chartsFor(series).map(({ id, lines }) => [id, lines.map((line) => line.series)]);

test('what belongs on one pair of axes is one chart, in a steady order', () => {
  assert.deepEqual(shape(['net_out', 'swap', 'cpu', 'net_in', 'iowait', 'memory']), [
    ['cpu', ['cpu', 'iowait']], ['memory', ['memory', 'swap']], ['network', ['net_in', 'net_out']],
  ]);
});

test('each mount is a line; the fullest disk is one only where no mount is known by name', () => {
  assert.deepEqual(shape(['disk', 'disk:/data', 'disk:/']), [['disk', ['disk:/', 'disk:/data']]]);
  assert.deepEqual(shape(['disk']), [['disk', ['disk']]]);
});

test('a custom metric gets a chart, uptime none, nothing nothing', () => {
  assert.deepEqual(shape(['uptime', 'app.queue_depth']), [['app.queue_depth', ['app.queue_depth']]]);
  assert.deepEqual(shape([]), []);
});

test('no two of six lines share a colour', () => {
  const [chart] = chartsFor(['/', '/a', '/b', '/c', '/d', '/e'].map((mount) => `disk:${mount}`));
  assert.equal(new Set(chart.lines.map((line) => line.color)).size, 6);
});

test('a line is called by its mount, else by its word, else by its own name', () => {
  const words = { has: (key) => key === 'line.cpu', t: () => 'CPU' };
  assert.equal(lineLabel('disk:/data', words), '/data');
  assert.equal(lineLabel('cpu', words), 'CPU');
  assert.equal(lineLabel('app.queue_depth', words), 'app.queue_depth');
});
