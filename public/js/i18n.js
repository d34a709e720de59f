/** Korean and English: which one, and the sentences of the one that is in use (only that one is loaded). */

import * as format from './format.js';

export const LANGUAGES = ['ko', 'en'];

/** The remembered choice, else the first of the browser's languages that we speak, else English. */
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
  const parts = await Promise.all(loaders[lang].slice(0, isWhole ? 2 : 1).map((load) => load()));
  return createWords(lang, Object.assign({}, ...parts.map((part) => part.messages)));
}

/**
 * Everything a view needs to speak: `t('key', {n: 3})` and the formats with their language filled in.
 * A message is a string with {places}, or a pair [for one, for other counts] chosen by `n`.
 */
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
    moment: (epoch, now) => format.moment(epoch, now, lang),
    quantity: (value, unit) => format.quantity(value, unit, lang),
    /** A sentence that the hub wrote in both languages. */
    said: (text) => text?.[lang] ?? text?.en ?? '',
  };
}
