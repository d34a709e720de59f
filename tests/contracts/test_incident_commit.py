"""Incidents in the real database: committed with the samples they come from, once, whoever sweeps how often."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from lib import wiring
from lib.domain.episodes import levels_of
from lib.monitoring.alerts.rules import document_of, rule_of
from lib.monitoring.collectors.server_stats import decode
from tests.real_stores import Pair, ServicesFactory

MIGRATIONS = Path(__file__).parents[2] / "supabase" / "migrations"


@pytest.fixture
def hub(fresh_stores: Pair, make_services: ServicesFactory) -> wiring.Services:
    return make_services(fresh_stores)


# A post without a number is folded when its ten seconds have settled: hence nothing here is younger than 20 s.
def post(hub: wiring.Services, server: str = "web-1", ago: int = 20, **values: Any) -> None:
    now = time.time()
    document = {"server": server, "host": {"cores": 4}, "samples": [{"at": int(now) - ago, **values}],
                "processes": [{"name": "postgres", "pid": 1, "cpu": 88.0}],
                "events": [{"kind": "deploy", "title": "v2", "at": int(now) - ago - 60}]}  # fmt: skip
    hub.ingest.take(decode(document, now), "k")


def rows(pair: Pair, columns: str, table: str, order: str = "1") -> list[tuple[Any, ...]]:
    return pair.rows(f"select {columns} from omv.{table} order by {order}")


def test_the_rules_of_a_fresh_install_can_be_read_and_make_sense(fresh_stores: Pair) -> None:
    found = [rule_of({**body, "id": name, "version": 1}) for name, body in rows(fresh_stores, "id, body", "rule")]
    assert {rule.id for rule in found} == {
        "cpu", "memory", "disk", "disk-free", "inode", "load", "heartbeat", "deaf", "clock", "jobs",
        "disk-soon", "outside",
    }  # fmt: skip
    for rule in found:
        if rule.kind == "threshold":
            levels = levels_of(rule)
            assert levels.recovery < levels.warning < levels.critical, rule.id
        assert rule_of({**document_of(rule), "id": rule.id}) == rule
    bodies = dict(rows(fresh_stores, "id, body", "rule"))
    assert {rule.id: document_of(rule) for rule in found} == bodies, "as an import of the same file would write them"
    told = {rule.id: (rule.warning, rule.recovery, rule.hold_seconds) for rule in found}
    assert told["cpu"] == told["memory"] == (90, 80, 900)
    assert re.search("on conflict", (MIGRATIONS / "20261125000410_default_rules.sql").read_text())


def test_an_incident_is_committed_with_its_samples_and_its_evidence(hub: wiring.Services, fresh_stores: Pair) -> None:
    post(hub, ago=100, cpu=50.0, mounts={"/": 96.0})
    post(hub, ago=40, cpu=50.0, mounts={"/": 96.5})
    run = hub.sweeper.run()
    assert run.transitions == 1
    [(identity, server, subject, severity, state, body, evidence)] = rows(
        fresh_stores, "id, server, subject, severity, state, body, evidence", "incident"
    )
    assert (server, subject, severity, state) == ("web-1", "disk:/", "critical", "open")
    assert body["level"] == 95
    assert body["value"] == 96.5
    assert evidence["values"]["cpu"] == 50.0
    assert evidence["processes"]["list"][0]["name"] == "postgres"
    assert evidence["events"][0][1:] == ["deploy", "v2"]
    assert rows(fresh_stores, "incident, seq, kind, severity", "transition") == [(identity, 1, "opened", "critical")]
    assert hub.sweeper.run().transitions == 0
    post(hub, mounts={"/": 50.0})
    hub.sweeper.run()
    assert rows(fresh_stores, "state, why", "incident") == [("resolved", "recovered")]
    assert [kind for (kind,) in rows(fresh_stores, "kind", "transition", "seq")] == ["opened", "resolved"]


def test_another_instance_goes_on_with_the_same_incident(
    hub: wiring.Services, make_services: ServicesFactory, fresh_stores: Pair
) -> None:
    post(hub, ago=200, mounts={"/": 91.0})
    post(hub, ago=130, mounts={"/": 91.0})
    hub.sweeper.run()
    other = make_services(fresh_stores)
    post(other, ago=60, mounts={"/": 91.0})
    other.sweeper.run()
    post(other, mounts={"/": 40.0})
    other.sweeper.run()
    hub.sweeper.run()
    assert [state for (state,) in rows(fresh_stores, "state", "incident")] == ["resolved"]
    assert len(rows(fresh_stores, "seq", "transition")) == 2


def test_rules_are_read_anew_only_when_they_have_changed(hub: wiring.Services, fresh_stores: Pair) -> None:
    sent: list[Any] = []
    call = hub.storage.rpc.call

    def listen(name: str, document: Any, **more: Any) -> Any:
        answer = call(name, document, **more)
        if name == "omv_sweep_begin":
            sent.append("alerting" in answer)
        return answer

    hub.storage.rpc.call = listen  # type: ignore[method-assign]
    for _ in range(3):
        hub.sweeper.run()
    assert sent == [True, False, False]
    fresh_stores.rows("update omv.rule set body = body || '{\"enabled\": false}' where id = 'disk'")
    fresh_stores.rows("select omv.rules_changed()")
    post(hub, ago=100, mounts={"/": 99.0})
    post(hub, mounts={"/": 99.0})
    hub.sweeper.run()
    assert sent[-1] is True
    assert rows(fresh_stores, "id", "incident") == []


def test_a_rule_that_changes_while_a_sweep_decides_makes_it_begin_again(
    hub: wiring.Services, fresh_stores: Pair
) -> None:
    hub.sweeper.run()
    post(hub, ago=100, mounts={"/": 99.0})
    post(hub, mounts={"/": 99.0})
    read = hub.storage.read
    once = []

    def changed_meanwhile(cursor: str, count: int) -> Any:
        if not once:
            once.append(1)
            fresh_stores.rows("update omv.rule set deleted_at = now() where id = 'disk'")
            fresh_stores.rows("select omv.rules_changed()")
        return read(cursor, count)

    hub.storage.read = changed_meanwhile  # type: ignore[method-assign]
    hub.sweeper.run()
    assert once
    assert rows(fresh_stores, "id", "incident") == []
    [(count,)] = rows(fresh_stores, "count(*)", "sample_hot")
    assert count == 2, "and the samples are stored once"


def test_a_server_that_is_removed_takes_its_incidents_with_it(hub: wiring.Services, fresh_stores: Pair) -> None:
    post(hub, ago=100, mounts={"/": 99.0})
    post(hub, ago=40, mounts={"/": 99.0})
    hub.sweeper.run()
    hub.queries.delete("web-1")
    assert rows(fresh_stores, "state, why", "incident") == [("resolved", "server_removed")]
    post(hub, ago=90, mounts={"/": 99.0})
    hub.sweeper.run()
    post(hub, ago=20, mounts={"/": 99.0})
    hub.sweeper.run()
    assert sorted(rows(fresh_stores, "state", "incident")) == [("open",), ("resolved",)]


def test_a_state_that_began_anew_replaces_what_was_open(hub: wiring.Services, fresh_stores: Pair) -> None:
    post(hub, ago=200, mounts={"/": 99.0})
    post(hub, ago=130, mounts={"/": 99.0})
    hub.sweeper.run()
    fresh_stores.rows("delete from omv.state")
    fresh_stores.rows("update omv.sweep set version = version + 1")
    post(hub, ago=100, mounts={"/": 99.0})
    post(hub, ago=40, mounts={"/": 99.0})
    hub.sweeper.run()
    assert sorted(rows(fresh_stores, "state, why", "incident")) == [("open", None), ("resolved", "replaced")]


def test_the_fleet_counts_a_servers_open_incidents(hub: wiring.Services) -> None:
    post(hub, ago=100, mounts={"/": 99.0, "/data": 91.0})
    post(hub, mounts={"/": 99.0, "/data": 91.0})
    hub.sweeper.run()
    [server] = json.loads(hub.queries.fleet({}).text)["servers"]
    assert (server["status"], server["alerts"]) == ("critical", 2)


def add_channel(pair: Pair, **policy: Any) -> None:
    pair.rows(
        "insert into omv.channel (id, kind, name, locale, policy) values ('ops', 'slack', 'ops', 'ko', %s::jsonb)",
        json.dumps(policy),
    )
    pair.rows("select omv.rules_changed()")


def test_what_is_owed_is_committed_with_the_incident_and_once(
    hub: wiring.Services, make_services: ServicesFactory, fresh_stores: Pair
) -> None:
    add_channel(fresh_stores)
    post(hub, ago=200, mounts={"/": 97.0})
    post(hub, ago=110, mounts={"/": 97.0})
    hub.sweeper.run()
    [(notice, kind, severity, state, body)] = rows(fresh_stores, "id, kind, severity, state, body", "notice")
    assert (kind, severity, state) == ("opened", "critical", "pending")
    assert body["items"][0]["subject"] == "disk:/"
    [(identity,)] = rows(fresh_stores, "id", "incident")
    assert rows(fresh_stores, "notice, incident, seq", "notice_incident") == [(notice, identity, 1)]
    assert rows(fresh_stores, "incident, seq, channel, verdict, reason", "decision") == [
        (identity, 1, "ops", "sent", "matched")
    ]
    other = make_services(fresh_stores)  # another instance knows what was told
    post(other, ago=60, mounts={"/": 97.0})
    other.sweeper.run()
    hub.sweeper.run()
    assert len(rows(fresh_stores, "id", "notice")) == 1
    hub.alerts.act(identity, "resolve", "ada")
    fresh_stores.rows('update omv.routing_state set body = replace(body, \'"groups":{\', \'"groups":{"x":0,\')')
    fresh_stores.rows("update omv.sweep set rules_version = rules_version + 1")
    hub.sweeper.run()
    told = rows(fresh_stores, "verdict, reason", "decision", "seq")
    assert told[-1] == ("waiting", "interval")


def test_instances_that_take_turns_tell_what_there_is_once(
    hub: wiring.Services, make_services: ServicesFactory, fresh_stores: Pair
) -> None:
    add_channel(fresh_stores, wait_seconds=0, interval_seconds=0)
    other = make_services(fresh_stores)
    other.sweeper.run()  # from here on both are warm: they hold the rules in force
    post(hub, ago=290, mounts={"/": 91.0})
    post(hub, ago=200, mounts={"/": 91.0})
    hub.sweeper.run()
    post(other, ago=170, mounts={"/": 97.0})
    post(other, ago=100, mounts={"/": 97.0})
    other.sweeper.run()
    post(hub, ago=80, mounts={"/": 97.0})
    hub.sweeper.run()
    assert rows(fresh_stores, "kind", "notice", "created_at") == [("opened",), ("escalated",)]
    post(other, ago=60, mounts={"/": 40.0})
    other.sweeper.run()
    hub.sweeper.run()
    assert rows(fresh_stores, "kind", "notice", "created_at")[2:] == [("resolved",)]


def test_a_silence_and_a_policy_that_cannot_be_read_stop_no_sweep(hub: wiring.Services, fresh_stores: Pair) -> None:
    add_channel(fresh_stores, least="critical", quiet={"nonsense": 1})
    fresh_stores.rows("insert into omv.silence (id, body, starts) values ('s', '{\"scope\": 7}', 0)")
    fresh_stores.rows("select omv.rules_changed()")
    post(hub, ago=200, mounts={"/": 97.0})
    post(hub, ago=110, mounts={"/": 97.0})
    hub.sweeper.run()
    assert len(rows(fresh_stores, "id", "notice")) == 1


def test_a_silence_mutes_and_says_so(hub: wiring.Services, fresh_stores: Pair) -> None:
    add_channel(fresh_stores)
    body = json.dumps({"scope": {"servers": ["web-*"]}, "metric": "disk"})
    fresh_stores.rows("insert into omv.silence (id, body, starts) values ('s', %s::jsonb, 0)", body)
    post(hub, ago=200, mounts={"/": 97.0})
    post(hub, ago=110, mounts={"/": 97.0})
    hub.sweeper.run()
    assert rows(fresh_stores, "id", "notice") == []
    assert rows(fresh_stores, "verdict, reason", "decision") == [("muted", "silence:s")]
