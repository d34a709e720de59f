-- History: fresh rows -> hour blocks -> roll-ups, and the one read that chooses among them.

-- A block's values in long form: (at, position in the server's series, value). `wanted` picks series; null means all.
create or replace function omv.block_values(b omv.hour_block, wanted smallint[] default null)
returns table (at bigint, i smallint, val real)
language sql immutable set search_path = '' as $$
  select b.hour + x.off, k.i, (x.val / k.scale)::real
    from unnest(b.series, b.scale) with ordinality as k(i, scale, pos),
         unnest(b.at, b.v[(k.pos - 1) * cardinality(b.at) + 1 : k.pos * cardinality(b.at)]) as x(off, val)
   where x.val is not null and (wanted is null or k.i = any (wanted))
  union all
  select b.hour + x.off, k.i, x.val
    from unnest(b.series_f) with ordinality as k(i, pos),
         unnest(b.at, b.f[(k.pos - 1) * cardinality(b.at) + 1 : k.pos * cardinality(b.at)]) as x(off, val)
   where x.val is not null and (wanted is null or k.i = any (wanted))
$$;

-- The smallest power of ten at which round(x * scale) keeps six significant digits; 1e9 stands for none of them.
create or replace function omv.scale_of(x real) returns real
language sql immutable parallel safe as $$
  select case when x is null then null
              when x = round(x) then 1
              when abs(round(x * 10.0) - x * 10.0) <= 5e-6 * abs(x) then 10
              when abs(round(x * 100.0) - x * 100.0) <= 5e-5 * abs(x) then 100
              when abs(round(x * 1000.0) - x * 1000.0) <= 5e-4 * abs(x) then 1000
              when abs(round(x * 10000.0) - x * 10000.0) <= 5e-3 * abs(x) then 10000
              else 1e9 end::real
$$;

-- Write one server-hour whole, from everything that is known of it: its block, the hot rows while it has no block
-- (`is_hot`), the late rows, which are used up. Of a value told twice the later to arrive stays. Doing it again with
-- the same rows changes no byte: a series' scale never shrinks, and roll-ups are read off the block.
create or replace function omv.compact_hour(sid int, h bigint, is_hot boolean) returns void
language plpgsql volatile set search_path = '' as $$
declare
  width int := (select cardinality(series) from omv.server where id = sid);
  b omv.hour_block;
begin
  with told as materialized (  -- every series at every instant, null where there is no value
    select distinct on (u.i, u.at) u.i, u.at, u.val
      from (select 0 as age, x.at, x.i, x.val
              from omv.hour_block o, omv.block_values(o) x where o.server = sid and o.hour = h
            union all
            select case when r.v[e.i] is null then -1 else 1 end, r.at, e.i::smallint, r.v[e.i]
              from omv.sample_hot r, generate_series(1, width) as e(i)
             where is_hot and r.server = sid and r.at >= h and r.at < h + 3600
            union all
            select case when r.v[e.i] is null then -1 else 2 end, r.at, e.i::smallint, r.v[e.i]
              from omv.sample_late r, generate_series(1, width) as e(i)
             where r.server = sid and r.at >= h and r.at < h + 3600
            union all
            select -1, h + x, e.i::smallint, null
              from omv.hour_block o, unnest(o.at) as x, generate_series(1, width) as e(i)
             where o.server = sid and o.hour = h) u
     order by u.i, u.at, u.age desc),
  before as (
    select k.i, k.scale from omv.hour_block o, unnest(o.series, o.scale) as k(i, scale) where o.server = sid and o.hour = h
    union all
    select k.i, 1e9 from omv.hour_block o, unnest(o.series_f) as k(i) where o.server = sid and o.hour = h),
  need as (
    select i, max(omv.scale_of(val)) as scale, max(abs(val)) as top from told group by i having count(val) > 0),
  shape as materialized (
    select i, case when s.scale * n.top < 2e9 and s.scale < 1e9 then s.scale end as scale
      from need n left join before o using (i), lateral (select greatest(n.scale, o.scale)::real as scale) s)
  insert into omv.hour_block as o (server, hour, at, series, scale, v, series_f, f)
  select sid, h, array(select (at - h)::smallint from told where i = 1 order by at),
         array(select i from shape where scale is not null order by i),
         array(select scale from shape where scale is not null order by i),
         array(select round(val * scale)::int from told join shape using (i) where scale is not null order by i, at),
         array(select i from shape where scale is null order by i),
         array(select val from told join shape using (i) where scale is null order by i, at)
   where exists (select 1 from shape)
  on conflict (server, hour) do update
     set at = excluded.at, series = excluded.series, scale = excluded.scale, v = excluded.v,
         series_f = excluded.series_f, f = excluded.f
  returning o.* into b;
  if found then
    perform omv.roll_up_block(b);
  end if;
  delete from omv.sample_late where server = sid and at >= h and at < h + 3600;
