/** The fleet: hero and servers as cards or table, filtered and ordered by what the address says. */

import { html, useEffect, useMemo } from '../../vendor/preact-htm.js';
import { useLive, useNow, useStore, useWords } from '../components/hooks.js';
import { Icon, Segmented } from '../components/marks.js';
import { Virtual } from '../components/virtual.js';
import { COLUMNS, facetsOf, filterFleet, sortFleet } from '../fleet.js';
import { address, adjust, FLEET, fleetEvery } from '../router.js';
import { judged, STATUSES } from '../status.js';
import { store } from '../store.js';
import { Hero, HeroBones, Nothing, Trouble } from './hero.js';
import { Card, CARD_HEIGHT, Head, Row, ROW_HEIGHT } from './rows.js';

const FILTERS = ['q', 'status', 'group', 'tag'];

export function Fleet({ query, isOverview }) {
  const { data, error } = useLive(FLEET, fleetEvery);
  const confirmedAt = useStore((state) => state.link.confirmedAt);
  const now = useNow(10);
  const servers = useMemo(() => data && judged(data.servers, now, confirmedAt), [data, now, confirmedAt]);
  const words = useWords();
  useEffect(() => store.set({ lastFleet: location.hash || '#/' }));

  if (!servers) return error ? html`<${Trouble} error=${error} />` : html`<${Bones} isOverview=${isOverview} />`;
  return html`<div class="later ${query.q ? 'searching' : ''}" style=${{ display: 'contents' }}>
    <h1 class="sr">${words.t(isOverview ? 'nav.overview' : 'nav.servers')}</h1>
    <${OldView} isCopy=${data.stale} asOf=${data.as_of_epoch} />
    ${servers.length === 0
      ? html`<${NoServers} />`
      : html`${isOverview && html`<${Hero} servers=${servers} cpu=${data.fleet?.cpu} now=${now} chosen=${query.status} />`}
        <${List} servers=${servers} query=${query} now=${now} view=${query.view || (isOverview ? 'cards' : 'table')} isOverview=${isOverview} />`}
  </div>`;
}

/** Says so when what is shown may no longer be true: the link is gone, or the hub itself answers from a copy. */
function OldView({ isCopy, asOf }) {
  const words = useWords();
  const link = useStore((state) => state.link);
  const now = useNow();
  if (!isCopy && link.state !== 'lost') return null;
  const at = isCopy ? asOf : link.confirmedAt;
  return html`<p class="note wary" role="alert"><${Icon} name="alerts" />${words.t('fleet.asOf', { ago: words.ago(now - at), at: words.clock(at, true) })}</p>`;
}

function List({ servers, query, now, view, isOverview }) {
  const words = useWords();
  const { q, status, group, tag, sort = 'severity' } = query;
  const shown = useMemo(() => sortFleet(filterFleet(servers, query), sort), [servers, q, status, group, tag, sort]);
  return html`<${Tools} servers=${servers} shown=${shown.length} query=${query} sort=${sort} view=${view} isOverview=${isOverview} />
    ${shown.length === 0
      ? html`<${Nothing} icon="search" title=${words.t('fleet.noMatch')} hint=${words.t('fleet.noMatchHint')}><button type="button" class="btn" onClick=${clear}>${words.t('action.clear')}</button><//>`
      : view === 'table'
        ? html`<div class="panel table" role="table" aria-label=${words.t('fleet.title')} aria-rowcount=${shown.length + 1}><${Head} sort=${sort} />
            <${Virtual} items=${shown} rowHeight=${ROW_HEIGHT} className="rows" role="rowgroup" render=${(server, index) => html`<${Row} key=${server.id} server=${server} now=${now} index=${index} />`} /></div>`
        : html`<${Virtual} items=${shown} rowHeight=${CARD_HEIGHT} gap=${12} minWidth=${264} className="cards" render=${(server) => html`<${Card} key=${server.id} server=${server} now=${now} />`} />`}`;
}

const clear = () => adjust(Object.fromEntries(FILTERS.map((name) => [name, ''])));

function Tools({ servers, shown, query, sort, view, isOverview }) {
  const words = useWords();
  const { t } = words;
  const facets = useMemo(() => facetsOf(servers), [servers]);
  const isFiltered = FILTERS.some((name) => query[name]);
  const all = ['', t('fleet.all')];
  const statuses = STATUSES.map((status) => [status, t(`status.${status}`)]);
  if (query.status?.includes(',')) statuses.push([query.status, query.status.split(',').map((one) => t(`status.${one}`)).join(', ')]);
  const orders = ['severity', ...COLUMNS.filter((name) => name !== 'status')].map((name) => [name === 'severity' ? '' : name === 'name' ? name : `-${name}`, t(`column.${name}`)]);
  return html`<div class="tools">
    <h2>${t('fleet.title')}<span aria-live="polite">${isFiltered ? t('fleet.shown', { shown, n: servers.length }) : servers.length}</span></h2>
    <div class="filters">
      <${Choice} name="status" label=${t('column.status')} value=${query.status} choices=${[all, ...statuses]} />
      ${facets.groups.length > 0 && html`<${Choice} name="group" label=${t('fleet.group')} value=${query.group} choices=${[all, ...facets.groups.map(twice)]} />`}
      ${facets.tags.length > 0 && html`<${Choice} name="tag" label=${t('fleet.tag')} value=${query.tag} choices=${[all, ...facets.tags.map(twice)]} />`}
      ${view === 'cards' && html`<${Choice} name="sort" label=${t('fleet.sort')} value=${sort === 'severity' ? '' : sort} choices=${orders} />`}
      ${isFiltered && html`<button type="button" class="btn small plain" onClick=${clear}>${t('action.clear')}</button>`}
    </div>
    <a class="btn small" href=${address('performance', { query: { group: query.group } })}>${t('nav.performance')}</a>
    <${Segmented} label=${t('fleet.view')} value=${view} choices=${['cards', 'table'].map((name) => [name, t(`fleet.${name}`)])}
      onChange=${(name) => adjust({ view: name === (isOverview ? 'cards' : 'table') ? '' : name })} />
  </div>`;
}

const twice = (name) => [name, name];

const Choice = ({ name, label, value = '', choices }) => html`<label>${label}<select name=${name} class=${value && name !== 'sort' ? 'set' : ''} value=${value} onChange=${(event) => adjust({ [name]: event.target.value })}>
  ${choices.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}</select></label>`;

function NoServers() {
  const { t } = useWords();
  const isAdmin = useStore((state) => state.session.user?.role === 'admin');
  return html`<${Nothing} icon="servers" title=${t('empty.title')} hint=${t(isAdmin ? 'empty.hint' : 'empty.viewer')}>
    ${isAdmin && html`<a class="btn main" href=${address('add')}><${Icon} name="plus" />${t('action.addServer')}</a>`}<//>`;
}

const Bones = ({ isOverview }) => html`<p class="sr" role="status">…</p>${isOverview && html`<${HeroBones} />`}
  <div class="cards" aria-hidden="true" style=${{ gridTemplateColumns: 'repeat(auto-fill, minmax(264px, 1fr))', gap: '12px' }}>${[...'12345678'].map((key) => html`<div key=${key} class="card" style=${{ height: `${CARD_HEIGHT}px` }}><div class="bone" style=${{ height: '14px', width: '50%' }} /><div class="bone" style=${{ height: '46px', marginTop: '40px' }} /></div>`)}</div>`;

