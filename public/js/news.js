/** What became different between two lists of open alerts. Pure. */

const GRAVITY = ['info', 'warning', 'critical'];

let numbers = 0;

/**
 * One toast for all that came at once, the gravest leading: {key, kind: opened | ended, lead, count}. Null where nothing
 * is new; the first list is not news, and neither is what was acknowledged.
 */
export function news(before, now) {
  if (!before) return null;
  const was = new Set(before.map((one) => one.id));
  const is = new Set(now.map((one) => one.id));
  const opened = now.filter((one) => !was.has(one.id) && !one.acked_by);
  const ended = before.filter((one) => !is.has(one.id));
  const told = opened.length ? opened : ended;
  if (!told.length) return null;
  const lead = told.reduce((gravest, one) => (GRAVITY.indexOf(one.severity) > GRAVITY.indexOf(gravest.severity) ? one : gravest));
  numbers += 1;
  return { key: numbers, kind: opened.length ? 'opened' : 'ended', lead, count: told.length };
}
