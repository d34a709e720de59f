/** A server's charts: one cross-hair over all, drag to zoom, and each as a table for those who cannot see it. */

import { html, useMemo, useState } from '../../vendor/preact-htm.js';
import { useHeld } from '../components/held.js';
import { useLive, useWords } from '../components/hooks.js';
import { Plot } from '../components/plot.js';
import { chartsFor, lineLabel } from '../charts.js';
import { hoursAhead, withOutlook } from '../outlook.js';
import { adjust, serverPath } from '../router.js';
import { align, latest, scaleOf, summarise } from '../series.js';
import { troubleWords } from '../trouble.js';
import { ofChart, withExpected } from '../unlike.js';
import { OutlookNote, useOutlooks } from './outlook.js';
import { UnlikeNotes } from './unlike.js';

const HEIGHT = 186;
const MOST_SERIES = 40; // the hub answers so many at once
const never = () => 3600;

const TONES = { deploy: 'accent', reboot: 'warning-mark', config: 'memory' };

export function Charts({ server, stretch, events, unlike }) {
  const names = server.series.filter((name) => !name.includes(','));
  const groups = useMemo(() => grouped(chartsFor(names)), [names.join()]);
  const markers = useMemo(() => (events ?? []).map(({ at_epoch: at, kind }) => ({ at, tone: TONES[kind] ?? 'faint' })), [events]);
  return html`<div class="charts">${groups.map((charts, index) => html`<${Group} key=${index} server=${server} charts=${charts} stretch=${stretch} markers=${markers} unlike=${unlike} />`)}</div>`;
}

/** Charts in as few questions as the hub allows. */
function grouped(charts) {
  const groups = [];
  let size = MOST_SERIES;
  for (const chart of charts.map((one) => ({ ...one, lines: one.lines.slice(0, MOST_SERIES) }))) {
    size += chart.lines.length;
    if (size > MOST_SERIES) {
      groups.push([]);
      size = chart.lines.length;
    }
    groups.at(-1).push(chart);
  }
  return groups;
}

/** Some charts in one question; `server.reason` names the level to draw. */
export function Group({ server, charts, stretch, markers, unlike }) {
  const words = useWords();
  const names = charts.flatMap((chart) => chart.lines.map((line) => line.series));
  const path = serverPath(server.id, `/series?metrics=${names.map(encodeURIComponent).join()}&from=${stretch.from}&to=${stretch.to}`);
  const { data, error } = useLive(path, never);
  const answer = useHeld(data, server.id);
  if (!answer && error) return html`<p class="note bad">${troubleWords(error, words)}</p>`;
  return charts.map((chart) => html`<${Chart} key=${chart.id} chart=${chart} answer=${answer} stretch=${stretch} markers=${markers} server=${server} unlike=${unlike} />`);
}

function Chart({ chart, answer, stretch, markers, server, unlike }) {
  const words = useWords();
  const [at, setAt] = useState(null);
  const title = words.has(`chart.${chart.id}`) ? words.t(`chart.${chart.id}`) : chart.id;
  const drawn = useMemo(() => answer && drawing(chart, answer, server), [chart, answer, server.status, server.reason?.metric]);
  const hours = hoursAhead(stretch);
  const outlooks = useOutlooks(server.id, chart.lines, hours);
  const found = ofChart(unlike.anomalies, chart);
  const shown = useMemo(() => {
    const banded = drawn && withExpected(drawn, chart, unlike.bands, found);
    return banded && hours ? withOutlook(banded, chart, outlooks) : banded;
  }, [drawn, outlooks, hours, unlike.bands, found[0]?.series]);
  const spans = found.map(({ since_epoch: from, until_epoch: until }) => [from, until ?? stretch.to]);
  const isEmpty = drawn && !drawn.lines.some((line) => line.avg.some((value) => value != null));
  const labels = chart.lines.map((line) => lineLabel(line.series, words));
  const proven = Math.max(0, chart.lines.findIndex(({ series }) => outlooks[series]?.trial.trials)); // of a flat line there is nothing to tell
  const concern = server.reason && chart.lines.some((line) => line.series === server.reason.metric) ? server.reason : null;

  return html`<section class="panel chart" aria-label=${title}>
    <div class="panel-head"><h2>${title}</h2><span class="sp" />
      ${drawn && !isEmpty && html`<${Values} chart=${chart} drawn=${shown} now=${drawn} at=${at} labels=${labels} memoryBytes=${server.facts?.memory_bytes} tone=${concern && server.status} />`}</div>
    ${!drawn
      ? html`<div class="bone" style=${{ height: `${HEIGHT}px` }} />`
      : isEmpty
        ? html`<p class="calm" style=${{ height: `${HEIGHT}px` }}>${words.t('chart.noData')}</p>`
        : html`<${Plot} t=${shown.t} columns=${shown.columns} bands=${shown.bands} from=${stretch.from} to=${stretch.to + hours * 3600} scale=${scaleWith(shown.scale, concern)} height=${HEIGHT}
            label=${words.t('chart.label', { name: title })} words=${words} axisText=${(value) => axisText(value, chart.unit, words)} markers=${markers} spans=${spans} threshold=${concern?.level}
            sync="server" onHover=${setAt} onZoom=${(from, to) => adjust({ range: '', from, to })} onReset=${() => adjust({ from: '', to: '' })} />
          <${HiddenTable} title=${title} drawn=${drawn} labels=${labels} unit=${chart.unit} now=${stretch.to} />
          <${OutlookNote} outlook=${outlooks[chart.lines[proven].series]} of=${labels.length > 1 && labels[proven]} unit=${chart.unit} now=${stretch.to} />
          <${UnlikeNotes} found=${found} unit=${chart.unit} now=${stretch.to} path=${unlike.path} server=${server} />`}
    ${at != null && shown && html`<span class="tag when">${words.moment(shown.t[at], stretch.to)}${at >= shown.foreseenFrom && ` · ${words.t('outlook.foreseen')}`}</span>`}
  </section>`;
}

