/** The page for strangers. It loads nothing of the dashboard, asks for one address without credentials, and shows what that
 * says: text only ever becomes text. */

import { pickLanguage } from './i18n.js';

const EVERY_MS = 60_000;

const WORDS = {
  en: {
    title: 'Status', language: '한국어',
    ok: 'Operational', degraded: 'Degraded', down: 'Down', unknown: 'Unknown',
    all: {
      ok: 'Everything is operational', degraded: 'Some things are disturbed', down: 'Everything is down',
      unknown: 'The state is not known right now',
    },
    uptime: (share) => `${share} over 90 days`, noUptime: 'no history yet', ago: '90 days ago', today: 'today',
    incidents: 'Last 14 days', none: 'Nothing happened.', ongoing: 'goes on', empty: 'Nothing has been made public here.',
    stale: 'The newest state cannot be read right now; this is the last that is known.',
    failed: 'The status cannot be read right now. This page tries again by itself.',
    asOf: (time) => `As of ${time}`,
  },
  ko: {
    title: '서비스 상태', language: 'English',
    ok: '정상', degraded: '저하', down: '중단', unknown: '알 수 없음',
    all: {
      ok: '모두 정상입니다', degraded: '일부에 문제가 있습니다', down: '모두 중단되었습니다',
      unknown: '지금은 상태를 알 수 없습니다',
    },
    uptime: (share) => `90일 가동률 ${share}`, noUptime: '아직 기록이 없습니다', ago: '90일 전', today: '오늘',
    incidents: '최근 14일', none: '문제가 없었습니다.', ongoing: '진행 중', empty: '아직 공개된 항목이 없습니다.',
    stale: '지금은 최신 상태를 읽을 수 없어 마지막으로 알려진 상태를 보여 줍니다.',
    failed: '지금은 상태를 읽을 수 없습니다. 잠시 뒤 자동으로 다시 시도합니다.',
    asOf: (time) => `${time} 기준`,
  },
};

/** `99.95 %`; never rounded up to a hundred where something was lost. */
export function share(uptime) {
  const hundredths = Math.floor(uptime * 10_000) / 100;
  return `${uptime >= 1 ? 100 : Math.min(hundredths, 99.99)} %`;
}

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawn(found, lang) {
  const words = WORDS[lang];
  const time = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' });
  const at = (epoch) => time.format(new Date(epoch * 1000));
  const other = element('button', { class: 'btn small', type: 'button', lang: lang === 'ko' ? 'en' : 'ko' }, words.language);
  other.addEventListener('click', () => show(lang === 'ko' ? 'en' : 'ko'));
  const parts = [element('header', {}, element('h1', {}, words.title), other)];
  if (!found) return [...parts, element('p', { class: 'stale', role: 'status' }, words.failed)];
  if (found.stale) parts.push(element('p', { class: 'stale', role: 'status' }, words.stale));
  if (found.components.length === 0) return [...parts, element('p', { class: 'panel sub' }, words.empty)];
  parts.push(element('p', { class: 'panel overall', role: 'status' }, state(found.state, words.all[found.state])));
  parts.push(element('section', { class: 'panel' }, ...found.components.map((one) => component(one, words, lang))));
  const incidents = found.incidents.map((one) => element('li', {},
    element('b', {}, one.name), state(one.state, words[one.state]),
    element('span', { class: 'sub' }, `${at(one.from_epoch)} – ${one.until_epoch === null ? words.ongoing : at(one.until_epoch)}`)));
  parts.push(element('section', { class: 'panel incidents' }, element('h2', {}, words.incidents),
    incidents.length ? element('ul', {}, ...incidents) : element('p', { class: 'sub' }, words.none)));
  parts.push(element('p', { class: 'faint' }, words.asOf(at(found.as_of_epoch))));
  return parts;
}

const state = (code, text) => element('span', { class: `state ${code}` }, text);

function component(one, words, lang) {
  const told = one.uptime === null ? words.noUptime : words.uptime(share(one.uptime));
  const date = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeZone: 'UTC' });
  const days = one.days.map((day) => {
    const about = `${date.format(new Date(day.date))}${day.state ? ` · ${words[day.state]} · ${share(day.uptime)}` : ''}`;
    return element('i', { class: day.state ?? '', title: about });
  });
  const made = element('article', { class: 'component' },
    element('div', { class: 'component-head' }, element('h2', {}, one.name), state(one.state, words[one.state])));
  if (one.note) made.append(element('p', { class: 'sub' }, one.note));
  made.append(
    element('div', { class: 'days', role: 'img', 'aria-label': `${one.name}: ${told}` }, ...days),
    element('div', { class: 'ends' }, element('span', {}, words.ago), element('span', {}, told), element('span', {}, words.today)));
  return made;
}

let language = 'en';
let last = null;

function show(lang, found = last) {
  language = lang;
  last = found;
  document.documentElement.lang = lang;
  document.title = WORDS[lang].title;
  const main = document.getElementById('status');
  main.replaceChildren(...drawn(found, lang));
  main.removeAttribute('aria-busy');
}

async function refresh() {
  try {
    const response = await fetch('api/status', { credentials: 'omit' });
    if (!response.ok) throw new Error(`status ${response.status}`);
    show(language, await response.json());
  } catch {
    show(language, last && { ...last, stale: true });
  }
}

function begin() {
  language = pickLanguage(new URLSearchParams(location.search).get('lang'), navigator.languages);
  refresh();
  setInterval(() => document.visibilityState === 'visible' && refresh(), EVERY_MS);
}

if (globalThis.document?.getElementById('status')) begin();
