/** The seam between views and the hub: subscribe() to an address and be told when it changes. Polling today. */

import { get, hubNow } from './api.js';
import { createPoller } from './poll.js';
import { answers, store } from './store.js';

const poller = createPoller({
  ask: get,
  timers: { set: (run, ms) => setTimeout(run, ms), clear: (timer) => clearTimeout(timer) },
  isHidden: () => document.hidden,
  onOutcome: noteLink,
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) poller.pollNow();
});
addEventListener('online', () => poller.pollNow());

/** `listener` is told {data, changed} or {error}, first at once with the last known answer if there is one. */
export function subscribe(path, listener, every) {
  const known = answers.get(path);
  if (known) listener({ data: known.data, changed: true });
  return poller.subscribe(path, listener, every);
}

export const pollNow = () => poller.pollNow();

/** A refused question still proves that the hub is there; only silence and 5xx mean a lost link. */
function noteLink(_path, { error }) {
  const { link } = store.get();
  if (!error || (error.status >= 400 && error.status < 500)) {
    const since = link.state === 'live' ? link.since : hubNow();
    store.set({ link: { state: 'live', since, confirmedAt: error ? link.confirmedAt : hubNow() } });
  } else if (link.state !== 'lost') {
    store.set({ link: { ...link, state: 'lost', since: hubNow() } });
  }
}
