/** What is drawn beside an answer: lines over a time, bars of a ranking, a sign for each server. */

import { html, useMemo, useState } from '../../vendor/preact-htm.js';
import { useLive, useWords } from '../components/hooks.js';
import { Late } from '../components/late.js';
import { Glyph } from '../components/marks.js';
import { address, FLEET, fleetEvery } from '../router.js';

const MOST_BARS = 10;

export function Drawn({ reply }) {
  const { chart } = reply;
  if (!chart || !chart.series.length) return null;
  if (chart.type === 'line') return html`<${Late} name="lines" chart=${chart} />`;
  if (chart.type === 'bar') return html`<${Bars} reply=${reply} />`;
  return html`<${Signs} names=${chart.series.map(({ server }) => server)} />`;
}

/** From the answer's own facts, so that text and picture cannot differ. */
function Bars({ reply: { chart, facts } }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const rows = useMemo(() => chart.series.map(({ server, metric }) => facts.find((one) => one.server === server && one.metric === metric && typeof one.value === 'number')).filter(Boolean), [facts]);
  if (rows.length < 2) return null;
  const isShare = rows[0].unit === '%';
  const units = new Set(rows.map(({ unit }) => unit));
  if (units.size > 1) return null; // 900 kB/s and 1.2 MB/s: the table says it better
  const top = isShare ? 100 : Math.max(...rows.map(({ value }) => value), 1e-9);
  const shown = isOpen ? rows : rows.slice(0, MOST_BARS);
  return html`<ul class="bars">${shown.map((one) => html`<li key=${one.server}><a class="cut" href=${address('server', { id: one.server })}><bdi>${one.server}</bdi></a>
      <span class="bar" aria-hidden="true"><i class=${chart.threshold != null && one.value >= chart.threshold ? 'over' : ''} style=${{ width: `${Math.max(0, Math.min(100, (one.value / top) * 100))}%` }} /></span><b>${one.value}${one.unit && one.unit !== '%' ? ` ${one.unit}` : one.unit}</b></li>`)}</ul>
    ${rows.length > shown.length && html`<button type="button" class="btn small" onClick=${() => setOpen(true)}>${words.t('ask.all', { n: rows.length })}</button>`}`;
}

function Signs({ names }) {
  const { t } = useWords();
  const { data } = useLive(FLEET, fleetEvery);
  const meant = new Set(names);
  const servers = (data?.servers ?? []).filter(({ id }) => meant.has(id));
  if (servers.length < 2) return null;
  return html`<div class="signs">${servers.map(({ id, status }) => html`<a key=${id} href=${address('server', { id })} title=${`${id} · ${t(`status.${status}`)}`} aria-label=${`${id}, ${t(`status.${status}`)}`}><${Glyph} status=${status} /></a>`)}</div>`;
}