/** One axis for all lines; where points are means of many samples, a band shows the first line's range. */
function drawing(chart, answer, { status, reason }) {
  const { t, lines } = align(chart.lines.map(({ series }) => answer.series[series]), answer.step);
  const columns = lines.map((line, index) => {
    const { series, color } = chart.lines[index];
    const isConcern = reason?.metric === series && (status === 'critical' || status === 'warning');
    return { values: line.avg, color: isConcern ? `${status}-mark` : color, fill: index === 0 && lines.length < 4 };
  });
  const [first] = lines;
  const hasBand = first && lines.length < 4 && first.avg.some((value, index) => value != null && first.max[index] - first.min[index] > 1e-9);
  if (!hasBand) return { t, lines, columns, scale: scaleOf(lines, chart.unit) };
  const edge = { color: columns[0].color, width: 0 };
  columns[0].fill = false;
  return {
    t,
    lines,
    columns: [...columns, { ...edge, values: first.max }, { ...edge, values: first.min }],
    bands: [[columns.length, columns.length + 1, edge.color]],
    scale: scaleOf(lines, chart.unit),
  };
}

/** A level that was crossed must be in the picture. */
const scaleWith = (scale, concern) => (concern?.level > scale[1] ? [scale[0], concern.level * 1.1] : scale);

/** Short enough for the margin of a phone: 20 MB/s, not 20.0 megabytes a second. */
const axisText = (value, unit, words) => (unit === '' ? words.count(value) : words.quantity(value, unit));

function Values({ chart, drawn, now, at, labels, memoryBytes, tone }) {
  const words = useWords();
  const valueOf = (line) => (at == null ? latest(now.t, now.lines[drawn.lines.indexOf(line)].avg).value : line.avg[at]);
  if (drawn.lines.length === 1) return html`<b class="v ${tone ?? ''}">${words.quantity(valueOf(drawn.lines[0]), chart.unit)}</b>`;
  return html`<div class="line-keys">${drawn.lines.map((line, index) => html`<span key=${labels[index]} title=${titleOf(chart, line, at, words)}><i style=${{ background: `var(--${drawn.columns[index].color})` }} />${labels[index]}
    <b>${words.quantity(valueOf(line), chart.unit)}</b></span>`)}${chart.id === 'memory' && memoryBytes > 0 && html`<span class="wide-only">${words.t('server.ofMemory', { used: words.bytes((memoryBytes * (valueOf(drawn.lines[0]) ?? 0)) / 100), size: words.bytes(memoryBytes) })}</span>`}</div>`;
}

const titleOf = (chart, line, at, words) => (at == null || line.avg[at] == null ? null
  : words.t('chart.minMax', { min: words.quantity(line.min[at], chart.unit), max: words.quantity(line.max[at], chart.unit) }));

function HiddenTable({ title, drawn, labels, unit, now }) {
  const words = useWords();
  const rows = useMemo(() => summarise(drawn, 8), [drawn]);
  return html`<div class="sr"><table><caption>${title}</caption>
    <thead><tr><th scope="col">${words.t('chart.from')}</th>${labels.map((name) => html`<th key=${name} scope="col">${words.t('chart.avgOf', { name })}</th>`)}</tr></thead>
    <tbody>${rows.map(({ from, cells }) => html`<tr key=${from}><th scope="row">${words.moment(from, now)}</th>${cells.map((cell) => html`<td>${cell && `${words.quantity(cell.avg, unit)} (${words.t('chart.minMax', { min: words.quantity(cell.min, unit), max: words.quantity(cell.max, unit) })})`}</td>`)}</tr>`)}</tbody></table></div>`;
}
