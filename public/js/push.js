/** This browser's side of web push: whether it can be told, that it is, and what it is called. The rest is sw.js. */

const WORKER = 'sw.js';
const policy = globalThis.trustedTypes?.createPolicy('worker', {
  createScriptURL: (address) => {
    if (address !== WORKER) throw new TypeError(`not our worker: ${address}`);
    return address;
  },
});

/** What stands in the way: insecure | install | unsupported | noKey | denied; null when nothing does. Pure. */
export function obstacle({ isSecure, canPush, isApplePhone, isInstalled, permission }, key) {
  if (!isSecure) return 'insecure';
  // On an iPhone or iPad only what was put on the home screen can be told.
  if (!canPush) return isApplePhone && !isInstalled ? 'install' : 'unsupported';
  if (!key) return 'noKey';
  return permission === 'denied' ? 'denied' : null;
}

export function abilities() {
  const { userAgent, platform, maxTouchPoints } = navigator;
  return {
    isSecure: window.isSecureContext,
    canPush: 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window,
    isApplePhone: /iPhone|iPad|iPod/.test(userAgent) || (platform === 'MacIntel' && maxTouchPoints > 1),
    isInstalled: navigator.standalone === true || matchMedia('(display-mode: standalone)').matches,
    permission: globalThis.Notification?.permission,
  };
}

const BROWSERS = [['Edge', /Edg/], ['Samsung Internet', /SamsungBrowser/], ['Whale', /Whale/], ['Opera', /OPR/], ['Firefox', /Firefox|FxiOS/], ['Chrome', /Chrome|CriOS/], ['Safari', /Safari/]];
const SYSTEMS = [['Android', /Android/], ['iPhone', /iPhone/], ['iPad', /iPad/], ['ChromeOS', /CrOS/], ['Windows', /Windows/], ['macOS', /Mac OS X/], ['Linux', /Linux/]];

/** What to call a browser until somebody names it: "Chrome, Android". Pure. */
export function nameOf(userAgent) {
  const first = (known) => known.find(([, pattern]) => pattern.test(userAgent))?.[0];
  return [first(BROWSERS), first(SYSTEMS)].filter(Boolean).join(', ') || 'Browser';
}

/** What the hub calls this browser, or null while it is not subscribed. */
export async function ownMark() {
  const subscription = await (await navigator.serviceWorker?.getRegistration())?.pushManager?.getSubscription();
  if (!subscription) return null;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(subscription.endpoint)));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The registration, once the worker is at work. */
export async function worker() {
  await navigator.serviceWorker.register(policy ? policy.createScriptURL(WORKER) : WORKER);
  return navigator.serviceWorker.ready;
}

/** Asks for leave and subscribes: {subscription}, or {refused: 'denied' | 'unanswered' | 'service'}. */
export async function subscribe(key) {
  const leave = await Notification.requestPermission();
  if (leave !== 'granted') return { refused: leave === 'denied' ? 'denied' : 'unanswered' };
  const { pushManager } = await worker();
  const held = await pushManager.getSubscription();
  if (held && textOf(held.options.applicationServerKey) === key) return { subscription: held.toJSON() };
  try {
    await held?.unsubscribe(); // made for a key that the hub has no more
    return { subscription: (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON() };
  } catch {
    return { refused: 'service' }; // the browser's push service is off or out of reach
  }
}

export async function unsubscribe() {
  await (await (await navigator.serviceWorker?.getRegistration())?.pushManager?.getSubscription())?.unsubscribe();
}

/** base64url without padding. Pure. */
export function textOf(buffer) {
  return buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') : '';
}
