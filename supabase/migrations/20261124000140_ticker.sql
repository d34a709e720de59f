-- The minute ticker: where the database has pg_cron and pg_net it wakes the sweep itself, so that a fleet that falls
-- silent altogether is noticed although no request comes in. Where it has not, all of this does nothing.
--
-- Where to call is kept in Vault, as `openmanager_url` and `openmanager_cron_secret` (docs/deploy.md).

-- Call out only when nobody else has swept for 55 s.
create or replace function omv.tick() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  url text;
  secret text;
  request bigint;
begin
  if (select coalesce(max(swept_at), '-infinity') from omv.sweep) > clock_timestamp() - interval '55 seconds'
     or to_regclass('vault.decrypted_secrets') is null or to_regnamespace('net') is null then
    return null;
  end if;
  execute 'select max(decrypted_secret) filter (where name = ''openmanager_url''),
                  max(decrypted_secret) filter (where name = ''openmanager_cron_secret'') from vault.decrypted_secrets'
     into url, secret;
  if url is null or secret is null then
    return null;
  end if;
  execute 'select net.http_get(url := $1, headers := $2, timeout_milliseconds := 55000)'
     into request using rtrim(url, '/') || '/api/cron/sweep', jsonb_build_object('Authorization', 'Bearer ' || secret);
  return request;
end $$;
revoke all on function omv.tick() from public;

-- {} -> {scheduled}. Call it again after enabling the extensions; scheduling twice is scheduling once.
create or replace function public.omv_ticker_install(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  if to_regnamespace('cron') is null or to_regnamespace('net') is null then
    return jsonb_build_object('scheduled', false);
  end if;
  execute 'select cron.schedule($1, $2, $3)' using 'openmanager-tick', '* * * * *', 'select omv.tick()';
  -- pg_cron notes every run and forgets none: a row a minute, for ever.
  execute 'select cron.schedule($1, $2, $3)' using 'openmanager-tidy', '23 4 * * *',
    $tidy$delete from cron.job_run_details d using cron.job j
           where j.jobid = d.jobid and j.jobname like 'openmanager-%' and d.end_time < now() - interval '2 days'$tidy$;
  return jsonb_build_object('scheduled', true);
end $$;
revoke all on function public.omv_ticker_install(jsonb) from public, anon, authenticated;
grant execute on function public.omv_ticker_install(jsonb) to service_role;

do $$
declare
  extension text;
begin
  foreach extension in array array['pg_cron', 'pg_net'] loop
    if exists (select 1 from pg_available_extensions where name = extension) then
      begin
        execute format('create extension if not exists %I', extension);
      exception when others then
        raise notice 'the minute ticker stays off, % cannot be enabled here: %', extension, sqlerrm;
      end;
    end if;
  end loop;
  perform public.omv_ticker_install('{}');
end $$;