end $$;

-- Both roll-ups of a block, written whole.
create or replace function omv.roll_up_block(b omv.hour_block) returns void
language sql volatile set search_path = '' as $$
  with five as materialized (
    select x.i, (x.at - b.hour) / 300 as q, min(x.val) as lo, avg(x.val) as mean, max(x.val) as hi, count(*) as n
      from omv.block_values(b) x group by 1, 2),
  one as materialized (
    select i, min(lo) as lo, sum(mean * n) / sum(n) as mean, max(hi) as hi, sum(n) as n from five group by i),
  rolled as (
    insert into omv.rollup_5m as r (server, hour, series, lo, mean, hi, n)
    select b.server, b.hour, array(select i from one order by i), array_agg(f.lo order by i, q),
           array_agg(f.mean::real order by i, q), array_agg(f.hi order by i, q), array_agg(coalesce(f.n, 0)::smallint order by i, q)
      from one o cross join generate_series(0, 11) q left join five f using (i, q)
    on conflict (server, hour) do update
       set series = excluded.series, lo = excluded.lo, mean = excluded.mean, hi = excluded.hi, n = excluded.n)
  insert into omv.rollup_1h as r (server, hour, series, lo, mean, hi, n)
  select b.server, b.hour, array_agg(i order by i), array_agg(lo order by i), array_agg(mean::real order by i),
         array_agg(hi order by i), array_agg(n::smallint order by i) from one
  on conflict (server, hour) do update
     set series = excluded.series, lo = excluded.lo, mean = excluded.mean, hi = excluded.hi, n = excluded.n
$$;

-- Delete up to 5 000 rows of a table that are older than `before`, server by server along the index; how many went.
create or replace function omv.forget(relation regclass, time_column text, before bigint) returns int
language plpgsql volatile set search_path = '' as $$
declare
  gone int;
begin
  execute format('delete from %1$s where ctid = any (array(
                    select x.ctid from omv.server v cross join lateral (
                      select t.ctid from %1$s t where t.server = v.id and t.%2$I < $1 limit 5000) x limit 5000))',
                 relation, time_column) using before;
  get diagnostics gone = row_count;
  return gone;
end $$;

