/** How components listen: to the store, to the hub, to the clock. */

import { createContext, useContext, useEffect, useState } from '../../vendor/preact-htm.js';
import { hubNow } from '../api.js';
import { subscribe } from '../live.js';
import { answers, store } from '../store.js';

/** What `select` takes from the store, renewed when that changes. */
export function useStore(select) {
  const [value, setValue] = useState(() => select(store.get()));
  useEffect(() => {
    const update = (state) => setValue(() => select(state));
    update(store.get());
    return store.subscribe(update);
  }, []);
  return value;
}

/** Not the store: hundreds of small signs would each listen to every change of it. */
export const Words = createContext();
export const useWords = () => useContext(Words);

/** {data, error} of an address, live while the component is shown; no address, no questions. */
export function useLive(path, every) {
  const [held, setHeld] = useState({ path: null });
  useEffect(() => {
    if (!path) return undefined;
    return subscribe(path, ({ data, changed, error }) => setHeld((old) => {
      const last = old.path === path ? old : { path };
      if (error) return { ...last, error };
      return changed || last.error || last.data === undefined ? { path, data } : last;
    }), every);
  }, [path]);
  // The first render of a new address must not show the answer of the last one.
  return held.path === path ? held : { data: answers.get(path)?.data };
}

const tickers = new Set();
let ticking = null;

/** Epoch seconds on the hub's clock, renewed every `step` seconds while the page is visible. */
export function useNow(step = 1) {
  const [now, setNow] = useState(hubNow);
  useEffect(() => {
    let last = 0;
    const tick = () => {
      const time = hubNow();
      if (time - last < step - 0.5) return;
      last = time;
      setNow(time);
    };
    tickers.add(tick);
    ticking ??= setInterval(() => document.hidden || tickers.forEach((run) => run()), 1000);
    return () => {
      tickers.delete(tick);
      if (tickers.size) return;
      clearInterval(ticking);
      ticking = null;
    };
  }, [step]);
  return now;
}
