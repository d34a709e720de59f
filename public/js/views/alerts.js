/** Alerts: what is wrong and what was; why, since when, and what people did about it. */

import { html, useState } from '../../vendor/preact-htm.js';
import { post } from '../api.js';
import { chartsFor } from '../charts.js';
import { FormDialog, useCall } from '../components/form.js';
import { useLive, useNow, useStore, useWords } from '../components/hooks.js';
import { Late } from '../components/late.js';
import { Segmented, StatusTag } from '../components/marks.js';
import { pollNow } from '../live.js';
import { address, adjust } from '../router.js';
import { ruleCalled } from '../rule-names.js';
import { troubleWords } from '../trouble.js';
import { seriesWords } from '../wellbeing.js';
import { Deliveries } from './deliveries.js';
import { Errors } from './errors.js';
import { Labels, Outside } from './outside.js';
import { Causes } from './causes.js';
import { SilenceForm } from './silence-form.js';

const ALERTS = '/api/alerts';
const STATES = ['open', 'resolved'];
const every = () => 10;
const INFO = 'stale'; // no status of a server: told by its words

export function View({ id, query }) {
  if (id === 'errors') return html`<${Errors} query=${query} />`;
  return id ? html`<${One} key=${id} id=${id} query=${query} />` : html`<${All} state=${STATES.includes(query.state) ? query.state : 'open'} />`;
}

function All({ state }) {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(`${ALERTS}?state=${state}&limit=200`, every);
  const alerts = data?.alerts;
  return html`<div class="head-line"><h1>${t('nav.alerts')}</h1><span class="sp" /><a class="btn" href=${address('alerts', { id: 'errors' })}>${t('error.title')}</a>
      <${Segmented} label=${t('alert.show')} value=${state} choices=${STATES.map((name) => [name, t(`alertstate.${name}`)])} onChange=${(name) => adjust({ state: name === 'open' ? '' : name })} /></div>
    <section class="panel setting" aria-label=${t('nav.alerts')}>
      ${alerts ? alerts.length ? html`<ul class="alerts">${alerts.map((one) => html`<${Row} key=${one.id} one=${one} />`)}</ul>` : html`<p class="quiet">${t(state === 'open' ? 'alert.calm' : 'alert.none')}</p>`
        : error ? html`<p class="note bad" role="alert">${troubleWords(error, words)}</p>` : html`<div class="bone tall" />`}
    </section>`;
}

const Severity = ({ one }) => {
  const { t } = useWords();
  return one.severity === 'info' ? html`<span class="tag ${INFO}">${t('level.info')}</span>` : html`<${StatusTag} status=${one.severity} />`;
};

function Row({ one }) {
  const words = useWords();
  const { t } = words;
  const now = useNow(10);
  const over = one.resolved_at_epoch;
  return html`<li class=${over ? 'ended' : ''}><${Severity} one=${one} />
    <div><a href=${address('alerts', { id: one.id })}><b><bdi>${placeOf(one, t)}</bdi></b> <bdi>${words.said(one.text)}</bdi></a>
      <span class="sub">${over ? t('alert.lasted', { span: words.span(Math.max(1, over - one.opened_at_epoch)), ago: words.ago(now - over) }) : t('alert.since', { span: words.span(Math.max(1, now - one.opened_at_epoch)) })}
        ${marks(one, t).map((text) => html` · ${text}`)}</span></div></li>`;
}

/** Where it is: on a server, in the fleet as a whole, or on something that only another monitor knows. */
const placeOf = (one, t) => one.server ?? t(one.source ? 'outside.nowhere' : 'alert.fleet');

const marks = (one, t) => [
  one.state === 'recovering' && t('alertstate.recovering'),
  one.acked_by && !one.resolved_at && t('alert.ackedBy', { by: one.acked_by }),
  one.stale && t('alert.stale'),
  one.no_data && t('alert.noData'),
  one.flaps > 2 && t('alert.flaps', { n: one.flaps }),
].filter(Boolean);

