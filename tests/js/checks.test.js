import assert from 'node:assert/strict';
import test from 'node:test';
import { asField, asSeconds, bySlug, changesOf, crontabOf, everyAsCron, inZone, linesOf, median, runsOf, standingOf, tagsRead, tagsTold } from '../../public/js/checks.js';

test('a run that goes on is told, but not over something worse', () => {
  assert.deepEqual(standingOf({ status: 'up' }), { word: 'up', shape: 'ok' });
  assert.deepEqual(standingOf({ status: 'new', running_since_epoch: 5 }), { word: 'running', shape: 'ok' });
  assert.equal(standingOf({ status: 'down', running_since_epoch: 5 }).word, 'down');
  assert.equal(standingOf({ status: 'paused', running_since_epoch: 5 }).word, 'paused');
  assert.equal(standingOf({ status: 'of a later version' }).shape, 'offline');
});

test('a period becomes the expression that runs no less often, in even steps', () => {
  const told = [[30, '* * * * *'], [60, '* * * * *'], [300, '*/5 * * * *'], [420, '*/6 * * * *'], [3600, '0 * * * *'], [5 * 3600, '0 */4 * * *'], [86_400, '0 0 * * *'], [7 * 86_400, '0 0 * * *']];
  for (const [seconds, cron] of told) assert.equal(everyAsCron(seconds), cron, String(seconds));
});

test('the lines carry the address, and the crontab line both ends of the run', () => {
  const where = 'https://hub.example.org/ping/abc';
  assert.ok(linesOf(where).said.includes(`${where}/log`));
  const line = crontabOf({ cron: '0 3 * * *' }, where);
  assert.ok(line.startsWith('0 3 * * * curl '));
  assert.ok(line.includes(`${where}/start;`) && line.endsWith(`${where}/$?`));
  assert.ok(crontabOf({ cron: null, period_seconds: 600 }, where).startsWith('*/10 * * * * '));
});

test('a length of time is written in its largest whole unit, and read back the same', () => {
  for (const seconds of [0, 1, 59, 60, 90, 3600, 5400, 86_400, 129_600]) {
    const { n, unit } = asField(seconds);
    assert.equal(asSeconds(String(n), String(unit)), seconds);
  }
  assert.deepEqual(asField(7200), { n: 2, unit: 3600 });
  assert.deepEqual(asField(null), { n: '', unit: 60 });
  assert.equal(asSeconds(' ', 60), null);
  assert.equal(asSeconds('1.5', 3600), 5400);
});

test('only what differs is changed', () => {
  const check = { name: 'a', tags: { team: 'x' }, server: null };
  assert.deepEqual(changesOf(check, { name: 'a', tags: { team: 'x' }, server: null }), {});
  assert.deepEqual(changesOf(check, { name: 'b', tags: { team: 'y' }, server: null }), { name: 'b', tags: { team: 'y' } });
});

test('tags are written as they are read', () => {
  const tags = { team: 'payment', url: 'a:b', plain: '' };
  assert.deepEqual(tagsRead(tagsTold(tags)), tags);
  assert.deepEqual(tagsRead(['plain']), { plain: '' });
});

test('a time is told on the clocks of its zone', () => {
  const at = Date.UTC(2026, 10, 25, 18, 0) / 1000;
  assert.match(inZone(at, 'Asia/Seoul', 'en'), /26 Nov.*03:00/);
  assert.match(inZone(at, 'UTC', 'ko'), /25일.*18:00/);
  assert.ok(inZone(at, 'Mars/Olympus', 'en'));
});

test('runs come oldest first, without what only said something', () => {
  const pings = [{ kind: 'fail', seconds: 3, at_epoch: 30 }, { kind: 'log', seconds: null, at_epoch: 20 }, { kind: 'success', seconds: 0, at_epoch: 10 }];
  assert.deepEqual(runsOf(pings), [{ seconds: 0, failed: false, at: 10 }, { seconds: 3, failed: true, at: 30 }]);
  assert.equal(runsOf(pings, 1)[0].at, 30);
  assert.equal(median([9, 1, 5]), 5);
});

test('a line by key and slug can be pasted into a shell, whatever the script of the name', () => {
  assert.equal(bySlug('https://hub.example.org', '야간-백업').split(' ').at(-1), `https://hub.example.org/ping/omv_live_.../${encodeURIComponent('야간-백업')}`);
});
