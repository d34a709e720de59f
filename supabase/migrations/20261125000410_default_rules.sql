-- What a fresh install watches: few rules, each worth being woken for. They are rules like any other from now on; what
-- people change or delete stays changed. A test reads them with the product's own reader.
with given (id, body) as (values
  ('cpu',       '{"name": "CPU", "metric": "cpu", "warning": 90, "critical": 98, "recovery": 80, "hold_seconds": 900, "recover_seconds": 300}'),
  ('memory',    '{"name": "Memory", "metric": "memory", "warning": 90, "critical": 97, "recovery": 80, "hold_seconds": 900, "recover_seconds": 300}'),
  ('disk',      '{"name": "Disk", "metric": "disk", "warning": 90, "critical": 95, "recovery": 88, "hold_seconds": 60, "no_data": "resolve"}'),
  ('disk-free', '{"name": "Free space", "metric": "disk_free", "above": false, "warning": 5e9, "critical": 1e9, "recovery": 6e9, "hold_seconds": 60, "no_data": "resolve", "options": {"least_size_bytes": 2e10}}'),
  ('inode',     '{"name": "Inodes", "metric": "inode", "warning": 90, "critical": 95, "recovery": 88, "hold_seconds": 60, "no_data": "resolve"}'),
  ('load',      '{"name": "Load", "metric": "load1", "per_core": true, "warning": 2, "critical": 4, "recovery": 1.5, "hold_seconds": 900, "recover_seconds": 300}'),
  ('heartbeat', '{"name": "Heartbeat", "kind": "heartbeat", "severity": "critical"}'),
  ('deaf',      '{"name": "The monitor cannot hear", "kind": "deaf", "severity": "critical"}'),
  ('jobs',      '{"name": "Missed jobs", "kind": "check", "severity": "critical"}'),
  ('clock',     '{"name": "Clock", "kind": "skew", "hold_seconds": 300, "recover_seconds": 300}'))
insert into omv.rule (id, body, origin)
select id, '{"kind": "threshold"}'::jsonb || body::jsonb, 'default' from given
on conflict (id) do nothing;
insert into omv.rule_version (rule, version, body)
select r.id, r.version, r.body from omv.rule r
on conflict do nothing;
