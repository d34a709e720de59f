/** How readily a server's metrics are called unlike themselves: for all of them, and for some otherwise. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call } from '../api.js';
import { FormDialog, useCall } from '../components/form.js';
import { useStore, useWords } from '../components/hooks.js';
import { Icon, Segmented } from '../components/marks.js';
import { pollNow } from '../live.js';
import { serverPath } from '../router.js';
import { seriesWords } from '../wellbeing.js';

const LEVELS = ['off', 'low', 'normal', 'high'];
const ALL = '*';

/** A button that opens the form; with `series` the form begins with that one. */
export function Sensitivity({ server, series, plain }) {
  const { t } = useWords();
  const [isOpen, setOpen] = useState(false);
  const canChange = useStore((state) => ['operator', 'admin'].includes(state.session.user?.role));
  if (!canChange) return null;
  return html`<button type="button" class="btn small ${plain ? 'plain' : ''}" title=${t('tune.why')} onClick=${() => setOpen(true)}>${t('tune.title')}</button>
    ${isOpen && html`<${Form} server=${server} series=${series} onClose=${() => setOpen(false)} />`}`;
}

function Form({ server, series, onClose }) {
  const words = useWords();
  const { t } = words;
  const ask = useCall();
  const kept = server.settings?.sensitivity ?? {};
  const [wanted, setWanted] = useState(series && !kept[series] ? { ...kept, [series]: 'low' } : kept);
  const set = (name, level) => setWanted((now) => ({ ...now, [name]: level }));
  const drop = (name) => setWanted((now) => Object.fromEntries(Object.entries(now).filter(([one]) => one !== name)));
  const own = Object.keys(wanted).filter((name) => name !== ALL).sort();
  const free = namesOf(server.series ?? []).filter((name) => !(name in wanted));
  const choices = LEVELS.map((level) => [level, t(`tunelevel.${level}`)]);
  const submit = () => ask.run(async () => {
    await call('PATCH', serverPath(server.id), { sensitivity: wanted });
    pollNow();
    onClose();
  });
  const called = (name) => seriesWords(name, words);
  return html`<${FormDialog} title=${t('tune.of', { id: server.id })} action=${t('action.save')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <p class="sub">${t('tune.lead')}</p>
    <div class="field"><span>${t('tune.all')}</span><${Segmented} label=${t('tune.all')} value=${wanted[ALL] ?? 'normal'} choices=${choices} onChange=${(level) => (level === 'normal' ? drop(ALL) : set(ALL, level))} /></div>
    ${own.map((name) => html`<div key=${name} class="field"><span>${called(name)}</span><div class="pair start"><${Segmented} label=${called(name)} value=${wanted[name]} choices=${choices} onChange=${(level) => set(name, level)} />
      <button type="button" class="btn square" aria-label=${t('settings.named', { action: t('tune.drop'), name: called(name) })} onClick=${() => drop(name)}><${Icon} name="close" /></button></div></div>`)}
    ${free.length > 0 && html`<label class="field">${t('tune.add')}<select class="input" name="series" value="" onChange=${(event) => event.target.value && set(event.target.value, 'low')}><option value="">${t('tune.choose')}</option>${free.map((name) => html`<option key=${name} value=${name}>${called(name)}</option>`)}</select></label>`}<//>`;
}

/** What a level can be set of: a series, or a metric for all its mounts. */
function namesOf(series) {
  const metrics = series.filter((name) => name.includes(':')).map((name) => name.split(':')[0]);
  return [...new Set([...series, ...metrics])].filter((name) => name !== 'uptime').sort();
}
