"""What was proposed and is confirmed: done by the page's own use cases, audited, and undone again."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import EVERYTHING, Sight
from lib.domain.audit import Note, noting
from lib.domain.errors import BadInput, Conflict, Forbidden, NotFound
from lib.mcp.core.actions import By, perform
from tests.assistant import troubled_fleet
from tests.assistant.known_fleet import ZONE, Hub, facts
from tests.assistant.troubled_fleet import alert_of

STAGING = Sight(tags=("env:staging",))


def noted(
    action: str, kind: str | None = None, object_id: str | None = None, **detail: Any
) -> AbstractContextManager[Note]:
    """As lib/web/noted.py, of no request."""
    return noting(Note(action, "user", "ada", kind, object_id, detail=detail))


def by(sight: Sight = EVERYTHING, now: float | None = None) -> By:
    return By("ada@example.org", sight, time.time() if now is None else now, ZoneInfo(ZONE), noted)


def proposed(hub: Hub, intent: str, **entities: Any) -> tuple[str, dict[str, Any]]:
    (action,) = hub.ask(intent, **entities).actions
    return action["type"], action["params"]


def audited(hub: Hub) -> list[str]:
    return [action for (action,) in hub.pair.rows("select action from omv.audit order by seq")]


def test_what_is_acknowledged_is_audited_and_stays_so(troubled: Hub) -> None:
    act = proposed(troubled, "alert_ack", servers=["web-01"])
    before = audited(troubled)
    done = perform(*act, troubled.services, by())
    alert = alert_of(troubled, "web-01")
    assert done["did"]["alerts"] == [alert["id"]]
    assert alert["acked_by"] == "ada@example.org"
    assert audited(troubled) == [*before, "incident_acknowledged"]
    assert "web-01" in done["ko"]
    assert "web-01" in done["en"]
    assert done["undo"] is None
    again = perform(*act, troubled.services, by())
    assert again["did"] == {"alerts": [], "left": [alert["id"]]}
    assert audited(troubled) == [*before, "incident_acknowledged"]
    assert alert_of(troubled, "web-01")["acked_at"] == alert["acked_at"]


def test_alerts_out_of_sight_are_not_acknowledged(troubled: Hub) -> None:
    act = proposed(troubled, "alert_ack", servers=["db-01"])
    with pytest.raises(NotFound):
        perform(*act, troubled.services, by(STAGING))
    assert alert_of(troubled, "db-01")["acked_at"] is None


def test_a_silence_mutes_until_its_end_and_is_ended_by_its_undo(troubled: Hub) -> None:
    act = proposed(troubled, "alert_silence", servers=["db-01"], duration_s=1_800)
    done = perform(*act, troubled.services, by())
    silence = troubled.services.quietbook.one(done["did"]["silence"])
    assert silence["state"] == "active"
    assert silence["ends_epoch"] == act[1]["ends"]
    assert silence["by"] == "ada@example.org"
    assert facts(troubled.ask("alert_list", alert_state="silenced"), "alerts") == [1]
    undo = done["undo"]
    perform(undo["type"], undo["params"], troubled.services, by())
    assert facts(troubled.ask("alert_list", alert_state="silenced"), "alerts") == [0]
    assert audited(troubled)[-2:] == ["silence_added", "silence_ended"]


def test_a_silence_of_a_time_to_come_is_set_for_then_and_listed(troubled: Hub) -> None:
    begin = int(time.time()) + 36_000
    moments = (datetime.fromtimestamp(at, ZoneInfo(ZONE)).isoformat() for at in (begin, begin + 3_600))
    act = proposed(troubled, "alert_silence", groups=["web"], time=dict(zip(("start", "end"), moments, strict=True)))
    done = perform(*act, troubled.services, by())
    silence = troubled.services.quietbook.one(done["did"]["silence"])
    assert (silence["state"], silence["starts_epoch"], silence["ends_epoch"]) == ("scheduled", begin, begin + 3_600)
    listed = troubled.ask("alert_list", alert_state="silenced")
    assert facts(listed, "alerts") == [0]
    assert facts(listed, "silences") == [1]
    assert "web" in listed.answer
    assert "예정, ada@example.org" in listed.answer
    assert facts(troubled.ask("alert_list", alert_state="silenced", servers=["db-01"]), "silences") == [0]
    perform(done["undo"]["type"], done["undo"]["params"], troubled.services, by())


def test_a_silence_of_what_is_not_seen_or_over_already_is_none(troubled: Hub) -> None:
    kind, params = proposed(troubled, "alert_silence", servers=["db-01"], duration_s=600)
    before = troubled.services.quietbook.everything()
    with pytest.raises(Forbidden):
        perform(kind, params, troubled.services, by(STAGING))
    with pytest.raises(BadInput):
        perform(kind, params, troubled.services, by(now=params["ends"] + 1))
    assert troubled.services.quietbook.everything() == before


def rule(hub: Hub, rule_id: str) -> dict[str, Any]:
    return next(one for one in hub.services.rulebook.everything()["rules"] if one["id"] == rule_id)


def test_a_level_is_changed_and_changed_back(troubled: Hub) -> None:
    level = {"metric": "memory", "op": "gt", "value": 70, "unit": "%"}
    act = proposed(troubled, "threshold_set", conditions=[level], severity=["warning"], duration_s=60)
    before = rule(troubled, "memory")
    done = perform(*act, troubled.services, by())
    after = rule(troubled, "memory")
    assert (after["warning"], after["critical"], after["recovery"], after["hold_seconds"]) == (70, 97, 60, 60)
    assert "90% → 70%" in done["en"]
    with pytest.raises(Conflict):  # it is another rule by now
        perform(*act, troubled.services, by())
    undo = done["undo"]
    perform(undo["type"], undo["params"], troubled.services, by())
    back = rule(troubled, "memory")
    changing = {"version", "updated_at", "updated_at_epoch"}
    assert {key: value for key, value in back.items() if key not in changing} == {
        key: value for key, value in before.items() if key not in changing
    }
    assert audited(troubled)[-2:] == ["rule_changed", "rule_changed"]


def test_a_narrower_rule_is_made_opens_alerts_and_is_removed(troubled: Hub) -> None:
    level = {"metric": "memory", "op": "gte", "value": 41, "unit": "%"}
    others = troubled.services.rulebook.everything()["rules"]
    act = proposed(
        troubled, "threshold_set", servers=["db-02"], conditions=[level], severity=["critical"], duration_s=60
    )
    done = perform(*act, troubled.services, by())
    made = rule(troubled, done["did"]["rule"])
    assert (made["scope"]["servers"], made["critical"], made["warning"]) == (["db-02"], 41, None)
    assert [one for one in troubled.services.rulebook.everything()["rules"] if one["id"] != made["id"]] == others
    now = time.time()
    samples = [{"at": int(now) - 50 + 10 * step, "memory": 42.0} for step in range(5)]
    troubled_fleet.report(troubled.services, "db-02", samples, now)
    undo = done["undo"]
    with pytest.raises(Conflict):
        perform(undo["type"], {**undo["params"], "version": 99}, troubled.services, by())
    perform(undo["type"], undo["params"], troubled.services, by())
    assert troubled.services.rulebook.everything()["rules"] == others
    assert audited(troubled)[-2:] == ["rule_added", "rule_removed"]


def test_levels_of_servers_out_of_sight_are_not_set(troubled: Hub) -> None:
    level = {"metric": "memory", "op": "gt", "value": 80, "unit": "%"}
    before = troubled.services.rulebook.everything()
    for entities in ({}, {"servers": ["db-01"]}, {"groups": ["web"]}):
        act = proposed(troubled, "threshold_set", conditions=[level], **entities)
        with pytest.raises(Forbidden):
            perform(*act, troubled.services, by(STAGING))
    assert troubled.services.rulebook.everything() == before


def test_names_in_what_was_done_are_data(troubled: Hub) -> None:
    name = "**x** <b>[y](z)"
    wanted = {"name": name, "metric": "cpu", "warning": 99.0, "scope": {"servers": ["db-02"]}}
    done = perform("threshold_set", {"wanted": wanted}, troubled.services, by())
    assert "\\*\\*x\\*\\* \\<b\\>\\[y\\](z)" in done["en"]
    perform(done["undo"]["type"], done["undo"]["params"], troubled.services, by())


def test_nothing_else_can_be_confirmed(troubled: Hub) -> None:
    with pytest.raises(BadInput):
        perform("server_delete", {"server": "db-01"}, troubled.services, by())
