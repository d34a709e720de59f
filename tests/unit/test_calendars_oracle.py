"""Cron expressions against cronsim, which reads them as Debian's cron does."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.domain.calendars import next_after

ZONES = ("UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
START, END = 1_764_547_200, 1_900_000_000  # December 2025 to March 2030
HORIZON = 8 * 365 * 86_400  # beyond it ours looks no further


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda two: f"{min(two)}-{max(two)}")
    step = st.integers(1, high).map(lambda n: f"*/{n}")
    several = st.lists(st.one_of(number.map(str), span), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), step, several)


EXPRESSIONS = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, st.integers(START, END), st.sampled_from(ZONES))
def test_the_next_time_is_that_of_debians_cron(expression: str, after: int, zone: str) -> None:
    begun = datetime.fromtimestamp(after, ZoneInfo(zone))
    expected = next(CronSim(expression, begun), None)
    assume(expected is not None and expected.timestamp() - after < HORIZON)
    assert expected is not None
    # In the nights when clocks are set the two differ on purpose: what is left out is ours as much later.
    assume(_is_steady(begun) and _is_steady(expected))
    assert next_after(expression, after, zone) == expected.timestamp()


def _is_steady(moment: datetime) -> bool:
    day = timedelta(days=1)
    return (moment - day).utcoffset() == (moment + day).utcoffset()
