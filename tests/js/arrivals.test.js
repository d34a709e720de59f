import assert from 'node:assert/strict';
import test from 'node:test';
import { begin, merged, refusalWord, senderOf, worthTelling } from '../../public/js/arrivals.js';
import { messages } from '../../public/js/messages/en-add.js';

const one = (more = {}) => ({ server: 'web-1', source: 'influx', client: 'Telegraf/1.30', at_epoch: 10, metrics: ['cpu'], metrics_count: 1, unmapped: 0, names: [], errors: 0, clock_off: null, ...more });
const answer = (more = {}) => ({ as_of_epoch: 20, next: '20-0', more: false, arrived: [], elsewhere: [], pings: [], alerts: [], refused: [], ...more });

test('a server that reports again stays one line, with all that was seen of it', () => {
  let state = merged(begin(0), answer({ arrived: [one({ errors: 1, unmapped: 3, names: ['a'] })] }));
  state = merged(state, answer({ arrived: [one({ at_epoch: 30, metrics: ['memory'], client: null, errors: 2, names: ['b'] }), one({ server: 'web-2', at_epoch: 15 })] }));
  assert.deepEqual(state.arrived.map(({ server, at_epoch: at }) => [server, at]), [['web-1', 30], ['web-2', 15]]);
  const [first] = state.arrived;
  assert.deepEqual([first.metrics, first.metrics_count, first.client, first.errors, first.unmapped, first.names], [['cpu', 'memory'], 2, 'Telegraf/1.30', 3, 3, ['a', 'b']]);
  assert.equal(state.next, '20-0');
});

test('of each alert of another monitor the newest word is shown', () => {
  const word = (subject, at, over = false) => ({ subject, over, at_epoch: at });
  let state = merged(begin(0), answer({ alerts: [word('a', 5), word('b', 4)] }));
  state = merged(state, answer({ alerts: [word('b', 9, true)] }));
  assert.deepEqual(state.alerts.map(({ subject, over }) => [subject, over]), [['b', true], ['a', false]]);
});

test('a few servers are remembered that report by other keys', () => {
  let state = merged(begin(0), answer({ elsewhere: [{ server: 'a', key: '1' }] }));
  state = merged(state, answer({ elsewhere: [...'bcdef'].map((server) => ({ server, key: '2' })) }));
  assert.deepEqual(state.elsewhere.map(({ server }) => server), [...'bcdef']);
});

test('of each job the newest ping is shown', () => {
  const ping = (check, at, kind = 'success') => ({ check, kind, code: null, at_epoch: at });
  let state = merged(begin(0), answer({ pings: [ping('a', 5), ping('b', 4)] }));
  state = merged(state, answer({ pings: [ping('b', 9, 'fail')] }));
  assert.deepEqual(state.pings.map(({ check, kind }) => [check, kind]), [['b', 'fail'], ['a', 'success']]);
});

test('of a sender that arrives it is no news that some of its requests hold no metric', () => {
  const refused = [{ reason: 'nothing_mapped', client: 'Telegraf/1.30' }, { reason: 'nothing_mapped', client: 'curl' }, { reason: 'clock', client: 'Telegraf/1.30' }];
  assert.deepEqual(worthTelling({ arrived: [one()], refused }), refused.slice(1));
  assert.deepEqual(worthTelling({ arrived: [], refused }), refused);
});

test('the same server by two protocols is two lines', () => {
  assert.equal(merged(begin(0), answer({ arrived: [one(), one({ source: 'otlp' })] })).arrived.length, 2);
});

test('only what was not seen before keeps the page asking', () => {
  const refused = (reason, at) => ({ reason, key: '', address: '10.0.0.7', at_epoch: at });
  const times = [];
  let state = begin(0);
  for (const more of [{}, { refused: [refused('no_key', 5)] }, { refused: [refused('no_key', 55)] }, { arrived: [one()] }, { arrived: [one({ at_epoch: 90 })] }, { refused: [refused('clock', 95)] }]) {
    state = merged(state, answer({ as_of_epoch: state.heardAt + 10 + times.length, ...more }));
    times.push(state.heardAt);
  }
  assert.deepEqual(times.map((at, index) => at > (times[index - 1] ?? 0)), [false, true, false, true, false, true]);
});

test('every refusal of the hub has its words', () => {
  const reasons = ['address_list', 'no_key', 'key_none', 'key_placeholder', 'key_mistyped', 'key_foreign', 'key_ours', 'key_network', 'key_scope', 'key_server', 'no_check', 'nothing_mapped', 'unreadable'];
  for (const reason of reasons) assert.ok(messages[`refusal.${refusalWord({ reason })}`], reason);
  assert.equal(refusalWord({ reason: 'clock', clock_off: 400 }), 'clock_ahead');
  assert.equal(refusalWord({ reason: 'clock', clock_off: -9e6 }), 'clock_behind');
});

test('a sender is told by what it calls itself and how it speaks', () => {
  assert.equal(senderOf(one()), 'Telegraf/1.30 · InfluxDB line protocol');
  assert.equal(senderOf({ source: 'agent', client: '1.4.0' }), 'OpenManager 1.4.0');
  assert.equal(senderOf({ source: 'new_protocol', client: null }), 'new_protocol');
});
