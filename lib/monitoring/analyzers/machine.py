"""Is a machine unlike itself? What its series say together at one time, and which of them leads. Pure.

A machine in trouble moves several of its series, and noise moves one: judged is the mean score of the few series that
are most unlike themselves. Each holds its score through an episode by itself, so series that rise one after the other
still meet. What leads is told by how seldom it is so: a series that stands out every day says less than a calm one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from lib.monitoring.analyzers.anomaly import Detector
from lib.monitoring.analyzers.anomaly import threshold as of_series

SERIES: Final = 5  # judged together where nobody says otherwise
SELDOM: Final = 0.1  # so much is added to what a series usually scores
# Of the mean of five: on machines of the Server Machine Dataset `normal` is about one false alarm a server-day.
THRESHOLDS: Final = {"low": 0.4, "normal": 0.34, "high": 0.28}


class Sign(NamedTuple):
    """How unlike itself a series is now and how much so it usually is, both in [0, 1]."""

    score: float
    usual: float

    @classmethod
    def of(cls, detector: Detector) -> Sign:
        return cls(detector.hold, detector.usually)

    @property
    def weight(self) -> float:
        """What it says about the cause."""
        return self.score / (SELDOM + self.usual)


class View(NamedTuple):
    """Of a machine at one time: `score` in [0, 1]; `leading` are the series judged, the likeliest cause first."""

    score: float
    leading: list[str]


def view(signs: Mapping[str, Sign], series: int = SERIES) -> View:
    """`signs` may leave out series that are calm: they count as 0."""
    judged = sorted(signs, key=lambda name: (-signs[name].score, name))[:series]
    score = sum(signs[name].score for name in judged) / series
    return View(score, sorted(judged, key=lambda name: (-signs[name].weight, name)))


def threshold(sensitivity: str, series: int = SERIES) -> float:
    """The score from which on a machine is called unlike itself: `low`, `normal` or `high`. A mean of fewer series
    wanders further, and by as much as the root of their number it has to be higher, at most as high as for a single
    series."""
    return min(of_series(sensitivity), THRESHOLDS[sensitivity] * math.sqrt(SERIES / series))
