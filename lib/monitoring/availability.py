"""How much of a time a server was there: the rest of when nothing was heard of it. Counted as the public page counts,
from incidents of the kind heartbeat, in whole seconds, and from the moment the server was first seen. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outage:
    start: float
    end: float  # where it lasts: the end of what is looked at
    lasts: bool

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Availability:
    """Of [start, end), which begins when the server was first seen if that was later. `outages` lie within, oldest
    first, none touching another."""

    start: float
    end: float
    outages: tuple[Outage, ...]

    @property
    def seconds(self) -> float:
        return max(0.0, self.end - self.start)

    @property
    def down(self) -> float:
        return sum(one.seconds for one in self.outages)

    @property
    def percent(self) -> float | None:
        """None where nothing of that time is known."""
        return 100 * (1 - self.down / self.seconds) if self.seconds >= 1 else None


def availability(
    first_seen: float, spans: Iterable[tuple[float, float | None]], start: float, end: float
) -> Availability:
    """`spans` are (from, until) of silence, until None where it lasts."""
    begun = max(start, first_seen)
    merged: list[Outage] = []
    for since, until in sorted(spans, key=lambda one: one[0]):
        low = max(begun, float(math.floor(since)))
        high = end if until is None else min(end, float(math.ceil(until)))
        if low >= high:
            continue
        if merged and low <= merged[-1].end:
            last = merged[-1]
            merged[-1] = Outage(last.start, max(last.end, high), last.lasts or until is None)
        else:
            merged.append(Outage(low, high, until is None))
    return Availability(begun, max(begun, end), tuple(merged))
