"""Answers to why: what changed, by which hypotheses, and what was ruled out, against what was made to happen."""

from __future__ import annotations

import math
import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import Sight
from lib.mcp.core.drifting import drifts
from lib.mcp.core.responder import Reply
from lib.monitoring.analyzers.tracks import track
from tests.assistant.known_fleet import HOUR, ZONE, Hub, facts
from tests.assistant.troubled_fleet import alert_of

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])


def clock(at: float) -> str:
    return f"{datetime.fromtimestamp(int(at), ZoneInfo(ZONE)):%H:%M}"


def time_of(start: float, end: float) -> dict[str, str]:
    return {
        name: datetime.fromtimestamp(int(at), ZoneInfo(ZONE)).isoformat()
        for name, at in (("start", start), ("end", end))
    }


def line(reply: Reply, *beginnings: str) -> str:
    return next(one for one in reply.answer.splitlines() if one.startswith(beginnings))


@BOTH
def test_a_slow_server_is_explained_by_what_happened_before(hub: Hub, locale: str) -> None:
    reply = hub.ask("root_cause", locale, servers=["api-02"], text="api-02 왜 느려?")
    first = reply.answer.splitlines()[0]
    # 180 ms until half an hour ago, 1240 ms since; medians over wobbles of some tenths.
    assert facts(reply, "latency", "api-02") == [180, 1240]
    # Half an hour ago it was measured every five minutes.
    assert any(clock(hub.now - 1_800 + 60 * minute) in first for minute in range(-1, 6))
    assert "`api v2.4.1`" in line(reply, "가장 유력", "Most likely")
    assert clock(hub.now - 2_100) in line(reply, "가장 유력", "Most likely")
    then = line(reply, "그다음", "Then")
    assert "db-01" in then
    assert facts(reply, "iowait", "db-01") == [4, 38]
    excluded = line(reply, "제외", "Ruled out")
    assert "upstream timed out" in excluded  # it came after
    assert facts(reply, "cpu", "api-02") == [25]
    assert facts(reply, "peers_measured") == [1]
    assert facts(reply, "peers_changed") == [0]
    last = reply.answer.splitlines()[-1]
    assert ("틀린 것" if locale == "ko" else "wrong if") in last
    assert ("상관관계는 원인이 아닙니다" if locale == "ko" else "Correlation is not cause") in last
    kinds = {(one["kind"], one["id"]) for one in reply.evidence}
    assert {("event", "d-1"), ("metric", "db-01/iowait"), ("metric", "api-02/latency")} <= kinds
    assert reply.chart is not None
    assert reply.chart["series"][0] == {"server": "api-02", "metric": "latency"}


@BOTH
def test_scores_and_words_go_together(hub: Hub, locale: str) -> None:
    reply = hub.ask("root_cause", locale, servers=["api-02"], metrics=["latency"])
    scores = facts(reply, "score")
    assert scores == sorted(scores, reverse=True)
    assert 0.65 <= scores[0] <= 1
    assert ("신뢰도 높음" if locale == "ko" else "high confidence") in line(reply, "가장 유력", "Most likely")
    assert ("신뢰도 보통" if locale == "ko" else "medium confidence") in line(reply, "그다음", "Then")


