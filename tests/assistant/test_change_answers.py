"""Answers to what changed and what moves together, against what was made to happen and to follow."""

from __future__ import annotations

import random
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import Sight
from tests.assistant import troubled_fleet
from tests.assistant.known_fleet import ZONE, Hub, facts

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
LAG = 3  # minutes that the database is behind the balancer


@pytest.fixture(scope="module")
def troubled(troubled: Hub) -> Hub:
    """With a balancer whose traffic db-09's load follows, and a server that goes its own way."""
    chance = random.Random(7)
    traffic = [1e6 * (5 + chance.gauss(0, 1)) for _ in range(120 + LAG)]
    own = [chance.gauss(10, 1) for _ in range(120)]
    now = time.time()
    times = [int(now) - 60 * minute for minute in range(120, 0, -1)]
    followed = [
        {"at": at, "load1": traffic[n] / 1e6 + chance.gauss(0, 0.05), "cpu": own[n]} for n, at in enumerate(times)
    ]
    leading = [{"at": at, "net_in": traffic[n + LAG], "cpu": 20 + n % 2} for n, at in enumerate(times)]
    troubled_fleet.report(troubled.services, "lb-01", leading, now)
    troubled_fleet.report(troubled.services, "db-09", followed, now)
    return troubled


def lately(minutes: float) -> dict[str, str]:
    now = time.time()
    return {
        name: datetime.fromtimestamp(int(at), ZoneInfo(ZONE)).isoformat()
        for name, at in (("start", now - 60 * minutes), ("end", now))
    }


@BOTH
def test_what_happened_and_what_changed_is_told_with_times(hub: Hub, locale: str) -> None:
    reply = hub.ask("change_correlation", locale, servers=["api-02", "db-01"], time=lately(60))
    assert facts(reply, "events") == [1]
    assert "`api v2.4.1`" in reply.answer
    assert f"{datetime.fromtimestamp(int(hub.now) - 2_100, ZoneInfo(ZONE)):%H:%M}" in reply.answer
    assert facts(reply, "changes") == [2]
    assert facts(reply, "latency", "api-02") == [180, 1240]
    assert facts(reply, "iowait", "db-01") == [4, 38]
    assert "nginx: upstream timed out" in reply.answer
    assert (
        ("상관관계" in reply.answer or "원인이라는 뜻은" in reply.answer)
        if locale == "ko"
        else "not cause" in reply.answer
    )
    assert {"event", "log", "metric"} <= {one["kind"] for one in reply.evidence}


@BOTH
def test_where_nothing_changed_that_is_said(hub: Hub, locale: str) -> None:
    reply = hub.ask("change_correlation", locale, servers=["web-01"], time=lately(90))
    assert facts(reply, "events") == [0]
    assert facts(reply, "changes") == [0]
    assert ("바뀐 것이 없습니다" if locale == "ko" else "nothing changed") in reply.answer.splitlines()[0]
    usual = hub.ask("change_correlation", locale, servers=["web-01"])
    assert ("기본 6시간" if locale == "ko" else "the default 6 h") in usual.answer.splitlines()[0]


@BOTH
def test_two_measures_that_go_along_are_told_with_r_and_who_is_ahead(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("change_correlation", locale, servers=["lb-01"], groups=["db"], metrics=["net_in", "load"])
    first = reply.answer.splitlines()[0]
    assert ("함께 움직입니다" if locale == "ko" else "they move together") in first
    assert first.index("lb-01") < first.index("db-09")
    assert facts(reply, "r")[0] > 0.9
    assert facts(reply, "lag") == [LAG]
    assert ("상관관계는 원인이 아닙니다" if locale == "ko" else "Correlation is not cause") in reply.answer


@BOTH
def test_two_measures_that_do_not_are_told_so(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("change_correlation", locale, servers=["db-09"], metrics=["cpu", "load"])
    assert ("볼 수 없습니다" if locale == "ko" else "no sign") in reply.answer.splitlines()[0]
    assert abs(facts(reply, "r")[0]) < 0.5
    none = troubled.ask("change_correlation", locale, servers=["db-09"], metrics=["gpu", "load"])
    assert ("부족해" if locale == "ko" else "too few") in none.answer.splitlines()[0]


@BOTH
def test_what_goes_along_with_one_measure(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("change_correlation", locale, servers=["db-09"], metrics=["load"])
    assert "lb-01" in reply.answer
    assert facts(reply, "related") == [1]
    assert facts(reply, "lag") == [LAG]
    assert reply.chart is not None
    assert {"server": "lb-01", "metric": "net_in"} in reply.chart["series"]


@BOTH
def test_since_when_is_told_before_what_goes_along(hub: Hub, locale: str) -> None:
    text = "api-02 응답시간 언제부터 느렸어?" if locale == "ko" else "since when is latency so high on api-02"
    reply = hub.ask("change_correlation", locale, text=text, servers=["api-02"], metrics=["latency"])
    assert facts(reply, "latency", "api-02")[:2] == pytest.approx([180, 1240], rel=0.01)
    first = reply.answer.splitlines()[0]
    # Measured every five minutes: the first sample after the change, which may lie in another hour.
    since = [datetime.fromtimestamp(int(hub.now) - 1_800 + late, ZoneInfo(ZONE)) for late in range(-60, 421, 60)]
    assert any(f"{one:%H:%M}" in first for one in since), first
    assert ("부터 높아졌습니다" if locale == "ko" else "went up at") in first
    still = hub.ask("change_correlation", locale, text=text, servers=["web-01"], metrics=["cpu"])
    assert ("올라간 때가 없습니다" if locale == "ko" else "did not go up in") in still.answer.splitlines()[0]


@BOTH
def test_measured_every_five_minutes_is_enough(hub: Hub, locale: str) -> None:
    reply = hub.ask("change_correlation", locale, servers=["web-01"], metrics=["cpu", "memory"])
    assert facts(reply, "values_in_common")[0] >= 30


def test_what_is_out_of_sight_is_not_named(troubled: Hub) -> None:
    staging = Sight(tags=("env:staging",))
    for entities in ({}, {"metrics": ["cpu"]}, {"metrics": ["cpu", "memory"]}):
        reply = troubled.ask("change_correlation", sight=staging, **entities)
        assert not {"web-01", "db-01", "lb-01", "db-09"} & {one.server for one in reply.facts}
        assert "web-01" not in reply.answer


@BOTH
def test_what_others_wrote_stays_text(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("change_correlation", locale, servers=["web-01"], time=lately(90))
    line = next(one for one in reply.answer.splitlines() if one.startswith(("일어난", "What happened")))
    assert "<img" not in "".join(line.split("`")[::2]), "only within code"
