-- Who may come in: people with their sessions, and the keys of agents and scripts.
--
-- Passwords are argon2id, everything else that opens a door is kept as its SHA-256. docs/decisions/access.md says what
-- is promised.

create table if not exists omv.account (
  id            uuid primary key default gen_random_uuid(),
  email         text not null unique,           -- normalised by the product: NFKC, lower case
  name          text not null default '',
  role          text not null check (role in ('viewer', 'operator', 'admin')),
  password      text,                           -- argon2id in PHC form; null for whoever signs in elsewhere
  session_epoch int not null default 0,         -- raising it ends every session and every access token
  created_at    timestamptz not null default now(),
  signed_in_at  timestamptz,
  disabled_at   timestamptz
);

-- One row a family of refresh tokens: one browser, from signing in to signing out.
create table if not exists omv.session (
  id          uuid primary key,
  account     uuid not null references omv.account on delete cascade,
  epoch       int not null,
  hash        text not null,                    -- of the token that is good now
  former_hash text,                             -- of the one before it: two tabs may both have sent that one
  rotated_at  timestamptz not null default now(),
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  user_agent  text not null default '',
  revoked_at  timestamptz
);
create index if not exists session_account on omv.session (account);

create table if not exists omv.agent_key (
  id           text primary key default left(replace(gen_random_uuid()::text, '-', ''), 16),
  hash         text not null unique,
  prefix       text not null,
  last4        text not null,
  name         text not null,
  scopes       text[] not null,
  server       text,                            -- may speak for this one only
  cidrs        text[] not null default '{}',    -- may come from there only
  created_at   timestamptz not null default now(),
  created_by   uuid references omv.account on delete set null,
  last_used_at timestamptz,                     -- to the hour
  expires_at   timestamptz,
  revoked_at   timestamptz
);

-- Raised in the transaction that changes a key. A row and no sequence: a sequence moves before its transaction is seen,
-- and a directory read in between would hold the old keys under the new number, for ever.
create table if not exists omv.directory_version (
  one boolean primary key default true check (one),
  n   bigint not null default 0
);
insert into omv.directory_version default values on conflict do nothing;

alter table omv.account enable row level security;
alter table omv.session enable row level security;
alter table omv.agent_key enable row level security;
alter table omv.directory_version enable row level security;

create or replace function omv.account_shown(a omv.account) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', a.id, 'email', a.email, 'name', a.name, 'role', a.role, 'session_epoch', a.session_epoch)
$$;

create or replace function omv.key_shown(k omv.agent_key) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix, 'last4', k.last4, 'scopes', k.scopes,
           'server', k.server, 'cidrs', k.cidrs, 'created_at', omv.epoch(k.created_at), 'last_used_at', omv.epoch(k.last_used_at),
           'expires_at', omv.epoch(k.expires_at), 'revoked_at', omv.epoch(k.revoked_at))
$$;

-- {email} -> {account: {..., password} or null, any}: `any` is false on a product that nobody has ever set up.
create or replace function public.omv_account_sign_in(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'account', (select omv.account_shown(a) || jsonb_build_object('password', a.password)
                  from omv.account a where a.email = p->>'email' and a.disabled_at is null),
    'any', exists (select 1 from omv.account))
$$;

