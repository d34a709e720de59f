/** One server: what it is, how it is and why, its charts over a range, and what happened meanwhile. */

import { html, useMemo, useState } from '../../vendor/preact-htm.js';
import { Dialog } from '../components/dialog.js';
import { useHeld } from '../components/held.js';
import { useLive, useNow, useStore, useWords } from '../components/hooks.js';
import { Age, Glyph, Icon, Segmented, StatusTag } from '../components/marks.js';
import { fieldTime } from '../quantities.js';
import { adjust, FLEET, fleetEvery, serverPath } from '../router.js';
import { offeredRanges, RANGES, renewEvery, stretchOf } from '../series.js';
import { judged, reasonWords } from '../status.js';
import { answers, store } from '../store.js';
import { Mounts, Processes } from './asides.js';
import { Behind } from './behind.js';
import { Errors, Timeline } from './happenings.js';
import { Nothing, Trouble } from './hero.js';
import { Charts } from './measurements.js';
import { Performance } from './performance.js';
import { Sensitivity } from './sensitivity.js';
import { Sources, Twins } from './sources.js';
import { useUnlike } from './unlike.js';

const every = () => fleetEvery(answers.get(FLEET)?.data);
const MINUTE = 60;

export function View({ id, query }) {
  const { data, error } = useLive(serverPath(id), every);
  const confirmedAt = useStore((state) => state.link.confirmedAt);
  const now = useNow(10);
  const server = useMemo(() => data && judged([data], now, confirmedAt)[0], [data, now, confirmedAt]);
  if (error?.status === 404) return html`<${NotFound} id=${id} />`;
  if (!server) return error ? html`<${Trouble} error=${error} />` : html`<${Bones} id=${id} />`;
  return html`<${Server} server=${server} query=${query} now=${now} />`;
}

function Server({ server, query, now }) {
  const wished = stretchOf(query, now);
  const tick = useNow(renewEvery(wished.to - wished.from));
  const stretch = useMemo(() => whole(stretchOf(query, tick)), [query.range, query.from, query.to, tick]);
  // What happened changes seldom: it is asked for once a minute, not with every new point.
  const slow = useNow(MINUTE);
  const calm = useMemo(() => whole(stretchOf(query, slow + MINUTE)), [query.range, query.from, query.to, slow]);
  const span = `from=${calm.from}&to=${calm.to}`;
  const events = useLive(serverPath(server.id, `/events?${span}&limit=200`), seldom);
  const happened = useHeld(events.data, server.id);
  const unlike = useUnlike(server.id, span);

  return html`<${Header} server=${server} now=${now} query=${query} />
    <div class="server later">
      ${(server.status !== 'ok' || server.twins) && html`<div class="whys"><${Twins} server=${server} now=${now} />${server.status !== 'ok' && html`<${Why} server=${server} now=${now} />`}</div>`}
      <${Charts} server=${server} stretch=${stretch} events=${happened?.events} unlike=${unlike} />
      <aside class="aside">
        <${Timeline} server=${server} events=${happened?.events} now=${now} />
        <${Performance} id=${server.id} />
        <${Mounts} server=${server} now=${now} isOld=${server.status === 'stale' || server.status === 'offline'} />
        <${Processes} id=${server.id} at=${stretch.isLive ? null : stretch.to} />
        <${Sources} server=${server} now=${now} />
      </aside>
      <${Errors} id=${server.id} span=${span} now=${now} />
    </div>`;
}

const seldom = () => 3600;
const whole = ({ from, to, isLive }) => ({ from: Math.floor(from), to: Math.ceil(to), isLive });

function Header({ server, now, query }) {
  const { t } = useWords();
  return html`<header class="server-head">
    <div class="who">
      <h1><a class="btn square" href=${store.get().lastFleet} aria-label=${t('action.back')}><${Icon} name="back" /></a><span class="cut" title=${server.id}>${server.id}</span><${StatusTag} status=${server.status} /></h1>
      <${Facts} server=${server} now=${now} />
    </div>
    <${Range} server=${server} now=${now} query=${query} />
  </header>`;
}

