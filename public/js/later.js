/** Views that come when they are needed, with their styles: the chart library alone is half of all script. */

import { wholeLanguage } from './preferences.js';

const LATER = {
  along: () => [import('./views/along.js')],
  toasts: () => [import('./views/toasts.js'), style('css/toasts.css'), wholeLanguage()],
  login: () => [import('./views/login.js'), style('css/login.css')],
  help: () => [import('./views/help.js'), style('css/settings.css'), wholeLanguage()],
  server: () => [import('./views/server.js'), style('vendor/uplot.css'), style('css/server.css'), style('css/settings.css'), style('css/performance.css'), wholeLanguage()],
  performance: () => [import('./views/fleet-performance.js'), style('css/settings.css'), style('css/performance.css'), wholeLanguage()],
  alertChart: () => [import('./views/alert-chart.js'), style('vendor/uplot.css'), style('css/server.css'), wholeLanguage()],
  alerts: () => [import('./views/alerts.js'), style('css/settings.css'), wholeLanguage()],
  settings: () => [import('./views/settings.js'), style('css/settings.css'), wholeLanguage()],
  assistant: () => [import('./views/assistant.js'), style('css/settings.css'), style('css/assistant.css'), wholeLanguage()],
  lines: () => [import('./views/assistant-lines.js'), style('vendor/uplot.css')],
  add: () => [import('./views/add.js'), style('css/settings.css'), style('css/add.css'), wholeLanguage()],
};

const AGAIN_MS = 3000; // the link is gone, or the hub is being replaced
const loaded = {};

export const isLater = (name) => name in LATER;

/** {view} once it has come; until then {} and `onCome()` is called when it is worth asking again. */
export function later(name, onCome = () => {}) {
  const entry = (loaded[name] ??= {});
  if (entry.view) return entry;
  entry.coming ??= Promise.all(LATER[name]()).then(([module]) => { entry.view = module.View; });
  entry.coming.then(onCome, () => {
    entry.coming = null;
    setTimeout(onCome, AGAIN_MS);
  });
  return entry;
}

const sheets = new Map();

/** Resolves when the style sheet is in force, so that a view never shows without its clothes. */
export function style(href) {
  if (!sheets.has(href)) {
    sheets.set(href, new Promise((resolve, reject) => {
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve });
      link.onerror = () => {
        sheets.delete(href);
        link.remove();
        reject(new Error(href));
      };
      document.head.append(link);
    }));
  }
  return sheets.get(href);
}
