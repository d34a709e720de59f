/** Rules: what is watched, at which levels; and, while a level is changed, how often it would have fired. */

import { html, useEffect, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Field, FormDialog, Problem, Sure, useCall } from '../components/form.js';
import { useLive, useWords } from '../components/hooks.js';
import { Icon, Segmented } from '../components/marks.js';
import { pollNow } from '../live.js';
import { FLEET, fleetEvery } from '../router.js';
import { ruleCalled } from '../rule-names.js';
import { troubleWords } from '../trouble.js';
import { SOON, SoonFields } from './rule-soon.js';
import { UNLIKE, UnlikeFields } from './rule-unlike.js';

const RULES = '/api/rules';
const FIELDS = ['name', 'kind', 'enabled', 'scope', 'metric', 'above', 'warning', 'critical', 'recovery', 'hold_seconds', 'recover_seconds', 'aggregation', 'over_seconds', 'per_core', 'no_data', 'no_data_seconds', 'severity', 'schedule', 'note', 'options'];
const NEW = { name: '', metric: 'cpu', above: true, warning: 90, critical: null, recovery: 80, hold_seconds: 300, recover_seconds: 0, note: '' };
const KINDS = { threshold: NEW, forecast: SOON, anomaly: UNLIKE };
const MOST_TRIED = 10;
const SETTLE_MS = 500;

const nameOf = (rule, { lang }) => ruleCalled(rule.id, rule.name, lang);
const bodyOf = (rule) => Object.fromEntries(FIELDS.filter((name) => name in rule).map((name) => [name, rule[name]]));
const seldom = () => 30;

export function Rules({ canChange }) {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(RULES, seldom);
  const [open, setOpen] = useState(null);
  const toggle = useCall(t('rule.conflict'));
  const flip = (rule) => toggle.run(async () => {
    await call('PUT', `${RULES}/${rule.id}?version=${rule.version}`, { ...bodyOf(rule), enabled: !rule.enabled });
    pollNow();
  });
  const rules = data?.rules;
  return html`<section class="panel setting whole" aria-labelledby="rules">
    <div class="panel-head"><div><h2 id="rules">${t('settings.rules')}</h2><p class="sub">${t('rule.lead')}</p></div><span class="sp" />${canChange && html`<button type="button" class="btn" onClick=${() => setOpen(NEW)}><${Icon} name="plus" />${t('rule.new')}</button>`}</div>
    <${Problem} text=${toggle.problem} />
    ${rules ? html`<div class="scroller" tabindex="0" role="group" aria-labelledby="rules"><table class="key-table">
      <thead><tr>${['name', 'level', 'hold', 'scope'].map((name) => html`<th key=${name} scope="col" class=${name === 'scope' || name === 'hold' ? 'col-server' : ''}>${t(`rule.${name}`)}</th>`)}<th><span class="sr">${t('settings.actions')}</span></th></tr></thead>
      <tbody>${rules.map((rule) => html`<tr key=${rule.id} class=${rule.enabled ? '' : 'ended'}><th scope="row"><bdi>${nameOf(rule, words)}</bdi><small>${rule.kind === 'threshold' ? rule.metric : rule.kind === 'forecast' ? `${t('rulekind.forecast')} · ${rule.metric}` : t(`rulekind.${rule.kind}`)}</small></th>
        <td>${levels(rule, words)}</td><td class="col-server">${rule.hold_seconds ? words.span(rule.hold_seconds) : t('rule.atOnce')}</td><td class="col-server">${scope(rule, t)}</td>
        <td class="number"><span class="buttons">${canChange && html`<button type="button" class="btn small" aria-pressed=${rule.enabled} disabled=${toggle.busy} aria-label=${t('settings.named', { action: t(rule.enabled ? 'rule.isOn' : 'rule.isOff'), name: nameOf(rule, words) })} onClick=${() => flip(rule)}>${t(rule.enabled ? 'rule.isOn' : 'rule.isOff')}</button><button type="button" class="btn small" aria-label=${t('settings.named', { action: t('key.change'), name: nameOf(rule, words) })} onClick=${() => setOpen(rule)}>${t('key.change')}</button>`}</span></td></tr>`)}</tbody></table></div>`
      : error ? html`<p class="note bad">${troubleWords(error, words)}</p>` : html`<div class="bone tall" />`}
    ${open && html`<${Change} key=${open.id ?? 'new'} rule=${open} onClose=${() => setOpen(null)} />`}
  </section>`;
}

function levels(rule, words) {
  const { t } = words;
  if (rule.kind === 'forecast') return `${t(`level.${rule.severity}`)}: ${t('rule.willCross', { level: compact(rule.options.level ?? 100), span: words.span((rule.options.within_hours ?? 24) * 3600) })}`;
  if (rule.kind === 'anomaly') return `${t(`level.${rule.severity}`)}: ${t('rule.unlikeLevel', { n: rule.options.series ?? 5 })}`;
  if (rule.kind === 'outside') return t('outside.asTold');
  if (rule.kind !== 'threshold') return t(`level.${rule.severity}`);
  const sign = rule.above ? '≥' : '≤';
  return [rule.warning != null && `${t('level.warning')} ${sign} ${compact(rule.warning)}`, rule.critical != null && `${t('level.critical')} ${sign} ${compact(rule.critical)}`].filter(Boolean).join(' · ');
}

const compact = (value) => (Math.abs(value) >= 1e6 ? `${value / 1e9} GB` : String(value));

const scope = (rule, t) => [...rule.scope.servers, ...rule.scope.groups, ...rule.scope.tags].join(', ') || t('user.all');

