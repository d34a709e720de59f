/** What was sent of an alert, and is still owed: by which channel, how each stands, and every try. */

import { html } from '../../vendor/preact-htm.js';
import { useWords } from '../components/hooks.js';

export function Deliveries({ deliveries, now }) {
  const words = useWords();
  const { t } = words;
  return html`<section class="panel setting whole" aria-labelledby="sent"><h2 id="sent">${t('delivery.title')}</h2>
    ${deliveries.length ? html`<ol class="log">${deliveries.map((one) => html`<li key=${one.id}><time datetime=${one.created_at}>${words.moment(one.created_at_epoch, now)}</time>
      <div><b class=${one.state === 'failed' || one.state === 'expired' ? 'wary' : ''}><bdi>${one.channel.name ?? t('delivery.gone')}</bdi> · ${t(`deliverystate.${one.state}`)}</b>
        ${one.attempts.map((attempt) => html`<span key=${attempt.at} class="sub">${words.clock(attempt.at_epoch, true)} · ${t(attempt.ok ? 'delivery.taken' : 'delivery.refused')} <bdi>${attempt.detail}</bdi>${attempt.ms == null ? '' : ` · ${attempt.ms} ms`}</span>`)}
        ${!one.attempts.length && one.error ? html`<span class="sub"><bdi>${one.error}</bdi></span>` : null}</div></li>`)}</ol>` : html`<p class="quiet">${t('delivery.none')}</p>`}</section>`;
}
