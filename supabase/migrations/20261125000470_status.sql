-- The public status page: components that an admin made public, under names chosen for it.
--
-- What is told is worked out from incidents here, so that no name of a server, rule or reason leaves the database by this
-- road; `members` are for looking up who is silent now and go no further than the function that asks.

create table if not exists omv.component (
  id         text primary key default left(replace(gen_random_uuid()::text, '-', ''), 12),
  name       text not null,
  note       text not null default '',           -- public words beside it
  kind       text not null check (kind in ('server', 'group', 'check')),
  target     text not null,                      -- a server's or group's name, a check's id
  place      int not null default 0,
  created_at timestamptz not null default now()
);
alter table omv.component enable row level security;

create or replace function omv.component_shown(c omv.component) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', c.id, 'name', c.name, 'note', c.note, 'kind', c.kind, 'target', c.target,
                            'place', c.place, 'created_at', omv.epoch(c.created_at))
$$;

-- {} -> {components: [...]}, in their order, with what they stand for: for admins.
create or replace function public.omv_status_components(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('components', coalesce(jsonb_agg(omv.component_shown(c) order by c.place, c.name, c.id), '[]'))
    from omv.component c
$$;

-- {name, note, kind, target, place} -> the component. PT409 beyond 200.
create or replace function public.omv_status_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.component;
begin
  if (select count(*) from omv.component) >= 200 then
    raise exception 'there are 200 components already: delete some first' using errcode = 'PT409';
  end if;
  insert into omv.component (name, note, kind, target, place)
  values (p->>'name', coalesce(p->>'note', ''), p->>'kind', p->>'target', coalesce((p->>'place')::int, 0)) returning * into c;
  return omv.component_shown(c);
end $$;

-- {id, name, note, place}, what is left out stays -> the component; null when there is none.
create or replace function public.omv_status_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.component;
begin
  update omv.component set name = coalesce(p->>'name', name), note = coalesce(p->>'note', note), place = coalesce((p->>'place')::int, place)
   where id = p->>'id' returning * into c;
  return case when c.id is not null then omv.component_shown(c) end;
end $$;

-- {id} -> {deleted, name}
create or replace function public.omv_status_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.component;
begin
  delete from omv.component where id = p->>'id' returning * into c;
  return jsonb_build_object('deleted', c.id is not null, 'name', c.name);
end $$;

-- {days} -> {now, swept_at, components}: each with its members [[server, first seen]], the state of its check, its days
-- [[day, down seconds, degraded seconds]] (sums over its members, only days with any) and its incidents of two weeks
-- [[down or degraded, from, until or null]].
create or replace function public.omv_status(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with clock as (select omv.epoch()::bigint as now, omv.epoch()::bigint / 86400 * 86400 - ((p->>'days')::int - 1) * 86400 as since),
  member as (
    select c.id, v.name as server, null::text as check_id, omv.epoch(v.first_seen) as first_seen
      from omv.component c join omv.server v
        on (c.kind = 'server' and v.name = c.target)
        or (c.kind = 'group' and coalesce(v.settings->>'group', v.facts->>'group') = c.target)
    union all
    select c.id, null, k.id, omv.epoch(k.created_at) from omv.component c join omv.cron_check k on c.kind = 'check' and k.id = c.target),
  trouble as (
    select m.id, coalesce(m.server, m.check_id) as who, floor(i.opened_at)::bigint as start,
           coalesce(ceil(i.resolved_at)::bigint, k.now) as until, i.resolved_at is null as is_open,
           case when i.kind in ('heartbeat', 'check') then 'down' else 'degraded' end as what
      from clock k cross join member m join omv.incident i
        on (m.server is not null and i.server = m.server and i.kind <> 'check')
        or (m.check_id is not null and i.kind = 'check' and i.subject = m.check_id)
     where (i.kind in ('heartbeat', 'check') or i.severity = 'critical') and i.opened_at < k.now
       and (i.resolved_at is null or i.resolved_at > k.since)),
  spent as (
    select t.id, t.who, t.what, d.day, range_agg(int8range(greatest(t.start, d.day), least(t.until, d.day + 86400))) as spans
      from trouble t cross join clock k cross join lateral
           generate_series(greatest(t.start, k.since) / 86400 * 86400, t.until, 86400) d(day)
     where greatest(t.start, d.day) < least(t.until, d.day + 86400)
     group by t.id, t.who, t.what, d.day),
  counted as (
    select s.id, s.day, sum(case when s.what = 'down' then upper(r) - lower(r) else 0 end) as down,
           sum(case when s.what = 'degraded' then upper(r) - lower(r) else 0 end) as degraded
      from spent s cross join lateral unnest(s.spans) r group by s.id, s.day),
  lately as (
    select t.id, t.what, int8range(t.start, t.until + 1) as span, t.is_open from trouble t cross join clock k where t.until > k.now - 14 * 86400),
  told as (
    select l.id, l.what, lower(r) as start, upper(r) - 1 as until,
           exists (select 1 from lately o where o.id = l.id and o.what = l.what and o.is_open and o.span && r) as is_open
      from (select id, what, range_agg(span) as spans from lately group by id, what) l cross join lateral unnest(l.spans) r)
  select jsonb_build_object(
    'now', omv.epoch(), 'swept_at', (select omv.epoch(s.swept_at) from omv.sweep s where s.shard = 0),
    'components', (select coalesce(jsonb_agg(jsonb_build_object(
        'id', c.id, 'name', c.name, 'note', c.note, 'kind', c.kind,
        'members', (select coalesce(jsonb_agg(jsonb_build_array(m.server, m.first_seen) order by m.server), '[]') from member m where m.id = c.id),
        'check', (select jsonb_build_object('paused', coalesce((k.body->>'paused')::boolean, false), 'pinged', k.state ? 'last_at',
                                            'down_why', k.state->>'down_why') from omv.cron_check k where c.kind = 'check' and k.id = c.target),
        'days', (select coalesce(jsonb_agg(jsonb_build_array(x.day, x.down, x.degraded) order by x.day), '[]') from counted x where x.id = c.id),
        'incidents', (select coalesce(jsonb_agg(jsonb_build_array(x.what, x.start, case when not x.is_open then x.until end) order by x.start desc), '[]')
                        from (select * from told t where t.id = c.id order by t.start desc limit 20) x))
        order by c.place, c.name, c.id), '[]') from omv.component c))
$$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_status', 'omv_status_components', 'omv_status_create', 'omv_status_change', 'omv_status_delete'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
