/** Which charts a server's page has: its series grouped by what belongs on one pair of axes. Pure. */

const COLORS = ['cpu', 'memory', 'disk', 'series-4', 'series-5', 'series-6'];

// [chart, unit, series..., with ":" at the end for one line a subject], in the order of the page.
const GROUPS = [
  ['cpu', '%', 'cpu', 'iowait', 'steal'],
  ['memory', '%', 'memory', 'swap'],
  ['disk', '%', 'disk:'],
  ['network', 'B/s', 'net_in', 'net_out'],
  ['disk_io', 'B/s', 'disk_read', 'disk_write'],
  ['load', '', 'load1', 'load5', 'load15'],
  ['disk_busy', '%', 'disk_busy'],
  ['connections', '', 'connections'],
  ['temperature', '°C', 'temperature'],
  ['gpu', '%', 'gpu'],
  ['requests', '/s', 'requests'],
  ['latency', 'ms', 'latency'],
  ['error_rate', '%', 'error_rate'],
  ['inode', '%', 'inode:'],
];

// The main line keeps the colour that its measure has everywhere else.
const FIRST_COLOR = { memory: 'memory', disk: 'disk', disk_io: 'disk', inode: 'disk', network: 'cpu' };

/**
 * The charts for the series that exist: [{id, unit, lines: [{series, color}]}]. Custom metrics get a chart each, after
 * the known ones. `uptime` has none: it is a fact, and its only event is a reboot.
 */
export function chartsFor(series) {
  const left = new Set(series);
  left.delete('uptime');
  const charts = [];
  for (const [id, unit, ...wanted] of GROUPS) {
    const names = wanted.flatMap((one) => (one.endsWith(':') ? subjectsOf(one, left) : left.has(one) ? [one] : []));
    names.forEach((name) => left.delete(name));
    if (names.length) charts.push({ id, unit, lines: coloured(id, names) });
  }
  for (const name of [...left].sort()) charts.push({ id: name, unit: '', isCustom: true, lines: coloured(name, [name]) });
  return charts;
}

/** `disk:/`, `disk:/data`; the plain `disk` (the fullest mount) only where no mount is known by name. */
function subjectsOf(prefix, left) {
  const named = [...left].filter((name) => name.startsWith(prefix)).sort();
  const plain = prefix.slice(0, -1);
  if (!named.length) return left.has(plain) ? [plain] : [];
  left.delete(plain);
  return named;
}

function coloured(id, names) {
  const first = COLORS.indexOf(FIRST_COLOR[id] ?? 'cpu');
  return names.map((series, index) => ({ series, color: COLORS[(first + index) % COLORS.length] }));
}

/** What a line is called within its chart: the mount for "disk:/data", else the metric's name. */
export function lineLabel(series, words) {
  const at = series.indexOf(':');
  if (at > 0) return series.slice(at + 1);
  return words.has(`line.${series}`) ? words.t(`line.${series}`) : series;
}
