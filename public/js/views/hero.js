/** At a glance: how many of how many are fine, how busy the fleet is, what to look at now. */

import { html, useMemo } from '../../vendor/preact-htm.js';
import { useWords } from '../components/hooks.js';
import { Glyph, Icon } from '../components/marks.js';
import { Trend } from '../components/trend.js';
import { sortFleet } from '../fleet.js';
import { pollNow } from '../live.js';
import { address, adjust } from '../router.js';
import { countStatuses, reasonWords, STATUSES } from '../status.js';
import { troubleWords } from '../trouble.js';

const ATTENTION = 4;
const FEWEST = 24; // a single server's tick is not a bar across the panel
const TROUBLED = 'critical,offline,warning,stale';

export function Hero({ servers, cpu, now, chosen }) {
  return html`<div class="hero">
    <${Health} servers=${servers} chosen=${chosen} />
    <${FleetCpu} cpu=${cpu} />
    <${Attention} servers=${servers} now=${now} />
  </div>`;
}

function Health({ servers, chosen }) {
  const { t } = useWords();
  const counts = countStatuses(servers);
  const signs = servers.map((server) => server.status).join(' ');
  // A thousand ticks are drawn anew only when one of them changes.
  const ticks = useMemo(() => servers.map((server) => html`<i class=${server.status} title="${server.id} · ${t(`status.${server.status}`)}" />`), [signs, t]);
  const size = servers.length > 240 ? 'crowd' : servers.length > 48 ? 'many' : '';
  return html`<section class="panel" aria-labelledby="hero-health">
    <div class="panel-head"><h2 id="hero-health">${t('hero.health')}</h2></div>
    <p class="big">${counts.ok}<span> ${t('hero.of', { n: servers.length })}</span></p>
    <div class="ticks ${size}" aria-hidden="true" style=${size ? {} : { gridTemplateColumns: `repeat(${Math.max(FEWEST, servers.length)}, minmax(0, 1fr))` }}>${ticks}</div>
    <div class="legend">${STATUSES.filter((status) => counts[status] || status !== 'stale').map((status) => html`
      <button key=${status} type="button" aria-pressed=${String(chosen === status)} title=${t('hero.filterBy', { status: t(`status.${status}`), n: counts[status] })}
        onClick=${() => adjust({ status: chosen === status ? '' : status })}><${Glyph} status=${status} />${t(`status.${status}`)}<b>${counts[status]}</b></button>`)}</div>
  </section>`;
}

function FleetCpu({ cpu }) {
  const { t } = useWords();
  const day = useMemo(() => cpu && atLeastAnHour(cpu), [cpu]);
  return html`<section class="panel wide" aria-label=${t('hero.cpu')}>
    ${day?.median.some((value) => value != null)
      ? html`<${Trend} t=${day.t} low=${day.median} high=${day.p95} label=${t('hero.cpu')} lowName=${t('hero.median')} highName=${t('hero.p95')} />`
      : html`<div class="panel-head"><h2>${t('hero.cpu')}</h2></div><p class="calm">${t('hero.noHistory')}</p>`}
  </section>`;
}

/** A young fleet's first minutes are not stretched over the whole axis. */
function atLeastAnHour({ t, median, p95 }) {
  const missing = t.length ? Math.max(0, 13 - t.length) : 0;
  const blank = new Array(missing).fill(null);
  return { t: [...blank.map((_, index) => t[0] - 300 * (missing - index)), ...t], median: [...blank, ...median], p95: [...blank, ...p95] };
}

function Attention({ servers, now }) {
  const words = useWords();
  const troubled = sortFleet(servers.filter((server) => server.status !== 'ok'));
  const more = troubled.length - ATTENTION;
  return html`<section class="panel" aria-labelledby="hero-attention">
    <div class="panel-head"><h2 id="hero-attention">${words.t('hero.attention')}</h2><span class="sp" />
      ${more > 0 && html`<a class="btn small" href=${address('servers', { query: { status: TROUBLED } })}>${words.t('hero.more', { n: more })}</a>`}</div>
    ${troubled.length
      ? html`<ul class="attention">${troubled.slice(0, ATTENTION).map((server) => html`<li key=${server.id}><${Concern} server=${server} now=${now} /></li>`)}</ul>`
      : html`<p class="calm"><${Glyph} status="ok" />${words.t('hero.calm')}</p>`}
  </section>`;
}

function Concern({ server, now }) {
  const words = useWords();
  const since = server.reason?.since_epoch ?? server.since_epoch;
  return html`<a href=${address('server', { id: server.id })}>
    <${Glyph} status=${server.status} /><strong class="cut">${server.id}<span class="sr"> ${words.t(`status.${server.status}`)}</span></strong>
    <span class="span">${since ? words.span(now - since) : ''}</span>
    <small>${reasonWords({ ...server, reason: server.reason && { ...server.reason, since_epoch: null } }, words, now)}</small>
  </a>`;
}

/** The same room, before anything is known. */
export const HeroBones = () => html`<div class="hero" aria-hidden="true">${[1, 2, 3].map((key) => html`<div key=${key} class="panel ${key === 2 ? 'wide' : ''}"><div class="bone" style=${{ height: '18px', width: '40%', marginBottom: '18px' }} /><div class="bone" style=${{ flex: 1, minHeight: '150px' }} /></div>`)}</div>`;

/** `heading`: "h1" where it is all there is on the page. */
export const Nothing = ({ icon, title, hint, heading = 'h2', children }) => html`<section class="panel empty"><${Icon} name=${icon} /><${heading}>${title}<//><p class="sub">${hint}</p>${children}</section>`;

/** Nothing to show, because the hub did not answer as it should. */
export function Trouble({ error }) {
  const words = useWords();
  return html`<${Nothing} icon="alert" heading="h1" title=${troubleWords(error, words)} hint=${words.t('app.again')}><button type="button" class="btn" onClick=${pollNow}>${words.t('action.retry')}</button><//>`;
}
