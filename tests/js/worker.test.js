import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const SOURCE = readFileSync(new URL('../../public/sw.js', import.meta.url), 'utf8');

/** The worker's own code before a registration that writes down what is asked of it, and when. */
function worker(refused = []) {
  const handlers = {};
  const steps = [];
  const registration = {
    scope: 'https://hub.example.org/',
    getNotifications: async ({ tag }) => {
      steps.push(`asks ${tag}`);
      return [];
    },
    showNotification: async (title, { tag }) => {
      steps.push(`begins ${tag}`);
      await new Promise(setImmediate);
      steps.push(`ends ${tag}`);
      if (refused.includes(tag)) throw new TypeError('no leave');
    },
  };
  const self = { addEventListener: (kind, handler) => (handlers[kind] = handler), registration, navigator: { language: 'en' } };
  vm.runInNewContext(SOURCE, { self, URL });
  const push = (tag) => new Promise((resolve) => handlers.push({ data: { json: () => ({ tag }) }, waitUntil: resolve }));
  return { push, steps };
}

test('what comes at once is shown one after another', async () => {
  const { push, steps } = worker();
  await Promise.all(['a', 'b', 'c'].map(push));
  assert.deepEqual(steps, ['a', 'b', 'c'].flatMap((tag) => [`asks ${tag}`, `begins ${tag}`, `ends ${tag}`]));
});

test('what cannot be shown holds up nothing behind it', async () => {
  const { push, steps } = worker(['a']);
  const [first, second] = await Promise.allSettled(['a', 'b'].map(push));
  assert.deepEqual([first.reason?.message, second.status], ['no leave', 'fulfilled']);
  assert.equal(steps.at(-1), 'ends b');
});
