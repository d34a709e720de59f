/** One answer: its text, what is drawn beside it, how the question was read, where it can be looked up, what to do next. */

import { html, useState } from '../../vendor/preact-htm.js';
import { ask, confirm, decline } from '../asking.js';
import { Copyable } from '../components/copy.js';
import { useWords } from '../components/hooks.js';
import { blocks } from '../markdown.js';
import { troubleWords } from '../trouble.js';
import { Drawn } from './assistant-chart.js';

const MOST_EVIDENCE = 6;

export function Reply({ turn, isLast }) {
  const words = useWords();
  const { t } = words;
  const { reply } = turn;
  return html`<div class="told" lang=${reply.locale}>
    ${reply.stale && html`<span class="tag stale">${t('ask.stale')}</span>`}
    <${Text} text=${reply.answer} />
    <${Drawn} reply=${reply} />
    ${reply.document && html`<${Document} document=${reply.document} />`}
    ${reply.actions.map((action, index) => html`<${Action} key=${action.label} action=${action} turn=${turn} index=${index} />`)}
    <${Evidence} reply=${reply} />
    <${Reading} reply=${reply} />
  </div>
  ${isLast && reply.suggestions.length > 0 && html`<div class="choices">${reply.suggestions.map((one) => html`<button type="button" class="btn small" key=${one} onClick=${() => ask(one)}>${one}</button>`)}</div>`}`;
}

/** Everything is text to the browser, whatever it holds: nothing of an answer becomes markup. */
export function Text({ text }) {
  const list = blocks(text);
  return list.map((block, index) => html`<${Block} key=${index} block=${block} />`);
}

function Block({ block }) {
  const { t } = useWords();
  if (block.kind === 'table') return html`<div class="scroller" tabindex="0" role="group" aria-label=${t('ask.table')}><table><thead><tr>${block.headers.map((cell, at) => html`<th key=${at} scope="col"><${Parts} parts=${cell} /></th>`)}</tr></thead>
    <tbody>${block.rows.map((row, at) => html`<tr key=${at}>${row.map((cell, place) => html`<td key=${place}><${Parts} parts=${cell} /></td>`)}</tr>`)}</tbody></table></div>`;
  if (block.kind === 'code') return html`<${Copyable} text=${block.text} label=${t('ask.command')} />`;
  if (block.kind === 'h') return html`<h3><${Parts} parts=${block.parts} /></h3>`;
  if (block.kind === 'li') return html`<p class="item"><b>${block.number ? `${block.number}.` : '·'}</b><span><${Parts} parts=${block.parts} /></span></p>`;
  return html`<p><${Parts} parts=${block.parts} /></p>`;
}

const Parts = ({ parts }) => parts.map((one) => (one.kind === 'bold' ? html`<b>${one.text}</b>` : one.kind === 'code' ? html`<code>${one.text}</code>` : one.kind === 'link' ? html`<a href=${one.href}>${one.text}</a>` : one.text));

function Evidence({ reply }) {
  const { t } = useWords();
  if (!reply.evidence.length) return null;
  return html`<div class="chips" aria-label=${t('ask.evidence')} role="group">${reply.evidence.slice(0, MOST_EVIDENCE).map((one) => one.url ? html`<a class="tag" key=${`${one.kind} ${one.id}`} href=${one.url.replace(/^\/+(?=#)/, '')}>${t(`askkind.${one.kind}`)}: <bdi>${one.id}</bdi></a>` : html`<span class="tag" key=${`${one.kind} ${one.id}`}>${t(`askkind.${one.kind}`)}: <bdi>${one.id}</bdi></span>`)}</div>`;
}

/** How the question was read. Each chip offers what else could have been meant: choosing it goes on from here. */
function Reading({ reply }) {
  const { t, has } = useWords();
  const [open, setOpen] = useState(null);
  const { intent, entities, restated } = reply.nlu;
  if (['smalltalk', 'out_of_scope', 'clarify'].includes(intent)) return null;
  const chips = [
    ['server', ['servers', 'groups', 'globs', 'tags'].flatMap((slot) => entities[slot] ?? []).join(', ')],
    ['metric', (entities.metrics ?? []).join(', ')],
    ['time', entities.time ? `${shortTime(entities.time.start)} – ${shortTime(entities.time.end)}` : ''],
  ].filter(([, text]) => text);
  const more = open ? t(`askchange.${open}`).split('|') : [];
  return html`<div class="read"><span class="sub">${t('ask.read')} ${has(`askintent.${intent}`) ? t(`askintent.${intent}`) : intent}${restated ? ` · “${restated}”` : ''}</span>
    ${chips.map(([slot, text]) => html`<button type="button" class="tag" key=${slot} aria-expanded=${String(open === slot)} title=${t('ask.changeIt')} onClick=${() => setOpen(open === slot ? null : slot)}><bdi>${text}</bdi> ▾</button>`)}
    ${open && html`<div class="choices" role="group" aria-label=${t('ask.changeIt')}>${more.map((one) => html`<button type="button" class="btn small" key=${one} onClick=${() => { setOpen(null); ask(one); }}>${one}</button>`)}</div>`}</div>`;
}

const shortTime = (iso) => iso.slice(5, 16).replace('T', ' ');

function Action({ action, turn, index }) {
  const words = useWords();
  const { t } = words;
  const { outcome, done, error } = action;
  if (outcome === 'done') return html`<div class="act is-done" role="status"><${Text} text=${done.answer} />
    ${(done.actions ?? []).map((one) => html`<${Undo} key=${one.label} action=${one} locale=${turn.reply.locale} />`)}</div>`;
  if (outcome === 'declined') return html`<p class="act sub" role="status">${t('ask.declined')}</p>`;
  return html`<div class="act"><b>${action.label}</b>
    ${error && html`<p class="note bad" role="alert">${troubleWords(error, words)}</p>`}
    ${action.confirm_token
      ? html`<div class="pair start"><button type="button" class="btn main small" disabled=${outcome === 'busy'} onClick=${() => confirm(turn.key, index)}>${t('ask.confirm')}</button>
        <button type="button" class="btn small" disabled=${outcome === 'busy'} onClick=${() => decline(turn.key, index)}>${t('action.cancel')}</button></div>`
      : html`<p class="sub">${t('ask.mayNot')}</p>`}</div>`;
}

function Undo({ action, locale }) {
  const words = useWords();
  const [state, setState] = useState({});
  const undo = async () => {
    setState({ busy: true });
    const { post } = await import('../api.js');
    try {
      setState({ done: await post('/api/chat/confirm', { token: action.confirm_token, locale }) });
    } catch (error) {
      setState({ error });
    }
  };
  if (state.done) return html`<${Text} text=${state.done.answer} />`;
  return html`${state.error && html`<p class="note bad" role="alert">${troubleWords(state.error, words)}</p>`}<button type="button" class="btn small" disabled=${state.busy} onClick=${undo}>${action.label}</button>`;
}

/** A report, to be kept or printed. */
function Document({ document: { title, markdown, html: page } }) {
  const { t } = useWords();
  const save = (text, type, ending) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${title.replace(/[^\p{L}\p{N}._-]+/gu, '-')}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return html`<div class="pair start"><button type="button" class="btn small" onClick=${() => save(page, 'text/html', 'html')}>${t('ask.saveHtml')}</button><button type="button" class="btn small" onClick=${() => save(markdown, 'text/markdown', 'md')}>${t('ask.saveMarkdown')}</button></div>`;
}
