-- The spine: where samples stay, how a sweep commits, how history is read.
--
-- Tables live in the private schema `omv`, out of PostgREST's reach; everything the product may do is a function
-- `public.omv_*(p jsonb) returns jsonb`. One document in and one out keeps PostgREST and psycopg identical, and
-- PostgREST's max-rows from truncating an answer silently. Nothing here needs more than Postgres 16.

create schema if not exists omv;
revoke all on schema omv from public;

-- One row a server. `series[i]` names position i of every real[] of this server; it only ever grows.
create table if not exists omv.server (
  id         int generated always as identity primary key,
  name       text not null unique,
  shard      smallint not null default 0,
  series     text[] not null default '{}',
  facts      jsonb not null default '{}',      -- as the agent last told them
  settings   jsonb not null default '{}',      -- what people decided: group, tags; wins over facts
  first_seen timestamptz not null default now()
);

-- One row a shard: the writer's version, its place in the stream, its lease.
create table if not exists omv.sweep (
  shard           smallint primary key,
  version         bigint not null default 0,
  rules_version   bigint not null default 0,
  stream_cursor   text not null default '0-0',
  lease           text,
  lease_until     timestamptz,
  tries           int not null default 0,
  dirty           boolean not null default false,
  swept_at        timestamptz,
  compacted_until bigint not null,              -- every hour before this second is in hour blocks,
  compacted_servers int not null default 0,     -- and so is the hour after it for servers up to this id
  raw_from        bigint not null default 0,    -- hour blocks before this second are deleted
  five_from       bigint not null default 0,    -- and so are 5 min roll-ups before this one
  rolled_at       timestamptz
);
insert into omv.sweep (shard, compacted_until)
values (0, (floor(extract(epoch from now()) / 3600) * 3600)::bigint - 6 * 3600)
on conflict do nothing;

-- What decide() remembers. Small rows in a loose table, so that each sweep's update stays on its page (HOT).
create table if not exists omv.state (
  server int not null references omv.server on delete cascade,
  part   smallint not null default 0,
  body   text not null,
  primary key (server, part)
) with (fillfactor = 45);

create table if not exists omv.fleet_state (
  shard smallint primary key,
  body  text not null
) with (fillfactor = 45);

-- Which numbered posts are stored: all up to n, and those of `later` above it.
create table if not exists omv.post_mark (
  server int not null references omv.server on delete cascade,
  epoch  text not null,
  n      bigint not null,
  later  text not null default '',              -- hex of the map of posts above n
  resend jsonb,                                 -- [[from, to], ...] when a gap is older than two minutes
  at     timestamptz not null default now(),
  primary key (server, epoch)
) with (fillfactor = 45);

create table if not exists omv.snapshot (
  shard   smallint primary key,
  version bigint not null,
  body    text not null
);

-- Fresh samples, one row each, one partition an hour: compaction drops whole partitions and leaves no dead rows.
create table if not exists omv.sample_hot (
  server int not null,
  at     bigint not null,
  v      real[] not null check ('NaN' <> all (v) and 'Infinity' <> all (v) and '-Infinity' <> all (v)),
  primary key (server, at)
) partition by range (at);

-- Samples of hours that are compacted already, which the next roll-up merges, and of hours too far ahead to be hot.
create table if not exists omv.sample_late (
  server int not null,
  at     bigint not null,
  v      real[] not null check ('NaN' <> all (v) and 'Infinity' <> all (v) and '-Infinity' <> all (v)),
  primary key (server, at)
);

-- One row a server-hour. Values are flattened series by series, n per series, as int = value * scale where that
-- keeps six significant digits, as float4 otherwise (series_f, f).
create table if not exists omv.hour_block (
  server   int not null,
  hour     bigint not null,
  at       smallint[] not null,                 -- seconds into the hour
  series   smallint[] not null,
  scale    real[] not null,
  v        int[] not null,
  series_f smallint[] not null,
  f        real[] not null,
  primary key (server, hour)
);

