/** What goes along with every view: keys, the browser tab's title and icon, and the alerts that open or end meanwhile. */

import { html, useEffect, useRef, useState } from '../../vendor/preact-htm.js';
import { useLive, useNow, useStore, useWords } from '../components/hooks.js';
import { Late } from '../components/late.js';
import { showFavicon } from '../favicon.js';
import { news } from '../news.js';
import { nextTheme, switchLanguage, switchTheme } from '../preferences.js';
import { FLEET, fleetEvery } from '../router.js';
import { actionFor, step } from '../shortcuts.js';
import { countStatuses, judged, worstOf } from '../status.js';
import { answers, store } from '../store.js';

const OPEN = '/api/alerts?state=open&limit=100';
const LEAST_SECONDS = 15;
const MOST = 3;

export function View({ route, search, onHelp }) {
  useShortcuts(search, onHelp, route);
  useBeacon(route);
  const [toasts, close] = useNews();
  return toasts.length > 0 && html`<${Late} name="toasts" toasts=${toasts} onClose=${close} />`;
}

/** [what opened or ended since the page is open, close(key)]; the navigation tells how many are open. */
function useNews() {
  const { data } = useLive(OPEN, () => Math.max(LEAST_SECONDS, fleetEvery(answers.get(FLEET)?.data)));
  const [toasts, setToasts] = useState([]);
  const known = useRef();
  const alerts = data?.alerts;
  useEffect(() => {
    if (!alerts) return;
    count('alerts', alerts.filter((one) => !one.acked_by).length);
    const told = news(known.current, alerts);
    known.current = alerts;
    if (told) setToasts((before) => [...before, told].slice(-MOST));
  }, [alerts]);
  return [toasts, (key) => setToasts((before) => before.filter((one) => one.key !== key))];
}

const count = (page, number) => store.set({ pills: { ...store.get().pills, [page]: number } });

/** The browser tab tells the fleet's worst status, whichever view is open. */
function useBeacon(route) {
  const words = useWords();
  const { data } = useLive(FLEET, fleetEvery);
  const confirmedAt = useStore((state) => state.link.confirmedAt);
  const now = useNow(10);
  const servers = data ? judged(data.servers, now, confirmedAt) : [];
  const worst = worstOf(servers);
  const counts = countStatuses(servers);
  const ofWorst = worst ? counts[worst] : 0;
  useEffect(() => count('overview', counts.critical), [counts.critical]);
  useEffect(() => {
    const place = route.id ?? words.t(`nav.${route.page}`);
    const state = worst && worst !== 'ok' ? `${words.t(`status.${worst}`)} ${ofWorst} · ` : '';
    document.title = `${state}${place} · ${words.t('app.name')}`;
    showFavicon(worst);
  }, [worst, ofWorst, route.page, route.id, words]);
}

function useShortcuts(search, help, route) {
  const place = useRef(route);
  place.current = route;
  useEffect(() => {
    const acts = {
      search: () => search.current?.select(),
      next: () => moveBy(1),
      previous: () => moveBy(-1),
      help,
      theme: () => switchTheme(nextTheme(store.get().theme)),
      ask: () => store.set({ ask: store.get().ask ?? true }),
      language: () => switchLanguage(store.get().words.lang === 'ko' ? 'en' : 'ko'),
      leaveField: () => leave(search.current),
      back: () => { if (/^(server|performance)$/.test(place.current.page)) location.hash = store.get().lastFleet; },
    };
    const press = (event) => {
      const isTyping = event.target.matches('input, select, textarea');
      const act = acts[actionFor(event, { isTyping, hasDialog: Boolean(document.querySelector('dialog[open]')) })];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function moveBy(direction) {
  const rows = [...document.querySelectorAll('[data-row]')];
  rows[step(rows.length, rows.indexOf(document.activeElement), direction)]?.focus();
}

/** Escape in the search first empties it, then leaves it. */
function leave(search) {
  const field = document.activeElement;
  if (field === search && search.value) {
    search.value = '';
    search.dispatchEvent(new Event('input', { bubbles: true }));
  } else field?.blur();
}
