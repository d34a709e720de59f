-- Checks: jobs that ping when they begin, end or fail, and the history of their pings.
--
-- A ping takes the road of a post: the stream, or the inbox while Redis is away, so that it costs no query and outlives
-- an outage of the database. The sweep folds it and judges what is missing, and commits both with everything else.

create table if not exists omv.cron_check (
  id         text primary key default left(replace(gen_random_uuid()::text, '-', ''), 16),
  ping_id    text not null unique default gen_random_uuid()::text,  -- whoever knows it may ping: shown to operators only
  body       jsonb not null,                                        -- as people wrote it (lib/monitoring/checks.py)
  state      jsonb not null default '{}',                           -- what the sweep remembers
  created_by text not null default '',
  created_at timestamptz not null default now()
);

create table if not exists omv.ping (
  check_id text not null references omv.cron_check on delete cascade,
  id       text not null,                 -- of the entry that brought it: folded twice it is told once
  n        bigint generated always as identity,
  at       double precision not null,
  kind     text not null,                 -- start, success, fail, log
  code     int,                           -- the exit code, where it was told
  seconds  double precision,              -- since the start, where there was one
  note     text not null default '',
  primary key (check_id, id)
);
create index if not exists ping_by_time on omv.ping (check_id, at desc, n desc);

alter table omv.cron_check enable row level security;
alter table omv.ping enable row level security;

-- Whether a call's `tags` and `only` let its caller see a check: by its own tags, or by those of its server.
create or replace function omv.check_in_sight(body jsonb, p jsonb) returns boolean
language sql stable set search_path = '' as $$
  select (p->>'only' is null or coalesce(body->>'server' = p->>'only', false))
     and (p->>'tags' is null
          or exists (select 1 from jsonb_array_elements_text(p->'tags') w
                      where body->'tags'->>split_part(w, ':', 1) = substr(w, strpos(w, ':') + 1))
          or exists (select 1 from omv.server v where v.name = body->>'server' and omv.carried(v, p->'tags') <> '[]'))
$$;

create or replace function omv.check_shown(c omv.cron_check) returns jsonb
language sql stable set search_path = '' as $$
  select c.body || jsonb_build_object('id', c.id, 'ping_id', c.ping_id, 'state', c.state, 'created_by', c.created_by,
                                      'created_at', omv.epoch(c.created_at))
$$;

