/** Around every view: navigation, search, link state, language, appearance. What else goes along comes later (along.js). */

import { html, useRef, useState } from '../../vendor/preact-htm.js';
import { signOut } from '../api.js';
import { useStore, useWords } from '../components/hooks.js';
import { Late } from '../components/late.js';
import { Age, Fades, Icon, Segmented } from '../components/marks.js';
import { nextTheme, switchLanguage, switchTheme } from '../preferences.js';
import { address, adjust, go } from '../router.js';
import { store } from '../store.js';

const PAGES = ['overview', 'servers', 'alerts', 'settings'];

export function Shell({ route, children }) {
  const { t } = useWords();
  const user = useStore((state) => state.session.user);
  const [isHelping, setHelping] = useState(false);
  const search = useRef();
  const pills = useStore((state) => state.pills);
  const question = useStore((state) => state.ask);
  const isAdmin = user?.role === 'admin';

  return html`<a class="skip sr" href="#main" onClick=${skip}>${t('app.skip')}</a>
    <${Fades} />
    <div class="shell">
      <nav class="side" aria-label=${t('app.menu')}>
        <a class="brand" href=${address('overview')}><img src="icon.svg" alt="" width="26" height="26" /><span>${t('app.name')}<small>${location.host}</small></span></a>
        ${PAGES.map((page) => html`<a key=${page} class="nav" href=${address(page)} aria-current=${currentOf(route, page)}><${Icon} name=${page} />${t(`nav.${page}`)}<${Pill} count=${pills[page]} /></a>`)}
        <${Assistant} className="nav" />
        <div class="foot">
          <div class="keys-hint"><span><kbd>/</kbd> ${t('keys.search')}</span><span><kbd>T</kbd> ${t('keys.theme')}</span><span><kbd>L</kbd> ${t('keys.language')}</span><button type="button" onClick=${() => setHelping(true)}><kbd>?</kbd> ${t('keys.help')}</button></div>
          <${Person} user=${user} />
        </div>
      </nav>
      <div>
        <header class="top">
          <${Search} field=${search} route=${route} />
          <${Link} />
          <span class="sp" />
          ${isAdmin && html`<a class="btn add" href=${address('add')} aria-label=${t('action.addServer')}><${Icon} name="plus" /><span class="long">${t('action.addServer')}</span></a>`}
          <${LanguageChoice} />
          <${ThemeButton} />
        </header>
        <main id="main" tabindex="-1">${children}</main>
      </div>
      <nav class="tabs" aria-label=${t('app.menu')}>${PAGES.map((page) => html`<a key=${page} href=${address(page)} aria-current=${currentOf(route, page)}><${Icon} name=${page} />${t(`nav.${page}`)}<${Pill} count=${pills[page]} /></a>`)}<${Assistant} /></nav>
    </div>
    <${Late} name="along" route=${route} search=${search} onHelp=${() => setHelping(true)} />
    ${question && html`<${Late} name="assistant" question=${question} />`}
    ${isHelping && html`<${Late} name="help" onClose=${() => setHelping(false)} />`}`;
}

const currentOf = ({ page }, name) => (page === name || (name === 'servers' && /^(server|performance)$/.test(page)) ? 'page' : null);

function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

const Assistant = ({ className }) => html`<button type="button" class=${className} onClick=${() => store.set({ ask: true })}><${Icon} name="assistant" />${useWords().t('nav.assistant')}</button>`;

const Pill = ({ count }) => (count > 0 ? html`<span class="pill">${count}</span>` : null);

function Search({ field, route }) {
  const { t } = useWords();
  const isFleet = route.page === 'overview' || route.page === 'servers';
  const [typed, setTyped] = useState('');
  const value = isFleet ? (route.query.q ?? '') : typed;
  const type = (event) => (isFleet ? adjust({ q: event.target.value }) : setTyped(event.target.value));
  const submit = (event) => {
    event.preventDefault();
    // What no server's name holds, or several words: a question.
    if (value.trim() && (isFleet ? !document.querySelector('[data-row]') : /\s|\?/.test(value.trim()))) store.set({ ask: value });
    else if (!isFleet) go('servers', { query: { q: typed } });
    else document.querySelector('[data-row]')?.focus();
  };
  return html`<form class="search" role="search" onSubmit=${submit}><${Icon} name="search" />
    <input ref=${field} name="q" type="search" enterkeyhint="search" autocomplete="off" spellcheck=${false} aria-label=${t('search.label')} placeholder=${t('search.label')} value=${value} onInput=${type} /><kbd aria-hidden="true">/</kbd></form>`;
}

function Link() {
  const { t } = useWords();
  const { state, confirmedAt } = useStore((all) => all.link);
  return html`<div class="live is-${state}"><i /><span role="status">${t(`live.${state}`)}</span>${confirmedAt > 0 && html`<em>· <${Age} at=${confirmedAt} /></em>`}</div>`;
}

export function LanguageChoice() {
  const { t, lang } = useWords();
  return html`<${Segmented} label=${t('app.language')} value=${lang} choices=${[['ko', html`<span lang="ko">한국어</span>`], ['en', html`<span lang="en">EN</span>`]]} onChange=${switchLanguage} />`;
}

export function ThemeButton() {
  const { t } = useWords();
  const theme = useStore((state) => state.theme);
  const label = t('theme.switch', { name: t(`theme.${theme}`) });
  return html`<button type="button" class="btn square" aria-label=${label} title=${label} onClick=${() => switchTheme(nextTheme(theme))}><${Icon} name=${theme} /></button>`;
}

function Person({ user }) {
  const { t } = useWords();
  if (!user) return null;
  return html`<div class="person"><div><b class="cut" title=${user.email}>${user.name || user.email}</b>${t(`role.${user.role}`)}</div><button type="button" class="btn small plain" onClick=${signOut}>${t('action.signOut')}</button></div>`;
}
