/** What the hub told of a key's senders, gathered over several looks. Pure. */

export const EVERY_MS = 5000;
export const PAUSE_SECONDS = 1800; // without anything new: a page left open must not ask for ever
export const QUIET_SECONDS = 60; // after so long without a sample it is worth saying what to check

/** `at`: when the waiting began, `heardAt`: when there was something new, both on the hub's clock. */
export const begin = (at) => ({ arrived: [], elsewhere: [], pings: [], alerts: [], refused: [], seen: new Set(), next: null, at, heardAt: at });

/** The state after one more answer: a server that reports again stays one line, with all that was seen of it. */
export function merged(state, answer) {
  const before = new Map(state.arrived.map((one) => [placeOf(one), one]));
  for (const one of answer.arrived) {
    const known = before.get(placeOf(one));
    const metrics = [...new Set([...(known?.metrics ?? []), ...one.metrics])];
    before.set(placeOf(one), {
      ...one,
      client: one.client ?? known?.client ?? null,
      metrics,
      metrics_count: Math.max(metrics.length, one.metrics_count, known?.metrics_count ?? 0),
      names: [...new Set([...(known?.names ?? []), ...one.names])].slice(0, 20),
      unmapped: Math.max(one.unmapped, known?.unmapped ?? 0),
      errors: one.errors + (known?.errors ?? 0),
    });
  }
  const elsewhere = new Map([...answer.elsewhere, ...state.elsewhere].map((one) => [one.server, one]));
  const seen = new Set([...state.seen, ...signsOf(answer)]);
  return {
    ...state,
    arrived: [...before.values()].sort((one, other) => other.at_epoch - one.at_epoch),
    elsewhere: [...elsewhere.values()].slice(0, 5),
    pings: newestOf([...state.pings, ...answer.pings], 'check'),
    alerts: newestOf([...state.alerts, ...answer.alerts], 'subject'),
    refused: answer.refused,
    next: answer.next,
    seen,
    heardAt: seen.size > state.seen.size ? answer.as_of_epoch : state.heardAt,
  };
}

/** What is worth telling of the refusals: a sender that does arrive also sends requests of which nothing is a metric. */
export const worthTelling = ({ arrived, refused }) => refused.filter((one) => one.reason !== 'nothing_mapped' || !arrived.some(({ client }) => client === one.client));

const placeOf = ({ server, source }) => `${source} ${server}`;
/** The last of those that share a key, newest first. */
const newestOf = (list, key) => [...new Map(list.map((one) => [one[key], one])).values()].sort((one, other) => other.at_epoch - one.at_epoch);

/** What is news the first time, and no more the next: senders that go on, well or in vain, keep no page asking. */
const signsOf = ({ arrived, pings, alerts, refused }) => [...arrived.map(placeOf), ...pings.map(({ check }) => `ping ${check}`), ...alerts.map(({ subject }) => `alert ${subject}`), ...refused.map(({ reason, key, address }) => `refused ${reason} ${key} ${address}`)];

/** The word for a refusal: what its clock does wrong is two of them. */
export const refusalWord = ({ reason, clock_off: off }) => (reason === 'clock' ? `clock_${off > 0 ? 'ahead' : 'behind'}` : reason);

// What people call the protocols; the other sources are names of their own.
const SOURCES = { influx: 'InfluxDB line protocol', otlp: 'OTLP', otlp_logs: 'OTLP logs', prometheus: 'Prometheus remote_write', exposition: 'Prometheus text', collectd: 'collectd', glances: 'Glances', opentsdb: 'OpenTSDB', graphite: 'Graphite', netdata: 'Netdata', native: 'JSON' };

/** "Telegraf/1.30 · InfluxDB line protocol"; of our own agent its name and version. */
export function senderOf({ source, client }) {
  if (source === 'agent') return ['OpenManager', client].filter(Boolean).join(' ');
  return [client, SOURCES[source] ?? source].filter(Boolean).join(' · ');
}