-- {tags, only} -> {now, checks: [...]}, by name.
create or replace function public.omv_checks(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('now', omv.epoch(), 'checks',
           (select coalesce(jsonb_agg(omv.check_shown(c) order by c.body->>'name', c.id), '[]')
              from omv.cron_check c where omv.check_in_sight(c.body, p)))
$$;

-- {id, most, tags, only} -> {now, check, pings}, the newest ping first; null when there is no such check to be seen.
create or replace function public.omv_check(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('now', omv.epoch(), 'check', omv.check_shown(c), 'pings',
           (select coalesce(jsonb_agg(jsonb_build_object('at', x.at, 'kind', x.kind, 'code', x.code, 'seconds', x.seconds,
                                                         'note', x.note) order by x.at desc, x.n desc), '[]')
              from (select * from omv.ping g where g.check_id = c.id order by g.at desc, g.n desc
                     limit least(coalesce((p->>'most')::int, 100), 100)) x))
    from omv.cron_check c where c.id = p->>'id' and omv.check_in_sight(c.body, p)
$$;

-- {body, by, tags, only} -> the check, or {out_of_sight} when its maker would not see it. PT409 beyond 2 000.
create or replace function public.omv_check_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.cron_check;
begin
  if not omv.check_in_sight(p->'body', p) then
    return '{"out_of_sight": true}';
  end if;
  if (select count(*) from omv.cron_check) >= 2000 then
    raise exception 'there are 2000 checks already: delete some first' using errcode = 'PT409';
  end if;
  insert into omv.cron_check (body, created_by) values (p->'body', coalesce(p->>'by', '')) returning * into c;
  update omv.directory_version set n = n + 1;
  perform omv.rules_changed();
  return omv.check_shown(c);
end $$;

-- {id, changes, tags, only} -> the check; null when there is none to be seen; {out_of_sight} when it would be hidden from
-- its changer. `anew` lets its clock begin again: it was paused until now, or is due at other times.
create or replace function public.omv_check_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.cron_check;
begin
  select * into c from omv.cron_check where id = p->>'id' for update;
  if not found or not omv.check_in_sight(c.body, p) then
    return null;
  end if;
  c.body := c.body || (p->'changes');
  if not omv.check_in_sight(c.body, p) then
    return '{"out_of_sight": true}';
  end if;
  if coalesce((p->>'anew')::boolean, false) then
    c.state := c.state || jsonb_build_object('since_change', omv.epoch());
  end if;
  update omv.cron_check set body = c.body, state = c.state where id = c.id;
  perform omv.rules_changed();
  return omv.check_shown(c);
end $$;

-- {id, tags, only} -> {deleted, name}: the check and its history; an incident that is open of it is the next sweep's to resolve.
create or replace function public.omv_check_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  gone omv.cron_check;
begin
  delete from omv.cron_check c where c.id = p->>'id' and omv.check_in_sight(c.body, p) returning * into gone;
  if gone.id is not null then
    update omv.directory_version set n = n + 1;
    perform omv.rules_changed();
  end if;
  return jsonb_build_object('deleted', gone.id is not null, 'name', gone.body->>'name');
end $$;

-- The directory knows whose pings are whose: {..., checks: {ping_id: id}} where the keys are told.
alter function public.omv_directory(jsonb) rename to directory_without_checks;
alter function public.directory_without_checks(jsonb) set schema omv;
create or replace function public.omv_directory(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  found jsonb := omv.directory_without_checks(p);
begin
  if found->>'keys' is null then
    return found;
  end if;
  return found || jsonb_build_object('checks', (select coalesce(jsonb_object_agg(c.ping_id, c.id), '{}') from omv.cron_check c));
end $$;

-- The sweep is told the checks where its own are not current, and commits
--   checks {id: state}
--   pings  [[check, entry id, at, kind, code, seconds, note]]
alter function public.omv_sweep_begin(jsonb) rename to begin_without_checks;
alter function public.begin_without_checks(jsonb) set schema omv;
create or replace function public.omv_sweep_begin(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  begun jsonb := omv.begin_without_checks(p);
begin
  if (begun->>'busy')::boolean
     or ((begun->>'version')::bigint is not distinct from (p->>'have_version')::bigint
         and (begun->>'rules_version')::bigint is not distinct from (p->>'have_rules_version')::bigint) then
    return begun;
  end if;
  return begun || jsonb_build_object('checks',
    (select coalesce(jsonb_object_agg(c.id, jsonb_build_array(c.body, c.state)), '{}') from omv.cron_check c));
end $$;

create or replace function omv.commit_checks(p jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update omv.cron_check c set state = e.value from jsonb_each(coalesce(p->'checks', '{}')) e where c.id = e.key;
  if jsonb_array_length(coalesce(p->'pings', '[]')) = 0 then
    return;
  end if;
  insert into omv.ping (check_id, id, at, kind, code, seconds, note)
  select r->>0, r->>1, (r->>2)::double precision, r->>3, (r->>4)::int, (r->>5)::double precision, coalesce(r->>6, '')
    from jsonb_array_elements(p->'pings') with ordinality as t(r, i)
   where exists (select 1 from omv.cron_check c where c.id = r->>0)
   order by i
  on conflict do nothing;
  delete from omv.ping g
   using (select x.check_id, x.id, row_number() over (partition by x.check_id order by x.at desc, x.n desc) as place
            from omv.ping x where x.check_id in (select r->>0 from jsonb_array_elements(p->'pings') r)) old
   where g.check_id = old.check_id and g.id = old.id and old.place > 100;
end $$;

alter function public.omv_sweep_commit(jsonb) rename to commit_without_checks;
alter function public.commit_without_checks(jsonb) set schema omv;
create or replace function public.omv_sweep_commit(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  committed jsonb := omv.commit_without_checks(p);
begin
  perform omv.commit_checks(p);
  return committed;
end $$;

-- {..., checks}: where jobs are expected, a sweep that stays away is missed too.
alter function public.omv_health(jsonb) rename to health_without_checks;
alter function public.health_without_checks(jsonb) set schema omv;
create or replace function public.omv_health(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.health_without_checks(p) || jsonb_build_object('checks', (select count(*) from omv.cron_check))
$$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_health', 'omv_checks', 'omv_check', 'omv_check_create', 'omv_check_change', 'omv_check_delete',
                           'omv_directory', 'omv_sweep_begin', 'omv_sweep_commit'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
