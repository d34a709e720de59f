/** Beside the charts: where the disks stand and which processes are at work. */

import { html } from '../../vendor/preact-htm.js';
import { useHeld } from '../components/held.js';
import { useLive, useWords } from '../components/hooks.js';
import { Age, Bar } from '../components/marks.js';
import { serverPath } from '../router.js';
import { levelOf } from '../status.js';
import { TimeToFull, useCrossings } from './outlook.js';

const SECONDS = 30;

export function Mounts({ server, isOld, now }) {
  const words = useWords();
  const crossings = useCrossings(server.id);
  const { mounts } = server;
  if (!mounts?.length) return null;
  return html`<section class="panel side-panel" aria-labelledby="mounts"><div class="panel-head"><h2 id="mounts">${words.t('server.mounts')}</h2></div>
    <ul class="mounts">${mounts.map(({ mount, disk, inode, size_bytes: size, free_bytes: free }) => html`<li key=${mount}>
      <div><span class="cut mono" title=${mount}>${mount}</span><b>${words.percent(disk)}</b></div><${Bar} value=${disk} color="disk" level=${levelOf(server, `disk:${mount}`)} dim=${isOld} />
      <small class="faint">${[size > 0 && words.t('server.free', { free: words.bytes(free), size: words.bytes(size) }), inode != null && `${words.t('line.inode')} ${words.percent(inode)}`].filter(Boolean).join(' · ')}</small>${!isOld && html`<${TimeToFull} crossings=${crossings[`disk:${mount}`]} now=${now} />`}</li>`)}</ul></section>`;
}

/** `at`: the list as it was then, or null for the newest. */
export function Processes({ id, at }) {
  const words = useWords();
  const { t } = words;
  const { data } = useLive(serverPath(id, `/processes${at ? `?at=${at}` : ''}`), () => (at ? 3600 : SECONDS));
  const answer = useHeld(data, id);
  const processes = answer?.processes ?? [];
  return html`<section class="panel side-panel" aria-labelledby="processes"><div class="panel-head"><h2 id="processes">${t('server.processes')}</h2><span class="sp" />${answer?.at_epoch && html`<span class="faint">${at ? words.clock(answer.at_epoch) : html`<${Age} at=${answer.at_epoch} />`}</span>`}</div>
    ${!answer ? html`<div class="bone" style=${{ height: '90px' }} />` : processes.length === 0 ? html`<p class="quiet">${t('server.noProcesses')}</p>` : html`<table class="processes">
      <thead><tr><th scope="col">${t('process.name')}</th><th scope="col">${t('process.cpu')}</th><th scope="col">${t('process.memory')}</th></tr></thead>
      <tbody>${processes.slice(0, 12).map((one) => html`<tr key=${`${one.pid} ${one.name}`}><th scope="row" title=${titleOf(one, t)}><span class="cut">${one.name}</span>${one.ports?.length > 0 && html`<small class="faint cut">:${one.ports.slice(0, 3).join(' :')}</small>`}</th>
        <td>${words.percent(one.cpu)}<${Bar} value=${one.cpu} color="cpu" /></td><td>${words.percent(one.memory)}<${Bar} value=${one.memory} color="memory" /></td></tr>`)}</tbody></table>`}</section>`;
}

const titleOf = ({ pid, user, ports }, t) => [pid && `${t('process.pid')} ${pid}`, user && `${t('process.user')} ${user}`, ports?.length && `${t('process.ports')} ${ports.join(', ')}`].filter(Boolean).join(' · ');
