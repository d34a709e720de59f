"""Rules as people keep them, over the real functions and stores: made, changed, exported, tried, explained."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask

from lib.monitoring.collectors.server_stats import decode
from tests.api.admitted import HIDDEN, SEEN, Admitted, admitted, unhashed
from tests.real_stores import Pair, ServicesFactory

QUEUE = {"name": "대기열", "metric": "app.queue", "warning": 100, "critical": 500, "recovery": 50, "hold_seconds": 60}


@pytest.fixture
def hub(fresh_stores: Pair, make_services: ServicesFactory, monkeypatch: pytest.MonkeyPatch) -> Admitted:
    unhashed(monkeypatch.setattr)
    return admitted(fresh_stores, make_services(fresh_stores, install=True))


def app() -> Flask:
    import api.rules

    found: Flask = api.rules.app
    return found


def call(hub: Admitted, method: str, path: str = "", who: str = "operator", body: Any = None) -> tuple[int, Any]:
    more = {} if body is None else {"json": body}
    answer = hub.call(app(), method, f"/api/rules{path}", who, **more)
    return answer.status_code, answer.get_json(silent=True)


def make(hub: Admitted, **changes: Any) -> dict[str, Any]:
    status, answer = call(hub, "POST", body={**QUEUE, **changes})
    assert status == 201, answer
    return dict(answer["rule"])


def history(hub: Admitted, server: str, values: list[float], step: int = 60, until: int = 30) -> int:
    """These values, one each `step` seconds, the last `until` seconds ago. Gives when they begin."""
    end = int(time.time()) - until
    start = end - step * (len(values) - 1)
    samples = [{"at": start + index * step, "metrics": {"app.queue": value}} for index, value in enumerate(values)]
    hub.services.ingest.take(decode({"server": server, "samples": samples}, time.time()), "k")
    hub.services.sweeper.run()
    return start - start % 10


def test_a_rule_is_made_shown_changed_and_removed(hub: Admitted) -> None:
    made = make(hub)
    assert (made["version"], made["origin"], made["no_data"], made["schedule"]) == (1, "user", "keep", None)
    status, changed = call(hub, "PUT", f"/{made['id']}?version=1", body={**QUEUE, "warning": 200})
    assert (status, changed["rule"]["version"], changed["rule"]["warning"]) == (200, 2, 200)
    assert call(hub, "PUT", f"/{made['id']}?version=1", body=QUEUE)[0] == 409
    assert call(hub, "PUT", f"/{made['id']}", body={**QUEUE, "warning": 200})[1]["rule"]["version"] == 2, "unchanged"
    assert made["id"] in {one["id"] for one in call(hub, "GET", who="viewer")[1]["rules"]}
    assert call(hub, "DELETE", f"/{made['id']}")[0] == 204
    assert call(hub, "DELETE", f"/{made['id']}")[0] == 404
    assert call(hub, "PUT", f"/{made['id']}", body=QUEUE)[0] == 404
    actions = [entry["action"] for entry in hub.services.audit.entries()["entries"]]
    assert [one for one in actions if one.startswith("rule")][:3] == ["rule_removed", "rule_changed", "rule_changed"]


def test_a_rule_acts_at_the_next_sweep(hub: Admitted) -> None:
    history(hub, SEEN, [200.0] * 3, until=200)
    make(hub)
    history(hub, SEEN, [200.0] * 3, step=40)
    opened = hub.services.alerts.listed(state="open")["alerts"]
    assert [(one["rule_name"], one["subject"], one["severity"]) for one in opened] == [
        ("대기열", "app.queue", "warning")
    ]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"metric": "queue"}, "/metric"),
        ({"metric": "cpu\u202e"}, "/metric"),
        ({"warning": None, "critical": None}, "/warning"),
        ({"recovery": 200}, "/recovery"),
        ({"above": False}, "/recovery"),
        ({"warning": "high"}, "/warning"),
        ({"hold_seconds": -1}, "/hold_seconds"),
        ({"hold_seconds": 100_000}, "/hold_seconds"),
        ({"aggregation": "avg"}, "/over_seconds"),
        ({"over_seconds": 300}, "/aggregation"),
        ({"per_core": True}, "/per_core"),
        ({"kind": "heartbeat"}, "/metric"),
        ({"kind": "errors", "metric": "", "warning": None, "critical": None, "options": {"what": "all"}}, "/options"),
        ({"schedule": {"timezone": "Mars/Olympus"}}, "/schedule/timezone"),
        ({"schedule": {"start": "9:00"}}, "/schedule/start"),
        ({"schedule": {"days": [7]}}, "/schedule/days"),
        ({"scope": {"tags": ["a\u0000b"]}}, ""),
        ({"scope": {"servers": ["web\u202e"]}}, "/scope/servers"),
        ({"name": "\u202e"}, "/name"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_is_no_rule_is_refused_where_it_is_wrong(hub: Admitted, wrong: dict[str, Any], pointer: str) -> None:
    status, answer = call(hub, "POST", body={**QUEUE, **wrong})
    assert status == 400, answer
    assert pointer in [one["pointer"] for one in answer.get("errors", [{"pointer": ""}])]


def test_the_file_of_rules_comes_back_as_it_went(hub: Admitted) -> None:
    made = make(hub, schedule={"days": [0, 1], "start": "09:00", "until": "18:00", "timezone": "Asia/Seoul"})
    file = call(hub, "GET", "/export", "viewer")[1]
    same = call(hub, "POST", "/import", "admin", {**file, "dry_run": True})[1]
    assert (same["added"], same["changed"], same["removed"]) == ([], [], [])
    assert made["id"] in same["unchanged"]
    for rule in file["rules"]:
        if rule["id"] == "cpu":
            rule["warning"] = 85
    file["rules"] = [rule for rule in file["rules"] if rule["id"] != "clock"]
    file["rules"].append({**QUEUE, "id": "second"})
    would = call(hub, "POST", "/import", "admin", {**file, "dry_run": True, "prune": True})[1]
    assert (would["added"], would["changed"], would["removed"]) == (["second"], ["cpu"], ["clock"])
    assert len(call(hub, "GET")[1]["rules"]) == len(file["rules"]), "a dry run does nothing"
    did = call(hub, "POST", "/import", "admin", {**file, "prune": True})[1]
    assert {**did, "dry_run": True} == would
    again = call(hub, "POST", "/import", "admin", {**file, "prune": True})[1]
    assert (again["added"], again["changed"], again["removed"]) == ([], [], [])
    rules = {one["id"]: one for one in call(hub, "GET")[1]["rules"]}
    assert (rules["cpu"]["warning"], rules["cpu"]["origin"], "clock" in rules) == (85, "default", False)


def test_one_wrong_rule_imports_none(hub: Admitted) -> None:
    file = {"rules": [{**QUEUE, "id": "good"}, {**QUEUE, "id": "bad", "metric": "queue"}]}
    status, _ = call(hub, "POST", "/import", "admin", file)
    assert status == 400
    assert "good" not in {one["id"] for one in call(hub, "GET")[1]["rules"]}
    for wrong in ([{**QUEUE}], [{**QUEUE, "id": "A b"}], [{**QUEUE, "id": "x"}] * 2):
        assert call(hub, "POST", "/import", "admin", {"rules": wrong})[0] == 400
    assert call(hub, "POST", "/import", "operator", file)[0] == 403


def test_a_proposed_rule_is_tried_on_history(hub: Admitted) -> None:
    start = history(hub, SEEN, [10.0] * 5 + [200.0] * 10 + [10.0] * 5 + [600.0] * 5 + [10.0] * 5)
    status, answer = call(hub, "POST", "/preview", "viewer", {"rule": QUEUE, "servers": [SEEN], "since": start})
    assert status == 200, answer
    found = sorted(answer["incidents"], key=lambda one: one["opened_at_epoch"])
    assert [(one["severity"], one["peak"]) for one in found] == [("warning", 200), ("critical", 600)]
    assert abs(found[0]["opened_at_epoch"] - (start + 6 * 60)) <= answer["step"] + 10
    [total] = answer["servers"]
    assert (total["server"], total["incidents"], total["flaps"]) == (SEEN, 2, 1)
    assert call(hub, "POST", "/preview", "viewer", {"rule": {**QUEUE, "warning": 700, "critical": None},
                                                    "servers": [SEEN]})[1]["incidents"] == []  # fmt: skip
    assert call(hub, "POST", "/preview", "viewer", {"rule": QUEUE, "servers": ["nobody"]})[0] == 404
    assert call(hub, "POST", "/preview", "viewer of a team", {"rule": QUEUE, "servers": [HIDDEN]})[0] == 404
    heartbeat = {"name": "h", "kind": "heartbeat"}
    assert call(hub, "POST", "/preview", "viewer", {"rule": heartbeat, "servers": [SEEN]})[0] == 400


def test_why_it_did_or_did_not_fire_is_told_with_the_rule_as_it_was(hub: Admitted) -> None:
    made = make(hub, hold_seconds=300)
    hub.pair.rows("update omv.rule_version set at = now() - interval '1 day' where rule = %s", made["id"])
    start = history(hub, SEEN, [10.0] * 5 + [200.0] * 10 + [10.0] * 5)
    call(hub, "PUT", f"/{made['id']}", body={**QUEUE, "warning": 150, "hold_seconds": 0})

    def at(minutes: int, server: str = SEEN, who: str = "viewer") -> Any:
        status, answer = call(hub, "GET", f"/{made['id']}/explain?server={server}&at={start + minutes * 60 + 30}", who)
        assert status == 200, answer
        return answer

    for minutes, phase in ((2, "fine"), (7, "pending"), (12, "open"), (19, "fine")):
        [subject] = at(minutes)["subjects"]
        assert subject["phase"] == phase, (minutes, subject)
    explained = at(7)
    assert explained["rule_version"] == 1
    assert explained["subjects"][0]["levels"]["warning"] == 100
    assert "short of lasting 300 s" in explained["subjects"][0]["why"]
    assert at(2, HIDDEN)["why"] == "this server reports nothing that the rule watches"
    assert call(hub, "GET", f"/{made['id']}/explain?server={HIDDEN}", "viewer of a team")[0] == 404
    assert call(hub, "GET", "/nobodys/explain?server=x")[0] == 404
    assert call(hub, "GET", f"/{made['id']}/explain?server={SEEN}&at={start - 90 * 86_400}")[0] == 404, "no rule then"
