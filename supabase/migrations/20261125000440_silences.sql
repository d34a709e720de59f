-- Silences and maintenance windows as people keep them. Which one mutes what is the sweep's to decide.

-- Whether a call's `tags` and `only` let its caller deal with a silence: whoever is held to tags may mute no more than
-- what is in sight: incidents that all are, servers by name that all are, or tags that all are the caller's.
create or replace function omv.silence_in_sight(body jsonb, p jsonb) returns boolean
language sql stable set search_path = '' as $$
  select case
    when p->>'tags' is null and p->>'only' is null then true
    when coalesce(body->'incidents', '[]') <> '[]' then not exists (
      select 1 from jsonb_array_elements_text(body->'incidents') w
       where not exists (select 1 from omv.incident i where i.id = w and omv.incident_in_sight(i, p)))
    else (p->>'only' is null and coalesce(body#>'{scope,tags}', '[]') <> '[]' and body#>'{scope,tags}' <@ (p->'tags'))
      or (coalesce(body#>'{scope,servers}', '[]') <> '[]' and not exists (
        select 1 from jsonb_array_elements_text(body#>'{scope,servers}') w
         where not exists (select 1 from omv.server v where v.name = w and omv.in_sight(v, p)))) end
$$;

create or replace function omv.silence_shown(s omv.silence) returns jsonb
language sql stable set search_path = '' as $$
  select s.body || jsonb_build_object('id', s.id, 'starts', s.starts, 'ends', s.ends, 'by', s.created_by,
                                      'created_at', omv.epoch(s.created_at), 'now', omv.epoch())
$$;

-- {tags, only} -> {silences: [...]}: those that are not over, and those that ended in the last week, the newest first.
create or replace function public.omv_silences(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('silences', (select coalesce(jsonb_agg(omv.silence_shown(s) order by s.created_at desc, s.id), '[]')
    from omv.silence s
   where (s.ends is null or s.ends > omv.epoch() - 604800) and omv.silence_in_sight(s.body, p)))
$$;

-- {id, tags, only} -> the silence; null when there is none to be seen.
create or replace function public.omv_silence(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select omv.silence_shown(s) from omv.silence s where s.id = p->>'id' and omv.silence_in_sight(s.body, p)
$$;

-- {body, starts, ends, by, tags, only} -> the silence, or {out_of_sight} when it would mute what its maker does not see.
-- `starts` left out is now. PT409 where there are 500 that are not over. Those over for 90 days are forgotten.
create or replace function public.omv_silence_create(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  s omv.silence;
begin
  if not omv.silence_in_sight(p->'body', p) then
    return '{"out_of_sight": true}';
  end if;
  delete from omv.silence o where o.ends < omv.epoch() - 7776000;
  if (select count(*) from omv.silence o where o.ends is null or o.ends > omv.epoch()) >= 500 then
    raise exception 'there are 500 silences already: end some first' using errcode = 'PT409';
  end if;
  insert into omv.silence (body, starts, ends, created_by)
  values (p->'body', coalesce((p->>'starts')::double precision, omv.epoch()), (p->>'ends')::double precision, coalesce(p->>'by', ''))
  returning * into s;
  perform omv.rules_changed();
  return omv.silence_shown(s);
end $$;

-- {id, changes, end, tags, only} -> the silence; null when there is none to be seen; {out_of_sight} as above. `changes` may
-- hold `starts` and `ends`; with `end` it ends now, unless it did before.
create or replace function public.omv_silence_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  s omv.silence;
  changes jsonb := coalesce(p->'changes', '{}');
begin
  select * into s from omv.silence where id = p->>'id' for update;
  if not found or not omv.silence_in_sight(s.body, p) then
    return null;
  end if;
  s.body := s.body || (changes - 'starts' - 'ends');
  if not omv.silence_in_sight(s.body, p) then
    return '{"out_of_sight": true}';
  end if;
  s.starts := coalesce((changes->>'starts')::double precision, s.starts);
  s.ends := case when coalesce((p->>'end')::boolean, false) then least(s.ends, omv.epoch())
                 when changes ? 'ends' then (changes->>'ends')::double precision else s.ends end;
  update omv.silence set body = s.body, starts = s.starts, ends = s.ends where id = s.id;
  perform omv.rules_changed();
  return omv.silence_shown(s);
end $$;

-- {id, tags, only} -> {deleted}
create or replace function public.omv_silence_delete(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from omv.silence s where s.id = p->>'id' and omv.silence_in_sight(s.body, p);
  if found then
    perform omv.rules_changed();
    return '{"deleted": true}';
  end if;
  return '{"deleted": false}';
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_silences', 'omv_silence', 'omv_silence_create', 'omv_silence_change', 'omv_silence_delete'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
