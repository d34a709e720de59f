import assert from 'node:assert/strict';
import test from 'node:test';
import { facetsOf, filterFleet, sortFleet, traffic } from '../../public/js/fleet.js';

const server = (id, more = {}) => ({ id, status: 'ok', group: null, tags: {}, metrics: {}, last_seen_epoch: 0, ...more });
const ids = (servers) => servers.map(({ id }) => id);
const FLEET = [
  server('web-10', { group: 'web', tags: { env: 'prod' }, metrics: { cpu: 10 } }),
  server('web-2', { group: 'web', tags: { env: 'stage' }, status: 'warning', metrics: { cpu: 90 } }),
  server('결제-서버', { group: 'pay', tags: { env: 'prod' }, status: 'critical', metrics: { cpu: 0 } }),
  server('db-1', { status: 'offline', metrics: {} }),
  server('old', { status: 'stale', metrics: { cpu: 50 } }),
];

test('what wants a person first stands first, names in natural order', () => {
  assert.deepEqual(ids(sortFleet(FLEET)), ['결제-서버', 'db-1', 'web-2', 'old', 'web-10']);
  assert.deepEqual(ids(sortFleet(FLEET.filter(({ group }) => group === 'web'), 'name')), ['web-2', 'web-10']);
});

test('a column sorts both ways, and who has no value is last either way', () => {
  assert.deepEqual(ids(sortFleet(FLEET, '-cpu')), ['web-2', 'old', 'web-10', '결제-서버', 'db-1']);
  assert.deepEqual(ids(sortFleet(FLEET, 'cpu')), ['결제-서버', 'web-10', 'old', 'web-2', 'db-1']);
  assert.deepEqual(ids(sortFleet(FLEET, '-name')), ids(sortFleet(FLEET, 'name')).reverse());
});

test('a column that does not exist sorts by severity, and the given list stays as it was', () => {
  const before = ids(FLEET);
  assert.deepEqual(ids(sortFleet(FLEET, 'nonsense')), ids(sortFleet(FLEET)));
  assert.deepEqual(ids(FLEET), before);
});

test('every typed word must be somewhere: in the name, group or a tag, in any case and composition', () => {
  assert.deepEqual(ids(filterFleet(FLEET, { q: 'WEB prod' })), ['web-10']);
  assert.deepEqual(ids(filterFleet(FLEET, { q: 'env=stage' })), ['web-2']);
  assert.deepEqual(ids(filterFleet(FLEET, { q: '결제'.normalize('NFD') })), ['결제-서버']);
  assert.deepEqual(filterFleet(FLEET, { q: 'nowhere' }), []);
});

test('statuses, group and tag narrow down together', () => {
  assert.deepEqual(ids(filterFleet(FLEET, { status: 'critical,offline' })), ['결제-서버', 'db-1']);
  assert.deepEqual(ids(filterFleet(FLEET, { group: 'web', tag: 'env=prod' })), ['web-10']);
  assert.deepEqual(ids(filterFleet(FLEET, {})), ids(FLEET));
});

test('the menus offer what exists', () => {
  assert.deepEqual(facetsOf(FLEET), { groups: ['pay', 'web'], tags: ['env=prod', 'env=stage'] });
});

test('traffic is both directions, zero is traffic, nothing known is nothing', () => {
  assert.equal(traffic({ net_in: 2, net_out: 3 }), 5);
  assert.equal(traffic({ net_in: 0 }), 0);
  assert.equal(traffic({}), null);
  assert.equal(traffic(undefined), null);
});

test('a thousand servers are filtered and ordered well within a frame', () => {
  const many = Array.from({ length: 1000 }, (_, index) => server(`node-${index}`, { metrics: { cpu: (index * 37) % 100 } }));
  sortFleet(many);
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    sortFleet(filterFleet(many, { q: 'node' }), '-cpu');
    return performance.now() - start;
  }).sort((a, b) => a - b);
  assert.ok(times[0] < 16, `${times[0]} ms`);
});
