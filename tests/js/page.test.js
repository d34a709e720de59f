import assert from 'node:assert/strict';
import test from 'node:test';
import { createAnswers, createStore } from '../../public/js/store.js';
import { actionFor, step } from '../../public/js/shortcuts.js';
import { troubleWords } from '../../public/js/trouble.js';

test('listeners hear of a change, and only of a change', () => {
  const store = createStore({ a: 1, b: 2 });
  const heard = [];
  const stop = store.subscribe((state) => heard.push(state));
  store.set({ a: 1 });
  store.set({ a: 3 });
  stop();
  store.set({ a: 4 });
  assert.deepEqual(heard, [{ a: 3, b: 2 }]);
});

test('only so many answers are kept, the oldest go first', () => {
  const answers = createAnswers(2);
  for (const path of ['/a', '/b', '/a', '/c']) answers.put(path, path);
  assert.equal(answers.get('/b'), undefined);
  assert.equal(answers.get('/a'), '/a');
  answers.clear();
  assert.equal(answers.get('/a'), undefined);
});

const press = (key, where = {}, more = {}) => actionFor({ key, ...more }, { isTyping: false, hasDialog: false, ...where });

test('keys act where they are ours, and on a Hangul keyboard too', () => {
  assert.equal(press('/'), 'search');
  assert.equal(press('ㅓ'), 'next');
  assert.equal(press('j', { isTyping: true }), null);
  assert.equal(press('Escape', { isTyping: true }), 'leaveField');
  assert.equal(press('j', { hasDialog: true }), null);
  assert.equal(press('l', {}, { ctrlKey: true }), null);
  assert.equal(press('ㅓ', {}, { isComposing: true }), null);
});

test('moving through rows stays inside', () => {
  assert.deepEqual([step(3, -1, 1), step(3, -1, -1), step(3, 2, 1), step(3, 0, -1), step(0, -1, 1)], [0, 2, 2, 0, -1]);
});

test('trouble is told in the words that help most', () => {
  const words = { t: (key, places) => [key, ...Object.values(places ?? {})].join(' '), span: (seconds) => `${seconds}s` };
  const told = (status, problem = {}, retryAfter = 0) => troubleWords({ status, problem, retryAfter }, words);
  assert.equal(told(0), 'trouble.offline');
  assert.equal(told(429, {}, 30), 'trouble.429 30s');
  assert.equal(told(400, { detail: 'a name is missing', errors: [{ detail: 'give a name' }] }), 'give a name');
  assert.equal(told(500, { detail: 'a secret path' }), 'trouble.other 500');
  assert.equal(told(400), 'trouble.other 400');
});
