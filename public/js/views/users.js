/** Users and roles: who may come in, and what they may do and see. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Copyable } from '../components/copy.js';
import { Dialog } from '../components/dialog.js';
import { Choice, Field, FormDialog, listed, seconds, Sure, useCall } from '../components/form.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Icon } from '../components/marks.js';
import { pollNow } from '../live.js';
import { troubleWords } from '../trouble.js';

const USERS = '/api/auth/users';
const ROLES = ['viewer', 'operator', 'admin'];
const seldom = () => 30;

export function Users({ me }) {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(USERS, seldom);
  const [open, setOpen] = useState(null); // 'new', or the user to change
  const users = data?.users;
  const now = useNow(10);
  return html`<section class="panel setting whole" aria-labelledby="users">
    <div class="panel-head"><div><h2 id="users">${t('settings.users')}</h2><p class="sub">${t('user.lead')}</p></div><span class="sp" /><button type="button" class="btn" onClick=${() => setOpen('new')}><${Icon} name="plus" />${t('user.new')}</button></div>
    ${users ? html`<div class="scroller" tabindex="0" role="group" aria-labelledby="users"><table class="key-table">
      <thead><tr>${['name', 'role', 'sees', 'signedIn'].map((name) => html`<th key=${name} scope="col" class=${name === 'sees' ? 'col-server' : ''}>${t(`user.${name}`)}</th>`)}<th><span class="sr">${t('settings.actions')}</span></th></tr></thead>
      <tbody>${users.map((one) => html`<tr key=${one.id} class=${one.disabled ? 'ended' : ''}><th scope="row"><bdi>${one.name}</bdi><small><bdi>${one.email}</bdi></small></th>
        <td>${t(`role.${one.role}`)}</td><td class="col-server">${one.tags?.length ? html`<bdi>${one.tags.join(', ')}</bdi>` : t('user.all')}</td>
        <td>${one.disabled ? html`<span class="tag">${t('user.disabled')}</span>` : one.signed_in_at ? words.ago(now - seconds(one.signed_in_at)) : t('key.never')}</td>
        <td class="number"><button type="button" class="btn small" aria-label=${t('settings.named', { action: t('key.change'), name: one.name })} onClick=${() => setOpen(one)}>${t('key.change')}</button></td></tr>`)}</tbody></table></div>`
      : error ? html`<p class="note bad">${troubleWords(error, words)}</p>` : html`<div class="bone tall" />`}
    ${open === 'new' ? html`<${NewUser} onClose=${() => setOpen(null)} />` : open && html`<${ChangeUser} key=${open.id} one=${open} isMe=${open.id === me} onClose=${() => setOpen(null)} />`}
  </section>`;
}

const roleChoices = (t) => ROLES.map((role) => [role, `${t(`role.${role}`)} – ${t(`rolemay.${role}`)}`]);
const tagsOf = (form) => (form.get('role') === 'admin' || !listed(form.get('tags')).length ? null : listed(form.get('tags')));

function Password({ email, password, onClose }) {
  const { t } = useWords();
  return html`<${Dialog} title=${t('user.password')} onClose=${onClose}><p>${t('user.passwordOf', { email })}</p><${Copyable} text=${password} label=${t('user.password')} /><p class="note wary">${t('user.passwordOnce')}</p>
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.close')}</button></footer><//>`;
}

function NewUser({ onClose }) {
  const { t } = useWords();
  const [made, setMade] = useState(null);
  const ask = useCall(t('user.exists'));
  const submit = (form) => ask.run(async () => {
    const answer = await post(USERS, { email: form.get('email').trim(), name: form.get('name').trim(), role: form.get('role'), tags: tagsOf(form) });
    setMade({ email: answer.user.email, password: answer.password });
    pollNow();
  });
  if (made) return html`<${Password} ...${made} onClose=${onClose} />`;
  return html`<${FormDialog} title=${t('user.new')} action=${t('user.add')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <${Field} label=${t('user.email')} name="email" type="email" required maxlength="200" autofocus />
    <${Field} label=${t('user.name')} name="name" maxlength="100" />
    <${Choice} label=${t('user.role')} name="role" value="viewer" choices=${roleChoices(t)} />
    <${Field} label=${t('user.tags')} name="tags" maxlength="1000" placeholder="team:payment" hint=${t('user.tagsHint')} /><//>`;
}

function ChangeUser({ one, isMe, onClose }) {
  const { t } = useWords();
  const [next, setNext] = useState(null); // {password}, or what is to be confirmed
  const ask = useCall(t('user.lastAdmin'));
  const path = `${USERS}/${encodeURIComponent(one.id)}`;
  const submit = (form) => ask.run(async () => {
    const role = form.get('role');
    const disabled = form.get('disabled') === 'on';
    await call('PATCH', path, { name: form.get('name').trim() || one.email, role, tags: tagsOf(form), ...(!isMe && { disabled }) });
    pollNow();
    onClose();
  });
  const acts = {
    password: async () => setNext({ password: (await post(`${path}/password`, {})).password }),
    sessions: async () => { await post(`${path}/sessions/end`, {}); onClose(); },
    remove: async () => { await call('DELETE', path); pollNow(); onClose(); },
  };
  if (next?.password) return html`<${Password} email=${one.email} password=${next.password} onClose=${onClose} />`;
  if (next) return html`<${Sure} title=${t(`userdo.${next}`)} text=${t(`usersure.${next}`, { name: one.name })} conflict=${t('user.lastAdmin')} onSure=${acts[next]} onClose=${() => setNext((now) => (typeof now === 'string' ? null : now))} />`;
  return html`<${FormDialog} title=${one.email} action=${t('action.save')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <${Field} label=${t('user.name')} name="name" maxlength="100" defaultValue=${one.name} />
    <${Choice} label=${t('user.role')} name="role" value=${one.role} choices=${roleChoices(t)} />
    <${Field} label=${t('user.tags')} name="tags" maxlength="1000" placeholder="team:payment" hint=${t('user.tagsHint')} defaultValue=${one.tags?.join(', ')} />
    ${!isMe && html`<label class="check"><input type="checkbox" name="disabled" defaultChecked=${one.disabled} />${t('user.disable')}</label>`}
    ${!isMe && html`<div class="pair start">${Object.keys(acts).map((what) => html`<button key=${what} type="button" class="btn small ${what === 'remove' ? 'danger' : ''}" onClick=${() => setNext(what)}>${t(`userdo.${what}`)}</button>`)}</div>`}<//>`;
}
