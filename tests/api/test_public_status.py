"""The public status page: what strangers are told, and above all what they are not."""

from __future__ import annotations

import time
from typing import Any
from xml.etree import ElementTree

import pytest
from werkzeug.test import TestResponse

from lib.domain.errors import Unavailable
from lib.monitoring.public_status import COPY_SECONDS, page
from lib.web.badge import badge, width
from tests.api.admitted import HIDDEN, SEEN, Admitted

DAY = 86_400


@pytest.fixture(autouse=True)
def nothing_public(hub: Admitted) -> None:
    hub.pair.rows("delete from omv.component")
    hub.pair.rows("delete from omv.incident")
    hub.services.public_status._last = None


def ask(hub: Admitted, path: str = "", who: str = "nobody", method: str = "GET", **sent: Any) -> TestResponse:
    from api.status import app

    return hub.call(app, method, f"/api/status{path}", who, **sent)


def public(hub: Admitted, name: str, kind: str, target: str, **more: Any) -> str:
    body = {"name": name, "kind": kind, "target": target, **more}
    answer = ask(hub, "/components", "admin", "POST", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["component"]["id"])


def shown(hub: Admitted) -> dict[str, Any]:
    hub.services.public_status._last = None
    found: dict[str, Any] = ask(hub).get_json()
    return found


def incident(
    hub: Admitted, name: str, server: str | None, kind: str, start: float, end: float | None, **more: str
) -> None:
    severity, subject = more.get("severity", "critical"), more.get("subject", name)
    hub.pair.rows(
        "insert into omv.incident (id, rule, server, subject, kind, severity, state, opened_at, noticed_at, updated_at,"
        " resolved_at, body)"
        " values (%s, 'secret-rule', %s, %s, %s, %s, %s, %s, %s, %s, %s, '{\"note\": \"secret-note\"}')",
        name, server, subject, kind, severity, "open" if end is None else "resolved", start, start, start, end,
    )  # fmt: skip


def test_nothing_is_public_until_an_admin_says_so(hub: Admitted) -> None:
    found = shown(hub)
    assert (found["components"], found["incidents"], found["state"]) == ([], [], "unknown")
    assert SEEN not in str(found)


def test_strangers_read_chosen_names_and_nothing_else(hub: Admitted) -> None:
    now = time.time()
    public(hub, "쇼핑몰", "server", SEEN, note="곧 점검합니다")
    incident(hub, "secret-incident", SEEN, "heartbeat", now - 3_600, now - 1_800)
    incident(hub, "secret-other", HIDDEN, "heartbeat", now - 3_600, None)
    answer = ask(hub)
    text = answer.text
    for secret in (SEEN, HIDDEN, "secret", "heartbeat", "payment", "trouble", "Debian"):
        assert secret not in text
    found = answer.get_json()
    assert [(one["name"], one["note"], one["state"]) for one in found["components"]] == [
        ("쇼핑몰", "곧 점검합니다", "ok")
    ]
    assert [(one["name"], one["state"]) for one in found["incidents"]] == [("쇼핑몰", "down")]
    assert answer.headers["Cache-Control"].startswith("public, max-age=15, s-maxage=30, stale-while-revalidate")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_days_are_counted_once_however_many_incidents_overlap(hub: Admitted) -> None:
    public(hub, "shop", "server", SEEN)
    midnight = int(time.time()) // DAY * DAY
    hub.pair.rows("update omv.server set first_seen = now() - interval '10 days' where name = %s", SEEN)
    incident(hub, "a", SEEN, "heartbeat", midnight - DAY - 3_600, midnight - DAY + 3_600)  # across a midnight
    incident(hub, "b", SEEN, "heartbeat", midnight - DAY, midnight - DAY + 7_200)
    incident(hub, "c", SEEN, "threshold", midnight - 3 * DAY + 60, midnight - 3 * DAY + 120)
    incident(hub, "d", SEEN, "threshold", midnight - 4 * DAY, midnight - 4 * DAY + 60, severity="warning")
    (found,) = shown(hub)["components"]
    days = found["days"]
    assert len(days) == 90
    assert days[-2]["uptime"] == round(1 - 7_200 / DAY, 5)
    assert days[-3]["uptime"] == round(1 - 3_600 / DAY, 5)
    assert [day["state"] for day in days[-5:-1]] == ["ok", "degraded", "down", "down"]
    assert days[0] == {"date": days[0]["date"], "uptime": None, "state": None}
    assert 0.98 < found["uptime"] < 1
    down = [one for one in shown(hub)["incidents"] if one["state"] == "down"]
    assert [(one["from_epoch"], one["until_epoch"]) for one in down] == [
        (midnight - DAY - 3_600, midnight - DAY + 7_200)
    ]


