"""Checks from the person who makes one to the sweep that misses it, on real stores."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lib.monitoring.checks import judge_checks
from tests.api.admitted import HIDDEN, SEEN, Admitted
from tests.real_stores import Pair


def app(name: str) -> Flask:
    import api.ingest
    import api.rules

    found: Flask = {"ingest": api.ingest.app, "rules": api.rules.app}[name]
    return found


def rules(hub: Admitted, method: str, path: str = "", who: str = "admin", **sent: Any) -> TestResponse:
    return hub.call(app("rules"), method, f"/api/rules/checks{path}", who, **sent)


def ping(hub: Admitted, path: str, method: str = "GET", **sent: Any) -> TestResponse:
    return hub.call(app("ingest"), method, path, "nobody", **sent)


def made(hub: Admitted, **body: Any) -> dict[str, Any]:
    answer = rules(hub, "POST", json={"name": "백업", "period_seconds": 3600, **body})
    assert answer.status_code == 201, answer.text
    hub.read_keys_anew()  # five unknown addresses a second are looked up, and no more
    found: dict[str, Any] = answer.get_json()["check"]
    return found


def shown(hub: Admitted, check_id: str) -> dict[str, Any]:
    found: dict[str, Any] = rules(hub, "GET", f"/{check_id}").get_json()
    return found


def findings(hub: Admitted) -> dict[str, str]:
    checks = hub.services.sweeper._checks
    return {one.check_id: one.state for one in judge_checks(checks, time.time(), 0.0)}


def test_a_job_starts_ends_and_fails_and_its_history_tells_it(hub: Admitted) -> None:
    check = made(hub, grace_seconds=60, max_run_seconds=600, tags={"team": "payment"}, note="여기를 보세요")
    assert (check["status"], check["ping_path"][:6]) == ("new", "/ping/")
    path = check["ping_path"]
    assert ping(hub, f"{path}/start").data == b"OK"
    time.sleep(0.02)
    said = "끝: 42 rows\r\n두 번째 줄\0\x1b[0m"
    assert ping(hub, f"{path}/0", "POST", data=said.encode()).status_code == 200
    assert ping(hub, path, "HEAD").status_code == 200
    assert ping(hub, f"{path}/log", "POST", data="x" * 20_000).status_code == 200
    hub.services.sweeper.run()
    found = shown(hub, check["id"])
    assert [one["kind"] for one in found["pings"]] == ["log", "success", "success", "start"]
    assert len(found["pings"][0]["note"]) == 10_000
    assert found["pings"][2]["note"] == "끝: 42 rows\n두 번째 줄[0m"
    assert found["pings"][2]["code"] == 0
    assert 0 < found["pings"][2]["seconds"] < 5
    assert (found["check"]["status"], found["check"]["reason"]) == ("up", None)
    assert findings(hub)[check["id"]] == "ok"

    ping(hub, f"{path}/3", "POST", data=b"disk full")
    hub.services.sweeper.run()
    check = shown(hub, check["id"])["check"]
    assert (check["status"], check["reason"], check["exit_code"], check["last_note"]) == (
        "down",
        "failed",
        3,
        "disk full",
    )
    assert findings(hub)[check["id"]] == "failed"
    ping(hub, path)
    hub.services.sweeper.run()
    assert shown(hub, check["id"])["check"]["status"] == "up"


def test_a_push_monitor_of_uptime_kuma_reports(hub: Admitted) -> None:
    check = made(hub)
    path = check["ping_path"].replace("/ping/", "/api/push/")
    answer = ping(hub, f"{path}?status=up&msg=OK&ping=12")
    assert (answer.status_code, answer.get_json()) == (200, {"ok": True})
    assert ping(hub, path, "POST").get_json() == {"ok": True}
    assert ping(hub, f"{path}?status=down&msg=" + "x" * 20_000).status_code == 200
    hub.services.sweeper.run()
    found = shown(hub, check["id"])
    assert [one["kind"] for one in found["pings"]] == ["fail", "success", "success"]
    assert len(found["pings"][0]["note"]) == 10_000
    assert found["pings"][2]["note"] == "OK (12 ms)"
    assert (found["check"]["status"], found["check"]["reason"]) == ("down", "failed")
    nobody = ping(hub, "/api/push/nobody?status=up")
    assert (nobody.status_code, nobody.get_json()["ok"]) == (404, False)
    assert "no check" in nobody.get_json()["msg"]
    assert "nobody" not in nobody.get_json()["instance"]
    by_key = ping(hub, f"/api/push/{hub.secrets['write key']}?status=up")
    assert (by_key.status_code, by_key.get_json()["ok"]) == (404, False), "a key is no check: nothing would be noted"


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"data": b"x" * 4_000_001}, "at most 4 MB"),
        ({"data": b"no gzip", "headers": {"Content-Encoding": "gzip"}}, "cannot be decompressed"),
        ({"data": b"x", "headers": {"Content-Encoding": "zstd"}}, "not read here"),
    ],
)
def test_a_job_that_sends_too_much_along_has_pinged_all_the_same(hub: Admitted, sent: dict[str, Any], why: str) -> None:
    check = made(hub)
    answer = ping(hub, check["ping_path"], "POST", **sent)
    assert (answer.status_code, answer.data) == (200, b"OK")
    hub.services.sweeper.run()
    found = shown(hub, check["id"])
    assert found["check"]["status"] == "up"
    assert why in found["pings"][0]["note"]


def test_a_job_that_stays_away_is_down_by_the_databases_clock(hub: Admitted) -> None:
    check = made(hub, period_seconds=60, grace_seconds=0)
    ping(hub, check["ping_path"])
    hub.services.sweeper.run()
    hub.pair.rows(
        "update omv.cron_check set state = jsonb_set(jsonb_set(state, '{ok_at}', to_jsonb(omv.epoch() - 100)),"
        " '{last_at}', to_jsonb(omv.epoch() - 100)) where id = %s", check["id"],
    )  # fmt: skip
    hub.pair.rows("update omv.sweep set version = version + 1")
    hub.services.sweeper.run()
    assert findings(hub)[check["id"]] == "ok", "this sweeper has listened for a moment only"
    hub.pair.rows("update omv.fleet_state set body = replace(body, substring(body from '^.[0-9]+,([0-9.]+)'), '1.0')")
    hub.pair.rows("update omv.sweep set version = version + 1")
    hub.services.sweeper.run()
    assert findings(hub)[check["id"]] == "late"
    found = shown(hub, check["id"])["check"]
    assert (found["status"], found["reason"]) == ("down", "late")

    paused = rules(hub, "POST", f"/{check['id']}/pause").get_json()["check"]
    assert (paused["status"], paused["reason"]) == ("paused", None)
    hub.services.sweeper.run()
    assert findings(hub)[check["id"]] == "ok"
    resumed = rules(hub, "POST", f"/{check['id']}/resume").get_json()["check"]
    assert resumed["due_epoch"] == pytest.approx(time.time() + 60, abs=5), "it begins anew"
    hub.services.sweeper.run()
    assert findings(hub)[check["id"]] == "ok"


def test_a_job_that_failed_is_an_incident_until_it_succeeds(hub: Admitted) -> None:
    check = made(hub, severity="warning")
    query = "select kind, severity, resolved_at is null from omv.incident where subject = %s"
    for word, expected in (("/2", ("check", "warning", True)), ("", ("check", "warning", False))):
        ping(hub, check["ping_path"] + word)
        hub.services.sweeper.run()
        assert hub.pair.rows(query, check["id"]) == [expected]


def test_a_ping_costs_one_redis_command_and_no_query(hub: Admitted) -> None:
    path = made(hub)["ping_path"]
    ping(hub, path)
    commands, queries = hub.services.storage.redis.commands, _queries(hub.pair)
    for _ in range(10):
        ping(hub, f"{path}/start", "POST", data=b"note")
    assert hub.services.storage.redis.commands - commands == 10
    assert _queries(hub.pair) == queries


def _queries(pair: Pair) -> list[Any]:
    return pair.rows(
        "select pid, query_start from pg_stat_activity"
        " where datname = current_database() and application_name = 'openmanager' order by 1"
    )


def test_a_ping_outlives_each_store(hub: Admitted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Postgres it goes to the stream, without Redis to the inbox, and either way it is told once."""
    from lib.domain.errors import Unavailable

    check = made(hub)
    ping(hub, check["ping_path"])
    hub.services.sweeper.run()
    storage = hub.services.storage

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("away")

    with monkeypatch.context() as cut:
        cut.setattr(storage.rpc, "call", away)
        storage.directory._read_at = (storage.directory._read_at or 0.0) - 45  # it would be read anew now
        assert ping(hub, f"{check['ping_path']}/7").status_code == 200
    with monkeypatch.context() as cut:
        cut.setattr(storage.cache, "append", away)
        assert ping(hub, check["ping_path"]).status_code == 200
    storage._redis_down_until, storage.directory._failing = float("-inf"), False  # as some seconds later
    hub.services.sweeper.run()
    hub.services.sweeper.run()
    assert sorted((one["kind"], one["code"]) for one in shown(hub, check["id"])["pings"]) == [
        ("fail", 7), ("success", None), ("success", None),
    ]  # fmt: skip