function Facts({ server, now }) {
  const words = useWords();
  const { t } = words;
  const facts = server.facts ?? {};
  const up = facts.boot_at ? now - facts.boot_at : server.latest?.uptime;
  const shown = [
    facts.os && html`<b>${facts.os}</b>`,
    facts.kernel && t('server.kernel', { text: facts.kernel }),
    [facts.cores && t('server.cores', { n: facts.cores }), facts.memory_bytes && words.bytes(facts.memory_bytes)].filter(Boolean).join(' · '),
    up > 0 && server.status !== 'offline' && t('server.up', { span: words.span(up) }),
    html`${t('server.lastSeen')} <b><${Age} at=${server.last_seen_epoch} /></b>`,
    facts.timezone && t('server.zone', { text: facts.timezone }),
    server.agent_version && t('server.agent', { text: server.agent_version.replace('openmanager-agent/', '') }),
    server.history_from_epoch > 0 && t('server.since', { at: words.day(server.history_from_epoch) }),
  ];
  const tags = [server.group, ...Object.entries(server.tags ?? {}).map(([key, value]) => `${key}=${value}`)].filter(Boolean);
  return html`<ul class="facts">${shown.filter(Boolean).map((fact, index) => html`<li key=${index}>${fact}</li>`)}<li><${Behind} server=${server} /></li><li><${Sensitivity} server=${server} /></li>${tags.map((tag) => html`<li key=${tag} class="tag">${tag}</li>`)}</ul>`;
}

function Range({ server, now, query }) {
  const words = useWords();
  const { t } = words;
  const [isChoosing, setChoosing] = useState(false);
  const stretch = stretchOf(query, now);
  const offered = offeredRanges(now - (server.history_from_epoch || now));
  const chosen = RANGES[query.range] ? query.range : '1h';
  return html`<div class="range">
    ${!stretch.isLive && html`<span class="sub">${t('server.zoomed', { from: words.moment(stretch.from, now), to: words.moment(stretch.to, now) })}</span>
      <button type="button" class="btn" onClick=${unzoom}>${t('server.unzoom')}</button>`}
    <${Segmented} label=${t('server.range')} value=${stretch.isLive ? chosen : ''} choices=${Object.keys(RANGES).map((name) => [name, name, !offered.includes(name)])}
      onChange=${(name) => adjust({ range: name === '1h' ? '' : name, from: '', to: '' })} />
    <button type="button" class="btn" onClick=${() => setChoosing(true)}>${t('server.custom')}</button>
    ${isChoosing && html`<${RangeDialog} stretch=${stretch} onClose=${() => setChoosing(false)} />`}
  </div>`;
}

const unzoom = () => adjust({ from: '', to: '' });

function RangeDialog({ stretch, onClose }) {
  const { t } = useWords();
  const [isBackwards, setBackwards] = useState(false);
  const submit = (event) => {
    event.preventDefault();
    const [from, to] = ['from', 'to'].map((name) => Math.floor(new Date(event.target.elements[name].value) / 1000));
    if (!(to > from)) return setBackwards(true);
    adjust({ range: '', from, to });
    return onClose();
  };
  return html`<${Dialog} title=${t('server.customTitle')} onClose=${onClose}><form class="range-form" onSubmit=${submit}>
    ${['from', 'to'].map((name) => html`<label key=${name} class="field">${t(`server.${name}`)}<input class="input" type="datetime-local" name=${name} required defaultValue=${fieldTime(stretch[name])} /></label>`)}
    ${isBackwards && html`<p class="note bad" role="alert">${t('server.backwards')}</p>`}
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.cancel')}</button><button class="btn main">${t('server.apply')}</button></footer>
  </form><//>`;
}

function Why({ server, now }) {
  const words = useWords();
  return html`<section class="panel why is-${server.status}" aria-label=${words.t(`status.${server.status}`)}><${Glyph} status=${server.status} />
    <div><h2>${words.t(`status.${server.status}`)}</h2><p>${reasonWords(server, words, now)}</p></div></section>`;
}

function NotFound({ id }) {
  const { t } = useWords();
  return html`<${Nothing} icon="servers" heading="h1" title=${t('server.notFound', { id })} hint=${t('server.notFoundHint')}><a class="btn" href=${store.get().lastFleet}>${t('action.back')}</a><//>`;
}

const Bones = ({ id }) => html`<header class="server-head"><h1>${id}</h1></header><div class="server" aria-hidden="true"><div class="charts">${[1, 2, 3, 4].map((key) => html`<div key=${key} class="panel chart"><div class="bone" style=${{ height: '200px' }} /></div>`)}</div></div>`;
