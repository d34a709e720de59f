/** How well something did, in words: the points that a score lost, what moved, the size that would do. Pure. */

import { lineLabel } from './charts.js';

/** Seconds, by the name that the address has. */
export const WINDOWS = { '24h': 86_400, '7d': 604_800, '30d': 2_592_000 };
const EVERY = 600;

/** `from=...&to=...` of a window's name, the same for ten minutes, so that one question has one answer. */
export function spanOf(name, now) {
  const to = Math.ceil(now / EVERY) * EVERY;
  return `from=${to - (WINDOWS[name] ?? WINDOWS['24h'])}&to=${to}`;
}

export const toneOf = (score) => (score == null ? 'offline' : score >= 85 ? 'ok' : score >= 60 ? 'warning' : 'critical');
export const round = (value) => Math.round(value * 10) / 10;

/** What a series is called outside its chart: `disk:/data` is a disk by its mount, `load1` is not only "1 min". */
export function seriesWords(series, words) {
  const [metric, ...mount] = series.split(':');
  if (mount.length) return `${words.has(`didline.${metric}`) ? words.t(`didline.${metric}`) : metric} ${mount.join(':')}`;
  return words.has(`alone.${series}`) ? words.t(`alone.${series}`) : lineLabel(series, words);
}

export function reasonWords({ code, series, level }, words) {
  const { t } = words;
  if (code.startsWith('incident:')) return t(`didpoint.${code.slice(9)}`, { n: level });
  if (code === 'unmeasured') return t('didpoint.unmeasured', { share: words.percent(100 * level) });
  if (code === 'load') return t('didpoint.load', { level: round(level) });
  return t('didpoint.level', { series: seriesWords(series, words), level: words.percent(level) });
}

// Who asks for these has the mounts beside it, or the points that they took.
const TOLD_ELSEWHERE = ['disk_full', 'inodes_full'];
export const worthSaying = (statements) => statements.filter(({ code }) => !TOLD_ELSEWHERE.includes(code));

export const moved = (shifts) => shifts.filter(({ verdict }) => verdict === 'higher' || verdict === 'lower');

/** [which way and what, from where to where]. */
export const shiftWords = (one, words) => [
  `${one.verdict === 'higher' ? '▲' : '▼'} ${seriesWords(one.series, words)}`,
  words.t('did.shift', { before: words.quantity(one.before, one.unit), after: words.quantity(one.after, one.unit), delta: one.delta.toFixed(2) }),
];

/** Only where another size would do better. */
export const advised = (sizes) => sizes.filter(({ verdict }) => verdict === 'smaller' || verdict === 'larger');

export function sizeWords({ resource, verdict, p95, days, needs, has }, words) {
  const amount = (value) => (resource === 'cpu' ? value : words.bytes(value));
  return words.t(`didsize.${resource}.${verdict}`, { p95: words.percent(p95), days: round(days), needs: amount(needs), has: amount(has) });
}

/** By how much what may be a cause moved, and when. What was over too soon to be another level has no effect size. */
export function causeWords(one, words) {
  const { t } = words;
  const lead = one.lead > 0 ? t('why.before', { span: words.span(one.lead) }) : t('why.same');
  if (one.kind !== 'metric') return lead;
  return [`${words.quantity(one.before, one.unit)} → ${words.quantity(one.after, one.unit)}`, lead, one.delta != null ? t('why.effect', { delta: one.delta.toFixed(2) }) : t('why.moved', { n: Math.round(one.strength) }),
    one.r != null && t('why.along', { r: one.r.toFixed(2) })].filter(Boolean).join(' · ');
}
