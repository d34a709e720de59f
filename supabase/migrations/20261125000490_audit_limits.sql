-- Failed sign-ins are bounded for each account by itself, so that noise about one cannot hide what happens to another;
-- and whoever removes their own account is still named in the entry that says so.

-- As before; `actor` may bring the name it had before the change.
create or replace function omv.audit_write(p jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
  last omv.audit;
  e omv.audit;
begin
  perform pg_advisory_xact_lock(727003);
  select * into last from omv.audit order by seq desc limit 1;
  e.seq := coalesce(last.seq, 0) + 1;
  e.at := greatest(clock_timestamp(), last.at);
  e.action := left(p->>'action', 60);
  e.actor_kind := coalesce(p#>>'{actor,kind}', 'nobody');
  e.actor_id := coalesce(p#>>'{actor,id}', '');
  e.actor_name := coalesce(p#>>'{actor,name}', omv.audit_name(e.actor_kind, e.actor_id), '');
  e.object_kind := p#>>'{object,kind}';
  e.object_id := p#>>'{object,id}';
  e.object_name := coalesce(p#>>'{object,name}', omv.audit_name(e.object_kind, e.object_id));
  e.address := left(p->>'address', 60);
  e.request_id := left(p->>'request_id', 100);
  e.detail := coalesce(nullif(p->'detail', 'null'), '{}');
  e.hash := omv.audit_hash(last.hash, e);
  insert into omv.audit values (e.*);
end $$;

-- As before, with the actor's name read before the change too.
create or replace function public.omv_audited(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  answer jsonb;
  note jsonb := p->'audit';
  object jsonb := nullif(note->'object', 'null');
  named text;
  actor text;
begin
  if p->>'call' !~ '^omv_(account|key|session|server|rule|channel|silence|incident|check|status)[a-z_]*$' then
    raise exception 'not a call that is recorded: %', p->>'call' using errcode = 'PT403';
  end if;
  named := omv.audit_name(object->>'kind', object->>'id');  -- before it is gone
  actor := omv.audit_name(note#>>'{actor,kind}', note#>>'{actor,id}');
  execute format('select public.%I($1)', p->>'call') into answer using p->'document';
  if answer is null or answer @> '{"created": false}' or answer @> '{"deleted": false}' or answer @> '{"ended": false}'
     or answer @> '{"closed": false}' or answer @> '{"out_of_sight": true}' then
    return answer;
  end if;
  if p->>'call' in ('omv_session_open', 'omv_session_close') then  -- only now it is known who this is
    note := note || jsonb_build_object('actor', jsonb_build_object('kind', 'user', 'id', coalesce(p#>>'{document,account}',
      (select x.account::text from omv.session x where x.id = (p#>>'{document,session}')::uuid))));
  elsif actor is not null then
    note := jsonb_set(note, '{actor,name}', to_jsonb(actor));
  end if;
  if object is not null then
    object := object || jsonb_strip_nulls(jsonb_build_object(
      'id', coalesce(object->>'id', answer->>'id'),
      'name', coalesce(named, object->>'name', answer->>'email', answer->>'name')));
    note := note || jsonb_build_object('object', object);
  end if;
  perform omv.audit_write(note);
  return answer;
end $$;

-- At most 30 of a kind about one account in ten minutes, and 30 about accounts that nobody has. Counted under the lock
-- that entries are written under, so that many at once are not more. {recorded}
create or replace function public.omv_audit_add(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  recent int;
  about uuid;
begin
  if p ? 'email' then
    select a.id into about from omv.account a where a.email = p->>'email';
    p := p - 'email' || jsonb_build_object('object', jsonb_strip_nulls(jsonb_build_object('kind', 'user', 'id', about)));
  end if;
  perform pg_advisory_xact_lock(727003);
  select count(*) into recent from omv.audit a
   where a.action = p->>'action' and a.object_id is not distinct from (p#>>'{object,id}')
     and a.at > clock_timestamp() - interval '10 minutes';
  if recent >= 30 then
    return '{"recorded": false}';
  end if;
  if recent = 29 then
    p := p || jsonb_build_object('detail', coalesce(nullif(p->'detail', 'null'), '{}') || '{"more_unrecorded": true}');
  end if;
  perform omv.audit_write(p);
  return '{"recorded": true}';
end $$;
create index if not exists audit_by_object on omv.audit (action, object_id, at desc);

-- As before; of more entries than are asked for, the oldest that is read is only the anchor and is not counted.
create or replace function public.omv_audit_verify(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with newest as (select a as entry, a.seq, a.hash from omv.audit a order by a.seq desc limit (p->>'most')::int + 1),
  linked as (
    select n.*, lag(n.hash) over w as before_hash, lag(n.seq) over w as before_seq from newest n window w as (order by n.seq)),
  wrong as (
    select l.seq from linked l
     where case when l.before_seq is null then
                  (l.seq = 1 and l.hash <> omv.audit_hash(null, l.entry))
                  or (l.seq > 1 and l.seq = (select min(seq) from omv.audit) and not exists (
                        select 1 from omv.audit c where c.action = 'audit_cut' and (c.detail->>'up_to')::bigint = l.seq - 1))
                else l.before_seq <> l.seq - 1 or l.hash <> omv.audit_hash(l.before_hash, l.entry) end)
  select jsonb_build_object('ok', not exists (select 1 from wrong),
                            'checked', least((select count(*) from newest), (p->>'most')::int),
                            'broken_at', (select min(seq) from wrong))
$$;
