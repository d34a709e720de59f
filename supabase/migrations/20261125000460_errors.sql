-- Errors that say the same, counted: one row a server and fingerprint, and one an hour of it.
--
-- Counted is what the commit stored: an error whose id is known already is neither stored nor counted again.

alter table omv.error_event add column if not exists fingerprint text;
create index if not exists error_event_alike on omv.error_event (fingerprint, at desc) where fingerprint is not null;

create table if not exists omv.error_group (
  server      int not null references omv.server on delete cascade,
  fingerprint text not null,
  level       text not null,
  source      text not null,
  pattern     text not null,
  message     text not null,               -- the newest
  first_at    bigint not null,
  last_at     bigint not null,
  count       bigint not null,
  primary key (server, fingerprint)
) with (fillfactor = 70);
create index if not exists error_group_alike on omv.error_group (fingerprint);

create table if not exists omv.error_hour (
  server      int not null,
  fingerprint text not null,
  hour        bigint not null,
  n           int not null,
  primary key (server, fingerprint, hour),
  foreign key (server, fingerprint) references omv.error_group on delete cascade
) with (fillfactor = 70);

alter table omv.error_group enable row level security;
alter table omv.error_hour enable row level security;

-- The commit is told error_groups {server: [[error id, fingerprint, pattern]]} of the errors beside them.
alter function public.omv_sweep_commit(jsonb) rename to commit_without_errors;
alter function public.commit_without_errors(jsonb) set schema omv;
create or replace function public.omv_sweep_commit(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  committed jsonb;
  known jsonb;
begin
  if coalesce(p->'error_groups', '{}') = '{}' then
    return omv.commit_without_errors(p);
  end if;
  perform pg_advisory_xact_lock(727001, coalesce((p->>'shard')::smallint, 0));  -- the commit's own, so that nobody stores between
  select coalesce(jsonb_agg(jsonb_build_array(v.name, x.id)), '[]') into known
    from jsonb_each(p->'error_groups') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r
    join omv.error_event x on x.id = r->>0 where x.server = v.id;
  committed := omv.commit_without_errors(p);
  -- What was told twice within this batch is one event, too.
  with told as (
    select distinct on (v.id, r->>0) v.id as server, r->>0 as id, r->>1 as fingerprint, r->>2 as pattern
      from jsonb_each(p->'error_groups') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r
     where not known @> jsonb_build_array(jsonb_build_array(e.key, r->>0))),
  stored as (
    update omv.error_event x set fingerprint = t.fingerprint from told t
     where x.server = t.server and x.id = t.id
    returning x.server, x.fingerprint, t.pattern, x.at, x.level, x.source, x.message),
  alike as (
    select server, fingerprint, min(pattern) as pattern, min(level) as level, min(source) as source, min(at) as first_at,
           max(at) as last_at, count(*) as n, (array_agg(message order by at desc))[1] as message
      from stored group by server, fingerprint),
  groups as (
    insert into omv.error_group as g (server, fingerprint, level, source, pattern, message, first_at, last_at, count)
    select server, fingerprint, level, source, pattern, message, first_at, last_at, n from alike
    on conflict (server, fingerprint) do update
       set message = case when excluded.last_at >= g.last_at then excluded.message else g.message end,
           first_at = least(g.first_at, excluded.first_at), last_at = greatest(g.last_at, excluded.last_at),
           count = g.count + excluded.count
    returning g.server, g.fingerprint)
  insert into omv.error_hour as h (server, fingerprint, hour, n)
  select s.server, s.fingerprint, s.at / 3600 * 3600, count(*)
    from stored s join groups g using (server, fingerprint) group by 1, 2, 3
  on conflict (server, fingerprint, hour) do update set n = h.n + excluded.n;
  -- At most a thousand a server: those not heard of for longest are forgotten.
  delete from omv.error_group g
   using (select y.server, y.fingerprint, row_number() over (partition by y.server order by y.last_at desc, y.fingerprint) as place
            from omv.error_group y join omv.server v on v.id = y.server where p->'error_groups' ? v.name) old
   where g.server = old.server and g.fingerprint = old.fingerprint and old.place > 1000;
  return committed;
end $$;

-- {q, level, server, from, to, most, tags, only} -> {groups}: what was told in that time, the newest first, with how often
-- and by which servers. `q` is looked for in the source, the pattern and the newest message.
create or replace function public.omv_error_groups(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with here as (
    select g.*, v.name,
           (select coalesce(sum(h.n), 0) from omv.error_hour h where h.server = g.server and h.fingerprint = g.fingerprint
               and h.hour > (p->>'from')::bigint - 3600 and h.hour < (p->>'to')::bigint) as n,
           (select coalesce(sum(h.n), 0) from omv.error_hour h where h.server = g.server and h.fingerprint = g.fingerprint
               and h.hour > omv.epoch() - 7200) as lately
      from omv.error_group g join omv.server v on v.id = g.server
     where omv.in_sight(v, p) and (p->>'server' is null or v.name = p->>'server')
       and (p->>'fingerprint' is null or g.fingerprint = p->>'fingerprint')
       and (p->>'level' is null or g.level = p->>'level')
       and g.last_at >= (p->>'from')::bigint and g.first_at < (p->>'to')::bigint
       and (p->>'q' is null or position(lower(p->>'q') in lower(g.source || ' ' || g.pattern || ' ' || g.message)) > 0)),
  alike as (
    select fingerprint, min(level) as level, min(source) as source, min(pattern) as pattern, sum(n) as n, sum(lately) as lately,
           sum(count) as count, min(first_at) as first_at, max(last_at) as last_at,
           (array_agg(message order by last_at desc))[1] as message,
           jsonb_agg(jsonb_build_object('server', name, 'count', n, 'last', last_at) order by n desc, name) as servers
      from here group by fingerprint having sum(n) > 0
     order by max(last_at) desc, fingerprint limit least(coalesce((p->>'most')::int, 100), 500))
  select jsonb_build_object('groups', coalesce((select jsonb_agg(jsonb_build_object(
           'fingerprint', a.fingerprint, 'level', a.level, 'source', a.source, 'pattern', a.pattern, 'message', a.message,
           'count', a.n, 'count_ever', a.count, 'lately', a.lately, 'first', a.first_at, 'last', a.last_at, 'servers', a.servers)
           order by a.last_at desc, a.fingerprint) from alike a), '[]'))
$$;

-- {fingerprint, from, to, most, tags, only} -> {groups, hours: [[hour, n], ...], errors}: one of them, hour by hour, with the
-- newest errors themselves; groups is empty where there is none to be seen.
create or replace function public.omv_error_group(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select public.omv_error_groups(p) || jsonb_build_object(
    'hours', (select coalesce(jsonb_agg(jsonb_build_array(x.hour, x.n) order by x.hour), '[]') from
       (select h.hour, sum(h.n) as n from omv.error_hour h join omv.server v on v.id = h.server
         where h.fingerprint = p->>'fingerprint' and omv.in_sight(v, p)
           and h.hour > (p->>'from')::bigint - 3600 and h.hour < (p->>'to')::bigint group by h.hour) x),
    'errors', (select coalesce(jsonb_agg(jsonb_build_object('id', y.id, 'at', y.at, 'server', y.name, 'level', y.level,
                                                            'source', y.source, 'message', y.message) order by y.at desc, y.id), '[]') from
       (select e.*, v.name from omv.error_event e join omv.server v on v.id = e.server
         where e.fingerprint = p->>'fingerprint' and omv.in_sight(v, p)
           and e.at >= (p->>'from')::bigint and e.at < (p->>'to')::bigint
         order by e.at desc, e.id limit least(coalesce((p->>'most')::int, 50), 200)) y))
$$;

-- Counts are kept as long as the errors themselves.
alter function public.omv_rollup_step(jsonb) rename to rollup_without_errors;
alter function public.rollup_without_errors(jsonb) set schema omv;
create or replace function public.omv_rollup_step(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s' set jit = off as $$
declare
  answer jsonb := omv.rollup_without_errors(p);
  before bigint := omv.epoch()::bigint / 3600 * 3600 - (p->>'error_days')::int * 86400;
begin
  if not (answer->>'more')::boolean then
    delete from omv.error_group where last_at < before;
    delete from omv.error_hour where hour < before;
  end if;
  return answer;
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_sweep_commit', 'omv_error_groups', 'omv_error_group', 'omv_rollup_step'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
