"""Alerts as people read and act on them, over the real functions and stores."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from flask import Flask

from lib.monitoring.alerts.quietbook import SilenceChange
from lib.monitoring.collectors.server_stats import decode
from tests.api.admitted import HIDDEN, SEEN, Admitted, admitted, unhashed
from tests.channels.outbox import owe
from tests.real_stores import Pair, ServicesFactory

_mounts = itertools.count(1)


@pytest.fixture
def hub(fresh_stores: Pair, make_services: ServicesFactory, monkeypatch: pytest.MonkeyPatch) -> Admitted:
    unhashed(monkeypatch.setattr)
    return admitted(fresh_stores, make_services(fresh_stores, install=True))


def alerts_app() -> Flask:
    import api.alerts

    found: Flask = api.alerts.app
    return found


def call(hub: Admitted, method: str, path: str, who: str = "operator", **more: Any) -> Any:
    answer = hub.call(alerts_app(), method, f"/api/alerts{path}", who, **more)
    return answer.status_code, answer.get_json()


def fill_disk(hub: Admitted, server: str = SEEN, percent: float = 97.0, mount: str = "/", ago: int = 200) -> None:
    """Full since `ago` seconds, by posts without a number: they are folded when their ten seconds have settled."""
    for back in (ago, ago - 80):
        sample = {"at": int(time.time()) - back, "mounts": {mount: percent}}
        hub.services.ingest.take(decode({"server": server, "samples": [sample]}, time.time()), "k")
    hub.services.sweeper.run()


def open_alerts(hub: Admitted, who: str = "viewer", query: str = "") -> list[dict[str, Any]]:
    status, answer = call(hub, "GET", f"?state=open{query}", who)
    assert status == 200, answer
    return list(answer["alerts"])


def test_what_is_wrong_is_listed_with_its_reason_in_both_languages(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    assert (alert["server"], alert["subject"], alert["severity"], alert["rule_name"]) == (
        SEEN,
        "disk:/",
        "critical",
        "Disk",
    )
    assert alert["text"] == {"en": "Disk / at 97% (level 95%)", "ko": "디스크 사용률 / 97% (기준 95%)"}
    assert alert["opened_at"].endswith("+00:00")
    assert open_alerts(hub, query="&severity=warning") == []
    assert len(open_alerts(hub, query=f"&server={SEEN}")) == 1
    assert call(hub, "GET", "?state=nonsense")[0] == 400
    assert call(hub, "GET", "?severity=bad")[0] == 400


def test_one_alert_tells_its_story(hub: Admitted) -> None:
    fill_disk(hub, percent=91.0)
    fill_disk(hub, percent=99.0, ago=110)
    [alert] = open_alerts(hub)
    status, whole = call(hub, "GET", f"/{alert['id']}", "viewer")
    assert status == 200
    assert [step["kind"] for step in whole["timeline"]] == ["opened", "escalated"]
    assert whole["rule"]["warning"] == 90
    assert whole["evidence"]["values"]
    assert call(hub, "GET", "/" + "0" * 20)[0] == 404


def test_acknowledging_says_who_and_once(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    for _ in range(2):
        status, whole = call(hub, "POST", f"/{alert['id']}/ack", json={"note": "디스크를 비우는 중"})
        assert status == 200
    assert whole["alert"]["acked_by"] == "operator@example.org"
    assert [(step["kind"], step["actor"], step["note"]) for step in whole["timeline"]][1:] == [
        ("acknowledged", "operator@example.org", "디스크를 비우는 중")
    ]
    assert [one["id"] for one in call(hub, "GET", "?state=acknowledged")[1]["alerts"]] == [alert["id"]]
    fill_disk(hub, percent=50.0, ago=110)
    status, whole = call(hub, "GET", f"/{alert['id']}")
    assert [step["kind"] for step in whole["timeline"]] == ["opened", "acknowledged", "resolved"]
    assert [step["seq"] for step in whole["timeline"]] == [1, 2, 3]
    assert whole["alert"]["why"] == "recovered"


def test_ended_by_hand_it_stays_ended_until_it_was_over(hub: Admitted) -> None:
    fill_disk(hub, ago=900)
    [alert] = open_alerts(hub)
    status, whole = call(hub, "POST", f"/{alert['id']}/resolve", json={})
    assert (status, whole["alert"]["state"], whole["alert"]["why"]) == (200, "resolved", "by_hand")
    fill_disk(hub, ago=700)
    assert open_alerts(hub) == []
    fill_disk(hub, percent=20.0, ago=500)
    assert open_alerts(hub) == []
    fill_disk(hub, ago=300)
    [again] = open_alerts(hub)
    assert again["id"] != alert["id"]


def test_acts_are_in_the_audit_log(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    call(hub, "POST", f"/{alert['id']}/ack", json={"note": "x"})
    call(hub, "POST", f"/{alert['id']}/resolve", "act key", json={})
    entries = hub.services.audit.entries()["entries"][:2]
    assert [(one["action"], one["actor"]["name"], one["object"]["id"]) for one in entries] == [
        ("incident_resolved", "act key", alert["id"]),
        ("incident_acknowledged", "operator@example.org", alert["id"]),
    ]


def test_nobody_sees_or_touches_alerts_of_servers_out_of_sight(hub: Admitted) -> None:
    fill_disk(hub, SEEN)
    fill_disk(hub, HIDDEN)
    by_server = {one["server"]: one["id"] for one in open_alerts(hub)}
    assert by_server.keys() == {SEEN, HIDDEN}
    for who in ("viewer of a team", "operator of a team", "read key of a team", "read key of a server"):
        assert [one["server"] for one in open_alerts(hub, who)] == [SEEN], who
        assert call(hub, "GET", f"/{by_server[HIDDEN]}", who)[0] == 404
    for who in ("operator of a team", "act key of a team"):
        for act in ("ack", "resolve"):
            assert call(hub, "POST", f"/{by_server[HIDDEN]}/{act}", who, json={})[0] == 404
    assert len(open_alerts(hub)) == 2
    hub.services.queries.delete(HIDDEN)
    assert call(hub, "GET", f"/{by_server[HIDDEN]}", "viewer of a team")[0] == 404, "also when the server is gone"


def test_what_changed_since_and_page_by_page(hub: Admitted) -> None:
    began = time.time()
    for _ in range(5):
        fill_disk(hub, mount=f"/m{next(_mounts)}")
    status, first = call(hub, "GET", "?limit=2")
    assert (status, len(first["alerts"])) == (200, 2)
    _, second = call(hub, "GET", f"?limit=10&before={first['next']}")
    assert len(second["alerts"]) == 3
    assert second["next"] is None
    assert call(hub, "GET", f"?since={time.time() + 60}")[1]["alerts"] == []
    assert len(call(hub, "GET", f"?since={began - 60}")[1]["alerts"]) == 5


def test_a_link_acts_only_when_its_button_is_pressed(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    token = hub.services.act_links.sign(alert["id"], "acknowledge", "c1")
    status, told = call(hub, "POST", "/act", "nobody", json={"token": token})
    assert (status, told["done"], told["alert"]["acked_by"]) == (200, False, None)
    assert "tags" not in told["alert"]
    assert open_alerts(hub)[0]["acked_by"] is None
    status, told = call(hub, "POST", "/act", "nobody", json={"token": token, "confirm": True})
    assert (status, told["done"], told["alert"]["acked_by"]) == (200, True, "a link in a message")
    [entry] = hub.services.audit.entries()["entries"][:1]
    assert (entry["action"], entry["object"]["id"], entry["detail"]) == (
        "incident_acknowledged", alert["id"], {"by_link": "c1"},
    )  # fmt: skip
    assert call(hub, "POST", "/act", "nobody", json={"token": token[:-3], "confirm": True})[0] == 403


def press(hub: Admitted, alert: dict[str, Any], *, confirm: bool, **more: int) -> Any:
    token = hub.services.act_links.sign(alert["id"], "silence", "c1")
    status, told = call(hub, "POST", "/act", "nobody", json={"token": token, "confirm": confirm, **more})
    assert status == 200, told
    return told


def silences(hub: Admitted) -> list[dict[str, Any]]:
    return list(hub.services.quietbook.everything()["silences"])


def test_a_link_silences_its_rule_on_its_server_for_an_hour_and_once(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    told = press(hub, alert, confirm=False)
    assert (told["act"], told["done"], told["silence"]["is_on"]) == ("silence", False, False)
    assert (told["alert"]["server"], told["alert"]["rule_name"], told["silence"]["choices"][0]) == (SEEN, "Disk", 3_600)
    assert silences(hub) == []
    assert press(hub, alert, confirm=True)["done"] is True
    [one] = silences(hub)
    assert (one["scope"]["servers"], one["rules"], one["by"]) == ([SEEN], [alert["rule"]], "a link in a message")
    assert one["ends_epoch"] - one["starts_epoch"] == 3_600
    [entry] = hub.services.audit.entries()["entries"][:1]
    assert (entry["action"], entry["object"]["id"], entry["detail"]["by_link"]) == ("silence_added", one["id"], "c1")

    twice = press(hub, alert, confirm=True)
    assert (twice["done"], twice["silence"]["is_on"]) == (False, True)
    assert twice["silence"]["until_epoch"] == one["ends_epoch"]
    assert len(silences(hub)) == 1
    assert open_alerts(hub)[0]["acked_by"] is None, "it goes on, and nobody is said to look after it"


def test_it_is_silent_for_as_long_as_was_chosen(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    told = press(hub, alert, confirm=True, seconds=86_400)
    [one] = silences(hub)
    assert one["ends_epoch"] - one["starts_epoch"] == 86_400
    assert told["silence"]["until_epoch"] == one["ends_epoch"]
    token = hub.services.act_links.sign(alert["id"], "silence", "c1")
    assert call(hub, "POST", "/act", "nobody", json={"token": token, "confirm": True, "seconds": 10**9})[0] == 400


def test_what_is_over_is_not_silenced_and_what_is_silent_for_ever_says_so(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    one = hub.services.quietbook.create(SilenceChange(rules=[alert["rule"]]), "ada", time.time())
    told = press(hub, alert, confirm=True)
    assert (told["done"], told["silence"]["is_on"], told["silence"]["until"]) == (False, True, None)
    hub.services.quietbook.end(one["id"])
    call(hub, "POST", f"/{alert['id']}/resolve", json={})
    assert press(hub, alert, confirm=True)["done"] is False
    assert [found["id"] for found in silences(hub)] == [one["id"]]


def test_what_concerns_no_server_is_silenced_alone(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    hub.pair.rows("update omv.incident set server = null")
    assert press(hub, alert, confirm=True)["done"] is True
    [one] = silences(hub)
    assert (one["incidents"], one["rules"], one["scope"]["servers"]) == ([alert["id"]], [], [])
    assert press(hub, alert, confirm=False)["silence"]["is_on"] is True


def test_an_alert_shows_what_was_sent_of_it(hub: Admitted) -> None:
    fill_disk(hub)
    [alert] = open_alerts(hub)
    deliveries = hub.services.storage.deliveries
    channel = deliveries.channel_create({"kind": "ntfy", "name": "pager"})["id"]
    owe(hub.pair, channel, "n1", incident=alert["id"])
    deliveries.notices_claim("lease")
    deliveries.notice_settle("n1", "lease", ok=False, detail="503 busy", ms=12, retry_in=10)
    _, whole = call(hub, "GET", f"/{alert['id']}", "viewer")
    [told] = [one for one in whole["deliveries"] if one["id"] == "n1"]
    assert (told["channel"]["name"], told["state"], told["error"]) == ("pager", "pending", "503 busy")
    assert [(one["ok"], one["detail"], one["ms"]) for one in told["attempts"]] == [(False, "503 busy", 12)]
