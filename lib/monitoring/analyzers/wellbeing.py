"""How well a server does, as one number from 0 to 100 whose every point has a reason: the health score.

    score = 100 - sum of points taken, never below 0
    points of a resource = weight * clamp((level - from) / (full - from), 0, 1)

`level` is the 95th percentile of the window's bin means (of the fullest mount for `disk` and `inode`, of load5 divided
by the cores for `load`), so that a spike costs nothing and a twentieth of the time does. Open incidents take 20 points
each where critical and 8 where a warning, at most 40; what was not measured takes up to 20; a silent server has no
score. The score of a fleet is half the mean of its servers' and half the mean of the worst tenth's: one bad server of
fifty shows. Pure. docs/analysis.md tells the same to people, and a test holds the two together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.monitoring.analyzers.ranks import quantile
from lib.monitoring.analyzers.tracks import Machine, Stretch

INCIDENT_POINTS = {"critical": 20.0, "warning": 8.0}
MOST_FOR_INCIDENTS = 40.0
UNMEASURED_POINTS = 20.0
UNMEASURED_FROM = 0.05  # of the bins: a restart of the agent is no illness
FEWEST = 3  # bins; fewer are no level


@dataclass(frozen=True, slots=True)
class Weight:
    """`points` are taken in full at `full`, and none at `start`."""

    points: float
    start: float
    full: float


WEIGHTS: dict[str, Weight] = {
    "cpu": Weight(20, 75, 98),
    "load": Weight(10, 1.5, 4),
    "iowait": Weight(10, 10, 40),
    "steal": Weight(10, 5, 25),
    "memory": Weight(20, 85, 98),
    "swap": Weight(5, 25, 80),
    "disk": Weight(25, 85, 98),
    "inode": Weight(15, 85, 98),
    "disk_busy": Weight(10, 70, 98),
    "error_rate": Weight(20, 1, 10),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why `points` were taken: `code` is a resource, `incident:critical`, `incident:warning` or `unmeasured`."""

    code: str
    series: str
    level: float
    points: float


@dataclass(frozen=True, slots=True)
class Health:
    """`score` is None where nothing was measured or the server is silent; `reasons` costliest first."""

    score: int | None
    reasons: Sequence[Reason] = ()


def levels(window: Stretch, machine: Machine) -> dict[str, tuple[str, float]]:
    """{resource: (series, 95th percentile)} of what was measured; the worst mount of `disk` and `inode`."""
    found: dict[str, tuple[str, float]] = {}
    for series, track in sorted(window.tracks.items()):
        name, _, subject = series.partition(":")
        level = quantile(track.mean, 0.95)
        if series == "load5":
            if not machine.cores:
                continue
            name, level = "load", level / machine.cores
        if name not in WEIGHTS or len(track) < FEWEST or (subject and name not in ("disk", "inode")):
            continue
        if name not in found or level > found[name][1]:
            found[name] = (series, level)
    return found


def health(window: Stretch, machine: Machine, incidents: Mapping[str, int] | None = None) -> Health:
    """`incidents`: how many are open, by severity."""
    found = levels(window, machine)
    if not found or machine.status in ("stale", "offline"):
        return Health(None)
    reasons = [
        Reason(resource, series, level, points)
        for resource, (series, level) in found.items()
        if (points := _taken(WEIGHTS[resource], level)) > 0
    ]
    left = MOST_FOR_INCIDENTS
    for severity, points in INCIDENT_POINTS.items():
        count = (incidents or {}).get(severity, 0)
        taken = min(left, points * count)
        left -= taken
        if taken > 0:
            reasons.append(Reason(f"incident:{severity}", "", float(count), taken))
    missing = 1.0 - window.measured
    if missing > UNMEASURED_FROM:
        reasons.append(Reason("unmeasured", "", missing, UNMEASURED_POINTS * missing))
    score = round(max(0.0, 100.0 - math.fsum(one.points for one in reasons)))
    return Health(score, sorted(reasons, key=lambda one: (-one.points, one.code)))


def _taken(weight: Weight, level: float) -> float:
    return weight.points * max(0.0, min(1.0, (level - weight.start) / (weight.full - weight.start)))


def fleet_score(scores: Sequence[int | None]) -> int | None:
    """Of the servers that have a score; None of none."""
    known = sorted(score for score in scores if score is not None)
    if not known:
        return None
    worst = known[: max(1, math.ceil(len(known) / 10))]
    return round(sum(known) / len(known) / 2 + sum(worst) / len(worst) / 2)
