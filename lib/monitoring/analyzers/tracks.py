"""What performance and correlation are computed from: series in bins, and stretches of time that hold several.

Pure. A bin that was not measured is not there; nothing is filled in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Track:
    """One series, its bins oldest first: when each begins, its mean, its lowest and highest sample."""

    at: Sequence[int] = ()
    mean: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self.at)

    def between(self, start: float, end: float) -> Track:
        kept = [index for index, at in enumerate(self.at) if start <= at < end]
        if not kept:
            return NOTHING
        part = slice(kept[0], kept[-1] + 1)
        return Track(self.at[part], self.mean[part], self.low[part], self.high[part])


NOTHING = Track()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some series of one server over [start, end), in bins of `step` seconds."""

    start: int
    end: int
    step: int
    tracks: Mapping[str, Track] = field(default_factory=dict)

    def of(self, series: str) -> Track:
        return self.tracks.get(series, NOTHING)

    def between(self, start: int, end: int) -> Stretch:
        return Stretch(start, end, self.step, {name: track.between(start, end) for name, track in self.tracks.items()})

    @property
    def begun(self) -> int:
        """When the first bin of any series begins; `start` where there is none."""
        return min((track.at[0] for track in self.tracks.values() if len(track)), default=self.start)

    @property
    def measured(self) -> float:
        """The share of the bins in which anything was measured, by the series that has the most."""
        bins = max(1.0, (self.end - self.start) / max(1, self.step))
        return min(1.0, max((len(track) for track in self.tracks.values()), default=0) / bins)


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of a server beside its figures. `status` is as the fleet shows it now."""

    name: str
    group: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    status: str = "ok"
    tags: Mapping[str, str] = field(default_factory=dict)


def track(points: Iterable[tuple[int, float, float, float]]) -> Track:
    """Of (at, low, mean, high) in any order; what is not finite is left out, of two at one time the last stays."""
    known = {at: (low, mean, high) for at, low, mean, high in points if all(map(math.isfinite, (low, mean, high)))}
    order = sorted(known)
    low, mean, high = ([known[at][place] for at in order] for place in range(3))
    return Track(order, mean, low, high)
