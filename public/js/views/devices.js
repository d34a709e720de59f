/** Notifications on one's own devices: this browser, asked only when somebody wants it; and all devices of this person. */

import { html, useEffect, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Problem, useCall } from '../components/form.js';
import { useLive, useNow, useWords } from '../components/hooks.js';
import { pollNow } from '../live.js';
import { abilities, nameOf, obstacle, ownMark, subscribe, unsubscribe } from '../push.js';
import { troubleWords } from '../trouble.js';
import { DeviceForm } from './device-form.js';

const DEVICES = '/api/alerts/devices';
const LANGUAGE = { ko: '한국어', en: 'English' };
const every = () => 15;

export function Devices() {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(DEVICES, every);
  const [mark, setMark] = useState(); // undefined until the browser has said
  const look = () => ownMark().then(setMark, () => setMark(null));
  useEffect(() => { look(); }, []);
  if (!data) return error ? html`<${Problem} text=${troubleWords(error, words)} />` : html`<div class="bone tall" />`;
  const devices = data.devices.map((one) => ({ ...one, isHere: one.device === mark }));
  return html`<section class="panel setting whole" aria-labelledby="devices"><h2 id="devices">${t('settings.devices')}</h2><p class="sub">${t('device.lead')}</p>
      ${mark !== undefined && html`<${Here} key=${data.key} publicKey=${data.key} isTold=${devices.some((one) => one.isHere)} onChange=${look} />`}</section>
    <${List} devices=${devices} onChange=${look} />`;
}

function Here({ publicKey, isTold, onChange }) {
  const { t, lang } = useWords();
  const [refused, setRefused] = useState(null);
  const ask = useCall(t('device.full'));
  const wall = obstacle(abilities(), publicKey);
  const want = () => ask.run(async () => {
    setRefused(null);
    const answer = await subscribe(publicKey);
    if (answer.refused) return setRefused(answer.refused);
    await post(DEVICES, { ...answer.subscription, name: nameOf(navigator.userAgent), locale: lang });
    await onChange();
    pollNow();
    return undefined;
  });
  if (isTold && !wall) return html`<p class="device-here" role="status"><span class="tag ok">${t('device.isTold')}</span></p>`;
  if (wall) return html`<p class="note wary">${t(`devicecannot.${wall}`)}</p>`;
  return html`<p class="device-here">${t('device.offer')}</p>
    <div class="pair start"><button type="button" class="btn main" disabled=${ask.busy} onClick=${want}>${t('device.subscribe')}</button><span class="sub">${t('device.willAsk')}</span></div>
    ${refused && html`<p class="note wary device-here" role="alert">${t(`devicecannot.${refused}`)}</p>`}<${Problem} text=${ask.problem} />`;
}

function List({ devices, onChange }) {
  const words = useWords();
  const { t } = words;
  const now = useNow(10);
  const [open, setOpen] = useState(null);
  const [said, setSaid] = useState('');
  const trial = useCall();
  const test = ({ id, name }) => trial.run(async () => {
    setSaid('');
    const { verdict, detail, ms } = await post(`${DEVICES}/${id}/test`, {});
    setSaid(t(`deviceverdict.${verdict}`, { name, detail, ms }));
    pollNow();
  });
  const remove = async ({ id, isHere }) => {
    await call('DELETE', `${DEVICES}/${id}`);
    if (isHere) await unsubscribe();
    await onChange();
    pollNow();
  };
  return html`<section class="panel setting whole" aria-labelledby="yours"><h2 id="yours">${t('device.yours')}</h2>
    ${devices.length ? html`<div class="scroller" tabindex="0" role="group" aria-labelledby="yours"><table class="key-table">
      <thead><tr>${['name', 'hears', 'locale', 'quiet', 'told'].map((name) => html`<th key=${name} scope="col" class=${COLUMN[name] ?? ''}>${t(`device.${name}`)}</th>`)}<th><span class="sr">${t('settings.actions')}</span></th></tr></thead>
      <tbody>${devices.map((one) => html`<tr key=${one.id} class=${one.enabled ? '' : 'ended'}><th scope="row"><bdi>${one.name}</bdi>${one.isHere && html`<small>${t('device.here')}</small>`}</th>
        <td>${one.enabled ? hears(one, t) : t('device.off')}${one.failing && html`<small class="sub device-failing">${one.failing}</small>`}</td><td class=${COLUMN.locale}>${LANGUAGE[one.locale]}</td>
        <td class=${COLUMN.quiet}>${hours(one.quiet) || t('device.noQuiet')}</td><td class=${COLUMN.told}>${one.told_at_epoch ? words.ago(Math.max(0, now - one.told_at_epoch)) : t('device.never')}</td>
        <td class="number"><span class="buttons"><button type="button" class="btn small" disabled=${trial.busy} aria-label=${t('settings.named', { action: t('device.test'), name: one.name })} onClick=${() => test(one)}>${t('device.test')}</button><button type="button" class="btn small" aria-label=${t('settings.named', { action: t('key.change'), name: one.name })} onClick=${() => setOpen(one)}>${t('key.change')}</button></span></td></tr>`)}</tbody></table></div>`
      : html`<p class="quiet">${t('device.none')}</p>`}
    <p class="sub device-here" role="status">${said}</p><${Problem} text=${trial.problem} />
    ${open && html`<${DeviceForm} key=${open.id} path=${`${DEVICES}/${open.id}`} one=${open} onRemove=${() => remove(open)} onClose=${() => setOpen(null)} />`}
  </section>`;
}

const COLUMN = { locale: 'col-key', quiet: 'col-server', told: 'col-created' };

const hears = ({ least, resolved }, t) => [t(`deviceleast.${least}`), resolved && t('device.ends')].filter(Boolean).join(', ');

const hours = (quiet) => quiet && `${quiet.schedule.start}–${quiet.schedule.until}`;
