/** Channels: ways to reach people, whether they work, and a real message to try one with. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Problem, Sure, useCall } from '../components/form.js';
import { useLive, useWords } from '../components/hooks.js';
import { Icon } from '../components/marks.js';
import { pollNow } from '../live.js';
import { troubleWords } from '../trouble.js';
import { ChannelForm } from './channel-form.js';

const CHANNELS = '/api/rules/channels';
const every = () => 15;
const never = () => 3600;

export function Channels() {
  const words = useWords();
  const { t } = words;
  const { data, error } = useLive(CHANNELS, every);
  const kinds = useLive(`${CHANNELS}/kinds`, never).data?.kinds;
  const [open, setOpen] = useState(null); // 'new', or the channel to change
  const [gone, setGone] = useState(null);
  const [trial, setTrial] = useState(null); // {name, verdict, detail, ms}
  const ask = useCall();
  // Devices of people are their own business: they are under notifications.
  const channels = data && kinds && data.channels.filter((one) => kinds.some(({ kind }) => kind === one.kind));
  const kindOf = (one) => kinds.find(({ kind }) => kind === one.kind);
  const flip = (one) => ask.run(async () => {
    await call('PATCH', `${CHANNELS}/${one.id}`, { enabled: !one.enabled });
    pollNow();
  });
  const test = (one) => ask.run(async () => {
    setTrial({ name: one.name });
    setTrial({ name: one.name, ...await post(`${CHANNELS}/${one.id}/test`, {}) });
  });
  const act = (one, action, onClick, more = {}) => html`<button type="button" class="btn small" aria-label=${t('settings.named', { action, name: one.name })} disabled=${ask.busy} onClick=${onClick} ...${more}>${action}</button>`;
  return html`<section class="panel setting whole" aria-labelledby="channels">
    <div class="panel-head"><div><h2 id="channels">${t('settings.channels')}</h2><p class="sub">${t('channel.lead')}</p></div><span class="sp" />${kinds && html`<button type="button" class="btn" onClick=${() => setOpen('new')}><${Icon} name="plus" />${t('channel.new')}</button>`}</div>
    <${Problem} text=${ask.problem} /><${Trial} trial=${ask.problem ? null : trial} />
    ${!channels ? error ? html`<p class="note bad">${troubleWords(error, words)}</p>` : html`<div class="bone tall" />`
      : !channels.length ? html`<p class="quiet">${t('channel.none')}</p>`
        : html`<ul class="reach">${channels.map((one) => html`<li key=${one.id} class=${one.enabled ? '' : 'ended'}>
          <div class="who"><b><bdi>${one.name}</bdi></b><span class="sub">${[words.said(kindOf(one).label), one.locale === 'ko' ? '한국어' : 'English', t('channel.from', { level: t(`level.${one.policy.least}`) }), scopeOf(one.policy, t)].join(' · ')}</span>
            ${one.failing != null && html`<span class="sub bad">${t('channel.failing', { text: one.failing })}</span>`}</div>
          <span class="buttons">${act(one, t(one.enabled ? 'rule.isOn' : 'rule.isOff'), () => flip(one), { 'aria-pressed': String(one.enabled) })}${act(one, t('channel.test'), () => test(one))}${act(one, t('key.change'), () => setOpen(one))}${act(one, t('channel.remove'), () => setGone(one))}</span></li>`)}</ul>`}
    ${open && html`<${ChannelForm} key=${open.id ?? 'new'} channel=${open === 'new' ? null : open} kinds=${kinds} onClose=${() => setOpen(null)} />`}
    ${gone && html`<${Sure} title=${t('channel.remove')} text=${t('channel.removeSure', { name: gone.name })} onSure=${async () => { await call('DELETE', `${CHANNELS}/${gone.id}`); setTrial(null); pollNow(); }} onClose=${() => setGone(null)} />`}
  </section>`;
}

const scopeOf = ({ scope }, t) => [...scope.servers, ...scope.groups, ...scope.tags].join(', ') || t('user.all');

function Trial({ trial }) {
  const { t } = useWords();
  if (!trial) return null;
  const { name, verdict, detail, ms } = trial;
  const text = verdict ? t(`channelsaid.${verdict}`, { name, detail, ms }) : t('channel.testing', { name });
  return html`<p class="note ${verdict && verdict !== 'sent' ? 'bad' : ''}" role="status">${text}</p>`;
}
