/** On a server's page: who feeds it, whose clock is off, and what of it could not be kept and why. */

import { html } from '../../vendor/preact-htm.js';
import { useWords } from '../components/hooks.js';
import { Age, Glyph } from '../components/marks.js';
import { calledOf, clockOf, countWords, inOrder, leftOut, twinsOf } from '../sources.js';

export function Sources({ server, now }) {
  const { t } = useWords();
  const { sources = [], limit } = server;
  if (!limit) return null;
  return html`<section class="panel side-panel sources" aria-labelledby="sources"><div class="panel-head"><h2 id="sources">${t('source.title')}</h2></div>
    ${sources.length ? html`<ul class="feeds">${inOrder(sources).map((source) => html`<${Source} key=${source.name} source=${source} limit=${limit} now=${now} isOff=${server.clock_is_off} />`)}</ul>` : html`<p class="quiet">${t('source.none')}</p>`}
    <p class="faint">${t('source.series', { n: limit.series, most: limit.most, custom: limit.custom })}</p>
    ${limit.beyond.length > 0 && html`<${LeftOut} what="beyond" names=${limit.beyond} why=${t('source.beyondWhy', { most: limit.most })} />`}</section>`;
}

function Source({ source, limit, now, isOff }) {
  const words = useWords();
  const { t } = words;
  const clock = clockOf(source, words, isOff);
  const key = source.key && (source.key_name ? t('source.key', { name: source.key_name }) : t('source.goneKey'));
  const facts = [source.since_epoch && t('source.since', { at: words.moment(source.since_epoch, now) }), key].filter(Boolean);
  return html`<li><div><b class="cut">${calledOf(source.name, words)}</b><span class="faint"><${Age} at=${source.at_epoch} /></span></div>
    ${source.client && html`<small class="mono"><bdi>${source.client}</bdi></small>`}<small><bdi>${facts.join(' · ')}</bdi></small>
    ${clock && html`<p class="clock"><span class="tag warning">${clock.words}</span> ${clock.why}</p>`}
    ${source.refused > 0 && html`<p class="clock">${t('source.refused', { n: source.refused })}</p>`}
    ${leftOut(source, limit, t).map((one) => html`<${LeftOut} key=${one.what} ...${one} />`)}</li>`;
}

function LeftOut({ what, names, why }) {
  const { t } = useWords();
  return html`<details><summary>${t(...countWords(what, names))}</summary><p>${why}</p><ul class="mono names">${names.map((name) => html`<li key=${name}><bdi>${name}</bdi></li>`)}</ul></details>`;
}

export function Twins({ server, now }) {
  const words = useWords();
  const twins = twinsOf(server, words, now);
  if (!twins) return null;
  return html`<section class="panel why is-warning" aria-label=${twins.title}><${Glyph} status="warning" /><div><h2>${twins.title}</h2><p>${twins.text}</p><p>${twins.todo}</p></div></section>`;
}
