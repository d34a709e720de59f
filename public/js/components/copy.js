/** A line to take away: shown whole, copied by one press, or marked where the browser refuses the clipboard. */

import { html, useEffect, useRef, useState } from '../../vendor/preact-htm.js';
import { useWords } from './hooks.js';
import { Icon } from './marks.js';

const TOLD_MS = 2500;

export function Copyable({ text, label, className = '' }) {
  const { t } = useWords();
  const box = useRef();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), TOLD_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Pages without TLS have no clipboard: the marked text needs only Ctrl-C.
      getSelection().selectAllChildren(box.current);
    }
  };

  return html`<div class="copyable ${className}"><code ref=${box} tabindex="0" aria-label=${label}>${text}</code>
    <button type="button" class="btn small" onClick=${copy}><${Icon} name=${isCopied ? 'done' : 'copy'} /><span role="status">${t(isCopied ? 'action.copied' : 'action.copy')}</span></button></div>`;
}
