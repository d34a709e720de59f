import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const cases = JSON.parse(read('../fixtures/denied_addresses.json'));

/** The file as the edge loads it, with this environment. Its place has no package.json, so Node would not take it for a module. */
async function edge(list) {
  if (list === undefined) delete process.env.OPENMANAGER_DENY;
  else process.env.OPENMANAGER_DENY = list;
  const source = `${read('../../middleware.js')}\n// ${Math.random()}`;
  return import(`data:text/javascript,${encodeURIComponent(source)}`);
}

const ask = (module, address, path = '/api/servers') =>
  module.default(new Request(`https://hub.example${path}`, { headers: address === null ? {} : { 'x-forwarded-for': address } }));

test('the edge and the functions agree on who is denied', async () => {
  const { isDenied, networksOf } = await edge();
  for (const { deny, address, denied } of cases)
    assert.equal(isDenied(address, networksOf(deny)), denied, `${address} in ${deny}`);
});

test('without a list everybody goes on', async () => {
  for (const list of [undefined, '', ' , '])
    assert.equal(ask(await edge(list), '192.0.2.7'), undefined);
});

test('who is denied gets a problem that does not tell the list', async () => {
  const module = await edge('203.0.113.0/24');
  const answer = ask(module, '203.0.113.9');
  assert.equal(answer.status, 403);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const body = await answer.text();
  assert.equal(JSON.parse(body).instance, '/api/servers');
  assert.ok(!body.includes('203.0'));
  assert.equal(ask(module, '192.0.2.7'), undefined);
});

test('the last address is believed, and none is no way around', async () => {
  const module = await edge('203.0.113.0/24');
  assert.equal(ask(module, '192.0.2.7, 203.0.113.9').status, 403);
  assert.equal(ask(module, '203.0.113.9, 192.0.2.7'), undefined);
  assert.equal(ask(module, null).status, 403);
});

test('posts of agents and the clock do not pass here', async () => {
  const { config } = await edge();
  const [pattern] = config.matcher;
  const taken = new RegExp(`^${pattern}$`);
  for (const path of ['/api/servers', '/api/auth/login', '/api/health', '/api/servers/web-1']) assert.match(path, taken);
  for (const path of ['/api/ingest', '/api/cron/sweep', '/ping/x', '/index.html']) assert.doesNotMatch(path, taken);
});
