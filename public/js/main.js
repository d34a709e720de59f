/** Starts the page: theme, language, session, then the view that the address names. */

import { html, render, useEffect, useState } from '../vendor/preact-htm.js';
import { resume } from './api.js';
import { useStore, Words } from './components/hooks.js';
import { Late } from './components/late.js';
import { isLater, later, style } from './later.js';
import { nextDelay } from './poll.js';
import { startLanguage, startTheme } from './preferences.js';
import { parse } from './router.js';
import { store } from './store.js';
import { Fleet } from './views/fleet.js';
import { Shell } from './views/shell.js';

const RARE_SYLLABLES = 'vendor/pretendard/pretendardvariable-dynamic-subset-rare.css';

function useRoute() {
  const [route, setRoute] = useState(() => parse(location.hash));
  useEffect(() => {
    const update = () => {
      setRoute((old) => {
        const next = parse(location.hash);
        if (next.page !== old.page || next.id !== old.id) scrollTo(0, 0);
        return next;
      });
    };
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return route;
}

function View({ route: { page, id, query } }) {
  if (!isLater(page)) return html`<${Fleet} key="fleet" query=${query} isOverview=${page === 'overview'} />`;
  return html`<${Late} key=${`${page} ${id}`} name=${page} id=${id} query=${query} />`;
}

/** A pointer or the focus on a link is reason enough to fetch what is behind it. */
function fetchAhead({ target }) {
  const hash = target.closest?.('a[href^="#"]')?.getAttribute('href');
  const page = hash && parse(hash).page;
  if (page && isLater(page)) later(page);
}

function App() {
  const phase = useStore((state) => state.session.phase);
  const words = useStore((state) => state.words);
  const route = useRoute();
  if (!words || phase === 'starting') return null;
  return html`<${Words.Provider} value=${words}><${Phase} phase=${phase} words=${words} route=${route} /><//>`;
}

function Phase({ phase, words, route }) {
  if (phase === 'unreachable') return html`<main class="alone"><p role="status" class="note">${words.t('app.unreachable')}</p></main>`;
  if (phase === 'out') return html`<${Late} name="login" />`;
  return html`<${Shell} route=${route}><${View} route=${route} /><//>`;
}

/** Until the hub answers, whether there is a session is not known: a password field would be the wrong question. */
async function resumeAtLast(failures = 0) {
  try {
    await resume();
  } catch (error) {
    store.set({ session: { phase: 'unreachable', user: null } });
    const seconds = nextDelay({ every: 5, failures: failures + 1, retryAfter: error.retryAfter, chance: Math.random() });
    setTimeout(() => resumeAtLast(failures + 1), seconds * 1000);
  }
}

startTheme();
await startLanguage();
render(html`<${App} />`, document.getElementById('app'));
await resumeAtLast();
addEventListener('pointerover', fetchAhead, { passive: true });
addEventListener('focusin', fetchAhead);
style(RARE_SYLLABLES).catch(() => {}); // the reader's own font stands in
