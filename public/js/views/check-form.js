/** Making and changing a check. While a cron expression is written its next times are shown, by the hub that will judge it. */

import { html, useEffect, useRef, useState } from '../../vendor/preact-htm.js';
import { call, get, post } from '../api.js';
import { asField, asSeconds, changesOf, inZone, tagsRead, tagsTold, UNITS } from '../checks.js';
import { Choice, Field, FormDialog, listed, useCall, Wrong, wrongOf } from '../components/form.js';
import { useLive, useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { useSettled } from '../components/settled.js';
import { pollNow } from '../live.js';
import { FLEET, fleetEvery } from '../router.js';

export const CHECKS = '/api/rules/checks';
const SEVERITIES = ['critical', 'warning', 'info'];
const NEW = { name: '', cron: '0 3 * * *', period_seconds: null, grace_seconds: 300, max_run_seconds: null, server: null, severity: 'critical', tags: {}, note: '' };
const FIELDS = ['name', 'cron', 'timezone', 'period_seconds', 'grace_seconds', 'max_run_seconds', 'server', 'tags', 'note'];

const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export function CheckForm({ check, onClose, onMade = () => {} }) {
  const { t } = useWords();
  const known = check ?? { ...NEW, timezone: here() };
  const [mode, setMode] = useState(known.cron ? 'cron' : 'period');
  const [cron, setCron] = useState(known.cron ?? NEW.cron);
  const [zone, setZone] = useState(known.timezone);
  const ask = useCall();
  const upcoming = useUpcoming(mode === 'cron' ? cron.trim() : '', zone.trim());
  const wrong = { ...upcoming.wrong, ...ask.wrong };
  const isShown = Object.keys(ask.wrong ?? {}).some((name) => FIELDS.includes(name));
  const box = useRef();
  useEffect(() => {
    if (ask.wrong) box.current?.closest('form').querySelector('[aria-invalid=true]')?.focus();
  }, [ask.wrong]);
  const { data: fleet } = useLive(FLEET, fleetEvery);

  const submit = (form) => ask.run(async () => {
    const span = (name) => asSeconds(form.get(name), form.get(`${name}_unit`));
    const wanted = {
      name: form.get('name').trim(),
      ...(mode === 'cron' ? { cron: cron.trim(), timezone: zone.trim() } : { period_seconds: span('period_seconds') ?? 0 }),
      grace_seconds: span('grace_seconds') ?? 0,
      max_run_seconds: span('max_run_seconds'),
      server: form.get('server').trim() || null,
      severity: form.get('severity'),
      tags: tagsRead(listed(form.get('tags'))),
      note: form.get('note').trim(),
    };
    const changes = changesOf(known, wanted);
    if (!check) onMade((await post(CHECKS, wanted)).check);
    else if (Object.keys(changes).length) await call('PATCH', `${CHECKS}/${encodeURIComponent(check.id)}`, changes);
    pollNow();
    onClose();
  });

  return html`<${FormDialog} title=${t(check ? 'check.change' : 'check.new')} action=${t(check ? 'action.save' : 'check.add')} call=${{ ...ask, problem: isShown ? null : ask.problem }} onSubmit=${submit} onClose=${onClose}>
    <span ref=${box} hidden />
    <${Field} label=${t('check.name')} name="name" required maxlength="100" autofocus=${!check} placeholder=${t('check.nameHint')} defaultValue=${known.name} error=${ask.wrong?.name} />
    <div class="pair"><span class="lead">${t('check.when')}</span><${Segmented} label=${t('check.when')} value=${mode} choices=${['cron', 'period'].map((name) => [name, t(`checkmode.${name}`)])} onChange=${setMode} /></div>
    ${mode === 'cron' ? html`<div class="two"><${Field} label=${t('checkmode.cron')} name="cron" class="input mono" required maxlength="200" spellcheck=${false} value=${cron} hint=${t('check.cronHint')} error=${wrong.cron} onInput=${(event) => setCron(event.target.value)} />
      <${Field} label=${t('check.zone')} name="timezone" required maxlength="60" list="zones" spellcheck=${false} value=${zone} error=${wrong.timezone} onInput=${(event) => setZone(event.target.value)} /></div><${Zones} />
      <${Upcoming} times=${upcoming.times} zone=${zone} />` : html`<${Span} label=${t('checkmode.period')} name="period_seconds" value=${known.period_seconds ?? 86_400} required error=${ask.wrong?.period_seconds} />`}
    <${Span} label=${t('check.grace')} name="grace_seconds" value=${known.grace_seconds} required hint=${t('check.graceHint')} error=${ask.wrong?.grace_seconds} />
    <${Span} label=${t('check.longest')} name="max_run_seconds" value=${known.max_run_seconds} hint=${t('check.longestHint')} error=${ask.wrong?.max_run_seconds} />
    <div class="two"><${Field} label=${t('check.server')} name="server" maxlength="100" list="servers" defaultValue=${known.server ?? ''} hint=${t('check.serverHint')} error=${ask.wrong?.server} />
      <${Choice} label=${t('check.severity')} name="severity" value=${known.severity} choices=${SEVERITIES.map((name) => [name, t(`level.${name}`)])} /></div>
    <datalist id="servers">${(fleet?.servers ?? []).slice(0, 500).map(({ id }) => html`<option key=${id} value=${id} />`)}</datalist>
    <${Field} label=${t('check.tags')} name="tags" maxlength="1000" placeholder="team:payment" defaultValue=${tagsTold(known.tags).join(', ')} hint=${t('check.tagsHint')} error=${ask.wrong?.tags} />
    <label class="field">${t('rule.note')}<textarea class="input" name="note" rows="2" maxlength="2000" defaultValue=${known.note}></textarea><${Wrong} text=${ask.wrong?.note} /></label><//>`;
}

/** {times} of an expression, or what is {wrong} with it; nothing while it is being written. */
function useUpcoming(cron, zone) {
  const asked = useSettled(cron && zone ? new URLSearchParams({ cron, timezone: zone }).toString() : '');
  const [held, setHeld] = useState({});
  useEffect(() => {
    if (!asked) return setHeld({});
    let isWanted = true;
    get(`${CHECKS}/due?${asked}`).then(
      ({ data }) => isWanted && setHeld({ times: data.times }),
      (refused) => isWanted && setHeld({ wrong: wrongOf(refused) }),
    );
    return () => { isWanted = false; };
  }, [asked]);
  return held;
}

function Upcoming({ times, zone }) {
  const { t, lang } = useWords();
  const lines = times?.map(({ at_epoch: at }) => inZone(at, zone, lang));
  return html`<div class="note upcoming" role="status"><span>${t('check.next')}</span>${lines ? html`<ol>${lines.map((line) => html`<li key=${line}>${line}</li>`)}</ol>` : '…'}</div>`;
}

const Zones = () => html`<datalist id="zones">${[...new Set(['UTC', here(), ...(Intl.supportedValuesOf?.('timeZone') ?? [])])].map((name) => html`<option key=${name} value=${name} />`)}</datalist>`;

/** A length of time as a number and a unit. */
function Span({ label, name, value, hint, error, required }) {
  const { t } = useWords();
  const { n, unit } = asField(value);
  return html`<div class="field"><label for=${name}>${label}</label><span class="amount"><input class="input" id=${name} name=${name} type="number" min="0" max="44640000" step="any" required=${required} defaultValue=${n} aria-invalid=${error ? 'true' : null} />
    <select class="input" name=${`${name}_unit`} aria-label=${t('check.unit', { name: label })}>${UNITS.map((one) => html`<option key=${one} value=${one} selected=${one === unit}>${t(`unit.${one}`)}</option>`)}</select></span>${error ? html`<${Wrong} text=${error} />` : hint && html`<small>${hint}</small>`}</div>`;
}
