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

/** Units as the hub's catalogue names them. */
export function quantity(value, unit, lang) {
  if (!isNumber(value)) return NONE;
  if (unit === 's') return span(value, lang);
  if (BY_UNIT[unit]) return BY_UNIT[unit](value);
  return unit ? `${short(value)} ${unit}` : count(value);
}

/** The same with their language filled in. */
export const quantitiesIn = (lang) => ({
  bytes,
  count,
  moment: (epoch, now) => moment(epoch, now, lang),
  quantity: (value, unit) => quantity(value, unit, lang),
});
