import assert from 'node:assert/strict';
import test from 'node:test';
import { messages } from '../../public/js/messages/en-why.js';
import { messages as first } from '../../public/js/messages/en-more.js';
import { createWords } from '../../public/js/i18n.js';
import { quantitiesIn } from '../../public/js/quantities.js';
import { advised, causeWords, moved, reasonWords, seriesWords, shiftWords, sizeWords, spanOf, toneOf, worthSaying } from '../../public/js/wellbeing.js';

const words = { ...createWords('en', { ...first, ...messages }), ...quantitiesIn('en') };

test('a window is one question for ten minutes, and a name that is none a day', () => {
  assert.equal(spanOf('7d', 1_800_000_001), `from=${1_800_000_600 - 604_800}&to=1800000600`);
  assert.equal(spanOf('7d', 1_800_000_599), spanOf('7d', 1_800_000_001));
  assert.equal(spanOf('x', 1_800_000_000), `from=${1_800_000_000 - 86_400}&to=1800000000`);
});

test('a score has three tones, and one when there is none', () => {
  assert.deepEqual([100, 85, 84, 60, 59, 0, null].map(toneOf), ['ok', 'ok', 'warning', 'warning', 'critical', 'critical', 'offline']);
});

test('each point that was lost has its reason in words', () => {
  assert.equal(reasonWords({ code: 'disk', series: 'disk:/data', level: 91.5 }, words), 'Disk /data 92%, 95th percentile');
  assert.equal(reasonWords({ code: 'load', series: 'load5', level: 2.04 }, words), 'Load 2 a core');
  assert.equal(reasonWords({ code: 'incident:critical', series: '', level: 2 }, words), 'Critical alerts: 2');
  assert.equal(reasonWords({ code: 'unmeasured', series: '', level: 0.25 }, words), '25% not measured');
  assert.equal(seriesWords('app.queue', words), 'app.queue');
});

test('what moved is told with its way and its numbers, what stayed is not', () => {
  const shift = { series: 'disk:/', unit: '%', before: 20, after: 45.2, delta: 0.981, verdict: 'higher' };
  assert.deepEqual(moved([shift, { ...shift, verdict: 'same' }, { ...shift, verdict: 'unknown' }]), [shift]);
  assert.deepEqual(shiftWords(shift, words), ['▲ Disk /', '20% → 45% · effect 0.98']);
  assert.equal(shiftWords({ ...shift, verdict: 'lower' }, words)[0], '▼ Disk /');
});

test('a size is told where another would do, in cores or bytes', () => {
  const cpu = { resource: 'cpu', verdict: 'smaller', p95: 9.3, has: 8, needs: 2, days: 7.04 };
  assert.deepEqual(advised([cpu, { ...cpu, verdict: 'fits' }, { ...cpu, verdict: 'unknown' }]), [cpu]);
  assert.equal(sizeWords(cpu, words), 'CPU 9.3% at the 95th percentile over 7 days: 2 of 8 cores would do');
  assert.equal(sizeWords({ ...cpu, resource: 'memory', verdict: 'larger', p95: 96, has: 8 * 2 ** 30, needs: 10 * 2 ** 30 }, words), 'Memory 96% over 7 days: 10 GiB instead of 8 GiB would fit');
});

test('full disks are told by their points already', () => {
  assert.deepEqual(worthSaying([{ code: 'disk_full' }, { code: 'cpu_queue' }]), [{ code: 'cpu_queue' }]);
});

test('a cause says by how much it moved, also where it was over too soon for an effect size', () => {
  const level = { kind: 'metric', unit: '%', before: 2, after: 45, lead: 120, delta: 0.981, r: 0.7, strength: 90 };
  assert.equal(causeWords(level, words), '2% → 45% · 2 min before · effect 0.98 · goes along, r 0.70');
  assert.equal(causeWords({ ...level, lead: 0, delta: null, r: null, strength: 232.64 }, words), '2% → 45% · at the same time · for a short time, 233 deviations off');
  assert.equal(causeWords({ kind: 'deploy', lead: 0, delta: null }, words), 'at the same time');
});
