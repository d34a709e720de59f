-- The audit log: who did what to which object, from where. docs/decisions/audit-log.md says why it is written this way.
--
-- Append-only, and each entry's hash covers the one before it: whoever changes or removes one in the middle breaks the
-- chain from there on. A record is written in the transaction of the change it records, so neither is without the other.

create table if not exists omv.audit (
  seq         bigint primary key,
  at          timestamptz not null,
  actor_kind  text not null,
  actor_id    text not null default '',
  actor_name  text not null default '',
  action      text not null,
  object_kind text,
  object_id   text,
  object_name text,
  address     text,
  request_id  text,
  detail      jsonb not null default '{}',
  hash        bytea not null
);
create index if not exists audit_by_action on omv.audit (action, seq desc);
alter table omv.audit enable row level security;

create or replace function omv.audit_stays() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'the audit log is append-only' using errcode = 'PT403';
end $$;
drop trigger if exists audit_stays on omv.audit;
create trigger audit_stays before update or delete on omv.audit for each row execute function omv.audit_stays();
drop trigger if exists audit_stays_whole on omv.audit;
create trigger audit_stays_whole before truncate on omv.audit for each statement execute function omv.audit_stays();

-- SHA-256 over the hash before and the entry as JSON text, whose form jsonb fixes.
create or replace function omv.audit_hash(before bytea, e omv.audit) returns bytea
language sql immutable set search_path = '' as $$
  select sha256(coalesce(before, '') || convert_to(jsonb_build_array(
    e.seq, extract(epoch from e.at), e.actor_kind, e.actor_id, e.actor_name, e.action, e.object_kind, e.object_id,
    e.object_name, e.address, e.request_id, e.detail)::text, 'UTF8'))
$$;

-- What an object is called by people. A server's name is its id.
create or replace function omv.audit_name(kind text, id text) returns text
language sql stable set search_path = '' as $$
  select case kind when 'user' then (select a.email from omv.account a where a.id::text = audit_name.id)
                   when 'key' then (select k.name from omv.agent_key k where k.id = audit_name.id)
                   when 'server' then audit_name.id end
$$;

