/** What the five statuses are, how they rank, why a server has one, and when it is too old to be believed. */

export const STATUSES = ['ok', 'warning', 'critical', 'stale', 'offline'];

// What wants a person first stands first.
const RANK = { critical: 0, offline: 1, warning: 2, stale: 3, ok: 4 };

// The hub calls a server stale long before this. It is the page's own guard for a hub that has stopped judging.
export const BELIEVED_SECONDS = 300;

export const rankOf = (status) => RANK[status] ?? RANK.stale;

/**
 * The status to show at `now` (epoch seconds). "ok" needs fresh evidence: a server not heard of for long, or a view
 * that could not be renewed for long, is shown as stale, never green. Bad news keeps until it is taken back.
 */
export function shownStatus(server, now, confirmedAt) {
  if (!STATUSES.includes(server.status)) return 'stale';
  if (server.status !== 'ok') return server.status;
  const isOld = now - server.last_seen > BELIEVED_SECONDS || now - confirmedAt > BELIEVED_SECONDS / 3;
  return isOld ? 'stale' : 'ok';
}

/** The servers with the status to show; a server whose "ok" is not believed has no reason of the hub's any more. */
export const judged = (servers, now, confirmedAt) => servers.map((server) => {
  const status = shownStatus(server, now, confirmedAt);
  return status === server.status ? server : { ...server, status, reason: null };
});

/** The status that wants a person most, or null for no servers. */
export const worstOf = (servers) => servers.reduce((worst, { status }) => (worst == null || rankOf(status) < rankOf(worst) ? status : worst), null);

/** How many servers have each status: {ok: 20, warning: 2, ...}. */
export function countStatuses(servers) {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, 0]));
  for (const server of servers) counts[server.status] += 1;
  return counts;
}

/** "warning" or "critical" for a percentage that is high, else null. Drawing only: the hub decides what is wrong. */
export function levelOf(percent) {
  if (percent == null) return null;
  if (percent >= 95) return 'critical';
  return percent >= 85 ? 'warning' : null;
}

/** The hub's own sentence with how long it has been so; without one, what the status alone says. */
export function reasonWords({ status, reason }, words, now) {
  if (!reason) return words.t(status === 'ok' ? 'reason.ok' : 'reason.unconfirmed');
  const text = words.said(reason.text);
  return reason.since ? words.t('reason.for', { text, span: words.span(now - reason.since) }) : text;
}
