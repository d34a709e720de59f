-- Alerting: rules, incidents, who is told, and what is owed to them. docs/decisions/incidents.md says what is promised.
--
-- The sweep decides all of it and commits it with the samples it was decided from; people's acts (acknowledging, ending,
-- changing a rule) raise `sweep.rules_version`, so that a sweep under way begins again with them in mind.

-- A rule as people wrote it (shape: lib/monitoring/alerts/rules.py). What is deleted is kept for "why did it fire?".
create table if not exists omv.rule (
  id         text primary key,
  version    int not null default 1,
  body       jsonb not null,
  origin     text not null default 'user' check (origin in ('default', 'user')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create table if not exists omv.rule_version (
  rule    text not null references omv.rule on delete cascade,
  version int not null,
  body    jsonb,                     -- null where the rule was deleted at this version
  at      timestamptz not null default now(),
  primary key (rule, version)
);

-- One episode. `server` is a name, not a reference: what happened stays told when the server is gone.
create table if not exists omv.incident (
  id          text primary key,
  n           bigint generated always as identity unique,
  rule        text not null,
  server      text,
  subject     text not null default '',
  kind        text not null,
  severity    text not null check (severity in ('info', 'warning', 'critical')),
  state       text not null check (state in ('open', 'recovering', 'resolved')),
  opened_at   double precision not null,        -- the samples' own time
  noticed_at  double precision not null,
  updated_at  double precision not null,
  resolved_at double precision,
  why         text,                             -- it was resolved: recovered, by_hand, rule_changed, server_removed ...
  acked_at    double precision,
  acked_by    text,
  body        jsonb not null,                   -- the rest of domain.alerting.Incident
  evidence    jsonb not null default '{}'
);
create unique index if not exists incident_open on omv.incident (coalesce(server, ''), rule, subject) where resolved_at is null;
create index if not exists incident_by_server on omv.incident (server, opened_at desc);
create index if not exists incident_by_time on omv.incident (opened_at desc);

create table if not exists omv.transition (
  incident   text not null references omv.incident on delete cascade,
  seq        int not null,
  kind       text not null,
  at         double precision not null,
  noticed_at double precision not null,
  severity   text not null,
  value      double precision,
  actor      text,
  note       text not null default '',
  primary key (incident, seq)
);

-- Why a channel was, or was not, told.
create table if not exists omv.decision (
  incident text not null references omv.incident on delete cascade,
  seq      int not null,
  channel  text not null,
  verdict  text not null,
  reason   text not null,
  at       double precision not null,
  until    double precision,
  primary key (incident, seq, channel)
);

create table if not exists omv.silence (
  id         text primary key default gen_random_uuid()::text,
  body       jsonb not null,                    -- domain.alerting.Silence
  starts     double precision not null,
  ends       double precision,
  created_by text not null default '',
  created_at timestamptz not null default now()
);

-- `config` may be shown; `secret` is what the vault sealed.
create table if not exists omv.channel (
  id         text primary key default gen_random_uuid()::text,
  kind       text not null,
  name       text not null,
  locale     text not null default 'en' check (locale in ('ko', 'en')),
  enabled    boolean not null default true,
  policy     jsonb not null default '{}',
  config     jsonb not null default '{}',
  secret     text,
  failing    text,                              -- why it was last refused for good; null when it works
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- The outbox: messages owed. An id is owed once; it is tried until it is sent, refused for good, or too old.
create table if not exists omv.notice (
  id          text primary key,
  channel     text not null,
  kind        text not null,
  severity    text not null,
  body        jsonb not null,                   -- domain.alerting.Notice
  state       text not null default 'pending' check (state in ('pending', 'sent', 'failed', 'expired', 'dropped')),
  due_at      double precision not null,
  expires_at  double precision not null,
  created_at  double precision not null,
  attempts    int not null default 0,
  lease       text,
  lease_until double precision,
  sent_at     double precision,
  error       text
);
create index if not exists notice_due on omv.notice (due_at) where state = 'pending';
create table if not exists omv.notice_incident (
  notice   text not null references omv.notice on delete cascade,
  incident text not null,
  seq      int not null,
  primary key (notice, incident)
);
create index if not exists notice_of_incident on omv.notice_incident (incident);
create table if not exists omv.attempt (
  notice text not null references omv.notice on delete cascade,
  n      int not null,
  at     double precision not null,
  ok     boolean not null,
  detail text not null default '',
  ms     int not null,
  primary key (notice, n)
);

-- What routing remembers between sweeps: groups that wait, budgets, what was told.
create table if not exists omv.routing_state (
  shard smallint primary key,
  body  text not null
) with (fillfactor = 45);

alter table omv.rule enable row level security;
alter table omv.rule_version enable row level security;
alter table omv.incident enable row level security;
alter table omv.transition enable row level security;
alter table omv.decision enable row level security;
alter table omv.silence enable row level security;
alter table omv.channel enable row level security;
alter table omv.notice enable row level security;
alter table omv.notice_incident enable row level security;
alter table omv.attempt enable row level security;
alter table omv.routing_state enable row level security;

-- Called by everything people do that a sweep must know of before its next commit.
create or replace function omv.rules_changed() returns void
language sql volatile set search_path = '' as $$ update omv.sweep set rules_version = rules_version + 1 $$;

-- Incidents of a server that is removed are over.
create or replace function omv.close_incidents_of_server() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update omv.incident set resolved_at = omv.epoch(), updated_at = omv.epoch(), state = 'resolved', why = 'server_removed'
   where server = old.name and resolved_at is null;
  if found then
    perform omv.rules_changed();
  end if;
  return null;
end $$;
drop trigger if exists incidents_close on omv.server;
create trigger incidents_close after delete on omv.server for each row execute function omv.close_incidents_of_server();

-- All that alerting decides by. `people`: of incidents that are open, or were ended other than by the sweep in the last
-- day: [id, acked_by, why it was ended or null, seq of its last transition].
create or replace function omv.alerting(k smallint) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'rules', (select coalesce(jsonb_agg(r.body || jsonb_build_object('id', r.id, 'version', r.version)
                                               || case when r.deleted_at is null then '{}'::jsonb else '{"enabled": false}' end order by r.id), '[]')
                -- One that was just deleted may have an incident open, which is now ended under its name.
                from omv.rule r where r.deleted_at is null or r.deleted_at > now() - interval '1 day'),
    'silences', (select coalesce(jsonb_agg(s.body || jsonb_build_object('id', s.id, 'starts', s.starts, 'ends', s.ends, 'by', s.created_by) order by s.id), '[]')
                   from omv.silence s where s.ends is null or s.ends > omv.epoch()),
    'channels', (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'kind', c.kind, 'name', c.name, 'locale', c.locale,
                                                              'enabled', c.enabled, 'policy', c.policy) order by c.created_at, c.id), '[]')
                   from omv.channel c),
    'people', (select coalesce(jsonb_agg(jsonb_build_array(i.id, i.acked_by, i.why,
                        (select max(t.seq) from omv.transition t where t.incident = i.id))), '[]')
                 from omv.incident i
                where i.resolved_at is null or (i.why in ('by_hand', 'server_removed') and i.resolved_at > omv.epoch() - 86400)),
    'routing', (select r.body from omv.routing_state r where r.shard = k))
