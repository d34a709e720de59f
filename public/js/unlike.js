/** What was expected of a chart's first line, as a band behind it; and when its lines were unlike themselves. Pure. */

const HOUR = 3600;

/**
 * A drawing with what was expected. `bands` are {series: {t, low, high}} by the hour, drawn from middle to middle of the
 * hours; where none was told there is none.
 */
export function withExpected(drawn, chart, bands) {
  const band = bands?.[chart.lines[0]?.series];
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
