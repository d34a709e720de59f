/** A silence or a maintenance window, with when it will be told while it is still being written. */

import { html, useEffect, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { inZone } from '../checks.js';
import { Choice, Field, FormDialog, useCall } from '../components/form.js';
import { useWords } from '../components/hooks.js';
import { Segmented } from '../components/marks.js';
import { useSettled } from '../components/settled.js';
import { pollNow } from '../live.js';
import { fieldTime } from '../quantities.js';
import { troubleWords } from '../trouble.js';
import { ownZone, parts } from './channel-form.js';

export const SILENCES = '/api/rules/silences';
export const SCOPES = ['servers', 'groups', 'tags'];
const MODES = ['now', 'once', 'recurring'];
const SPANS = [3600, 14_400, 86_400, 604_800, 0];

/** `about` is what it is of from the start: {servers, rules, metric, incidents, told}; `told` says it in words. `one` is changed. */
export function SilenceForm({ about = {}, one, onClose }) {
  const words = useWords();
  const { t } = words;
  const ask = useCall();
  const [first] = useState(() => (one ? draftOf(one) : { mode: 'now', servers: (about.servers ?? []).join(', '), groups: '', tags: '', metric: about.metric ?? '', comment: '', span: 3600, starts: '', ends: '', recurrence: '0 3 * * 0', minutes: 60, zone: ownZone() }));
  const [draft, setDraft] = useState(first);
  const set = (name) => (event) => setDraft({ ...draft, [name]: event.target.value });
  const body = bodyOf(draft, one ?? about);
  const coming = useComing(body);
  const save = () => ask.run(async () => {
    await (one ? call('PATCH', `${SILENCES}/${one.id}`, changesOf(body, draft, first)) : post(SILENCES, body));
    pollNow();
    onClose();
  });
  return html`<${FormDialog} title=${t(one ? 'silence.change' : 'silence.new')} action=${t(one ? 'action.save' : 'silence.make')} call=${ask} onSubmit=${save} onClose=${onClose}>
    ${about.told ? html`<p class="note">${about.told}</p>` : html`${SCOPES.map((name) => html`<${Field} key=${name} label=${t(`channelscope.${name}`)} name=${name} maxlength="1000" value=${draft[name]} hint=${t(`channelhint.${name}`)} onInput=${set(name)} />`)}
      <${Field} label=${t('silence.metric')} name="metric" maxlength="200" value=${draft.metric} hint=${t('silence.metricHint')} onInput=${set('metric')} />`}
    <div class="field"><span>${t('silence.when')}</span><${Segmented} label=${t('silence.when')} value=${draft.mode} choices=${MODES.slice(one ? 1 : 0).map((mode) => [mode, t(`silencemode.${mode}`)])} onChange=${(mode) => setDraft({ ...draft, mode })} /></div>
    ${draft.mode === 'now' && html`<label class="field">${t('silence.span')}<select class="input" name="span" onChange=${(event) => setDraft({ ...draft, span: Number(event.target.value) })}>${SPANS.map((seconds) => html`<option key=${seconds} value=${seconds} selected=${seconds === draft.span}>${seconds ? words.span(seconds) : t('silence.endless')}</option>`)}</select></label>`}
    ${draft.mode === 'once' && ['starts', 'ends'].map((name) => html`<${Field} key=${name} label=${t(`silence.${name}`)} name=${name} type="datetime-local" required=${!one || name === 'starts'} value=${draft[name]} onInput=${set(name)} />`)}
    ${draft.mode === 'recurring' && html`<${Field} label=${t('silence.recurrence')} name="recurrence" class="input mono" required maxlength="500" spellcheck=${false} value=${draft.recurrence} hint=${t('silence.recurrenceHint')} onInput=${set('recurrence')} />
      <${Field} label=${t('silence.minutes')} name="minutes" type="number" min="1" max="44640" required value=${draft.minutes} onInput=${set('minutes')} />
      <${Field} label=${t('channel.zone')} name="zone" required maxlength="60" spellcheck=${false} value=${draft.zone} onInput=${set('zone')} />`}
    <${Field} label=${t('silence.comment')} name="comment" maxlength="1000" value=${draft.comment} onInput=${set('comment')} />
    <${Coming} coming=${coming} zone=${draft.mode === 'recurring' ? draft.zone : ownZone()} /><//>`;
}

/** What is sent; null while a time is not written yet. */
function bodyOf(draft, about) {
  const isKnown = about.id !== undefined; // one that is there may be without an end
  const said = {
    scope: Object.fromEntries(SCOPES.map((name) => [name, parts(draft[name])])),
    metric: draft.metric.trim(), rules: about.rules ?? [], incidents: about.incidents ?? [], comment: draft.comment.trim(),
  };
  if (draft.mode === 'now') return { ...said, ...(draft.span && { duration_seconds: draft.span }) };
  if (draft.mode === 'recurring') return { ...said, recurrence: draft.recurrence.trim(), duration_seconds: Math.round(Number(draft.minutes) * 60), timezone: draft.zone.trim() };
  const [starts, ends] = [draft.starts, draft.ends].map((text) => Date.parse(text) / 1000);
  if (!starts || (!ends && (draft.ends || !isKnown))) return null;
  return ends ? { ...said, starts, ends } : { ...said, starts };
}

/** What the form shows of one that is there. */
function draftOf(one) {
  const named = Object.fromEntries(SCOPES.map((name) => [name, one.scope[name].join(', ')]));
  const time = (at) => (at == null ? '' : fieldTime(at));
  return {
    mode: one.recurrence ? 'recurring' : 'once', ...named, metric: one.metric, comment: one.comment, span: 3600, starts: time(one.starts_epoch), ends: time(one.ends_epoch),
    recurrence: one.recurrence || '0 3 * * 0', minutes: one.duration_seconds ? one.duration_seconds / 60 : 60, zone: one.recurrence ? one.timezone : ownZone(),
  };
}

/** A field for a time knows no seconds: what was not touched stays as it is. Another kind of time takes the place of the first. */
function changesOf(body, draft, first) {
  const changes = { ...body };
  if (draft.mode === 'recurring') return first.mode === 'recurring' ? changes : { ...changes, ends: null };
  if (draft.starts === first.starts) delete changes.starts;
  if (draft.ends === first.ends) delete changes.ends;
  else changes.ends ??= null;
  return { ...changes, recurrence: '', duration_seconds: 0 };
}

/** {windows} or {problem}, asked once what is written has stood still for a moment. */
function useComing(body) {
  const words = useWords();
  const [found, setFound] = useState({});
  const asked = useSettled(body ? JSON.stringify({ ...body, comment: '' }) : '');
  useEffect(() => {
    if (!asked) return setFound({});
    let isWanted = true;
    post(`${SILENCES}/preview`, JSON.parse(asked)).then(
      ({ windows }) => isWanted && setFound({ windows }),
      (refused) => isWanted && setFound({ problem: troubleWords(refused, words) }),
    );
    return () => { isWanted = false; };
  }, [asked]);
  return found;
}

function Coming({ coming, zone }) {
  const { t, lang } = useWords();
  if (coming.problem) return html`<p class="note wary" role="status">${coming.problem}</p>`;
  if (!coming.windows) return html`<p class="note" role="status">…</p>`;
  return html`<div class="note upcoming" role="status"><span>${t('silence.windows')}</span><ol>${coming.windows.map((one) => html`<li key=${one.from}>${windowTold(one, zone, t, lang)}</li>`)}</ol></div>`;
}

export function windowTold({ from_epoch: from, to_epoch: to }, zone, t, lang) {
  return to == null ? t('silence.fromOn', { from: inZone(from, zone, lang) }) : `${inZone(from, zone, lang)} – ${inZone(to, zone, lang)}`;
}
