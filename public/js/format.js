/** Numbers and times as words. Null is always an en dash, zero is a value. */

export const NONE = '–';
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const UNITS = {
  ko: { s: '초', min: '분', h: '시간', d: '일', gap: '', ago: (span) => `${span} 전`, now: '방금' },
  en: { s: 's', min: 'min', h: 'h', d: 'd', gap: ' ', ago: (span) => `${span} ago`, now: 'just now' },
};

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const pad = (number) => String(number).padStart(2, '0');

/** At most three figures: 0.42, 4.2, 42, 420. */
export function short(value) {
  const size = Math.abs(value);
  if (size >= 100 || size === 0) return String(Math.round(value));
  return String(Number(value.toFixed(size >= 10 ? 0 : size >= 1 ? 1 : 2)));
}

export function scaled(value, base, names) {
  let step = 0;
  let left = value;
  // 999.5 would be shown as 1000.
  while (Math.abs(left) >= 999.5 && step < names.length - 1) {
    left /= base;
    step += 1;
  }
  return `${short(left)} ${names[step]}`.trim();
}

/** Bytes a second in decimal units, as networks are counted. */
export const rate = (value) => (isNumber(value) ? scaled(value, 1000, ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s']) : NONE);

/** 0.4%, 7.2%, 42% */
export function percent(value) {
  if (!isNumber(value)) return NONE;
  return `${Math.abs(value) < 9.95 ? Number(value.toFixed(1)) : Math.round(value)}%`;
}

/** 42 s, 14 min, 3 h 12 min, 186 d */
export function span(seconds, lang) {
  if (!isNumber(seconds)) return NONE;
  const unit = UNITS[lang];
  const whole = Math.max(0, Math.floor(seconds));
  const part = (size, name) => `${size}${unit.gap}${name}`;
  if (whole < MINUTE) return part(whole, unit.s);
  if (whole < HOUR) return part(Math.floor(whole / MINUTE), unit.min);
  const [large, small, size] = whole < DAY ? [unit.h, unit.min, HOUR] : [unit.d, unit.h, DAY];
  const rest = Math.floor((whole % size) / (size === HOUR ? MINUTE : HOUR));
  const first = part(Math.floor(whole / size), large);
  // Beyond some days the hours are noise.
  return rest && whole < 7 * DAY ? `${first} ${part(rest, small)}` : first;
}

export function ago(seconds, lang) {
  if (!isNumber(seconds)) return NONE;
  return seconds < 2 ? UNITS[lang].now : UNITS[lang].ago(span(seconds, lang));
}

/** 20:45 or 20:45:10, in the reader's time zone. */
export function clock(epoch, withSeconds = false) {
  if (!isNumber(epoch)) return NONE;
  const date = new Date(epoch * 1000);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}${withSeconds ? `:${pad(date.getSeconds())}` : ''}`;
}

const days = (locale) => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const DAYS = { ko: days('ko-KR'), en: days('en-GB') };

/** 24 Nov or 11월 24일. */
export function day(epoch, lang) {
  if (!isNumber(epoch)) return NONE;
  return DAYS[lang].format(new Date(epoch * 1000));
}
