/** A modal dialog on the browser's own: the focus goes in, stays in and comes back; Escape and the ground close it. */

import { html, useEffect, useRef } from '../../vendor/preact-htm.js';
import { useWords } from './hooks.js';
import { Icon } from './marks.js';

export function Dialog({ title, onClose, children }) {
  const box = useRef();
  const { t } = useWords();
  useEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  // Escape closes it whatever we say where the reader has not touched the page since: so `close` is what is heard. One
  // that is gone already (another dialog took its place) has no say any more.
  return html`<dialog ref=${box} aria-labelledby="dialog-title" onClose=${() => box.current && onClose()} onMouseDown=${(event) => event.target === box.current && onClose()}>
    <div class="inner">
      <header><h2 id="dialog-title">${title}</h2><span class="sp" /><button type="button" class="btn square plain" aria-label=${t('action.close')} onClick=${onClose}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}
