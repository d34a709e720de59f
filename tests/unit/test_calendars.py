"""Cron expressions: the next time, in any zone, across the nights when clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.calendars import next_after, read_cron, read_zone


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def following(expression: str, after: str, zone: str = "UTC") -> str:
    found = next_after(expression, at(after, zone), zone)
    assert found is not None
    return datetime.fromtimestamp(found, ZoneInfo(zone)).replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("* * * * *", "2026-11-25 10:00:30", "2026-11-25 10:01"),
        ("*/15 * * * *", "2026-11-25 10:15", "2026-11-25 10:30"),
        ("0 3 * * *", "2026-11-25 03:00", "2026-11-26 03:00"),
        ("0 3 * * 1-5", "2026-11-27 04:00", "2026-11-30 03:00"),
        ("30 9 1,15 * *", "2026-11-15 09:30", "2026-12-01 09:30"),
        ("0 0 13 * fri", "2026-11-25 00:00", "2026-11-27 00:00"),
        ("0 0 29 feb *", "2026-11-25 00:00", "2028-02-29 00:00"),
        ("0 12 * * 7", "2026-11-25 00:00", "2026-11-29 12:00"),
        ("5/20 8-10 * * *", "2026-11-25 10:45", "2026-11-26 08:05"),
        ("@weekly", "2026-11-25 00:00", "2026-11-29 00:00"),
    ],
)
def test_the_next_time_of_an_expression(expression: str, after: str, expected: str) -> None:
    assert following(expression, after) == expected


def test_a_time_that_is_said_happens_once_in_the_night_that_has_it_twice() -> None:
    zone = "America/New_York"
    assert following("30 1 * * *", "2026-10-31 12:00", zone) == "2026-11-01 01:30"
    first = next_after("30 1 * * *", at("2026-10-31 12:00", zone), zone)
    assert first is not None
    assert following_of(first, "30 1 * * *", zone) == "2026-11-02 01:30"


def following_of(after: float, expression: str, zone: str) -> str:
    found = next_after(expression, after, zone)
    assert found is not None
    return datetime.fromtimestamp(found, ZoneInfo(zone)).replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")


def test_what_happens_every_half_hour_happens_on_the_half_hour_of_every_night() -> None:
    for zone in ("America/New_York", "Asia/Seoul", "Australia/Lord_Howe"):
        moment = datetime(2026, 10, 31, 20, tzinfo=UTC).timestamp()
        for _ in range(100):
            found = next_after("*/30 * * * *", moment, zone)
            assert found is not None
            assert found - moment == 1800
            moment = found


def test_a_time_that_is_left_out_happens_later_and_is_not_lost() -> None:
    assert following("30 2 * * *", "2026-03-07 12:00", "America/New_York") == "2026-03-08 03:30"


def test_there_is_no_thirtieth_of_february() -> None:
    assert next_after("0 0 30 2 *", at("2026-01-01 00:00")) is None


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *",
                   "5-1 * * * *", "*/0 * * * *", "* * * * * *", "-1 * * * *", "1,,2 * * * *", "@reboot"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="cron expression"):
        read_cron(expression)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "x" * 5000, "a\0"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        read_zone(zone)


@given(
    st.sampled_from(["* * * * *", "*/7 * * * *", "0 */5 * * *", "15 2 * * *", "0 0 1 * *", "59 23 * * 0"]),
    st.floats(1.7e9, 1.9e9),
    st.sampled_from(["UTC", "Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_the_next_time_is_later_and_none_lies_between(expression: str, after: float, zone: str) -> None:
    found = next_after(expression, after, zone)
    assert found is not None
    assert found > after
    assert found % 60 == 0
    again = next_after(expression, found - 1, zone)
    assert again == found
