/** Checks: jobs that should run. Which there are and how each stands; closer, what a job must call and what it told. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { asField, bySlug, crontabOf, inZone, linesOf, median, runsOf, standingOf, tagsTold } from '../checks.js';
import { Copyable } from '../components/copy.js';
import { Problem, Sure, useCall } from '../components/form.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { Glyph, Icon } from '../components/marks.js';
import { pollNow } from '../live.js';
import { address, adjust } from '../router.js';
import { troubleWords } from '../trouble.js';
import { CheckForm, CHECKS } from './check-form.js';

const every = () => 10;
const NOTE_SHOWN = 120;

export function Checks({ query, canChange }) {
  return query.check ? html`<${One} key=${query.check} id=${query.check} canChange=${canChange} />` : html`<${All} canChange=${canChange} />`;
}

function All({ canChange }) {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(CHECKS, every);
  const [isNew, setNew] = useState(false);
  const now = useNow(10);
  const checks = data?.checks;
  return html`<section class="panel setting whole" aria-labelledby="checks">
    <div class="panel-head"><div><h2 id="checks">${t('settings.checks')}</h2><p class="sub">${t('check.lead')}</p></div><span class="sp" />${canChange && html`<button type="button" class="btn" onClick=${() => setNew(true)}><${Icon} name="plus" />${t('check.new')}</button>`}</div>
    ${checks ? checks.length ? html`<div class="scroller" tabindex="0" role="group" aria-labelledby="checks"><table class="key-table">
      <thead><tr>${['name', 'state', 'last', 'due', 'when', 'took'].map((name) => html`<th key=${name} scope="col" class=${COLUMN[name] ?? ''}>${t(`check.${name}`)}</th>`)}</tr></thead>
      <tbody>${checks.map((check) => html`<tr key=${check.id} class=${check.paused ? 'ended' : ''}><th scope="row"><a class="go" href=${placeOf(check)}><bdi>${check.name}</bdi></a>${check.server && html`<small><bdi>${check.server}</bdi></small>`}</th>
        <td><${Standing} check=${check} now=${now} /></td><td class=${COLUMN.last}>${check.last_ping_epoch ? words.ago(Math.max(0, now - check.last_ping_epoch)) : t('check.none')}</td>
        <td>${due(check, words, now)}</td><td class=${COLUMN.when}>${when(check, words)}</td><td class=${COLUMN.took}>${took(check.run_seconds, words)}</td></tr>`)}</tbody></table></div>`
      : html`<p class="quiet">${t('check.noneYet')}</p>` : error ? html`<${Problem} text=${troubleWords(error, words)} />` : html`<div class="bone tall" />`}
    ${isNew && html`<${CheckForm} onClose=${() => setNew(false)} onMade=${(made) => adjust({ check: made.id })} />`}
  </section>`;
}

const COLUMN = { when: 'col-server', last: 'col-created', took: 'col-key' };

const placeOf = ({ id }) => address('settings', { query: { part: 'checks', check: id } });

/** How it stands, as a shape, a word, and for how long where that matters. */
function Standing({ check, now }) {
  const words = useWords();
  const { t } = words;
  const { word, shape } = standingOf(check);
  const since = word === 'running' ? check.running_since_epoch : check.down_since_epoch;
  return html`<span class="standing"><${Glyph} status=${shape} /><span class="tag ${shape}">${t(`checkstate.${word}`)}</span></span>
    ${since ? html`<small class="sub">${check.reason && word === 'down' ? `${t(`checkwhy.${check.reason}`)} · ` : ''}${words.span(Math.max(0, now - since))}</small>` : null}`;
}

const took = (seconds, words) => (seconds == null ? '–' : seconds < 1 ? `${Math.round(seconds * 1000)} ms` : words.span(seconds));

function due({ due_epoch: at }, words, now) {
  if (!at) return '–';
  return at >= now ? words.t('check.in', { span: words.span(at - now) }) : words.t('check.overdue', { span: words.span(now - at) });
}

function when(check, words) {
  return check.cron ? html`<span class="mono">${check.cron}</span> <span class="sub">${check.timezone}</span>` : words.t('check.every', { span: words.span(check.period_seconds) });
}

const ACTS = ['change', 'pause', 'remove'];

function One({ id, canChange }) {
  const words = useWords();
  const { t } = words;
  const path = `${CHECKS}/${encodeURIComponent(id)}`;
  const { data, error } = useLive(path, every);
  const [open, setOpen] = useState(null); // change | remove
  const turn = useCall();
  const now = useNow(5);
  if (!data) return error ? html`<section class="panel setting whole"><${Problem} text=${troubleWords(error, words)} /><p><a href=${listed}>${t('check.all')}</a></p></section>` : html`<div class="bone tall whole" />`;
  const { check, pings } = data;
  const acts = {
    change: () => setOpen('change'),
    remove: () => setOpen('remove'),
    pause: () => turn.run(async () => {
      await post(`${path}/${check.paused ? 'resume' : 'pause'}`, {});
      pollNow();
    }),
  };
  const remove = async () => {
    await call('DELETE', path);
    location.hash = listed;
  };
  return html`<section class="panel setting whole" aria-labelledby="check"><p class="sub"><a class="go" href=${listed}>${t('check.all')}</a></p>
      <div class="panel-head"><h2 id="check"><bdi>${check.name}</bdi></h2><${Standing} check=${check} now=${now} /><span class="sp" />${canChange && html`<span class="buttons">${ACTS.map((act) => html`<button key=${act} type="button" class="btn small ${act === 'remove' ? 'danger' : ''}" disabled=${turn.busy} onClick=${acts[act]}>${t(act === 'pause' && check.paused ? 'checkdo.resume' : `checkdo.${act}`)}</button>`)}</span>`}</div>
      <${Problem} text=${turn.problem} />
      <${Facts} check=${check} now=${now} />
      ${check.note && html`<p class="note">${check.note}</p>`}</section>
    <${Lines} check=${check} />
    <${Pings} pings=${pings} now=${now} />
    ${open === 'change' && html`<${CheckForm} check=${check} onClose=${() => setOpen(null)} />`}
    ${open === 'remove' && html`<${Sure} title=${t('check.remove')} text=${t('check.removeSure', { name: check.name })} onSure=${remove} onClose=${() => setOpen(null)} />`}`;
}

