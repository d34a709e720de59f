import assert from 'node:assert/strict';
import test from 'node:test';
import { badgeOf, moved } from '../../public/js/public-components.js';

test('a component moves by one, also where places were never told', () => {
  const all = [{ id: 'a', place: 0 }, { id: 'b', place: 0 }, { id: 'c', place: 7 }];
  assert.deepEqual(moved(all, 2, -1), [{ id: 'c', place: 1 }, { id: 'b', place: 2 }]);
  const tidy = all.map((one, place) => ({ ...one, place }));
  assert.deepEqual(moved(tidy, 0, 1), [{ id: 'b', place: 0 }, { id: 'a', place: 1 }]);
});

test('a badge is shown where the page is linked', () => {
  const { image, markdown } = badgeOf('https://hub.example.org', 'all', 'ko');
  assert.equal(image, 'https://hub.example.org/api/status/badge/all.svg?locale=ko');
  assert.ok(markdown.includes(image) && markdown.endsWith('(https://hub.example.org/status.html?lang=ko)'));
});
