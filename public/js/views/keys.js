/** Keys: which there are, when they were last used, making one (its secret seen once) and revoking one. */

import { html, useState } from '../../vendor/preact-htm.js';
import { post, remove } from '../api.js';
import { Copyable } from '../components/copy.js';
import { Dialog } from '../components/dialog.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Icon } from '../components/marks.js';
import { pollNow } from '../live.js';
import { troubleWords } from '../trouble.js';

const PATH = '/api/auth/keys';
const SCOPES = ['write', 'read', 'act'];
const seldom = () => 30;

export function Keys() {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(PATH, seldom);
  const [open, setOpen] = useState(null); // 'new', or the key to revoke
  const close = () => setOpen(null);
  const keys = data?.keys;
  return html`<section class="panel setting whole" aria-labelledby="keys">
    <div class="panel-head"><div><h2 id="keys">${t('settings.keys')}</h2><p class="sub">${t('settings.keysLead')}</p></div><span class="sp" /><button type="button" class="btn" onClick=${() => setOpen('new')}><${Icon} name="plus" />${t('key.new')}</button></div>
    ${keys ? (keys.length ? html`<${Table} keys=${keys} onRevoke=${setOpen} />` : html`<p class="quiet">${t('settings.noKeys')}</p>`)
      : error ? html`<p class="note bad">${troubleWords(error, words)}</p>` : html`<div class="bone" style=${{ height: '120px' }} />`}
    ${open === 'new' ? html`<${NewKey} onClose=${close} />` : open && html`<${Revoke} key=${open.id} one=${open} onClose=${close} />`}
  </section>`;
}

function Table({ keys, onRevoke }) {
  const words = useWords();
  const { t } = words;
  const now = useNow(10);
  return html`<div class="scroller" tabindex="0" role="group" aria-labelledby="keys"><table class="key-table">
    <thead><tr>${['name', 'key', 'scopes', 'server', 'created', 'used'].map((name) => html`<th key=${name} scope="col" class="col-${name}">${t(`key.${name}`)}</th>`)}<th><span class="sr">${t('key.revoke')}</span></th></tr></thead>
    <tbody>${keys.map((key) => {
      const ended = key.revoked_at ? 'key.revoked' : key.expires_at && seconds(key.expires_at) < now ? 'key.expired' : null;
      const used = seconds(key.last_used_at);
      return html`<tr key=${key.id} class=${ended ? 'ended' : ''}><th scope="row">${key.name}</th><td class="mono col-key">${key.prefix}…${key.last4}</td><td>${key.scopes.map((scope) => (words.has(`scope.${scope}`) ? t(`scope.${scope}`) : scope)).join(', ')}</td><td class="col-server">${key.server ?? t('key.anyServer')}</td>
        <td class="col-created">${words.day(seconds(key.created_at))}</td><td>${used ? words.ago(now - used) : t('key.never')}</td><td class="number">${ended ? html`<span class="tag">${t(ended)}</span>` : html`<button type="button" class="btn small" aria-label=${t('key.revokeNamed', { name: key.name })} onClick=${() => onRevoke(key)}>${t('key.revoke')}</button>`}</td></tr>`;
    })}</tbody></table></div>`;
}

/** Times come as epoch seconds or ISO 8601; null stays null. */
const seconds = (time) => (typeof time === 'string' ? Date.parse(time) / 1000 : time);

function NewKey({ onClose }) {
  const words = useWords();
  const { t } = words;
  const [state, setState] = useState({});
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const scopes = form.getAll('scope');
    if (!scopes.length) return setState({ problem: t('key.noScope') });
    setState({ busy: true });
    try {
      const server = form.get('server').trim();
      const { secret } = await post(PATH, { name: form.get('name').trim(), scopes, ...(server && { server }) });
      setState({ secret });
      pollNow();
    } catch (refused) {
      setState({ problem: troubleWords(refused, words) });
    }
    return undefined;
  };
  if (state.secret) {
    return html`<${Dialog} title=${t('key.made')} onClose=${onClose}><${Copyable} text=${state.secret} label=${t('key.key')} /><p class="note wary">${t('key.once')}</p>
      <footer><button type="button" class="btn" onClick=${onClose}>${t('action.close')}</button></footer><//>`;
  }
  return html`<${Dialog} title=${t('key.new')} onClose=${onClose}><form class="form" onSubmit=${submit}>
    <label class="field">${t('key.name')}<input class="input" name="name" required maxlength="100" autocomplete="off" autofocus placeholder=${t('add.keyNameHint')} /></label>
    <fieldset class="scopes"><legend>${t('key.scopes')}</legend>${SCOPES.map((scope) => html`<label key=${scope} class="check"><input type="checkbox" name="scope" value=${scope} defaultChecked=${scope === 'write'} />${t(`scope.${scope}`)}</label>`)}</fieldset>
    <label class="field">${t('key.server')}<input class="input" name="server" maxlength="100" autocomplete="off" placeholder=${t('key.serverHint')} /></label>
    ${state.problem && html`<p class="note bad" role="alert">${state.problem}</p>`}
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.cancel')}</button><button class="btn main" disabled=${state.busy}>${t(state.busy ? 'add.creating' : 'add.create')}</button></footer></form><//>`;
}

function Revoke({ one, onClose }) {
  const words = useWords();
  const { t } = words;
  const [state, setState] = useState({});
  const revoke = async () => {
    setState({ busy: true });
    try {
      await remove(`${PATH}/${encodeURIComponent(one.id)}`);
      pollNow();
      onClose();
    } catch (refused) {
      setState({ problem: troubleWords(refused, words) });
    }
  };
  return html`<${Dialog} title=${t('key.revokeSure')} onClose=${onClose}><p>${t('key.sure', { name: one.name })}</p>${state.problem && html`<p class="note bad" role="alert">${state.problem}</p>`}
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.cancel')}</button><button type="button" class="btn danger" disabled=${state.busy} onClick=${revoke}>${t('key.revokeSure')}</button></footer><//>`;
}
