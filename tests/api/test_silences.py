"""Silences from whoever makes one to the sweep that heeds it, on real stores; and servers that stand behind others."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.admitted import HIDDEN, SEEN, Admitted

HOUR = 3_600


def call(hub: Admitted, method: str, path: str = "", who: str = "admin", **sent: Any) -> TestResponse:
    import api.rules

    return hub.call(api.rules.app, method, f"/api/rules/silences{path}", who, **sent)


def made(hub: Admitted, who: str = "admin", **body: Any) -> dict[str, Any]:
    answer = call(hub, "POST", "", who, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()["silence"]
    return found


def test_a_silence_begins_now_and_lasts_as_long_as_is_said(hub: Admitted) -> None:
    one = made(hub, duration_seconds=HOUR, comment="v2 배포", scope={"tags": ["team:payment"]})
    assert (one["state"], one["comment"], one["by"]) == ("active", "v2 배포", "admin@example.org")
    assert one["starts_epoch"] == pytest.approx(time.time(), abs=30)
    assert one["until_epoch"] == one["ends_epoch"] == one["starts_epoch"] + HOUR
    assert one["next"] == []


def test_its_windows_are_told_before_it_is_made(hub: Admitted) -> None:
    def preview(**body: Any) -> Any:
        return call(hub, "POST", "/preview", "viewer", json=body).get_json()

    before = call(hub, "GET").get_json()
    told = preview(recurrence="FREQ=WEEKLY;BYDAY=SU;BYHOUR=3;BYMINUTE=0", duration_seconds=HOUR, timezone="Asia/Seoul")
    starts = [one["from_epoch"] for one in told["windows"]]
    assert len(starts) == 5
    assert {later - sooner for sooner, later in pairwise(starts)} == {7 * 24 * HOUR}
    assert {one["to_epoch"] - one["from_epoch"] for one in told["windows"]} == {HOUR}
    once = preview(duration_seconds=HOUR)
    assert (once["state"], len(once["windows"])) == ("active", 1)
    assert preview(rules=["cpu"])["windows"][0]["to"] is None
    assert preview(starts=1e9, ends=1e9 + HOUR)["state"] == "over"
    assert preview(starts=3e9, ends=3e9 + HOUR)["state"] == "scheduled"
    for wrong in ({}, {"recurrence": "every friday", "duration_seconds": HOUR}):
        assert call(hub, "POST", "/preview", json=wrong).status_code == 400
    assert call(hub, "GET").get_json() == before


def test_a_silence_that_is_ended_mutes_nothing_any_more(hub: Admitted) -> None:
    one = made(hub, rules=["cpu"])
    assert (one["state"], one["until"]) == ("active", None)
    ended = call(hub, "POST", f"/{one['id']}/end", json={}).get_json()["silence"]
    assert (ended["state"], ended["until"]) == ("over", None)
    again = call(hub, "POST", f"/{one['id']}/end", json={}).get_json()["silence"]
    assert again["ends"] == ended["ends"]
    listed = {row["id"]: row["state"] for row in call(hub, "GET").get_json()["silences"]}
    assert listed[one["id"]] == "over"
    assert call(hub, "DELETE", f"/{one['id']}").status_code == 204
    assert call(hub, "GET", f"/{one['id']}").status_code == 404


@pytest.mark.parametrize("recurrence", ["0 3 * * *", "FREQ=DAILY;BYHOUR=3;BYMINUTE=0"])
def test_a_window_tells_its_next_three_times(hub: Admitted, recurrence: str) -> None:
    start = 20_000 * 86_400.0  # a midnight in UTC, in 2024
    one = made(hub, recurrence=recurrence, duration_seconds=2 * HOUR, timezone="Asia/Seoul", starts=start)
    windows = [(window["from_epoch"], window["to_epoch"]) for window in one["next"]]
    assert len(windows) == 3
    assert all(begin % 86_400 == 18 * HOUR and end - begin == 2 * HOUR for begin, end in windows)
    assert windows[0][1] > time.time() > windows[0][1] - 26 * HOUR
    assert one["state"] == ("active" if windows[0][0] <= time.time() else "scheduled")
    later = call(hub, "PATCH", f"/{one['id']}", json={"duration_seconds": HOUR, "rules": ["cpu"]}).get_json()["silence"]
    assert {window["to_epoch"] - window["from_epoch"] for window in later["next"]} == {HOUR}
    assert (later["rules"], later["recurrence"]) == (["cpu"], recurrence)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"recurrence": "0 3 * * *"}, "/duration_seconds"),
        ({"recurrence": "61 3 * * *", "duration_seconds": 60}, "/recurrence"),
        ({"recurrence": "0 0 30 2 *", "duration_seconds": 60}, "/recurrence"),
        ({"recurrence": "FREQ=HOURLY", "duration_seconds": 60}, "/recurrence"),
        ({"recurrence": "FREQ=DAILY;UNTIL=20200101", "duration_seconds": 60}, "/recurrence"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({}, "/ends"),
        ({"scope": {"servers": []}}, "/ends"),
        ({"ends": 5}, "/ends"),
        ({"ends": "tomorrow"}, "/ends"),
        ({"starts": "2026-01-01T00:00:00"}, "/starts"),
        ({"starts": 1e300}, "/starts"),
        ({"ends": 3.9e9, "duration_seconds": 60}, "/duration_seconds"),
        ({"scope": {"servers": [" "]}}, "/scope/servers/0"),
        ({"scope": {"colour": ["red"]}}, "/scope/colour"),
        ({"by": "somebody"}, "/by"),
    ],
)
def test_what_can_be_no_silence_is_refused_with_its_place(hub: Admitted, body: dict[str, Any], pointer: str) -> None:
    answer = call(hub, "POST", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_whoever_is_held_to_tags_mutes_no_more_than_what_is_in_sight(hub: Admitted) -> None:
    who = "operator of a team"
    theirs = [
        made(hub, rules=["cpu"])["id"], made(hub, scope={"servers": [HIDDEN]})["id"],
        made(hub, scope={"tags": ["team:web"]})["id"],
        made(hub, scope={"servers": ["*"]})["id"], made(hub, incidents=["a" * 20])["id"],
        made(hub, scope={"tags": ["team:payment", "team:web"]})["id"],
    ]  # fmt: skip
    ours = [made(hub, who, scope={"tags": ["team:payment"]})["id"], made(hub, who, scope={"servers": [SEEN]})["id"]]
    seen = {row["id"] for row in call(hub, "GET", "", who).get_json()["silences"]}
    assert set(ours) <= seen
    assert not seen & set(theirs)
    for one in theirs:
        for method, path, sent in (("GET", "", {}), ("PATCH", "", {"json": {"comment": "x"}}), ("DELETE", "", {}),
                                   ("POST", "/end", {"json": {}})):  # fmt: skip
            assert call(hub, method, f"/{one}{path}", who, **sent).status_code == 404
    for body in (
        {"duration_seconds": 60},
        {"scope": {"servers": [SEEN, HIDDEN]}},
        {"scope": {"groups": ["db"]}},
        {"incidents": ["b" * 20]},
    ):
        assert call(hub, "POST", "", who, json=body).status_code == 403
    assert call(hub, "PATCH", f"/{ours[0]}", who, json={"scope": {"groups": ["db"]}}).status_code == 403
    assert call(hub, "PATCH", f"/{ours[0]}", who, json={"comment": "ours"}).status_code == 200


def test_the_audit_log_knows_who_muted_what(hub: Admitted) -> None:
    one = made(hub, comment="점검", rules=["cpu"])["id"]
    call(hub, "PATCH", f"/{one}", json={"comment": "정기 점검"})
    call(hub, "POST", f"/{one}/end", json={})
    call(hub, "DELETE", f"/{one}")
    entries = hub.services.audit.entries(most=4)["entries"]
    assert [(entry["action"], entry["object"]["id"]) for entry in entries] == [
        ("silence_removed", one), ("silence_ended", one), ("silence_changed", one), ("silence_added", one),
    ]  # fmt: skip


def test_the_next_sweep_knows_of_it(hub: Admitted) -> None:
    for row in call(hub, "GET").get_json()["silences"]:
        call(hub, "DELETE", f"/{row['id']}")
    one = made(hub, metric="disk", scope={"servers": ["web-*"]})
    hub.services.sweeper.run()
    known = hub.services.sweeper._known
    assert known is not None
    [silence] = known.alerting.config.silences
    assert (silence.id, silence.metric, silence.scope.servers) == (one["id"], "disk", ("web-*",))
    call(hub, "POST", f"/{one['id']}/end", json={})
    hub.services.sweeper.run()
    assert hub.services.sweeper._known is not None
    assert hub.services.sweeper._known.alerting.config.silences == ()


def test_what_a_server_stands_behind_is_set_shown_and_heeded(hub: Admitted) -> None:
    import api.servers

    def server(method: str, **sent: Any) -> TestResponse:
        return hub.call(api.servers.app, method, f"/api/servers/{SEEN}", "operator", **sent)

    changed = server("PATCH", json={"behind": ["gw-1", " gw-2", "gw-1"]})
    assert changed.get_json()["settings"]["behind"] == ["gw-1", "gw-2"]
    assert server("GET").get_json()["settings"]["behind"] == ["gw-1", "gw-2"]
    hub.services.sweeper.run()
    known = hub.services.sweeper._known
    assert known is not None
    assert known.alerting.config.parents == {SEEN: ("gw-1", "gw-2")}
    for wrong in ([SEEN], ["../x"], [5], "gw-1", ["a"] * 11):
        assert server("PATCH", json={"behind": wrong}).status_code == 400
    assert "behind" not in server("PATCH", json={"behind": []}).get_json()["settings"]
    hub.services.sweeper.run()
    assert hub.services.sweeper._known is not None
    assert hub.services.sweeper._known.alerting.config.parents == {}
