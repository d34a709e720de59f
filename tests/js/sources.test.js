import assert from 'node:assert/strict';
import test from 'node:test';

import { createWords } from '../../public/js/i18n.js';
import { messages as en } from '../../public/js/messages/en-sources.js';
import { messages as ko } from '../../public/js/messages/ko-sources.js';
import { calledOf, clockOf, countWords, inOrder, leftOut, twinsOf } from '../../public/js/sources.js';

const words = { ...createWords('en', en), moment: (at) => `at ${at}` };

test('a clock that is right is no news, one that is off says which way and by how much', () => {
  assert.equal(clockOf({ ahead: 0 }, words), null);
  assert.equal(clockOf({ ahead: 3600 }, words).words, 'clock 1 h ahead');
  assert.equal(clockOf({ ahead: -600 }, words).words, '10 min behind');
  assert.match(clockOf({ ahead: -600 }, words).why, /or it reports late/);
  assert.match(clockOf({ ahead: 3600 }, words, true).why, /no alarm/);
  assert.doesNotMatch(clockOf({ ahead: 3600 }, words).why, /no alarm/);
  assert.match(clockOf({ name: 'agent', ahead: -600 }, words).why, /puts its times right/);
});

test('what was left out is named with the reason, and as many as are remembered may be more', () => {
  const limit = { custom_a_request: 100 };
  assert.deepEqual(leftOut({ names: [], over: [] }, limit, words.t), []);
  const both = leftOut({ names: ['a'], over: ['app.b', 'app.c'] }, limit, words.t);
  assert.deepEqual(both.map(({ what, names }) => words.t(...countWords(what, names))), ['1 name is no metric here', '2 series of its own over the limit']);
  assert.match(both[1].why, /100 series/);
  assert.equal(words.t(...countWords('names', Array(40).fill('x'))), 'At least 40 names are no metrics here');
});

test('a source has a name, its own where we know no better', () => {
  assert.deepEqual(['agent', 'netdata', 'other'].map((name) => calledOf(name, words)), ['Agent of OpenManager', 'Netdata', 'other']);
});

test('what reported last stands first', () => {
  assert.deepEqual(inOrder([{ name: 'a', at_epoch: 1 }, { name: 'b', at_epoch: 2 }]).map(({ name }) => name), ['b', 'a']);
});

test('two machines under one name are told by what tells them apart', () => {
  assert.equal(twinsOf({ id: 'web', twins: null }, words, 0), null);
  const told = twinsOf({ id: 'web', twins: { by: 'boot', since_epoch: 9, tokens: [1, 2] } }, words, 0);
  assert.equal(told.title, 'Several machines report as web');
  assert.match(told.text, /at 1, at 2/);
  assert.match(told.todo, /at 9/);
  assert.match(twinsOf({ id: 'web', twins: { by: 'host_id', since_epoch: 9, tokens: ['i-1', 'i-2'] } }, words, 0).text, /i-1, i-2/);
  assert.match(twinsOf({ id: 'web', twins: { by: 'epoch', since_epoch: 9, tokens: ['x', 'y'] } }, words, 0).text, /different spools/);
});

test('both languages say the same things', () => {
  assert.deepEqual(Object.keys(ko), Object.keys(en));
  const places = (message) => [...String(message).matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort().filter((name, index, all) => all.indexOf(name) === index);
  for (const key of Object.keys(en)) assert.deepEqual(places(ko[key]), places(en[key]), key);
});
