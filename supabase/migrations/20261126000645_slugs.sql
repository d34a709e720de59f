-- Checks are pinged by their slug too, and their runs may overlap: who is called what is told with the directory, a
-- check may be made by its first ping, and each ping keeps which run it is about.

alter table omv.ping add column if not exists rid text not null default '';

-- {id, most, tags, only} -> {now, check, pings}, the newest ping first; null when there is no such check to be seen.
create or replace function public.omv_check(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('now', omv.epoch(), 'check', omv.check_shown(c), 'pings',
           (select coalesce(jsonb_agg(jsonb_build_object('at', x.at, 'kind', x.kind, 'code', x.code, 'seconds', x.seconds,
                                                         'note', x.note, 'rid', nullif(x.rid, ''))
                                      order by x.at desc, x.n desc), '[]')
              from (select * from omv.ping g where g.check_id = c.id order by g.at desc, g.n desc
                     limit least(coalesce((p->>'most')::int, 100), 100)) x))
    from omv.cron_check c where c.id = p->>'id' and omv.check_in_sight(c.body, p)
$$;

-- {slug, body, by, most, tags, only} -> the check with that slug and {created: false}, or the one made of `body` and
-- {created: true}; {created: false, ambiguous} where there are several, {created: false, too_many} when `by` has made
-- `most`. PT409 beyond 2 000.
create or replace function public.omv_check_provide(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c omv.cron_check;
  there int;
begin
  perform pg_advisory_xact_lock(hashtext('omv.check_provide'));
  select count(*) into there from omv.cron_check k where k.body->>'slug' = p->>'slug' and omv.check_in_sight(k.body, p);
  if there > 1 then
    return '{"created": false, "ambiguous": true}';
  end if;
  if there = 1 then
    select * into c from omv.cron_check k where k.body->>'slug' = p->>'slug' and omv.check_in_sight(k.body, p);
    return omv.check_shown(c) || '{"created": false}';
  end if;
  if (select count(*) from omv.cron_check k where k.created_by = p->>'by') >= (p->>'most')::int then
    return '{"created": false, "too_many": true}';
  end if;
  return public.omv_check_create(p) || '{"created": true}';
end $$;

-- A check that is called otherwise, or is of another server or team, is another to those who ping it by its slug.
alter function public.omv_check_change(jsonb) rename to check_change_unnamed;
alter function public.check_change_unnamed(jsonb) set schema omv;
create or replace function public.omv_check_change(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  changed jsonb := omv.check_change_unnamed(p);
begin
  if changed ? 'id' and p->'changes' ?| array['name', 'slug', 'server', 'tags'] then
    update omv.directory_version set n = n + 1;
  end if;
  return changed;
end $$;

-- {..., slugs: [[id, slug or null, name, server, tags]]} where the keys are told.
alter function public.omv_directory(jsonb) rename to directory_without_slugs;
alter function public.directory_without_slugs(jsonb) set schema omv;
create or replace function public.omv_directory(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  found jsonb := omv.directory_without_slugs(p);
begin
  if found->>'keys' is null then
    return found;
  end if;
  return found || jsonb_build_object('slugs', (select coalesce(jsonb_agg(jsonb_build_array(
    c.id, c.body->'slug', c.body->'name', c.body->'server', c.body->'tags') order by c.id), '[]') from omv.cron_check c));
end $$;

create or replace function omv.commit_checks(p jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update omv.cron_check c set state = e.value from jsonb_each(coalesce(p->'checks', '{}')) e where c.id = e.key;
  if jsonb_array_length(coalesce(p->'pings', '[]')) = 0 then
    return;
  end if;
  insert into omv.ping (check_id, id, at, kind, code, seconds, note, rid)
  select r->>0, r->>1, (r->>2)::double precision, r->>3, (r->>4)::int, (r->>5)::double precision, coalesce(r->>6, ''),
         coalesce(r->>7, '')
    from jsonb_array_elements(p->'pings') with ordinality as t(r, i)
   where exists (select 1 from omv.cron_check c where c.id = r->>0)
   order by i
  on conflict do nothing;
  delete from omv.ping g
   using (select x.check_id, x.id, row_number() over (partition by x.check_id order by x.at desc, x.n desc) as place
            from omv.ping x where x.check_id in (select r->>0 from jsonb_array_elements(p->'pings') r)) old
   where g.check_id = old.check_id and g.id = old.id and old.place > 100;
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_check', 'omv_check_provide', 'omv_check_change', 'omv_directory'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
