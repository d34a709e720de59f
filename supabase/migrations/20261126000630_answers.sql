-- What questions about many servers read, each in one call: when they were away, what they run, what is foreseen of them,
-- and what their logs say.

-- {servers, from, to, tags, only} -> {found: [[server, first seen, [[from, until or null], ...]], ...]}: when nothing was
-- heard of each, by its incidents of the kind heartbeat, oldest first, as the public page counts it (omv_status).
create or replace function public.omv_outages(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('found', coalesce(jsonb_agg(jsonb_build_array(v.name, omv.epoch(v.first_seen), coalesce(
           (select jsonb_agg(jsonb_build_array(x.opened_at, x.resolved_at) order by x.opened_at) from
              (select i.opened_at, i.resolved_at from omv.incident i
                where i.server = v.name and i.kind = 'heartbeat' and i.opened_at < (p->>'to')::double precision
                  and (i.resolved_at is null or i.resolved_at > (p->>'from')::double precision)
                order by i.opened_at desc limit 1000) x), '[]')) order by v.name), '[]'))
    from (select w.* from omv.server w where p->'servers' ? w.name and omv.in_sight(w, p) order by w.name limit 500) v
$$;

-- {servers, q, port, tags, only} -> {found: [[server, at or null, how many, [process, ...]], ...]}: the newest list of
-- each, and of it those whose name has `q` in it and that listen on `port`.
create or replace function public.omv_process_lists(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('found', coalesce(jsonb_agg(jsonb_build_array(v.name, l.at, coalesce(jsonb_array_length(l.body), 0), coalesce(
           (select jsonb_agg(x.one order by x.place) from jsonb_array_elements(l.body) with ordinality x(one, place)
             where (p->>'q' is null or position(lower(p->>'q') in lower(x.one->>'name')) > 0)
               and (p->>'port' is null or x.one->'ports' @> jsonb_build_array((p->>'port')::int))), '[]')) order by v.name), '[]'))
    from (select w.* from omv.server w where p->'servers' ? w.name and omv.in_sight(w, p) order by w.name limit 200) v
    left join lateral (select o.at, o.body from omv.process_list o where o.server = v.id order by o.at desc limit 1) l on true
$$;

-- {servers, series: [names or metrics], tags, only} -> {found: [[server, series, at, body without its paths, tested], ...]}, a
-- metric standing for its series of every mount.
create or replace function public.omv_forecast_list(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('found', coalesce(jsonb_agg(jsonb_build_array(v.name, f.series, f.at,
           f.body - array['mid', 'low', 'high'], f.tested) order by v.name, f.series), '[]'))
    from (select w.* from omv.server w where p->'servers' ? w.name and omv.in_sight(w, p) order by w.name limit 500) v
    join omv.forecast f on f.server = v.id
   where p->'series' ? f.series or p->'series' ? split_part(f.series, ':', 1)
$$;

-- {servers, from, to, levels (null: all), q, source, most, tags, only} -> {count, levels: {level: n}, servers: [[name, n], ...],
-- groups: [[fingerprint, level, source, pattern, n, first, last], ...], lines: [[at, server, level, source, message], ...],
-- told: [[server, first at, last at], ...]}: what was told in that time, counted exactly; the ten most frequent patterns, the
-- newest lines, and which of the servers ever told any.
create or replace function public.omv_log_search(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set jit = off as $$
  with asked as materialized (
    select w.id, w.name from omv.server w where p->'servers' ? w.name and omv.in_sight(w, p) order by w.name limit 500),
  found as materialized (
    select e.*, a.name from asked a join omv.error_event e on e.server = a.id
     where e.at >= (p->>'from')::bigint and e.at < (p->>'to')::bigint
       and (coalesce(p->'levels', 'null') = 'null' or p->'levels' ? e.level)
       and (p->>'q' is null or position(lower(p->>'q') in lower(e.source || ' ' || e.message)) > 0)
       and (p->>'source' is null or position(lower(p->>'source') in lower(e.source || ' ' || e.message)) > 0)),
  alike as (
    select coalesce(f.fingerprint, f.source || ' ' || f.message) as fingerprint, min(f.level) as level, min(f.source) as source,
           coalesce(min(g.pattern), min(f.message)) as pattern, count(*) as n, min(f.at) as first_at, max(f.at) as last_at
      from found f left join omv.error_group g on g.server = f.server and g.fingerprint = f.fingerprint
     group by 1 order by count(*) desc, max(f.at) desc, 1 limit 10)
  select jsonb_build_object(
    'count', (select count(*) from found),
    'levels', (select coalesce(jsonb_object_agg(x.level, x.n), '{}') from (select level, count(*) as n from found group by 1) x),
    'servers', (select coalesce(jsonb_agg(jsonb_build_array(x.name, x.n) order by x.n desc, x.name), '[]')
                  from (select name, count(*) as n from found group by 1) x),
    'groups', (select coalesce(jsonb_agg(jsonb_build_array(a.fingerprint, a.level, a.source, a.pattern, a.n, a.first_at, a.last_at)
                                         order by a.n desc, a.last_at desc, a.fingerprint), '[]') from alike a),
    'lines', (select coalesce(jsonb_agg(jsonb_build_array(x.at, x.name, x.level, x.source, x.message) order by x.at desc, x.name, x.id), '[]')
                from (select * from found order by at desc, name, id limit least(coalesce((p->>'most')::int, 5), 50)) x),
    'told', (select coalesce(jsonb_agg(jsonb_build_array(a.name, x.first_at, x.last_at) order by a.name), '[]')
               from asked a, lateral (select min(e.at) as first_at, max(e.at) as last_at from omv.error_event e where e.server = a.id) x
              where x.first_at is not null))
$$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_outages', 'omv_process_lists', 'omv_forecast_list', 'omv_log_search'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
