"""The same hours of earlier days, by the clocks of a zone: through summer time and zones off by half an hour."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lib.monitoring.analyzers.hours import copies, hours_in, utc_hour

DAY, HOUR = 86_400, 3_600
BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")


def at(zone: ZoneInfo, *moment: int) -> int:
    year, month, day, hour = moment
    return int(datetime(year, month, day, hour, tzinfo=zone).timestamp())


def test_the_same_hours_before_are_whole_days_back() -> None:
    assert copies(10 * DAY, 11 * DAY, 2, UTC) == [(9 * DAY, 10 * DAY), (8 * DAY, 9 * DAY)]
    assert copies(10 * DAY, 10 * DAY + HOUR, 1, UTC) == [(9 * DAY, 9 * DAY + HOUR)]
    assert copies(70 * DAY, 100 * DAY, 1, UTC) == [(40 * DAY, 70 * DAY)]


def test_the_last_day_rounded_to_whole_hours_is_compared_with_every_day_before() -> None:
    """From 9:40 to 9:40 the next day is looked at as 9:00 to 10:00."""
    nine = 10 * DAY + 9 * HOUR
    days = [(nine - back * DAY, nine - back * DAY + DAY) for back in (1, 2, 3)]
    assert copies(nine, nine + DAY + HOUR, 3, UTC) == days
    assert copies(nine, nine + DAY + 2 * HOUR, 1, UTC) == [(nine - 2 * DAY, nine - DAY + 2 * HOUR)]


def test_before_the_clocks_change_the_same_hours_are_those_that_the_clocks_showed() -> None:
    """Berlin goes to summer time on 29 March 2026: nine o'clock was an hour later by UTC until then."""
    start = at(BERLIN, 2026, 3, 31, 9)
    found = [datetime.fromtimestamp(begun, BERLIN) for begun, _ in copies(start, start + HOUR, 4, BERLIN)]
    assert [(one.day, one.hour) for one in found] == [(30, 9), (29, 9), (28, 9), (27, 9)]
    assert all(until - begun == HOUR for begun, until in copies(start, start + HOUR, 4, BERLIN))


def test_copies_begin_on_whole_steps() -> None:
    start = at(BERLIN, 2026, 10, 26, 0) // (6 * HOUR) * 6 * HOUR
    assert all(begun % (6 * HOUR) == 0 for begun, _ in copies(start, start + 30 * DAY, 2, BERLIN, 6 * HOUR))


def test_hours_are_those_of_the_clocks_there() -> None:
    noon = at(KOLKATA, 2026, 6, 1, 12)
    hour_of = hours_in(KOLKATA)
    assert [hour_of(noon + offset) for offset in (-1, 0, HOUR - 1, HOUR, 12 * HOUR)] == [11, 12, 12, 13, 0]
    assert utc_hour(noon) == 6
    summer, winter = at(BERLIN, 2026, 7, 1, 9), at(BERLIN, 2026, 1, 15, 9)
    assert hours_in(BERLIN)(summer) == hours_in(BERLIN)(winter) == 9
