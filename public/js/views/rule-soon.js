/** The fields of a rule on what will be: which level, within how many hours, and from which value on. */

import { html } from '../../vendor/preact-htm.js';
import { Field } from '../components/form.js';
import { useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';

export const SOON = { kind: 'forecast', metric: 'disk', above: true, severity: 'warning', options: { level: 100, within_hours: 24, at_least: 60 } };
const SEVERITIES = ['info', 'warning', 'critical'];

/** `set(changes)` takes several fields at once. */
export function SoonFields({ draft, set }) {
  const { t } = useWords();
  const options = draft.options ?? {};
  const figure = (name) => (event) => {
    const { [name]: _, ...rest } = options;
    set({ options: event.target.value === '' ? rest : { ...rest, [name]: Number(event.target.value) } });
  };
  return html`<${Field} label=${t('rule.crosses')} name="level" type="number" step="any" required value=${options.level ?? 100} onInput=${figure('level')} />
    <${Field} label=${t('rule.within')} name="within" type="number" min="1" max="720" required value=${options.within_hours ?? 24} onInput=${figure('within_hours')} />
    <${Field} label=${t('rule.atLeast')} name="atleast" type="number" step="any" value=${options.at_least ?? ''} hint=${t('rule.soonHint')} onInput=${figure('at_least')} />
    <div class="field"><span>${t('rule.severity')}</span><${Segmented} label=${t('rule.severity')} value=${draft.severity ?? 'warning'} choices=${SEVERITIES.map((name) => [name, t(`level.${name}`)])} onChange=${(severity) => set({ severity })} /></div>`;
}