-- {email, name, password} -> {created}: the first admin. The lock lets one of those who try at the same time win; each
-- statement after it sees what the winner committed.
create or replace function public.omv_account_first(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(727002);
  insert into omv.account (email, name, role, password)
  select p->>'email', p->>'name', 'admin', p->>'password' where not exists (select 1 from omv.account);
  return jsonb_build_object('created', found);
end $$;

-- {} -> {any}
create or replace function public.omv_account_any(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('any', exists (select 1 from omv.account))
$$;

-- {session, account, epoch, hash, user_agent, idle_seconds} -> {expires_at}, or null when the account has changed since
-- its password was read. Takes the place of sessions that are over.
create or replace function public.omv_session_open(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  owner uuid := (p->>'account')::uuid;
  until timestamptz := now() + make_interval(secs => (p->>'idle_seconds')::double precision);
begin
  update omv.account set signed_in_at = now()
   where id = owner and session_epoch = (p->>'epoch')::int and disabled_at is null;
  if not found then
    return null;
  end if;
  delete from omv.session where account = owner and (expires_at < now() or revoked_at < now() - interval '30 days');
  insert into omv.session (id, account, epoch, hash, expires_at, user_agent)
  values ((p->>'session')::uuid, owner, (p->>'epoch')::int, p->>'hash', until, left(p->>'user_agent', 200));
  return jsonb_build_object('expires_at', omv.epoch(until));
end $$;

-- {session, hash, next, grace_seconds, idle_seconds, most_seconds} -> {outcome, account, expires_at}
--   rotated   the token was good; `next` is now
--   repeated  somebody sent it within the grace before us; `next` is what they were given too
--   reused    an old token: stolen, or the thief was here first. The family is over
--   over      unknown, expired, signed out, or the account has changed
create or replace function public.omv_session_rotate(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  s omv.session;
  a omv.account;
  outcome text;
begin
  select * into s from omv.session where id = (p->>'session')::uuid for update;
  select * into a from omv.account where id = s.account;
  if s.id is null or s.revoked_at is not null or s.expires_at <= now()
     or a.disabled_at is not null or a.session_epoch <> s.epoch then
    return jsonb_build_object('outcome', 'over');
  end if;
  if s.hash = p->>'hash' then
    outcome := 'rotated';
    update omv.session
       set hash = p->>'next', former_hash = s.hash, rotated_at = clock_timestamp(),
           expires_at = least(now() + make_interval(secs => (p->>'idle_seconds')::double precision),
                              created_at + make_interval(secs => (p->>'most_seconds')::double precision))
     where id = s.id returning * into s;
  elsif s.former_hash = p->>'hash' and s.hash = p->>'next'
        and s.rotated_at > clock_timestamp() - make_interval(secs => (p->>'grace_seconds')::double precision) then
    outcome := 'repeated';
  else
    update omv.session set revoked_at = now() where id = s.id;
    return jsonb_build_object('outcome', 'reused');
  end if;
  return jsonb_build_object('outcome', outcome, 'account', omv.account_shown(a), 'expires_at', omv.epoch(s.expires_at));
end $$;

-- {session, hash} -> {closed}: whoever holds its token, also the one before, may end a session.
create or replace function public.omv_session_close(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  update omv.session set revoked_at = now()
   where id = (p->>'session')::uuid and revoked_at is null and p->>'hash' in (hash, former_hash);
  return jsonb_build_object('closed', found);
end $$;

-- {session} -> whose it is, as the account is now; null when the session or the account is over.
create or replace function public.omv_session_account(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.account_shown(a) from omv.session s join omv.account a on a.id = s.account
   where s.id = (p->>'session')::uuid and s.revoked_at is null and s.expires_at > now()
     and a.disabled_at is null and a.session_epoch = s.epoch
$$;

-- {} -> {keys: [...]}, newest first; never a hash. A key that has been over for 90 days is left out.
create or replace function public.omv_keys(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('keys', coalesce(jsonb_agg(omv.key_shown(k) order by k.created_at desc, k.id), '[]'))
    from omv.agent_key k
   where coalesce(k.revoked_at, k.expires_at, 'infinity') > now() - interval '90 days'
$$;

-- {hash, prefix, last4, name, scopes, server, cidrs, expires_at, created_by} -> the key.
create or replace function public.omv_key_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  k omv.agent_key;
begin
  insert into omv.agent_key (hash, prefix, last4, name, scopes, server, cidrs, expires_at, created_by)
  values (p->>'hash', p->>'prefix', p->>'last4', p->>'name', array(select jsonb_array_elements_text(p->'scopes')), p->>'server',
          array(select jsonb_array_elements_text(coalesce(p->'cidrs', '[]'))), to_timestamp((p->>'expires_at')::double precision),
          (select a.id from omv.account a where a.id = (p->>'created_by')::uuid))
  returning * into k;
  update omv.directory_version set n = n + 1;
  return omv.key_shown(k);
end $$;

-- {id} -> the key, revoked now or before; null when there is none.
create or replace function public.omv_key_revoke(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  k omv.agent_key;
begin
  update omv.agent_key set revoked_at = coalesce(revoked_at, now()) where id = p->>'id' returning * into k;
  if not found then
    return null;
  end if;
  update omv.directory_version set n = n + 1;
  return omv.key_shown(k);
end $$;

-- {id} -> {}: the key was used within this hour. Writes at most twice an hour, however many instances say so.
create or replace function public.omv_key_used(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  update omv.agent_key set last_used_at = now()
   where id = p->>'id' and (last_used_at is null or last_used_at < now() - interval '30 minutes');
  return '{}'::jsonb;
end $$;

-- Nobody but the service may call any of these.
do $$
declare
  f record;
begin
  for f in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public' and p.proname ~ '^omv_(account|session|key)' loop
    execute format('revoke all on function %s from public, anon, authenticated', f.name);
    execute format('grant execute on function %s to service_role', f.name);
  end loop;
end $$;
