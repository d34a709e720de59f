-- Clouds that are asked about their machines: one row a source (an account's region, project or subscription). What is
-- asked, and with which secrets, stands in the environment; here is only where each stands.

create table if not exists omv.cloud_source (
  id        text primary key,                     -- provider:account:scope
  due_at    timestamptz not null default now(),   -- claimed until then, or to be asked then
  lease     text,
  tried_at  timestamptz,
  ok_at     timestamptz,                          -- when a round was last ended
  fails     int not null default 0,               -- rounds that failed since
  detail    text not null default '',             -- why the last did, for people
  failing   boolean not null default false,       -- whether somebody should look
  servers   int not null default 0,
  memory    jsonb not null default '{}'           -- shape: lib/monitoring/cloud_rounds.py
);
alter table omv.cloud_source enable row level security;

-- {sources: [ids], lease, seconds} -> {id, fails, memory, taken: names of servers that other sources hold}; id null when
-- none is due. What is not configured any more is forgotten.
create or replace function public.omv_clouds_claim(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.cloud_source;
begin
  delete from omv.cloud_source s where not p->'sources' ? s.id;
  insert into omv.cloud_source (id) select x from jsonb_array_elements_text(p->'sources') x on conflict do nothing;
  update omv.cloud_source s
     set lease = p->>'lease', due_at = clock_timestamp() + make_interval(secs => (p->>'seconds')::double precision), tried_at = clock_timestamp()
   where s.id = (select x.id from omv.cloud_source x where x.due_at <= clock_timestamp() order by x.due_at, x.id limit 1 for update skip locked)
  returning * into c;
  return jsonb_build_object('id', c.id, 'fails', c.fails, 'memory', c.memory, 'taken', (
    select coalesce(jsonb_agg(distinct n.value), '[]') from omv.cloud_source o, jsonb_each_text(coalesce(o.memory->'names', '{}')) n
     where c.id is not null and o.id <> c.id));
end $$;

-- {id, lease, ended, failed, failing, detail, due_in, servers, memory} -> {settled}: false for one whose lease is gone.
create or replace function public.omv_clouds_settle(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  update omv.cloud_source s
     set lease = null, due_at = clock_timestamp() + make_interval(secs => (p->>'due_in')::double precision),
         ok_at = case when (p->>'ended')::boolean then clock_timestamp() else s.ok_at end,
         fails = case when (p->>'failed')::boolean then s.fails + 1 when (p->>'ended')::boolean then 0 else s.fails end,
         failing = (p->>'failing')::boolean, detail = p->>'detail', servers = (p->>'servers')::int, memory = p->'memory'
   where s.id = p->>'id' and s.lease = p->>'lease';
  return jsonb_build_object('settled', found);
end $$;

-- {} -> {sources: [{id, due_at, tried_at, ok_at, fails, failing, detail, servers}]}
create or replace function public.omv_clouds(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('sources', coalesce(jsonb_agg(jsonb_build_object(
           'id', c.id, 'due_at', omv.epoch(c.due_at), 'tried_at', omv.epoch(c.tried_at), 'ok_at', omv.epoch(c.ok_at),
           'fails', c.fails, 'failing', c.failing, 'detail', c.detail, 'servers', c.servers) order by c.id), '[]'))
    from omv.cloud_source c
$$;

-- Clouds are asked by the roll-up, so it is due when one of them is.
alter function public.omv_sweep_begin(jsonb) rename to begin_without_clouds;
alter function public.begin_without_clouds(jsonb) set schema omv;
create or replace function public.omv_sweep_begin(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  begun jsonb := omv.begin_without_clouds(p);
begin
  if (begun->>'busy')::boolean or (begun->>'rollup_due')::boolean
     or not exists (select 1 from omv.cloud_source c where c.due_at <= clock_timestamp()) then
    return begun;
  end if;
  return begun || '{"rollup_due": true}';
end $$;

-- {..., clouds: {sources, failing}}
alter function public.omv_health(jsonb) rename to health_without_clouds;
alter function public.health_without_clouds(jsonb) set schema omv;
create or replace function public.omv_health(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.health_without_clouds(p) || jsonb_build_object('clouds', (
    select jsonb_build_object('sources', count(*), 'failing', count(*) filter (where c.failing)) from omv.cloud_source c))
$$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_health', 'omv_sweep_begin', 'omv_clouds', 'omv_clouds_claim', 'omv_clouds_settle'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
