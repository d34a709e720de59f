"""Recurrences against dateutil, which reads all of RFC 5545, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lib.domain.recurrences import read_rrule, recurs_after

SEOUL = ZoneInfo("Asia/Seoul")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def numbers(low: int, high: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(low, high), min_size=1, max_size=3, unique=True)


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    return st.integers(_new_year(first), _new_year(last)).map(lambda at: datetime.fromtimestamp(at, UTC))


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]
    if draw(st.booleans()):
        parts.append("BYMONTH=" + ",".join(map(str, draw(numbers(1, 12)))))
    if frequency != "WEEKLY" and draw(st.booleans()):
        days = st.integers(1, 31).flatmap(lambda n: st.sampled_from([n, -n]))
        parts.append("BYMONTHDAY=" + ",".join(map(str, draw(st.lists(days, min_size=1, max_size=4, unique=True)))))
    elif draw(st.booleans()):
        # Mixed (`MO,1TU`) they are either's days in the RFC; dateutil asks for both at once.
        by_place = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
        ordinals = ["1", "2", "-1", "-2"] if by_place else [""]
        words = st.tuples(st.sampled_from(ordinals), st.sampled_from(WEEKDAYS)).map("".join)
        parts.append("BYDAY=" + ",".join(draw(st.lists(words, min_size=1, max_size=3, unique=True))))
    if draw(st.booleans()):
        parts.append("BYHOUR=" + ",".join(map(str, draw(numbers(0, 23)))))
    if draw(st.booleans()):
        parts.append("BYMINUTE=" + ",".join(map(str, draw(numbers(0, 59)))))
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    if end == "UNTIL":
        parts.append(f"UNTIL={draw(moments(2026, 2030)):%Y%m%dT%H%M%SZ}")
    return ";".join(parts)


@settings(max_examples=400, deadline=None, phases=(Phase.reuse, Phase.generate))
@given(rules(), moments(2026, 2027), st.integers(0, 1_500), st.integers(1, 4))
def test_the_next_occurrences_are_those_of_dateutil(rule: str, start: datetime, days: int, most: int) -> None:
    begun = start.replace(tzinfo=SEOUL)  # it never sets its clocks: there dateutil is right
    after = begun + timedelta(days=days)
    expected = []
    for moment in rrulestr(rule, dtstart=begun).xafter(after, count=most):
        if moment.year > 2034:
            break
        expected.append(moment.timestamp())
    found, at = [], after.timestamp()
    for _ in expected or [0]:
        one = recurs_after(rule, at, "Asia/Seoul", begun.timestamp())
        if one is None or one > datetime(2035, 1, 1, tzinfo=SEOUL).timestamp():
            break
        found.append(one)
        at = one
    assert found == expected


def test_a_window_stays_at_its_hour_when_clocks_are_set() -> None:
    zone = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 10, 20, 2, 30, tzinfo=zone).timestamp()
    seen = []
    for _ in range(10):
        found = recurs_after("FREQ=DAILY", at, "Europe/Berlin", datetime(2026, 10, 20, 2, 30, tzinfo=zone).timestamp())
        assert found is not None
        at = found
        seen.append(datetime.fromtimestamp(at, zone))
    assert {f"{one:%H:%M}" for one in seen} == {"02:30"}
    assert [one.day for one in seen] == list(range(21, 31)), "the hour that comes twice counts once"
    gap = recurs_after("FREQ=DAILY", datetime(2027, 3, 27, 12, tzinfo=zone).timestamp(), "Europe/Berlin", at)
    assert gap == datetime(2027, 3, 28, 1, 30, tzinfo=UTC).timestamp(), "02:30 is left out: 03:30 it is"


def test_a_day_as_the_end_is_meant_to_its_end() -> None:
    start = datetime(2026, 12, 30, 22, tzinfo=SEOUL).timestamp()
    last = recurs_after("FREQ=DAILY;UNTIL=20261231", start, "Asia/Seoul", start)
    assert last == datetime(2026, 12, 31, 22, tzinfo=SEOUL).timestamp()
    assert recurs_after("FREQ=DAILY;UNTIL=20261231", last, "Asia/Seoul", start) is None


def test_a_cron_expression_recurs_too_but_not_before_its_start() -> None:
    start = datetime(2026, 11, 25, 3, tzinfo=SEOUL).timestamp()
    assert recurs_after("0 3 * * *", 0.0, "Asia/Seoul", start) == start


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("FREQ=HOURLY", "FREQ"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=DAILY;BYSECOND=1", "BYSECOND"),
        ("FREQ=DAILY;BYWEEKNO=3", "BYWEEKNO"),
        ("FREQ=DAILY;X=1", "X=1"),
        ("FREQ=DAILY;FREQ=DAILY", "once"),
        ("FREQ=WEEKLY;WKST=SU", "WKST"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20260101", "both"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", "number"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY"),
        ("FREQ=DAILY;BYDAY=XX", "BYDAY"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1,2", "INTERVAL"),
        ("FREQ=DAILY;COUNT=5000", "COUNT"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20261399", "UNTIL"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
        ("FREQ=DAILY;BYMINUTE=", "BYMINUTE"),
        ("=", "not understood"),
    ],
)
def test_what_is_not_understood_is_refused_and_named(rule: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read_rrule(rule)


def test_what_never_comes_is_found_out_in_no_time() -> None:
    for rule in ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31",
                 "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"):  # fmt: skip
        assert recurs_after(rule, 1.8e9, "UTC", 1.7e9) is None
