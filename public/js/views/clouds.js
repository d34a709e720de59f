/** Cloud accounts whose machines are read: when each source was, and what to do where it cannot be. The accounts are a
    setting of the environment: shown here, changed there. */

import { html } from '../../vendor/preact-htm.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { troubleWords } from '../trouble.js';

const NAMES = { aws: 'AWS', google: 'Google Cloud', azure: 'Azure' };
const COLUMNS = ['source', 'servers', 'read', 'next'];

export function Clouds() {
  const words = useWords();
  const { t } = words;
  const now = useNow(10);
  const { data, error } = useLive('/api/health/clouds', () => 30);
  const sources = data?.sources;
  return html`<section class="panel setting whole" aria-labelledby="clouds"><h2 id="clouds">${t('settings.clouds')}</h2><p class="sub">${t('cloud.lead')}</p>
    ${!sources ? (error ? html`<p class="note bad">${troubleWords(error, words)}</p>` : html`<div class="bone tall" />`)
      : !sources.length ? html`<p class="quiet">${t('cloud.none')} <span class="mono">OPENMANAGER_CLOUDS</span></p>`
        : html`<div class="scroller" tabindex="0" role="group" aria-labelledby="clouds"><table class="key-table">
      <thead><tr>${COLUMNS.map((name) => html`<th key=${name} scope="col" class=${name === 'servers' || name === 'next' ? 'col-server' : ''}>${t(`cloud.${name}`)}</th>`)}</tr></thead>
      <tbody>${sources.map((one) => html`<tr key=${`${one.provider}:${one.account}:${one.scope}`}>
        <th scope="row"><bdi>${one.account}</bdi><small>${NAMES[one.provider]} <bdi class="mono">${one.scope}</bdi></small></th>
        <td class="col-server">${one.servers}</td>
        <td>${one.read_at_epoch ? words.ago(now - one.read_at_epoch) : t('key.never')}${one.text && html`<p class="note ${one.failing ? 'bad' : 'wary'}">${words.said(one.text)}</p>`}</td>
        <td class="col-server">${one.next_at_epoch > now ? words.span(one.next_at_epoch - now) : t('cloud.soon')}</td></tr>`)}</tbody></table></div>`}
  </section>`;
}
