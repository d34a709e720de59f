/** uPlot in our clothes: theme colours, gaps, bands, markers, shared cross-hair, drag to zoom, keys. */

import { html, useEffect, useRef, useState } from '../../vendor/preact-htm.js';
import uPlot from '../../vendor/uplot.js';
import { useStore, useWords } from './hooks.js';

const DAY = 86_400;

/**
 * `t` are epoch seconds; `columns` is [{values, color, width, fill, dash}]; `bands` is [[high, low, color]] by column
 * index. The axes show exactly `from`..`to` and `scale`, whatever the data: an hour without values looks like one.
 * `spans` are [from, to] of what was unlike itself. `onHover(index | null)`, `onZoom(from, to)`; `sync` names the charts that share a cross-hair.
 */
export function Plot(props) {
  const { t, columns, from, to, scale, height, label } = props;
  const box = useRef();
  const plot = useRef();
  const current = useRef();
  current.current = props;
  const theme = useTheme();
  const { lang } = useWords();
  const shape = JSON.stringify([theme, lang, height, props.bands, columns.map((one) => [one.color, one.width, one.fill, one.dash])]);

  useEffect(() => {
    const made = new uPlot(optionsFor(current, box.current), dataOf(current.current), box.current);
    plot.current = made;
    const observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width && width !== made.width) made.setSize({ width, height });
    });
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => { plot.current?.setData(dataOf(current.current)); }, [t, columns, from, to, scale[0], scale[1], props.markers, JSON.stringify(props.spans)]);

  return html`<div ref=${box} class="plot" tabindex="0" role="group" aria-label=${label} onKeyDown=${(event) => walk(event, plot.current)}
    onBlur=${() => plot.current?.setCursor({ left: -10, top: -10 })} style=${{ height: `${height}px` }} />`;
}

const dataOf = ({ t, columns }) => [t, ...columns.map((column) => column.values)];

/** Arrow keys move the cross-hair from value to value, Home and End to the edges. */
function walk(event, plot) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  const times = plot?.data[0];
  if (!(event.key in steps) || !times?.length) return;
  event.preventDefault();
  const here = plot.cursor.idx ?? times.length - 1;
  const next = Math.max(0, Math.min(times.length - 1, here + steps[event.key]));
  plot.setCursor({ left: plot.valToPos(times[next], 'x'), top: plot.over.clientHeight / 2 });
}

function optionsFor(current, box) {
  const { columns, bands, height, sync } = current.current;
  const color = colorReader(box);
  const axis = {
    stroke: color('faint'),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: color('grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(80, box.clientWidth),
    height,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    scales: { x: { range: () => [current.current.from, current.current.to] }, y: { range: () => current.current.scale } },
    cursor: {
      y: false,
      // The edges of a band have no point of their own.
      points: { size: (_, index) => (columns[index - 1].width === 0 ? 0 : 7), width: 2 },
      drag: { x: true, y: false, setScale: false },
      ...(sync && { sync: { key: sync, setSeries: false } }),
      bind: { dblclick: () => () => current.current.onReset?.() },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 26, gap: 6, values: (_, splits, __, ___, step) => splits.map((at) => timeLabel(at, step, current.current.words)) },
      { ...axis, size: 54, gap: 6, space: 42, values: (_, splits) => splits.map((value) => current.current.axisText(value)) },
    ],
    series: [{}, ...columns.map((column) => seriesFor(column, color))],
    bands: bands?.map(([high, low, name]) => ({ series: [high + 1, low + 1], fill: faded(color(name), 0.17) })),
    hooks: {
      draw: [(plot) => drawMarkers(plot, current.current, color)],
      setCursor: [(plot) => current.current.onHover?.(plot.cursor.left >= 0 ? plot.cursor.idx : null)],
      setSelect: [(plot) => zoomTo(plot, current.current.onZoom)],
    },
  };
}

function seriesFor({ color: name, width = 1.6, fill, dash }, color) {
  const stroke = color(name);
  return {
    stroke,
    width,
    dash,
    points: { show: true, size: 4, width: 0, fill: stroke, filter: lonelyPoints },
    fill: fill ? (plot) => gradient(plot, stroke) : undefined,
  };
}

/** A value between two gaps has no line to lie on: it is drawn as a point, or it would not be seen. */
function lonelyPoints(plot, index, _isShown, gaps) {
  if (!gaps?.length && plot.data[0].length > 1) return [];
  const [times] = plot.data;
  const values = plot.data[index];
  const lonely = [];
  for (let at = 0; at < values.length; at += 1) {
    // Points, unlike lines, are not cut off at the edge of the picture.
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null && times[at] >= plot.scales.x.min) lonely.push(at);
  }
  return lonely;
}

function gradient(plot, color) {
  const { top, height } = plot.bbox;
  if (!(height > 0)) return null;
  const fill = plot.ctx.createLinearGradient(0, top, 0, top + height);
  fill.addColorStop(0, faded(color, 0.25));
  fill.addColorStop(1, faded(color, 0));
  return fill;
}

/** A shade over what was unlike itself, vertical lines for what happened (deploys, reboots), a horizontal one for the level that was crossed. */
function drawMarkers(plot, { markers = [], spans = [], threshold, from, to }, color) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  for (const [begin, end] of spans) {
    const left = plot.valToPos(Math.max(begin, from), 'x', true);
    const width = Math.max(3 * ratio, plot.valToPos(Math.min(end, to), 'x', true) - left);
    ctx.fillStyle = faded(color('warning-mark'), 0.12);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = color('warning-mark');
    ctx.fillRect(left, bbox.top, width, 2 * ratio);
  }
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  for (const { at, tone } of markers) {
    if (at < from || at > to) continue;
    const x = Math.round(plot.valToPos(at, 'x', true));
    ctx.strokeStyle = ctx.fillStyle = color(tone);
    line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, bbox.top - 6 * ratio);
    ctx.lineTo(x + 4 * ratio, bbox.top - 6 * ratio);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  if (threshold != null) {
    const y = Math.round(plot.valToPos(threshold, 'y', true));
    ctx.strokeStyle = color('critical-mark');
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
  }
  ctx.restore();
}

function line(ctx, x1, y1, x2, y2) {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

function zoomTo(plot, onZoom) {
  const { left, width } = plot.select;
  if (width < 8) return;
  const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (onZoom && to - from >= 60) onZoom(Math.floor(from), Math.ceil(to));
}

function timeLabel(at, step, words) {
  const date = new Date(at * 1000);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
  return step >= DAY || isMidnight ? words.day(at) : words.clock(at, step < 60);
}

/** A canvas cannot use var(): the browser resolves the meaning for the present theme. */
function colorReader(box) {
  const probe = box.appendChild(document.createElement('i'));
  const read = new Map();
  return (name) => {
    if (!read.has(name)) {
      if (!probe.isConnected) box.append(probe);
      probe.style.color = `var(--${name})`;
      read.set(name, getComputedStyle(probe).color);
      probe.remove();
    }
    return read.get(name);
  };
}

/** `rgb(1, 2, 3)` with another opacity. */
function faded(color, alpha) {
  const [red, green, blue] = color.match(/[\d.]+/g);
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)');

/** "dark" or "light": what is really shown, also when the choice is to follow the system. */
function useTheme() {
  const chosen = useStore((state) => state.theme);
  const [isDark, setDark] = useState(prefersDark.matches);
  useEffect(() => {
    const update = () => setDark(prefersDark.matches);
    prefersDark.addEventListener('change', update);
    return () => prefersDark.removeEventListener('change', update);
  }, []);
  if (chosen !== 'system') return chosen;
  return isDark ? 'dark' : 'light';
}
