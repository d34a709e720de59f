/** The fleet's median and 95th percentile over the day: small enough to do without the chart library. */

import { html, useMemo, useState } from '../../vendor/preact-htm.js';
import { useWords } from './hooks.js';

const HOUR = 3600;
const HOUR_POINTS = 12; // one every five minutes
const WIDTH = 1000;

/** `t` in epoch seconds; `low` and `high` in percent, null where nothing was measured. `label` names the table for those who cannot see. */
export function Trend({ t, low, high, label, lowName, highName }) {
  const words = useWords();
  const [at, setAt] = useState(null);
  const shape = useMemo(() => shapeOf(t, low, high), [t, low, high]);
  const shown = at ?? shape.last;

  const point = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    setAt(Math.round(share * (t.length - 1)));
  };

  return html`<div class="panel-head"><h2>${label}</h2><span class="tag">${at == null ? words.t('hero.last', { n: Math.max(1, Math.round((t.at(-1) - t[0]) / HOUR)) }) : words.clock(t[at])}</span>
      <div class="line-keys"><span><i />${lowName} <b>${words.percent(low[shown])}</b></span><span><i class="area" />${highName} <b>${words.percent(high[shown])}</b></span></div></div>
    <div class="trend" aria-hidden="true" onPointerMove=${point} onPointerLeave=${() => setAt(null)}>
      <svg viewBox="0 0 ${WIDTH} 100" preserveAspectRatio="none"><path class="grid" d="M0 0H${WIDTH}M0 50H${WIDTH}M0 100H${WIDTH}" /><path class="band" d=${shape.band} /><path class="line top-line" d=${shape.top} /><path class="line" d=${shape.line} /></svg>
      ${[0, 50, 100].map((value) => html`<span class="y" style=${{ top: `${100 - value}%` }}>${value}%</span>`)}
      ${hourMarks(t).map((mark) => html`<span class="x" style=${{ left: `${mark.share * 100}%` }}>${words.clock(mark.at)}</span>`)}
      ${at != null && html`<i class="hair" style=${{ left: `${(at / (t.length - 1)) * 100}%` }} />`}
    </div>
    <${HiddenTable} t=${t} low=${low} high=${high} label=${label} names=${[lowName, highName]} />`;
}

/** SVG paths of both lines and the band between them; a gap in the data is a gap in each. */
export function shapeOf(t, low, high) {
  const x = (index) => ((index / (t.length - 1)) * WIDTH).toFixed(1);
  const y = (value) => (100 - Math.max(0, Math.min(100, value))).toFixed(1);
  const shape = { line: '', top: '', band: '', last: 0 };
  let start = null;
  for (let index = 0; index <= t.length; index += 1) {
    const isKnown = index < t.length && low[index] != null && high[index] != null;
    if (isKnown) {
      const pen = start == null ? 'M' : 'L';
      // A value between two gaps is a dot.
      const dot = start == null ? 'h.1' : '';
      shape.line += `${pen}${x(index)} ${y(low[index])}${dot}`;
      shape.top += `${pen}${x(index)} ${y(high[index])}${dot}`;
      shape.last = index;
      start ??= index;
    } else if (start != null) {
      for (let there = start; there < index; there += 1) shape.band += `${there === start ? 'M' : 'L'}${x(there)} ${y(high[there])}`;
      for (let back = index - 1; back >= start; back -= 1) shape.band += `L${x(back)} ${y(low[back])}`;
      shape.band += 'Z';
      start = null;
    }
  }
  return shape;
}

/** Whole hours of the reader's clock to write under the chart, at most six. */
export function hourMarks(t) {
  const [from, to] = [t[0], t.at(-1)];
  const every = [1, 2, 3, 4, 6, 12].find((hours) => (to - from) / (hours * HOUR) <= 6) ?? 24;
  const first = new Date(from * 1000);
  first.setMinutes(0, 0, 0);
  const marks = [];
  for (let at = first / 1000; at <= to; at += HOUR) {
    const share = (at - from) / (to - from);
    if (at >= from && share > 0.02 && share < 0.98 && new Date(at * 1000).getHours() % every === 0) marks.push({ at, share });
  }
  return marks;
}

function HiddenTable({ t, low, high, label, names }) {
  const words = useWords();
  const rows = t.map((_, index) => index).filter((index) => (t.length - 1 - index) % HOUR_POINTS === 0 && low[index] != null);
  return html`<div class="sr"><table><caption>${label}</caption><thead><tr><td />${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows.map((index) => html`<tr key=${t[index]}><th scope="row">${words.clock(t[index])}</th><td>${words.percent(low[index])}</td><td>${words.percent(high[index])}</td></tr>`)}</tbody></table></div>`;
}
