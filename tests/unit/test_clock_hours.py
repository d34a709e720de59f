"""Forecasts follow the clock over a change to summer time and back."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lib.monitoring.clock_hours import HOUR, ClockHours
from lib.monitoring.forecasts import outlook_of

DAY = 24
BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)


def _end(moment: datetime, hours: int) -> int:
    return int(moment.timestamp()) + hours * HOUR


def _usual(at: int) -> float:
    """Busy from eight to four by the clock of Berlin."""
    return 70.0 if 8 <= datetime.fromtimestamp(at, BERLIN).hour < 16 else 20.0


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("since", [-20, 30, 150])
def test_what_is_usual_by_the_clock_is_foreseen_by_the_clock(change: datetime, since: int) -> None:
    end = _end(change, since)
    history = [_usual(end + hour * HOUR) for hour in range(-14 * DAY, 0)]
    came = [_usual(end + hour * HOUR) for hour in range(DAY)]

    def wrong(zone: ZoneInfo) -> int:
        found = outlook_of("cpu", history, [], DAY, ClockHours(zone, end, 14 * DAY, DAY)).body()["mid"]
        return sum(abs(said - truth) > 10 for said, truth in zip(found[:DAY], came, strict=True))

    assert wrong(BERLIN) == 0
    if since == 30:
        assert wrong(ZoneInfo("UTC")) > 0


def test_an_hour_shown_twice_is_a_mean_one_left_out_a_hole_and_nothing_moves_where_clocks_do_not() -> None:
    hours = [float(n) for n in range(10)]
    spring = ClockHours(BERLIN, _end(SPRING, 5), 10, 0)
    assert spring.laid(hours) == [1.0, 2.0, 3.0, 4.0, None, 5.0, 6.0, 7.0, 8.0, 9.0]
    autumn = ClockHours(BERLIN, _end(AUTUMN, 5), 10, 0)
    assert autumn.laid(hours) == [None, 0.0, 1.0, 2.0, 3.0, 4.5, 6.0, 7.0, 8.0, 9.0]
    seoul = ClockHours(ZoneInfo("Asia/Seoul"), _end(SPRING, 5), 336, 72)
    assert seoul.is_even
    assert seoul.laid([1.0, None]) == [1.0, None]


def test_the_hours_ahead_are_told_as_time_that_passes() -> None:
    spring = ClockHours(BERLIN, _end(SPRING, -3), 0, 8)
    path = [float(n) for n in range(8)]
    assert spring.told(path) == [0.0, 1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 7.0]
    assert (spring.hours_until(2.0), spring.hours_until(6.0), spring.hours_until(None)) == (2.0, 5.0, None)
    autumn = ClockHours(BERLIN, _end(AUTUMN, -3), 0, 8)
    assert autumn.told(path) == [0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert autumn.hours_until(6.0) == 7.0
