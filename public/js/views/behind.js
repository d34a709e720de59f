/** What a server stands behind: while one of those is silent, nobody is told that this one is silent too. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call } from '../api.js';
import { Field, FormDialog, useCall } from '../components/form.js';
import { useStore, useWords } from '../components/hooks.js';
import { pollNow } from '../live.js';
import { serverPath } from '../router.js';
import { parts } from './channel-form.js';

export function Behind({ server }) {
  const { t } = useWords();
  const [isOpen, setOpen] = useState(false);
  const role = useStore((state) => state.session.user?.role);
  const canChange = role === 'operator' || role === 'admin';
  const behind = server.settings?.behind ?? [];
  return html`${behind.length ? html`${t('behind.of')} <b><bdi>${behind.join(', ')}</bdi></b>` : null}
    ${canChange && html` <button type="button" class="btn small" onClick=${() => setOpen(true)}>${t(behind.length ? 'behind.change' : 'behind.set')}</button>`}
    ${isOpen && html`<${BehindForm} id=${server.id} behind=${behind} onClose=${() => setOpen(false)} />`}`;
}

function BehindForm({ id, behind, onClose }) {
  const { t } = useWords();
  const ask = useCall();
  const submit = (form) => ask.run(async () => {
    await call('PATCH', serverPath(id), { behind: parts(form.get('behind')) });
    pollNow();
    onClose();
  });
  return html`<${FormDialog} title=${t('behind.title', { id })} action=${t('action.save')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <${Field} label=${t('behind.servers')} name="behind" maxlength="1000" spellcheck=${false} autofocus defaultValue=${behind.join(', ')} hint=${t('behind.hint')} /><//>`;
}
