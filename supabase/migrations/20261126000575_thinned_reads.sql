-- The analysis of a fleet reads the last six hours of a hundred servers, which are not rolled up yet: two million values that
-- took seconds to put into bins of an hour, and of each bin all it needs is the mean.

-- As omv.series in history.sql, and with `thin`: rows are [bin, avg], and of the fresh samples one of every so many seconds is
-- taken, which one being as good as drawn by lot (the first of a minute would be the one at which jobs begin).
create or replace function omv.series(p jsonb) returns jsonb
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
  thin bigint := nullif((p->>'thin')::bigint, 0);
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
       where thin is null and r.server = sid and r.at >= greatest(start, edge) and r.at < stop
      union all
      select r.at, w.i, r.v[w.i], r.v[w.i], r.v[w.i], 1
        from (select distinct on (h.at / thin) h.at, h.v from omv.sample_hot h
               where thin is not null and h.server = sid and h.at >= greatest(start, edge) and h.at < stop
               order by h.at / thin, h.at * 2654435761 % 1009) r cross join unnest(wanted) as w(i)
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
      from (select i, jsonb_agg(case when thin is null then jsonb_build_array(b, lo, mean, hi, n) else jsonb_build_array(b, mean) end order by b) as rows from bin group by i) g));
end $$;

-- As in analysis.sql, and hands `thin` on.
create or replace function public.omv_analysis_series(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set jit = off as $$
  select jsonb_build_object('found', coalesce(jsonb_agg(
    (select omv.series(jsonb_build_object('server', v.name, 'from', r.read->1, 'to', r.read->2, 'step', p->'step', 'tier', p->'tier',
              'thin', p->'thin',
              'series', (select coalesce(jsonb_agg(n), '[]') from unnest(v.series) n
                          where p->'series' ? n or p->'series' ? split_part(n, ':', 1) or (p->>'custom' = 'true' and n like '%.%'))))
       from omv.server v where v.name = r.read->>0 and omv.in_sight(v, p)) order by r.place), '[]'))
    from jsonb_array_elements(p->'reads') with ordinality as r(read, place) where r.place <= 200
$$;

revoke all on function omv.series(jsonb) from public, anon, authenticated, service_role;
do $$
begin
  revoke all on function public.omv_analysis_series(jsonb) from public, anon, authenticated;
  grant execute on function public.omv_analysis_series(jsonb) to service_role;
end $$;
