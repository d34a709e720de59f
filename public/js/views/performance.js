/** How a server did in the last day against the week before: its score with the reason of every point, and what moved. */

import { html } from '../../vendor/preact-htm.js';
import { useLive, useWords } from '../components/hooks.js';
import { serverPath } from '../router.js';
import { seriesWords } from './causes.js';
import { useHeld } from './server.js';

const MOST = 4;
const everyTenMinutes = () => 600;
const toneOf = (score) => (score >= 85 ? 'ok' : score >= 60 ? 'warning' : 'critical');
const round = (value) => Math.round(value * 10) / 10;

export function Performance({ id }) {
  const words = useWords();
  const { t } = words;
  const { data } = useLive(serverPath(id, '/analysis'), everyTenMinutes);
  const answer = useHeld(data, id);
  return html`<section class="panel side-panel performance" aria-labelledby="performance"><div class="panel-head"><h2 id="performance">${t('did.title')}</h2><span class="sp" /><span class="faint">${t('did.window')}</span></div>
    ${!answer ? html`<div class="bone" style=${{ height: '90px' }} />` : html`<${Score} health=${answer.health} />
      <${Statements} found=${answer.statements} /><${Shifts} found=${answer.shifts} /><${Sizes} found=${answer.sizes} />`}</section>`;
}

function Score({ health }) {
  const words = useWords();
  const { t } = words;
  if (health.score === null) return html`<p class="quiet">${t('did.unknown')}</p>`;
  return html`<p class="score tone-${toneOf(health.score)}"><b>${health.score}</b><span class="faint">${t('did.of100')}</span></p>
    ${health.reasons.length ? html`<ul class="points">${health.reasons.map((one) => html`<li key=${one.code + one.series}><span>${reasonWords(one, words)}</span><b>−${round(one.points)}</b></li>`)}</ul>` : html`<p class="sub">${t('did.nothing')}</p>`}`;
}

function reasonWords({ code, series, level }, words) {
  const { t } = words;
  if (code.startsWith('incident:')) return t(`didpoint.${code.slice(9)}`, { n: level });
  if (code === 'unmeasured') return t('didpoint.unmeasured', { share: words.percent(100 * level) });
  if (code === 'load') return t('didpoint.load', { level: round(level) });
  return t('didpoint.level', { series: seriesWords(series, words), level: words.percent(level) });
}

function Statements({ found }) {
  const { t } = useWords();
  const told = found.filter(({ code }) => !['disk_full', 'inodes_full'].includes(code)); // the mounts beside it say so
  return told.length ? html`<ul class="points">${told.map((one) => html`<li key=${one.code}>${t(`didfound.${one.code}`)}</li>`)}</ul>` : null;
}

function Shifts({ found }) {
  const words = useWords();
  const { t } = words;
  const moved = found.filter(({ verdict }) => verdict === 'higher' || verdict === 'lower');
  if (!moved.length) return null;
  return html`<h3>${t('did.shifts')}</h3><ul class="points">${moved.slice(0, MOST).map((one) => html`<li key=${one.series}><span>${one.verdict === 'higher' ? '▲' : '▼'} ${seriesWords(one.series, words)}
    <small>${t('did.shift', { before: words.quantity(one.before, one.unit), after: words.quantity(one.after, one.unit), delta: one.delta.toFixed(2) })}</small></span></li>`)}</ul>`;
}

function Sizes({ found }) {
  const words = useWords();
  const { t } = words;
  const told = found.filter(({ verdict }) => verdict === 'smaller' || verdict === 'larger');
  return told.length ? html`<ul class="points">${told.map((one) => html`<li key=${one.resource}>${t(`didsize.${one.resource}.${one.verdict}`, {
    p95: words.percent(one.p95), days: round(one.days), needs: one.resource === 'cpu' ? one.needs : words.bytes(one.needs), has: one.resource === 'cpu' ? one.has : words.bytes(one.has) })}</li>`)}</ul>` : null;
}
