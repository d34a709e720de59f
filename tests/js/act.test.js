import assert from 'node:assert/strict';
import { test } from 'node:test';

import { told } from '../../public/js/act.js';

const words = { failed: 'failed', done: 'done', over: 'over', already: (by) => `by ${by}` };
const alert = { server: 'web-01', state: 'open', acked_by: null, text: { en: 'CPU at 97', ko: 'CPU 97' } };

test('an open alert is offered, and one that was seen to is not', () => {
  assert.deepEqual(told({ done: false, alert }, words, 'ko'), { text: 'web-01 · CPU 97', line: '', offers: true });
  assert.equal(told({ done: false, alert: { ...alert, acked_by: 'ada' } }, words, 'en').line, 'by ada');
  assert.equal(told({ done: false, alert: { ...alert, state: 'resolved' } }, words, 'en').offers, false);
  assert.deepEqual(told({ done: true, alert }, words, 'en'), { text: 'web-01 · CPU at 97', line: 'done', offers: false });
});

test('a failure says so and can be tried again', () => {
  assert.deepEqual(told(null, words, 'en'), { text: '', line: 'failed', offers: true });
});
