/** What another monitor said of its alert: whose it is, in its words, with the way back and the labels that it came with. */

import { html } from '../../vendor/preact-htm.js';
import { useWords } from '../components/hooks.js';

const MARKED = /^https?:\/\//i; // whatever came from outside leads nowhere else

const leads = (text) => (text && MARKED.test(text) ? text : null);

/** Nothing where a rule of ours told it. */
export function Outside({ alert }) {
  const { t } = useWords();
  if (!alert.source) return null;
  const [there, todo] = [leads(alert.url), leads(alert.note)];
  return html`${alert.description && html`<p><bdi>${alert.description}</bdi></p>`}
    ${alert.note && !todo ? html`<p class="note"><bdi>${alert.note}</bdi></p>` : null}
    <p class="sub">${t('outside.told', { source: alert.source })}${there && html` · <a class="go" href=${there} target="_blank" rel="noopener noreferrer">${t('outside.open', { source: alert.source })}</a>`}${todo && html` · <a class="go" href=${todo} target="_blank" rel="noopener noreferrer">${t('outside.runbook')}</a>`}</p>`;
}

/** Labels and annotations as they came, cut to size by the hub. */
export function Labels({ outside }) {
  const { t } = useWords();
  return ['labels', 'annotations'].map((kind) => {
    const pairs = Object.entries(outside?.[kind] ?? {}).filter(([, text]) => text).sort(([first], [second]) => (first < second ? -1 : 1));
    return pairs.length > 0 && html`<dt key=${kind}>${t(`outside.${kind}`)}</dt><dd><ul>${pairs.map(([name, text]) => html`<li key=${name} class="wraps"><b><bdi>${name}</bdi></b> <bdi>${text}</bdi></li>`)}</ul></dd>`;
  });
}
