"""What will be: dates against lines that were drawn here, refusals where nothing grows or nothing is known."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import Sight
from tests.assistant.known_fleet import DAY, HOUR, ZONE, Hub, facts
from tests.assistant.past_fleet import CPU, DISK, GROWTH, RISEN, SIZE, span

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
GIB = 1 << 30


def days_until(server: str, mount: str, level: float) -> float:
    return (level - DISK[server][mount]) / GROWTH[server, mount]


def dates(answer: str) -> list[float]:
    """Days with a year in an answer, as epoch seconds of their noon."""
    import re

    zone = ZoneInfo(ZONE)
    return [
        datetime.fromisoformat(f"{found}T12:00").replace(tzinfo=zone).timestamp()
        for found in re.findall(r"\d{4}-\d{2}-\d{2}", answer)
    ]


@BOTH
def test_a_mount_that_fills_has_a_date_with_its_range_and_what_it_rests_on(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale, servers=["log-01"], metrics=["disk"])
    first, second, third = reply.answer.splitlines()
    expected = past.now + days_until("log-01", "/", 100) * DAY
    date, early, late = dates(first)
    assert abs(date - expected) <= 1.1 * DAY
    assert early <= date <= late
    (per_day,) = facts(reply, "disk:/_per_day", "log-01")
    assert per_day == pytest.approx(GROWTH["log-01", "/"], abs=0.1)
    assert facts(reply, "disk:/_size", "log-01") == [SIZE // GIB]
    assert facts(reply, "disk:/_used", "log-01") == [pytest.approx(SIZE * 0.87 / GIB, abs=0.1)]
    assert facts(reply, "history", "log-01") == [3]
    assert facts(reply, "disk:/_error", "log-01")
    assert ("기록 3일" if locale == "ko" else "3 d of history") in second
    assert "90%" in third
    assert reply.chart is not None
    assert reply.chart["threshold"] == 100


@BOTH
def test_what_does_not_grow_has_no_date(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale, servers=["web-01"], metrics=["disk"])
    assert ("증가 추세가 없어" if locale == "ko" else "no growth") in reply.answer.splitlines()[0]
    assert facts(reply, "disk:/_per_day", "web-01") == [0]
    assert dates(reply.answer) == []


@BOTH
def test_each_mount_is_told_apart(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale, servers=["db-01"], metrics=["disk"])
    lines = reply.answer.splitlines()
    assert "/data" in lines[0]
    assert facts(reply, "disk:/data_per_day", "db-01") == [pytest.approx(4.0, abs=0.2)]
    assert facts(reply, "disk:/_per_day", "db-01") == [0]
    assert len(dates(reply.answer)) == 3


@BOTH
def test_of_the_fleet_whoever_comes_first_is_named_and_the_rest_in_order(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale)
    assert facts(reply, "dated") == [2]
    assert facts(reply, "no_date") == [4]
    assert "log-01" in reply.answer.splitlines()[0]
    assert reply.table is not None
    assert ["log-01" in reply.table["rows"][0][0], "/data" in reply.table["rows"][1][0]] == [True, True]


@BOTH
def test_a_level_of_one_s_own_is_asked_of_the_same_growth(past: Hub, locale: str) -> None:
    condition = {"metric": "disk", "op": "gte", "value": 90, "unit": "%"}
    reply = past.ask("forecast", locale, servers=["log-01"], conditions=[condition], metrics=["disk"])
    assert facts(reply, "level") == [90]
    told = [datetime.fromisoformat(str(one.value)).timestamp() for one in reply.facts if one.metric == "time"]
    expected = past.now + days_until("log-01", "/", 90) * DAY
    assert abs(told[0] - expected) < 4 * HOUR
    there = past.ask("forecast", locale, servers=["log-01"], conditions=[{**condition, "value": 80}])
    assert ("이미" if locale == "ko" else "already") in there.answer.splitlines()[0]


@BOTH
def test_a_deadline_is_answered_with_yes_or_no(past: Hub, locale: str) -> None:
    soon = past.ask("forecast", locale, servers=["log-01"], metrics=["disk"], time=span(past, 0, -3 * DAY))
    late = past.ask("forecast", locale, servers=["log-01"], metrics=["disk"], time=span(past, 0, -30 * DAY))
    no, yes = ("도달하지 않을", "도달할 것으로") if locale == "ko" else ("not likely", "likely")
    assert no in soon.answer.splitlines()[0]
    assert yes in late.answer.splitlines()[0]
    assert no not in late.answer.splitlines()[0]
    none = past.ask("forecast", locale, time=span(past, 0, -2 * DAY))
    assert facts(none, "dated") == [0]


@BOTH
def test_a_metric_of_tomorrow_is_told_with_its_range(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale, servers=["web-02"], metrics=["cpu"], time=span(past, -12 * HOUR, -20 * HOUR))
    assert facts(reply, "cpu_foreseen", "web-02") == [CPU["web-02"]]
    (low,), (high,) = (facts(reply, f"cpu_foreseen_{end}", "web-02") for end in ("low", "high"))
    assert low <= CPU["web-02"] <= high
    risen = past.ask("forecast", locale, servers=["web-01"], metrics=["cpu"])
    assert facts(risen, "cpu_foreseen", "web-01") == [pytest.approx(CPU["web-01"] + RISEN, abs=2)]
    assert ("기본 기간" if locale == "ko" else "the usual time") in risen.answer


@BOTH
def test_hours_are_not_foreseen_beyond_three_days(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale, servers=["web-02"], metrics=["cpu"], time=span(past, -10 * DAY, -11 * DAY))
    assert facts(reply, "horizon") == [3]
    assert facts(reply, "cpu_foreseen") == [CPU["web-02"]]  # of those three days
    assert facts(reply, "cpu_foreseen_high") == []
    assert ("말하지 않습니다" if locale == "ko" else "nothing is said") in reply.answer.splitlines()[0]


@BOTH
def test_a_fleet_s_metric_is_told_on_average_with_its_peak(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale, metrics=["memory"], time=span(past, -HOUR, -5 * HOUR))
    assert "db-01" in reply.answer.splitlines()[0]
    assert facts(reply, "memory_foreseen_avg") == [pytest.approx((40 + 60 + 80 + 30 + 10) / 5, abs=0.05)]
    assert reply.table is not None
    assert len(reply.table["rows"]) == 5


@BOTH
def test_what_is_not_collected_is_not_foreseen(past: Hub, locale: str) -> None:
    reply = past.ask("forecast", locale, servers=["web-01"], metrics=["gpu"])
    assert ("수집되지 않음" if locale == "ko" else "not collected") in reply.answer
    assert dates(reply.answer) == []


def test_forecasts_out_of_sight_are_not_told(past: Hub) -> None:
    reply = past.ask("forecast", "en", sight=Sight(("env:prod",)))
    assert "log-01" not in reply.answer
    assert facts(reply, "dated") == [] or facts(reply, "dated") == [1]


@BOTH
def test_a_level_of_one_s_own_is_asked_of_the_whole_fleet(past: Hub, locale: str) -> None:
    """What does not grow at all is not worked out again for it."""
    condition = {"metric": "disk", "op": "gte", "value": 90, "unit": "%"}
    reply = past.ask("forecast", locale, conditions=[condition], metrics=["disk"])
    assert facts(reply, "dated") == [2]
    assert facts(reply, "no_date") == [4]
    assert reply.table is not None
    assert ["log-01" in reply.table["rows"][0][0], "/data" in reply.table["rows"][1][0]] == [True, True]
    expected = past.now + days_until("db-01", "/data", 90) * DAY
    assert min(abs(date - expected) for date in dates(reply.answer)) < 1.1 * DAY
