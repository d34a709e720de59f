/** Which addresses may come near. The lists are settings of the environment: shown here, changed there. */

import { html } from '../../vendor/preact-htm.js';
import { useLive, useWords } from '../components/hooks.js';
import { troubleWords } from '../trouble.js';

const LISTS = { users: 'OPENMANAGER_ALLOW_USERS', keys: 'OPENMANAGER_ALLOW_KEYS', cron: 'OPENMANAGER_ALLOW_CRON', deny: 'OPENMANAGER_DENY' };

export function Addresses() {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive('/api/auth/addresses', () => 60);
  return html`<section class="panel setting whole" aria-labelledby="addresses"><h2 id="addresses">${t('settings.addresses')}</h2><p class="sub">${t('address.lead')}</p>
    ${data ? html`<dl class="lists"><dt>${t('address.you')}</dt><dd class="mono">${data.you ?? t('address.unknown')}</dd>
      ${Object.entries(LISTS).map(([name, variable]) => html`<dt>${t(`address.${name}`)}<small class="mono">${variable}</small></dt>
        <dd>${data[name].length ? html`<ul>${data[name].map((network) => html`<li key=${network} class="mono">${network}</li>`)}</ul>` : html`<span class="quiet">${t(name === 'deny' ? 'address.none' : 'address.everywhere')}</span>`}</dd>`)}</dl>
      <p class="note">${t(data.behind_proxy ? 'address.proxy' : 'address.socket')} ${data.deny.length && data.edge ? t('address.edge') : ''}</p>`
      : error ? html`<p class="note bad">${troubleWords(error, words)}</p>` : html`<div class="bone tall" />`}
  </section>`;
}
