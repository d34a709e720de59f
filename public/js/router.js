/** Addresses of views (`#/servers/web-1?range=6h`) and of the hub. */

/** {page, id, query}; an address that means nothing is the overview. */
export function parse(hash) {
  const [path, search = ''] = hash.replace(/^#/, '').split('?');
  const query = Object.fromEntries(new URLSearchParams(search));
  const [first = '', second = ''] = path.split('/').filter(Boolean);
  if (first === 'servers' && second) return { page: 'server', id: decoded(second), query };
  if (query.add) return { page: 'add', id: null, query }; // as it was once written
  if (/^(servers|alerts|settings|performance|add)$/.test(first)) return { page: first, id: second ? decoded(second) : null, query };
  return { page: 'overview', id: null, query };
}

const PATHS = {
  overview: () => '#/',
  servers: () => '#/servers',
  server: (id) => `#/servers/${encodeURIComponent(id)}`,
  alerts: (id) => `#/alerts${id ? `/${id}` : ''}`,
  settings: () => '#/settings',
  performance: () => '#/performance',
  add: () => '#/add',
};

/** Empty query values are left out. */
export function address(page, { id = null, query = {} } = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return PATHS[page](id) + (search ? `?${search}` : '');
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function go(page, place) {
  location.hash = address(page, place);
}

/** Changes the query in place: filters are no history of their own. */
export function adjust(changes) {
  const { page, id, query } = parse(location.hash);
  history.replaceState(null, '', address(page, { id, query: { ...query, ...changes } }));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export const FLEET = '/api/servers';

/** The hub knows what its store costs. */
export const fleetEvery = (data) => data?.watch?.poll_every ?? 5;

export const serverPath = (id, rest = '') => `${FLEET}/${encodeURIComponent(id)}${rest}`;
