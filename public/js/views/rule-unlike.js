/** The fields of a rule on what is unlike itself: how many metrics, of which, how readily, and for how long. */

import { html } from '../../vendor/preact-htm.js';
import { Field } from '../components/form.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { together } from '../unlike.js';
import { parts } from './channel-form.js';

export const UNLIKE = { kind: 'anomaly', metric: '', severity: 'warning', hold_seconds: 300, options: { series: 5, metrics: [], sensitivity: 'normal' } };
const SEVERITIES = ['info', 'warning', 'critical'];
const READINESS = ['low', 'normal', 'high'];
const DAYS = 14;
const MOST = 500; // the hub tells so many at once
const seldom = () => 300;

/** `set(changes)` takes several fields at once. */
export function UnlikeFields({ draft, set }) {
  const { t } = useWords();
  const options = { ...UNLIKE.options, ...draft.options };
  const choose = (changes) => set({ options: { ...options, ...changes } });
  const pick = (label, value, names, word, onChange) => html`<div class="field"><span>${label}</span><${Segmented} label=${label} value=${value} choices=${names.map((name) => [name, t(`${word}.${name}`)])} onChange=${onChange} /></div>`;
  return html`<${Field} label=${t('rule.unlikeSeries')} name="series" type="number" min="1" max="64" required defaultValue=${options.series} onInput=${(event) => choose({ series: Number(event.target.value) })} />
    <${Field} label=${t('rule.unlikeMinutes')} name="minutes" type="number" min="0" max="1440" required defaultValue=${Math.round(draft.hold_seconds / 60)} onInput=${(event) => set({ hold_seconds: Math.round(Number(event.target.value)) * 60 })} />
    <${Field} label=${t('rule.unlikeMetrics')} name="metrics" maxlength="1000" spellcheck=${false} defaultValue=${options.metrics.join(', ')} hint=${t('rule.unlikeHint')} onInput=${(event) => choose({ metrics: parts(event.target.value) })} />
    ${pick(t('tune.title'), options.sensitivity, READINESS, 'tunelevel', (sensitivity) => choose({ sensitivity }))}
    ${pick(t('rule.severity'), draft.severity ?? 'warning', SEVERITIES, 'level', (severity) => set({ severity }))}
    <${Trial} options=${options} hold=${draft.hold_seconds} />`;
}

/** What was unlike itself lately is kept, so how often so much of it came together can be counted. */
function Trial({ options, hold }) {
  const words = useWords();
  const { t } = words;
  const now = useNow(300);
  const to = Math.floor(now / 300) * 300;
  const { data } = useLive(`/api/anomalies?from=${to - DAYS * 86_400}&to=${to + 600}&limit=${MOST}`, seldom);
  if (!data) return html`<p class="note" role="status">${t('rule.trying')}</p>`;
  const { times, servers } = together(data.anomalies, options, hold, to);
  return html`<p class="note" role="status">${times ? t('rule.together', { n: times, servers }) : t('rule.togetherNot')}${data.anomalies.length === MOST && ` ${t('rule.togetherCut', { n: MOST })}`} ${t('rule.togetherHint')}</p>`;
}