/** Only what most changes are about; the rest of a rule stays as it is. */
function Change({ rule, onClose }) {
  const words = useWords();
  const { t } = words;
  const ask = useCall(t('rule.conflict'));
  const [shown] = useState(nameOf(rule, words));
  const [draft, setDraft] = useState({ ...rule, name: shown });
  const [isSure, setSure] = useState(false);
  const kind = draft.kind ?? 'threshold';
  const isSoon = kind === 'forecast';
  const isLevelled = kind === 'threshold';
  const set = (name, value) => setDraft({ ...draft, [name]: value });
  const figure = (name) => (event) => set(name, event.target.value === '' ? null : Number(event.target.value));
  const save = () => ask.run(async () => {
    // Who left the name alone has not renamed it.
    const body = bodyOf(draft.name === shown ? { ...draft, name: rule.name } : draft);
    await (rule.id === undefined ? post(RULES, body) : call('PUT', `${RULES}/${rule.id}?version=${rule.version}`, body));
    pollNow();
    onClose();
  });
  const remove = async () => {
    await call('DELETE', `${RULES}/${rule.id}`);
    pollNow();
    onClose();
  };
  if (isSure) return html`<${Sure} title=${t('rule.remove')} text=${t('rule.removeSure', { name: nameOf(rule, words) })} onSure=${remove} onClose=${onClose} />`;
  return html`<${FormDialog} title=${t(rule.id === undefined ? 'rule.new' : 'rule.change')} action=${t('action.save')} call=${ask} onSubmit=${save} onClose=${onClose}>
    <${Field} label=${t('rule.name')} name="name" required maxlength="100" value=${draft.name} onInput=${(event) => set('name', event.target.value)} />
    ${rule.id === undefined && html`<div class="field"><span>${t('rule.kind')}</span><${Segmented} label=${t('rule.kind')} value=${kind} choices=${[['threshold', t('rule.kindNow')], ['forecast', t('rule.kindSoon')], ['anomaly', t('rule.kindUnlike')]]}
      onChange=${(other) => setDraft({ ...KINDS[other], name: draft.name, note: draft.note })} /></div>`}
    ${isSoon && html`<${Field} label=${t('rule.metric')} name="metric" required maxlength="100" value=${draft.metric} hint=${t('rule.metricHint')} onInput=${(event) => set('metric', event.target.value.trim())} />
      <${SoonFields} draft=${draft} set=${(changes) => setDraft({ ...draft, ...changes })} />`}
    ${kind === 'anomaly' && html`<${UnlikeFields} draft=${draft} set=${(changes) => setDraft({ ...draft, ...changes })} />`}
    ${isLevelled && html`${rule.id === undefined && html`<${Field} label=${t('rule.metric')} name="metric" required maxlength="100" value=${draft.metric} hint=${t('rule.metricHint')} onInput=${(event) => set('metric', event.target.value.trim())} />`}
      ${['warning', 'critical', 'recovery'].map((name) => html`<${Field} key=${name} label=${t(name === 'recovery' ? 'rule.recovery' : `level.${name}`)} name=${name} type="number" step="any" value=${draft[name] ?? ''} onInput=${figure(name)} />`)}
      <${Field} label=${t('rule.holdSeconds')} name="hold" type="number" min="0" max="86400" value=${draft.hold_seconds} onInput=${(event) => set('hold_seconds', Math.round(Number(event.target.value)))} />
      <${Trial} draft=${draft} />`}
    <label class="field">${t('rule.note')}<textarea class="input" name="note" rows="2" maxlength="2000" value=${draft.note} onInput=${(event) => set('note', event.target.value)}></textarea></label>
    ${rule.id !== undefined && html`<div class="pair start"><button type="button" class="btn small danger" onClick=${() => setSure(true)}>${t('rule.remove')}</button></div>`}<//>`;
}

/** "Would have fired n times in the last 14 days", asked once the levels have stood still for a moment. */
function Trial({ draft }) {
  const words = useWords();
  const { t } = words;
  const { data } = useLive(FLEET, fleetEvery);
  const servers = (data?.servers ?? []).slice(0, MOST_TRIED).map(({ id }) => id);
  const [answer, setAnswer] = useState(null);
  const asked = JSON.stringify([draft.metric, draft.warning, draft.critical, draft.recovery, draft.hold_seconds, servers.length]);
  useEffect(() => {
    if (!servers.length) return undefined;
    let isWanted = true;
    const timer = setTimeout(async () => {
      try {
        const found = await post(`${RULES}/preview`, { rule: { ...bodyOf(draft), name: draft.name || '-' }, servers });
        if (isWanted) setAnswer({ found });
      } catch (refused) {
        if (refused.status === undefined) throw refused;
        if (isWanted) setAnswer({ problem: troubleWords(refused, words) });
      }
    }, SETTLE_MS);
    return () => { isWanted = false; clearTimeout(timer); };
  }, [asked]);
  if (!answer) return html`<p class="note" role="status">${t('rule.trying')}</p>`;
  if (answer.problem) return html`<p class="note wary" role="status">${answer.problem}</p>`;
  const { found } = answer;
  const n = found.servers.reduce((sum, one) => sum + one.incidents, 0);
  const seconds = found.servers.reduce((sum, one) => sum + one.seconds, 0);
  const where = found.servers.filter((one) => one.incidents).length;
  return html`<p class="note" role="status">${n ? t('rule.would', { n, where, span: words.span(Math.max(1, seconds)) }) : t('rule.wouldNot')}</p>`;
}
