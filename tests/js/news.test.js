import assert from 'node:assert/strict';
import test from 'node:test';

import { news } from '../../public/js/news.js';

const alert = (id, severity = 'warning', more = {}) => ({ id, severity, ...more });

test('what is open when the page opens is no news', () => {
  assert.equal(news(undefined, [alert('a')]), null);
  assert.equal(news([alert('a')], [alert('a')]), null);
});

test('what opened at once is one toast, led by the gravest', () => {
  const told = news([], [alert('a'), alert('b', 'critical'), alert('c', 'info')]);
  assert.deepEqual([told.kind, told.lead.id, told.count], ['opened', 'b', 3]);
});

test('what ended is told where nothing opened, and what somebody looks after is not', () => {
  assert.deepEqual([news([alert('a')], []).kind, news([alert('a')], [alert('b')]).kind], ['ended', 'opened']);
  assert.equal(news([], [alert('a', 'critical', { acked_by: 'kim' })]), null);
});
