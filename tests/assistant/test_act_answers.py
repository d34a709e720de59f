"""Acts are proposed, never done by the answer: what they would change, for whom, until when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import Sight
from lib.mcp.core.assistant import answer
from lib.mcp.core.question import Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from tests.assistant.known_fleet import ZONE, Hub, facts, keeps_contract
from tests.assistant.troubled_fleet import alert_of

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
STAGING = Sight(tags=("env:staging",))


@pytest.fixture(scope="module")
def troubled(troubled: Hub) -> Iterator[Hub]:
    """Nothing that is asked here changes anything, so one is enough."""
    before = everything(troubled)
    yield troubled
    assert everything(troubled) == before


def everything(hub: Hub) -> list[Any]:
    tables = ("omv.rule", "omv.silence", "omv.transition", "omv.audit")
    return [hub.pair.rows(f"select * from {table} order by 1, 2") for table in tables]


def only(reply: Any) -> dict[str, Any]:
    (action,) = reply.actions
    found: dict[str, Any] = action["params"]
    return found


@BOTH
def test_acknowledging_names_the_alerts_first(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("alert_ack", locale, servers=["db-01"])
    assert only(reply) == {"alerts": [alert_of(troubled, "db-01")["id"]]}
    assert reply.actions[0]["type"] == "alert_ack"
    assert facts(reply, "alerts") == [1]
    assert facts(reply, "memory", "db-01") == [97.5]
    assert ("확인을 눌러야" if locale == "ko" else "until you confirm") in reply.answer


@BOTH
def test_acknowledging_without_saying_which_asks(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("alert_ack", locale)
    assert reply.actions == []
    assert "db-01" in reply.answer
    assert "web-01" in reply.answer
    every = troubled.ask("alert_ack", locale, text="모든 알림 확인" if locale == "ko" else "ack all alerts")
    assert len(only(every)["alerts"]) == 2
    cpu = troubled.ask("alert_ack", locale, metrics=["cpu"])
    assert only(cpu) == {"alerts": [alert_of(troubled, "web-01")["id"]]}
    none = troubled.ask("alert_ack", locale, servers=["web-02"])
    assert none.actions == []
    assert facts(none, "alerts") == [0]


@BOTH
def test_a_viewer_is_told_who_may(troubled: Hub, locale: str) -> None:
    sources = Sources(troubled.services, Sight(), ZoneInfo(ZONE))
    say = Say("ko" if locale == "ko" else "en", sources.zone, sources.now)
    answer(Asked("alert_silence", {"servers": ["web-01"], "duration_s": 600}), sources, say)
    reply = say.finish(None)
    keeps_contract(reply)
    assert "operator" in reply.answer


@BOTH
def test_a_silence_says_what_from_when_until_when(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("alert_silence", locale, servers=["web-01"], duration_s=1_800)
    params = only(reply)
    assert params["scope"] == {"servers": ["web-01"]}
    assert abs(params["ends"] - (time.time() + 1_800)) < 60
    first = reply.answer.splitlines()[0]
    zone = ZoneInfo(ZONE)
    assert f"{datetime.fromtimestamp(params['ends'], zone):%H:%M}" in first
    assert "web-01" in first
    assert facts(reply, "alerts") == [1]
    usual = troubled.ask("alert_silence", locale, groups=["db"])
    assert only(usual)["scope"] == {"groups": ["db"]}
    assert ("db 서버 전체" if locale == "ko" else "every server of db") in usual.answer.splitlines()[0]
    assert abs(only(usual)["ends"] - (time.time() + 3_600)) < 60
    assert ("기본" if locale == "ko" else "default") in usual.answer.splitlines()[0]


@BOTH
def test_a_silence_of_a_time_to_come_begins_then(troubled: Hub, locale: str) -> None:
    begin = datetime.now(ZoneInfo(ZONE)).replace(microsecond=0) + timedelta(hours=9)
    span = {"start": begin.isoformat(), "end": (begin + timedelta(hours=2)).isoformat()}
    reply = troubled.ask("alert_silence", locale, groups=["web"], time=span)
    params = only(reply)
    assert (params["starts"], params["ends"]) == (begin.timestamp(), begin.timestamp() + 7_200)
    assert f"{begin:%H:%M}" in reply.answer.splitlines()[0]


@BOTH
def test_a_silence_until_a_time_and_of_a_metric(troubled: Hub, locale: str) -> None:
    end = datetime.now(ZoneInfo(ZONE)).replace(microsecond=0) + timedelta(hours=5)
    span = {"start": datetime.now(ZoneInfo(ZONE)).isoformat(), "end": end.isoformat()}
    reply = troubled.ask("alert_silence", locale, tags=["env:prod"], metrics=["memory"], time=span)
    assert only(reply) == {"scope": {"tags": ["env:prod"]}, "metric": "memory", "ends": int(end.timestamp())}
    load = troubled.ask("alert_silence", locale, servers=["web-01"], metrics=["load"], duration_s=600)
    assert only(load)["rules"] == ["load"]
    nothing = troubled.ask("alert_silence", locale, servers=["web-01"], metrics=["network"], duration_s=600)
    assert nothing.actions == []


@BOTH
def test_silencing_everything_is_proposed_only_where_it_is_said(troubled: Hub, locale: str) -> None:
    vague = troubled.ask("alert_silence", locale, duration_s=600)
    assert vague.actions == []
    assert "?" in vague.answer.splitlines()[0]
    all_of_it = "모든 알림 10분 꺼줘" if locale == "ko" else "mute everything for 10 minutes"
    reply = troubled.ask("alert_silence", locale, text=all_of_it, duration_s=600)
    assert only(reply)["scope"] == {}
    assert ("위험 알림도" if locale == "ko" else "Critical alerts will reach nobody") in reply.answer
    critical = troubled.ask("alert_silence", locale, severity=["critical"], duration_s=600)
    assert only(critical)["incidents"] == [alert_of(troubled, "db-01")["id"]]
    info = troubled.ask("alert_silence", locale, severity=["info"], duration_s=600)
    assert info.actions == []


def test_whoever_sees_some_servers_acts_on_those_by_name(troubled: Hub) -> None:
    mute = troubled.ask("alert_silence", sight=STAGING, groups=["db"], duration_s=600)
    assert only(mute)["scope"] == {"servers": ["db-02"]}
    level = {"metric": "memory", "op": "gt", "value": 60, "unit": "%"}
    made = troubled.ask("threshold_set", sight=STAGING, conditions=[level])
    assert only(made)["wanted"]["scope"] == {"servers": ["db-02"]}
    ack = troubled.ask("alert_ack", sight=STAGING, text="모든 알림 확인")
    assert ack.actions == []


@BOTH
def test_a_level_for_every_server_changes_the_rule_of_every_server(troubled: Hub, locale: str) -> None:
    level = {"metric": "memory", "op": "gt", "value": 85, "unit": "%"}
    reply = troubled.ask("threshold_set", locale, conditions=[level], severity=["warning"])
    assert only(reply) == {"rule": "memory", "version": 1, "set": {"warning": 85}}
    assert facts(reply, "memory_warning") == [85, 90]  # the new one, and what it was
    assert "→" in reply.answer.splitlines()[0]
    assert facts(reply, "beyond") == [1]
    assert facts(reply, "memory", "db-01") == [97.5]


@BOTH
def test_the_recovery_level_moves_along_where_it_must(troubled: Hub, locale: str) -> None:
    level = {"metric": "cpu", "op": "gte", "value": 75, "unit": "%"}
    reply = troubled.ask("threshold_set", locale, conditions=[level], severity=["warning"], duration_s=600)
    assert only(reply)["set"] == {"warning": 75, "hold_seconds": 600, "recovery": 65}
    assert facts(reply, "cpu_recovery") == [65, 80]


@BOTH
def test_a_level_for_some_servers_is_a_rule_of_its_own(troubled: Hub, locale: str) -> None:
    level = {"metric": "memory", "op": "gte", "value": 88, "unit": "%"}
    reply = troubled.ask("threshold_set", locale, groups=["db"], conditions=[level])
    params = only(reply)["wanted"]
    assert params["scope"] == {"groups": ["db"]}
    assert params["warning"] == 88
    assert "critical" not in params
    assert (params["hold_seconds"], params["recovery"]) == (900, 78)  # as the rule that holds for all has it
    assert params["name"] == "Memory db 88%"
    assert ("그대로" if locale == "ko" else "stay as they are") in reply.answer
    assert ("기본 심각도" if locale == "ko" else "default severity") in reply.answer
    both = [{**level, "value": 80}, {**level, "value": 95}]
    two = troubled.ask("threshold_set", locale, servers=["db-01"], conditions=both, severity=["warning", "critical"])
    assert (only(two)["wanted"]["warning"], only(two)["wanted"]["critical"]) == (80, 95)


@BOTH
def test_levels_that_make_no_sense_are_not_offered(troubled: Hub, locale: str) -> None:
    def asked(**condition: Any) -> Any:
        return troubled.ask("threshold_set", locale, conditions=[{"metric": "memory", "unit": "%", **condition}])

    assert asked(op="gt", value=98).actions == []  # beyond the critical level of the same rule
    assert asked(op="gt", value=140).actions == []
    assert asked(op="between", value=10, value2=20).actions == []
    assert asked(metric="network", op="gt", value=10, unit="MB/s").actions == []
    assert asked(metric="memory_free", op="lt", value=1, unit="GB").actions == []
    assert troubled.ask("threshold_set", locale).actions == []


@BOTH
def test_other_ways_of_looking_at_a_metric_stay(troubled: Hub, locale: str) -> None:
    load = troubled.ask("threshold_set", locale, conditions=[{"metric": "load", "op": "gt", "value": 10, "unit": ""}])
    assert only(load)["wanted"]["metric"] == "load1"
    assert ("부하" if locale == "ko" else "Load") in load.answer.splitlines()[1]  # judged per core, and left alone
    free = troubled.ask(
        "threshold_set", locale, conditions=[{"metric": "disk_free", "op": "lt", "value": 10, "unit": "GB"}]
    )
    assert only(free)["rule"] == "disk-free"
    assert only(free)["set"] == {"warning": 10e9, "recovery": 11e9}
    slow = {"metric": "latency", "op": "gt", "value": 2, "unit": "s"}
    made = troubled.ask("threshold_set", locale, servers=["web-01"], conditions=[slow], duration_s=60)
    assert only(made)["wanted"]["warning"] == 2_000
    assert only(made)["wanted"]["hold_seconds"] == 60


def test_more_names_than_a_scope_holds_are_refused(troubled: Hub) -> None:
    asked = {"metric": "memory", "op": "gt", "value": 60, "unit": "%"}
    names = [f"web-{number:03}" for number in range(60)]
    reply = troubled.ask("threshold_set", conditions=[asked], servers=[*names, "web-01"])
    assert reply.actions == []


@BOTH
def test_that_server_is_never_all_of_them(troubled: Hub, locale: str) -> None:
    text = {"ko": "그 서버 알림 1시간 꺼줘", "en": "mute that server for an hour"}[locale]
    lost = troubled.ask("alert_silence", locale, text=text, metrics=["memory"], duration_s=3_600)
    assert lost.actions == []
    assert ("어느 서버" if locale == "ko" else "Which server") in lost.answer.splitlines()[0]
    found = troubled.ask("alert_silence", locale, text=text, servers=["web-01"], duration_s=3_600)
    assert only(found)["scope"] == {"servers": ["web-01"]}
    ack = {"ko": "그 서버 알림 확인 처리해줘", "en": "acknowledge that server"}[locale]
    assert troubled.ask("alert_ack", locale, text=ack, metrics=["memory"]).actions == []


@BOTH
def test_a_level_that_is_not_said_is_asked_for_of_the_metric_that_is(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("threshold_set", locale, metrics=["disk"])
    assert reply.actions == []
    first = reply.answer.splitlines()[0]
    assert ("디스크 85%" if locale == "ko" else "disk exceeds 85%") in first
    assert "db-01" not in first
    assert any(one in reply.suggestions[0] for one in ("디스크", "disk"))
