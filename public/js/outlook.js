/** A chart's drawing and what is foreseen of it, on one time axis. Pure. */

const HOUR = 3600;
const FARTHEST = 72;

/** Hours to look ahead: a quarter of what is looked back at, where that is a day or more and ends now. */
export function hoursAhead({ from, to, isLive }) {
  return isLive && to - from >= 86_400 ? Math.min(FARTHEST, Math.round((to - from) / 4 / HOUR)) : 0;
}

/**
 * A drawing with its forecasts behind its end: dashed lines, and the first line's interval as a band. `lines` have the
 * middle as their average there and the interval as their range, so that a cross-hair reads them alike. Pure.
 */
export function withOutlook(drawn, chart, outlooks) {
  const last = drawn.t.length - 1;
  const end = drawn.t[last];
  const found = chart.lines.map(({ series }) => points(outlooks[series], end));
  const longest = found.reduce((most, one) => (one.t.length > most.length ? one.t : most), []);
  if (!longest.length || last < 0) return drawn;
  const blank = longest.map(() => null);
  const spread = (one, name) => longest.map((_, index) => one[name][index] ?? null);
  const t = [...drawn.t, ...longest];
  const columns = drawn.columns.map((column) => ({ ...column, values: [...column.values, ...blank] }));
  const bands = [...(drawn.bands ?? [])];
  const before = new Array(last).fill(null);
  const behind = (line, one, name) => [...before, one.t.length ? line.avg[last] : null, ...spread(one, name)];
  found.forEach((one, index) => {
    if (!one.t.length) return;
    const color = chart.lines[index].color;
    const line = drawn.lines[index];
    columns.push({ values: behind(line, one, 'mid'), color, dash: [5, 4] });
    if (index) return;
    columns.push({ values: behind(line, one, 'high'), color, width: 0 }, { values: behind(line, one, 'low'), color, width: 0 });
    bands.push([columns.length - 2, columns.length - 1, color]);
  });
  const lines = drawn.lines.map((line, index) => ({
    avg: [...line.avg, ...spread(found[index], 'mid')],
    min: [...line.min, ...spread(found[index], 'low')],
    max: [...line.max, ...spread(found[index], 'high')],
  }));
  const top = found[0].high.reduce((most, value) => Math.max(most, value), drawn.scale[1]);
  return { ...drawn, t, columns, lines, bands, scale: [drawn.scale[0], drawn.scale[1] < top ? top * 1.05 : top], foreseenFrom: drawn.t.length };
}

/** The hours of a forecast that lie behind `end`. */
function points(outlook, end) {
  const t = outlook?.t ?? [];
  const first = t.findIndex((at) => at > end);
  const kept = (values) => (first < 0 ? [] : values.slice(first));
  return { t: kept(t), mid: kept(outlook?.mid ?? []), low: kept(outlook?.low ?? []), high: kept(outlook?.high ?? []) };
}
