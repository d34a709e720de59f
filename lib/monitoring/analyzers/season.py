"""What is usual at an hour of the day beside the level: 24 hours, and on weekends eighths of a day on top. Pure.

Kept as small integers of a unit that is a power of two, so that a series of any size has a profile of 64 bytes.
"""

from __future__ import annotations

import math
from typing import Final

WEEKEND: Final = 0.6  # of what an hour learns, so much is the weekend's
MOST: Final = 32_000.0


class Season:
    """Hours are counted from the epoch, in local time."""

    __slots__ = ("hours", "unit", "weekend")

    def __init__(self) -> None:
        self.hours = [0] * 24
        self.weekend = [0] * 8
        self.unit = 0.0  # 0 until something was learnt

    def usual(self, hour: int) -> float:
        found = self.hours[hour % 24] * self.unit
        if (hour // 24 + 3) % 7 >= 5:
            found += self.weekend[hour % 24 // 3] * self.unit
        return found

    def learn(self, hour: int, change: float) -> None:
        hours, unit, place = self.hours, self.unit, hour % 24
        wanted = hours[place] + change / unit if unit else 1e9
        if -MOST < wanted < MOST:
            hours[place] = round(wanted)
        else:
            self._add(hours, place, change)
        if (hour // 24 + 3) % 7 >= 5:
            self._add(self.weekend, place // 3, WEEKEND * change)

    def accept(self, hour: int, change: float) -> None:
        """At this hour of every day it is so much more, at once."""
        self._add(self.hours, hour % 24, change)

    def fit(self, spread: float) -> None:
        """Take a unit that suits a series of this spread."""
        self._rescale(max(spread, *(abs(one) * self.unit for one in self.hours)))

    def _add(self, profile: list[int], place: int, change: float) -> None:
        if not self.unit:
            if not change:
                return
            self._rescale(64.0 * abs(change))
        wanted = profile[place] + change / self.unit
        while not -MOST < wanted < MOST:
            self._rescale(self.unit * 32_768.0)
            wanted = profile[place] + change / self.unit
        profile[place] = round(wanted)

    def _rescale(self, most: float) -> None:
        """Keep profiles in such steps that `most` is half of what can be counted."""
        before = self.unit
        self.unit = math.ldexp(1.0, max(-120, math.frexp(most)[1]) - 14)
        share = before / self.unit
        for profile in (self.hours, self.weekend):
            for place, count in enumerate(profile):
                profile[place] = round(min(max(count * share, -MOST), MOST))