function One({ id, query }) {
  const words = useWords();
  const { t } = words;
  const role = useStore((state) => state.session.user?.role);
  const { data, error } = useLive(`${ALERTS}/${encodeURIComponent(id)}`, every);
  const [asking, ask] = useState(null); // ack | resolve | silence
  const now = useNow(10);
  if (!data) return error ? html`<p class="note bad" role="alert">${troubleWords(error, words)}</p><p><a href=${address('alerts')}>${t('alert.back')}</a></p>` : html`<div class="bone tall" />`;
  const { alert, deliveries, evidence, rule, timeline } = data;
  const canAct = !alert.resolved_at && role !== 'viewer';
  return html`<p><a href=${address('alerts')}>${t('alert.back')}</a></p>
    <h1><bdi>${placeOf(alert, t)}</bdi></h1>
    <section class="panel setting said" aria-labelledby="what"><div class="panel-head"><h2 id="what"><${Severity} one=${alert} /> <bdi>${words.said(alert.text)}</bdi></h2></div>
      <p class="sub">${[t('alert.opened', { at: words.moment(alert.opened_at_epoch, now) }), alert.resolved_at ? t('alert.over', { at: words.moment(alert.resolved_at_epoch, now) }) : t('alert.since', { span: words.span(Math.max(1, now - alert.opened_at_epoch)) }), ...marks(alert, t)].join(' · ')}</p>
      <${Outside} alert=${alert} />
      ${rule?.note ? html`<p class="note">${rule.note}</p>` : null}
      <div class="pair start">${alert.server && html`<a class="btn" href=${address('server', { id: alert.server })}>${t('alert.server')}</a>`}
        ${alert.kind === 'errors' && alert.subject && html`<a class="btn" href=${address('alerts', { id: 'errors', query: { of: alert.subject } })}>${t('error.see')}</a>`}
        ${canAct && !alert.acked_by && html`<button type="button" class="btn" onClick=${() => ask('ack')}>${t('alertdo.ack')}</button>`}
        ${canAct && html`<button type="button" class="btn" onClick=${() => ask('silence')}>${t('alertdo.silence')}</button>`}
        ${canAct && html`<button type="button" class="btn" onClick=${() => ask('resolve')}>${t('alertdo.resolve')}</button>`}</div></section>
    ${alert.server && alert.kind !== 'outside' && html`<${Late} name="alertChart" alert=${alert} rule=${rule} events=${evidence.events} query=${query} />`}
    <div class="settings later">
      <div class=${alert.server ? 'stack' : 'contents'}><section class="panel setting" aria-labelledby="story"><h2 id="story">${t('alert.timeline')}</h2><ol class="log">${timeline.map((step) => html`<li key=${step.seq}><time datetime=${step.at}>${words.moment(step.at_epoch, now)}</time><div><b>${t(`step.${step.kind}`)}</b>${step.actor ? html` <bdi>${step.actor}</bdi>` : null}${step.note && !words.has(`endedby.${step.note}`) ? html`<span class="sub"><bdi>${step.note}</bdi></span>` : step.note ? html`<span class="sub">${t(`endedby.${step.note}`)}</span>` : null}</div></li>`)}</ol></section>
      <section class="panel setting" aria-labelledby="evidence"><h2 id="evidence">${t('alert.evidence')}</h2><${Evidence} evidence=${evidence} rule=${rule && ruleCalled(alert.rule, rule.name, words.lang)} now=${now} /></section>
      </div>${alert.server && html`<${Causes} id=${id} server=${alert.server} now=${now} />`}
      ${deliveries && html`<${Deliveries} deliveries=${deliveries} now=${now} />`}</div>
    ${asking === 'silence' ? html`<${SilenceForm} about=${aboutOf(alert, words)} onClose=${() => ask(null)} />` : asking && html`<${Act} id=${id} act=${asking} onClose=${() => ask(null)} />`}`;
}

/**
 * Its rule on its server; what is of no server by itself, for its rule may be that of many other things. Of another
 * monitor's alerts those of its name.
 */
const aboutOf = (alert, { t, lang }) => (alert.server
  ? alert.kind === 'outside' ? { servers: [alert.server], rules: [alert.rule], metric: nameOf(alert), told: t('silence.ofName', { name: nameOf(alert), server: alert.server }) } : { servers: [alert.server], rules: [alert.rule], told: t('silence.ofAlert', { rule: ruleCalled(alert.rule, alert.rule_name, lang), server: alert.server }) }
  : { incidents: [alert.id], told: t('silence.ofThis') });

const nameOf = (alert) => alert.subject.split(':')[0];

function Evidence({ evidence, rule, now }) {
  const words = useWords();
  const { t } = words;
  const values = Object.entries(evidence.values ?? {}).filter(([name]) => words.has(`line.${name}`));
  const busiest = [...(evidence.processes?.list ?? [])].sort((first, second) => (second.cpu ?? 0) - (first.cpu ?? 0)).slice(0, 5);
  return html`<dl class="lists">
    ${rule && html`<dt>${t('alert.rule')}</dt><dd><bdi>${rule}</bdi></dd>`}
    ${values.length ? html`<dt>${t('alert.values')}</dt><dd>${values.map(([name, value]) => `${seriesWords(name, words)} ${words.quantity(value, chartsFor([name])[0]?.unit ?? '')}`).join(' · ')}</dd>` : null}
    ${busiest.length ? html`<dt>${t('server.processes')}</dt><dd><ul>${busiest.map((one) => html`<li key=${one.pid}><bdi>${one.name}</bdi> <span class="sub">${one.cpu == null ? '' : `CPU ${one.cpu} %`}</span></li>`)}</ul></dd>` : null}
    <${Labels} outside=${evidence.outside} />
    ${evidence.events?.length ? html`<dt>${t('alert.events')}</dt><dd><ul>${evidence.events.map(([at, kind, title]) => html`<li key=${at + title}>${words.moment(at, now)} · ${words.has(`event.${kind}`) ? t(`event.${kind}`) : kind} <bdi>${title}</bdi></li>`)}</ul></dd>` : null}
    ${evidence.errors?.length ? html`<dt>${t('alert.errors')}</dt><dd><ul>${evidence.errors.map(([at, , source, message], place) => html`<li key=${place}>${words.moment(at, now)} · <bdi>${source}: ${message}</bdi></li>`)}</ul></dd>` : null}</dl>`;
}

function Act({ id, act, onClose }) {
  const { t } = useWords();
  const call = useCall();
  const submit = (form) => call.run(async () => {
    await post(`${ALERTS}/${encodeURIComponent(id)}/${act}`, { note: form.get('note').trim() });
    pollNow();
    onClose();
  });
  return html`<${FormDialog} title=${t(`alertdo.${act}`)} action=${t(`alertdo.${act}`)} call=${call} onSubmit=${submit} onClose=${onClose}><p>${t(`alertsure.${act}`)}</p>
    <label class="field">${t('alert.note')}<textarea class="input" name="note" rows="3" maxlength="2000" autofocus></textarea></label><//>`;
}
