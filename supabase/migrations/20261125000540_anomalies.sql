-- What was unlike itself: episodes of single series that the sweep's detectors found, and what was expected of each hour
-- before it began. The detectors' own states lie in omv.state from part 200 on.

create table if not exists omv.anomaly (
  server      int not null references omv.server on delete cascade,
  series      text not null,
  since       bigint not null,
  until       bigint,                            -- null while it lasts
  peak_at     bigint not null,
  score       real not null,
  value       double precision not null,         -- at its peak
  body        jsonb not null default '{}',       -- how it is explained (analyzers/anomaly.py)
  expected_by text,                              -- who said that this was to be expected
  expected_at timestamptz,
  primary key (server, series, since)
);
create index if not exists anomaly_since on omv.anomaly (since);
create index if not exists anomaly_open on omv.anomaly (server) where until is null;

-- By the server's columns, like samples; null where nothing was expected.
create table if not exists omv.band (
  server int not null references omv.server on delete cascade,
  hour   bigint not null,
  low    real[] not null,
  high   real[] not null,
  primary key (server, hour)
);

alter table omv.anomaly enable row level security;
alter table omv.band enable row level security;

-- The commit may be told anomalies {server: [[series, since, until, peak_at, score, value, body]]} and
-- bands {server: [[hour, low, high]]}.
create or replace function omv.commit_anomalies(p jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p ? 'anomalies' then
    insert into omv.anomaly as a (server, series, since, until, peak_at, score, value, body)
    select v.id, r->>0, (r->>1)::bigint, (r->>2)::bigint, (r->>3)::bigint, (r->>4)::real, (r->>5)::double precision, r->6
      from jsonb_each(p->'anomalies') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r
    on conflict (server, series, since) do update
       set until = excluded.until, peak_at = excluded.peak_at, score = excluded.score, value = excluded.value, body = excluded.body;
  end if;
  if p ? 'bands' then
    insert into omv.band as b (server, hour, low, high)
    select v.id, (r->>0)::bigint, (r->>1)::real[], (r->>2)::real[]
      from jsonb_each(p->'bands') e join omv.server v on v.name = e.key, jsonb_array_elements(e.value) r
    on conflict (server, hour) do update set low = excluded.low, high = excluded.high;
  end if;
end $$;

alter function public.omv_sweep_commit(jsonb) rename to commit_without_anomalies;
alter function public.commit_without_anomalies(jsonb) set schema omv;
create or replace function public.omv_sweep_commit(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  committed jsonb := omv.commit_without_anomalies(p);
begin
  perform omv.commit_anomalies(p);
  return committed;
end $$;

-- {server?, from, to, most, open, tags, only} -> {anomalies: [...], series, bands: [[hour, low, high], ...]}: what began or
-- lasted within the time, the newest first; of all servers in sight where none is named, and then without bands.
-- Null for an unknown server.
create or replace function public.omv_anomalies(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select case when p->>'server' is not null and not exists
      (select 1 from omv.server v where v.name = p->>'server' and omv.in_sight(v, p)) then null else
    jsonb_build_object(
      'anomalies', coalesce((select jsonb_agg(jsonb_build_object('server', x.name, 'series', x.series, 'since', x.since,
               'until', x.until, 'peak_at', x.peak_at, 'score', x.score, 'value', x.value, 'body', x.body,
               'expected_by', x.expected_by, 'expected_at', omv.epoch(x.expected_at)) order by x.since desc, x.name, x.series)
         from (select a.*, v.name from omv.anomaly a join omv.server v on v.id = a.server
                where omv.in_sight(v, p) and (p->>'server' is null or v.name = p->>'server')
                  and a.since < (p->>'to')::bigint and coalesce(a.until, 9999999999) >= (p->>'from')::bigint
                  and (not coalesce((p->>'open')::boolean, false) or a.until is null)
                order by a.since desc, v.name, a.series limit least(coalesce((p->>'most')::int, 200), 1000)) x), '[]'),
      'series', (select to_jsonb(v.series) from omv.server v where v.name = p->>'server'),
      'bands', coalesce((select jsonb_agg(jsonb_build_array(b.hour, b.low, b.high) order by b.hour)
         from omv.band b join omv.server v on v.id = b.server
        where v.name = p->>'server' and b.hour > (p->>'from')::bigint - 3600 and b.hour < (p->>'to')::bigint), '[]'))
  end
$$;

-- {server, series, since, by, tags, only} -> the anomaly as it is then, or null. The sweep teaches its detector that this
-- was to be expected, once, when it reads the server's settings anew.
create or replace function public.omv_server_expected(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v omv.server;
  a omv.anomaly;
begin
  select * into v from omv.server where name = p->>'server' for update;
  if not found or not omv.in_sight(v, p) then
    return null;
  end if;
  update omv.anomaly set expected_by = p->>'by', expected_at = now()
   where server = v.id and series = p->>'series' and since = (p->>'since')::bigint returning * into a;
  if not found then
    return null;
  end if;
  update omv.server
     set settings = settings || jsonb_build_object('accepted', coalesce(settings->'accepted', '{}') || jsonb_build_object(a.series,
           jsonb_build_object('since', a.since, 'at', a.peak_at, 'value', a.value)))
   where id = v.id;
  update omv.sweep set version = version + 1;
  return jsonb_build_object('server', v.name, 'series', a.series, 'since', a.since, 'until', a.until, 'peak_at', a.peak_at,
    'score', a.score, 'value', a.value, 'body', a.body, 'expected_by', a.expected_by, 'expected_at', omv.epoch(a.expected_at));
end $$;

-- Kept as long as the means they are drawn over.
alter function public.omv_rollup_step(jsonb) rename to rollup_without_anomalies;
alter function public.rollup_without_anomalies(jsonb) set schema omv;
create or replace function public.omv_rollup_step(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s' set jit = off as $$
declare
  answer jsonb := omv.rollup_without_anomalies(p);
  this_hour bigint := omv.epoch()::bigint / 3600 * 3600;
begin
  if not (answer->>'more')::boolean then
    delete from omv.anomaly where since < this_hour - (p->>'five_days')::int * 86400 and until is not null;
    delete from omv.band where hour < this_hour - (p->>'raw_days')::int * 86400;
  end if;
  return answer;
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_sweep_commit', 'omv_anomalies', 'omv_server_expected', 'omv_rollup_step'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
