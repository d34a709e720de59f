/** What an alert is about, drawn from before it opened on: with its level, what was expected, and what was unlike itself. */

import { html, useMemo } from '../../vendor/preact-htm.js';
import { chartsFor } from '../charts.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { serverPath } from '../router.js';
import { stretchOf } from '../series.js';
import { Group } from './measurements.js';
import { useUnlike } from './unlike.js';

const HOUR = 3600;
const BEFORE = 3 * HOUR;
const MOST = 4;
const MINUTE = 60;
const TONES = { critical: 'critical-mark', warning: 'warning-mark' };
const everyMinute = () => MINUTE;

/** Nothing where it is about no series, or its server is gone. `query` may name another stretch of time: charts can be zoomed. */
export function View({ alert, rule, events, query }) {
  const { t } = useWords();
  const { data: server } = useLive(serverPath(alert.server), everyMinute);
  const now = useNow(MINUTE);
  const stretch = useMemo(() => around(alert, query, now), [alert.resolved_at_epoch, query.from, query.to, now]);
  const unlike = useUnlike(alert.server, spanOf(stretch));
  // Whatever is zoomed to: what was unlike itself when it opened, or there would be no chart to come back by.
  const then = useUnlike(alert.server, spanOf(around(alert, {}, now)));
  const names = server ? seriesOf(alert, then.anomalies ?? []).filter((name) => server.series.includes(name)) : [];
  const charts = useMemo(() => chartsFor(names), [names.join()]);
  const markers = useMemo(() => [
    ...(events ?? []).map(([at]) => ({ at, tone: 'accent' })),
    { at: alert.opened_at_epoch, tone: TONES[alert.severity] ?? 'faint' },
    ...(alert.resolved_at_epoch ? [{ at: alert.resolved_at_epoch, tone: 'ok-mark' }] : []),
  ], [alert.severity, alert.resolved_at_epoch, events?.length]);
  if (!charts.length) return null;
  const reason = { metric: alert.subject, level: rule?.per_core ? null : alert.level };
  const standing = { ...server, status: alert.resolved_at ? 'ok' : alert.severity, reason };
  return html`<div class="charts about ${charts.length === 1 ? 'single' : ''}" role="group" aria-label=${t('alert.chart')}><${Group} server=${standing} charts=${charts} stretch=${stretch} markers=${markers} unlike=${unlike} /></div>`;
}

const spanOf = ({ from, to }) => `from=${from}&to=${to}`;

/** From three hours before it opened to an hour after it was over, or to now. */
function around(alert, query, now) {
  const chosen = stretchOf(query, now);
  if (!chosen.isLive) return chosen;
  const end = alert.resolved_at_epoch ? Math.min(now, alert.resolved_at_epoch + HOUR) : now;
  return { from: Math.floor(alert.opened_at_epoch - BEFORE), to: Math.ceil(end / MINUTE) * MINUTE, isLive: false };
}

/** What it is about; of a machine that is unlike itself, the series that were so when it opened, those first that were most. */
function seriesOf({ kind, subject, opened_at_epoch: opened }, anomalies) {
  if (kind !== 'anomaly') return [subject];
  const then = anomalies.filter((one) => one.since_epoch <= opened + 5 * MINUTE && (one.until_epoch ?? Infinity) >= opened - 10 * MINUTE);
  return [...new Set(then.sort((one, other) => other.score - one.score).map(({ series }) => series))].slice(0, MOST);
}
