/** The assistant's panel, beside every view: what was asked, what was answered, where to go on. */

import { html, useEffect, useRef, useState } from '../../vendor/preact-htm.js';
import { ask, askAgain, forget, isBusy, talk } from '../asking.js';
import { useWords } from '../components/hooks.js';
import { Icon } from '../components/marks.js';
import { store } from '../store.js';
import { troubleWords } from '../trouble.js';
import { Reply } from './assistant-reply.js';

const FIRST = ['ask.first1', 'ask.first2', 'ask.first3', 'ask.first4', 'ask.first5'];
const NARROW = matchMedia('(max-width: 760px)');

/** `question` is a text to be asked at once, or true. */
export function View({ question }) {
  const { t } = useWords();
  const { turns } = useTalk();
  const field = useRef();
  const end = useRef();
  const back = useRef(document.activeElement);
  const busy = turns.some((one) => !one.reply && !one.error);

  useEffect(() => {
    field.current.focus();
    return () => back.current?.isConnected && back.current.focus();
  }, []);
  useEffect(() => {
    if (typeof question !== 'string') return;
    store.set({ ask: true });
    ask(question);
  }, [question]);
  useEffect(() => { end.current?.scrollIntoView({ block: 'end' }); }, [turns.length, busy]);
  useEffect(() => {
    // On a phone the panel covers the page: whoever follows a link wants to see where it leads.
    const leave = () => NARROW.matches && close();
    addEventListener('hashchange', leave);
    return () => removeEventListener('hashchange', leave);
  }, []);

  const submit = (event) => {
    event.preventDefault();
    if (isBusy(talk.get())) return;
    ask(field.current.value);
    field.current.value = '';
  };
  return html`<aside class="assistant" role="complementary" aria-label=${t('nav.assistant')} onKeyDown=${(event) => event.key === 'Escape' && !event.isComposing && close()}>
    <header><h2>${t('nav.assistant')}</h2><span class="sp" />
      ${turns.length > 0 && html`<button type="button" class="btn small plain" onClick=${() => { forget(); field.current.focus(); }}>${t('ask.anew')}</button>`}
      <button type="button" class="btn square plain" aria-label=${t('action.close')} onClick=${close}><${Icon} name="close" /></button></header>
    <div class="talk" role="log" aria-live="polite" aria-busy=${String(busy)} tabindex="0" aria-label=${t('ask.log')}>
      ${turns.length === 0 && html`<p class="sub">${t('ask.lead')}</p>
        <div class="choices">${FIRST.map((key) => html`<button type="button" class="btn small" key=${key} onClick=${() => ask(t(key))}>${t(key)}</button>`)}</div>`}
      ${turns.map((turn, index) => html`<${Turn} key=${turn.key} turn=${turn} isLast=${index === turns.length - 1} />`)}
      <div ref=${end} />
    </div>
    <form class="say" onSubmit=${submit}><input ref=${field} class="input" name="question" maxlength="4000" autocomplete="off" enterkeyhint="send" aria-label=${t('ask.hint')} placeholder=${t('ask.hint')} /><button class="btn main" disabled=${busy}>${t('ask.send')}</button></form>
  </aside>`;
}

export const close = () => store.set({ ask: null });

function useTalk() {
  const [state, setState] = useState(talk.get());
  useEffect(() => talk.subscribe(setState), []);
  return state;
}

function Turn({ turn, isLast }) {
  const words = useWords();
  const { t } = words;
  return html`<div class="turn"><p class="asked"><span class="sr">${t('ask.you')} </span>${turn.question}</p>
    ${turn.reply ? html`<${Reply} turn=${turn} isLast=${isLast} />`
      : turn.error ? html`<div class="told"><p class="note bad" role="alert">${troubleWords(turn.error, words)}</p><button type="button" class="btn small" onClick=${() => askAgain(turn.key)}>${t('action.retry')}</button></div>`
        : html`<p class="told waits"><span class="sr">${t('ask.waits')}</span><i /><i /><i /></p>`}</div>`;
}
