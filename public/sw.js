/**
 * Shows what the hub pushes to this browser, and opens the page where it leads. It keeps nothing and answers no request
 * of the page: without the hub there is nothing to show.
 *
 * A press of "Acknowledge" opens the page that asks once more; nothing here acts by itself. Whatever address a message
 * names, only this hub's own pages are opened.
 */

const WORDS = {
  en: { title: 'OpenManager Vibe', body: 'There is news. Open the dashboard to see it.', acknowledge: 'Acknowledge', open: 'Open' },
  ko: { title: 'OpenManager Vibe', body: '새 소식이 있습니다. 대시보드에서 확인하세요.', acknowledge: '확인', open: '열기' },
};
// What is worth another sound although the incident is on the screen already.
const LOUD = ['opened', 'escalated', 'reminder', 'test'];

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('push', (event) => event.waitUntil(next(messageOf(event.data))));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { url, ack } = event.notification.data ?? {};
  event.waitUntil(event.action === 'acknowledge' && ack ? self.clients.openWindow(own(ack)) : open(own(url)));
});
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)));

/** What cannot be read is shown all the same: a browser takes the right away from who shows nothing. */
function messageOf(data) {
  try {
    const message = data.json();
    return message && typeof message === 'object' ? message : {};
  } catch {
    return {};
  }
}

let before = Promise.resolve();

/**
 * One after another. To ask what is shown, as `show` does, while something is about to be shown makes Chromium forget
 * the latter: it is seen, but a press leads nowhere.
 */
function next(message) {
  before = before.catch(() => {}).then(() => show(message));
  return before;
}

async function show(message) {
  const words = WORDS[message.locale] ?? WORDS[self.navigator.language.startsWith('ko') ? 'ko' : 'en'];
  const tag = String(message.tag || 'openmanager');
  const [shown] = await self.registration.getNotifications({ tag });
  // A push service may deliver the same message twice.
  const isAgain = Boolean(message.id) && shown?.data?.id === message.id;
  const isOver = message.kind === 'resolved';
  const options = {
    body: String(message.body ?? words.body),
    tag,
    lang: message.locale ?? '',
    icon: 'icon-192.png',
    badge: 'badge-96.png',
    timestamp: Number.isFinite(message.at) ? message.at * 1000 : Date.now(),
    renotify: !isAgain && LOUD.includes(message.kind),
    silent: isOver,
    requireInteraction: message.severity === 'critical' && !isOver,
    actions: [...(message.ack ? [{ action: 'acknowledge', title: words.acknowledge }] : []), { action: 'open', title: words.open }],
    data: { id: message.id, kind: message.kind, url: message.url, ack: message.ack },
  };
  await self.registration.showNotification(String(message.title || words.title), options);
}

/** The same page at this hub; the alerts when there is none. */
function own(link) {
  try {
    const { pathname, hash } = new URL(link);
    return new URL(pathname + hash, self.registration.scope).href;
  } catch {
    return new URL('#/alerts', self.registration.scope).href;
  }
}

/** In the dashboard that is open, or in a new one. */
async function open(address) {
  const { pathname } = new URL(address);
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const found = windows.filter((one) => new URL(one.url).pathname === pathname);
  const page = found.find((one) => one.focused) ?? found.find((one) => one.visibilityState === 'visible') ?? found[0];
  try {
    await page.navigate(address);
  } catch {
    return self.clients.openWindow(address); // none is open, or it is not ours to lead
  }
  return page.focus();
}

/**
 * The push service gave this browser another address. Whoever is signed in here keeps the device under it, as it was;
 * where nobody is, the page sees to it when it is opened next.
 */
async function renew({ oldSubscription: old, newSubscription: given }) {
  const key = (given ?? old)?.options?.applicationServerKey;
  const fresh = given ?? (key && (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })));
  if (!old || !fresh) return;
  const session = await ask('POST', 'api/auth/refresh', {});
  if (!session) return;
  const tell = (method, path, body) => ask(method, `api/alerts/devices${path}`, body, session.access_token);
  const mark = await markOf(old.endpoint);
  const former = (await tell('GET', ''))?.devices.find(({ device }) => device === mark);
  if (!former) return;
  const { name, locale, least, resolved, enabled, quiet } = former;
  const kept = await tell('POST', '', { ...fresh.toJSON(), name, locale });
  if (!kept) return;
  await tell('PATCH', `/${kept.device.id}`, { least, resolved, enabled, quiet });
  if (kept.device.id !== former.id) await tell('DELETE', `/${former.id}`);
}

/** What the hub calls a device's address. */
async function markOf(endpoint) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint)));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The answer, or null where the hub refuses or has nothing to say. */
async function ask(method, path, body, token) {
  const headers = { ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store' });
  return response.ok && response.status !== 204 ? response.json() : null;
}
