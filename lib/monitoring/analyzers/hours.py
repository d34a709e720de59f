"""Hours of the day as a clock in a time zone shows them, and the same hours of earlier days: summer time moves both.

Pure: zones come in by what they are, times as epoch seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, tzinfo

DAY, HOUR = 86_400, 3_600

type HourOf = Callable[[int], int]


def utc_hour(at: int) -> int:
    return at // HOUR % 24


def hours_in(zone: tzinfo) -> HourOf:
    """The hour from 0 to 23 that the clocks there show. What was asked once is known: a fleet asks the same."""
    known: dict[int, int] = {}

    def hour(at: int) -> int:
        quarter = at // 900  # no zone is off by less
        if quarter not in known:
            known[quarter] = (at + offset_of(zone, at)) // HOUR % 24
        return known[quarter]

    return hour


def offset_of(zone: tzinfo, at: float) -> int:
    """Seconds that the clocks there are ahead of UTC at a time."""
    ahead = datetime.fromtimestamp(at, zone).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0


def copies(start: int, end: int, most: int, zone: tzinfo, step: int = HOUR) -> list[tuple[int, int]]:
    """The same hours before, by the clocks there: [start, end) shifted back by whole days, as many at a time as the
    stretch is long, newest first, on whole steps. A day that rounding made one step longer is still a day; its copies
    end where the next one begins."""
    days = max(1, math.ceil((end - start - step) / DAY))
    found: list[tuple[int, int]] = []
    for back in range(1, most + 1):
        begun = start - back * days * DAY
        begun += offset_of(zone, start) - offset_of(zone, begun)
        begun = begun // step * step
        found.append((begun, min(begun + end - start, found[-1][0] if found else start)))
    return found
