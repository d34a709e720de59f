-- What each channel was told moves with every commit. An instance that held the rules but not the last commit went by
-- what it remembered of it, and told again what another had told. So who begins behind others is given it.

-- As before; where the version is another than `have_version` and the rules are not, `routing` besides.
alter function public.omv_sweep_begin(jsonb) rename to begin_without_routing;
alter function public.begin_without_routing(jsonb) set schema omv;
create or replace function public.omv_sweep_begin(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  begun jsonb := omv.begin_without_routing(p);
begin
  if (begun->>'busy')::boolean or begun ? 'alerting'
     or (begun->>'version')::bigint is not distinct from (p->>'have_version')::bigint then
    return begun;
  end if;
  return begun || jsonb_build_object('routing', (
    select r.body from omv.routing_state r where r.shard = coalesce((p->>'shard')::smallint, 0::smallint)));
end $$;

do $$
begin
  revoke all on function public.omv_sweep_begin(jsonb) from public, anon, authenticated;
  grant execute on function public.omv_sweep_begin(jsonb) to service_role;
end $$;
