/** The audit log: who did what, newest first, and whether it is whole. */

import { html, useEffect, useRef, useState } from '../../vendor/preact-htm.js';
import { get, hubNow } from '../api.js';
import { useWords } from '../components/hooks.js';
import { troubleWords } from '../trouble.js';

const ACTIONS = ['sign_in', 'sign_in_failed', 'sign_out', 'session_reused', 'sessions_ended', 'password_changed', 'user_added', 'user_changed', 'user_removed', 'key_added', 'key_changed', 'key_rotated', 'key_revoked', 'server_changed', 'server_removed', 'channel_added', 'channel_changed', 'channel_removed', 'check_added', 'check_changed', 'check_removed', 'silence_added', 'silence_changed', 'silence_ended', 'silence_removed', 'component_added', 'component_changed', 'component_removed', 'incident_acknowledged', 'incident_resolved', 'rule_added', 'rule_changed', 'rule_removed', 'rules_imported', 'audit_cut'];
const WARY = new Set(['sign_in_failed', 'session_reused', 'audit_cut']);
const TYPED_MS = 300;

export function Audit() {
  const words = useWords();
  const { t } = words;
  const [filter, setFilter] = useState({ action: '', actor: '' });
  const [held, setHeld] = useState({ entries: null });
  const newest = useRef(0);

  const ask = async (before, known) => {
    const mine = ++newest.current;
    setHeld((old) => ({ ...old, busy: true, error: null }));
    const search = new URLSearchParams(Object.entries({ limit: '50', before, ...filter }).filter(([, value]) => value));
    try {
      const { data } = await get(`/api/auth/audit?${search}`);
      // Of two questions only the later one's answer is wanted.
      if (mine === newest.current) setHeld({ entries: [...known, ...data.entries], next: data.next, chain: data.chain });
    } catch (error) {
      if (mine === newest.current) setHeld((old) => ({ ...old, busy: false, error }));
    }
  };
  useEffect(() => {
    const timer = setTimeout(() => ask('', []), filter.actor ? TYPED_MS : 0);
    return () => clearTimeout(timer);
  }, [filter.action, filter.actor]);

  const change = (name) => (event) => setFilter({ ...filter, [name]: event.target.value });
  return html`<section class="panel setting whole" aria-labelledby="audit">
    <div class="panel-head"><div><h2 id="audit">${t('settings.audit')}</h2><p class="sub">${t('audit.lead')}</p></div></div>
    <div class="pair start"><label class="field">${t('audit.what')}<select class="input" value=${filter.action} onChange=${change('action')}><option value="">${t('audit.all')}</option>${ACTIONS.map((action) => html`<option key=${action} value=${action}>${t(`auditdid.${action}`)}</option>`)}</select></label>
      <label class="field">${t('audit.who')}<input class="input" type="search" maxlength="200" value=${filter.actor} onInput=${change('actor')} /></label></div>
    ${held.chain && html`<p class="note ${held.chain.ok ? '' : 'bad'}" role=${held.chain.ok ? 'note' : 'alert'}>${held.chain.ok ? t('audit.whole', { n: held.chain.checked }) : t('audit.broken', { seq: held.chain.broken_at })}</p>`}
    ${held.error && html`<p class="note bad" role="alert">${troubleWords(held.error, words)}</p>`}
    ${held.entries ? held.entries.length ? html`<ol class="log">${held.entries.map((entry) => html`<${Entry} key=${entry.seq} entry=${entry} />`)}</ol>` : html`<p class="quiet">${t('audit.nothing')}</p>` : !held.error && html`<div class="bone tall" />`}
    ${held.next && html`<div class="pair start"><button type="button" class="btn" disabled=${held.busy} onClick=${() => ask(String(held.next), held.entries)}>${t('audit.older')}</button></div>`}
  </section>`;
}

function Entry({ entry }) {
  const words = useWords();
  const { t } = words;
  const { action, actor, object } = entry;
  const did = words.has(`auditdid.${action}`) ? t(`auditdid.${action}`) : action;
  const who = actor.name || (actor.kind === 'nobody' ? t('audit.nobody') : actor.id);
  const about = object?.name && object.name !== actor.name ? object.name : '';
  const detail = Object.entries(entry.detail ?? {}).map(([name, value]) => `${name}: ${[value].flat().map((one) => (one !== null && typeof one === 'object' ? JSON.stringify(one) : one)).join(', ')}`).join(' · ');
  return html`<li><time datetime=${entry.at} title=${entry.at}>${words.ago(Math.max(0, hubNow() - entry.at_epoch))}</time>
    <div><b class=${WARY.has(action) ? 'wary' : ''}>${did}</b>${about && html` <bdi>${about}</bdi>`}<span class="sub"><bdi>${who}</bdi>${entry.address ? html` · <span class="mono">${entry.address}</span>` : null}</span>${detail && html`<span class="sub mono"><bdi>${detail}</bdi></span>`}</div></li>`;
}
