-- Deliveries: notices are claimed, tried, and settled; channels are kept here. docs/alerts.md says what is promised.
--
-- A claim is a lease: whoever dies between sending and settling leaves the notice to the next one, under the same id.

alter table omv.channel add column if not exists sealed text[] not null default '{}';  -- which fields `secret` holds
create index if not exists notice_by_time on omv.notice (created_at) where state <> 'pending';

create or replace function omv.channel_shown(c omv.channel) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', c.id, 'kind', c.kind, 'name', c.name, 'locale', c.locale, 'enabled', c.enabled, 'policy', c.policy,
                            'config', c.config, 'sealed', to_jsonb(c.sealed), 'failing', c.failing,
                            'created_at', omv.epoch(c.created_at), 'updated_at', omv.epoch(c.updated_at))
$$;

-- What stands before what in one channel: a total order, so that nothing ever waits in a circle.
create or replace function omv.notice_place(n omv.notice) returns double precision[]
language sql stable set search_path = '' as $$
  select array[n.created_at, coalesce((select max(i.seq) from omv.notice_incident i where i.notice = n.id), 0)]
$$;

-- Whether an earlier notice of one of its incidents is still owed to the same channel.
create or replace function omv.notice_waits(n omv.notice) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select 1 from omv.notice_incident mine
      join omv.notice_incident other on other.incident = mine.incident and other.notice <> n.id
      join omv.notice e on e.id = other.notice
     where mine.notice = n.id and e.state = 'pending' and e.channel = n.channel
       and (omv.notice_place(e), e.id) < (omv.notice_place(n), n.id))
$$;

-- An "opened" that nobody tried to send yet, all of whose incidents are over meanwhile, goes, and so does the
-- "resolved" of what the channel then never heard of. Nobody is woken for what has passed already.
create or replace function omv.drop_passed(at double precision) returns void
language plpgsql volatile set search_path = '' as $$
begin
  with passed as (
    update omv.notice n set state = 'dropped', error = 'resolved before it was sent'
     where n.state = 'pending' and n.due_at <= at and n.attempts = 0 and n.lease is null and n.kind in ('opened', 'escalated', 'update')
       and exists (select 1 from omv.notice_incident i where i.notice = n.id)
       and not exists (select 1 from omv.notice_incident i left join omv.incident x on x.id = i.incident
                        where i.notice = n.id and (x.id is null or x.resolved_at is null))
    returning n.id, n.channel)
  update omv.decision d set verdict = 'skipped', reason = 'resolved_meanwhile', at = drop_passed.at, until = null
    from passed p join omv.notice_incident i on i.notice = p.id
   where d.incident = i.incident and d.seq = i.seq and d.channel = p.channel;
  update omv.notice n set state = 'dropped', error = 'resolved before anything was sent'
   where n.state = 'pending' and n.due_at <= at and n.attempts = 0 and n.lease is null and n.kind = 'resolved'
     and exists (select 1 from omv.notice_incident i where i.notice = n.id)
     and not exists (select 1 from omv.notice_incident mine
                       join omv.notice_incident other on other.incident = mine.incident and other.notice <> n.id
                       join omv.notice e on e.id = other.notice
                      where mine.notice = n.id and e.channel = n.channel and e.state <> 'dropped')
     and exists (select 1 from omv.notice_incident mine
                   join omv.notice_incident other on other.incident = mine.incident and other.notice <> n.id
                   join omv.notice e on e.id = other.notice
                  where mine.notice = n.id and e.channel = n.channel and e.state = 'dropped');
end $$;