-- {action, actor: {kind, id}, object: {kind, id, name}, address, request_id, detail}. Entries are written one after the
-- other: the lock is held until the transaction ends.
create or replace function omv.audit_write(p jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
  last omv.audit;
  e omv.audit;
begin
  perform pg_advisory_xact_lock(727003);
  select * into last from omv.audit order by seq desc limit 1;
  e.seq := coalesce(last.seq, 0) + 1;
  e.at := greatest(clock_timestamp(), last.at);
  e.action := left(p->>'action', 60);
  e.actor_kind := coalesce(p#>>'{actor,kind}', 'nobody');
  e.actor_id := coalesce(p#>>'{actor,id}', '');
  e.actor_name := coalesce(omv.audit_name(e.actor_kind, e.actor_id), '');
  e.object_kind := p#>>'{object,kind}';
  e.object_id := p#>>'{object,id}';
  e.object_name := coalesce(p#>>'{object,name}', omv.audit_name(e.object_kind, e.object_id));
  e.address := left(p->>'address', 60);
  e.request_id := left(p->>'request_id', 100);
  e.detail := coalesce(nullif(p->'detail', 'null'), '{}');
  e.hash := omv.audit_hash(last.hash, e);
  insert into omv.audit values (e.*);
end $$;

-- {call, document, audit} -> what the call answers. A change and its record in one transaction; what changed nothing
-- (no such object) is not recorded. Only functions that change who may do what, and what people may lose, are called so.
create or replace function public.omv_audited(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  answer jsonb;
  note jsonb := p->'audit';
  object jsonb := nullif(note->'object', 'null');
  named text;
begin
  if p->>'call' !~ '^omv_(account|key|session|server|rule|channel|silence|incident|check|status)[a-z_]*$' then
    raise exception 'not a call that is recorded: %', p->>'call' using errcode = 'PT403';
  end if;
  named := omv.audit_name(object->>'kind', object->>'id');  -- before it is gone
  execute format('select public.%I($1)', p->>'call') into answer using p->'document';
  if answer is null or answer @> '{"created": false}' or answer @> '{"deleted": false}' or answer @> '{"ended": false}' or answer @> '{"closed": false}'
     or answer @> '{"out_of_sight": true}' then
    return answer;
  end if;
  if p->>'call' in ('omv_session_open', 'omv_session_close') then  -- only now it is known who this is
    note := note || jsonb_build_object('actor', jsonb_build_object('kind', 'user', 'id', coalesce(p#>>'{document,account}',
      (select x.account::text from omv.session x where x.id = (p#>>'{document,session}')::uuid))));
  end if;
  if object is not null then
    object := object || jsonb_strip_nulls(jsonb_build_object(
      'id', coalesce(object->>'id', answer->>'id'),
      'name', coalesce(named, object->>'name', answer->>'email', answer->>'name')));
    note := note || jsonb_build_object('object', object);
  end if;
  perform omv.audit_write(note);
  return answer;
end $$;

-- What happened without a change: a sign-in that failed. At most 30 of a kind in ten minutes: guessing must not fill the
-- database, and the thirtieth says that more may follow. {recorded}
create or replace function public.omv_audit_add(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  recent int;
  about uuid;
begin
  if p ? 'email' then
    select a.id into about from omv.account a where a.email = p->>'email';
    p := p - 'email' || jsonb_build_object('object', jsonb_strip_nulls(jsonb_build_object('kind', 'user', 'id', about)));
  end if;
  select count(*) into recent from (select 1 from omv.audit a
    where a.action = p->>'action' and a.at > clock_timestamp() - interval '10 minutes' order by a.seq desc limit 30) r;
  if recent >= 30 then
    return '{"recorded": false}';
  end if;
  if recent = 29 then
    p := p || jsonb_build_object('detail', coalesce(nullif(p->'detail', 'null'), '{}') || '{"more_unrecorded": true}');
  end if;
  perform omv.audit_write(p);
  return '{"recorded": true}';
end $$;

-- {before, most, action, actor} -> {entries, next, head}, newest first. `actor` is looked for in ids and names.
create or replace function public.omv_audit(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with page as (
    select a.* from omv.audit a
     where a.seq < coalesce((p->>'before')::bigint, 9223372036854775807)
       and (p->>'action' is null or a.action = p->>'action')
       and (p->>'actor' is null or a.actor_id = p->>'actor' or a.actor_name ilike '%' || replace(replace(replace(p->>'actor', '\', '\\'), '%', '\%'), '_', '\_') || '%')
     order by a.seq desc limit least((p->>'most')::int, 200) + 1)
  select jsonb_build_object(
    'entries', (select coalesce(jsonb_agg(jsonb_build_object(
        'seq', e.seq, 'at', omv.epoch(e.at), 'actor', jsonb_build_object('kind', e.actor_kind, 'id', e.actor_id, 'name', e.actor_name),
        'action', e.action,
        'object', case when e.object_kind is not null then jsonb_build_object('kind', e.object_kind, 'id', e.object_id, 'name', e.object_name) end,
        'address', e.address, 'request_id', e.request_id, 'detail', e.detail) order by e.seq desc), '[]')
      from (select * from page order by seq desc limit least((p->>'most')::int, 200)) e),
    'next', (select case when count(*) > least((p->>'most')::int, 200) then min(seq) + 1 end from page),
    'head', (select encode(a.hash, 'hex') from omv.audit a order by a.seq desc limit 1))
$$;

-- {most} -> {ok, checked, broken_at}: the newest entries, recomputed from the oldest of them on. Where entries were cut
-- off at the beginning, an entry of the log says so; anything else that is missing is a break.
create or replace function public.omv_audit_verify(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with newest as (select a as entry, a.seq, a.hash from omv.audit a order by a.seq desc limit (p->>'most')::int + 1),
  linked as (
    select n.*, lag(n.hash) over w as before_hash, lag(n.seq) over w as before_seq from newest n window w as (order by n.seq)),
  wrong as (
    select l.seq from linked l
     where case when l.before_seq is null then
                  -- The oldest that was read: its own hash can be checked only where it is the first of all.
                  (l.seq = 1 and l.hash <> omv.audit_hash(null, l.entry))
                  or (l.seq > 1 and l.seq = (select min(seq) from omv.audit) and not exists (
                        select 1 from omv.audit c where c.action = 'audit_cut' and (c.detail->>'up_to')::bigint = l.seq - 1))
                else l.before_seq <> l.seq - 1 or l.hash <> omv.audit_hash(l.before_hash, l.entry) end)
  select jsonb_build_object('ok', not exists (select 1 from wrong), 'checked', (select count(*) from newest),
                            'broken_at', (select min(seq) from wrong))
$$;

-- For the database's owner alone, who could do it anyway: forget entries up to one, and leave a word that it was done.
create or replace function omv.audit_cut(up_to bigint) returns void
language plpgsql volatile set search_path = '' as $$
declare
  anchor bytea := (select hash from omv.audit where seq = up_to);
begin
  if anchor is null or not exists (select 1 from omv.audit where seq > up_to) then
    raise exception 'there is no entry %, or none after it', up_to;
  end if;
  perform omv.audit_write(jsonb_build_object('action', 'audit_cut', 'detail',
    jsonb_build_object('up_to', up_to, 'hash', encode(anchor, 'hex'), 'by', session_user)));
  alter table omv.audit disable trigger audit_stays;
  delete from omv.audit where seq <= up_to;
  alter table omv.audit enable trigger audit_stays;
end $$;
revoke all on function omv.audit_cut(bigint) from public;

-- As before; a token that came again is recorded, with whose it was. {..., audit: {address, request_id}}
create or replace function public.omv_session_rotate(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  s omv.session;
  a omv.account;
  outcome text;
begin
  select * into s from omv.session where id = (p->>'session')::uuid for update;
  select * into a from omv.account where id = s.account;
  if s.id is null or s.revoked_at is not null or s.expires_at <= now()
     or a.disabled_at is not null or a.session_epoch <> s.epoch then
    return jsonb_build_object('outcome', 'over');
  end if;
  if s.hash = p->>'hash' then
    outcome := 'rotated';
    update omv.session
       set hash = p->>'next', former_hash = s.hash, rotated_at = clock_timestamp(),
           expires_at = least(now() + make_interval(secs => (p->>'idle_seconds')::double precision),
                              created_at + make_interval(secs => (p->>'most_seconds')::double precision))
     where id = s.id returning * into s;
  elsif s.former_hash = p->>'hash' and s.hash = p->>'next'
        and s.rotated_at > clock_timestamp() - make_interval(secs => (p->>'grace_seconds')::double precision) then
    outcome := 'repeated';
  else
    update omv.session set revoked_at = now() where id = s.id;
    perform omv.audit_write(coalesce(p->'audit', '{}') || jsonb_build_object(
      'action', 'session_reused', 'object', jsonb_build_object('kind', 'user', 'id', a.id)));
    return jsonb_build_object('outcome', 'reused');
  end if;
  return jsonb_build_object('outcome', outcome, 'account', omv.account_shown(a), 'expires_at', omv.epoch(s.expires_at));
end $$;

-- Nobody but the service may call any of these.
do $$
declare
  f record;
begin
  for f in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public' and p.proname ~ '^omv_(audit|session)' loop
    execute format('revoke all on function %s from public, anon, authenticated', f.name);
    execute format('grant execute on function %s to service_role', f.name);
  end loop;
end $$;
