/** A channel's form: drawn from the fields that its kind has, and below it what the channel wants to hear. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Choice, Field, FormDialog, useCall } from '../components/form.js';
import { useWords } from '../components/hooks.js';
import { pollNow } from '../live.js';

const CHANNELS = '/api/rules/channels';
const LEVELS = ['info', 'warning', 'critical'];
const GROUPS = ['server', 'group', 'rule', 'all'];
const REPEATS = [0, 3600, 14_400, 43_200, 86_400];
const SCOPES = ['servers', 'groups', 'tags'];
const USUAL = { scope: { servers: [], groups: [], tags: [] }, least: 'warning', rules: [], resolved: true, acknowledged: false, group_by: ['server'], wait_seconds: 20, interval_seconds: 300, repeat_seconds: 14_400, budget: 20, quiet: null };
const INPUTS = { url: 'url', number: 'number' };

export const parts = (text) => text.split(',').map((one) => one.trim()).filter(Boolean);
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export function ChannelForm({ channel, kinds, onClose }) {
  const words = useWords();
  const { t } = words;
  const ask = useCall();
  const [kind, setKind] = useState(channel?.kind ?? kinds[0].kind);
  const { fields } = kinds.find((one) => one.kind === kind);
  const policy = channel?.policy ?? USUAL;
  const kept = (field) => channel?.secrets.includes(field.name);
  const submit = (form) => ask.run(async () => {
    const config = {};
    for (const field of fields) {
      const text = form.get(`config.${field.name}`).trim();
      // An empty secret is kept, unless it is to go; nobody is shown it to write it again.
      if (!field.secret || text) config[field.name] = text || null;
      else if (form.get(`drop.${field.name}`)) config[field.name] = null;
    }
    const body = { name: form.get('name').trim(), locale: form.get('locale'), policy: policyOf(form, policy), config };
    await (channel ? call('PATCH', `${CHANNELS}/${channel.id}`, body) : post(CHANNELS, { kind, ...body }));
    pollNow();
    onClose();
  });
  return html`<${FormDialog} title=${t(channel ? 'channel.change' : 'channel.new')} action=${t('action.save')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    ${!channel && html`<label class="field">${t('channel.kind')}<select class="input" name="kind" onChange=${(event) => setKind(event.target.value)}>${kinds.map((one) => html`<option key=${one.kind} value=${one.kind} selected=${one.kind === kind}>${words.said(one.label)}</option>`)}</select></label>`}
    <${Field} label=${t('channel.name')} name="name" required maxlength="100" defaultValue=${channel?.name ?? ''} />
    ${fields.map((field) => html`<${Setting} key=${kind + field.name} field=${field} value=${channel?.config[field.name] ?? ''} isKept=${kept(field)} />`)}
    <${Choice} label=${t('channel.language')} name="locale" value=${channel?.locale ?? words.lang} choices=${[['ko', '한국어'], ['en', 'English']]} />
    <${Hears} policy=${policy} /><//>`;
}

function Setting({ field, value, isKept }) {
  const words = useWords();
  const { t } = words;
  const name = `config.${field.name}`;
  const label = field.required ? words.said(field.label) : t('channel.optional', { name: words.said(field.label) });
  if (field.kind === 'choice') return html`<${Choice} label=${label} name=${name} value=${value} choices=${[...(field.required ? [] : [['', '–']]), ...field.choices.map((one) => [one, one])]} />`;
  const type = field.secret ? 'password' : INPUTS[field.kind] ?? 'text';
  return html`<${Field} label=${label} name=${name} type=${type} autocomplete=${field.secret ? 'new-password' : 'off'} required=${field.required && !isKept} defaultValue=${value} placeholder=${isKept ? t('channel.kept') : ''} hint=${field.help && words.said(field.help)} />
    ${isKept && !field.required && html`<label class="check"><input type="checkbox" name=${`drop.${field.name}`} />${t('channel.drop', { name: words.said(field.label) })}</label>`}`;
}

/** What it wants to hear; most are well served with what is usual, so it is folded away. */
function Hears({ policy }) {
  const words = useWords();
  const { t } = words;
  const [isQuiet, setQuiet] = useState(Boolean(policy.quiet));
  const own = policy.group_by.join(',');
  const groups = GROUPS.includes(own) ? GROUPS : [...GROUPS, own];
  const repeats = [...new Set([...REPEATS, policy.repeat_seconds])].sort((first, second) => first - second);
  const levels = LEVELS.map((level) => [level, t(`level.${level}`)]);
  const quiet = policy.quiet ?? { schedule: { start: '22:00', until: '08:00', timezone: ownZone() }, unless: 'critical' };
  return html`<${Choice} label=${t('channel.least')} name="least" value=${policy.least} choices=${levels} />
    <details><summary>${t('channel.hears')}</summary><div class="form">
      ${SCOPES.map((name) => html`<${Field} key=${name} label=${t(`channelscope.${name}`)} name=${name} maxlength="1000" defaultValue=${policy.scope[name].join(', ')} hint=${t(`channelhint.${name}`)} />`)}
      <label class="check"><input type="checkbox" name="resolved" defaultChecked=${policy.resolved} />${t('channel.resolved')}</label>
      <label class="check"><input type="checkbox" name="acknowledged" defaultChecked=${policy.acknowledged} />${t('channel.acknowledged')}</label>
      <${Choice} label=${t('channel.groupBy')} name="group_by" value=${own} choices=${groups.map((name) => [name, GROUPS.includes(name) ? t(`channelgroup.${name}`) : name])} />
      <${Field} label=${t('channel.wait')} name="wait" type="number" min="0" max="3600" required defaultValue=${policy.wait_seconds} />
      <${Choice} label=${t('channel.repeat')} name="repeat" value=${String(policy.repeat_seconds)} choices=${repeats.map((seconds) => [String(seconds), seconds ? t('channel.every', { span: words.span(seconds) }) : t('channel.noRepeat')])} />
      <${Field} label=${t('channel.budget')} name="budget" type="number" min="1" max="1000" required defaultValue=${policy.budget} hint=${t('channel.budgetHint')} />
      <label class="check"><input type="checkbox" name="isQuiet" checked=${isQuiet} onChange=${(event) => setQuiet(event.target.checked)} />${t('channel.quiet')}</label>
      ${isQuiet && html`<div class="pair start"><${Field} label=${t('channel.quietFrom')} name="quietFrom" type="time" required defaultValue=${quiet.schedule.start} /><${Field} label=${t('channel.quietTo')} name="quietTo" type="time" required defaultValue=${quiet.schedule.until === '24:00' ? '00:00' : quiet.schedule.until} /></div>
        <${Field} label=${t('channel.zone')} name="quietZone" required maxlength="60" defaultValue=${quiet.schedule.timezone} />
        <${Choice} label=${t('channel.unless')} name="unless" value=${quiet.unless} choices=${levels} />`}
    </div></details>`;
}

/** The days of quiet hours, and what else the form does not show, stay as they are. */
function policyOf(form, policy) {
  return {
    ...policy,
    scope: Object.fromEntries(SCOPES.map((name) => [name, parts(form.get(name))])),
    least: form.get('least'),
    resolved: form.has('resolved'),
    acknowledged: form.has('acknowledged'),
    group_by: parts(form.get('group_by')),
    wait_seconds: Number(form.get('wait')),
    repeat_seconds: Number(form.get('repeat')),
    budget: Number(form.get('budget')),
    quiet: form.has('isQuiet') ? {
      schedule: { ...policy.quiet?.schedule, start: form.get('quietFrom'), until: form.get('quietTo'), timezone: form.get('quietZone').trim() },
      unless: form.get('unless'),
    } : null,
  };
}
