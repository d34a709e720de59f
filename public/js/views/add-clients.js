/** One tab a client: what to paste where, ready with the hub's address and the key, and what to do then. */

import { html, useRef } from '../../vendor/preact-htm.js';
import { Copyable } from '../components/copy.js';
import { useWords } from '../components/hooks.js';
import { filled, isLoopback, RECIPES } from '../recipes.js';
import { adjust } from '../router.js';

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Products have one name in all languages. */
const nameOf = ({ id, name }, t) => name ?? t(`client.${id}`);

export function Clients({ asked, secret }) {
  const { t } = useWords();
  const list = useRef();
  const shown = RECIPES.find(({ id }) => id === asked) ?? RECIPES[0];
  const show = (recipe) => adjust({ client: recipe === RECIPES[0] ? '' : recipe.id });
  const move = (event) => {
    const last = RECIPES.length - 1;
    const from = RECIPES.indexOf(shown);
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? last : STEPS[event.key] ? (from + STEPS[event.key] + RECIPES.length) % RECIPES.length : null;
    if (to === null) return;
    event.preventDefault();
    show(RECIPES[to]);
    list.current.children[to].focus();
  };
  return html`<section class="panel setting" aria-labelledby="clients"><h2 id="clients">${t('add.clients')}</h2>${isLoopback(location.origin) && html`<p class="sub">${t('add.loopback', { text: location.origin })}</p>`}
    <div ref=${list} class="clients" role="tablist" aria-labelledby="clients" onKeyDown=${move}>${RECIPES.map((recipe) => html`<button type="button" key=${recipe.id} role="tab" id=${`tab-${recipe.id}`} aria-selected=${String(recipe === shown)} aria-controls="client" tabindex=${recipe === shown ? 0 : -1} onClick=${() => show(recipe)}>${nameOf(recipe, t)}</button>`)}</div>
    <div class="form" id="client" role="tabpanel" aria-labelledby=${`tab-${shown.id}`}><${Client} key=${shown.id} recipe=${shown} secret=${secret} /></div></section>`;
}

/** What stands between backticks is to be typed: its words stay whole, so that no option breaks at its hyphens. */
export const withCode = (text) => text.split('`').map((part, index) => (index % 2 ? html`<code>${part.split(' ').map((word, place) => [place ? ' ' : '', html`<span class="whole">${word}</span>`])}</code>` : part));

function Client({ recipe, secret }) {
  const { t } = useWords();
  return html`${recipe.blocks.map(({ place, isKept, text }) => html`<figure key=${text} class="paste"><figcaption class=${place ? 'mono' : ''}>${place || t(isKept ? 'add.kept' : 'add.shell')}</figcaption>
      <${Copyable} className=${place && place !== 'crontab' ? 'file' : ''} text=${filled(text, { origin: location.origin, secret }).trimEnd()} label=${`${nameOf(recipe, t)}: ${place || t(isKept ? 'add.kept' : 'add.shell')}`} /></figure>`)}
    <div><h3>${t('add.then')}</h3><ol class="then"><li>${withCode(t(`recipe.${recipe.id}_1`))}</li><li>${withCode(t(`recipe.${recipe.id}_2`))}</li></ol></div>
    <p class="faint">${t('add.paper', { text: recipe.docs.join(', ') })}</p>`;
}