const listed = address('settings', { query: { part: 'checks' } });

function Facts({ check, now }) {
  const words = useWords();
  const { t } = words;
  const told = (seconds) => {
    const { n, unit } = asField(seconds);
    return t(`amount.${unit}`, { n });
  };
  const tags = tagsTold(check.tags);
  const facts = [
    ['when', when(check, words)],
    ['due', check.due_epoch ? `${inZone(check.due_epoch, check.timezone, words.lang)} · ${due(check, words, now)}` : t(check.paused ? 'checkstate.paused' : 'check.dueFirst')],
    ['last', check.last_ping_epoch ? `${words.moment(check.last_ping_epoch, now)} · ${words.ago(Math.max(0, now - check.last_ping_epoch))}` : t('check.none')],
    ['grace', told(check.grace_seconds)],
    ['longest', check.max_run_seconds == null ? t('check.noLimit') : told(check.max_run_seconds)],
    ['took', `${took(check.run_seconds, words)}${check.exit_code == null ? '' : ` · ${t('check.exit', { code: check.exit_code })}`}`],
    ['severity', t(`level.${check.severity}`)],
    check.slug && ['slug', html`<bdi class="mono">${check.slug}</bdi>`],
    check.server && ['server', html`<a class="go" href=${address('server', { id: check.server })}><bdi>${check.server}</bdi></a>`],
    tags.length && ['tags', html`<bdi>${tags.join(', ')}</bdi>`],
  ];
  return html`<dl class="facts-grid">${facts.filter(Boolean).map(([name, value]) => html`<div key=${name}><dt>${t(`check.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** The very lines to take away, with the real address in them. */
function Lines({ check }) {
  const { t } = useWords();
  if (!check.ping_path) return html`<section class="panel setting" aria-labelledby="lines"><h2 id="lines">${t('check.lines')}</h2><p class="quiet">${t('check.linesHidden')}</p></section>`;
  const where = location.origin + check.ping_path;
  const lines = linesOf(where);
  return html`<section class="panel setting" aria-labelledby="lines"><h2 id="lines">${t('check.lines')}</h2><p class="sub">${t('check.linesLead')}</p>
    <h3 class="line-name">${t('check.crontab')}</h3><${Copyable} text=${crontabOf(check, where)} label=${t('check.crontab')} />${check.cron && html`<p class="faint">${t('check.crontabZone', { zone: check.timezone })}</p>`}
    <${Line} name="ran" text=${lines.ran} />
    <details class="more-lines"><summary>${t('check.moreLines')}</summary>${['start', 'fail', 'code', 'said'].map((name) => html`<${Line} key=${name} name=${name} text=${lines[name]} />`)}
      ${check.slug && html`<${Line} name="slug" text=${bySlug(location.origin, check.slug)} />`}</details></section>`;
}

function Line({ name, text }) {
  const label = useWords().t(`checkline.${name}`);
  return html`<h3 class="line-name">${label}</h3><${Copyable} text=${text} label=${label} />`;
}

const TONES = { success: 'ok', fail: 'critical', start: '', log: '' };

function Pings({ pings, now }) {
  const words = useWords();
  const { t } = words;
  return html`<section class="panel setting" aria-labelledby="pings"><h2 id="pings">${t('check.pings')}</h2><${Runs} runs=${runsOf(pings)} />
    ${pings.length ? html`<ol class="log pings">${pings.map((ping, place) => html`<li key=${`${ping.at} ${place}`}><time datetime=${ping.at} title=${ping.at}>${words.moment(ping.at_epoch, now)}</time>
      <div><span class="tag ${TONES[ping.kind]}">${t(`pingkind.${ping.kind}`)}</span>${ping.code == null ? null : html` <span class="sub">${t('check.exit', { code: ping.code })}</span>`}${ping.seconds == null ? null : html` <span class="sub">${took(ping.seconds, words)}</span>`}
        ${ping.note && (ping.note.length > NOTE_SHOWN || ping.note.includes('\n') ? html`<details><summary class="mono"><bdi>${ping.note.split('\n')[0].slice(0, NOTE_SHOWN)}…</bdi></summary><pre class="mono" tabindex="0">${ping.note}</pre></details>` : html`<span class="sub mono"><bdi>${ping.note}</bdi></span>`)}</div></li>`)}</ol>` : html`<p class="quiet">${t('check.noPings')}</p>`}</section>`;
}

/** How long the last runs took, on one scale from nothing. */
function Runs({ runs }) {
  const words = useWords();
  if (runs.length < 2) return null;
  const most = Math.max(...runs.map(({ seconds }) => seconds), 0.001);
  const told = words.t('check.runs', { n: runs.length, middle: took(median(runs.map(({ seconds }) => seconds)), words), most: took(most, words) });
  return html`<figure class="runs"><div role="img" aria-label=${told}>${runs.map(({ seconds, failed, at }) => html`<i key=${at} class=${failed ? 'failed' : ''} title=${took(seconds, words)} style=${{ height: `${Math.max(6, (seconds / most) * 100)}%` }} />`)}</div><figcaption class="faint">${told}</figcaption></figure>`;
}
