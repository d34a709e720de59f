import assert from 'node:assert/strict';
import test from 'node:test';
import { createPoller, nextDelay } from '../../public/js/poll.js';

test('nobody looks: at most once a minute; failing: ever slower; the hub said when: not before', () => {
  assert.equal(nextDelay({ every: 5 }), 5);
  assert.equal(nextDelay({ every: 1 }), 5);
  assert.equal(nextDelay({ every: 5, hidden: true }), 60);
  assert.deepEqual([1, 2, 3, 9].map((failures) => nextDelay({ every: 5, failures })), [5, 10, 20, 60]);
  assert.ok(nextDelay({ every: 5, retryAfter: 90, chance: 0 }) >= 90);
});

test('many open pages are spread over time', () => {
  assert.ok(Math.abs(nextDelay({ every: 10, chance: 0 }) - 8.5) < 1e-9);
  assert.ok(nextDelay({ every: 10, chance: 0.999 }) <= 11.5);
});

/** A poller with timers that are run by hand. */
function stage(answers) {
  const due = [];
  const asked = [];
  const poller = createPoller({
    ask: async (path) => {
      asked.push(path);
      const answer = answers.shift() ?? { data: 1, changed: false };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    timers: { set: (run, ms) => due.push({ run, ms }) && due.at(-1), clear: (timer) => { const at = due.indexOf(timer); if (at >= 0) due.splice(at, 1); } },
    isHidden: () => false,
    chance: () => 0.5,
  });
  return { poller, due, asked, settle: () => new Promise((resolve) => { setImmediate(resolve); }) };
}

test('a subscriber is asked for at once, told, and asked for again', async () => {
  const { poller, due, asked, settle } = stage([{ data: 'a', changed: true }]);
  const heard = [];
  const stop = poller.subscribe('/x', (outcome) => heard.push(outcome), () => 7);
  await settle();
  assert.deepEqual(heard, [{ data: 'a', changed: true }]);
  assert.equal(due[0].ms, 7000);
  stop();
  assert.equal(due.length, 0);
  assert.deepEqual(asked, ['/x']);
});

test('two views of one address cost one question, at the pace of the faster', async () => {
  const { poller, due, asked, settle } = stage([]);
  poller.subscribe('/x', () => {}, () => 30);
  poller.subscribe('/x', () => {}, () => 10);
  await settle();
  assert.deepEqual(asked, ['/x']);
  assert.equal(due[0].ms, 10_000);
});

test('what is not there is not asked for again; what failed is', async () => {
  const gone = stage([Object.assign(new Error('gone'), { status: 404 })]);
  gone.poller.subscribe('/x', () => {});
  await gone.settle();
  assert.equal(gone.due.length, 0);
  const down = stage([Object.assign(new Error('down'), { status: 503 })]);
  const heard = [];
  down.poller.subscribe('/x', ({ error }) => heard.push(error.status));
  await down.settle();
  assert.deepEqual(heard, [503]);
  assert.equal(down.due.length, 1);
});

test('a page that comes back asks everything now', async () => {
  const { poller, asked, settle } = stage([]);
  poller.subscribe('/x', () => {});
  poller.subscribe('/y', () => {});
  await settle();
  poller.pollNow();
  await settle();
  assert.deepEqual(asked, ['/x', '/y', '/x', '/y']);
});
