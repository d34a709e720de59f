/** Filtering and ordering the fleet, quick enough for each key press over a thousand servers. */

import { rankOf } from './status.js';

const haystacks = new WeakMap();

function haystackOf(server) {
  let text = haystacks.get(server);
  if (text === undefined) {
    const tags = Object.entries(server.tags ?? {}).map(([key, value]) => `${key}=${value} ${key}:${value}`);
    text = [server.id, server.group, server.os, ...tags].filter(Boolean).join(' ').normalize('NFC').toLowerCase();
    haystacks.set(server, text);
  }
  return text;
}

/** Every typed word, one of the statuses ("ok,stale"), the group, the tag ("env=prod"). */
export function filterFleet(servers, { q = '', status = '', group = '', tag = '' }) {
  const words = q.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
  const statuses = new Set(status.split(',').filter(Boolean));
  const [tagKey, tagValue] = splitTag(tag);
  return servers.filter((server) =>
    (!statuses.size || statuses.has(server.status))
    && (!group || server.group === group)
    && (!tag || server.tags?.[tagKey] === tagValue)
    && words.every((word) => haystackOf(server).includes(word)));
}

function splitTag(tag) {
  const at = tag.indexOf('=');
  return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
}

export const COLUMNS = ['name', 'status', 'cpu', 'memory', 'disk', 'load1', 'net', 'seen'];

const KEYS = {
  severity: (server) => rankOf(server.status),
  status: (server) => rankOf(server.status),
  name: () => 0,
  cpu: (server) => server.metrics?.cpu,
  memory: (server) => server.metrics?.memory,
  disk: (server) => server.metrics?.disk,
  load1: (server) => server.metrics?.load1,
  net: (server) => traffic(server.metrics),
  seen: (server) => server.last_seen_epoch,
};

export function traffic(metrics) {
  if (metrics?.net_in == null && metrics?.net_out == null) return null;
  return (metrics.net_in ?? 0) + (metrics.net_out ?? 0);
}

/** `sort` is a column, with "-" for the largest first; servers without a value come last either way. */
export function sortFleet(servers, sort = 'severity') {
  placeNames(servers);
  const isDown = sort.startsWith('-');
  const key = KEYS[isDown ? sort.slice(1) : sort] ?? KEYS.severity;
  const sign = isDown ? -1 : 1;
  const rows = servers.map((server) => [key(server), server]);
  rows.sort(([a, first], [b, second]) => {
    if (a == null || b == null) return (a == null) - (b == null) || byName(first, second);
    return sign * (a - b) || (key === KEYS.name ? sign : 1) * byName(first, second);
  });
  return rows.map(([, server]) => server);
}

const collator = new Intl.Collator(undefined, { numeric: true });
const places = new Map();
const byName = (first, second) => places.get(first.id) - places.get(second.id);

/** Natural order (web-2 before web-10) is slow: it is worked out once for the names there are. */
function placeNames(servers) {
  if (servers.every(({ id }) => places.has(id))) return;
  const names = [...new Set([...places.keys(), ...servers.map(({ id }) => id)])].sort(collator.compare);
  names.forEach((id, place) => places.set(id, place));
}

export function facetsOf(servers) {
  const groups = new Set();
  const tags = new Set();
  for (const server of servers) {
    if (server.group) groups.add(server.group);
    for (const [key, value] of Object.entries(server.tags ?? {})) tags.add(`${key}=${value}`);
  }
  return { groups: [...groups].sort(collator.compare), tags: [...tags].sort(collator.compare) };
}
