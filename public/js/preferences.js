/** The two choices a reader makes for this browser: language and appearance. */

import { loadWords, pickLanguage } from './i18n.js';
import { remember, remembered, store } from './store.js';

export const THEMES = ['system', 'light', 'dark'];

let isWhole = false;

/** Fetches the sentences of the later views too, in this and every language chosen from now on. */
export async function wholeLanguage() {
  if (isWhole) return;
  isWhole = true;
  await chooseLanguage(store.get().words.lang);
}

async function chooseLanguage(lang) {
  const words = await loadWords(lang, isWhole);
  document.documentElement.lang = lang;
  store.set({ words });
}

/** A choice by hand is kept; what the browser suggests is asked anew each time. */
export function switchLanguage(lang) {
  remember('language', lang);
  return chooseLanguage(lang);
}

export const startLanguage = () => chooseLanguage(pickLanguage(remembered('language'), navigator.languages));

export function switchTheme(theme) {
  remember('theme', theme === 'system' ? null : theme);
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  store.set({ theme });
}

export function startTheme() {
  const theme = remembered('theme');
  store.set({ theme: THEMES.includes(theme) ? theme : 'system' });
}

export const nextTheme = (theme) => THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