-- {shard, most, raw_days, five_days, hour_days, error_days, process_hours}
--   -> {compacted, merged, forgotten, more, compacted_until, bytes}.
-- One bounded step: at most `most` (<= 200) server-hours or two seconds; call again while `more`. It holds the commit's
-- lock, so that no sample slips between the two places; a step that dies leaves nothing behind.
create or replace function public.omv_rollup_step(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s' set jit = off as $$
declare
  k smallint := coalesce((p->>'shard')::smallint, 0);
  most int := least(coalesce((p->>'most')::int, 100), 200);
  this_hour bigint := omv.epoch()::bigint / 3600 * 3600;
  goal bigint := omv.compactable_until();
  deadline timestamptz := clock_timestamp() + interval '2 seconds';
  s omv.sweep;
  r record;
  sid int;
  done int := 0;
  merged int := 0;
  forgotten int[];
begin
  perform pg_advisory_xact_lock(727001, k);
  select * into s from omv.sweep where shard = k;
  for h in 0..2 loop
    perform omv.ensure_hot_partition(this_hour + h * 3600);
  end loop;

  -- Late samples first: people look at recent days more than at six hours ago.
  for r in select distinct l.server, l.at / 3600 * 3600 as hour
             from omv.sample_late l join omv.server v on v.id = l.server and v.shard = k
            where l.at < s.compacted_until order by 2 desc, 1 limit most loop
    exit when clock_timestamp() > deadline;
    perform omv.compact_hour(r.server, r.hour, false);
    merged := merged + 1;
  end loop;

  -- Hour by hour, server by server in the order of their ids: where we are is (compacted_until, compacted_servers).
  while s.compacted_until < goal and merged + done < most and clock_timestamp() < deadline loop
    select v.id into sid from omv.server v
     where v.shard = k and v.id > s.compacted_servers
       and exists (select 1 from omv.sample_hot x where x.server = v.id and x.at >= s.compacted_until and x.at < s.compacted_until + 3600)
     order by v.id limit 1;
    if found then
      perform omv.compact_hour(sid, s.compacted_until, true);
      s.compacted_servers := sid;
      done := done + 1;
    else
      s.compacted_until := s.compacted_until + 3600;
      s.compacted_servers := 0;
    end if;
  end loop;

  s.raw_from := greatest(s.raw_from, this_hour - greatest((p->>'raw_days')::int, 8) * 86400);
  s.five_from := greatest(s.five_from, this_hour - (p->>'five_days')::int * 86400);
  forgotten := array[
    omv.forget('omv.hour_block', 'hour', s.raw_from),
    omv.forget('omv.rollup_5m', 'hour', s.five_from),
    omv.forget('omv.rollup_1h', 'hour', this_hour - (p->>'hour_days')::int * 86400),
    omv.forget('omv.error_event', 'at', this_hour - (p->>'error_days')::int * 86400),
    omv.forget('omv.event', 'at', this_hour - (p->>'hour_days')::int * 86400),
    omv.forget('omv.process_list', 'at', this_hour - (p->>'process_hours')::int * 3600)];
  delete from omv.post_mark where at < now() - interval '9 days';
  delete from omv.dead_letter where at < now() - interval '30 days';
  update omv.sweep
     set compacted_until = s.compacted_until, compacted_servers = s.compacted_servers, raw_from = s.raw_from,
         five_from = s.five_from, rolled_at = clock_timestamp()
   where shard = k
  returning * into s;

  -- Rows of compacted hours go with their partition, an hour late: a reader that began before the step above may still
  -- look for them, and a dropped table is gone for old snapshots too.
  for r in select i.inhrelid::regclass as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'omv.sample_hot'::regclass
              and substring(c.relname from '\d+$')::bigint + 7200 <= (select min(compacted_until) from omv.sweep) loop
    execute format('drop table %s', r.name);
  end loop;
  return jsonb_build_object('compacted', done, 'merged', merged, 'forgotten', (select sum(x) from unnest(forgotten) x),
    'more', omv.rollup_due(s) or 5000 = any (forgotten), 'compacted_until', s.compacted_until,
    'bytes', pg_database_size(current_database()));
end $$;

-- {server, series: [names], from, to, step, tier} -> {from, step, tier, series: {name: [[bin, min, avg, max, n], ...]}},
-- or null when there is no such server. A finer tier that no longer reaches back to `from` gives way to the next, with
-- its step. One statement, one snapshot: a sample is seen in exactly one of its places.
create or replace function public.omv_series(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  sid int;
  edge bigint;  -- this server's samples before it are in blocks and roll-ups, those from it on are hot
  names text[];
  wanted smallint[];
  reach bigint[];
  start bigint := (p->>'from')::bigint;
  stop bigint := (p->>'to')::bigint;
  step bigint := (p->>'step')::bigint;
  tier text := p->>'tier';
begin
  select v.id, omv.edge(s, v.id), v.series, array[s.raw_from, s.five_from] into sid, edge, names, reach
    from omv.server v join omv.sweep s using (shard) where v.name = p->>'server';
  if sid is null then
    return null;
  end if;
  if tier = 'raw' and start < reach[1] then
    tier := '5m';
    step := greatest(step, 300);
  end if;
  if tier = '5m' and start < reach[2] then
    tier := '1h';
    step := greatest(step, 3600);
  end if;
  start := start / step * step;
  wanted := array(select distinct array_position(names, n)::smallint from jsonb_array_elements_text(p->'series') n
                   where array_position(names, n) is not null);
  return jsonb_build_object('from', start, 'step', step, 'tier', tier, 'series', (
    with point as (
      select r.at, w.i, r.v[w.i] as lo, r.v[w.i] as mean, r.v[w.i] as hi, 1 as n
        from omv.sample_hot r cross join unnest(wanted) as w(i)
       where r.server = sid and r.at >= greatest(start, edge) and r.at < stop
      union all
      select x.at, x.i, x.val, x.val, x.val, 1
        from omv.hour_block b, omv.block_values(b, wanted) x
       where tier = 'raw' and b.server = sid and b.hour >= start / 3600 * 3600 and b.hour < least(stop, edge) and x.at >= start and x.at < stop
      union all
      select r.hour + (e.pos - 1) * 300, w.i, e.lo, e.mean, e.hi, e.n
        from omv.rollup_5m r cross join unnest(wanted) as w(i), lateral (select array_position(r.series, w.i) * 12) as l(last),
             unnest(r.lo[l.last - 11 : l.last], r.mean[l.last - 11 : l.last], r.hi[l.last - 11 : l.last], r.n[l.last - 11 : l.last])
               with ordinality as e(lo, mean, hi, n, pos)
       where tier = '5m' and r.server = sid and r.hour >= start / 3600 * 3600 and r.hour < least(stop, edge)
         and r.hour + (e.pos - 1) * 300 >= start and r.hour + (e.pos - 1) * 300 < stop
      union all
      select r.hour, w.i, r.lo[l.pos], r.mean[l.pos], r.hi[l.pos], r.n[l.pos]
        from omv.rollup_1h r cross join unnest(wanted) as w(i), lateral (select array_position(r.series, w.i)) as l(pos)
       where tier = '1h' and r.server = sid and r.hour >= start and r.hour < least(stop, edge) and l.pos is not null),
    bin as (
      select i, (at - start) / step as b, min(lo) as lo, (sum(mean::double precision * n) / sum(n))::real as mean, max(hi) as hi, sum(n) as n
        from point where mean is not null group by 1, 2)
    select coalesce(jsonb_object_agg(names[g.i], g.rows), '{}')
      from (select i, jsonb_agg(jsonb_build_array(b, lo, mean, hi, n) order by b) as rows from bin group by i) g));
end $$;

-- {have_version} -> {version, body} with body null when the caller has that version already.
create or replace function public.omv_snapshot(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('version', coalesce(n.version, 0), 'swept_at', omv.epoch(s.swept_at), 'now', omv.epoch(),
           'body', case when n.version is distinct from (p->>'have_version')::bigint then n.body end)
    from omv.sweep s left join omv.snapshot n using (shard) where s.shard = coalesce((p->>'shard')::smallint, 0)
$$;

-- {server} -> what the server's page needs beside the snapshot, or null.
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
    from omv.server v where v.name = p->>'server'
$$;

-- {server, at} -> {at, processes}: the list nearest before `at` (default: the newest), or null for an unknown server.
create or replace function public.omv_processes(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce((select jsonb_build_object('at', l.at, 'processes', l.body) from omv.process_list l
                    where l.server = v.id and l.at <= coalesce((p->>'at')::bigint, 9999999999) order by l.at desc limit 1),
                  '{"at": null, "processes": []}')
    from omv.server v where v.name = p->>'server'
$$;

-- {server, from, to, level, q, most} -> {errors: [...]}, newest first.
create or replace function public.omv_errors(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('errors', coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'at', x.at, 'level', x.level,
             'source', x.source, 'message', x.message) order by x.at desc)
     from (select * from omv.error_event e where e.server = v.id
              and e.at >= coalesce((p->>'from')::bigint, 0) and e.at < coalesce((p->>'to')::bigint, 9999999999)
              and (p->>'level' is null or e.level = p->>'level')
              and (p->>'q' is null or position(lower(p->>'q') in lower(e.source || ' ' || e.message)) > 0)
            order by e.at desc limit least(coalesce((p->>'most')::int, 100), 1000)) x), '[]'))
    from omv.server v where v.name = p->>'server'
$$;

-- {server, from, to, most} -> {events: [...]}, newest first.
create or replace function public.omv_events(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('events', coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'at', x.at, 'kind', x.kind,
             'title', x.title) order by x.at desc)
     from (select * from omv.event e where e.server = v.id
              and e.at >= coalesce((p->>'from')::bigint, 0) and e.at < coalesce((p->>'to')::bigint, 9999999999)
            order by e.at desc limit least(coalesce((p->>'most')::int, 100), 1000)) x), '[]'))
    from omv.server v where v.name = p->>'server'
