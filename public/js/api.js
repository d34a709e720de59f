/** The only file that calls fetch. */

import { answers, remember, remembered, secrets, store } from './store.js';

const DEADLINE_MS = 15_000;
// Early enough that a request in normal use never meets a 401.
const RENEW_EARLY_SECONDS = 30;

/** `status` 0: the hub could not be reached. */
export class ApiError extends Error {
  constructor(status, problem = {}, retryAfter = 0) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** {data, changed}: the newest JSON of `path`, and whether it differs from the last one seen. */
export async function get(path) {
  const known = answers.get(path);
  const headers = known?.etag ? { 'If-None-Match': known.etag } : {};
  const response = await authorised(path, { headers });
  if (response.status === 304 && known) return { data: known.data, changed: false };
  const data = await bodyOf(response);
  answers.put(path, { etag: response.headers.get('ETag'), data });
  return { data, changed: true };
}

export const call = async (method, path, body) => bodyOf(await authorised(path, { method, body }));
export const post = (path, body) => call('POST', path, body);

export async function signIn(email, password) {
  const response = await send('/api/auth/login', { method: 'POST', body: { email, password } });
  begin(await bodyOf(response));
}

export async function signOut() {
  try {
    await authorised('/api/auth/logout', { method: 'POST', body: {} });
  } finally {
    end();
  }
}

/** Takes the session up again by the refresh cookie, where this browser had one. */
export async function resume() {
  if (!remembered('session')) return end();
  try {
    await refresh();
  } catch (error) {
    if (error.status === 0 || error.status >= 500) throw error;
    end();
  }
}

let refreshing = null;

/** One at a time: a second use of the old cookie would end the session. */
function refresh() {
  refreshing ??= send('/api/auth/refresh', { method: 'POST', body: {} })
    .then(bodyOf)
    .then(begin)
    .finally(() => { refreshing = null; });
  return refreshing;
}

function begin(answer) {
  secrets.accessToken = answer.access_token;
  secrets.expiresAt = Date.now() / 1000 + answer.expires_in;
  remember('session', '1');
  store.set({ session: { phase: 'in', user: answer.user } });
}

export function end(hasEnded = false) {
  secrets.accessToken = null;
  answers.clear();
  remember('session', null);
  store.set({ session: { phase: 'out', user: null, hasEnded } });
}

async function authorised(path, options) {
  if (secrets.expiresAt - Date.now() / 1000 < RENEW_EARLY_SECONDS) await renewOrEnd();
  const response = await send(path, options, secrets.accessToken);
  if (response.status !== 401) return response;
  await renewOrEnd();
  return send(path, options, secrets.accessToken);
}

async function renewOrEnd() {
  try {
    await refresh();
  } catch (error) {
    if (error.status === 401 || error.status === 403) end(true);
    throw error;
  }
}

async function send(path, { method = 'GET', body, headers = {} }, token) {
  const request = { method, headers: { Accept: 'application/json', ...headers }, cache: 'no-store' };
  if (token) request.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) {
    request.headers['Content-Type'] = 'application/json';
    request.body = JSON.stringify(body);
  }
  request.signal = AbortSignal.timeout(DEADLINE_MS);
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new ApiError(0);
  }
  noteClock(response.headers.get('Date'));
  return response;
}

async function bodyOf(response) {
  if (response.status === 204) return null;
  const body = await response.json().catch((error) => {
    if (error instanceof SyntaxError) return null; // a proxy's own error page
    throw new ApiError(0);
  });
  if (response.ok) return body;
  throw new ApiError(response.status, body ?? {}, Number(response.headers.get('Retry-After')) || 0);
}

/** Ages are counted on the hub's clock, not on a laptop's that is minutes off. */
function noteClock(date) {
  const hub = Date.parse(date) / 1000;
  if (!Number.isFinite(hub)) return;
  const skew = hub - Date.now() / 1000;
  // The header has whole seconds.
  const settled = Math.abs(skew) < 2 ? 0 : Math.round(skew);
  if (Math.abs(settled - store.get().clockSkew) > 1) store.set({ clockSkew: settled });
}

/** Epoch seconds on the hub's clock. */
export const hubNow = () => Date.now() / 1000 + store.get().clockSkew;
