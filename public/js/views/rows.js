/** One server among many: as a card and as a row of the table. */

import { html } from '../../vendor/preact-htm.js';
import { useWords } from '../components/hooks.js';
import { Age, Bar, Glyph, Meter, Spark, StatusTag } from '../components/marks.js';
import { COLUMNS, traffic } from '../fleet.js';
import { address, adjust } from '../router.js';
import { levelOf, reasonWords } from '../status.js';

export const CARD_HEIGHT = 152;
export const ROW_HEIGHT = 48;
const MEASURES = ['cpu', 'memory', 'disk'];

const isOld = (server) => server.status === 'stale' || server.status === 'offline';
const measured = (server, name) => ({ value: server.metrics?.[name], color: name, level: levelOf(server, name), dim: isOld(server) });

/** Signs without a memory of their own are called, not mounted: an update of a full screen draws hundreds. */
export function Card({ server, now }) {
  const words = useWords();
  const { id, status } = server;
  const about = status === 'ok' ? [server.group, server.os].filter(Boolean).join(' · ') : reasonWords(server, words, now);
  return html`<a class="card is-${status}" href=${address('server', { id })} data-row>
    <div class="card-head">${Glyph({ status })}<b class="cut">${id}</b>
      ${status === 'ok' ? html`<span class="sr">${words.t('status.ok')}</span>` : html`<${StatusTag} status=${status} />`}<${Age} at=${server.last_seen_epoch} /></div>
    <p class="meta cut ${status === 'ok' ? '' : status}" title=${about}>${about || ' '}</p>
    ${Spark({ values: server.spark?.cpu ?? [], status })}
    <div class="meters">${MEASURES.map((name) => Meter({ words, label: words.t(`column.${name}`), ...measured(server, name) }))}</div>
  </a>`;
}

const EXTRA = new Set(['load1', 'net', 'trend']);
const WIDE_ONLY = new Set(['status', 'seen']);
const NUMBERS = new Set(['cpu', 'memory', 'disk', 'load1', 'net', 'seen']);
const SHOWN = [...COLUMNS.slice(0, -1), 'trend', 'seen'];

const classOf = (column) => [EXTRA.has(column) && 'extra', (WIDE_ONLY.has(column) || EXTRA.has(column)) && 'wide-only', NUMBERS.has(column) && 'number'].filter(Boolean).join(' ');

/** The table's head: a press sorts by a column, the next turns it round, a third goes back to severity. */
export function Head({ sort }) {
  const { t } = useWords();
  const column = sort.replace('-', '');
  return html`<div class="head" role="row">${SHOWN.map((name) => {
    const isSorted = name === column;
    const direction = isSorted ? (sort.startsWith('-') ? 'descending' : 'ascending') : null;
    const label = t(`column.${name}`);
    return html`<div key=${name} role="columnheader" class=${classOf(name)} aria-sort=${direction}>${name === 'trend'
      ? html`<button type="button" disabled>${label}</button>`
      : html`<button type="button" onClick=${() => adjust({ sort: nextSort(sort, name) })}>${label}${isSorted && html`<span aria-hidden="true">${direction === 'descending' ? '↓' : '↑'}</span>`}</button>`}</div>`;
  })}</div>`;
}

/** Numbers start with the largest, words with the first. */
export function nextSort(sort, column) {
  const [first, second] = column === 'name' || column === 'status' ? [column, `-${column}`] : [`-${column}`, column];
  if (sort === first) return second;
  return sort === second ? '' : first;
}

export function Row({ server, now, index }) {
  const words = useWords();
  const { id, status, metrics } = server;
  const cells = {
    name: html`<span class="who">${Glyph({ status })}<a class="cut" href=${address('server', { id })} data-row>${id}</a>${server.group && html`<span class="faint cut">${server.group}</span>`}</span>`,
    status: html`<span class="state"><span class=${status}>${words.t(`status.${status}`)}</span>${status !== 'ok' && html`<small class="cut" title=${reasonWords(server, words, now)}>${reasonWords(server, words, now)}</small>`}</span>`,
    load1: metrics?.load1 == null ? '–' : metrics.load1.toFixed(2),
    net: words.rate(traffic(metrics)),
    trend: Spark({ values: server.spark?.cpu ?? [], status }),
    seen: html`<${Age} at=${server.last_seen_epoch} />`,
  };
  return html`<div class="row is-${status}" role="row" aria-rowindex=${index + 2}>${SHOWN.map((name) => html`<div key=${name} role="cell" class="${classOf(name)}">${cells[name] ?? html`<div class="cell-meter">${words.percent(metrics?.[name])}${Bar(measured(server, name))}</div>`}</div>`)}</div>`;
}
