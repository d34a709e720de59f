/** When to ask again: often while somebody looks, rarely otherwise, ever slower while it fails. */

export const FASTEST_SECONDS = 5;
export const HIDDEN_SECONDS = 60;
export const SLOWEST_SECONDS = 60;
const JITTER = 0.15;

/** Seconds until the next question; `failures` in a row, `chance` in [0, 1) spreads open pages over time. */
export function nextDelay({ every, failures = 0, retryAfter = 0, hidden = false, chance = 0.5 }) {
  const wished = Math.max(FASTEST_SECONDS, every);
  const slowed = failures ? Math.min(SLOWEST_SECONDS, wished * 2 ** Math.min(failures - 1, 5)) : wished;
  const base = Math.max(slowed, retryAfter, hidden ? HIDDEN_SECONDS : 0);
  const jittered = base * (1 - JITTER + 2 * JITTER * chance);
  return Math.max(jittered, retryAfter);
}

/** Asks `ask(path)` for every path subscribed to. Listeners get {data, changed} or {error}. */
export function createPoller({ ask, timers, isHidden, chance = Math.random, onOutcome = () => {} }) {
  const watched = new Map();

  async function poll(path) {
    const entry = watched.get(path);
    if (!entry || entry.busy) return;
    timers.clear(entry.timer);
    entry.busy = true;
    const outcome = await ask(path).catch((error) => ({ error }));
    entry.busy = false;
    entry.failures = outcome.error ? entry.failures + 1 : 0;
    onOutcome(path, outcome);
    for (const { listener } of [...entry.listeners]) listener(outcome);
    if (watched.get(path) === entry) schedule(path, entry, outcome);
  }

  function schedule(path, entry, outcome = {}) {
    if (final(outcome.error)) return;
    const every = Math.min(...[...entry.listeners].map((one) => one.every(outcome.data)));
    const seconds = nextDelay({
      every,
      failures: entry.failures,
      retryAfter: outcome.error?.retryAfter ?? 0,
      hidden: isHidden(),
      chance: chance(),
    });
    entry.timer = timers.set(() => poll(path), seconds * 1000);
  }

  return {
    /** Returns the function that ends it; `every(data)` gives the wished seconds. */
    subscribe(path, listener, every = () => FASTEST_SECONDS) {
      const entry = watched.get(path) ?? { listeners: new Set(), failures: 0, busy: false, timer: null };
      const mine = { listener, every };
      entry.listeners.add(mine);
      watched.set(path, entry);
      poll(path);
      return () => {
        entry.listeners.delete(mine);
        if (entry.listeners.size) return;
        timers.clear(entry.timer);
        if (watched.get(path) === entry) watched.delete(path);
      };
    },
    pollNow() {
      for (const path of watched.keys()) poll(path);
    },
  };
}

/** Asking again cannot help. */
const final = (error) => error && [401, 403, 404].includes(error.status);
