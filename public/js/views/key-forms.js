/** Making a key, changing what it is bound to, and giving it a new secret. A secret is seen once. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Copyable } from '../components/copy.js';
import { Dialog } from '../components/dialog.js';
import { Choice, Field, FormDialog, listed, seconds, useCall } from '../components/form.js';
import { useWords } from '../components/hooks.js';
import { pollNow } from '../live.js';

export const KEYS = '/api/auth/keys';
const SCOPES = ['write', 'read', 'act'];
const OVERLAPS = [0, 3600, 86_400, 604_800];
const DAY = 86_400;

/** The hub's form of what the three fields say; a day is whole in the reader's own zone. */
const bindings = (form) => ({
  tags: listed(form.get('tags')).length ? listed(form.get('tags')) : null,
  cidrs: listed(form.get('cidrs')),
  expires_at: form.get('expires') ? new Date(`${form.get('expires')}T23:59:59`).toISOString() : null,
});

const dayOf = (time) => {
  const local = new Date(time * 1000);
  return new Date(local - local.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
};

function Bindings({ one }) {
  const { t } = useWords();
  const until = seconds(one?.expires_at);
  return html`<${Field} label=${t('key.tags')} name="tags" maxlength="1000" placeholder="team:payment" hint=${t('key.tagsHint')} defaultValue=${one?.tags?.join(', ')} />
    <${Field} label=${t('key.cidrs')} name="cidrs" maxlength="1000" placeholder="10.0.0.0/8" hint=${t('key.cidrsHint')} defaultValue=${one?.cidrs?.join(', ')} />
    <${Field} label=${t('key.expires')} name="expires" type="date" min=${dayOf(Date.now() / 1000 + DAY)} hint=${t('key.expiresHint')} defaultValue=${until ? dayOf(until) : ''} />`;
}

function Secret({ title, secret, onClose }) {
  const { t } = useWords();
  return html`<${Dialog} title=${title} onClose=${onClose}><${Copyable} text=${secret} label=${t('key.key')} /><p class="note wary">${t('key.once')}</p>
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.close')}</button></footer><//>`;
}

export function NewKey({ onClose }) {
  const { t } = useWords();
  const [secret, setSecret] = useState(null);
  const ask = useCall();
  const submit = (form) => {
    const scopes = form.getAll('scope');
    if (!scopes.length) return ask.refuse(t('key.noScope'));
    const server = form.get('server').trim();
    return ask.run(async () => {
      const made = await post(KEYS, { name: form.get('name').trim(), scopes, ...(server && { server }), ...bindings(form) });
      setSecret(made.secret);
      pollNow();
    });
  };
  if (secret) return html`<${Secret} title=${t('key.made')} secret=${secret} onClose=${onClose} />`;
  return html`<${FormDialog} title=${t('key.new')} action=${t(ask.busy ? 'add.creating' : 'add.create')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <${Field} label=${t('key.name')} name="name" required maxlength="100" autofocus placeholder=${t('add.keyNameHint')} />
    <fieldset class="scopes"><legend>${t('key.scopes')}</legend>${SCOPES.map((scope) => html`<label key=${scope} class="check"><input type="checkbox" name="scope" value=${scope} defaultChecked=${scope === 'write'} />${t(`scope.${scope}`)}</label>`)}</fieldset>
    <${Field} label=${t('key.server')} name="server" maxlength="100" placeholder=${t('key.serverHint')} />
    <details><summary>${t('key.more')}</summary><div class="form"><${Bindings} /></div></details><//>`;
}

export function ChangeKey({ one, onClose }) {
  const { t } = useWords();
  const ask = useCall();
  const submit = (form) => ask.run(async () => {
    await call('PATCH', `${KEYS}/${encodeURIComponent(one.id)}`, { name: form.get('name').trim(), ...bindings(form) });
    pollNow();
    onClose();
  });
  return html`<${FormDialog} title=${t('key.changeTitle')} action=${t('action.save')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <${Field} label=${t('key.name')} name="name" required maxlength="100" defaultValue=${one.name} />
    <p class="sub">${t('key.fixed', { scopes: one.scopes.map((scope) => t(`scope.${scope}`)).join(', '), server: one.server ?? t('key.anyServer') })}</p>
    <${Bindings} one=${one} /><//>`;
}

export function RotateKey({ one, onClose }) {
  const words = useWords();
  const { t } = words;
  const [secret, setSecret] = useState(null);
  const ask = useCall();
  const submit = (form) => ask.run(async () => {
    const made = await post(`${KEYS}/${encodeURIComponent(one.id)}/rotate`, { overlap_seconds: Number(form.get('overlap')) });
    setSecret(made.secret);
    pollNow();
  });
  if (secret) return html`<${Secret} title=${t('key.rotated')} secret=${secret} onClose=${onClose} />`;
  return html`<${FormDialog} title=${t('key.rotateTitle', { name: one.name })} action=${t('key.rotateDo')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <p>${t('key.rotateLead')}</p>
    <${Choice} label=${t('key.overlapLabel')} name="overlap" value=${DAY} choices=${OVERLAPS.map((span) => [span, span ? words.span(span) : t('key.noOverlap')])} /><//>`;
}
