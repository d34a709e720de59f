/** From the hub's series to what a chart draws: one time axis, gaps kept as gaps, sensible scales. Pure. */

/**
 * Lays series over one axis. `list` holds {t, min, avg, max}; the answer is {t, lines: [{avg, min, max}]} where a
 * missing instant is null. Instants further apart than 2.5 steps, and than is usual of this sender, get a null between
 * them, so that a line never crosses a time in which nothing was measured.
 */
export function align(list, step) {
  const times = withBreaks(mergedTimes(list.map((series) => series?.t ?? [])), step);
  const at = new Map(times.map((time, index) => [time, index]));
  const lines = list.map((series) => {
    const line = { avg: blank(times), min: blank(times), max: blank(times) };
    series?.t.forEach((time, index) => {
      const place = at.get(time);
      line.avg[place] = series.avg[index] ?? null;
      line.min[place] = series.min?.[index] ?? line.avg[place];
      line.max[place] = series.max?.[index] ?? line.avg[place];
    });
    return line;
  });
  return { t: times, lines };
}

const blank = (times) => new Array(times.length).fill(null);

function mergedTimes(axes) {
  const filled = axes.filter((axis) => axis.length);
  if (!filled.length) return [];
  const [first, ...others] = filled;
  const isShared = others.every((axis) =>
    axis.length === first.length && axis[0] === first[0] && axis.at(-1) === first.at(-1));
  if (isShared) return first;
  return [...new Set(filled.flat())].sort((a, b) => a - b);
}

function withBreaks(times, step) {
  if (!step) return times;
  const out = [];
  const apart = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
  const usual = Math.max(step, apart[(apart.length - 1) >> 1] ?? 0);
  times.forEach((time, index) => {
    if (index && time - times[index - 1] > usual * 2.5) out.push(times[index - 1] + step);
    out.push(time);
  });
  return out;
}

/** The last measured value of a line and its time, or nulls. */
export function latest(times, values) {
  for (let index = values.length - 1; index >= 0; index -= 1) {
    if (values[index] != null) return { at: times[index], value: values[index] };
  }
  return { at: null, value: null };
}

/** [low, high] that holds all values: percentages on 0-100 so that charts compare, others from zero to a round top. */
export function scaleOf(lines, unit) {
  if (unit === '%') return [0, 100];
  let low = 0;
  let high = 0;
  for (const line of lines) {
    for (const value of line.max) if (value > high) high = value;
    for (const value of line.min) if (value != null && value < low) low = value;
  }
  return [low < 0 ? -roundUp(-low) : 0, high > 0 ? roundUp(high) : low < 0 ? 0 : 1];
}

/** The next of 1, 2, 2.5, 4, 5, 10 times a power of ten. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 4, 5, 10].find((one) => one * power >= value * 1.02);
  return (step ?? 20) * power;
}

/**
 * A chart as a table for those who cannot see it: at most `rows` rows of equal time, each line's lowest, mean and
 * highest value within. Rows without any value are left out.
 */
export function summarise({ t, lines }, rows = 12) {
  if (!t.length) return [];
  const size = Math.ceil(t.length / rows);
  const table = [];
  for (let start = 0; start < t.length; start += size) {
    const cells = lines.map((line) => summaryOf(line, start, Math.min(start + size, t.length)));
    if (cells.some(Boolean)) table.push({ from: t[start], to: t[Math.min(start + size, t.length) - 1], cells });
  }
  return table;
}

function summaryOf(line, start, end) {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let known = 0;
  for (let index = start; index < end; index += 1) {
    if (line.avg[index] == null) continue;
    low = Math.min(low, line.min[index]);
    high = Math.max(high, line.max[index]);
    sum += line.avg[index];
    known += 1;
  }
  return known ? { min: low, avg: sum / known, max: high } : null;
}

export const RANGES = { '1h': 3600, '6h': 21_600, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 };

/** {from, to, isLive} of a view's query: a custom stretch of time, or one of RANGES up to `now`. */
export function stretchOf({ range, from, to }, now) {
  const [start, end] = [Number(from), Number(to)];
  if (start > 0 && end > start) return { from: start, to: end, isLive: false };
  return { from: now - (RANGES[range] ?? RANGES['1h']), to: now, isLive: true };
}

/** Ranges worth offering: the shortest always, a longer one when the hub knows the server for longer than the last. */
export function offeredRanges(knownSeconds) {
  const names = Object.keys(RANGES);
  return names.filter((name, index) => index === 0 || knownSeconds > RANGES[names[index - 1]]);
}

/** Seconds between two looks at a stretch: a new point in a long range is rarer than in a short one. */
export const renewEvery = (seconds) => Math.min(300, Math.max(10, seconds / 300));
