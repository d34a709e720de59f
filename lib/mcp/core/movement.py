"""What changed its level, over some servers and a time: of the query layer's bins, by the analyzer of change points."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lib.mcp.core.sources import MOST_READS, Sources
from lib.monitoring.analysis import read_stretch
from lib.monitoring.analyzers.changes import Change, change_points
from lib.monitoring.analyzers.performance import worth
from lib.monitoring.analyzers.ranks import median
from lib.monitoring.analyzers.tracks import Track

# Symptoms first, what people notice; then what is used up.
WATCHED = (
    "latency", "error_rate", "cpu", "memory", "iowait", "swap", "disk", "load1", "disk_busy", "requests", "connections",
    "net_in", "net_out",
)  # fmt: skip
SYMPTOMS = ("latency", "error_rate")
FEWEST = 10
POINTS = 240  # a search takes the square of it
MOST_SERVERS = 40  # whose every watched series is read at once
MOST_SEARCHED = 40  # series, those that differ most: the others are far from a change worth naming
MOST_POINTS = 600  # the analyzer of what goes along

type Key = tuple[str, str]  # (server, series)


@dataclass(frozen=True, slots=True)
class Move:
    server: str
    series: str
    change: Change

    @property
    def is_up(self) -> bool:
        return self.change.after > self.change.before

    @property
    def size(self) -> float:
        """How large it is beside what is worth naming, and how much of the values it moved."""
        least = max(worth(self.series, self.change.before), 1e-9)
        return abs(self.change.delta) * abs(self.change.after - self.change.before) / least


def read(
    sources: Sources, servers: Sequence[str], series: Iterable[str], start: float, end: float, points: int = POINTS
) -> tuple[dict[Key, Track], int]:
    """({(server, series): its bins}, seconds of a bin); one query. Of a disk each mount is told, not the headline."""
    first, last = int(start), int(end)
    found = sources.house.queries.stretches(
        list(servers)[:MOST_READS], list(series), first, last, points, sources.sight
    )
    step = max((int(one["step"]) for one in found.values()), default=0)
    tracks = {
        (name, one): track
        for name, answer in found.items()
        for one, track in read_stretch(answer, first, last).tracks.items()
        if len(track) >= FEWEST and one != "uptime"
    }
    return tracks, step


def evenly(
    sources: Sources, servers: Sequence[str], series: Iterable[str], start: float, end: float
) -> tuple[dict[Key, Track], int]:
    """As `read`, in bins so wide that one follows the other: what is sampled every five minutes has no minutes."""
    wanted = list(series)
    tracks, step = read(sources, servers, wanted, start, end, MOST_POINTS)
    distances = Counter(b - a for track in tracks.values() for a, b in itertools.pairwise(track.at))
    usual = distances.most_common(1)[0][0] if distances else 0
    if usual <= step:
        return tracks, step
    return read(sources, servers, wanted, start, end, max(2, int((end - start) // usual) + 1))


def moves(tracks: Mapping[Key, Track], start: float = 0.0, end: float = float("inf")) -> list[Move]:
    """Every change of level in [start, end), the largest first; of the series that may have changed most."""
    least = {key: worth(key[1], median(track.mean)) for key, track in tracks.items()}
    likely = {key: _apart(track) / max(least[key], 1e-9) for key, track in tracks.items()}
    searched = sorted((key for key in tracks if likely[key] >= 0.5), key=lambda key: (-likely[key], key))
    found = [
        Move(*key, change)
        for key in searched[:MOST_SEARCHED]
        for change in change_points(tracks[key], least[key])
        if start <= change.at < end
    ]
    return sorted(found, key=lambda one: (-one.size, one.server, one.series))


def _apart(track: Track) -> float:
    """By how much two neighbouring stretches of it differ at most in their means: each a tenth of the values, at least
    five. A change of level shows in it, and it costs one walk."""
    values = track.mean
    size = max(FEWEST // 2, len(values) // 10)
    sums = [0.0, *itertools.accumulate(values)]
    return max(
        (
            abs((sums[at + size] - sums[at]) - (sums[at] - sums[at - size])) / size
            for at in range(size, len(values) - size + 1)
        ),
        default=0.0,
    )


def leading(found: Sequence[Move]) -> Move | None:
    """The one that people mean by "what is wrong": a symptom that got worse before all, else the largest."""
    worse = [one for one in found if one.series in SYMPTOMS and one.is_up]
    return next(iter([*worse, *(one for one in found if one.is_up), *found]), None)
