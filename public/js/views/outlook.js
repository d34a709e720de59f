/** What is to come: the forecast behind the end of a chart, when a level will be crossed, and how far that can be trusted. */

import { html, useEffect, useState } from '../../vendor/preact-htm.js';
import { useLive, useWords } from '../components/hooks.js';
import { subscribe } from '../live.js';
import { serverPath } from '../router.js';

const HOUR = 3600;
const MOST_LINES = 4;
const hourly = () => HOUR;

/** {series: forecast} of a chart's first lines, as they come. */
export function useOutlooks(id, lines, hours) {
  const names = hours ? lines.slice(0, MOST_LINES).map(({ series }) => series) : [];
  const [held, setHeld] = useState({ of: '', found: {} });
  const of = JSON.stringify([id, names, hours]);
  useEffect(() => {
    const ends = names.map((name) => {
      const [metric, ...mount] = name.split(':');
      const query = new URLSearchParams({ metric, horizon: hours, ...(mount.length && { mount: mount.join(':') }) });
      return subscribe(serverPath(id, `/forecast?${query}`), ({ data, changed }) => {
        if (!changed || !data?.t) return;
        setHeld((old) => ({ of, found: { ...(old.of === of ? old.found : {}), [name]: data } }));
      }, hourly);
    });
    return () => ends.forEach((end) => end());
  }, [of]);
  return held.of === of ? held.found : {};
}

/** Beneath a chart: how the forecast (`of` one of several lines) did, and for those who cannot see the line, what it says. */
export function OutlookNote({ outlook, of, unit, now }) {
  const words = useWords();
  const { t } = words;
  if (!outlook?.mid.length) return null;
  const { trial, yesterday, mid, low, high } = outlook;
  const figure = (value) => words.quantity(value, unit);
  const end = mid.length - 1;
  const parts = [
    trial.trials > 0 && t('outlook.trial', { error: figure(trial.error), naive: figure(trial.naive_error) }),
    yesterday && t('outlook.yesterday', { error: figure(yesterday.error), share: words.percent(100 * yesterday.covered) }),
  ].filter(Boolean);
  return html`<p class="outlook sub"><i class="dash" aria-hidden="true" />${t('outlook.name')}${of && html` <bdi>${of}</bdi>`}${parts.map((part) => html`<span key=${part}> · ${part}</span>`)}
    <span class="sr">${t('outlook.says', { at: words.moment(outlook.t[end], now), mid: figure(mid[end]), low: figure(low[end]), high: figure(high[end]) })}</span></p>`;
}

/** {series: [crossing, ...]} as the roll-up foresaw them. */
export function useCrossings(id) {
  const { data } = useLive(serverPath(id, '/forecast'), hourly);
  return Object.fromEntries((data?.forecasts ?? []).map((one) => [one.series, one.crossings]));
}

/** "Full in about 4 d (3 d – 6 d)", or why there is no date. */
export function TimeToFull({ crossings, now }) {
  const words = useWords();
  const { t } = words;
  const one = crossings?.find(({ level, above }) => above && level === 100);
  if (!one) return null;
  if (one.code) return html`<small class="faint">${t(`outlookcode.${one.code}`)}</small>`;
  const span = (at) => words.span(Math.max(60, Math.round((at - now) / 60) * 60));
  const [from, to] = [span(one.earliest_epoch), one.latest_epoch && span(one.latest_epoch)];
  const range = to ? t('outlook.range', { from, to }) : t('outlook.earliest', { from });
  const isSoon = one.at_epoch - now < 86_400;
  return html`<small class=${isSoon ? 'soon' : ''} title=${words.moment(one.at_epoch, now)}>${`${t('outlook.full', { span: span(one.at_epoch) })}${from === to ? '' : ` (${range})`}`}</small>`;
}
