import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { messages as en } from '../../public/js/messages/en-add.js';
import { messages as ko } from '../../public/js/messages/ko-add.js';
import { filled, isLoopback, RECIPES, SECRET, tryLine } from '../../public/js/recipes.js';

const paper = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8');

// Chapters of the paper, and what a recipe calls their sections; of our agent only how it is installed is pasted, and clouds are a setting of the hub.
const CHAPTERS = { 'The agent': (heading) => (heading === 'Install' ? heading : null), 'Agents of other makers': (heading) => (heading === 'Clouds' ? null : heading || 'Agents of other makers'), 'Alerts of other monitors': (heading) => `Alerts: ${heading}` };

/** {section: [block]} of the paper. */
function blocksOnPaper() {
  const found = {};
  let chapter = '';
  let section = '';
  let block = null;
  for (const line of paper.split('\n')) {
    if (/^```/.test(line) && block === null) block = [];
    else if (line === '```') {
      const name = CHAPTERS[chapter]?.(section);
      // What holds neither the hub's address nor a key is no sender's: settings of the hub itself.
      if (name && /HUB|omv_live_/.test(block.join('\n'))) (found[name] ??= []).push(`${block.join('\n')}\n`);
      block = null;
    } else if (block !== null) block.push(line);
    else if (line.startsWith('# ')) [chapter, section] = [line.slice(2), ''];
    else if (line.startsWith('## ')) section = line.slice(3);
  }
  return found;
}

test('the paper and the page have the same configurations, word for word', () => {
  const onPaper = blocksOnPaper();
  assert.ok(Object.keys(onPaper).length >= 10);
  const claimed = RECIPES.flatMap(({ docs }) => docs);
  assert.deepEqual([...claimed].sort(), Object.keys(onPaper).sort(), 'every section with a block is a recipe\'s, and the other way about');
  for (const { id, docs, blocks } of RECIPES) {
    assert.deepEqual(blocks.map(({ text }) => text).sort(), docs.flatMap((heading) => onPaper[heading]).sort(), id);
  }
});

test('the key and the address go in, and no placeholder stays but the name of the server', () => {
  const secret = `omv_live_${'a'.repeat(38)}`;
  for (const { id, blocks } of RECIPES) {
    const whole = blocks.map(({ text }) => filled(text, { origin: 'https://hub.example.com', secret }));
    for (const text of whole) {
      assert.ok(text.includes(secret) && !text.includes(SECRET) && !/\bHUB\b/.test(text), id);
      assert.ok(text.includes('hub.example.com'), id);
    }
    assert.deepEqual(whole, blocks.map(({ text }) => text.replaceAll('HUB', 'hub.example.com').replaceAll(SECRET, secret)), `${id}: on 443 nothing else changes`);
  }
});

test('a hub without TLS is written as such', () => {
  for (const { id, blocks } of RECIPES) {
    for (const { text } of blocks) {
      const local = filled(text, { origin: 'http://127.0.0.1:3000' });
      assert.ok(!/https|443|\bOn$/m.test(local.replace('https://ci.example/42', '')), `${id}: ${local}`);
      assert.ok(local.includes(SECRET), id);
    }
  }
  const block = (id) => filled(RECIPES.find((one) => one.id === id).blocks[0].text, { origin: 'http://127.0.0.1:3000' });
  assert.match(block('netdata'), /^\[json:http:openmanager\]$/m);
  assert.match(block('netdata'), /destination = 127\.0\.0\.1:3000$/m);
  assert.match(block('glances'), /^host=127\.0\.0\.1\nport=3000\nprotocol=http$/m);
  assert.match(block('fluentbit'), /Host {6}127\.0\.0\.1\n {4}Port {6}3000\n {4}Tls {7}Off$/m);
  assert.equal(filled('HUB:443', { origin: 'http://hub' }), 'hub:80');
});

test('an address that only this machine reaches is known', () => {
  for (const origin of ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://127.1.2.3', 'http://[::1]:3000', 'http://hub.localhost']) assert.ok(isLoopback(origin), origin);
  for (const origin of ['https://hub.example.com', 'http://192.168.0.2:3000', 'https://127.example.com', 'https://localhost.example.com']) assert.ok(!isLoopback(origin), origin);
});

test('every client has its two lines of what to do then', () => {
  for (const { id } of RECIPES) assert.ok(en[`recipe.${id}_1`] && en[`recipe.${id}_2`], id);
  for (const { id, name } of RECIPES) assert.ok(name ?? (en[`client.${id}`] && ko[`client.${id}`] !== en[`client.${id}`]), id);
  const known = new Set(RECIPES.map(({ id }) => id));
  for (const key of Object.keys(en).filter((one) => one.startsWith('recipe.'))) assert.ok(known.has(key.slice(7, -2)), key);
});

test('the line that tries the way holds the key and the address', () => {
  assert.ok(tryLine('https://hub', 'k').includes('Bearer k') && tryLine('https://hub').includes('https://hub/v1/metrics'));
});