def test_a_group_and_a_check_can_be_public(hub: Admitted) -> None:
    hub.pair.rows(
        'update omv.server set settings = settings || \'{"group": "web"}\' where name in (%s, %s)', SEEN, HIDDEN
    )
    hub.pair.rows("update omv.sweep set version = version + 1")
    hub.pair.rows(
        "insert into omv.cron_check (id, body, state) values ('job', '{\"name\": \"secret-job\"}',"
        ' \'{"last_at": 5, "down_why": "late"}\') on conflict do nothing'
    )
    public(hub, "웹", "group", "web", place=1)
    public(hub, "야간 작업", "check", "job", place=2)
    public(hub, "없는 것", "server", "ghost", place=3)
    incident(hub, "x", None, "check", time.time() - 60, None, subject="job")
    found = shown(hub)
    assert [(one["name"], one["state"]) for one in found["components"]] == [
        ("웹", "ok"),
        ("야간 작업", "down"),
        ("없는 것", "unknown"),
    ]
    assert found["state"] == "degraded"
    assert [(one["name"], one["until"]) for one in found["incidents"]] == [("야간 작업", None)]
    assert "secret" not in str(found)


def test_what_is_taken_back_is_gone_at_once(hub: Admitted) -> None:
    component = public(hub, "shop", "server", SEEN)
    assert len(ask(hub).get_json()["components"]) == 1
    ask(hub, f"/components/{component}", "admin", "PATCH", json={"name": "store", "note": "x"})
    assert ask(hub).get_json()["components"][0]["name"] == "store"
    assert ask(hub, f"/components/{component}", "admin", "DELETE").status_code == 204
    assert ask(hub).get_json()["components"] == []
    assert ask(hub, f"/badge/{component}.svg").status_code == 404
    entries = hub.services.audit.entries(most=3)["entries"]
    assert [(one["action"], one["object"]["name"]) for one in entries] == [
        ("component_removed", "store"), ("component_changed", "store"), ("component_added", "shop"),
    ]  # fmt: skip


def test_without_the_database_the_last_answer_is_given_and_said_to_be_old(
    hub: Admitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    public(hub, "shop", "server", SEEN)
    assert shown(hub)["stale"] is False

    def away(*_: Any) -> Any:
        raise Unavailable("away")

    status = hub.services.public_status
    monkeypatch.setattr(hub.services.storage.status, "status", away)
    assert status._last is not None
    status._last = (status._last[0] - 60, status._last[1])
    answer = ask(hub)
    assert (answer.status_code, answer.get_json()["stale"]) == (200, True)
    status._last = (status._last[0] - COPY_SECONDS, status._last[1])
    assert ask(hub).status_code == 503
    monkeypatch.undo()
    status._rests_until = 0.0


def test_a_hub_that_does_not_sweep_calls_nothing_well() -> None:
    one = {
        "id": "a",
        "name": "n",
        "note": "",
        "kind": "server",
        "members": [["s", 0.0]],
        "check": None,
        "days": [],
        "incidents": [],
    }
    found = {"now": 1_800_000_000.0, "components": [one]}
    assert page(found, {"s": "unknown"})["state"] == "unknown"
    two = {**one, "kind": "group", "members": [["s", 0.0], ["t", 0.0]]}
    states = {("ok", "ok"): "ok", ("ok", "down"): "degraded", ("down", "down"): "down", ("ok", "unknown"): "unknown"}
    for (s, t), expected in states.items():
        assert page({**found, "components": [two]}, {"s": s, "t": t})["components"][0]["state"] == expected  # type: ignore[dict-item] # literals


HOSTILE = [
    "<script>alert(1)</script>",
    '"><svg onload=x>',
    "a&b'c",
    "]]>",
    "한국어 서비스 이름",
    "x" * 100,
    "&#x0;",
    "\u202eabc",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("locale", ["en", "ko"])
def test_a_badge_is_well_formed_and_holds_no_markup_of_a_name(name: str, locale: str) -> None:
    text = badge(name, "degraded", locale)
    root = ElementTree.fromstring(text)  # noqa: S314 - made by the badge itself
    assert {element.tag.partition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "path", "g", "text"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or "href" in key]
    assert len(text) < 2_000


def test_korean_gets_the_room_it_needs() -> None:
    assert width("가나다") == 33
    assert width("abc") == 20


def test_a_badge_is_an_image_that_may_be_shown_elsewhere(hub: Admitted) -> None:
    component = public(hub, "쇼핑몰", "server", SEEN)
    answer = ask(hub, f"/badge/{component}.svg?locale=ko")
    assert answer.mimetype == "image/svg+xml"
    assert "쇼핑몰: 정상" in answer.text
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "status: operational" in ask(hub, "/badge/all.svg").text
    assert ask(hub, "/badge/all.svg?locale=xx").status_code == 400
