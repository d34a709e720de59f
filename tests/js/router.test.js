import assert from 'node:assert/strict';
import test from 'node:test';
import { address, fleetEvery, parse, serverPath } from '../../public/js/router.js';

test('an address names a view, and a view its address', () => {
  for (const [page, place] of [['overview', {}], ['servers', { query: { q: 'web', sort: '-cpu' } }], ['server', { id: '결제/1', query: { range: '6h' } }], ['settings', {}], ['performance', { query: { group: 'web', window: '7d' } }]]) {
    const { page: back, id, query } = parse(address(page, place));
    assert.equal(back, page);
    assert.equal(id, place.id ?? null);
    assert.deepEqual(query, place.query ?? {});
  }
});

test('what means nothing is the overview, and what cannot be decoded does no harm', () => {
  assert.equal(parse('').page, 'overview');
  assert.equal(parse('#/nonsense/x').page, 'overview');
  assert.deepEqual(parse('#/servers/%E0%A4%A').id, '%E0%A4%A');
});

test('empty choices leave the address plain', () => {
  assert.equal(address('overview', { query: { q: '', status: undefined } }), '#/');
});

test('a name cannot leave its place in a path', () => {
  assert.equal(serverPath('a/../b', '/series'), '/api/servers/a%2F..%2Fb/series');
});

test('the hub says how often it likes to be asked', () => {
  assert.equal(fleetEvery({ watch: { poll_every: 60 } }), 60);
  assert.equal(fleetEvery(undefined), 5);
});
