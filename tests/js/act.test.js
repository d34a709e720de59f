import assert from 'node:assert/strict';
import { test } from 'node:test';

import { claimed, told, WORDS } from '../../public/js/act.js';

const NOW = 1_764_000_000;
const LINK = { incident: 'i1', isOld: false };
const alert = { server: 'web-01', rule_name: 'CPU', state: 'open', acked_by: null, text: { en: 'CPU at 97', ko: 'CPU 97' } };
const say = (body, language = 'en', status = 200, link = LINK) => told({ status, body }, WORDS[language], language, (at) => `@${at}`, link);
const silence = { choices: [3600, 14400], is_on: false, until: null, until_epoch: null };

test('what is open is offered with what it means, and nothing else is', () => {
  const offered = say({ act: 'acknowledge', done: false, alert }, 'ko');
  assert.equal(offered.text, 'web-01 · CPU 97');
  assert.deepEqual(offered.actions, [['확인']]);
  assert.equal(say({ act: 'acknowledge', done: false, alert: { ...alert, acked_by: 'ada' } }).lines[0], 'Acknowledged already, by ada.');
  assert.deepEqual(say({ act: 'acknowledge', done: false, alert: { ...alert, state: 'resolved' } }).actions, []);
  assert.deepEqual(say({ act: 'acknowledge', done: true, alert }), { title: 'web-01 · CPU at 97', text: '', lines: [WORDS.en.done.acknowledge()], actions: [] });
});

test('a silence names the rule and the server it is for', () => {
  const offered = say({ act: 'silence', done: false, alert, silence });
  assert.match(offered.lines[0], /“CPU” on web-01/);
  const free = { ...alert, rule: 'disk-free', rule_name: 'Free space' };
  assert.match(say({ act: 'silence', done: false, alert: free, silence }, 'ko').lines[0], /web-01의 “남은 공간” 알림/);
  assert.match(say({ act: 'silence', done: false, alert: { ...free, rule_name: 'Full' }, silence }, 'ko').lines[0], /web-01의 “Full” 알림/);
  assert.deepEqual(offered.actions, [['Silence for 1 hour', 3600], ['Silence for 4 hours', 14400]]);
  assert.doesNotMatch(say({ act: 'silence', done: false, alert: { ...alert, server: null }, silence }).lines[0], /null|undefined/);
  assert.match(say({ act: 'silence', done: false, alert, silence: { ...silence, is_on: true, until_epoch: 7 } }).lines[0], /until @7\./);
  assert.match(say({ act: 'silence', done: false, alert, silence: { ...silence, is_on: true } }).lines[0], /until somebody ends that/);
  assert.equal(say({ act: 'silence', done: true, alert, silence: { ...silence, is_on: true, until_epoch: 7 } }).lines[0], 'Silent until @7.');
});

test('a refusal is told by its cause, and only a failure can be tried again', () => {
  assert.deepEqual(say(null, 'en', 403).lines, [WORDS.en.wrong]);
  assert.deepEqual(say(null, 'en', 400).lines, [WORDS.en.wrong]);
  assert.deepEqual(say(null, 'ko', 403, { incident: 'i1', isOld: true }).lines, [WORDS.ko.old]);
  assert.deepEqual([say(null, 'en', 404).lines[0], say(null, 'en', 404).actions.length], [WORDS.en.gone, 0]);
  for (const status of [0, 429, 503]) assert.deepEqual(say(null, 'en', status).actions, [['Try again']]);
});

test('a token is read for its words only, whatever it is', () => {
  const token = (document) => `${Buffer.from(JSON.stringify(document)).toString('base64url')}.x`;
  assert.deepEqual(claimed(token(['a1-b', 'silence', 'c', NOW - 1]), NOW), { incident: 'a1-b', isOld: true });
  assert.deepEqual(claimed(token(['../?x', 'silence', 'c', NOW + 1]), NOW), { incident: null, isOld: false });
  for (const odd of ['', '.', 'é', token(null), token({}), token([])]) assert.deepEqual(claimed(odd, NOW), { incident: null, isOld: false });
});

test('both languages have the same words', () => {
  const shape = (words) => Object.entries(words).map(([key, value]) => [key, typeof value === 'object' ? Object.keys(value) : typeof value]);
  assert.deepEqual(shape(WORDS.ko), shape(WORDS.en));
});
