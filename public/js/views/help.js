/** Which keys do what. */

import { html } from '../../vendor/preact-htm.js';
import { Dialog } from '../components/dialog.js';
import { useWords } from '../components/hooks.js';

const KEYS = [['/', 'search'], ['J', 'K', 'move'], ['Enter', 'open'], ['←', '→', 'chart'], ['C', 'assistant'], ['T', 'theme'], ['L', 'language'], ['Esc', 'close'], ['?', 'help']];

export function View({ onClose }) {
  const { t } = useWords();
  return html`<${Dialog} title=${t('keys.help')} onClose=${onClose}><dl class="keys">${KEYS.map((row) => html`
    <dt>${row.slice(0, -1).map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${t(`keys.${row.at(-1)}`)}</dd>`)}</dl><//>`;
}
