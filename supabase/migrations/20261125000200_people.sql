-- People beyond the first admin, and who sees which servers. docs/decisions/access.md says what is promised.

-- What somebody sees and touches: servers that carry one of these tags ("key:value"). Null is every server. An admin
-- could give themselves any tag, so an admin is not held to some.
alter table omv.account add column if not exists tags jsonb;
alter table omv.account drop constraint if exists account_tags;
alter table omv.account add constraint account_tags
  check (tags is null or (role <> 'admin' and jsonb_typeof(tags) = 'array' and jsonb_array_length(tags) > 0));

alter table omv.agent_key add column if not exists tags jsonb;
alter table omv.agent_key add column if not exists former_hash text;         -- of the secret before the last rotation,
alter table omv.agent_key add column if not exists former_until timestamptz; -- good until then
alter table omv.agent_key drop constraint if exists agent_key_tags;
alter table omv.agent_key add constraint agent_key_tags
  check (tags is null or (jsonb_typeof(tags) = 'array' and jsonb_array_length(tags) > 0));

create or replace function omv.account_shown(a omv.account) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', a.id, 'email', a.email, 'name', a.name, 'role', a.role, 'tags', a.tags, 'session_epoch', a.session_epoch)
$$;

create or replace function omv.account_listed(a omv.account) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', a.id, 'email', a.email, 'name', a.name, 'role', a.role, 'tags', a.tags,
           'disabled', a.disabled_at is not null, 'created_at', omv.epoch(a.created_at), 'signed_in_at', omv.epoch(a.signed_in_at))
$$;

create or replace function omv.key_shown(k omv.agent_key) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix, 'last4', k.last4, 'scopes', k.scopes,
           'server', k.server, 'tags', k.tags, 'cidrs', k.cidrs, 'created_at', omv.epoch(k.created_at),
           'last_used_at', omv.epoch(k.last_used_at), 'expires_at', omv.epoch(k.expires_at), 'revoked_at', omv.epoch(k.revoked_at),
           'former_until', case when k.former_until > now() then omv.epoch(k.former_until) end)
$$;

-- Accounts

-- {} -> {users: [...]}, by e-mail address; never a password.
create or replace function public.omv_accounts(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('users', coalesce(jsonb_agg(omv.account_listed(a) order by a.email), '[]')) from omv.account a
$$;

-- {email, name, role, tags, password} -> the account. Raises PT409 when the address has one.
create or replace function public.omv_account_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  a omv.account;
begin
  insert into omv.account (email, name, role, tags, password)
  values (p->>'email', p->>'name', p->>'role', nullif(p->'tags', 'null'), p->>'password')
  on conflict (email) do nothing returning * into a;
  if not found then
    raise exception 'this e-mail address has an account already' using errcode = 'PT409';
  end if;
  return omv.account_listed(a);
end $$;

-- Whether somebody else could still let people in. Asked under the lock that every loss of an admin takes, so that two
-- admins who remove each other at the same time do not both succeed.
create or replace function omv.keep_an_admin(but uuid) returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select 1 from omv.account where id <> but and role = 'admin' and disabled_at is null) then
    raise exception 'this is the last admin: make somebody else one first' using errcode = 'PT409';
  end if;
end $$;

-- {id, name, role, tags, disabled}, what is left out stays -> the account, or null when there is none. Raises PT409 for the
-- last enabled admin's role, and for tags of an admin; whoever becomes one loses theirs. Disabling ends every session, also for when the account is enabled again.
create or replace function public.omv_account_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  a omv.account;
  off boolean := (p->>'disabled')::boolean;
begin
  perform pg_advisory_xact_lock(727002);
  select * into a from omv.account where id = (p->>'id')::uuid for update;
  if not found then
    return null;
  end if;
  if a.role = 'admin' and a.disabled_at is null and (coalesce(p->>'role', a.role) <> 'admin' or off) then
    perform omv.keep_an_admin(a.id);
  end if;
  if p->>'tags' is not null and coalesce(p->>'role', a.role) = 'admin' then
    raise exception 'an admin sees every server: tags are for viewers and operators' using errcode = 'PT409';
  end if;
  update omv.account
     set name = coalesce(p->>'name', a.name), role = coalesce(p->>'role', a.role),
         tags = case when p->>'role' = 'admin' then null when p ? 'tags' then nullif(p->'tags', 'null') else a.tags end,
         session_epoch = a.session_epoch + case when off and a.disabled_at is null then 1 else 0 end,
         disabled_at = case when off is null then a.disabled_at when off then coalesce(a.disabled_at, now()) end
   where id = a.id returning * into a;
  return omv.account_listed(a);
