/** What one device is told, and when it is left in peace. Fields keep what was typed when the hours are opened. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call } from '../api.js';
import { Choice, Field, FormDialog, Sure, useCall } from '../components/form.js';
import { useWords } from '../components/hooks.js';
import { pollNow } from '../live.js';

/** Days that were chosen elsewhere stay. A field for times knows no 24:00. */
const quietOf = (former, { start, until, timezone, unless }) => ({
  schedule: { ...former?.schedule, start, until: until === '00:00' ? '24:00' : until, timezone }, unless,
});

const SEVERITIES = ['info', 'warning', 'critical'];

export function DeviceForm({ path, one, onRemove, onClose }) {
  const { t } = useWords();
  const ask = useCall();
  const [isSure, setSure] = useState(false);
  const [isQuiet, setQuiet] = useState(Boolean(one.quiet));
  const severities = SEVERITIES.map((name) => [name, t(`deviceleast.${name}`)]);
  const save = (form) => ask.run(async () => {
    const quiet = isQuiet ? quietOf(one.quiet, Object.fromEntries(form)) : null;
    await call('PATCH', path, {
      name: form.get('name'), locale: form.get('locale'), least: form.get('least'),
      resolved: form.has('resolved'), enabled: form.has('enabled'), quiet,
    });
    pollNow();
    onClose();
  });
  if (isSure) return html`<${Sure} title=${t('device.remove')} text=${t('device.removeSure', { name: one.name })} onSure=${onRemove} onClose=${onClose} />`;
  const { start, until, timezone, days } = one.quiet?.schedule ?? {};
  return html`<${FormDialog} title=${t('device.change')} action=${t('action.save')} call=${ask} onSubmit=${save} onClose=${onClose}>
    <${Field} label=${t('device.name')} name="name" defaultValue=${one.name} required maxlength="100" />
    <${Choice} label=${t('device.locale')} name="locale" value=${one.locale} choices=${[['ko', '한국어'], ['en', 'English']]} />
    <${Choice} label=${t('device.least')} name="least" value=${one.least} choices=${severities} />
    <label class="check"><input type="checkbox" name="resolved" defaultChecked=${one.resolved} />${t('device.resolved')}</label>
    <label class="check"><input type="checkbox" name="enabled" defaultChecked=${one.enabled} />${t('device.enabled')}</label>
    <label class="check"><input type="checkbox" name="quiet" checked=${isQuiet} onChange=${(event) => setQuiet(event.target.checked)} />${t('device.hasQuiet')}</label>
    ${isQuiet && html`<div class="pair start"><${Field} label=${t('device.start')} name="start" type="time" defaultValue=${start ?? '22:00'} required /><${Field} label=${t('device.until')} name="until" type="time" defaultValue=${until === '24:00' ? '00:00' : until ?? '07:00'} required /></div>
      <${Field} label=${t('device.zone')} name="timezone" defaultValue=${timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone} required maxlength="60" />
      <${Choice} label=${t('device.unless')} name="unless" value=${one.quiet?.unless ?? 'critical'} choices=${severities} />
      ${days && days.length < 7 && html`<p class="sub">${t('device.otherDays')}</p>`}`}
    <div class="pair start"><button type="button" class="btn small danger" onClick=${() => setSure(true)}>${t('device.remove')}</button></div><//>`;
}
