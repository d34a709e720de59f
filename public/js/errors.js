/** Errors as the page counts them: the spans that are asked for, and the bars of a group. Pure. */

const HOUR = 3600;
const BARS = 60;

export const HOURS = [1, 24, 168, 720];

/** What to ask for, in whole minutes: {from}; the end stays open, so that the newest come by themselves. */
export const spanOf = (hours, now) => ({ from: Math.floor((now - hours * HOUR) / 60) * 60 });

/** [{at, count, seconds}], oldest first and without holes, of [[start of an hour, how many]]; at most sixty bars. */
export function barsOf(hours, wanted, now) {
  const each = Math.ceil(Math.max(2, wanted + 1) / BARS) * HOUR; // the hour that runs is one more
  const last = Math.floor(now / each) * each;
  const count = Math.max(2, Math.ceil(((wanted + 1) * HOUR) / each));
  const bars = Array.from({ length: count }, (_, place) => ({ at: last - (count - 1 - place) * each, count: 0, seconds: each }));
  for (const [at, many] of hours) {
    const bar = bars[Math.floor((at - bars[0].at) / each)];
    if (bar) bar.count += many;
  }
  return bars;
}
