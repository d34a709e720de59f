/** The page's only memory: what is known now, what the person chose, and (apart) the access token. */

/** A value that can be read, patched and listened to. Listeners hear of a patch only when it changed something. */
export function createStore(initial) {
  let state = initial;
  const listeners = new Set();
  return {
    get: () => state,
    set(patch) {
      const changed = Object.keys(patch).some((key) => !Object.is(state[key], patch[key]));
      if (!changed) return;
      state = { ...state, ...patch };
      for (const listener of [...listeners]) listener(state);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const store = createStore({
  session: { phase: 'starting', user: null }, // starting | unreachable | out | in; `hasEnded`: not by the person's own wish
  words: null, // the current language's sentences and formats, see i18n.js
  theme: 'system', // system | dark | light
  link: { state: 'connecting', since: 0, confirmedAt: 0 }, // connecting | live | lost; times are epoch seconds
  lastFleet: '#/', // the fleet view that was last open, with its filters: where "back" leads
  clockSkew: 0, // hub's clock minus this one's, seconds
});

/**
 * The access token lives here and nowhere else: never in a URL, never in storage that outlives the page.
 * The refresh token is a cookie that no script can read.
 */
export const secrets = { accessToken: null, expiresAt: 0 };

/** The newest answer of each address, so that going back shows the last view at once. */
export const answers = createAnswers(40);

export function createAnswers(capacity) {
  const kept = new Map();
  return {
    get: (path) => kept.get(path),
    put(path, answer) {
      kept.delete(path);
      kept.set(path, answer);
      if (kept.size > capacity) kept.delete(kept.keys().next().value);
    },
    clear: () => kept.clear(),
  };
}

const PREFIX = 'openmanager.';

/** A remembered choice (theme, language), or null. Private windows may refuse storage: then nothing is remembered. */
export function remembered(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    if (value == null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}