$$;

-- What a commit says of incidents:
--   incidents   [{id, rule, server, subject, kind, severity, state, opened_at, noticed_at, resolved_at, why, body, evidence?}]
--   transitions [[incident, seq, kind, at, noticed_at, severity, value, actor, note]]
--   decisions   [[incident, seq, channel, verdict, reason, at, until]]
--   notices     [{id, channel, kind, severity, due_at, expires_at, body, of: [[incident, seq], ...]}]
--   routing     text
create or replace function omv.commit_alerting(p jsonb, k smallint) returns void
language plpgsql volatile set search_path = '' as $$
declare
  at double precision := omv.epoch();
begin
  if p ? 'incidents' then
    -- A server that was removed and came back, or a state that began anew: its older episodes are over.
    update omv.incident i set resolved_at = at, updated_at = at, state = 'resolved', why = 'replaced'
      from jsonb_array_elements(p->'incidents') e
     where i.resolved_at is null and i.id <> e->>'id' and i.rule = e->>'rule' and i.subject = e->>'subject'
       and coalesce(i.server, '') = coalesce(e->>'server', '') and e->>'resolved_at' is null;
    insert into omv.incident as i (id, rule, server, subject, kind, severity, state, opened_at, noticed_at, updated_at, resolved_at, why, body, evidence)
    select e->>'id', e->>'rule', e->>'server', e->>'subject', e->>'kind', e->>'severity', e->>'state', (e->>'opened_at')::double precision,
           (e->>'noticed_at')::double precision, at, (e->>'resolved_at')::double precision, e->>'why', e->'body',
           coalesce(e->'evidence', '{}') || omv.evidence(e->>'server', floor((e->>'opened_at')::double precision)::bigint)
      from jsonb_array_elements(p->'incidents') e
    on conflict (id) do update
       set severity = excluded.severity, state = case when i.resolved_at is null then excluded.state else 'resolved' end,
           resolved_at = coalesce(i.resolved_at, excluded.resolved_at), why = coalesce(i.why, excluded.why),
           body = excluded.body, updated_at = at;
    insert into omv.transition (incident, seq, kind, at, noticed_at, severity, value, actor, note)
    select r->>0, (r->>1)::int, r->>2, (r->>3)::double precision, (r->>4)::double precision, r->>5, (r->>6)::double precision, r->>7, coalesce(r->>8, '')
      from jsonb_array_elements(p->'transitions') r;
  end if;
  insert into omv.decision as d (incident, seq, channel, verdict, reason, at, until)
  select r->>0, (r->>1)::int, r->>2, r->>3, r->>4, (r->>5)::double precision, (r->>6)::double precision
    from jsonb_array_elements(coalesce(p->'decisions', '[]')) r
   where exists (select 1 from omv.incident i where i.id = r->>0)
  on conflict (incident, seq, channel) do update
     set verdict = excluded.verdict, reason = excluded.reason, at = excluded.at, until = excluded.until;
  insert into omv.notice (id, channel, kind, severity, body, due_at, expires_at, created_at)
  select e->>'id', e->>'channel', e->>'kind', e->>'severity', e->'body', (e->>'due_at')::double precision, (e->>'expires_at')::double precision, at
    from jsonb_array_elements(coalesce(p->'notices', '[]')) e
  on conflict (id) do nothing;
  insert into omv.notice_incident (notice, incident, seq)
  select e->>'id', x->>0, (x->>1)::int
    from jsonb_array_elements(coalesce(p->'notices', '[]')) e, jsonb_array_elements(e->'of') x
  on conflict (notice, incident) do nothing;
  if p ? 'routing' then
    insert into omv.routing_state (shard, body) values (k, p->>'routing')
    on conflict (shard) do update set body = excluded.body;
  end if;
