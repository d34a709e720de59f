import assert from 'node:assert/strict';
import { test } from 'node:test';

import { share } from '../../public/js/public-status.js';

test('a share of time is never rounded up to all of it', () => {
  assert.equal(share(1), '100 %');
  assert.equal(share(0.99999), '99.99 %');
  assert.equal(share(0.99951), '99.95 %');
  assert.equal(share(0), '0 %');
});
