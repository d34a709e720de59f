-- Rules as people keep them. Every version stays, for "why did it fire?".

create or replace function omv.rule_shown(r omv.rule) returns jsonb
language sql stable set search_path = '' as $$
  select r.body || jsonb_build_object('id', r.id, 'version', r.version, 'origin', r.origin,
                                      'created_at', omv.epoch(r.created_at), 'updated_at', omv.epoch(r.updated_at))
$$;

-- {} -> {rules: [...]}, by id.
create or replace function public.omv_rules(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('rules', coalesce(jsonb_agg(omv.rule_shown(r) order by r.id), '[]'))
    from omv.rule r where r.deleted_at is null
$$;

-- {id, at} -> the rule as it was in force then (null: now), with {since}; null when there was none.
create or replace function public.omv_rule(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select v.body || jsonb_build_object('id', v.rule, 'version', v.version, 'since', omv.epoch(v.at))
    from omv.rule_version v
   where v.rule = p->>'id' and (p->>'at' is null or v.at <= to_timestamp((p->>'at')::double precision)) and v.body is not null
     and not exists (select 1 from omv.rule_version later
                      where later.rule = v.rule and later.version > v.version
                        and (p->>'at' is null or later.at <= to_timestamp((p->>'at')::double precision)))
$$;

create or replace function omv.rule_write(rule_id text, new_body jsonb, from_origin text) returns omv.rule
language plpgsql volatile set search_path = '' as $$
declare
  r omv.rule;
begin
  insert into omv.rule as x (id, body, origin) values (rule_id, nullif(new_body, 'null'), from_origin)
  on conflict (id) do update set body = excluded.body, version = x.version + 1, updated_at = clock_timestamp(), deleted_at = null
  returning * into r;
  insert into omv.rule_version (rule, version, body, at) values (r.id, r.version, r.body, clock_timestamp());
  return r;
end $$;

-- {body, id} -> the rule. Without an id it is given one. PT409 where the id is taken, and beyond 500 rules.
create or replace function public.omv_rule_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  r omv.rule;
begin
  perform pg_advisory_xact_lock(727004);
  if exists (select 1 from omv.rule x where x.id = p->>'id' and x.deleted_at is null) then
    raise exception 'there is a rule of this id already' using errcode = 'PT409';
  end if;
  if (select count(*) from omv.rule x where x.deleted_at is null) >= 500 then
    raise exception 'there are 500 rules already: delete some first' using errcode = 'PT409';
  end if;
  r := omv.rule_write(coalesce(p->>'id', left(replace(gen_random_uuid()::text, '-', ''), 12)), p->'body', 'user');
  perform omv.rules_changed();
  return omv.rule_shown(r);
end $$;

-- {id, body, version} -> the rule; null when there is none. PT409 where it is no longer of that version (null: whatever it is).
create or replace function public.omv_rule_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  r omv.rule;
begin
  perform pg_advisory_xact_lock(727004);
  select * into r from omv.rule where id = p->>'id' and deleted_at is null for update;
  if not found then
    return null;
  end if;
  if (p->>'version')::int is distinct from r.version and p->>'version' is not null then
    raise exception 'somebody else has changed this rule: read it again' using errcode = 'PT409';
  end if;
  if r.body = p->'body' then
    return omv.rule_shown(r);
  end if;
  r := omv.rule_write(r.id, p->'body', r.origin);
  perform omv.rules_changed();
  return omv.rule_shown(r);
end $$;

-- {id} -> {deleted}
create or replace function public.omv_rule_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  r omv.rule;
begin
  perform pg_advisory_xact_lock(727004);
  update omv.rule set deleted_at = clock_timestamp(), version = version + 1 where id = p->>'id' and deleted_at is null returning * into r;
  if not found then
    return '{"deleted": false}';
  end if;
  insert into omv.rule_version (rule, version, body, at) values (r.id, r.version, null, clock_timestamp());
  perform omv.rules_changed();
  return '{"deleted": true}';
end $$;

-- {rules: {id: body}, remove: [id], dry_run} -> {added, changed, removed, unchanged: [id]}: all of it or nothing.
create or replace function public.omv_rule_import(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  added text[]; changed text[]; removed text[]; unchanged text[];
  one text;
begin
  perform pg_advisory_xact_lock(727004);
  select array_agg(e.key order by e.key) filter (where r.id is null),
         array_agg(e.key order by e.key) filter (where r.body is distinct from e.value and r.id is not null),
         array_agg(e.key order by e.key) filter (where r.body = e.value)
    into added, changed, unchanged
    from jsonb_each(p->'rules') e left join omv.rule r on r.id = e.key and r.deleted_at is null;
  select array_agg(r.id order by r.id) into removed from omv.rule r
   where r.deleted_at is null and r.id in (select jsonb_array_elements_text(coalesce(p->'remove', '[]')));
  if not coalesce((p->>'dry_run')::boolean, false) then
    foreach one in array coalesce(added, '{}') || coalesce(changed, '{}') loop
      perform omv.rule_write(one, p->'rules'->one, coalesce((select r.origin from omv.rule r where r.id = one), 'user'));
    end loop;
    foreach one in array coalesce(removed, '{}') loop
      perform public.omv_rule_delete(jsonb_build_object('id', one));
    end loop;
    if added is not null or changed is not null then
      perform omv.rules_changed();
    end if;
  end if;
  return jsonb_build_object('added', coalesce(added, '{}'), 'changed', coalesce(changed, '{}'),
                            'removed', coalesce(removed, '{}'), 'unchanged', coalesce(unchanged, '{}'));
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_rules', 'omv_rule', 'omv_rule_create', 'omv_rule_change', 'omv_rule_delete', 'omv_rule_import'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
