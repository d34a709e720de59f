import assert from 'node:assert/strict';
import test from 'node:test';
import { nameOf, obstacle, textOf } from '../../public/js/push.js';

const ABLE = { isSecure: true, canPush: true, isApplePhone: false, isInstalled: false, permission: 'default' };

test('what stands in the way is named, the first thing to do first', () => {
  const told = (changes, key = 'key') => obstacle({ ...ABLE, ...changes }, key);
  assert.equal(told({}), null);
  assert.equal(told({ permission: 'granted' }), null);
  assert.equal(told({ permission: 'denied' }), 'denied');
  assert.equal(told({ permission: 'denied' }, null), 'noKey');
  assert.equal(told({ canPush: false }), 'unsupported');
  assert.equal(told({ canPush: false, isApplePhone: true }), 'install');
  assert.equal(told({ canPush: false, isApplePhone: true, isInstalled: true }), 'unsupported');
  assert.equal(told({ canPush: false, isSecure: false }), 'insecure');
});

test('a browser is called by its name and its system', () => {
  const at = (system, rest) => nameOf(`Mozilla/5.0 (${system}) ${rest}`);
  assert.equal(at('Linux; Android 14; SM-S921N', 'AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36'), 'Samsung Internet, Android');
  assert.equal(at('iPhone; CPU iPhone OS 17_4 like Mac OS X', 'AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1'), 'Safari, iPhone');
  assert.equal(at('Windows NT 10.0; Win64; x64', 'AppleWebKit/537.36 Chrome/124.0 Whale/3.26 Safari/537.36'), 'Whale, Windows');
  assert.equal(at('Macintosh; Intel Mac OS X 10.15; rv:125.0', 'Gecko/20100101 Firefox/125.0'), 'Firefox, macOS');
  assert.equal(nameOf(''), 'Browser');
});

test('a key is compared as the hub writes it', () => {
  assert.equal(textOf(Uint8Array.of(251, 255, 0).buffer), '-_8A');
  assert.equal(textOf(null), '');
});
