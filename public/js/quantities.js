/** Sizes, counts and moments: the words that only the later views need. */

import { clock, day, isNumber, NONE, percent, rate, scaled, short, span } from './format.js';

/** Bytes in binary units, as disks and memory are counted. */
export const bytes = (value) => (isNumber(value) ? scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']) : NONE);

export const count = (value) => (isNumber(value) ? scaled(value, 1000, ['', 'k', 'M', 'G', 'T']) : NONE);

/** With the day in front unless it is today. */
export function moment(epoch, now, lang) {
  if (!isNumber(epoch)) return NONE;
  const isToday = new Date(epoch * 1000).toDateString() === new Date(now * 1000).toDateString();
  return isToday ? clock(epoch) : `${day(epoch, lang)} ${clock(epoch)}`;
}

/** 2026-11-24T20:45 on the reader's clock, as a date field wants it. */
export function fieldTime(epoch) {
  const date = new Date(epoch * 1000);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const BY_UNIT = { '%': percent, 'B/s': rate, B: bytes };

/** Units as the hub's catalogue names them. `decimals` are more of them than usual, where a difference would not be seen. */
export function quantity(value, unit, lang, decimals = null) {
  if (!isNumber(value)) return NONE;
  if (decimals !== null && unit !== 's') return finer(value, unit, decimals);
  if (unit === 's') return span(value, lang);
  if (BY_UNIT[unit]) return BY_UNIT[unit](value);
  return unit ? `${short(value)} ${unit}` : count(value);
}

const STEPS = { 'B/s': [1000, ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s']], B: [1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']], '': [1000, ['', 'k', 'M', 'G', 'T']] };

function finer(value, unit, decimals) {
  const [base, names] = STEPS[unit] ?? [1, [unit]];
  let step = 0;
  while (Math.abs(value) / base ** step >= 999.5 && step < names.length - 1) step += 1;
  return `${Number((value / base ** step).toFixed(decimals))}${unit === '%' ? '' : ' '}${names[step]}`.trim();
}

/** The same with their language filled in. */
export const quantitiesIn = (lang) => ({
  bytes,
  count,
  moment: (epoch, now) => moment(epoch, now, lang),
  quantity: (value, unit, decimals) => quantity(value, unit, lang, decimals),
});
