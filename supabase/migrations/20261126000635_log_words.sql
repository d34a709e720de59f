-- A searched word is found in each of its spellings: `words` are alternatives, of which a line has at least one.

create or replace function public.omv_log_search(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set jit = off as $$
  with asked as materialized (
    select w.id, w.name from omv.server w where p->'servers' ? w.name and omv.in_sight(w, p) order by w.name limit 500),
  found as materialized (
    select e.*, a.name from asked a join omv.error_event e on e.server = a.id
     where e.at >= (p->>'from')::bigint and e.at < (p->>'to')::bigint
       and (coalesce(p->'levels', 'null') = 'null' or p->'levels' ? e.level)
       and (coalesce(p->'words', 'null') = 'null' or exists (select 1 from jsonb_array_elements_text(p->'words') w
              where position(lower(w) in lower(e.source || ' ' || e.message)) > 0))
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