def test_whoever_does_not_know_the_address_cannot_ping(hub: Admitted) -> None:
    check = made(hub)
    before = hub.pair.redis().xlen("omv:0:samples")
    for path in ("/ping/" + "0" * 36, f"/ping/{check['id']}", f"{check['ping_path']}x", f"{check['ping_path']}/256",
                 f"{check['ping_path']}/no", "/ping/" + "x" * 5_000):  # fmt: skip
        answer = ping(hub, path, "POST", data=b"x")
        assert answer.status_code == 404, path
        assert answer.mimetype == "application/problem+json"
    assert hub.pair.redis().xlen("omv:0:samples") == before
    rules(hub, "DELETE", f"/{check['id']}")
    hub.read_keys_anew()
    assert ping(hub, check["ping_path"]).status_code == 404


def test_no_log_line_holds_the_address(hub: Admitted, caplog: pytest.LogCaptureFixture) -> None:
    from lib.web import logs

    path = made(hub)["ping_path"]
    with caplog.at_level(logging.DEBUG):
        ping(hub, path)
        ping(hub, f"{path}/fail")
        hub.services.sweeper.run()
    secret = path.removeprefix("/ping/")
    assert [record for record in caplog.records if secret in logs.concealed(record.getMessage())] == []


def test_the_address_is_told_to_whoever_may_change_the_check(hub: Admitted) -> None:
    check = made(hub)
    for who, told in (
        ("viewer", None),
        ("read key", None),
        ("operator", check["ping_path"]),
        ("act key", check["ping_path"]),
    ):
        assert rules(hub, "GET", f"/{check['id']}", who).get_json()["check"]["ping_path"] == told
        found = {one["id"]: one["ping_path"] for one in rules(hub, "GET", "", who).get_json()["checks"]}
        assert found[check["id"]] == told


