/** How the fleet, its groups and each server did: scores with what they lost, what moved, who carries more than the others,
 * and which size would do. */

import { html } from '../../vendor/preact-htm.js';
import { useHeld } from '../components/held.js';
import { useLive, useNow, useStore, useWords } from '../components/hooks.js';
import { Bar, Segmented } from '../components/marks.js';
import { Problem } from '../components/form.js';
import { address, adjust, FLEET, fleetEvery } from '../router.js';
import { troubleWords } from '../trouble.js';
import { moved, reasonWords, round, seriesWords, shiftWords, sizeWords, spanOf, toneOf, WINDOWS, worthSaying } from '../wellbeing.js';
import { Nothing } from './hero.js';

const everyTenMinutes = () => 600;

/** `query` is {window, group}: all of it in the address, so that it can be shared. */
export function View({ query }) {
  const words = useWords();
  const { t } = words;
  const window = Object.hasOwn(WINDOWS, query.window ?? '') ? query.window : '24h';
  const { group = '' } = query;
  const now = useNow(600);
  const { data, error } = useLive(`/api/analysis?${spanOf(window, now)}${group && `&group=${encodeURIComponent(group)}`}`, everyTenMinutes);
  const answer = useHeld(data, `${window} ${group}`);
  const back = useStore((state) => state.lastFleet);
  return html`<p><a class="go" href=${back}>${t('action.back')}</a></p>
    <div class="head-line"><h1>${t('nav.performance')}</h1><span class="sp" /><${Groups} group=${group} />
      <${Segmented} label=${t('did.window')} value=${window} choices=${Object.keys(WINDOWS).map((name) => [name, t(`didwindow.${name}`)])} onChange=${(name) => adjust({ window: name === '24h' ? '' : name })} /></div>
    ${answer ? html`<${Whole} answer=${answer} window=${window} query=${query} />`
      : error ? html`<${Problem} text=${error.status === 404 ? t('did.noGroup', { group }) : troubleWords(error, words)} />`
      : html`<div class="did later" aria-hidden="true">${[1, 2, 3, 4].map((key) => html`<div key=${key} class="panel"><div class="bone tall" /></div>`)}</div>`}`;
}

/** Also those of which the answer at hand tells nothing. */
function Groups({ group }) {
  const { t } = useWords();
  const { data } = useLive(FLEET, fleetEvery);
  const names = [...new Set([...(data?.servers ?? []).map((one) => one.group), group].filter(Boolean))].sort();
  return names.length > 0 && html`<select class="input groups" name="group" aria-label=${t('fleet.group')} onChange=${(event) => adjust({ group: event.target.value })}>
    <option value="" selected=${!group}>${t('did.allGroups')}</option>${names.map((name) => html`<option key=${name} value=${name} selected=${name === group}>${name}</option>`)}</select>`;
}

function Whole({ answer, window, query }) {
  const { t } = useWords();
  if (!answer.servers.length) return html`<${Nothing} icon="servers" title=${t('empty.title')} hint=${t('did.emptyHint')} />`;
  return html`<div class="did performance later">
    <${Score} answer=${answer} window=${window} />
    <${Shifts} found=${answer.shifts} window=${window} />
    ${!query.group && answer.groups.length > 0 && html`<${GroupScores} groups=${answer.groups} query=${query} />`}
    <${Imbalances} found=${answer.imbalances} />
    <${Sizes} found=${answer.sizes} window=${window} />
    <${Standings} answer=${answer} /></div>`;
}

const Mark = ({ score }) => {
  const { t } = useWords();
  return html`<span class="mark tone-${toneOf(score)}"><b>${score ?? '–'}</b><span class="sr"> ${t('did.of100')}</span></span>`;
};

function Score({ answer, window }) {
  const { t } = useWords();
  const { score, servers, left_out: more } = answer;
  return html`<section class="panel" aria-labelledby="did-score"><h2 id="did-score">${t('did.title')}</h2>
    ${score === null ? html`<p class="quiet">${t('did.unknown')}</p>` : html`<p class="score tone-${toneOf(score)}"><b>${score}</b><span class="faint">${t('did.of100')}</span></p>`}
    <p class="sub">${t('did.how')}</p>
    <p class="faint">${t('did.servers', { n: servers.length })} · ${t(`didwindow.${window}`)}${more > 0 && html` · ${t('did.leftOut', { n: more })}`}</p></section>`;
}

