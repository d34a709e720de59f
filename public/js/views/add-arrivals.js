/** What arrives by a key, seen as it comes; and why nothing does. */

import { html, useEffect, useState } from '../../vendor/preact-htm.js';
import { call, hubNow } from '../api.js';
import { begin, EVERY_MS, merged, PAUSE_SECONDS, QUIET_SECONDS, refusalWord, senderOf, worthTelling } from '../arrivals.js';
import { Copyable } from '../components/copy.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Age, Glyph } from '../components/marks.js';
import { secretOf, tryLine } from '../recipes.js';
import { address } from '../router.js';
import { troubleWords } from '../trouble.js';
import { withCode } from './add-clients.js';
import { CHECKS } from './check-form.js';
import { KEYS } from './key-forms.js';

const NAMED = 8;
const SHOWN = 8;

/** {state, error, isPaused, resume}: asks every five seconds while the page is seen. */
function useArrivals(id) {
  const [found, setFound] = useState(() => ({ state: begin(hubNow()) }));
  const [round, again] = useState(0);
  useEffect(() => {
    let state = begin(hubNow());
    let timer = null;
    let isOver = false;
    setFound({ state });
    const look = async () => {
      let wait = EVERY_MS;
      if (!document.hidden) {
        try {
          const answer = await call('GET', `${KEYS}/${encodeURIComponent(id)}/arrivals${state.next ? `?after=${state.next}` : ''}`);
          if (isOver) return;
          state = merged(state, answer);
          setFound({ state });
          if (answer.more) wait = 0;
        } catch (error) {
          if (isOver) return;
          if (error.status === undefined) throw error;
          setFound({ state, error });
          wait = Math.max(wait, error.retryAfter * 1000);
        }
      }
      if (hubNow() - state.heardAt > PAUSE_SECONDS) setFound({ state, isPaused: true });
      else timer = setTimeout(look, wait);
    };
    look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [id, round]);
  return { ...found, resume: () => again(round + 1) };
}

export function Arrivals({ chosen, client }) {
  const { t } = useWords();
  return html`<section class="panel setting live-panel" aria-labelledby="arrivals"><h2 id="arrivals">${t('add.live')}</h2>
    ${chosen ? html`<${Watch} key=${chosen.id} chosen=${chosen} client=${client} />` : html`<p class="quiet">${t('add.liveLater')}</p>`}</section>`;
}

function Watch({ chosen, client }) {
  const words = useWords();
  const { t } = words;
  const { state, error, isPaused, resume } = useArrivals(chosen.id);
  const now = useNow();
  const waited = now - state.at;
  const pings = client === 'pings' ? state.pings : [];
  const alerts = client === 'alerts' ? state.alerts : [];
  const refused = worthTelling(state);
  const hasCome = state.arrived.length + pings.length + alerts.length > 0;
  const isQuiet = !hasCome && !refused.length && waited > QUIET_SECONDS;
  return html`<div class="form">
    <div class="form" role="status">
      ${state.arrived.slice(0, SHOWN).map((one) => html`<${Arrival} key=${`${one.source} ${one.server}`} one=${one} />`)}
      ${pings.length > 0 && html`<${Pings} pings=${pings.slice(0, SHOWN)} />`}
      ${alerts.slice(0, SHOWN).map((one) => html`<${Alert} key=${one.subject} one=${one} />`)}
      ${!hasCome && !isPaused && html`<div class="arrival"><i class="waiting" aria-hidden="true" /><span>${t('add.waiting', { name: chosen.name })}</span></div>`}
      ${error && html`<p class="note wary">${t('add.cannot', { text: troubleWords(error, words) })}</p>`}
      ${isPaused && html`<p class="note">${t('add.paused')}<button type="button" class="btn small" onClick=${resume}>${t('add.resume')}</button></p>`}
    </div>
    ${isQuiet && html`<${Checks} chosen=${chosen} waited=${waited} elsewhere=${state.elsewhere} />`}
    ${refused.length > 0 && html`<section aria-labelledby="refused"><h3 id="refused">${t('refused.title')}</h3><ul class="refusals">${refused.slice(0, SHOWN).map((one) => html`<${Refusal} key=${`${one.at_epoch} ${one.reason} ${one.path}`} one=${one} />`)}</ul></section>`}
  </div>`;
}

function Arrival({ one }) {
  const words = useWords();
  const { t } = words;
  const off = one.clock_off;
  const isNothing = !one.metrics_count && !one.errors;
  return html`<div class="arrival has-come ${isNothing ? 'is-odd' : ''}"><${Glyph} status=${isNothing ? 'warning' : 'ok'} /><div>
    <b>${t('arrival.come', { id: one.server })}</b> <span class="sub">${senderOf(one)} · <${Age} at=${one.at_epoch} /></span>
    ${one.metrics_count > 0 && html`<span class="line">${t('arrival.metrics', { n: one.metrics_count, text: listed(one.metrics, one.metrics_count, words) })}</span>`}
    ${one.errors > 0 && html`<span class="line">${t('arrival.errors', { n: one.errors })}</span>`}
    ${isNothing && html`<span class="line wary">${t('arrival.nothing')}</span>`}
    ${one.unmapped > 0 && html`<span class="line sub">${t('arrival.unmapped', { n: one.unmapped, text: listed(one.names, one.unmapped, words) })}</span>`}
    ${off != null && html`<span class="line wary">${t(off > 0 ? 'arrival.ahead' : 'arrival.behind', { span: words.span(Math.abs(off)) })}</span>`}
    <a class="btn small" href=${address('server', { id: one.server })}>${t('add.open', { id: one.server })}</a></div></div>`;
}

/** Of all jobs: a ping does not say by which key it came. */
function Pings({ pings }) {
  const { t } = useWords();
  const { data } = useLive(CHECKS, () => 10);
  const nameOf = ({ check }) => data?.checks.find(({ id }) => id === check)?.name ?? t('arrival.aJob');
  return pings.map((one) => html`<div class="arrival has-come" key=${one.check}><${Glyph} status=${one.kind === 'fail' ? 'critical' : 'ok'} /><div>
    <b>${t('arrival.ping', { name: nameOf(one), text: one.code ?? t(`pingkind.${one.kind}`) })}</b> <span class="sub"><${Age} at=${one.at_epoch} /></span>
    <a class="btn small" href=${address('settings', { query: { part: 'checks', check: one.check } })}>${t('add.open', { id: nameOf(one) })}</a></div></div>`);
}

function Alert({ one }) {
  const { t } = useWords();
  return html`<div class="arrival has-come"><${Glyph} status=${one.over ? 'ok' : one.severity === 'critical' ? 'critical' : 'warning'} /><div>
    <b>${t(one.over ? 'arrival.over' : 'arrival.alert', { name: one.title, text: one.source })}</b> <span class="sub"><${Age} at=${one.at_epoch} /></span>
    <a class="btn small" href=${address('alerts')}>${t('add.open', { id: t('nav.alerts') })}</a></div></div>`;
}

/** A few names, and how many more there are. */
function listed(names, count, { t }) {
  const text = names.slice(0, NAMED).join(', ');
  const rest = count - Math.min(NAMED, names.length);
  return rest > 0 && text ? t('arrival.more', { text, n: rest }) : text || String(count);
}

function Refusal({ one }) {
  const words = useWords();
  const { t } = words;
  const hint = one.key && `${t('refused.begins', { text: one.key })}${one.is_this_key == null ? '' : `, ${t(one.is_this_key ? 'refused.mine' : 'refused.another')}`}`;
  const from = [one.address && t('refused.from', { text: one.address }), one.client, one.path].filter(Boolean);
  return html`<li><b>${withCode(t(`refusal.${refusalWord(one)}`, { span: words.span(Math.abs(one.clock_off ?? 0)) }))}</b>
    <span class="sub"><${Age} at=${one.at_epoch} /> · ${from.join(' · ')}</span>
    ${hint && one.reason.startsWith('key_') && html`<span class="sub">${hint}</span>`}
    ${one.names.length > 0 && html`<span class="sub">${t('refused.names', { text: one.names.slice(0, NAMED).join(', ') })}</span>`}
    ${one.status >= 400 && ['unreadable', 'clock', 'nothing_mapped', 'key_server'].includes(one.reason) && html`<span class="sub">${t('refused.told', { text: `${one.status} ${one.detail}` })}</span>`}</li>`;
}

function Checks({ chosen, waited, elsewhere }) {
  const words = useWords();
  const { t } = words;
  const origin = location.origin;
  const { data } = useLive(KEYS, () => 30);
  const others = elsewhere.map(({ server, key }) => `${server} (${data?.keys.find(({ id }) => id === key)?.name ?? key})`);
  const line = tryLine(origin, secretOf(chosen));
  return html`<div class="note checks-list"><div><p>${t('add.nothing', { span: words.span(waited) })}</p><ol>
    <li>${t('add.check_1')}<${Copyable} text=${line} label=${t('add.check_1')} /></li>
    <li>${t('add.check_2')}</li><li>${t('add.check_3')}</li><li>${t('add.check_4', { text: origin })}</li>${others.length > 0 && html`<li>${t('add.check_5', { text: others.join(', ') })}</li>`}</ol></div></div>`;
}
