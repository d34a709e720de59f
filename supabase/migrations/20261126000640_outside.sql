-- Alerts of other monitors become incidents by a rule like any other (kind `outside`): switched off, they are not.
-- What they are lies in the fleet's state and in incidents; nothing else is kept of them.
insert into omv.rule (id, body, origin)
values ('outside', '{"name": "Other monitors", "kind": "outside"}', 'default')
on conflict (id) do nothing;
insert into omv.rule_version (rule, version, body)
select r.id, r.version, r.body from omv.rule r where r.id = 'outside'
on conflict do nothing;
