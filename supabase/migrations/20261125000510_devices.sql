-- People's own devices: each browser that wants to be told is a channel with an owner. So a device is retried, silenced,
-- budgeted and shown like every other channel, and a message that reached one device is not sent to it again because
-- another was away.

alter table omv.channel add column if not exists owner uuid references omv.account on delete cascade;
alter table omv.channel add column if not exists device text;  -- SHA-256 of the push service's address: one browser is one device
create unique index if not exists channel_device on omv.channel (device) where device is not null;
create index if not exists channel_owner on omv.channel (owner) where owner is not null;

-- A device that its push service does not know any more is gone; one that its owner switched off stays.
create or replace function omv.forget_device() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from omv.channel c where c.id = new.id;
  return null;
end $$;
drop trigger if exists device_forgotten on omv.channel;
create trigger device_forgotten after update of enabled on omv.channel for each row
  when (new.owner is not null and old.enabled and not new.enabled and new.failing is not null) execute function omv.forget_device();

-- Whoever loses sight of a server, or is shut out, is told of it no more from the next sweep on.
create or replace function omv.owners_changed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select 1 from omv.channel where owner is not null) or tg_table_name = 'channel' then
    perform omv.rules_changed();
  end if;
  return null;
end $$;
drop trigger if exists owners_changed on omv.account;
create trigger owners_changed after update of tags, disabled_at on omv.account
  for each statement execute function omv.owners_changed();
drop trigger if exists device_removed on omv.channel;
create trigger device_removed after delete on omv.channel for each row
  when (old.owner is not null) execute function omv.owners_changed();

-- A device hears of what its owner sees now.
create or replace function omv.device_policy(c omv.channel) returns jsonb
language sql stable set search_path = '' as $$
  select c.policy || case when a.tags is null then '{}'::jsonb else jsonb_build_object('scope', jsonb_build_object('tags', a.tags)) end
    from omv.account a where a.id = c.owner
$$;

alter function omv.alerting(smallint) rename to alerting_without_devices;
create or replace function omv.alerting(k smallint) returns jsonb
language sql stable set search_path = '' as $$
  select omv.alerting_without_devices(k) || jsonb_build_object(
    'channels', (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'kind', c.kind, 'name', c.name, 'locale', c.locale,
                                 'enabled', c.enabled and (c.owner is null or a.disabled_at is null),
                                 'policy', case when c.owner is null then c.policy else omv.device_policy(c) end) order by c.created_at, c.id), '[]')
                   from omv.channel c left join omv.account a on a.id = c.owner))
$$;

-- What admins keep are the channels that are nobody's own.

create or replace function public.omv_channels(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('channels', (select coalesce(jsonb_agg(omv.channel_shown(c) order by c.name, c.id), '[]')
                                           from omv.channel c where c.owner is null))
$$;

create or replace function public.omv_channel(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.channel_shown(c) || jsonb_build_object('secret', c.secret) from omv.channel c where c.id = p->>'id' and c.owner is null
$$;

alter function public.omv_channel_change(jsonb) rename to channel_change_of_any;
alter function public.channel_change_of_any(jsonb) set schema omv;
create or replace function public.omv_channel_change(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' as $$
  select case when exists (select 1 from omv.channel c where c.id = p->>'id' and c.owner is null) then omv.channel_change_of_any(p) end
$$;

alter function public.omv_channel_delete(jsonb) rename to channel_delete_of_any;
alter function public.channel_delete_of_any(jsonb) set schema omv;
create or replace function public.omv_channel_delete(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' as $$
  select case when exists (select 1 from omv.channel c where c.id = p->>'id' and c.owner is null) then omv.channel_delete_of_any(p)
              else '{"deleted": false, "name": null}' end
$$;

-- {owner} -> {devices}, the newest first.
create or replace function public.omv_devices(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('devices', coalesce(jsonb_agg(omv.channel_shown(c) || jsonb_build_object('device', c.device,
           'told_at', (select max(n.sent_at) from omv.notice n where n.channel = c.id)) order by c.created_at desc, c.id), '[]'))
    from omv.channel c where c.owner = (p->>'owner')::uuid
$$;

-- {owner, id} -> the device with its sealed secret, or null.
create or replace function public.omv_device(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.channel_shown(c) || jsonb_build_object('secret', c.secret, 'device', c.device)
    from omv.channel c where c.id = p->>'id' and c.owner = (p->>'owner')::uuid
$$;

-- {owner, device, kind, name, locale, policy, secret, sealed} -> {made, ...the device}. The same browser again is the same
-- device, with the keys it has now; where somebody else signed in to it meanwhile it is theirs. PT409 beyond 20 a person.
create or replace function public.omv_device_keep(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.channel;
  made boolean;
begin
  perform 1 from omv.account a where a.id = (p->>'owner')::uuid for update;
  if not found then
    raise exception 'there is no such account' using errcode = 'PT409';
  end if;
  delete from omv.channel x where x.device = p->>'device' and x.owner <> (p->>'owner')::uuid;
  made := not exists (select 1 from omv.channel x where x.device = p->>'device');
  if made and (select count(*) from omv.channel x where x.owner = (p->>'owner')::uuid) >= 20 then
    raise exception 'there are 20 devices already: remove one first' using errcode = 'PT409';
  end if;
  insert into omv.channel as x (kind, name, locale, policy, secret, sealed, owner, device)
  values (p->>'kind', p->>'name', coalesce(p->>'locale', 'en'), coalesce(p->'policy', '{}'), p->>'secret',
          array(select jsonb_array_elements_text(p->'sealed')), (p->>'owner')::uuid, p->>'device')
  on conflict (device) where device is not null do update
     set name = excluded.name, locale = excluded.locale, secret = excluded.secret, sealed = excluded.sealed,
         policy = case when p ? 'policy' then excluded.policy else x.policy end,
         failing = null, enabled = true, updated_at = now()
  returning * into c;
  perform omv.rules_changed();
  return omv.channel_shown(c) || jsonb_build_object('made', made, 'device', c.device);
end $$;

-- {owner, id, changes} -> the device, or null.
create or replace function public.omv_device_change(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' as $$
  select case when exists (select 1 from omv.channel c where c.id = p->>'id' and c.owner = (p->>'owner')::uuid)
              then omv.channel_change_of_any(p) end
$$;

-- {owner, id} -> {deleted}
create or replace function public.omv_device_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from omv.channel c where c.id = p->>'id' and c.owner = (p->>'owner')::uuid;
  return jsonb_build_object('deleted', found);
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_channels', 'omv_channel', 'omv_channel_change', 'omv_channel_delete', 'omv_devices', 'omv_device',
                           'omv_device_keep', 'omv_device_change', 'omv_device_delete'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
