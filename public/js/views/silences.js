/** Silences and maintenance windows: what is silent now, what will be, and what was within the last week. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Problem, Sure } from '../components/form.js';
import { useLive, useWords } from '../components/hooks.js';
import { Icon } from '../components/marks.js';
import { pollNow } from '../live.js';
import { ruleCalled } from '../rule-names.js';
import { troubleWords } from '../trouble.js';
import { ownZone } from './channel-form.js';
import { SCOPES, SilenceForm, SILENCES, windowTold } from './silence-form.js';

const ORDER = ['active', 'scheduled', 'over'];
const SHAPES = { active: 'warning', scheduled: 'ok', over: 'stale' };
const RULES = '/api/rules';
const every = () => 15;
const seldom = () => 30;

export function Silences({ canChange }) {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(SILENCES, every);
  const { data: known } = useLive(RULES, seldom);
  const about = (one) => aboutOf(one, known?.rules ?? [], words);
  const [open, setOpen] = useState(null); // 'new', or {one, act}
  const found = data?.silences;
  const silences = found && ORDER.flatMap((state) => found.filter((one) => one.state === state));
  const button = (one, act) => html`<button type="button" class="btn small" aria-label=${t('settings.named', { action: t(`silencedo.${act}`), name: one.comment || about(one) })} onClick=${() => setOpen({ one, act })}>${t(`silencedo.${act}`)}</button>`;
  return html`<section class="panel setting whole" aria-labelledby="silences">
    <div class="panel-head"><div><h2 id="silences">${t('settings.silences')}</h2><p class="sub">${t('silence.lead')}</p></div><span class="sp" />${canChange && html`<button type="button" class="btn" onClick=${() => setOpen('new')}><${Icon} name="plus" />${t('silence.new')}</button>`}</div>
    ${!silences ? error ? html`<${Problem} text=${troubleWords(error, words)} />` : html`<div class="bone tall" />`
      : !silences.length ? html`<p class="quiet">${t('silence.none')}</p>`
        : html`<ul class="reach">${silences.map((one) => html`<li key=${one.id} class=${one.state === 'over' ? 'ended' : ''}>
          <div class="who"><b><bdi>${about(one)}</bdi></b> <span class="tag ${SHAPES[one.state]}">${t(`silencestate.${one.state}`)}</span>
            <span class="sub">${when(one, words)}</span><span class="sub">${[one.comment, one.by].filter(Boolean).map((text, place) => html`${place ? ' · ' : ''}<bdi>${text}</bdi>`)}</span></div>
          ${canChange && one.state !== 'over' && html`<span class="buttons">${button(one, 'change')}${button(one, one.state === 'active' ? 'end' : 'remove')}</span>`}</li>`)}</ul>`}
    ${open === 'new' && html`<${SilenceForm} onClose=${() => setOpen(null)} />`}
    ${open?.act === 'change' ? html`<${SilenceForm} key=${open.one.id} one=${open.one} onClose=${() => setOpen(null)} />` : open?.act && html`<${Sure} title=${t(`silencedo.${open.act}`)} text=${t(`silencesure.${open.act}`)} onSure=${() => done(open)} onClose=${() => setOpen(null)} />`}
  </section>`;
}

async function done({ one, act }) {
  await (act === 'end' ? post(`${SILENCES}/${one.id}/end`, {}) : call('DELETE', `${SILENCES}/${one.id}`));
  pollNow();
}

/** A rule that is gone has its id left. */
function aboutOf(one, rules, { t, lang }) {
  const called = (id) => ruleCalled(id, rules.find((rule) => rule.id === id)?.name ?? id, lang);
  if (one.incidents.length) return t('silence.incidents', { n: one.incidents.length });
  const named = [...SCOPES.flatMap((name) => one.scope[name]), ...one.rules.map(called), one.metric].filter(Boolean);
  return named.join(', ') || t('silence.all');
}

function when(one, { t, lang }) {
  const zone = one.recurrence ? one.timezone : ownZone();
  if (!one.recurrence) return windowTold({ from_epoch: one.starts_epoch, to_epoch: one.ends_epoch }, zone, t, lang);
  const next = one.next[0];
  return `${one.recurrence} (${one.timezone})${next ? ` · ${t('silence.next', { window: windowTold(next, zone, t, lang) })}` : ''}`;
}
