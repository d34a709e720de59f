/** Adding a server: a key, the one line to run with it, and the first report seen as it comes. */

import { html, useEffect, useRef, useState } from '../../vendor/preact-htm.js';
import { hubNow, post } from '../api.js';
import { Copyable } from '../components/copy.js';
import { Dialog } from '../components/dialog.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Glyph } from '../components/marks.js';
import { pollNow } from '../live.js';
import { address, FLEET } from '../router.js';
import { troubleWords } from '../trouble.js';

const LONG_SECONDS = 60;
const often = () => 5;

export function View({ onClose }) {
  const { t } = useWords();
  const [made, setMade] = useState(null);
  return html`<${Dialog} title=${t('add.title')} onClose=${onClose}>
    ${made ? html`<${Install} secret=${made.secret} since=${made.at} onClose=${onClose} />` : html`<${NameKey} onMade=${setMade} />`}<//>`;
}

function NameKey({ onMade }) {
  const words = useWords();
  const { t } = words;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { secret } = await post('/api/auth/keys', { name: event.target.elements.name.value.trim(), scopes: ['write'] });
      onMade({ secret, at: hubNow() });
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  return html`<form class="form" onSubmit=${submit}><p class="sub">${t('add.lead')}</p>
    <label class="field">${t('add.keyName')}<input class="input" name="name" required maxlength="100" autocomplete="off" autofocus placeholder=${t('add.keyNameHint')} /></label>
    ${error && html`<p class="note bad" role="alert">${troubleWords(error, words)}</p>`}
    <footer><button class="btn main" disabled=${busy}>${t(busy ? 'add.creating' : 'add.create')}</button></footer></form>`;
}

/** The install script's own words: `install.sh` documents them. */
export const installLine = (origin, secret) => `curl -fsSL ${origin}/install.sh | sudo sh -s -- --hub ${origin} --key ${secret}`;

function Install({ secret, since, onClose }) {
  const { t } = useWords();
  const arrived = useArrival(since);
  const now = useNow();
  return html`<div class="form">
    <p>${t('add.run')}</p>
    <${Copyable} text=${installLine(location.origin, secret)} label=${t('add.run')} />
    <p class="note wary">${t('add.once')}</p>
    <div class="arrival ${arrived ? 'has-come' : ''}" role="status">
      ${arrived
        ? html`<${Glyph} status="ok" /><b>${t('add.arrived', { id: arrived })}</b>`
        : html`<i class="waiting" aria-hidden="true" /><span>${now - since > LONG_SECONDS ? withCode(t('add.stillWaiting', { origin: location.origin })) : t('add.waiting')}</span>`}
    </div>
    <footer><button type="button" class="btn" onClick=${onClose}>${t('action.close')}</button>
      ${arrived && html`<a class="btn main" href=${address('server', { id: arrived })}>${t('add.open', { id: arrived })}</a>`}</footer>
  </div>`;
}

/** The first server that is new, or that was silent when the key was made and has reported since; then it stays. */
function useArrival(since) {
  const { data } = useLive(FLEET, often);
  const before = useRef(null);
  const [arrived, setArrived] = useState(null);
  useEffect(() => {
    if (!data || arrived) return;
    before.current ??= new Set(data.servers.filter(({ status }) => status !== 'offline' && status !== 'stale').map(({ id }) => id));
    const come = data.servers.find(({ id, last_seen_epoch: at }) => !before.current.has(id) && at > since);
    if (come) setArrived(come.id);
  }, [data]);
  useEffect(pollNow, []);
  return arrived;
}

const withCode = (text) => text.split('`').map((part, index) => (index % 2 ? html`<code>${part}</code>` : part));
