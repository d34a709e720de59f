/** What strangers are shown: which servers, groups and jobs are public, under which names, in which order; and its badges. */

import { html, useState } from '../../vendor/preact-htm.js';
import { call, post } from '../api.js';
import { Copyable } from '../components/copy.js';
import { Field, FormDialog, Problem, Sure, useCall } from '../components/form.js';
import { useLive, useWords } from '../components/hooks.js';
import { Icon } from '../components/marks.js';
import { pollNow } from '../live.js';
import { badgeOf, moved, pageOf } from '../public-components.js';
import { FLEET, fleetEvery } from '../router.js';
import { troubleWords } from '../trouble.js';
import { CHECKS } from './check-form.js';

const COMPONENTS = '/api/status/components';
const KINDS = ['server', 'group', 'check'];
const seldom = () => 30;

export function Public() {
  const words = useWords();
  const { t, lang } = words;
  const { data, error } = useLive(COMPONENTS, seldom);
  const { data: jobs } = useLive(CHECKS, seldom);
  const [open, setOpen] = useState(null); // {act: change | remove, one}
  const order = useCall();
  const list = data?.components;
  const targetOf = (one) => (one.kind === 'check' ? (jobs?.checks.find(({ id }) => id === one.target)?.name ?? '–') : one.target);
  const move = (place, by) => order.run(async () => {
    for (const { id, place: to } of moved(list, place, by)) await call('PATCH', `${COMPONENTS}/${id}`, { place: to });
    pollNow();
  });
  const remove = async () => {
    await call('DELETE', `${COMPONENTS}/${open.one.id}`);
    pollNow();
    setOpen(null);
  };
  const act = (name, one) => t('settings.named', { action: t(`publicdo.${name}`), name: one.name });
  return html`<section class="panel setting whole" aria-labelledby="public">
      <div class="panel-head"><div><h2 id="public">${t('settings.public')}</h2><p class="sub">${t('public.lead')}</p></div><span class="sp" /><span class="buttons"><a class="btn" href=${pageOf('', lang)} target="_blank" rel="noopener">${t('public.see')}</a><button type="button" class="btn" onClick=${() => setOpen({ act: 'change' })}><${Icon} name="plus" />${t('public.add')}</button></span></div>
      <${Problem} text=${order.problem} />
      ${list ? list.length ? html`<div class="scroller" tabindex="0" role="group" aria-labelledby="public"><table class="key-table">
        <thead><tr><th scope="col">${t('check.name')}</th><th scope="col">${t('public.is')}</th><th><span class="sr">${t('settings.actions')}</span></th></tr></thead>
        <tbody>${list.map((one, place) => html`<tr key=${one.id}><th scope="row"><bdi>${one.name}</bdi>${one.note && html`<small><bdi>${one.note}</bdi></small>`}</th>
          <td>${t(`publickind.${one.kind}`)} <bdi class="sub">${targetOf(one)}</bdi></td>
          <td class="number"><span class="buttons">${[['up', -1], ['down', 1]].map(([name, by]) => html`<button key=${name} type="button" class="btn small" aria-label=${act(name, one)} disabled=${order.busy || !list[place + by]} onClick=${() => move(place, by)}>${by < 0 ? '↑' : '↓'}</button>`)}
            ${['change', 'remove'].map((name) => html`<button key=${name} type="button" class="btn small ${name === 'remove' ? 'danger' : ''}" aria-label=${act(name, one)} onClick=${() => setOpen({ act: name, one })}>${t(`publicdo.${name}`)}</button>`)}</span></td></tr>`)}</tbody></table></div>`
        : html`<p class="quiet">${t('public.none')}</p>` : error ? html`<${Problem} text=${troubleWords(error, words)} />` : html`<div class="bone tall" />`}</section>
    ${list?.length ? html`<${Badges} list=${list} />` : null}
    ${open?.act === 'change' && html`<${Change} one=${open.one} list=${list ?? []} jobs=${jobs?.checks ?? []} onClose=${() => setOpen(null)} />`}
    ${open?.act === 'remove' && html`<${Sure} title=${t('public.remove')} text=${t('public.removeSure', { name: open.one.name })} onSure=${remove} onClose=${() => setOpen(null)} />`}`;
}

function Change({ one, list, jobs, onClose }) {
  const { t } = useWords();
  const { data: fleet } = useLive(FLEET, fleetEvery);
  const ask = useCall();
  const [kind, setKind] = useState('server');
  const servers = fleet?.servers ?? [];
  const targets = {
    server: servers.map(({ id }) => [id, id]),
    group: [...new Set(servers.map(({ group }) => group).filter(Boolean))].sort().map((name) => [name, name]),
    check: jobs.map(({ id, name }) => [id, name]),
  }[kind];
  const submit = (form) => ask.run(async () => {
    const told = { name: form.get('name').trim(), note: form.get('note').trim() };
    if (one) await call('PATCH', `${COMPONENTS}/${one.id}`, told);
    else await post(COMPONENTS, { ...told, kind, target: form.get('target') ?? '', place: Math.max(0, ...list.map(({ place }) => place)) + 1 });
    pollNow();
    onClose();
  });
  return html`<${FormDialog} title=${t(one ? 'public.change' : 'public.add')} action=${t(one ? 'action.save' : 'public.show')} call=${ask} onSubmit=${submit} onClose=${onClose}>
    <${Field} label=${t('public.name')} name="name" required maxlength="100" autofocus defaultValue=${one?.name ?? ''} hint=${t('public.nameHint')} error=${ask.wrong?.name} />
    ${!one && html`<div class="two"><label class="field">${t('public.is')}<select class="input" name="kind" onChange=${(event) => setKind(event.target.value)}>${KINDS.map((name) => html`<option key=${name} value=${name} selected=${name === kind}>${t(`publickind.${name}`)}</option>`)}</select></label>
      <label class="field">${t('public.which')}<select class="input" name="target" required key=${kind}>${targets.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}</select></label></div>
      ${fleet && targets.length === 0 && html`<p class="quiet">${t('public.noTargets')}</p>`}`}
    <${Field} label=${t('public.note')} name="note" maxlength="500" defaultValue=${one?.note ?? ''} error=${ask.wrong?.note} /><//>`;
}

function Badges({ list }) {
  const { t, lang } = useWords();
  const [of, setOf] = useState('all');
  const known = list.some(({ id }) => id === of) ? of : 'all';
  const { image, markdown, page } = badgeOf(location.origin, known, lang);
  return html`<section class="panel setting whole" aria-labelledby="badges"><h2 id="badges">${t('public.badges')}</h2><p class="sub">${t('public.badgeLead')}</p>
    <div class="pair start"><select class="input narrow-choice" aria-label=${t('public.badges')} onChange=${(event) => setOf(event.target.value)}><option value="all" selected=${known === 'all'}>${t('public.everything')}</option>${list.map(({ id, name }) => html`<option key=${id} value=${id} selected=${id === known}>${name}</option>`)}</select><img src=${image} alt=${t('public.badge')} height="20" /></div>
    ${[['Markdown', markdown], [t('public.image'), image], [t('public.page'), page]].map(([name, text]) => html`<h3 key=${name} class="line-name">${name}</h3><${Copyable} text=${text} label=${name} />`)}</section>`;
}
