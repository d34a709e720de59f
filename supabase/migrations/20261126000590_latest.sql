-- The newest values of many servers in one call, for questions that rank or compare the fleet by any series.

-- {servers: [names], series: [names or metrics], tags, only} -> {found: [[server, series, at, value], ...]} of the last six hours, a
-- metric standing for its series of every mount. At most 500 servers.
create or replace function public.omv_latest(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set jit = off as $$
  select jsonb_build_object('found', coalesce(jsonb_agg(jsonb_build_array(c.name, c.series, x.at, x.value) order by c.name, c.i), '[]'))
    from (select v.id, v.name, n.series, n.i::int as i
            from (select w.* from omv.server w where p->'servers' ? w.name and omv.in_sight(w, p) order by w.name limit 500) v,
                 unnest(v.series) with ordinality as n(series, i)
           where p->'series' ? n.series or p->'series' ? split_part(n.series, ':', 1)) c,
         lateral (select r.at, r.v[c.i] as value from omv.sample_hot r
                   where r.server = c.id and r.at > omv.epoch() - 21600 and r.v[c.i] is not null order by r.at desc limit 1) x
$$;

do $$
begin
  revoke all on function public.omv_latest(jsonb) from public, anon, authenticated;
  grant execute on function public.omv_latest(jsonb) to service_role;
end $$;