create table if not exists omv.rollup_5m (
  server int not null,
  hour   bigint not null,
  series smallint[] not null,
  lo     real[] not null,                       -- twelve per series, null where there was no sample
  mean   real[] not null,
  hi     real[] not null,
  n      smallint[] not null,
  primary key (server, hour)
);

create table if not exists omv.rollup_1h (
  server int not null,
  hour   bigint not null,
  series smallint[] not null,
  lo     real[] not null,
  mean   real[] not null,
  hi     real[] not null,
  n      smallint[] not null,
  primary key (server, hour)
);

create table if not exists omv.process_list (
  server int not null references omv.server on delete cascade,
  at     bigint not null,
  body   jsonb not null,
  primary key (server, at)
);

create table if not exists omv.error_event (
  server  int not null references omv.server on delete cascade,
  id      text not null,
  at      bigint not null,
  level   text not null,
  source  text not null,
  message text not null,
  primary key (server, id)
);
create index if not exists error_event_at on omv.error_event (server, at desc);

create table if not exists omv.event (
  server int not null references omv.server on delete cascade,
  id     text not null,
  at     bigint not null,
  kind   text not null,
  title  text not null,
  primary key (server, id)
);
create index if not exists event_at on omv.event (server, at desc);

-- Posts that came while Redis was away.
create table if not exists omv.inbox (
  id    bigint generated always as identity primary key,
  shard smallint not null default 0,
  at    timestamptz not null default now(),
  body  jsonb not null
);

create table if not exists omv.dead_letter (
  id     bigint generated always as identity primary key,
  at     timestamptz not null default now(),
  entry  text not null,
  reason text not null
);

-- Who is looking: '' is the fleet page.
create table if not exists omv.watch (
  subject text primary key,
  until   timestamptz not null
);

alter table omv.server enable row level security;
alter table omv.sweep enable row level security;
alter table omv.state enable row level security;
alter table omv.fleet_state enable row level security;
alter table omv.post_mark enable row level security;
alter table omv.snapshot enable row level security;
alter table omv.sample_hot enable row level security;
alter table omv.sample_late enable row level security;
alter table omv.hour_block enable row level security;
alter table omv.rollup_5m enable row level security;
alter table omv.rollup_1h enable row level security;
alter table omv.process_list enable row level security;
alter table omv.error_event enable row level security;
alter table omv.event enable row level security;
alter table omv.inbox enable row level security;
alter table omv.dead_letter enable row level security;
alter table omv.watch enable row level security;

-- Seconds since 1970 of the database's clock, the only clock the sweep trusts.
create or replace function omv.epoch(t timestamptz default clock_timestamp()) returns double precision
language sql stable set search_path = '' as $$ select extract(epoch from t)::double precision $$;

-- Column-wise coalesce: a second post with the same `at` adds its metrics and loses none.
create or replace function omv.merge_values(old real[], new real[]) returns real[]
language sql immutable set search_path = '' as $$
  select array_agg(coalesce(b, a) order by i) from unnest(old, new) with ordinality as t(a, b, i)
$$;

-- Attached, not created in place: attaching does not make readers of the other hours wait.
create or replace function omv.ensure_hot_partition(hour_start bigint) returns void
language plpgsql set search_path = '' as $$
declare
  name text := format('omv.sample_hot_%s', hour_start);
begin
  if to_regclass(name) is null then
    execute format('create table %s (like omv.sample_hot including all)', name);
    execute format('alter table %s enable row level security', name);
    execute format('alter table omv.sample_hot attach partition %s for values from (%s) to (%s)', name, hour_start, hour_start + 3600);
  end if;
end $$;

-- Where the two places of a server's samples meet: before it in blocks (what comes is late), from it on in hot rows.
create or replace function omv.edge(s omv.sweep, server int) returns bigint
language sql immutable set search_path = '' as $$
  select s.compacted_until + case when server <= s.compacted_servers then 3600 else 0 end
$$;

-- Hours are compacted when they are six hours old: posts that come so late are few, and wide rows cost four times as much.
create or replace function omv.compactable_until() returns bigint
language sql stable set search_path = '' as $$ select (floor(omv.epoch() / 3600) * 3600)::bigint - 6 * 3600 $$;
