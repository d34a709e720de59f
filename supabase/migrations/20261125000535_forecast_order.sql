-- Which series are foreseen of a server that has very many.

-- {shard, most, hours, patterns: [LIKE patterns of series]} -> {hour, more, servers: {name: {series: {name: [[n, mean], ...]},
-- known: {series: {before, tested}}}}}: the next servers that have none of this hour, with the means of so many hours
-- before `hour`, n hours after the first. At most 40
-- series of a server, in the order of the patterns: what many custom metrics a rule asks for must not crowd out its disks.
create or replace function public.omv_forecasts_due(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set jit = off as $$
declare
  stop bigint := omv.epoch()::bigint / 3600 * 3600;
  start bigint := stop - (p->>'hours')::bigint * 3600;
  most int := least((p->>'most')::int, 50);
  patterns text[] := array(select jsonb_array_elements_text(p->'patterns'));
  found jsonb;
begin
  with due as materialized (
    select v.id, v.name, v.series, row_number() over (order by coalesce(r.at, 0), v.id) as place
      from omv.server v left join omv.forecast_run r on r.server = v.id
     where v.shard = coalesce((p->>'shard')::smallint, 0) and coalesce(r.at, 0) < stop),
  turn as (select * from due where place <= most)
  select jsonb_build_object('hour', stop, 'more', (select count(*) > most from due), 'servers',
    coalesce(jsonb_object_agg(t.name, jsonb_build_object(
      'series', coalesce((select jsonb_object_agg(e.key, (select jsonb_agg(jsonb_build_array(x->0, x->2)) from jsonb_array_elements(e.value) x))
                   from jsonb_each(public.omv_series(jsonb_build_object('server', t.name, 'from', start, 'to', stop, 'step', 3600, 'tier', '1h',
                          'series', (select coalesce(jsonb_agg(w.name), '[]') from
                             (select s as name from unnest(t.series) s where s like any (patterns)
                               order by (select min(o.n) from unnest(patterns) with ordinality o(one, n) where s like o.one), s limit 40) w)))->'series') e), '{}'),
      'known', (select coalesce(jsonb_object_agg(f.series, jsonb_build_object('before', f.before, 'tested', f.tested)), '{}')
                  from omv.forecast f where f.server = t.id))), '{}')) into found from turn t;
  return found;
end $$;

revoke all on function public.omv_forecasts_due(jsonb) from public, anon, authenticated;
grant execute on function public.omv_forecasts_due(jsonb) to service_role;
