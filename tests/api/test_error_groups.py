"""Errors that say the same, from the post to the answer, on real stores."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.rollup import roll_up
from tests.api.admitted import HIDDEN, SEEN, Admitted, admitted, unhashed
from tests.real_stores import Pair, ServicesFactory

NOW = int(time.time())


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        made = admitted(module_stores, factory(module_stores, install=True))
        report(made, SEEN, *(f"결제 {n} 실패: timeout after {n} ms" for n in range(5)))
        report(made, HIDDEN, "결제 77 실패: timeout after 9 ms", level="error")
        report(made, SEEN, "결제 8 실패: timeout after 8 ms", level="warning")
        report(made, SEEN, "결제 1 실패: timeout after 1 ms", at=NOW - 7_200)
        yield made
    finally:
        patch.undo()
        factory.close()


def report(hub: Admitted, server: str, *messages: str, at: int = NOW, **changed: Any) -> None:
    errors = [{"at": at, "level": "error", "source": "pay", "message": one, **changed} for one in messages]
    hub.services.ingest.take(decode({"server": server, "errors": errors}, time.time()), "nobody's")
    hub.services.sweeper.run()


def ask(hub: Admitted, path: str = "", who: str = "admin", **query: Any) -> TestResponse:
    from api.servers import app

    return hub.call(app, "GET", f"/api/errors{path}", who, query_string=query)


def groups(hub: Admitted, who: str = "admin", **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(hub, "", who, **query).get_json()["groups"]
    return found


def payment(hub: Admitted, who: str = "admin", **query: Any) -> dict[str, Any]:
    (found,) = groups(hub, who, q="결제", level="error", **query)
    return found


def test_errors_that_say_the_same_are_one_group_with_its_servers(hub: Admitted) -> None:
    found = payment(hub)
    assert found["pattern"] == "결제 # 실패: timeout after # ms"
    assert (found["count"], found["count_ever"]) == (7, 7)
    assert [(one["server"], one["count"]) for one in found["servers"]] == [(SEEN, 6), (HIDDEN, 1)]
    assert (found["first_epoch"], found["last_epoch"]) == (NOW - 7_200, NOW)
    assert found["per_hour"] >= 3
    hours = {NOW // 3_600 * 3_600: 6, (NOW - 7_200) // 3_600 * 3_600: 1}
    month = payment(hub, **{"from": NOW - 30 * 86_400, "to": NOW + 60})
    assert dict(payment(hub, **{"from": NOW - 86_400, "to": NOW + 60})["hours"]) == hours
    assert sum(n for _, n in month["hours"]) == 7
    assert all(at % (13 * 3_600) == 0 for at, _ in month["hours"])
    assert [n for _, n in payment(hub, who="viewer of a team", **{"from": NOW - 86_400})["hours"]] == [1, 5]
    assert payment(hub, **{"from": NOW - 600})["count"] == 6


def test_groups_are_found_by_word_level_server_and_time(hub: Admitted) -> None:
    assert {one["level"] for one in groups(hub, q="결제")} == {"error", "warning"}
    assert [one["level"] for one in groups(hub, q="결제", level="warning")] == ["warning"]
    assert [one["servers"][0]["server"] for one in groups(hub, q="TIMEOUT", server=HIDDEN)] == [HIDDEN]
    assert groups(hub, q="no such words") == []
    assert groups(hub, q="결제", to=NOW - 86_400) == []
    assert len(groups(hub, limit=1)) == 1
    assert ask(hub, level="fatal").status_code == 400


def test_one_group_is_told_hour_by_hour_with_its_newest_errors(hub: Admitted) -> None:
    found = ask(hub, f"/{payment(hub)['fingerprint']}").get_json()
    assert sum(n for _, n in found["hours"]) == 7
    assert len(found["errors"]) == 7
    assert found["errors"][0]["at_epoch"] == NOW
    assert ask(hub, "/" + "0" * 16).status_code == 404


def test_an_error_told_twice_is_counted_once(hub: Admitted) -> None:
    for _ in range(3):
        report(hub, SEEN, "twice", id="the-same")
    assert [one["count"] for one in groups(hub, q="twice")] == [1]
    report(hub, SEEN, "both", "both", id="in one post")
    assert [one["count"] for one in groups(hub, q="both")] == [1]


def test_whoever_is_held_to_tags_is_told_of_their_servers_alone(hub: Admitted) -> None:
    for who in ("viewer of a team", "read key of a server"):
        found = payment(hub, who)
        assert found["count"] == 6
        assert [one["server"] for one in found["servers"]] == [SEEN]
        told = ask(hub, f"/{found['fingerprint']}", who).get_json()
        assert {one["server"] for one in told["errors"]} == {SEEN}
        assert sum(n for _, n in told["hours"]) == 6
        assert groups(hub, who, server=HIDDEN) == []


def test_a_sweep_that_is_repeated_counts_nothing_twice(hub: Admitted) -> None:
    """The loser of a race, and whoever died before it heard the answer, begin again."""
    document = {
        "rules_version": None, "done": True,
        "errors": {SEEN: [["again", NOW, "error", "pay", "again 5"]]},
        "error_groups": {SEEN: [["again", "f" * 16, "again #"]]},
    }  # fmt: skip
    for _ in range(3):
        version, rules = hub.pair.rows("select version, rules_version from omv.sweep")[0]
        hub.services.storage.queries.sweep_commit({**document, "version": version, "rules_version": rules})
    assert hub.pair.rows("select count from omv.error_group where fingerprint = %s", "f" * 16) == [(1,)]
    assert hub.pair.rows("select n from omv.error_hour where fingerprint = %s", "f" * 16) == [(1,)]


def test_a_server_keeps_a_thousand_groups(hub: Admitted) -> None:
    words = [f"{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)} broke" for n in range(1_010)]
    for start in range(0, len(words), 400):
        report(hub, "many", *words[start : start + 400], at=NOW + start // 400 - 60)
    assert hub.pair.rows(
        "select count(*) from omv.error_group g join omv.server v on v.id = g.server where v.name = 'many'"
    ) == [(1_000,)]


def test_counts_are_forgotten_with_the_errors(hub: Admitted) -> None:
    hub.pair.rows("update omv.error_group set last_at = 1 where pattern = 'twice'")
    hub.pair.rows("update omv.error_hour set hour = hour %% 86400 where fingerprint = %s", payment(hub)["fingerprint"])
    roll_up(hub.services.storage, hub.services.settings.retention)
    assert hub.pair.rows("select count(*) from omv.error_group where pattern = 'twice'") == [(0,)]
    assert hub.pair.rows("select count(*) from omv.error_hour where hour < 86400") == [(0,)]
