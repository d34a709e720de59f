/** What moved with an alert, and before it: hypotheses with their numbers, and what was ruled out. */

import { html } from '../../vendor/preact-htm.js';
import { useLive, useWords } from '../components/hooks.js';
import { address } from '../router.js';
import { causeWords, seriesWords } from '../wellbeing.js';

const seldom = () => 600;

export function Causes({ id, server, now }) {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(`/api/alerts/${encodeURIComponent(id)}/causes`, seldom);
  if (error?.status === 404) return null; // about no server
  return html`<section class="panel setting" aria-labelledby="causes"><h2 id="causes">${t('why.title')}</h2>
    ${!data ? html`<div class="bone" style=${{ height: '90px' }} />` : html`<p class="sub">${t('why.looked', { servers: data.looked_at.servers, series: data.looked_at.series, at: words.moment(data.moment_epoch, now) })}</p>
      ${data.hypotheses.length ? html`<ol class="log">${data.hypotheses.map((one) => html`<li key=${`${one.kind} ${one.server} ${one.what}`}><time datetime=${one.at}>${words.moment(one.at_epoch, now)}</time><div><b>${title(one, server, words)}</b><span class="sub">${causeWords(one, words)}</span></div></li>`)}</ol>` : html`<p class="quiet">${t('why.none')}</p>`}
      ${data.peers.measured > 0 && html`<p class="sub">${t('why.peers', data.peers)}</p>`}
      <${RuledOut} found=${data.ruled_out} server=${server} /><p class="faint">${t('why.caution')}</p>`}</section>`;
}

function title(one, server, words) {
  const { t } = words;
  const what = one.kind === 'metric' ? seriesWords(one.what, words) : html`${words.has(`event.${one.kind}`) ? t(`event.${one.kind}`) : words.has(`whykind.${one.kind}`) ? t(`whykind.${one.kind}`) : one.kind} <bdi>${one.text ? words.said(one.text) : one.what}</bdi>`;
  return one.server === server ? what : html`<a href=${address('server', { id: one.server })}><bdi>${one.server}</bdi></a> ${what}`;
}

function RuledOut({ found, server }) {
  const words = useWords();
  const { t } = words;
  if (!found.length) return null;
  const told = [...new Set(found.map(({ reason }) => reason))].map((reason) => [reason, found.filter((one) => one.reason === reason)]);
  return html`<dl class="lists">${told.map(([reason, them]) => html`<dt key=${reason}>${t(`whynot.${reason}`)}</dt><dd>${them.map((one) => `${one.server === server ? '' : `${one.server} `}${one.text ? words.said(one.text) : seriesWords(one.what, words)}`).join(', ')}</dd>`)}</dl>`;
}
