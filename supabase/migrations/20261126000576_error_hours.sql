-- The list of errors shows how often each came in the course of the time that was asked for.

-- As in errors.sql, and of each group `hours`: [[start, how many], ...] by the hour, or by as many hours as make sixty of it.
create or replace function public.omv_error_groups(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with wide as (
    select (3600 * ceil(ceil(((p->>'to')::bigint - (p->>'from')::bigint) / 3600.0) / 60))::bigint as each),
  here as (
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
           'count', a.n, 'count_ever', a.count, 'lately', a.lately, 'first', a.first_at, 'last', a.last_at, 'servers', a.servers,
           'hours', (select coalesce(jsonb_agg(jsonb_build_array(x.bin, x.n) order by x.bin), '[]') from (
             select h.hour / w.each * w.each as bin, sum(h.n) as n
               from here g join omv.error_hour h on h.server = g.server and h.fingerprint = g.fingerprint, wide w
              where g.fingerprint = a.fingerprint and h.hour > (p->>'from')::bigint - 3600 and h.hour < (p->>'to')::bigint
              group by 1) x))
           order by a.last_at desc, a.fingerprint) from alike a), '[]'))
$$;

do $$
begin
  revoke all on function public.omv_error_groups(jsonb) from public, anon, authenticated;
  grant execute on function public.omv_error_groups(jsonb) to service_role;
end $$;
