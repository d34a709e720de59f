-- The sweep's two calls, and what ingest asks of Postgres. docs/decisions/append-then-sweep.md says what they promise.

-- {shard, owner, have_version, seconds} -> {busy} or all that decide() needs. Counts a try durably: an entry that
-- kills its sweeper is met with smaller and smaller batches.
create or replace function public.omv_sweep_begin(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  s omv.sweep;
  k smallint := coalesce((p->>'shard')::smallint, 0);
  fresh boolean;
begin
  select * into s from omv.sweep where shard = k for update;
  if s.lease is not null and s.lease <> p->>'owner' and s.lease_until > clock_timestamp() then
    update omv.sweep set dirty = true where shard = k and not dirty;
    return jsonb_build_object('busy', true, 'version', s.version);
  end if;
  update omv.sweep
     set lease = p->>'owner', lease_until = clock_timestamp() + make_interval(secs => 20), tries = s.tries + 1, dirty = false
   where shard = k;
  fresh := (p->>'have_version')::bigint is distinct from s.version;
  return jsonb_build_object(
    'busy', false, 'now', omv.epoch(), 'version', s.version, 'rules_version', s.rules_version,
    'cursor', s.stream_cursor, 'tries', s.tries, 'swept_at', omv.epoch(s.swept_at),
    'compacted_until', s.compacted_until,
    'rollup_due', omv.rollup_due(s),
    'inbox', (select coalesce(jsonb_agg(jsonb_build_array(i.id, omv.epoch(i.at), i.body) order by i.id), '[]')
                from (select * from omv.inbox where shard = k order by id limit greatest(1, 200 >> least(s.tries, 8))) i),
    'servers', case when fresh then
       (select coalesce(jsonb_object_agg(v.name, jsonb_build_object(
                 'series', v.series, 'facts', v.facts, 'settings', v.settings, 'first_seen', omv.epoch(v.first_seen),
                 'states', (select jsonb_object_agg(t.part, t.body) from omv.state t where t.server = v.id),
                 'posts', (select jsonb_object_agg(m.epoch, jsonb_build_array(m.n, m.later, omv.epoch(m.at))) from omv.post_mark m where m.server = v.id))), '{}')
          from omv.server v where v.shard = k) end,
    'fleet', case when fresh then (select f.body from omv.fleet_state f where f.shard = k) end);
end $$;

-- Is there an hour old enough to compact, or a late sample to merge?
create or replace function omv.rollup_due(s omv.sweep) returns boolean
language sql stable set search_path = '' as $$
  select s.compacted_until < omv.compactable_until() or exists (select 1 from omv.sample_late l where l.at < s.compacted_until)
$$;

-- Everything one batch decided, or nothing: compare-and-set on (version, rules_version). Raises PT409 for the loser.
create or replace function public.omv_sweep_commit(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  s omv.sweep;
  k smallint := coalesce((p->>'shard')::smallint, 0);
  ahead bigint := omv.epoch()::bigint / 3600 * 3600 + 3 * 3600;
  hour_start bigint;
begin
  perform pg_advisory_xact_lock(727001, k);
  select * into s from omv.sweep where shard = k for update;
  if s.version <> (p->>'version')::bigint or s.rules_version <> (p->>'rules_version')::bigint then
    raise exception 'another sweep committed first' using errcode = 'PT409';
  end if;

  insert into omv.server (name, shard, series, facts)
  select e.key, k, array(select jsonb_array_elements_text(e.value->'series')), coalesce(e.value->'facts', '{}')
    from jsonb_each(p->'servers') e
  on conflict (name) do update
     set series = excluded.series, facts = excluded.facts
   where (omv.server.series, omv.server.facts) is distinct from (excluded.series, excluded.facts);

  -- Samples: {server: [[at, "{1,2,null}"], ...]}. Those of hours that are compacted already, or lie more than two hours
  -- ahead, wait in sample_late. A row that brings nothing new is not written.
  for hour_start in
    select distinct (r->>0)::bigint / 3600 * 3600 from jsonb_each(p->'samples') e, jsonb_array_elements(e.value) r
     where (r->>0)::bigint >= s.compacted_until and (r->>0)::bigint < ahead
  loop
    perform omv.ensure_hot_partition(hour_start);
  end loop;
  with told as materialized (
    select v.id, (r->>0)::bigint as at, (r->>1)::real[] as v, (r->>0)::bigint between omv.edge(s, v.id) and ahead - 1 as is_hot
      from jsonb_each(p->'samples') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r),
  hot as (
    insert into omv.sample_hot as h (server, at, v) select id, at, v from told where is_hot
    on conflict (server, at) do update set v = omv.merge_values(h.v, excluded.v) where h.v <> excluded.v)
  insert into omv.sample_late as h (server, at, v) select id, at, v from told where not is_hot
  on conflict (server, at) do update set v = omv.merge_values(h.v, excluded.v) where h.v <> excluded.v;

  insert into omv.state as t (server, part, body)
  select v.id, x.key::smallint, x.value
    from jsonb_each(p->'states') e join omv.server v on v.name = e.key, jsonb_each_text(e.value) x
  on conflict (server, part) do update set body = excluded.body where t.body <> excluded.body;
  if p ? 'fleet' then
    insert into omv.fleet_state (shard, body) values (k, p->>'fleet')
    on conflict (shard) do update set body = excluded.body;
  end if;

  -- Posts: {server: {epoch: [n, later, resend]}}, null for an epoch that is no longer kept.
  delete from omv.post_mark m
   using jsonb_each(p->'posts') e join omv.server v on v.name = e.key, jsonb_each(e.value) x
   where m.server = v.id and m.epoch = x.key and x.value = 'null';
  insert into omv.post_mark as m (server, epoch, n, later, resend)
  select v.id, x.key, (x.value->>0)::bigint, x.value->>1, nullif(x.value->2, 'null')
    from jsonb_each(p->'posts') e join omv.server v on v.name = e.key, jsonb_each(e.value) x
   where x.value <> 'null'
  on conflict (server, epoch) do update set n = excluded.n, later = excluded.later, resend = excluded.resend, at = now();

  insert into omv.process_list (server, at, body)
  select v.id, (r->>0)::bigint, r->1
    from jsonb_each(p->'processes') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r
  on conflict (server, at) do update set body = excluded.body;
  insert into omv.error_event (server, id, at, level, source, message)
  select v.id, r->>0, (r->>1)::bigint, r->>2, r->>3, r->>4
    from jsonb_each(p->'errors') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r
  on conflict do nothing;
  insert into omv.event (server, id, at, kind, title)
  select v.id, r->>0, (r->>1)::bigint, r->>2, r->>3
    from jsonb_each(p->'events') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r
  on conflict do nothing;

  insert into omv.dead_letter (entry, reason) select r->>0, r->>1 from jsonb_array_elements(coalesce(p->'dead', '[]')) r;
  delete from omv.inbox where id in (select jsonb_array_elements_text(coalesce(p->'inbox', '[]'))::bigint);
  if p ? 'snapshot' then
    insert into omv.snapshot (shard, version, body) values (k, s.version + 1, p->>'snapshot')
    on conflict (shard) do update set version = excluded.version, body = excluded.body;
  end if;

  update omv.sweep
     set version = s.version + 1, stream_cursor = coalesce(p->>'cursor', s.stream_cursor), tries = 0, swept_at = clock_timestamp(),
         lease_until = case when coalesce((p->>'done')::boolean, false) then clock_timestamp() else clock_timestamp() + make_interval(secs => 20) end,
         lease = case when coalesce((p->>'done')::boolean, false) then null else lease end,
         dirty = false
   where shard = k;
  return jsonb_build_object('version', s.version + 1, 'dirty', s.dirty, 'now', omv.epoch());
end $$;

-- {shard, owner} -> {released}: the holder gives up for a reason that is no entry's fault, so the try does not count.
create or replace function public.omv_sweep_release(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  update omv.sweep set lease = null, tries = greatest(tries - 1, 0)
   where shard = coalesce((p->>'shard')::smallint, 0) and lease = p->>'owner';
  return jsonb_build_object('released', found);
end $$;

-- {shard, body} -> {id}: a post that Redis could not take. The next sweep reads it like a stream entry.
create or replace function public.omv_inbox_append(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  new_id bigint;
begin
  if (select count(*) from (select 1 from omv.inbox limit 20000) c) >= 20000 then
    raise exception 'the inbox is full' using errcode = 'PT503';
  end if;
  insert into omv.inbox (shard, body) values (coalesce((p->>'shard')::smallint, 0), p->'body') returning id into new_id;
  return jsonb_build_object('id', new_id);
end $$;

-- {shard, seen, cursor}: Redis was wiped or its clock runs behind, so new entries would lie at or below the cursor and
-- never be read. Compare-and-set on the cursor: one reset is enough however many instances notice.
create or replace function public.omv_cursor_reset(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  k smallint := coalesce((p->>'shard')::smallint, 0);
begin
  update omv.sweep set stream_cursor = p->>'cursor', version = version + 1 where shard = k and stream_cursor = p->>'seen';
  return jsonb_build_object('reset', found);
end $$;

-- {shard, keys_version}: all an ingest instance must know, in one call. Keys only when they changed.
create or replace function public.omv_directory(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  s omv.sweep;
  newest bigint := (select n from omv.directory_version);
begin
  select * into s from omv.sweep where shard = coalesce((p->>'shard')::smallint, 0);
  return jsonb_build_object(
    'now', omv.epoch(), 'cursor', s.stream_cursor, 'version', s.version, 'swept_at', omv.epoch(s.swept_at),
    'compacted_until', s.compacted_until,
    'rollup_due', omv.rollup_due(s),
    'keys_version', newest,
    'keys', case when (p->>'keys_version')::bigint is distinct from newest then
       (select coalesce(jsonb_agg(jsonb_build_array(a.id, a.hash, a.scopes, a.server, a.cidrs, omv.epoch(a.expires_at))), '[]')
          from omv.agent_key a where a.revoked_at is null and (a.expires_at is null or a.expires_at > now())) end,
    'stored', (select coalesce(jsonb_object_agg(v.name, m.marks), '{}') from
       (select server, jsonb_object_agg(epoch, jsonb_build_array(n, resend)) as marks from omv.post_mark group by server) m
       join omv.server v on v.id = m.server),
    'watch', (select coalesce(jsonb_object_agg(w.subject, omv.epoch(w.until)), '{}') from omv.watch w where w.until > now()));
end $$;

-- {subjects: [...], seconds}: somebody looks at these; '' is the fleet.
create or replace function public.omv_watch(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into omv.watch as w (subject, until)
  select x, now() + make_interval(secs => (p->>'seconds')::double precision) from jsonb_array_elements_text(p->'subjects') x
  on conflict (subject) do update set until = excluded.until where w.until < excluded.until - interval '10 seconds';
  return '{}'::jsonb;
end $$;
