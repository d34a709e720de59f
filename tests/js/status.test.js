import assert from 'node:assert/strict';
import test from 'node:test';
import { iconFor } from '../../public/js/favicon.js';
import { countStatuses, judged, levelOf, reasonWords, shownStatus, STATUSES, worstOf } from '../../public/js/status.js';

const ok = { status: 'ok', last_seen_epoch: 1000 };

test('stale is never green: an old server, or an old view of it', () => {
  assert.equal(shownStatus(ok, 1010, 1010), 'ok');
  assert.equal(shownStatus(ok, 1400, 1400), 'stale');
  assert.equal(shownStatus({ status: 'ok', last_seen_epoch: 1400 }, 1400, 1200), 'stale');
});

test('bad news keeps, and a status that is none is not believed', () => {
  assert.equal(shownStatus({ status: 'critical', last_seen_epoch: 0 }, 9999, 0), 'critical');
  assert.equal(shownStatus({ status: 'great', last_seen_epoch: 1000 }, 1000, 1000), 'stale');
});

test('a server that is believed stays the same object; one that is not loses its reason', () => {
  const servers = [ok, { status: 'ok', last_seen_epoch: 0, reason: { text: {} } }];
  const [first, second] = judged(servers, 1000, 1000);
  assert.equal(first, ok);
  assert.deepEqual(second, { status: 'stale', last_seen_epoch: 0, reason: null });
});

test('the fleet is as bad as its worst server', () => {
  const fleet = ['ok', 'stale', 'warning'].map((status) => ({ status }));
  assert.equal(worstOf(fleet), 'warning');
  assert.equal(worstOf([...fleet, { status: 'critical' }]), 'critical');
  assert.equal(worstOf([]), null);
  assert.deepEqual(countStatuses(fleet), { ok: 1, warning: 1, critical: 0, stale: 1, offline: 0 });
});

test('a reason is a sentence in one language, with how long it has been so', () => {
  const words = { t: (key, places) => `${key}${places ? ` ${places.text} ${places.span}` : ''}`, said: (text) => text.ko, span: (seconds) => `${seconds}s` };
  assert.equal(reasonWords({ status: 'ok', reason: null }, words, 0), 'reason.ok');
  assert.equal(reasonWords({ status: 'stale', reason: null }, words, 0), 'reason.unconfirmed');
  assert.equal(reasonWords({ status: 'warning', reason: { since_epoch: 40, text: { ko: '높음' } } }, words, 100), 'reason.for 높음 60s');
  assert.equal(reasonWords({ status: 'warning', reason: { since_epoch: null, text: { ko: '높음' } } }, words, 100), '높음');
});

test('a bar is coloured where the hub finds fault, whatever its length', () => {
  assert.deepEqual(
    ['cpu', 'disk', 'disk:/data', 'disk:/'].map((name) => levelOf({ status: 'warning', reason: { metric: 'disk:/data' } }, name)),
    [null, 'warning', 'warning', null],
  );
});

test('every status has its own sign in the browser tab', () => {
  const icons = [null, ...STATUSES].map(iconFor);
  assert.equal(new Set(icons).size, icons.length);
  for (const icon of icons) assert.doesNotMatch(icon, /["<>]/);
});