def test_whoever_is_held_to_tags_deals_with_the_checks_of_a_team(hub: Admitted) -> None:
    ours = made(hub, tags={"team": "payment"})["id"]
    of_ours = made(hub, server=SEEN)["id"]
    theirs = [made(hub)["id"], made(hub, server=HIDDEN)["id"], made(hub, tags={"team": "web"})["id"]]
    who = "operator of a team"
    seen = {one["id"] for one in rules(hub, "GET", "", who).get_json()["checks"]}
    assert {ours, of_ours} <= seen
    assert not seen & set(theirs)
    for check_id in theirs:
        for method, path, sent in (("GET", "", {}), ("PATCH", "", {"json": {"name": "x"}}), ("DELETE", "", {}),
                                   ("POST", "/pause", {"json": {}})):  # fmt: skip
            assert rules(hub, method, f"/{check_id}{path}", who, **sent).status_code == 404
    assert rules(hub, "PATCH", f"/{ours}", who, json={"tags": {}}).status_code == 403
    assert rules(hub, "PATCH", f"/{ours}", who, json={"grace_seconds": 5}).status_code == 200
    body = {"name": "x", "period_seconds": 60}
    assert rules(hub, "POST", "", who, json=body).status_code == 403
    assert rules(hub, "POST", "", who, json={**body, "tags": {"team": "payment"}}).status_code == 201
    own = {one["id"] for one in rules(hub, "GET", "", "read key of a server").get_json()["checks"]}
    assert of_ours in own
    assert ours not in own


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "x"}, "/period_seconds"),
        ({"name": "x", "period_seconds": 60, "cron": "* * * * *"}, "/period_seconds"),
        ({"name": "x", "period_seconds": 59}, "/period_seconds"),
        ({"name": "x", "cron": "61 * * * *"}, "/cron"),
        ({"name": "x", "cron": "0 0 30 2 *"}, "/cron"),
        ({"name": "x", "cron": "* * * * *", "timezone": "Mars/Olympus"}, "/timezone"),
        ({"name": " ", "period_seconds": 60}, "/name"),
        ({"name": "x", "period_seconds": 60, "server": "../x"}, "/server"),
        ({"name": "x", "period_seconds": 60, "severity": "fatal"}, "/severity"),
        ({"name": "x", "period_seconds": 60, "id": "mine"}, "/id"),
        ({"name": "x", "period_seconds": 60, "tags": {"a": " "}}, "/tags/a"),
    ],
)
def test_what_can_be_no_check_is_refused_with_its_place(hub: Admitted, body: dict[str, Any], pointer: str) -> None:
    answer = rules(hub, "POST", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_the_next_times_of_an_expression_are_told_before_it_is_kept(hub: Admitted) -> None:
    def due(**query: str) -> TestResponse:
        return rules(hub, "GET", "/due", "viewer", query_string=query)

    told = due(cron="30 3 * * *", timezone="Asia/Seoul").get_json()["times"]
    hours = [datetime.fromtimestamp(one["at_epoch"], ZoneInfo("Asia/Seoul")).strftime("%H:%M") for one in told]
    assert hours == ["03:30"] * 3
    assert [one["at_epoch"] - told[0]["at_epoch"] for one in told] == [0, 86_400, 2 * 86_400]
    assert told[0]["at_epoch"] > time.time()
    assert due().get_json() == {"times": []}
    for query, pointer in (
        ({"cron": "61 * * * *"}, "/cron"),
        ({"timezone": "x" * 61}, "/timezone"),
        ({"cron": "0 0 30 2 *"}, "/cron"),
        ({"cron": "*" * 201}, "/cron"),
        ({"cron": "* * * * *", "timezone": "Mars/Olympus"}, "/timezone"),
        ({"cron": "* * * * *", "timezone": "x" * 61}, "/timezone"),
    ):
        answer = due(**query)
        assert answer.status_code == 400
        assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_when_it_is_due_changes_from_a_period_to_an_expression(hub: Admitted) -> None:
    check = made(hub)["id"]
    changed = rules(hub, "PATCH", f"/{check}", json={"cron": "0 3 * * *", "timezone": "Asia/Seoul"}).get_json()["check"]
    assert (changed["period_seconds"], changed["cron"], changed["timezone"]) == (None, "0 3 * * *", "Asia/Seoul")
    assert rules(hub, "PATCH", f"/{check}", json={"cron": None}).status_code == 400
    assert rules(hub, "PATCH", f"/{check}", json={}).status_code == 400


def test_the_audit_log_knows_who_made_and_removed_a_check(hub: Admitted) -> None:
    check = made(hub, name="정산")["id"]
    rules(hub, "PATCH", f"/{check}", json={"name": "결산"})
    rules(hub, "DELETE", f"/{check}")
    entries = hub.services.audit.entries(most=3)["entries"]
    assert [(one["action"], one["object"]["name"]) for one in entries] == [
        ("check_removed", "결산"), ("check_changed", "결산"), ("check_added", "정산"),
    ]  # fmt: skip


def test_a_check_keeps_its_last_hundred_pings(hub: Admitted) -> None:
    check = made(hub)
    for n in range(130):
        ping(hub, f"{check['ping_path']}/log", "POST", data=str(n).encode())
    hub.services.sweeper.run()
    notes = [one["note"] for one in shown(hub, check["id"])["pings"]]
    assert notes == [str(n) for n in range(129, 29, -1)]
    assert hub.pair.rows("select count(*) from omv.ping where check_id = %s", check["id"]) == [(100,)]
