import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { createWords, loadWords, pickLanguage } from '../../public/js/i18n.js';

const ROOT = new URL('../../public/js/', import.meta.url);
const read = (path) => readFileSync(new URL(path, ROOT), 'utf8');
const messagesOf = async (name) => (await import(`../../public/js/messages/${name}.js`)).messages;
const [ko, koMore, en, enMore] = await Promise.all(['ko', 'ko-more', 'en', 'en-more'].map(messagesOf));

const FILES = readdirSync(ROOT, { recursive: true }).map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.js') && !path.startsWith('messages/'));

/** The modules that the first view needs: what main.js imports, and what those import. */
function firstView(path = 'main.js', found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, to] of read(path).matchAll(/^import .*?from '(\.[^']+)';$/gms)) {
    const next = new URL(to, new URL(path, ROOT));
    if (next.pathname.startsWith(ROOT.pathname)) firstView(next.pathname.slice(ROOT.pathname.length), found);
  }
  return found;
}

const SPACES = new Set(Object.keys({ ...en, ...enMore }).map((key) => key.split('.')[0]));
/** Keys written out, and beginnings of keys that are put together. */
function keysIn(path) {
  const text = read(path);
  const whole = [...text.matchAll(/'([a-z]+)\.(\w+)'/g)].filter(([, space]) => SPACES.has(space)).map(([, space, name]) => `${space}.${name}`);
  const begun = [...text.matchAll(/`([a-z]+)\.\$\{/g)].filter(([, space]) => SPACES.has(space)).map(([, space]) => space);
  return { whole, begun };
}

test('Korean and English have the same sentences, in the same file', () => {
  assert.deepEqual(Object.keys(ko).sort(), Object.keys(en).sort());
  assert.deepEqual(Object.keys(koMore).sort(), Object.keys(enMore).sort());
  assert.deepEqual(Object.keys(en).filter((key) => key in enMore), []);
});

test('both languages fill in the same places', () => {
  const places = (message) => [...new Set([message].flat().join(' ').match(/\{\w+\}/g) ?? [])].sort();
  for (const [first, second] of [[ko, en], [koMore, enMore]]) {
    for (const key of Object.keys(first)) {
      if (key !== 'hero.last') assert.deepEqual(places(first[key]), places(second[key]), key);
    }
  }
});

test('every sentence that the code names exists, for the first view in the file it loads', () => {
  const early = firstView();
  assert.ok(early.has('views/fleet.js') && !early.has('views/server.js'));
  for (const path of FILES) {
    const known = early.has(path) ? en : { ...en, ...enMore };
    const { whole, begun } = keysIn(path);
    for (const key of whole) assert.ok(key in known, `${path} says ${key}`);
    for (const space of begun) assert.ok(Object.keys(known).some((key) => key.startsWith(`${space}.`)), `${path} says ${space}.…`);
  }
});

test('no sentence is left that nobody says', () => {
  const said = new Set();
  const begun = new Set();
  for (const path of FILES) {
    const found = keysIn(path);
    found.whole.forEach((key) => said.add(key));
    found.begun.forEach((space) => begun.add(space));
  }
  const unsaid = Object.keys({ ...en, ...enMore }).filter((key) => !said.has(key) && !begun.has(key.split('.')[0]));
  assert.deepEqual(unsaid, []);
});

test('Korean sentences are Korean', () => {
  const foreign = Object.entries({ ...ko, ...koMore })
    .filter(([, message]) => !/[가-힣]/.test([message].flat().join('')))
    .map(([key]) => key);
  assert.deepEqual(foreign.sort(), [
    'app.name', 'chart.cpu', 'chart.gpu', 'chart.minMax', 'column.cpu', 'hero.p95', 'line.cpu', 'line.gpu', 'process.cpu', 'process.pid', 'server.zoomed',
  ]);
});

test('a chosen language wins, then the browser, then English', () => {
  assert.equal(pickLanguage('ko', ['en']), 'ko');
  assert.equal(pickLanguage(null, ['fr-FR', 'ko-KR', 'en']), 'ko');
  assert.equal(pickLanguage('xx', ['fr']), 'en');
});

test('one is one, and a sentence that does not exist is an error of ours', () => {
  const { t } = createWords('en', { n: ['{n} server', '{n} servers'] });
  assert.equal(t('n', { n: 1 }), '1 server');
  assert.equal(t('n', { n: 0 }), '0 servers');
  assert.throws(() => t('nonsense'), /nonsense/);
});

test('the later views bring their sentences and quantities along', async () => {
  const early = await loadWords('ko');
  const whole = await loadWords('ko', true);
  assert.equal(early.has('server.range'), false);
  assert.equal(whole.t('server.range'), '기간');
  assert.equal(whole.quantity(90, 's'), '1분');
});