end $$;

-- {id} -> {deleted}. Sessions go with the account, keys it made stay. Raises PT409 for the last enabled admin.
create or replace function public.omv_account_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  a omv.account;
begin
  perform pg_advisory_xact_lock(727002);
  select * into a from omv.account where id = (p->>'id')::uuid for update;
  if not found then
    return '{"deleted": false}';
  end if;
  if a.role = 'admin' and a.disabled_at is null then
    perform omv.keep_an_admin(a.id);
  end if;
  delete from omv.account where id = a.id;
  return '{"deleted": true}';
end $$;

-- {id, password, epoch, session} -> {epoch}, or null when there is no such account or it has changed since `epoch` was
-- read (null: whatever it is). Every session ends but the one named, which goes on.
create or replace function public.omv_account_password(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  a omv.account;
begin
  update omv.account set password = p->>'password', session_epoch = session_epoch + 1
   where id = (p->>'id')::uuid and session_epoch = coalesce((p->>'epoch')::int, session_epoch)
  returning * into a;
  if not found then
    return null;
  end if;
  update omv.session set revoked_at = now() where account = a.id and revoked_at is null and id is distinct from (p->>'session')::uuid;
  update omv.session set epoch = a.session_epoch
   where id = (p->>'session')::uuid and account = a.id and epoch = a.session_epoch - 1 and revoked_at is null;
  return jsonb_build_object('epoch', a.session_epoch);
end $$;

-- {id} -> {ended}: every session of the account is over, and with it every access token; false for an unknown account.
create or replace function public.omv_sessions_end(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  update omv.account set session_epoch = session_epoch + 1 where id = (p->>'id')::uuid;
  if not found then
    return '{"ended": false}';
  end if;
  update omv.session set revoked_at = now() where account = (p->>'id')::uuid and revoked_at is null;
  return '{"ended": true}';
end $$;

-- Keys

-- {hash, prefix, last4, name, scopes, server, tags, cidrs, expires_at, created_by} -> the key.
create or replace function public.omv_key_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  k omv.agent_key;
begin
  insert into omv.agent_key (hash, prefix, last4, name, scopes, server, tags, cidrs, expires_at, created_by)
  values (p->>'hash', p->>'prefix', p->>'last4', p->>'name', array(select jsonb_array_elements_text(p->'scopes')), p->>'server',
          nullif(p->'tags', 'null'), array(select jsonb_array_elements_text(coalesce(p->'cidrs', '[]'))),
          to_timestamp((p->>'expires_at')::double precision),
          (select a.id from omv.account a where a.id = (p->>'created_by')::uuid))
  returning * into k;
  update omv.directory_version set n = n + 1;
  return omv.key_shown(k);
end $$;

-- {id, name, tags, cidrs, expires_at}, what is left out stays -> the key; null when there is none or it is revoked.
create or replace function public.omv_key_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  k omv.agent_key;
begin
  update omv.agent_key
     set name = coalesce(p->>'name', name),
         tags = case when p ? 'tags' then nullif(p->'tags', 'null') else tags end,
         cidrs = case when p ? 'cidrs' then array(select jsonb_array_elements_text(p->'cidrs')) else cidrs end,
         expires_at = case when p ? 'expires_at' then to_timestamp((p->>'expires_at')::double precision) else expires_at end
   where id = p->>'id' and revoked_at is null returning * into k;
  if not found then
    return null;
  end if;
  update omv.directory_version set n = n + 1;
  return omv.key_shown(k);
end $$;

-- {id, hash, prefix, last4, overlap_seconds} -> the key with its new secret; null when there is none, or it is over. The
-- secret until now stays good for the overlap; one older than that is over at once.
create or replace function public.omv_key_rotate(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  k omv.agent_key;
begin
  update omv.agent_key
     set former_hash = hash, former_until = now() + make_interval(secs => (p->>'overlap_seconds')::double precision),
         hash = p->>'hash', prefix = p->>'prefix', last4 = p->>'last4'
   where id = p->>'id' and revoked_at is null and (expires_at is null or expires_at > now()) returning * into k;
  if not found then
    return null;
  end if;
  update omv.directory_version set n = n + 1;
  return omv.key_shown(k);
end $$;

-- Who sees which servers

-- What people see: their own settings win over what the agent says.
create or replace function omv.tags_of(v omv.server) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(nullif(v.facts->'tags', 'null'), '{}') || coalesce(nullif(v.settings->'tags', 'null'), '{}')
$$;

-- Of these tags ("key:value"), those the server carries. The key ends at the first colon.
create or replace function omv.carried(v omv.server, wanted jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(w order by w), '[]') from jsonb_array_elements_text(wanted) w
   where omv.tags_of(v)->>split_part(w, ':', 1) = substr(w, strpos(w, ':') + 1)
$$;

-- Whether a call's `tags` and `only` (null: no matter) let its caller see this server.
create or replace function omv.in_sight(v omv.server, p jsonb) returns boolean
language sql stable set search_path = '' as $$
  select (p->>'only' is null or v.name = p->>'only') and (p->>'tags' is null or omv.carried(v, p->'tags') <> '[]')
$$;

-- {shard, keys_version}: all an ingest instance must know, in one call. Keys only when they changed, a key in rotation
-- under both its secrets; `tagged`, {server: those of the keys' tags that it carries}, only where a key has tags.
create or replace function public.omv_directory(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  s omv.sweep;
  newest bigint := (select n from omv.directory_version);
  tags jsonb;
begin
  select * into s from omv.sweep where shard = coalesce((p->>'shard')::smallint, 0);
  select jsonb_agg(distinct w) into tags from omv.agent_key a, jsonb_array_elements(a.tags) w
   where a.revoked_at is null and (a.expires_at is null or a.expires_at > now()) and 'write' = any (a.scopes);
  return jsonb_build_object(
    'now', omv.epoch(), 'cursor', s.stream_cursor, 'version', s.version, 'swept_at', omv.epoch(s.swept_at),
    'compacted_until', s.compacted_until,
    'rollup_due', omv.rollup_due(s),
    'keys_version', newest,
    'keys', case when (p->>'keys_version')::bigint is distinct from newest then
       (select coalesce(jsonb_agg(jsonb_build_array(a.id, h.hash, a.scopes, a.server, a.cidrs, omv.epoch(h.until), a.tags)), '[]')
          from omv.agent_key a,
               lateral (values (a.hash, a.expires_at), (a.former_hash, least(a.former_until, a.expires_at))) as h(hash, until)
         where a.revoked_at is null and h.hash is not null and (h.until is null or h.until > now())) end,
    'tagged', case when tags is not null then
       (select coalesce(jsonb_object_agg(v.name, omv.carried(v, tags)), '{}') from omv.server v) else '{}' end,
    'stored', (select coalesce(jsonb_object_agg(v.name, m.marks), '{}') from
       (select server, jsonb_object_agg(epoch, jsonb_build_array(n, resend)) as marks from omv.post_mark group by server) m
       join omv.server v on v.id = m.server),
    'watch', (select coalesce(jsonb_object_agg(w.subject, omv.epoch(w.until)), '{}') from omv.watch w where w.until > now()));
end $$;

-- The read of history stays as it is, behind the check.
do $$
begin
  if to_regprocedure('omv.series(jsonb)') is null then
    alter function public.omv_series(jsonb) set schema omv;
    alter function omv.omv_series(jsonb) rename to series;
    revoke all on function omv.series(jsonb) from public, anon, authenticated, service_role;
  end if;
end $$;

create or replace function public.omv_series(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.series(p) from omv.server v where v.name = p->>'server' and omv.in_sight(v, p)
$$;

-- {server, tags, only} -> what the server's page needs beside the snapshot, or null.
create or replace function public.omv_server(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('name', v.name, 'series', v.series, 'facts', v.facts, 'settings', v.settings,
           'first_seen', omv.epoch(v.first_seen),
           'history_from', least(omv.epoch(v.first_seen), (select min(b.hour) from omv.hour_block b where b.server = v.id),
              (select min(r.hour) from omv.rollup_5m r where r.server = v.id),
              (select min(r.hour) from omv.rollup_1h r where r.server = v.id),
              (select min(l.at) from omv.sample_late l where l.server = v.id)),
           'states', (select jsonb_object_agg(t.part, t.body) from omv.state t where t.server = v.id and t.part < 100),
           'processes_at', (select max(l.at) from omv.process_list l where l.server = v.id))
    from omv.server v where v.name = p->>'server' and omv.in_sight(v, p)
$$;

-- {server, tags, only, at} -> {at, processes}: the list nearest before `at` (default: the newest), or null for an unknown server.
create or replace function public.omv_processes(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce((select jsonb_build_object('at', l.at, 'processes', l.body) from omv.process_list l
                    where l.server = v.id and l.at <= coalesce((p->>'at')::bigint, 9999999999) order by l.at desc limit 1),
                  '{"at": null, "processes": []}')
    from omv.server v where v.name = p->>'server' and omv.in_sight(v, p)
$$;

-- {server, tags, only, from, to, level, q, most} -> {errors: [...]}, newest first.
create or replace function public.omv_errors(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('errors', coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'at', x.at, 'level', x.level,
             'source', x.source, 'message', x.message) order by x.at desc)
     from (select * from omv.error_event e where e.server = v.id
              and e.at >= coalesce((p->>'from')::bigint, 0) and e.at < coalesce((p->>'to')::bigint, 9999999999)
              and (p->>'level' is null or e.level = p->>'level')
              and (p->>'q' is null or position(lower(p->>'q') in lower(e.source || ' ' || e.message)) > 0)
            order by e.at desc limit least(coalesce((p->>'most')::int, 100), 1000)) x), '[]'))
    from omv.server v where v.name = p->>'server' and omv.in_sight(v, p)
$$;

-- {server, tags, only, from, to, most} -> {events: [...]}, newest first.
create or replace function public.omv_events(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('events', coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'at', x.at, 'kind', x.kind,
             'title', x.title) order by x.at desc)
     from (select * from omv.event e where e.server = v.id
              and e.at >= coalesce((p->>'from')::bigint, 0) and e.at < coalesce((p->>'to')::bigint, 9999999999)
            order by e.at desc limit least(coalesce((p->>'most')::int, 100), 1000)) x), '[]'))
    from omv.server v where v.name = p->>'server' and omv.in_sight(v, p)
$$;

-- {server, settings, tags, only} -> the server's settings after the change, or {out_of_sight} when its new tags would hide
-- it from whoever changes them; bumps the version, so that every cache reads again.
create or replace function public.omv_server_settings(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v omv.server;
begin
  select * into v from omv.server where name = p->>'server' for update;
  if not found or not omv.in_sight(v, p) then
    return null;
  end if;
  v.settings := jsonb_strip_nulls(v.settings || (p->'settings'));
  if not omv.in_sight(v, p) then
    return '{"out_of_sight": true}';
  end if;
  update omv.server set settings = v.settings where id = v.id;
  update omv.sweep set version = version + 1;
  return v.settings;
end $$;

-- {server, tags, only} -> {deleted}: the server and all its history.
create or replace function public.omv_server_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  sid int;
begin
  perform pg_advisory_xact_lock(727001, coalesce((select shard from omv.server where name = p->>'server'), 0::smallint));
  delete from omv.server v where v.name = p->>'server' and omv.in_sight(v, p) returning v.id into sid;
  if sid is not null then
    delete from omv.sample_hot where server = sid;
    delete from omv.sample_late where server = sid;
    delete from omv.hour_block where server = sid;
    delete from omv.rollup_5m where server = sid;
    delete from omv.rollup_1h where server = sid;
    update omv.sweep set version = version + 1;
  end if;
  return jsonb_build_object('deleted', sid is not null);
end $$;

-- Nobody but the service may call any of these.
do $$
declare
  f record;
begin
  for f in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public' and p.proname like 'omv\_%' loop
    execute format('revoke all on function %s from public, anon, authenticated', f.name);
    execute format('grant execute on function %s to service_role', f.name);
  end loop;
end $$;
