/** Keys: which there are, when they were last used, and what may be done with them. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call } from '../api.js';
import { Sure, seconds } from '../components/form.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Icon } from '../components/marks.js';
import { pollNow } from '../live.js';
import { troubleWords } from '../trouble.js';
import { ChangeKey, KEYS, NewKey, RotateKey } from './key-forms.js';

const seldom = () => 30;
const DIALOGS = { new: NewKey, change: ChangeKey, rotate: RotateKey, revoke: Revoke };

export function Keys() {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(KEYS, seldom);
  const [open, setOpen] = useState(null); // {what, one}
  const keys = data?.keys;
  const Opened = open && DIALOGS[open.what];
  return html`<section class="panel setting whole" aria-labelledby="keys">
    <div class="panel-head"><div><h2 id="keys">${t('settings.keys')}</h2><p class="sub">${t('settings.keysLead')}</p></div><span class="sp" /><button type="button" class="btn" onClick=${() => setOpen({ what: 'new' })}><${Icon} name="plus" />${t('key.new')}</button></div>
    ${keys ? (keys.length ? html`<${Table} keys=${keys} onOpen=${setOpen} />` : html`<p class="quiet">${t('settings.noKeys')}</p>`)
      : error ? html`<p class="note bad">${troubleWords(error, words)}</p>` : html`<div class="bone tall" />`}
    ${Opened && html`<${Opened} key=${`${open.what} ${open.one?.id}`} one=${open.one} onClose=${() => setOpen(null)} />`}
  </section>`;
}

function Table({ keys, onOpen }) {
  const { t } = useWords();
  const now = useNow(10);
  const isOver = (one) => Boolean(one.revoked_at || (one.expires_at && seconds(one.expires_at) < now));
  const over = keys.filter(isOver);
  const [isFolded, fold] = useState(true);
  const shown = [...keys.filter((one) => !isOver(one)), ...(isFolded ? [] : over)];
  return html`<div class="scroller" tabindex="0" role="group" aria-labelledby="keys"><table class="key-table">
    <thead><tr>${['name', 'key', 'scopes', 'server', 'created', 'used'].map((name) => html`<th key=${name} scope="col" class="col-${name}">${t(`key.${name}`)}</th>`)}<th><span class="sr">${t('settings.actions')}</span></th></tr></thead>
    <tbody>${shown.map((one) => html`<${Row} key=${one.id} one=${one} now=${now} onOpen=${onOpen} />`)}</tbody></table></div>
    ${over.length ? html`<button type="button" class="btn small plain" aria-expanded=${!isFolded} onClick=${() => fold(!isFolded)}>${t('key.over', { n: over.length })}</button>` : null}`;
}

/** The hub writes it down once an hour, so nearer than that nobody knows. */
function usedWords(used, now, words) {
  if (!used) return words.t('key.never');
  return now - used < 3600 ? words.t('key.lately') : words.ago(now - used);
}

function Row({ one, now, onOpen }) {
  const words = useWords();
  const { t } = words;
  const ended = one.revoked_at ? 'key.revoked' : one.expires_at && seconds(one.expires_at) < now ? 'key.expired' : null;
  const used = seconds(one.last_used_at);
  const bound = [one.server, ...(one.tags ?? []), ...(one.cidrs ?? [])].filter(Boolean);
  const until = !ended && seconds(one.expires_at);
  const overlap = !ended && seconds(one.former_until);
  const button = (what) => html`<button type="button" class="btn small" aria-label=${t('settings.named', { action: t(`key.${what}`), name: one.name })} onClick=${() => onOpen({ what, one })}>${t(`key.${what}`)}</button>`;
  return html`<tr class=${ended ? 'ended' : ''}>
    <th scope="row"><bdi>${one.name}</bdi>${until ? html`<small>${t('key.until', { at: words.day(until) })}</small>` : null}${overlap > now ? html`<small>${t('key.overlap', { span: words.span(overlap - now) })}</small>` : null}</th>
    <td class="mono col-key">${one.prefix}…${one.last4}</td>
    <td class="col-scopes">${one.scopes.map((scope) => (words.has(`scope.${scope}`) ? t(`scope.${scope}`) : scope)).join(', ')}</td>
    <td class="col-server">${bound.length ? html`<bdi>${bound.join(', ')}</bdi>` : t('key.anyServer')}</td>
    <td class="col-created">${words.day(seconds(one.created_at))}</td><td>${usedWords(used, now, words)}</td>
    <td class="number">${ended ? html`<span class="tag">${t(ended)}</span>` : html`<span class="buttons">${button('change')}${button('rotate')}${button('revoke')}</span>`}</td></tr>`;
}

function Revoke({ one, onClose }) {
  const { t } = useWords();
  const revoke = async () => {
    await call('DELETE', `${KEYS}/${encodeURIComponent(one.id)}`);
    pollNow();
  };
  return html`<${Sure} title=${t('key.revokeSure')} text=${t('key.sure', { name: one.name })} onSure=${revoke} onClose=${onClose} />`;
}
