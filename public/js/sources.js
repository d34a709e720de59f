/** What feeds a server, as its page tells it. Pure. */

const MOST_NAMES = 40; // the hub remembers so many

// Names of products are the same in every language.
const NAMES = { prometheus: 'Prometheus remote_write', collectd: 'collectd', opentsdb: 'OpenTSDB, Graphite', netdata: 'Netdata', glances: 'Glances', aws: 'AWS CloudWatch', gcp: 'Google Cloud Monitoring', azure: 'Azure Monitor' };

/** What a source is called. */
export const calledOf = (name, { t, has }) => (has(`sourcename.${name}`) ? t(`sourcename.${name}`) : NAMES[name] ?? name);

/** [key of the message, its places]: more than it remembers is said to be at least that many. */
export const countWords = (what, names) => [names.length >= MOST_NAMES ? `source.${what}Full` : `source.${what}`, { n: names.length }];

/** {words, why} of a clock that is off, null of one that is right. `isOff`: its server raises no alarms meanwhile. */
export function clockOf({ name, ahead }, { t, span }, isOff = false) {
  if (!ahead) return null;
  const way = ahead > 0 ? 'ahead' : 'behind';
  const why = name === 'agent' ? [t('source.corrected')] : [t(`source.${way}Why`), isOff && ahead > 0 && t('source.calm')];
  return { words: t(`source.${way}`, { span: span(Math.abs(ahead)) }), why: why.filter(Boolean).join(' ') };
}

/** What could not be kept, as [{what, names, why}]. */
export function leftOut({ names, over }, limit, t) {
  return [
    names.length > 0 && { what: 'names', names, why: t('source.namesWhy') },
    over.length > 0 && { what: 'over', names: over, why: t('source.overWhy', { most: limit.custom_a_request }) },
  ].filter(Boolean);
}

/** The newest first: what reports now is of more interest than what did once. */
export const inOrder = (sources) => [...sources].sort((first, second) => second.at_epoch - first.at_epoch);

/** Two machines under one name, in words; null where one is alone. */
export function twinsOf({ id, twins }, words, now) {
  if (!twins) return null;
  const told = twins.by === 'boot' ? twins.tokens.map((at) => words.moment(at, now)) : twins.tokens;
  return {
    title: words.t('twins.title', { id }),
    text: words.t(`twins.${twins.by}`, { tokens: told.join(', ') }),
    todo: words.t('twins.do', { at: words.moment(twins.since_epoch, now) }),
  };
}
