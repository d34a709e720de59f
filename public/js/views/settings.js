/** Settings, in parts that the address names: this page and you for everybody, the rest for administrators. */

import { html, useEffect } from '../../vendor/preact-htm.js';
import { useLive, useStore, useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { switchTheme, THEMES } from '../preferences.js';
import { address } from '../router.js';
import { store } from '../store.js';
import { Account } from './account.js';
import { Addresses } from './addresses.js';
import { Audit } from './audit.js';
import { Channels } from './channels.js';
import { Checks } from './checks.js';
import { Clouds } from './clouds.js';
import { Devices } from './devices.js';
import { Keys } from './keys.js';
import { Public } from './public.js';
import { Rules } from './rules.js';
import { LanguageChoice } from './shell.js';
import { Silences } from './silences.js';
import { Users } from './users.js';

const PARTS = { general: General, rules: Rules, channels: Channels, silences: Silences, devices: Devices, checks: Checks, public: Public, users: Users, clouds: Clouds, addresses: Addresses, audit: Audit };
// What those see who are no administrators.
const FOR_ALL = ['general', 'rules', 'silences', 'devices', 'checks'];

export function View({ query }) {
  const { t } = useWords();
  const user = useStore((state) => state.session.user);
  const { data } = useLive('/api/auth/me', () => 30);
  const now = data?.user ?? user;
  useEffect(() => {
    // An admin may have given us another role while this page is open.
    if (data?.user && data.user.role !== user?.role) store.set({ session: { ...store.get().session, user: data.user } });
  }, [data?.user?.role]);
  if (!now) return null;
  const isAdmin = now.role === 'admin';
  const asked = Object.hasOwn(PARTS, query.part ?? '') ? query.part : 'general';
  const parts = isAdmin ? Object.keys(PARTS) : FOR_ALL;
  const shown = parts.includes(asked) ? asked : 'general';
  const Part = PARTS[shown];
  return html`<h1>${t('settings.title')}</h1>
    <nav class="parts" aria-label=${t('settings.title')}>${parts.map((part) => html`<a key=${part} href=${address('settings', { query: { part: part === 'general' ? '' : part } })} aria-current=${part === shown ? 'page' : null}>${t(`settings.${part}`)}</a>`)}</nav>
    ${shown !== asked && html`<p class="note">${t('settings.adminPart')}</p>`}
    <div class="settings later"><${Part} key=${shown} query=${query} me=${now.id} user=${now} canChange=${now.role !== 'viewer'} /></div>`;
}

function General({ user }) {
  const { t } = useWords();
  const theme = useStore((state) => state.theme);
  return html`${user.role === 'admin' && html`<${Keys} />`}
      <section class="panel setting" aria-labelledby="page"><h2 id="page">${t('settings.page')}</h2><p class="sub">${t('settings.pageLead')}</p>
        <div class="pair"><span>${t('app.language')}</span><${LanguageChoice} /></div>
        <div class="pair"><span>${t('theme.label')}</span><${Segmented} label=${t('theme.label')} value=${theme} choices=${THEMES.map((name) => [name, t(`theme.${name}`)])} onChange=${switchTheme} /></div></section>
      <${Account} user=${user} />`;
}
