/** Settings: the keys of servers and scripts, the person, and how this page looks in this browser. */

import { html } from '../../vendor/preact-htm.js';
import { signOut } from '../api.js';
import { useStore, useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { switchTheme, THEMES } from '../preferences.js';
import { Keys } from './keys.js';
import { LanguageChoice } from './shell.js';

export function View() {
  const { t } = useWords();
  const user = useStore((state) => state.session.user);
  const theme = useStore((state) => state.theme);
  return html`<h1>${t('settings.title')}</h1>
    <div class="settings later">
      ${user?.role === 'admin' ? html`<${Keys} />` : html`<section class="panel setting"><h2>${t('settings.keys')}</h2><p class="sub">${t('settings.adminOnly')}</p></section>`}
      <section class="panel setting" aria-labelledby="page"><h2 id="page">${t('settings.page')}</h2><p class="sub">${t('settings.pageLead')}</p>
        <div class="pair"><span>${t('app.language')}</span><${LanguageChoice} /></div>
        <div class="pair"><span>${t('theme.label')}</span><${Segmented} label=${t('theme.label')} value=${theme} choices=${THEMES.map((name) => [name, t(`theme.${name}`)])} onChange=${switchTheme} /></div></section>
      ${user && html`<section class="panel setting" aria-labelledby="person"><h2 id="person">${t('settings.person')}</h2>
        <div class="pair"><span><b>${user.name || user.email}</b><br /><span class="sub">${[user.name && user.email, t(`role.${user.role}`)].filter(Boolean).join(' · ')}</span></span><button type="button" class="btn" onClick=${signOut}>${t('action.signOut')}</button></div></section>`}
    </div>`;
}