$$;

-- {server, settings} -> the server's settings after the change; bumps the version, so that every cache reads again.
create or replace function public.omv_server_settings(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  changed jsonb;
begin
  update omv.server set settings = jsonb_strip_nulls(settings || (p->'settings')) where name = p->>'server' returning settings into changed;
  if found then
    update omv.sweep set version = version + 1;
  end if;
  return changed;
end $$;

-- {server} -> {deleted}: the server and all its history.
create or replace function public.omv_server_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  sid int;
begin
  perform pg_advisory_xact_lock(727001, coalesce((select shard from omv.server where name = p->>'server'), 0::smallint));
  delete from omv.server where name = p->>'server' returning id into sid;
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

-- {} -> how the product does, from the database's side.
create or replace function public.omv_health(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('now', omv.epoch(), 'swept_at', omv.epoch(s.swept_at), 'rolled_at', omv.epoch(s.rolled_at), 'version', s.version,
           'tries', s.tries, 'compacted_until', s.compacted_until, 'servers', (select count(*) from omv.server),
           'inbox', (select count(*) from omv.inbox), 'dead_letters', (select count(*) from omv.dead_letter),
           'bytes', pg_database_size(current_database()))
    from omv.sweep s where s.shard = 0
$$;

-- Nobody but the service may call any of these. Functions of later migrations do the same for their own.
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
