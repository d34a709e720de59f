/** When a series was unlike itself: beneath its chart, with what was expected, and a button for who expected it. */

import { html } from '../../vendor/preact-htm.js';
import { post } from '../api.js';
import { lineLabel } from '../charts.js';
import { Problem, useCall } from '../components/form.js';
import { useHeld } from '../components/held.js';
import { useLive, useStore, useWords } from '../components/hooks.js';
import { pollNow } from '../live.js';
import { serverPath } from '../router.js';
import { toldApart } from '../unlike.js';
import { seriesWords } from '../wellbeing.js';
import { Sensitivity } from './sensitivity.js';

const MOST = 3;
const everyMinute = () => 60;

/** `{anomalies, bands, path}` of a stretch of time; nothing while it is not known. */
export function useUnlike(id, span) {
  const path = serverPath(id, `/anomalies?${span}`);
  const { data } = useLive(path, everyMinute);
  return { ...useHeld(data, id), path };
}

export function UnlikeNotes({ found, unit, now, path, server }) {
  const words = useWords();
  const { t } = words;
  const mayAct = useStore((state) => ['operator', 'admin'].includes(state.session.user?.role));
  const call = useCall();
  if (!found.length) return null;
  const expect = ({ server, series, since_epoch: since }) => call.run(async () => {
    await post(serverPath(server, '/anomalies/expected'), { series, since });
    pollNow(path);
  });
  const figures = (one) => {
    const [value, low, high] = toldApart(one, (figure, decimals) => words.quantity(figure, unit, decimals));
    return html`${value}${one.low != null && html`, ${t('unlike.expected', { low, high })}`}`;
  };
  return html`<ul class="unlike">${found.slice(0, MOST).map((one) => html`<li key=${`${one.series} ${one.since_epoch}`}><span><b>${lineLabel(one.series, words)}</b> ${figures(one)}
      <small>${[t(one.until_epoch ? 'unlike.from' : 'unlike.since', { from: words.moment(one.since_epoch, now), span: words.span(Math.max(60, (one.until_epoch ?? now) - one.since_epoch)) }), one.shape && t(`unlikeshape.${one.shape}`), one.kind && one.kind !== one.shape && t(`unlikekind.${one.kind}`),
        one.with.length > 0 && t('unlike.with', { series: one.with.map((name) => seriesWords(name, words)).join(', ') }), one.expected_by && t('unlike.by', { by: one.expected_by })].filter(Boolean).join(' · ')}</small></span>
      ${mayAct && !one.expected_by && html`<button type="button" class="btn small" disabled=${call.busy} title=${t('unlike.why')} onClick=${() => expect(one)}>${t('unlike.accept')}</button>`}</li>`)}
    <li class="tune"><${Sensitivity} server=${server} series=${found[0].series} plain /></li>
    ${found.length > MOST && html`<li class="faint">${t('unlike.more', { n: found.length - MOST })}</li>`}<${Problem} text=${call.problem} /></ul>`;
}