end $$;

-- What else went on there: the processes told nearest to it, and the events and errors of the hour before.
create or replace function omv.evidence(server_name text, opened bigint) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce((select jsonb_strip_nulls(jsonb_build_object(
    'processes', (select jsonb_build_object('at', l.at, 'list', l.body) from omv.process_list l
                   where l.server = v.id and l.at between opened - 600 and opened + 120 order by abs(l.at - opened) limit 1),
    'events', (select jsonb_agg(jsonb_build_array(e.at, e.kind, e.title) order by e.at desc) from
                 (select * from omv.event x where x.server = v.id and x.at between opened - 3600 and opened + 60 order by x.at desc limit 10) e),
    'errors', (select jsonb_agg(jsonb_build_array(e.at, e.level, e.source, left(e.message, 200)) order by e.at desc) from
                 (select * from omv.error_event x where x.server = v.id and x.at between opened - 900 and opened + 60 order by x.at desc limit 5) e)))
    from omv.server v where v.name = server_name), '{}')
$$;

-- The sweep's calls learn of it. {..., have_rules_version} -> {..., alerting}: only where the caller's is not current.
alter function public.omv_sweep_begin(jsonb) rename to omv_begin_samples;
alter function public.omv_begin_samples(jsonb) set schema omv;
create or replace function public.omv_sweep_begin(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  begun jsonb := omv.omv_begin_samples(p);
begin
  if (begun->>'busy')::boolean or (begun->>'rules_version')::bigint is not distinct from (p->>'have_rules_version')::bigint then
    return begun;
  end if;
  return begun || jsonb_build_object('alerting', omv.alerting(coalesce((p->>'shard')::smallint, 0::smallint)));
end $$;

alter function public.omv_sweep_commit(jsonb) rename to omv_commit_samples;
alter function public.omv_commit_samples(jsonb) set schema omv;
create or replace function public.omv_sweep_commit(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  committed jsonb := omv.omv_commit_samples(p);
begin
  perform omv.commit_alerting(p, coalesce((p->>'shard')::smallint, 0::smallint));
  return committed;
end $$;

revoke all on function public.omv_sweep_begin(jsonb), public.omv_sweep_commit(jsonb) from public, anon, authenticated;
grant execute on function public.omv_sweep_begin(jsonb), public.omv_sweep_commit(jsonb) to service_role;
