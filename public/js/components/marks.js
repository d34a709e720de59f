/** The small signs that every view shares. */

import { html } from '../../vendor/preact-htm.js';
import { useNow, useWords } from './hooks.js';

const SPARK_POINTS = 36; // three hours, however young the server is

const ICONS = {
  overview: 'M4 5h7v7H4zM13 5h7v4h-7zM13 11h7v8h-7zM4 14h7v5H4z',
  servers: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
  settings: 'M5 7h8M17 7h2M5 17h2M11 17h8M15 5v4M9 15v4',
  search: 'M11 5a6 6 0 100 12 6 6 0 000-12M16 16l4 4',
  light: 'M12 8a4 4 0 100 8 4 4 0 000-8M12 3v2M12 19v2M3 12h2M19 12h2M6 6l1 1M17 17l1 1M18 6l-1 1M7 17l-1 1',
  dark: 'M19 14.5A7.5 7.5 0 019.5 5 7.5 7.5 0 1019 14.5',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 6l-6 6 6 6',
  plus: 'M12 5v14M5 12h14',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  done: 'M5 12l5 5 9-10',
  assistant: 'M4 5h16v11H9l-5 4z',
  alerts: 'M12 4l9 16H3zM12 10v4M12 17h.01',
};

export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;

// Status is never colour alone: circle, triangle, diamond, hatched ring, broken ring.
const SHAPES = {
  ok: html`<circle cx="5" cy="5" r="4" fill="currentColor" />`,
  warning: html`<path d="M5 .6 9.8 9.4H.2z" fill="currentColor" />`,
  critical: html`<path d="M5 0 10 5 5 10 0 5z" fill="currentColor" />`,
  stale: html`<path d="M.5 5 5 .5M2 8l6-6M5 9.5 9.5 5" stroke="currentColor" stroke-width="1.3" /><circle cx="5" cy="5" r="4.2" class="ring" />`,
  offline: html`<circle cx="5" cy="5" r="3.6" class="ring broken" />`,
};

export const Glyph = ({ status }) => html`<svg class="glyph ${status}" viewBox="0 0 10 10" aria-hidden="true">${SHAPES[status]}</svg>`;

export function StatusTag({ status }) {
  const { t } = useWords();
  return html`<span class="tag ${status}">${t(`status.${status}`)}</span>`;
}

/** A number over a thin bar. `dim` for a value that is known to be old, `level` for one that is found too high. */
export function Meter({ words, label, value, color, level, dim }) {
  return html`<div class="meter ${dim ? 'dim' : ''}">
    <span class="name">${label}</span><b>${words.percent(value)}</b>
    ${Bar({ value, color, level, dim })}
  </div>`;
}

export function Bar({ value, color, level, dim }) {
  const shown = dim ? 'offline' : level ? `${level}-mark` : color;
  return html`<span class="bar" aria-hidden="true"><i style=${{ width: `${Math.min(100, value ?? 0)}%`, background: `var(--${shown})` }} /></span>`;
}

/** CPU on a fixed 0-100 scale, so that cards compare. Missing ends are dotted. */
export function Spark({ values: known, status }) {
  const values = [...new Array(Math.max(0, SPARK_POINTS - known.length)).fill(null), ...known];
  const last = values.findLastIndex((value) => value != null);
  const step = 240 / Math.max(1, values.length - 1);
  const y = (value) => (36 - (value / 100) * 34).toFixed(1);
  let line = '';
  let area = '';
  let start = null;
  values.forEach((value, index) => {
    const x = (index * step).toFixed(1);
    if (value != null) {
      line += `${start == null ? 'M' : 'L'}${x} ${y(value)}`;
      start ??= x;
    }
    const isEnd = value == null || index === last;
    if (isEnd && start != null && index <= last) {
      const end = value == null ? ((index - 1) * step).toFixed(1) : x;
      area += `${line.slice(line.lastIndexOf('M'))}L${end} 38L${start} 38Z`;
    }
    if (value == null) start = null;
  });
  const tone = ['critical', 'warning'].includes(status) ? status : status === 'ok' ? 'accent' : 'offline';
  return html`<svg class="spark ${tone}" viewBox="0 0 240 38" preserveAspectRatio="none" aria-hidden="true">
    <path d=${area} fill="url(#fade-${tone})" />
    <path class="line" d=${line} />
    ${last >= 0 && last < values.length - 1 && html`<path class="line dots" d="M${last * step} 36H240" />`}
    ${last >= 0 && html`<path class="line end" d="M${last * step} ${y(values[last])}h.01" />`}
  </svg>`;
}

/** The gradients that sparklines share. */
export const Fades = () => html`<svg class="sr" aria-hidden="true"><defs>${['accent', 'warning', 'critical', 'offline'].map((tone) => html`
  <linearGradient id="fade-${tone}" x1="0" x2="0" y1="0" y2="1"><stop class="fade ${tone}" offset="0" stop-opacity=".26" /><stop class="fade ${tone}" offset="1" stop-opacity="0" /></linearGradient>`)}</defs></svg>`;

/** How long ago, counting on. */
export function Age({ at }) {
  const words = useWords();
  const now = useNow();
  return html`<time dateTime=${at ? new Date(at * 1000).toISOString() : null} title=${at ? `${words.day(at)} ${words.clock(at, true)}` : null}>${words.ago(at == null ? null : now - at)}</time>`;
}

/** `choices` is [[value, label, disabled?]]. */
export const Segmented = ({ label, value, choices, onChange }) => html`<div class="segmented" role="group" aria-label=${label}>
  ${choices.map(([key, text, disabled]) => html`<button type="button" key=${key} aria-pressed=${String(key === value)} disabled=${disabled} onClick=${() => onChange(key)}>${text}</button>`)}
</div>`;
