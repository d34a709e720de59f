/** Errors of all servers, those together that say the same: how many, since when, how fast; closer, hour by hour. */

import { html, useState } from '../../vendor/preact-htm.js';
import { Problem } from '../components/form.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { useSettled } from '../components/settled.js';
import { barsOf, HOURS, spanOf } from '../errors.js';
import { address, adjust, FLEET, fleetEvery } from '../router.js';
import { troubleWords } from '../trouble.js';

const ERRORS = '/api/errors';
const LEVELS = ['critical', 'error', 'warning', 'info'];
const TONES = { critical: 'critical', error: 'critical', warning: 'warning' };
const MOST = 100;
const every = () => 15;

/** `query` is {of, q, level, server, hours}: all of it in the address, so that it can be shared. */
export function Errors({ query }) {
  const hours = HOURS.includes(Number(query.hours)) ? Number(query.hours) : 24;
  return query.of ? html`<${One} key=${query.of} query=${query} hours=${hours} />` : html`<${All} query=${query} hours=${hours} />`;
}

const Span = ({ hours }) => {
  const { t } = useWords();
  return html`<${Segmented} label=${t('error.time')} value=${hours} choices=${HOURS.map((one) => [one, t(`errorspan.${one}`)])} onChange=${(one) => adjust({ hours: one === 24 ? '' : one })} />`;
};

const Level = ({ level }) => {
  const words = useWords();
  return html`<span class="tag ${TONES[level] ?? ''}">${words.has(`level.${level}`) ? words.t(`level.${level}`) : level}</span>`;
};

function All({ query, hours }) {
  const words = useWords();
  const { t } = words;
  const [typed, setTyped] = useState(query.q ?? '');
  const q = useSettled(typed.trim());
  const now = useNow(15);
  const { level = '', server = '' } = query;
  const [begun] = useState(now); // an address that moved on every second would be another question each time
  const { data, error } = useLive(`${ERRORS}?${new URLSearchParams({ ...spanOf(hours, begun), ...(level && { level }), ...(server && { server }), ...(q && { q }), limit: MOST })}`, every);
  const { data: fleet } = useLive(FLEET, fleetEvery);
  const groups = data?.groups;
  const names = (fleet?.servers ?? []).map(({ id }) => id);
  const most = Math.max(1, ...(groups ?? []).flatMap((one) => barsOf(one.hours, hours, now).map(({ count }) => count)));
  const choose = (name) => (event) => adjust({ [name]: event.target.value });
  return html`<div class="head-line"><h1>${t('error.title')}</h1><span class="sp" /><${Span} hours=${hours} /></div>
    <section class="panel setting" aria-label=${t('error.title')}>
      <form class="narrow" onSubmit=${(event) => event.preventDefault()}><input class="input" name="error" type="search" autocomplete="off" aria-label=${t('server.errorSearch')} placeholder=${t('server.errorSearch')} value=${typed} onInput=${(event) => setTyped(event.target.value)} />
        <select class="input" name="level" aria-label=${t('error.level')} onChange=${choose('level')}><option value="" selected=${!level}>${t('error.anyLevel')}</option>${LEVELS.map((name) => html`<option key=${name} value=${name} selected=${name === level}>${t(`level.${name}`)}</option>`)}</select>
        <select class="input" name="server" aria-label=${t('check.server')} onChange=${choose('server')}><option value="" selected=${!server}>${t('error.anyServer')}</option>${[...new Set([...names, server].filter(Boolean))].map((name) => html`<option key=${name} value=${name} selected=${name === server}>${name}</option>`)}</select></form>
      ${groups ? groups.length ? html`<ul class="groups">${groups.map((group) => html`<${Group} key=${group.fingerprint} group=${group} most=${most} now=${now} query=${query} hours=${hours} />`)}</ul>${groups.length === MOST && html`<p class="faint">${t('error.cut', { n: MOST })}</p>`}`
        : html`<p class="quiet">${t(q || level || server ? 'server.noErrorsMatch' : 'server.noErrors')}</p>`
        : error ? html`<${Problem} text=${troubleWords(error, words)} />` : html`<div class="bone tall" />`}</section>`;
}

