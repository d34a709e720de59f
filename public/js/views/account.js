/** You: who is signed in, the own password, and the end of this session or of all. */

import { html, useState } from '../../vendor/preact-htm.js';
import { end, post, signOut } from '../api.js';
import { Field, FormDialog, Sure, useCall } from '../components/form.js';
import { useWords } from '../components/hooks.js';

export function Account({ user }) {
  const { t } = useWords();
  const [open, setOpen] = useState(null); // password | everywhere
  const [isChanged, setChanged] = useState(false);
  const close = () => setOpen(null);
  const everywhere = async () => {
    await post('/api/auth/sessions/end', {});
    end();
  };
  return html`<section class="panel setting" aria-labelledby="person"><h2 id="person">${t('settings.person')}</h2>
    <div class="pair"><span class="who"><b><bdi>${user.name || user.email}</bdi></b><br /><span class="sub"><bdi>${user.name && user.email}</bdi> · ${t(`role.${user.role}`)}</span></span></div>
    ${user.tags?.length ? html`<p class="sub">${t('settings.heldTo', { tags: user.tags.join(', ') })}</p>` : null}
    <div class="pair start"><button type="button" class="btn" onClick=${() => { setChanged(false); setOpen('password'); }}>${t('person.password')}</button>
      <button type="button" class="btn" onClick=${signOut}>${t('action.signOut')}</button><button type="button" class="btn" onClick=${() => setOpen('everywhere')}>${t('person.everywhere')}</button></div>
    <p class="sub" role="status">${isChanged && t('person.changed')}</p>
    ${open === 'password' && html`<${Password} onChanged=${() => { setChanged(true); close(); }} onClose=${close} />`}
    ${open === 'everywhere' && html`<${Sure} title=${t('person.everywhere')} text=${t('person.everywhereSure')} onSure=${everywhere} onClose=${close} />`}
  </section>`;
}

function Password({ onChanged, onClose }) {
  const { t } = useWords();
  const ask = useCall();
  const submit = (form) => {
    if (form.get('password') !== form.get('again')) return ask.refuse(t('person.differs'));
    return ask.run(async () => {
      try {
        await post('/api/auth/password', { current: form.get('current'), password: form.get('password') });
      } catch (refused) {
        if (refused.status === 403) return t('person.wrong');
        throw refused;
      }
      onChanged();
      return undefined;
    });
  };
  return html`<${FormDialog} title=${t('person.password')} action=${t('action.save')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <${Field} label=${t('person.current')} name="current" type="password" required autocomplete="current-password" autofocus />
    <${Field} label=${t('person.new')} name="password" type="password" required minlength="10" maxlength="200" autocomplete="new-password" hint=${t('person.newHint')} />
    <${Field} label=${t('person.again')} name="again" type="password" required autocomplete="new-password" /><//>`;
}
