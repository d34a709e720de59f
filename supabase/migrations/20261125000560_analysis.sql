-- What the analysis reads: series of several servers and times in one call, and what went on there.

-- {reads: [[server, from, to], ...], series: [names or metrics], custom, step, tier, tags, only} -> {found: [as omv_series, or null for a
-- server that is not there to be seen, ...]} in the order asked;
-- a metric stands for its series of every mount too, and `custom` asks for those with a dot. At most 200 reads.
create or replace function public.omv_analysis_series(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set jit = off as $$
  select jsonb_build_object('found', coalesce(jsonb_agg(
    (select omv.series(jsonb_build_object('server', v.name, 'from', r.read->1, 'to', r.read->2, 'step', p->'step', 'tier', p->'tier',
              'series', (select coalesce(jsonb_agg(n), '[]') from unnest(v.series) n
                          where p->'series' ? n or p->'series' ? split_part(n, ':', 1) or (p->>'custom' = 'true' and n like '%.%'))))
       from omv.server v where v.name = r.read->>0 and omv.in_sight(v, p)) order by r.place), '[]'))
    from jsonb_array_elements(p->'reads') with ordinality as r(read, place) where r.place <= 200
$$;

-- {servers: [names], from, to, tags, only} -> {events: [[at, server, kind, title, id]], errors: [[at, server, fingerprint, level,
-- source, message, id]], incidents: [[at, server, rule's name, subject, id]]}, the newest 500 of each, oldest first.
create or replace function public.omv_analysis_happenings(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with seen as (
    select v.id, v.name from omv.server v where p->'servers' ? v.name and omv.in_sight(v, p))
  select jsonb_build_object(
    'events', (select coalesce(jsonb_agg(jsonb_build_array(x.at, x.name, x.kind, x.title, x.id) order by x.at), '[]') from (
       select e.at, s.name, e.kind, e.title, e.id from seen s join omv.event e on e.server = s.id
        where e.at >= (p->>'from')::bigint and e.at < (p->>'to')::bigint order by e.at desc limit 500) x),
    'errors', (select coalesce(jsonb_agg(jsonb_build_array(x.at, x.name, x.fingerprint, x.level, x.source, left(x.message, 200), x.id)
                                         order by x.at), '[]') from (
       select e.at, s.name, e.fingerprint, e.level, e.source, e.message, e.id from seen s join omv.error_event e on e.server = s.id
        where e.at >= (p->>'from')::bigint and e.at < (p->>'to')::bigint order by e.at desc limit 500) x),
    'incidents', (select coalesce(jsonb_agg(jsonb_build_array(x.opened_at, x.name, x.rule_name, x.subject, x.id) order by x.opened_at), '[]') from (
       select i.opened_at, s.name, i.body->>'rule_name' as rule_name, i.subject, i.id from seen s join omv.incident i on i.server = s.name
        where i.opened_at >= (p->>'from')::bigint and i.opened_at < (p->>'to')::bigint order by i.opened_at desc limit 500) x))
$$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_analysis_series', 'omv_analysis_happenings'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