function Group({ group, most, now, query, hours }) {
  const words = useWords();
  const { t } = words;
  const place = address('alerts', { id: 'errors', query: { ...query, of: group.fingerprint } });
  return html`<li><${Level} level=${group.level} /><div><a class="mono" href=${place}><bdi>${group.pattern}</bdi></a>
      <span class="sub"><bdi>${group.source}</bdi> · ${servers(group, t)} · ${t('error.last', { ago: words.ago(Math.max(0, now - group.last_epoch)) })} · ${t('error.first', { at: words.moment(group.first_epoch, now) })}</span></div>
    <div class="many"><b>${t('error.times', { n: group.count })}</b><${Course} group=${group} most=${most} hours=${hours} now=${now} /><small>${pace(group, t)}</small></div></li>`;
}

/** How often it came in the course of the time; all are drawn on the scale of the busiest. */
function Course({ group, most, hours, now }) {
  const bars = barsOf(group.hours, hours, now);
  return html`<span class="course" aria-hidden="true">${bars.map(({ at, count }) => html`<i key=${at} class=${count ? '' : 'none'} style=${{ height: `${count ? Math.max(12, Math.sqrt(count / most) * 100) : 4}%` }} />`)}</span>`;
}

const servers = ({ servers: list }, t) => (list.length === 1 ? html`<bdi>${list[0].server}</bdi>` : t('error.servers', { n: list.length }));
const pace = ({ per_hour: rate }, t) => (rate ? t('error.pace', { n: rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10 }) : t('error.still'));

function One({ query, hours }) {
  const words = useWords();
  const { t } = words;
  const now = useNow(15);
  const [begun] = useState(now);
  const { data, error } = useLive(`${ERRORS}/${encodeURIComponent(query.of)}?${new URLSearchParams({ ...spanOf(hours, begun), limit: 50 })}`, every);
  const back = html`<p><a class="go" href=${address('alerts', { id: 'errors', query: { ...query, of: '' } })}>${t('error.all')}</a></p>`;
  const head = html`${back}<div class="head-line"><h1>${t('error.one')}</h1><span class="sp" /><${Span} hours=${hours} /></div>`;
  if (!data) return error ? html`${head}<${Problem} text=${error.status === 404 ? t('error.gone') : troubleWords(error, words)} />` : html`${head}<div class="bone tall" />`;
  const { group, errors } = data;
  return html`${head}
    <section class="panel setting" aria-labelledby="pattern"><h2 id="pattern" class="mono pattern"><${Level} level=${group.level} /><bdi>${group.pattern}</bdi></h2>
      <dl class="facts-grid">${[
        ['source', html`<bdi>${group.source}</bdi>`],
        ['count', t('error.times', { n: group.count })],
        ['ever', t('error.times', { n: group.count_ever })],
        ['rate', pace(group, t)],
        ['began', words.moment(group.first_epoch, now)],
        ['newest', words.moment(group.last_epoch, now)],
      ].map(([name, value]) => html`<div key=${name}><dt>${t(`errorfact.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>
      <${Hours} hours=${data.hours} wanted=${hours} now=${now} /></section>
    <div class="settings later">
      <section class="panel setting" aria-labelledby="where"><h2 id="where">${t('error.where')}</h2><ul class="tally">${group.servers.map((one) => html`<li key=${one.server}><a class="go" href=${address('server', { id: one.server })}><bdi>${one.server}</bdi></a><span class="sub">${words.moment(one.last_epoch, now)}</span><b>${one.count}</b></li>`)}</ul></section>
      <section class="panel setting" aria-labelledby="newest"><h2 id="newest">${t('error.newest')}</h2><ol class="log pings" tabindex="0" aria-labelledby="newest">${errors.map((one) => html`<li key=${`${one.server} ${one.id}`}><time datetime=${one.at} title=${one.at}>${words.moment(one.at_epoch, now)}</time><div><b><bdi>${one.server}</bdi></b><span class="mono"><bdi>${one.message}</bdi></span></div></li>`)}</ol></section></div>`;
}

/** One bar for each hour, or for some hours where there are too many. */
function Hours({ hours, wanted, now }) {
  const words = useWords();
  const bars = barsOf(hours, wanted, now);
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const told = words.t('error.bars', { span: words.t(`errorspan.${wanted}`), most, each: words.span(bars[0].seconds) });
  return html`<figure class="runs wide"><div role="img" aria-label=${told}>${bars.map(({ at, count }) => html`<i key=${at} class=${count ? '' : 'none'} title=${`${words.moment(at, now)} · ${count}`} style=${{ height: `${count ? Math.max(6, (count / most) * 100) : 2}%` }} />`)}</div><figcaption class="faint">${told}</figcaption></figure>`;
}
