/** The lines of an answer: read when it is shown, from the same address as the charts of a server's page. */

import { html, useEffect, useMemo, useState } from '../../vendor/preact-htm.js';
import { get } from '../api.js';
import { Plot } from '../components/plot.js';
import { useWords } from '../components/hooks.js';
import { serverPath } from '../router.js';
import { align, latest, scaleOf } from '../series.js';
import { seriesWords } from '../wellbeing.js';

const HEIGHT = 130;
const POINTS = 160;
const COLORS = ['cpu', 'memory', 'disk', 'series-4', 'series-5', 'series-6'];
const UNITS = { cpu: '%', iowait: '%', steal: '%', memory: '%', swap: '%', disk: '%', inode: '%', disk_busy: '%', gpu: '%', error_rate: '%', disk_read: 'B/s', disk_write: 'B/s', net_in: 'B/s', net_out: 'B/s', temperature: '°C', latency: 'ms', requests: '/s', uptime: 's' };

const unitOf = (metric) => UNITS[metric.split(':')[0]] ?? '';

export function View({ chart }) {
  const words = useWords();
  const { t } = words;
  const drawn = useDrawn(chart);
  if (drawn === null) return html`<div class="bone" style=${{ height: `${HEIGHT}px` }} />`;
  if (!drawn.lines.some((line) => line.avg.some((value) => value != null))) return null;
  const labels = drawn.wanted.map(({ server, metric }) => (drawn.servers > 1 ? (drawn.metrics > 1 ? `${server} ${seriesWords(metric, words)}` : server) : seriesWords(metric, words)));
  const title = t('ask.chart', { name: labels.join(', ') });
  return html`<div class="drawn" role="group" aria-label=${title}>
    <div class="line-keys">${labels.map((label, index) => html`<span key=${label}><i style=${{ background: `var(--${COLORS[index % COLORS.length]})` }} /><bdi>${label}</bdi> <b>${words.quantity(latest(drawn.t, drawn.lines[index].avg).value, drawn.unit)}</b></span>`)}</div>
    <${Plot} t=${drawn.t} columns=${drawn.columns} from=${chart.start_epoch} to=${chart.end_epoch} scale=${drawn.scale} height=${HEIGHT} label=${title} words=${words}
      axisText=${(value) => (drawn.unit === '' ? words.count(value) : words.quantity(value, drawn.unit))} threshold=${chart.threshold ?? undefined} /></div>`;
}

/** null until it has come. Series of another unit than the first would need an axis of their own: they are left out. */
function useDrawn(chart) {
  const [answers, setAnswers] = useState(null);
  const unit = unitOf(chart.series[0].metric);
  const wanted = useMemo(() => chart.series.filter(({ metric }) => unitOf(metric) === unit).slice(0, COLORS.length), [chart]);
  useEffect(() => {
    let isGone = false;
    const servers = [...new Set(wanted.map(({ server }) => server))];
    const paths = servers.map((server) => {
      const metrics = wanted.filter((one) => one.server === server).map(({ metric }) => encodeURIComponent(metric)).join();
      return serverPath(server, `/series?metrics=${metrics}&from=${Math.floor(chart.start_epoch)}&to=${Math.ceil(chart.end_epoch)}&points=${POINTS}`);
    });
    Promise.all(paths.map((path) => get(path).then(({ data }) => data, () => null)))
      .then((found) => { if (!isGone) setAnswers(Object.fromEntries(servers.map((server, index) => [server, found[index]]))); });
    return () => { isGone = true; };
  }, [chart]);
  return useMemo(() => {
    if (!answers) return null;
    const step = Math.max(0, ...Object.values(answers).map((one) => one?.step ?? 0));
    const { t, lines } = align(wanted.map(({ server, metric }) => answers[server]?.series[metric]), step);
    const columns = lines.map((line, index) => ({ values: line.avg, color: COLORS[index % COLORS.length], fill: lines.length === 1 }));
    return { t, lines, columns, unit, wanted, scale: scaleOf(lines, unit), servers: new Set(wanted.map(({ server }) => server)).size, metrics: new Set(wanted.map(({ metric }) => metric)).size };
  }, [answers]);
}
