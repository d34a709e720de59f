-- Incidents as people read and act on them.

-- Whether a call's `tags` and `only` let its caller see an incident: by the server it is of while that is known, else by
-- the tags it carried when it opened. What concerns no server is seen by whoever sees every server.
create or replace function omv.incident_in_sight(i omv.incident, p jsonb) returns boolean
language sql stable set search_path = '' as $$
  select case
    when p->>'tags' is null and p->>'only' is null then true
    when i.server is null and i.body->'tags' is null then false
    else coalesce((select omv.in_sight(v, p) from omv.server v where v.name = i.server),
                  (p->>'only' is null or i.server = p->>'only')
                  and (p->>'tags' is null or exists (select 1 from jsonb_array_elements_text(p->'tags') w
                        where i.body->'tags'->>split_part(w, ':', 1) = substr(w, strpos(w, ':') + 1)))) end
$$;

create or replace function omv.incident_shown(i omv.incident) returns jsonb
language sql stable set search_path = '' as $$
  select i.body || jsonb_build_object('id', i.id, 'rule', i.rule, 'server', i.server, 'subject', i.subject, 'kind', i.kind,
    'severity', i.severity, 'state', i.state, 'opened_at', i.opened_at, 'noticed_at', i.noticed_at, 'updated_at', i.updated_at,
    'resolved_at', i.resolved_at, 'why', i.why, 'acked_at', i.acked_at, 'acked_by', i.acked_by)
$$;

-- {state: open | acknowledged | resolved | null, server, severity, since, before, most, tags, only}
--   -> {now, alerts: [...], next}, newest first; `since` is the time of the last change, `before` a number of `next`.
create or replace function public.omv_incidents(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  with page as (
    select i.* from omv.incident i
     where (p->>'state' is null
            or (p->>'state' = 'open' and i.resolved_at is null)
            or (p->>'state' = 'acknowledged' and i.resolved_at is null and i.acked_at is not null)
            or (p->>'state' = 'resolved' and i.resolved_at is not null))
       and (p->>'server' is null or i.server = p->>'server')
       and (p->>'severity' is null or i.severity = p->>'severity')
       and (p->>'since' is null or i.updated_at >= (p->>'since')::double precision)
       and (p->>'before' is null or i.n < (p->>'before')::bigint)
       and omv.incident_in_sight(i, p)
     order by i.n desc limit least((p->>'most')::int, 500) + 1)
  select jsonb_build_object('now', omv.epoch(),
    'alerts', (select coalesce(jsonb_agg(omv.incident_shown(x) order by x.n desc), '[]')
                 from (select * from page order by n desc limit least((p->>'most')::int, 500)) x),
    'next', (select case when count(*) > least((p->>'most')::int, 500) then min(n) + 1 end from page))
$$;

-- {id, tags, only} -> {now, alert, evidence, timeline, rule}; null when there is none to be seen.
create or replace function public.omv_incident(p jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('now', omv.epoch(), 'alert', omv.incident_shown(i), 'evidence', i.evidence,
    'timeline', (select coalesce(jsonb_agg(jsonb_build_object('seq', t.seq, 'kind', t.kind, 'at', t.at, 'noticed_at', t.noticed_at,
                   'severity', t.severity, 'value', t.value, 'actor', t.actor, 'note', t.note) order by t.seq), '[]')
                   from omv.transition t where t.incident = i.id),
    'rule', (select v.body || jsonb_build_object('id', v.rule, 'version', v.version) from omv.rule_version v
              where v.rule = i.rule and v.version = (i.body->>'rule_version')::int))
    from omv.incident i where i.id = p->>'id' and omv.incident_in_sight(i, p)
$$;

-- {id, act: acknowledge | resolve, by, note, tags, only} -> as omv_incident; null when there is none to be seen. What is
-- done already, or over, stays as it is: two people who press at once have pressed once.
create or replace function public.omv_incident_act(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  i omv.incident;
  moment double precision := omv.epoch();
begin
  select * into i from omv.incident where id = p->>'id' for update;
  if not found or not omv.incident_in_sight(i, p) then
    return null;
  end if;
  if i.resolved_at is not null or (p->>'act' = 'acknowledge' and i.acked_at is not null) then
    return public.omv_incident(p);
  end if;
  if p->>'act' = 'acknowledge' then
    update omv.incident set acked_at = moment, acked_by = p->>'by', updated_at = moment where id = i.id;
  else
    update omv.incident set resolved_at = moment, state = 'resolved', why = 'by_hand', updated_at = moment where id = i.id;
  end if;
  insert into omv.transition (incident, seq, kind, at, noticed_at, severity, actor, note)
  select i.id, coalesce(max(t.seq), 0) + 1, case p->>'act' when 'acknowledge' then 'acknowledged' else 'resolved' end,
         moment, moment, i.severity, p->>'by', coalesce(p->>'note', '')
    from omv.transition t where t.incident = i.id;
  perform omv.rules_changed();
  return public.omv_incident(p);
end $$;

do $$
declare
  f text;
begin
  foreach f in array array['omv_incidents', 'omv_incident', 'omv_incident_act'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', f);
    execute format('grant execute on function public.%I(jsonb) to service_role', f);
  end loop;
end $$;
