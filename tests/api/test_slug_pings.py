"""Pings by a key and a check's slug, as Healthchecks has them, on real stores."""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.api.admitted import HIDDEN, SEEN, Admitted
from tests.real_stores import Pair

KEY = "write key"


def ping(hub: Admitted, rest: str, who: str = KEY, method: str = "GET", **sent: Any) -> TestResponse:
    from api.ingest import app

    return hub.call(app, method, f"/ping/{hub.secrets[who]}/{rest}", "nobody", **sent)


def rules(hub: Admitted, method: str, path: str = "", who: str = "admin", **sent: Any) -> TestResponse:
    from api.rules import app

    return hub.call(app, method, f"/api/rules/checks{path}", who, **sent)


def made(hub: Admitted, name: str, **body: Any) -> dict[str, Any]:
    answer = rules(hub, "POST", json={"name": name, "period_seconds": 3600, **body})
    assert answer.status_code == 201, answer.text
    hub.read_keys_anew()  # five unknown addresses a second are looked up, and no more
    found: dict[str, Any] = answer.get_json()["check"]
    return found


def pings(hub: Admitted, check_id: str) -> list[dict[str, Any]]:
    hub.services.sweeper.run()
    found: list[dict[str, Any]] = rules(hub, "GET", f"/{check_id}").get_json()["pings"]
    return found


def said(answer: TestResponse) -> tuple[int, str, str]:
    return answer.status_code, answer.text, answer.mimetype


def test_a_job_is_pinged_by_the_slug_of_its_name(hub: Admitted) -> None:
    check = made(hub, "Nightly backup: DB 1")
    assert check["slug"] == "nightly-backup-db-1"
    for method in ("GET", "POST", "HEAD"):
        for word in ("", "/start", "/fail", "/log", "/0", "/255"):
            answer = ping(hub, f"nightly-backup-db-1{word}", method=method)
            assert said(answer) == (200, "" if method == "HEAD" else "OK", "text/plain")
            assert answer.headers["Ping-Body-Limit"] == "10000"
    kinds = [one["kind"] for one in reversed(pings(hub, check["id"]))]
    assert kinds == ["success", "start", "fail", "log", "success", "fail"] * 3


def test_a_korean_name_is_a_slug_as_it_stands(hub: Admitted) -> None:
    check = made(hub, "야간 백업")
    assert check["slug"] == "야간-백업"
    assert ping(hub, quote("야간-백업"), method="POST", data="끝".encode()).status_code == 200
    assert pings(hub, check["id"])[0]["note"] == "끝"
    # The platform hands paths on as they came: still encoded.
    assert said(ping(hub, quote(quote("야간-백업")))) == (200, "OK", "text/plain")
    assert said(ping(hub, quote(quote("주간-백업")) + "?create=1")) == (201, "Created", "text/plain")
    assert {"야간 백업", "주간-백업"} <= {one["name"] for one in rules(hub, "GET").get_json()["checks"]}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("nowhere", (404, "not found")),
        ("nowhere?create=0", (404, "not found")),
        ("Upper", (400, "invalid url format")),
        ("Upper?create=1", (400, "invalid url format")),
        ("known/256", (400, "invalid url format")),
        ("known/no", (404, "not found")),
        ("known?rid=1", (400, "invalid uuid format")),
        ("nowhere?create=1&rid=1", (400, "invalid uuid format")),
        ("---?create=1", (400, "invalid url format")),
        ("a%2500b?create=1", (400, "invalid url format")),
        ("x" * 101 + "?create=1", (400, "invalid url format")),
        ("twice", (409, "ambiguous slug")),
        ("twice?create=1", (409, "ambiguous slug")),
    ],
)
def test_what_is_no_ping_is_answered_as_healthchecks_does(hub: Admitted, rest: str, expected: tuple[int, str]) -> None:
    if not any(one["slug"] == "twice" for one in rules(hub, "GET").get_json()["checks"]):
        made(hub, "known")
        made(hub, "Twice!")
        made(hub, "twice")
    before = hub.pair.redis().xlen("omv:0:samples")
    assert said(ping(hub, rest)) == (*expected, "text/plain")
    assert hub.pair.redis().xlen("omv:0:samples") == before


def test_a_job_that_nobody_wrote_down_makes_its_check(hub: Admitted) -> None:
    assert said(ping(hub, "new_job/start?create=1")) == (201, "Created", "text/plain")
    assert said(ping(hub, "new_job?create=1")) == (200, "OK", "text/plain"), "once"
    hub.read_keys_anew()
    assert said(ping(hub, "new_job")) == (200, "OK", "text/plain")
    (check,) = [one for one in rules(hub, "GET").get_json()["checks"] if one["slug"] == "new_job"]
    expected = {"name": "new_job", "period_seconds": 86_400, "grace_seconds": 3_600, "created_by": hub.key_ids[KEY]}
    assert check | expected == check
    assert [one["kind"] for one in pings(hub, check["id"])] == ["success", "success", "start"]
    entry = hub.services.audit.entries(most=1)["entries"][0]
    assert (entry["action"], entry["actor"]["kind"], entry["object"]["name"]) == ("check_added", "key", "new_job")

    rules(hub, "PATCH", f"/{check['id']}", json={"name": "매일 하는 일"})
    hub.read_keys_anew()
    assert said(ping(hub, "new_job?create=1"))[0] == 200, "another name leaves its address alone"
    rules(hub, "PATCH", f"/{check['id']}", json={"slug": "daily"})
    hub.read_keys_anew()
    assert (ping(hub, "daily").status_code, ping(hub, "new_job").status_code) == (200, 404)
    assert rules(hub, "PATCH", f"/{check['id']}", json={"slug": "Not one"}).status_code == 400


