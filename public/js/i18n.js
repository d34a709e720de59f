/** Korean and English; only the one in use is loaded. */

import * as format from './format.js';

export const LANGUAGES = ['ko', 'en'];

export function pickLanguage(chosen, preferred = []) {
  if (LANGUAGES.includes(chosen)) return chosen;
  const known = preferred.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => LANGUAGES.includes(tag));
  return known ?? 'en';
}

const loaders = {
  ko: [() => import('./messages/ko.js'), () => import('./messages/ko-more.js')],
  en: [() => import('./messages/en.js'), () => import('./messages/en-more.js')],
};

/** The words of a language; `isWhole` with those of the views that come later. */
export async function loadWords(lang, isWhole = false) {
  const wanted = isWhole ? [...loaders[lang], () => import('./quantities.js')] : loaders[lang].slice(0, 1);
  const [first, rest, more] = await Promise.all(wanted.map((load) => load()));
  return { ...createWords(lang, { ...first.messages, ...rest?.messages }), ...more?.quantitiesIn(lang) };
}

/** `t('key', {n: 3})` and the formats. A message has {places}; a pair is [for one, for other counts] of `n`. */
export function createWords(lang, messages) {
  const t = (key, places = {}) => {
    const message = messages[key];
    if (message === undefined) throw new Error(`no message called ${key}`);
    const text = Array.isArray(message) ? message[places.n === 1 ? 0 : 1] : message;
    return text.replace(/\{(\w+)\}/g, (_, name) => places[name]);
  };
  return {
    lang,
    t,
    has: (key) => Object.hasOwn(messages, key),
    ...format,
    span: (seconds) => format.span(seconds, lang),
    ago: (seconds) => format.ago(seconds, lang),
    day: (epoch) => format.day(epoch, lang),
    /** What the hub wrote in both languages. */
    said: (text) => text?.[lang] ?? text?.en ?? '',
  };
}
