/** The page's only memory. */

/** Listeners hear of a patch only when it changed something. */
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
  session: { phase: 'starting', user: null }, // starting | unreachable | out | in; `hasEnded`: not by choice
  words: null, // see i18n.js
  theme: 'system', // system | dark | light
  link: { state: 'connecting', since: 0, confirmedAt: 0 }, // connecting | live | lost
  pills: {}, // how many of a page need attention: {overview: servers, alerts}
  ask: null, // the assistant's panel is open: true, or a question to be asked at once
  lastFleet: '#/', // where "back" leads, with its filters
  clockSkew: 0, // seconds by which the hub is ahead
});

/** Never in a URL, never in storage that outlives the page. */
export const secrets = { accessToken: null, expiresAt: 0 };

/** The newest answer of each address: going back shows the last view at once. */
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

/** A remembered choice or null; private windows may refuse to remember. */
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
    // It then lasts as long as the page.
  }
}
