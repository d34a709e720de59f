/** The five statuses: how they rank, why a server has one, when it is too old to be believed. */

export const STATUSES = ['ok', 'warning', 'critical', 'stale', 'offline'];

const RANK = { critical: 0, offline: 1, warning: 2, stale: 3, ok: 4 };

// The hub calls a server stale long before: this is for a hub that has stopped judging.
export const BELIEVED_SECONDS = 300;

export const rankOf = (status) => RANK[status] ?? RANK.stale;

/** "ok" needs fresh evidence, of the server and of this view; else it is stale, never green. Bad news keeps. */
export function shownStatus(server, now, confirmedAt) {
  if (!STATUSES.includes(server.status)) return 'stale';
  if (server.status !== 'ok') return server.status;
  const isOld = now - server.last_seen_epoch > BELIEVED_SECONDS || now - confirmedAt > BELIEVED_SECONDS / 3;
  return isOld ? 'stale' : 'ok';
}

/** The servers with the status to show. */
export const judged = (servers, now, confirmedAt) => servers.map((server) => {
  const status = shownStatus(server, now, confirmedAt);
  return status === server.status ? server : { ...server, status, reason: null };
});

/** The status that wants a person most, or null. */
export const worstOf = (servers) => servers.reduce((worst, { status }) => (worst == null || rankOf(status) < rankOf(worst) ? status : worst), null);

/** {ok: 20, warning: 2, ...} */
export function countStatuses(servers) {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0]));
  for (const server of servers) counts[server.status] += 1;
  return counts;
}

/** "warning" or "critical" for the measure that the hub finds fault with ("disk" also for one mount), else null. */
export function levelOf({ status, reason }, name) {
  const isConcern = reason?.metric === name || reason?.metric?.startsWith(`${name}:`);
  return isConcern && (status === 'warning' || status === 'critical') ? status : null;
}

/** The hub's sentence with how long it has been so, else what the status says. */
export function reasonWords({ status, reason }, words, now) {
  if (!reason) return words.t(status === 'ok' ? 'reason.ok' : 'reason.unconfirmed');
  const text = words.said(reason.text);
  return reason.since_epoch ? words.t('reason.for', { text, span: words.span(now - reason.since_epoch) }) : text;
}
