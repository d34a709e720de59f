/** How a server did in a stretch of time against what was before: its score with the reason of every point, and what moved. */

import { html, useState } from '../../vendor/preact-htm.js';
import { useHeld } from '../components/held.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { serverPath } from '../router.js';
import { troubleWords } from '../trouble.js';
import { advised, moved, reasonWords, round, shiftWords, sizeWords, spanOf, toneOf, WINDOWS, worthSaying } from '../wellbeing.js';

const MOST = 4;
const everyTenMinutes = () => 600;

export function Performance({ id }) {
  const words = useWords();
  const { t } = words;
  const [window, setWindow] = useState('24h');
  const now = useNow(600);
  const { data, error } = useLive(serverPath(id, `/analysis?${spanOf(window, now)}`), everyTenMinutes);
  const answer = useHeld(data, `${id} ${window}`);
  return html`<section class="panel side-panel performance" aria-labelledby="performance"><div class="panel-head"><h2 id="performance">${t('did.title')}</h2><span class="sp" />
      <${Segmented} label=${t('did.window')} value=${window} choices=${Object.keys(WINDOWS).map((name) => [name, name])} onChange=${setWindow} /></div>
    ${answer ? html`<${Score} health=${answer.health} />
      <${Statements} found=${answer.statements} /><${Shifts} found=${answer.shifts} window=${window} /><${Sizes} found=${answer.sizes} />`
      : error ? html`<p class="quiet">${troubleWords(error, words)}</p>` : html`<div class="bone" style=${{ height: '90px' }} />`}</section>`;
}

function Score({ health }) {
  const words = useWords();
  const { t } = words;
  if (health.score === null) return html`<p class="quiet">${t('did.unknown')}</p>`;
  return html`<p class="score tone-${toneOf(health.score)}"><b>${health.score}</b><span class="faint">${t('did.of100')}</span></p>
    ${health.reasons.length ? html`<ul class="points">${health.reasons.map((one) => html`<li key=${one.code + one.series}><span>${reasonWords(one, words)}</span><b>−${round(one.points)}</b></li>`)}</ul>` : html`<p class="sub">${t('did.nothing')}</p>`}`;
}

function Statements({ found }) {
  const { t } = useWords();
  const told = worthSaying(found);
  return told.length ? html`<ul class="points">${told.map((one) => html`<li key=${one.code}>${t(`didfound.${one.code}`)}</li>`)}</ul>` : null;
}

function Shifts({ found, window }) {
  const words = useWords();
  const told = moved(found);
  if (!told.length) return null;
  return html`<h3>${words.t(`didbefore.${window}`)}</h3><ul class="points">${told.slice(0, MOST).map((one) => {
    const [what, figures] = shiftWords(one, words);
    return html`<li key=${one.series}><span>${what}<small>${figures}</small></span></li>`;
  })}</ul>`;
}

function Sizes({ found }) {
  const words = useWords();
  const told = advised(found);
  return told.length ? html`<h3>${words.t('did.sizes')}</h3><ul class="points">${told.map((one) => html`<li key=${one.resource}>${sizeWords(one, words)}</li>`)}</ul>` : null;
}
