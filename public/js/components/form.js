/** What every form and every question shares: one call at a time, and the hub's refusal in words. */

import { html, useState } from '../../vendor/preact-htm.js';
import { troubleWords } from '../trouble.js';
import { Dialog } from './dialog.js';
import { useWords } from './hooks.js';

/** {busy, problem, wrong, run(action)}: what the hub refuses becomes `problem`, and so does a sentence that the action
 * gives; `wrong` says it by field. `conflict` is what a 409 means here. */
export function useCall(conflict) {
  const words = useWords();
  const [state, setState] = useState({});
  const run = async (action) => {
    setState({ busy: true });
    try {
      setState({ problem: await action() });
    } catch (refused) {
      if (refused.status === undefined) throw refused;
      setState({ problem: (refused.status === 409 && conflict) || troubleWords(refused, words), wrong: wrongOf(refused) });
    }
  };
  return { ...state, run, refuse: (problem) => setState({ problem }) };
}

/** {field: sentence}: what the hub finds wrong with which field of a body. */
export const wrongOf = ({ problem }) => Object.fromEntries((problem?.errors ?? []).map(({ pointer, detail }) => [String(pointer).split('/')[1], detail]).reverse());

export const Problem = ({ text }) => text && html`<p class="note bad" role="alert">${text}</p>`;

/** A dialog with a form; `onSubmit(form)` is given its FormData. */
export function FormDialog({ title, action, call, onSubmit, onClose, children }) {
  const { t } = useWords();
  const submit = (event) => {
    event.preventDefault();
    onSubmit(new FormData(event.target));
  };
  return html`<${Dialog} title=${title} onClose=${onClose}><form class="form" onSubmit=${submit}>${children}
    <${Problem} text=${call.problem} />
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.cancel')}</button><button class="btn main" disabled=${call.busy}>${action}</button></footer></form><//>`;
}

/** Asks once more before what cannot be taken back. */
export function Sure({ title, text, action, conflict, onSure, onClose }) {
  const { t } = useWords();
  const call = useCall(conflict);
  const sure = () => call.run(async () => {
    await onSure();
    onClose();
  });
  return html`<${Dialog} title=${title} onClose=${onClose}><p>${text}</p><${Problem} text=${call.problem} />
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.cancel')}</button><button type="button" class="btn danger" disabled=${call.busy} onClick=${sure}>${action ?? title}</button></footer><//>`;
}

export const Field = ({ label, hint, error, ...input }) => html`<label class="field">${label}<input class="input" autocomplete="off" aria-invalid=${error ? 'true' : null} ...${input} />${error ? html`<${Wrong} text=${error} />` : hint && html`<small>${hint}</small>`}</label>`;

/** What is wrong with the field above it. */
export const Wrong = ({ text }) => {
  const { t } = useWords();
  return text ? html`<small class="wrong" role="alert">${t('field.refused', { text })}</small>` : null;
};

export const Choice = ({ label, name, value, choices }) => html`<label class="field">${label}<select class="input" name=${name}>${choices.map(([one, text]) => html`<option key=${one} value=${one} selected=${one === value}>${text}</option>`)}</select></label>`;

/** A list as people write one: commas, blanks or lines between. */
export const listed = (text) => text.split(/[\s,]+/).filter(Boolean);

/** Times come as epoch seconds or ISO 8601; null stays null. */
export const seconds = (time) => (typeof time === 'string' ? Date.parse(time) / 1000 : time);