@BOTH
def test_an_alert_is_explained_from_when_it_began(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("root_cause", locale, servers=["web-01"])
    alert = alert_of(troubled, "web-01")
    before, after = facts(reply, "cpu", "web-01")[:2]
    assert (before, after) == (pytest.approx(20, abs=0.5), pytest.approx(95, abs=0.5))
    assert any(clock(alert["since_epoch"] + shift) in reply.answer.splitlines()[0] for shift in (-60, 0, 60))
    assert alert["id"] in {one["id"] for one in reply.evidence}
    assert facts(reply, "process_cpu", "web-01") == [88.5]
    assert reply.chart is not None
    assert reply.chart["threshold"] == 90


@BOTH
def test_without_a_target_the_worst_open_alert_is_meant_and_that_is_said(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("root_cause", locale)
    assert "db-01" in reply.answer.splitlines()[0]
    assert ("가장 심각한 알림" if locale == "ko" else "the worst alert") in reply.answer
    before, after = facts(reply, "memory", "db-01")[:2]
    assert (before, after) == (pytest.approx(45, abs=0.1), pytest.approx(97.5, abs=0.1))
    cpu = troubled.ask("root_cause", locale, metrics=["cpu"])
    assert "web-01" in cpu.answer.splitlines()[0]


@BOTH
def test_a_time_means_what_happened_then(troubled: Hub, locale: str) -> None:
    over = alert_of(troubled, "db-02")
    then = time_of(over["opened_at_epoch"] - 600, over["opened_at_epoch"] + 600)
    reply = troubled.ask("root_cause", locale, servers=["db-02"], time=then)
    assert "db-02" in reply.answer.splitlines()[0]
    assert over["id"] in {one["id"] for one in reply.evidence}
    quiet = troubled.ask("root_cause", locale, servers=["web-02"], time=then)
    assert ("설명할 것이 없습니다" if locale == "ko" else "nothing to explain") in quiet.answer


@BOTH
def test_where_nothing_changed_it_is_said_with_the_figures(hub: Hub, locale: str) -> None:
    reply = hub.ask("root_cause", locale, servers=["web-01"], metrics=["cpu"])
    values = hub.values("web-01", "cpu", hub.now - 24 * HOUR, hub.now)
    told = facts(reply, "cpu", "web-01")
    assert {min(values), max(values)} <= set(told)
    assert ("설명할 변화가 없습니다" if locale == "ko" else "no change to explain") in reply.answer
    none = hub.ask("root_cause", locale, servers=["web-01"], metrics=["gpu"])
    assert ("수집된 값이 없어" if locale == "ko" else "nothing was collected") in none.answer


@BOTH
def test_what_others_wrote_is_data(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("root_cause", locale, servers=["web-01"])
    likely = line(reply, "가장 유력", "Most likely")
    start = likely.index("`")
    assert likely.count("`") == 2, "one piece of code, whatever is in it"
    assert "<img" not in likely[:start] + likely[likely.rindex("`") :]
    assert "99" not in {str(one.value) for one in reply.facts}
    assert "java'|" in reply.answer


def test_servers_out_of_sight_explain_nothing(troubled: Hub) -> None:
    staging = Sight(tags=("env:staging",))
    reply: Any = troubled.ask("root_cause", sight=staging, servers=["db-02"], metrics=["cpu"])
    assert "web-01" not in reply.answer
    assert "db-01" not in reply.answer
    assert not {one["server"] for one in (reply.chart or {"series": []})["series"]} - {"db-02"}


@BOTH
def test_a_silent_server_is_told_with_what_it_sent_last(hub: Hub, locale: str) -> None:
    reply = hub.ask("root_cause", locale, servers=["legacy-01"])
    assert reply.stale
    assert ("마지막 보고" if locale == "ko" else "last report") in reply.answer.splitlines()[0]
    assert facts(reply, "disk", "legacy-01") == [10]
    assert facts(reply, "silent_together") == [0]
    assert facts(reply, "score") == [0.2]
    assert ("구분할 수 없습니다" if locale == "ko" else "cannot be told") in reply.answer


@BOTH
def test_what_changed_in_the_time_comes_before_an_alert_that_was_open_already(hub: Hub, locale: str) -> None:
    lately = time_of(hub.now - HOUR, hub.now)
    reply = hub.ask("root_cause", locale, servers=["db-01"], time=lately)
    assert facts(reply, "iowait", "db-01")[:2] == [4, 38]
    earlier = hub.ask("root_cause", locale, servers=["db-01"], time=time_of(hub.now - 10 * HOUR, hub.now - 9 * HOUR))
    assert facts(earlier, "memory", "db-01")  # nothing changed then: the alert that was open


@BOTH
def test_what_rises_steadily_is_told_with_its_rate(hub: Hub, locale: str) -> None:
    for entities in ({"servers": ["web-02"], "metrics": ["disk"]}, {"servers": ["web-02"]}):
        reply = hub.ask("root_cause", locale, **entities)
        first = reply.answer.splitlines()[0]
        assert ("꾸준히 오르고" if locale == "ko" else "has risen steadily") in first
        (rate,) = [one for one in reply.facts if one.metric.endswith("_per_hour")]
        assert rate.value == pytest.approx(4 / 24, abs=0.02)  # four points a day
        assert rate.unit == ("%p" if locale == "ko" else "pp")
        assert ("틀린 것" if locale == "ko" else "Wrong if") in reply.answer


def test_a_leak_is_called_one_and_noise_is_not() -> None:
    chance = random.Random(5)
    at = [60 * n for n in range(240)]
    leaking = [51.6 + 34.6 * n / 240 + chance.gauss(0, 0.4) for n in range(240)]
    late = [40.0 + max(0, n - 120) * 0.2 + chance.gauss(0, 0.3) for n in range(240)]
    noisy = [50 + chance.gauss(0, 3) for _ in at]
    daily = [50 + 20 * math.sin(2 * math.pi * n / 240) for n in range(240)]
    known = {"leaking": leaking, "late": late, "noisy": noisy, "daily": daily}
    tracks = {(name, "memory"): track(zip(at, values, values, values, strict=True)) for name, values in known.items()}
    found = {one.server: one for one in drifts(tracks)}
    assert set(found) == {"leaking", "late"}
    assert found["leaking"].is_from_start
    assert found["leaking"].per_hour == pytest.approx(34.6 / 4, rel=0.15)
    assert not found["late"].is_from_start
    assert found["late"].since == pytest.approx(60 * 132, abs=60 * 12)
