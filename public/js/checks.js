/** Checks as the page tells them: how one stands, what a job must call, how spans become fields. Pure. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

// One status of a server's shapes and colours for each: the word beside it says which it is.
const SHAPES = { up: 'ok', running: 'ok', late: 'warning', down: 'critical', new: 'offline', paused: 'offline' };

/** {word, shape}. A run that goes on is told where nothing worse is to be told. */
export function standingOf({ status, running_since_epoch: running }) {
  const word = running && (status === 'up' || status === 'late' || status === 'new') ? 'running' : status;
  return { word, shape: SHAPES[word] ?? 'offline' };
}

// -f: a refusal is a failure; -m and --retry: a job must not hang on its monitor.
const CURL = 'curl -fsS -m 10 --retry 5 -o /dev/null';

/** What to call when, as {ran, start, fail, code, said}. */
export const linesOf = (address) => ({
  ran: `${CURL} ${address}`,
  start: `${CURL} ${address}/start`,
  fail: `${CURL} ${address}/fail`,
  code: `${CURL} ${address}/$?`,
  said: `2>&1 | ${CURL} --data-binary @- ${address}/log`,
});

/** The same by a key and its slug, as Healthchecks has it. */
export const bySlug = (origin, slug) => `${CURL} ${origin}/ping/omv_live_.../${encodeURI(slug)}`;

/** The line of a crontab that times the run and tells its exit code. */
export const crontabOf = (check, address) => `${check.cron ?? everyAsCron(check.period_seconds)} ${CURL} ${address}/start; /path/to/job; ${CURL} ${address}/$?`;

/** A period as a cron expression, where it is one; else the nearest that runs no less often. */
export function everyAsCron(seconds) {
  const minutes = Math.max(1, Math.floor(seconds / MINUTE));
  if (minutes < 60) return `*/${largestPart(60, minutes)} * * * *`.replace('*/1 ', '* ');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `0 */${largestPart(24, hours)} * * *`.replace('*/1 ', '* ');
  return '0 0 * * *';
}

function largestPart(whole, most) {
  let part = most;
  while (whole % part) part -= 1;
  return part;
}

export const UNITS = [1, MINUTE, HOUR, DAY];

/** {n, unit}: seconds as a person would write them. */
export function asField(seconds) {
  if (seconds == null) return { n: '', unit: MINUTE };
  const unit = seconds === 0 ? MINUTE : UNITS.findLast((one) => seconds % one === 0);
  return { n: seconds / unit, unit };
}

/** What a person wrote as seconds; null for nothing. */
export const asSeconds = (n, unit) => (String(n).trim() === '' ? null : Math.round(Number(n) * Number(unit)));

/** Only what differs: a check that is told again when it is due would begin anew. */
export const changesOf = (check, wanted) => Object.fromEntries(Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(check[name])));

/** ["team:payment"] <-> {team: "payment"}; a word without a colon has no value and is left as it is. */
export const tagsTold = (tags) => Object.entries(tags).map(([key, value]) => `${key}:${value}`);
export const tagsRead = (list) => Object.fromEntries(list.map((text) => {
  const at = text.indexOf(':');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}));

const LOCALES = { ko: 'ko-KR', en: 'en-GB' };

/** Thu 26 Nov, 03:00 on the clocks of a zone; of the reader's own where the browser does not know that one. */
export function inZone(epoch, zone, lang) {
  const form = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  try {
    return new Intl.DateTimeFormat(LOCALES[lang], { ...form, timeZone: zone }).format(new Date(epoch * 1000));
  } catch {
    return new Intl.DateTimeFormat(LOCALES[lang], form).format(new Date(epoch * 1000));
  }
}

/** The runs whose length is known, oldest first, of pings that come newest first: [{seconds, failed, at}]. */
export const runsOf = (pings, most = 40) => pings.filter(({ seconds }) => seconds != null).slice(0, most).reverse()
  .map(({ seconds, kind, at_epoch: at }) => ({ seconds, failed: kind === 'fail', at }));

/** The middle one of some numbers. */
export const median = (values) => [...values].sort((first, second) => first - second)[Math.floor(values.length / 2)];
