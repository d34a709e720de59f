/** What happened while the page was open, one line each, until it is read or a while has passed. */

import { html, useEffect } from '../../vendor/preact-htm.js';
import { useWords } from '../components/hooks.js';
import { Glyph, Icon } from '../components/marks.js';
import { address } from '../router.js';

const STAYS_MS = 15_000; // what is critical stays until it is closed

export const View = ({ toasts, onClose }) => html`<div class="toasts" role="status" aria-live="polite">${toasts.map((toast) => html`<${Toast} key=${toast.key} toast=${toast} onClose=${() => onClose(toast.key)} />`)}</div>`;

function Toast({ toast: { kind, lead, count }, onClose }) {
  const words = useWords();
  const { t } = words;
  const stays = kind === 'opened' && lead.severity === 'critical';
  useEffect(() => {
    if (stays) return undefined;
    const timer = setTimeout(onClose, STAYS_MS);
    return () => clearTimeout(timer);
  }, []);
  const status = kind === 'ended' ? 'ok' : lead.severity === 'info' ? 'stale' : lead.severity;
  return html`<div class="toast is-${status}"><${Glyph} status=${status} />
    <a href=${address('alerts', count > 1 ? {} : { id: lead.id })} onClick=${onClose}><b>${t(`toast.${kind}`)} · <bdi>${lead.server ?? t(lead.source ? 'outside.nowhere' : 'alert.fleet')}</bdi></b><span><bdi>${words.said(lead.text)}</bdi>${count > 1 && ` ${t('toast.more', { n: count - 1 })}`}</span></a>
    <button type="button" class="btn square plain" aria-label=${t('toast.close')} onClick=${onClose}>×</button></div>`;
}
