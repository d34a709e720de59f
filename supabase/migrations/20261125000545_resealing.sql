-- Secrets under the newest key of OPENMANAGER_ENCRYPTION_KEYS. Only the hub knows which key sealed what: it reads them
-- page by page and writes back those that an older key sealed. To whoever is told nothing changes: no rules_changed().

-- {after, most} -> {secrets: [[channel, sealed]]}, of channels and devices, by id after that one.
create or replace function public.omv_secrets(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('secrets', coalesce(jsonb_agg(jsonb_build_array(c.id, c.secret) order by c.id), '[]'))
    from (select x.id, x.secret from omv.channel x
           where x.secret is not null and x.id > coalesce(p->>'after', '')
           order by x.id limit (p->>'most')::int) c
$$;

-- {secrets: [[channel, sealed before, sealed now]]} -> {resealed}. One that somebody set anew meanwhile stays.
create or replace function public.omv_secrets_reseal(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  count_of int;
begin
  update omv.channel c set secret = one->>2
    from jsonb_array_elements(p->'secrets') one
   where c.id = one->>0 and c.secret = one->>1;
  get diagnostics count_of = row_count;
  return jsonb_build_object('resealed', count_of);
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_secrets', 'omv_secrets_reseal'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
