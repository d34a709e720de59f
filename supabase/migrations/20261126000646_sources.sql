-- A server's page names the keys that its senders use: {..., keys: {id: name}} of those that its state speaks of.

alter function public.omv_server(jsonb) rename to server_without_keys;
alter function public.server_without_keys(jsonb) set schema omv;
create or replace function public.omv_server(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  found jsonb := omv.server_without_keys(p);
  said text;
begin
  if found is null then
    return null;
  end if;
  select string_agg(e.value, '' order by e.key::int) into said from jsonb_each_text(coalesce(found->'states', '{}')) e;
  return found || jsonb_build_object('keys',
    (select coalesce(jsonb_object_agg(k.id, k.name), '{}') from omv.agent_key k where position(k.id in said) > 0));
end $$;

do $$
begin
  revoke all on function public.omv_server(jsonb) from public, anon, authenticated;
  grant execute on function public.omv_server(jsonb) to service_role;
end $$;
