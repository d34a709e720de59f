/** What happened in the range: the timeline of markers, and the errors that were reported. */

import { html, useState } from '../../vendor/preact-htm.js';
import { useHeld } from '../components/held.js';
import { useLive, useWords } from '../components/hooks.js';
import { useSettled } from '../components/settled.js';
import { serverPath } from '../router.js';

const EVENT_TONES = { deploy: 'accent', reboot: 'warning', config: 'ok' };
const LEVELS = ['critical', 'error', 'warning', 'info'];
const LEVEL_STATUS = { critical: 'critical', error: 'critical', warning: 'warning' };
const MOST = 100;

/** Markers newest first, with the moment the present status began among them. */
export function Timeline({ server, events, now }) {
  const words = useWords();
  const { t } = words;
  const items = (events ?? []).map(({ id, at_epoch: at, kind, title }) => ({
    id, at, tone: EVENT_TONES[kind] ?? 'offline', title, kind: words.has(`event.${kind}`) ? t(`event.${kind}`) : kind,
  }));
  if (server.since_epoch && server.status !== 'ok') {
    items.push({ id: 'status', at: server.since_epoch, tone: server.status, title: t(`status.${server.status}`), kind: words.said(server.reason?.text) });
    items.sort((first, second) => second.at - first.at);
  }
  return html`<section class="panel side-panel" aria-labelledby="timeline"><div class="panel-head"><h2 id="timeline">${t('server.events')}</h2></div>
    ${!events ? html`<div class="bone" style=${{ height: '90px' }} />` : items.length === 0 ? html`<p class="quiet">${t('server.noEvents')}</p>` : html`<ol class="timeline">${items.slice(0, 40).map(({ id, at, tone, title, kind }) => html`
      <li key=${id} class="tone-${tone}"><span>${title}</span><small>${[kind, words.moment(at, now)].filter(Boolean).join(' · ')}</small></li>`)}</ol>`}</section>`;
}

export function Errors({ id, span, now }) {
  const words = useWords();
  const { t } = words;
  const [level, setLevel] = useState('');
  const [typed, setTyped] = useState('');
  const asked = useSettled(typed.trim());
  const filter = new URLSearchParams(Object.entries({ level, q: asked }).filter(([, value]) => value));
  const { data } = useLive(serverPath(id, `/errors?${span}&limit=${MOST}&${filter}`), () => 3600);
  const answer = useHeld(data, id);
  const errors = answer?.errors ?? [];
  const isFiltered = level || asked;
  return html`<section class="panel errors" aria-labelledby="errors"><div class="panel-head"><h2 id="errors">${t('server.errors')} ${answer && html`<span class="sub">${errors.length}${errors.length === MOST ? '+' : ''}</span>`}</h2><span class="sp" />
      <select name="level" aria-label=${t('server.errors')} value=${level} onChange=${(event) => setLevel(event.target.value)}><option value="">${t('level.all')}</option>${LEVELS.map((name) => html`<option key=${name} value=${name}>${t(`level.${name}`)}</option>`)}</select>
      <input class="input" name="message" type="search" aria-label=${t('server.errorSearch')} placeholder=${t('server.errorSearch')} value=${typed} onInput=${(event) => setTyped(event.target.value)} /></div>
    ${!answer ? html`<div class="bone" style=${{ height: '60px' }} />` : errors.length === 0 ? html`<p class="quiet">${t(isFiltered ? 'server.noErrorsMatch' : 'server.noErrors')}</p>` : html`<ul class="error-list">${errors.map((error) => html`
      <li key=${error.id}><time dateTime=${new Date(error.at_epoch * 1000).toISOString()}>${words.moment(error.at_epoch, now)}</time><span class="tag ${LEVEL_STATUS[error.level] ?? ''}">${words.has(`level.${error.level}`) ? t(`level.${error.level}`) : error.level}</span><b class="cut" title=${error.source}>${error.source}</b><p class="mono">${error.message}</p></li>`)}</ul>`}</section>`;
}
