import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ruleCalled } from '../../public/js/rule-names.js';

test('a default rule reads in Korean until somebody renames it; all else reads as it is stored', () => {
  assert.equal(ruleCalled('memory', 'Memory', 'ko'), '메모리');
  assert.equal(ruleCalled('memory', 'Memory', 'en'), 'Memory');
  assert.equal(ruleCalled('memory', 'RAM', 'ko'), 'RAM');
  assert.equal(ruleCalled('queue', 'Memory', 'ko'), 'Memory');
  assert.equal(ruleCalled(undefined, 'RAM', 'ko'), 'RAM');
});
