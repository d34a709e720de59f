/** What was expected of a chart's line, as a band behind it; and when its lines were unlike themselves. Pure. */

const HOUR = 3600;

/**
 * A drawing with what was expected. `bands` are {series: {t, low, high}} by the hour, drawn from middle to middle of the
 * hours; where none was told there is none. Bands of several lines would hide each other: it is that of the line that was
 * unlike itself last (`found`, the newest first), else of the first.
 */
export function withExpected(drawn, chart, bands, found = []) {
  const band = bands?.[found[0]?.series] ?? bands?.[chart.lines[0]?.series];
  if (!band?.t.length || !drawn.t.length) return drawn;
  const edge = (values) => drawn.t.map((at) => between(band.t, values, at));
  const [high, low] = [edge(band.high), edge(band.low)];
  if (!high.some((value) => value != null)) return drawn;
  const color = 'faint';
  const first = drawn.columns.length;
  return {
    ...drawn,
    columns: [...drawn.columns, { values: high, color, width: 0 }, { values: low, color, width: 0 }],
    bands: [...(drawn.bands ?? []), [first, first + 1, color]],
  };
}

/** The value at a time: hours stand for their middles, and what lies between two of them is on the way. */
function between(hours, values, at) {
  const index = hours.findLastIndex((hour) => hour <= at);
  if (index < 0 || at >= hours[index] + HOUR) return null;
  const middle = hours[index] + HOUR / 2;
  const other = at < middle ? index - 1 : index + 1;
  if (hours[other] === undefined || Math.abs(hours[other] - hours[index]) !== HOUR) return values[index];
  const share = Math.abs(at - middle) / HOUR;
  return values[index] * (1 - share) + values[other] * share;
}

/** Of a chart's lines, the newest first. */
export const ofChart = (anomalies, chart) => (anomalies ?? []).filter((one) => chart.lines.some(({ series }) => series === one.series));

/**
 * What was told and what was expected, as [value, low, high] in words with as many digits as it takes to see that they
 * differ. `figure(value, decimals)` makes words, the usual ones without `decimals`. Pure.
 */
export function toldApart({ value, low, high }, figure) {
  const usual = [value, low, high].map((one) => figure(one));
  for (const told of [usual, ...[1, 2, 3].map((decimals) => [value, low, high].map((one) => figure(one, decimals)))]) {
    if (told[0] !== told[1] && told[0] !== told[2]) return told;
  }
  return usual;
}

/**
 * How often so many series of one server were unlike themselves together, for `hold` seconds or longer: {times, servers}.
 * `options` are those of a rule: {series, metrics}.
 */
export function together(anomalies, { series: least, metrics }, hold, now) {
  const meant = anomalies.filter(({ series }) => !metrics.length || metrics.some((glob) => means(glob, series)));
  const servers = [...new Set(meant.map(({ server }) => server))];
  const found = servers.map((name) => periods(meant.filter(({ server }) => server === name), least, now).filter(([from, to]) => to - from >= hold).length);
  return { times: found.reduce((sum, one) => sum + one, 0), servers: found.filter(Boolean).length };
}

/** [from, to] in which at least so many lasted. A series is unlike itself once at a time. */
function periods(anomalies, least, now) {
  const edges = anomalies.flatMap((one) => [[one.since_epoch, 1], [one.until_epoch ?? now, -1]]).sort(([first, step], [second, other]) => first - second || step - other);
  const found = [];
  let lasting = 0;
  let since = null;
  for (const [at, step] of edges) {
    lasting += step;
    if (lasting >= least) since ??= at;
    else if (since !== null) {
      found.push([since, at]);
      since = null;
    }
  }
  return found;
}

/** As the hub reads a glob: of the series, or the name of its metric. One that is still being typed may be none yet. */
function means(glob, series) {
  if (glob === series || glob === series.split(':')[0]) return true;
  const pattern = glob.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.').replaceAll('[!', '[^');
  try {
    return new RegExp(`^(?:${pattern})$`).test(series);
  } catch {
    return false;
  }
}
