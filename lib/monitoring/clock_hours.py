"""Hours as clocks show them. What is usual at nine in the morning stays at nine when clocks are changed, but hours are
kept as those of UTC: a forecast is made on the hours of the clock of now, and told in those of UTC. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

HOUR = 3_600


class ClockHours:
    """Of `zone`, around `end` (epoch seconds, a whole hour); `is_even` where no clock is changed from `before` hours
    before it to `after` hours after it, and nothing has to be moved."""

    def __init__(self, zone: tzinfo, end: int, before: int, after: int) -> None:
        self._zone, self._end = zone, end
        self._now = self._offset(0)
        self.is_even = self._offset(-before) == self._now == self._offset(after)

    def shift(self, hour: float) -> int:
        """By how many hours clocks are ahead of where they are at `end`, so many hours after it (or before)."""
        return 0 if self.is_even else round((self._offset(hour) - self._now) / HOUR)

    def laid(self, history: Sequence[float | None]) -> list[float | None]:
        """The hours up to `end` by the clock. One that was shown twice is the mean of both, one left out is a hole."""
        if self.is_even:
            return list(history)
        count = len(history)
        found: list[list[float]] = [[] for _ in history]
        for index, value in enumerate(history):
            place = index + self.shift(index - count)
            if value is not None and 0 <= place < count:
                found[place].append(value)
        return [sum(those) / len(those) if those else None for those in found]

    def told(self, path: Sequence[float]) -> list[float]:
        """The hours after `end`, of the clock's, as hours of UTC."""
        if self.is_even:
            return list(path)
        return [path[max(0, min(hour + self.shift(hour), len(path) - 1))] for hour in range(len(path))]

    def hours_until(self, hours: float | None) -> float | None:
        """So many hours by the clock, as time that passes."""
        return None if hours is None else max(0.0, hours - self.shift(hours))

    def _offset(self, hour: float) -> float:
        away = datetime.fromtimestamp(self._end + hour * HOUR, self._zone).utcoffset()
        return away.total_seconds() if away is not None else 0.0