function Shifts({ found, window }) {
  const words = useWords();
  const told = moved(found);
  return html`<section class="panel" aria-labelledby="did-shifts"><h2 id="did-shifts">${words.t('did.together')}</h2><p class="faint">${words.t(`didbefore.${window}`)}</p>
    ${told.length ? html`<ul class="points">${told.map((one) => html`<${Shift} key=${one.series} one=${one} />`)}</ul>` : html`<p class="quiet">${words.t('did.asBefore')}</p>`}</section>`;
}

function Shift({ one }) {
  const [what, figures] = shiftWords(one, useWords());
  return html`<li><span>${what}<small>${figures}</small></span></li>`;
}

function GroupScores({ groups, query }) {
  const words = useWords();
  const worstFirst = [...groups].sort((one, other) => (one.score ?? 101) - (other.score ?? 101));
  return html`<section class="panel whole" aria-labelledby="did-groups"><h2 id="did-groups">${words.t('did.groups')}</h2>
    <ul class="group-scores">${worstFirst.map((one) => html`<li key=${one.group}><a href=${address('performance', { query: { ...query, group: one.group } })}><${Mark} score=${one.score} /><b class="cut">${one.group}</b>
      <small>${[words.t('did.servers', { n: one.servers }), ...moved(one.shifts).map((it) => shiftWords(it, words)[0])].join(' · ')}</small></a></li>`)}</ul></section>`;
}

function Imbalances({ found }) {
  const words = useWords();
  const { t } = words;
  return html`<section class="panel" aria-labelledby="did-balance"><h2 id="did-balance">${t('did.imbalances')}</h2>
    ${found.length ? html`<ul class="points">${found.map((one) => html`<li key=${`${one.server} ${one.series}`}><span><${Server} name=${one.server} /> <span class="faint">${one.group}</span>
      <small>${t('did.imbalance', { series: seriesWords(one.series, words), own: words.percent(one.median), others: words.percent(one.others) })}</small></span></li>`)}</ul>` : html`<p class="quiet">${t('did.balanced')}</p>`}</section>`;
}

function Sizes({ found, window }) {
  const words = useWords();
  const { t } = words;
  return html`<section class="panel" aria-labelledby="did-sizes"><h2 id="did-sizes">${t('did.sizes')}</h2>
    ${found.length ? html`<ul class="points">${found.map((one) => html`<li key=${`${one.server} ${one.resource}`}><span><${Server} name=${one.server} /><small>${sizeWords(one, words)}</small></span></li>`)}</ul>` : html`<p class="quiet">${t(window === '24h' ? 'did.sizesLater' : 'did.sizesFit')}</p>`}</section>`;
}

const Server = ({ name }) => html`<a class="go" href=${address('server', { id: name })}><bdi>${name}</bdi></a>`;

function Standings({ answer }) {
  const words = useWords();
  const { t } = words;
  return html`<section class="panel whole" aria-labelledby="did-servers"><h2 id="did-servers">${t('nav.servers')}</h2><p class="faint">${t('did.worstFirst')}</p>
    <ul class="standings">${answer.servers.map((one) => html`<li key=${one.server}><${Mark} score=${one.score} />
      <div><a href=${address('server', { id: one.server })}><bdi>${one.server}</bdi></a><small>${[one.group, one.measured < 0.95 && t('didpoint.unmeasured', { share: words.percent(100 * (1 - one.measured)) })].filter(Boolean).join(' · ')}</small></div>
      <ul aria-label=${t('did.lost')}>${one.score === null ? html`<li class="faint">${t('did.unknown')}</li>` : one.reasons.length ? one.reasons.map((why) => html`<li key=${why.code + why.series}>${reasonWords(why, words)} <b>−${round(why.points)}</b></li>`) : html`<li class="faint">${t('did.nothing')}</li>`}</ul>
      <ul aria-label=${t('did.found')}>${worthSaying(one.statements).map((it) => html`<li key=${it.code}>${t(`didfound.${it.code}`)}</li>`)}${one.shifts.map((it) => { const [what, figures] = shiftWords(it, words); return html`<li key=${it.series}>${what}<small>${figures}</small></li>`; })}</ul>
      <div class="loads">${['cpu', 'memory'].filter((name) => one.p95[name] != null).map((name) => html`<span key=${name}>${t(`column.${name}`)} <b>${words.percent(one.p95[name])}</b></span><${Bar} value=${one.p95[name]} color=${name} />`)}</div></li>`)}</ul></section>`;
}