def test_a_second_check_of_the_same_first_ping_is_never_made(hub: Admitted) -> None:
    """As by two instances whose directories know of no such check."""
    found = [hub.services.checkbook.provide("raced", "raced", hub.key_ids[KEY]) for _ in range(3)]
    assert len({check_id for check_id, _ in found}) == 1
    assert [is_new for _, is_new in found] == [True, False, False]


def test_a_check_made_a_moment_ago_is_found_at_once(hub: Admitted) -> None:
    time.sleep(1.05)  # five look-ups a second: these are the next
    answer = rules(hub, "POST", json={"name": "just now", "period_seconds": 60})
    assert answer.status_code == 201
    assert ping(hub, "just-now").status_code == 200
    rules(hub, "PATCH", f"/{answer.get_json()['check']['id']}", json={"slug": "renamed"})
    assert ping(hub, "renamed").status_code == 200


def test_a_key_pings_and_makes_the_checks_that_it_sees_alone(hub: Admitted) -> None:
    made(hub, "one of theirs", server=HIDDEN)
    ours = made(hub, "one of ours", server=SEEN)
    for who in ("write key of a team", "write key of a server"):
        assert said(ping(hub, "one-of-theirs", who))[:2] == (404, "not found")
        assert ping(hub, "one-of-ours", who).status_code == 200
        name = who.replace(" ", "-")
        assert ping(hub, f"{name}?create=1", who).status_code == 201
    made_now = {one["slug"]: one for one in rules(hub, "GET").get_json()["checks"]}
    assert made_now["write-key-of-a-server"]["server"] == SEEN
    assert made_now["write-key-of-a-team"]["tags"] == {"team": "payment"}
    assert len(pings(hub, ours["id"])) == 2
    # What others call the same is no obstacle to a team that does not see it.
    assert ping(hub, "one-of-theirs?create=1", "write key of a team").status_code == 201
    hub.read_keys_anew()
    assert ping(hub, "one-of-theirs").status_code == 409, "but to whoever sees both"


@pytest.mark.parametrize(
    ("who", "status", "word"),
    [
        ("read key", 403, "may not write"),
        ("act key", 403, "may not write"),
        ("key for another network", 403, "from this address"),
        ("expired key", 404, "not found"),
        ("revoked key", 404, "not found"),
    ],
)
def test_only_a_key_that_may_report_pings(hub: Admitted, who: str, status: int, word: str) -> None:
    for rest in ("known", "more?create=1", "known/start"):
        code, text, kind = said(ping(hub, rest, who))
        assert (code, kind) == (status, "text/plain")
        assert word in text
    from api.ingest import app

    wrong = hub.secrets[KEY][:-1] + ("a" if hub.secrets[KEY][-1] != "a" else "b")
    assert said(hub.call(app, "GET", f"/ping/{wrong}/known", "nobody"))[:2] == (404, "not found")
    assert said(hub.call(app, "GET", f"/ping/{hub.secrets[KEY]}", "nobody"))[0] == 400


def test_a_key_makes_so_many_checks_and_no_more(hub: Admitted, monkeypatch: pytest.MonkeyPatch) -> None:
    from lib.monitoring import checkbook

    mine = sum(one["created_by"] == hub.key_ids["key of every scope"] for one in rules(hub, "GET").get_json()["checks"])
    monkeypatch.setattr(checkbook, "MOST_BY_PINGS", mine + 1)
    assert ping(hub, "last-one?create=1", "key of every scope").status_code == 201
    code, text, _ = said(ping(hub, "one-too-many?create=1", "key of every scope"))
    assert (code, "already" in text) == (403, True)
    assert ping(hub, "last-one?create=1", "key of every scope").status_code == 200


def test_a_warm_ping_by_slug_costs_one_redis_command_and_no_query(hub: Admitted) -> None:
    made(hub, "warm")
    ping(hub, "warm")
    rid = uuid.uuid4()
    commands, queries = hub.services.storage.redis.commands, _queries(hub.pair)
    for n in range(10):
        assert (
            ping(hub, f"warm/{'start' if n % 2 else '0'}?rid={rid}&create=1", method="POST", data=b"x").status_code
            == 200
        )
    assert hub.services.storage.redis.commands - commands == 10
    assert _queries(hub.pair) == queries


def _queries(pair: Pair) -> list[Any]:
    return pair.rows(
        "select pid, query_start from pg_stat_activity"
        " where datname = current_database() and application_name = 'openmanager' order by 1"
    )


def test_runs_that_overlap_are_timed_each_by_itself(hub: Admitted) -> None:
    check = made(hub, "overlapping", max_run_seconds=600)
    first, second = uuid.uuid4(), uuid.uuid4()
    ping(hub, f"overlapping/start?rid={first}")
    time.sleep(0.05)
    ping(hub, f"overlapping/start?rid={str(second).upper()}")
    ping(hub, f"overlapping/0?rid={second}")
    hub.services.sweeper.run()
    assert rules(hub, "GET", f"/{check['id']}").get_json()["check"]["running_since"], "the first goes on"
    time.sleep(0.05)
    ping(hub, f"overlapping?rid={first}")
    ends = [one for one in pings(hub, check["id"]) if one["kind"] == "success"]
    assert [one["rid"] for one in ends] == [str(first), str(second)]
    assert 0.1 <= ends[0]["seconds"] < 5
    assert ends[1]["seconds"] < ends[0]["seconds"]
    assert rules(hub, "GET", f"/{check['id']}").get_json()["check"]["running_since"] is None
    path = check["ping_path"]
    from api.ingest import app

    assert hub.call(app, "HEAD", f"{path}/start?rid={first}", "nobody").status_code == 200
    assert hub.call(app, "GET", f"{path}?rid=x", "nobody").status_code == 400
