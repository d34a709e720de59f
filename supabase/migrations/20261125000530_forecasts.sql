-- Forecasts by the hour: one row a server and series, made by the roll-up and read by the page and by rules that ask
-- what will cross a level. docs/analysis.md says how they are made and how good they are.

create table if not exists omv.forecast (
  server int not null references omv.server on delete cascade,
  series text not null,
  at     bigint not null,                  -- the first second that was not known
  body   jsonb not null,                   -- shape: lib/monitoring/forecasts.py
  before jsonb,                            -- the first day of the forecast that is being waited for: {at, last, mid, low, high}
  tested jsonb,                            -- what came of the last such: {at, hours, error, naive_error, covered}
  dates  jsonb not null default '[]',      -- [[level, above, hours from `at`, earliest, latest], ...]
  primary key (server, series)
);
-- When each server had its turn. The roll-up goes on with those whose turn is longest ago.
create table if not exists omv.forecast_run (
  server int primary key references omv.server on delete cascade,
  at     bigint not null
);
alter table omv.forecast enable row level security;
alter table omv.forecast_run enable row level security;

-- {shard, most, hours, patterns: [LIKE patterns of series]} -> {hour, more, servers: {name: {series: {name: [[n, mean], ...]},
-- known: {series: {before, tested}}}}}: the next servers that have none of this hour, with the means of so many hours
-- before `hour`, n hours after the first. At most 24 series of a server.
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
                             (select s as name from unnest(t.series) s where s like any (patterns) order by s limit 24) w)))->'series') e), '{}'),
      'known', (select coalesce(jsonb_object_agg(f.series, jsonb_build_object('before', f.before, 'tested', f.tested)), '{}')
                  from omv.forecast f where f.server = t.id))), '{}')) into found from turn t;
  return found;
end $$;

-- {hour, servers: {name: {series: {body, before, tested, dates}}}} -> {stored}: all there is to be said of these servers.
create or replace function public.omv_forecasts_store(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  stored int;
begin
  delete from omv.forecast f using jsonb_each(p->'servers') e join omv.server v on v.name = e.key
   where f.server = v.id and not e.value ? f.series;
  insert into omv.forecast as f (server, series, at, body, before, tested, dates)
  select v.id, x.key, (p->>'hour')::bigint, x.value->'body', nullif(x.value->'before', 'null'), nullif(x.value->'tested', 'null'), x.value->'dates'
    from jsonb_each(p->'servers') e join omv.server v on v.name = e.key, jsonb_each(e.value) x
  on conflict (server, series) do update
     set at = excluded.at, body = excluded.body, before = excluded.before, tested = excluded.tested, dates = excluded.dates;
  get diagnostics stored = row_count;
  insert into omv.forecast_run as r (server, at)
  select v.id, (p->>'hour')::bigint from jsonb_each(p->'servers') e join omv.server v on v.name = e.key
  on conflict (server) do update set at = excluded.at;
  return jsonb_build_object('stored', stored);
end $$;

-- Does any rule ask what will be?
create or replace function omv.forecasts_wanted() returns boolean
language sql stable set search_path = '' as $$
  select exists (select 1 from omv.rule r where r.body->>'kind' = 'forecast' and r.deleted_at is null
                    and coalesce((r.body->>'enabled')::boolean, true))
$$;

-- {} -> {told}: forecasts were made; the next sweep is to hear of the dates among them.
create or replace function public.omv_forecasts_tell(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  wanted boolean := omv.forecasts_wanted() and
    (exists (select 1 from omv.forecast f where f.dates <> '[]')
     or exists (select 1 from omv.incident i where i.kind = 'forecast' and i.resolved_at is null));
begin
  if wanted then
    perform omv.rules_changed();
  end if;
  return jsonb_build_object('told', wanted);
end $$;

-- {server, series (null for all), tags, only} -> {forecasts: [{series, at, body, tested}]}, null for a server that is none.
create or replace function public.omv_forecasts(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('forecasts', (select coalesce(jsonb_agg(jsonb_build_object(
           'series', f.series, 'at', f.at, 'body', f.body, 'tested', f.tested) order by f.series), '[]')
             from omv.forecast f where f.server = v.id and (p->>'series' is null or f.series = p->>'series')))
    from omv.server v where v.name = p->>'server' and omv.in_sight(v, p)
$$;

-- What alerting decides by: {..., forecasts: {at: when the newest was made, dates: {server: [at, [[series, level, above,
-- hours, earliest, latest], ...]]}}}, only where a rule asks. It comes with what changes with the rules, so that a sweep
-- asks no more for it.
alter function omv.alerting(smallint) rename to alerting_without_forecasts;
create or replace function omv.alerting(k smallint) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  found jsonb := omv.alerting_without_forecasts(k);
begin
  if not omv.forecasts_wanted() then
    return found;
  end if;
  return found || jsonb_build_object('forecasts', jsonb_build_object(
    'at', (select max(r.at) from omv.forecast_run r),
    'dates', (select coalesce(jsonb_object_agg(d.name, jsonb_build_array(d.at, d.dates)), '{}') from (
       select v.name, min(f.at) as at, jsonb_agg(jsonb_build_array(f.series) || x.value) as dates
         from omv.forecast f join omv.server v on v.id = f.server, jsonb_array_elements(f.dates) x
        where v.shard = k group by v.name) d)));
end $$;

insert into omv.rule (id, body, origin)
values ('disk-soon', '{"name": "Disk will be full", "kind": "forecast", "metric": "disk",
                       "options": {"level": 100, "within_hours": 24, "at_least": 60}}', 'default')
on conflict (id) do nothing;
insert into omv.rule_version (rule, version, body)
select r.id, r.version, r.body from omv.rule r where r.id = 'disk-soon'
on conflict do nothing;

do $$
declare
  f text;
begin
  foreach f in array array['omv_forecasts_due', 'omv_forecasts_store', 'omv_forecasts_tell', 'omv_forecasts'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
