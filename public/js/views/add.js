/** Adding a server: a key, what to paste into which client, and the first sample seen as it comes. */

import { html, useEffect, useState } from '../../vendor/preact-htm.js';
import { post } from '../api.js';
import { Copyable } from '../components/copy.js';
import { Field, Problem, seconds, useCall } from '../components/form.js';
import { useLive, useNow, useStore, useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { pollNow } from '../live.js';
import { SECRET, secretOf } from '../recipes.js';
import { Arrivals } from './add-arrivals.js';
import { Clients } from './add-clients.js';
import { KEYS } from './key-forms.js';

export function View({ query }) {
  const { t } = useWords();
  const user = useStore((state) => state.session.user);
  const [chosen, choose] = useState(null); // {id, name, prefix, secret?}
  const isAdmin = user?.role === 'admin';
  return html`<h1>${t('add.title')}</h1><p class="sub add-lead">${t('add.lead')}</p>
    ${isAdmin ? html`<div class="adding"><div class="form">
        <section class="panel setting" aria-labelledby="key"><h2 id="key">${t('add.key')}</h2>${chosen ? html`<${Chosen} chosen=${chosen} onAnother=${() => choose(null)} />` : html`<${Choose} onChoose=${choose} />`}</section>
        <${Clients} asked=${query.client} secret=${secretOf(chosen)} />
      </div><${Arrivals} chosen=${chosen} client=${query.client} /></div>` : html`<p class="note">${t('add.forAdmins')}</p>`}`;
}

function Choose({ onChoose }) {
  const { t } = useWords();
  const [mode, setMode] = useState('made');
  return html`<div class="form"><${Segmented} label=${t('add.which')} value=${mode} choices=${['made', 'known'].map((one) => [one, t(`addkey.${one}`)])} onChange=${setMode} />
    ${mode === 'made' ? html`<${Make} onMade=${onChoose} />` : html`<${Known} onChoose=${onChoose} />`}
    <p class="sub">${t('add.noKeyYet', { text: SECRET })}</p></div>`;
}

function Make({ onMade }) {
  const { t } = useWords();
  const ask = useCall();
  const submit = (event) => {
    event.preventDefault();
    const name = event.target.elements.name.value.trim();
    ask.run(async () => {
      const { key, secret } = await post(KEYS, { name, scopes: ['write'] });
      onMade({ ...key, secret });
      pollNow();
    });
  };
  return html`<form class="form" onSubmit=${submit}><p class="sub">${t('add.keyLead')}</p>
    <div class="key-row"><${Field} label=${t('add.keyName')} name="name" required maxlength="100" placeholder=${t('add.keyNameHint')} /><button class="btn main" disabled=${ask.busy}>${t(ask.busy ? 'add.creating' : 'add.create')}</button></div>
    <${Problem} text=${ask.problem} /></form>`;
}

function Known({ onChoose }) {
  const { t } = useWords();
  const now = useNow(10);
  const { data } = useLive(KEYS, () => 30);
  if (!data) return html`<div class="bone tall" />`;
  const good = data.keys.filter((one) => one.scopes.includes('write') && !one.revoked_at && !(seconds(one.expires_at) < now && one.expires_at));
  if (!good.length) return html`<p class="quiet">${t('add.noKeys')}</p>`;
  return html`<label class="field">${t('add.which')}<select class="input" onChange=${(event) => onChoose(good.find(({ id }) => id === event.target.value) ?? null)}>
    <option value="">${t('add.choose')}</option>${good.map((one) => html`<option key=${one.id} value=${one.id}>${one.name} (${one.prefix}…${one.last4})</option>`)}</select></label>`;
}

function Chosen({ chosen, onAnother }) {
  const { t } = useWords();
  const bound = [chosen.server, ...(chosen.tags ?? []), ...(chosen.cidrs ?? [])].filter(Boolean);
  useEffect(() => { document.querySelector('.adding [role=tab][aria-selected=true]')?.focus({ preventScroll: true }); }, []);
  return html`<div class="form"><p class="note wary">${chosen.secret ? t('add.once', { name: chosen.name }) : t('add.withoutSecret', { name: chosen.name, text: secretOf(chosen) })}</p>
    ${chosen.secret && html`<${Copyable} text=${chosen.secret} label=${t('add.key')} />`}
    <div class="head-line">${!chosen.secret && html`<span class="mono">${chosen.prefix}…${chosen.last4}</span>`}${bound.length > 0 && html`<span class="sub">${t('add.bound', { text: bound.join(', ') })}</span>`}<span class="sp" /><button type="button" class="btn small" onClick=${onAnother}>${t('add.another')}</button></div></div>`;
}