-- {lease, most, of_channel} -> {now, notices: [{id, kind, severity, body, attempts, created_at, channel: {..., secret}}]}
-- At most `of_channel` of one channel at a time, so that one slow receiver does not take all places.
create or replace function public.omv_notices_claim(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  at double precision := omv.epoch();
  claimed text[];
begin
  update omv.notice set state = 'expired', error = coalesce(error, 'too old')
   where state = 'pending' and expires_at <= at and coalesce(lease_until, 0) <= at;
  update omv.notice n set state = 'dropped', error = 'the channel is switched off or gone'
   where n.state = 'pending' and n.due_at <= at and coalesce(n.lease_until, 0) <= at
     and not exists (select 1 from omv.channel c where c.id = n.channel and c.enabled);
  perform omv.drop_passed(at);
  delete from omv.notice where id in (select o.id from omv.notice o where o.state <> 'pending' and o.created_at < at - 90 * 86400
                                       order by o.created_at limit 100);
  with due as (
    select n.id, row_number() over (partition by n.channel order by n.due_at, n.created_at, n.id) as place,
           (select count(*) from omv.notice l where l.channel = n.channel and l.state = 'pending' and l.lease_until > at) as busy
      from omv.notice n
     where n.state = 'pending' and n.due_at <= at and coalesce(n.lease_until, 0) <= at and not omv.notice_waits(n)),
  free as (
    select n.id from omv.notice n
     where n.id in (select d.id from due d where d.place + d.busy <= coalesce((p->>'of_channel')::int, 3))
       and n.state = 'pending' and n.due_at <= at and coalesce(n.lease_until, 0) <= at
     order by n.due_at, n.created_at, n.id
     limit least(coalesce((p->>'most')::int, 8), 100)
       for update of n skip locked)
  , taken as (
    update omv.notice n set lease = p->>'lease', lease_until = at + 30 from free f where n.id = f.id returning n.id)
  select array_agg(t.id) into claimed from taken t;
  return jsonb_build_object('now', at, 'notices', (
    select coalesce(jsonb_agg(jsonb_build_object('id', n.id, 'kind', n.kind, 'severity', n.severity, 'body', n.body, 'attempts', n.attempts,
             'created_at', n.created_at, 'channel', omv.channel_shown(c) || jsonb_build_object('secret', c.secret))
             order by n.due_at, n.created_at, n.id), '[]')
      from omv.notice n join omv.channel c on c.id = n.channel where n.id = any(claimed)));
end $$;

-- {id, lease, ok, detail, ms, retry_in, disable} -> {settled}: false when the lease was no longer ours. Without
-- `retry_in` a failure is final. `disable` switches the channel off: its receiver said never to call again.
create or replace function public.omv_notice_settle(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  at double precision := omv.epoch();
  n omv.notice;
  ok boolean := (p->>'ok')::boolean;
  wait double precision := (p->>'retry_in')::double precision;
begin
  select * into n from omv.notice x where x.id = p->>'id' for update;
  if not found or n.state <> 'pending' or n.lease is distinct from p->>'lease' then
    return '{"settled": false}';
  end if;
  insert into omv.attempt (notice, n, at, ok, detail, ms) values (n.id, n.attempts + 1, at, ok, left(coalesce(p->>'detail', ''), 300), (p->>'ms')::int);
  update omv.notice x
     set attempts = n.attempts + 1, lease = null, lease_until = null,
         state = case when ok then 'sent' when wait is null then 'failed' else 'pending' end,
         sent_at = case when ok then at end,
         due_at = case when ok or wait is null then n.due_at else at + wait end,
         error = case when ok then null else left(coalesce(p->>'detail', ''), 300) end
   where x.id = n.id;
  if ok then
    update omv.channel c set failing = null where c.id = n.channel and c.failing is not null;
  elsif wait is null then
    update omv.channel c set failing = left(coalesce(p->>'detail', ''), 300), enabled = c.enabled and not coalesce((p->>'disable')::boolean, false)
     where c.id = n.channel;
    if coalesce((p->>'disable')::boolean, false) then
      perform omv.rules_changed();
    end if;
  end if;
  return '{"settled": true}';
end $$;

-- {incident} -> {notices}: [{id, channel: {id, kind, name}, kind, state, created_at, due_at, sent_at, error, attempts: [[at, ok, detail, ms]]}]
create or replace function public.omv_notices_of(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('notices', coalesce(jsonb_agg(jsonb_build_object(
           'id', n.id, 'channel', jsonb_build_object('id', n.channel, 'kind', c.kind, 'name', c.name), 'kind', n.kind, 'state', n.state,
           'created_at', n.created_at, 'due_at', n.due_at, 'sent_at', n.sent_at, 'error', n.error,
           'attempts', (select coalesce(jsonb_agg(jsonb_build_array(a.at, a.ok, a.detail, a.ms) order by a.n), '[]')
                          from (select * from omv.attempt t where t.notice = n.id order by t.n desc limit 20) a))
         order by n.created_at, n.id), '[]'))
    from (select x.* from omv.notice x join omv.notice_incident i on i.notice = x.id
           where i.incident = p->>'incident' order by x.created_at desc limit 200) n
    left join omv.channel c on c.id = n.channel
$$;

-- {} -> {channels}, by name, without their secrets.
create or replace function public.omv_channels(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('channels', (select coalesce(jsonb_agg(omv.channel_shown(c) order by c.name, c.id), '[]') from omv.channel c))
$$;

-- {id} -> the channel with its sealed secret, or null.
create or replace function public.omv_channel(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.channel_shown(c) || jsonb_build_object('secret', c.secret) from omv.channel c where c.id = p->>'id'
$$;

-- {kind, name, locale, enabled, policy, config, secret, sealed} -> the channel. PT409 beyond 100.
create or replace function public.omv_channel_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.channel;
begin
  if (select count(*) from omv.channel) >= 100 then
    raise exception 'there are 100 channels already: delete some first' using errcode = 'PT409';
  end if;
  insert into omv.channel (kind, name, locale, enabled, policy, config, secret, sealed)
  values (p->>'kind', p->>'name', coalesce(p->>'locale', 'en'), coalesce((p->>'enabled')::boolean, true), coalesce(p->'policy', '{}'),
          coalesce(p->'config', '{}'), p->>'secret', array(select jsonb_array_elements_text(coalesce(p->'sealed', '[]'))))
  returning * into c;
  perform omv.rules_changed();
  return omv.channel_shown(c);
end $$;

-- {id, changes: {name, locale, enabled, policy, config, secret, sealed}} -> the channel, or null. What is left out stays.
create or replace function public.omv_channel_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.channel;
  d jsonb := p->'changes';
begin
  update omv.channel x
     set name = case when d ? 'name' then d->>'name' else x.name end,
         locale = case when d ? 'locale' then d->>'locale' else x.locale end,
         enabled = case when d ? 'enabled' then (d->>'enabled')::boolean else x.enabled end,
         policy = case when d ? 'policy' then d->'policy' else x.policy end,
         config = case when d ? 'config' then d->'config' else x.config end,
         secret = case when d ? 'secret' then d->>'secret' else x.secret end,
         sealed = case when d ? 'sealed' then array(select jsonb_array_elements_text(d->'sealed')) else x.sealed end,
         failing = case when d ?| array['config', 'secret', 'enabled'] then null else x.failing end,
         updated_at = now()
   where x.id = p->>'id' returning * into c;
  if c.id is null then
    return null;
  end if;
  perform omv.rules_changed();
  return omv.channel_shown(c);
end $$;

-- {id} -> {deleted, name}; what was still owed to it is dropped at the next claim.
create or replace function public.omv_channel_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  gone omv.channel;
begin
  delete from omv.channel c where c.id = p->>'id' returning * into gone;
  if gone.id is not null then
    perform omv.rules_changed();
  end if;
  return jsonb_build_object('deleted', gone.id is not null, 'name', gone.name);
end $$;

-- A commit says whether anything is owed by now: then, and only then, is it worth asking for it.
alter function public.omv_sweep_commit(jsonb) rename to commit_without_deliveries;
alter function public.commit_without_deliveries(jsonb) set schema omv;
create or replace function public.omv_sweep_commit(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  committed jsonb := omv.commit_without_deliveries(p);
  at double precision := omv.epoch();
begin
  return committed || jsonb_build_object('owed', exists (
    select 1 from omv.notice n where n.state = 'pending' and n.due_at <= at and coalesce(n.lease_until, 0) <= at));
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_notices_claim', 'omv_notice_settle', 'omv_notices_of', 'omv_channels', 'omv_channel', 'omv_channel_create',
                           'omv_channel_change', 'omv_channel_delete', 'omv_sweep_commit'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
