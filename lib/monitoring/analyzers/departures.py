"""Whether a series left what it was, at about a moment, for however short: what a change of level does not see.

Method. The mean and the standard deviation of what was before say how far its three farthest values near the moment
lie; the same three of what was before say how far it goes anyway. Three, because one value is an accident. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lib.monitoring.analyzers.tracks import Track

FEWEST = 30  # values before
FARTHEST = 3
ONSET_DEVIATIONS = 3.0
STILL = 1e-3  # of its whole range: the least spread a series is taken to have


@dataclass(frozen=True, slots=True)
class Departure:
    """`at`: its first value beyond three deviations and half of the way. `after` is the mean of the three farthest
    values, `strength` how many deviations they lie off `before`, `usual` how many those of before do."""

    at: int
    before: float
    after: float
    strength: float
    usual: float


def departure(track: Track, moment: float, lead: float, reach: float, least: float = 0.0) -> Departure | None:
    """In the `lead` seconds before the moment and the `reach` seconds after it, against what was before those. `least`:
    a difference worth naming, in the unit of the series. None where too little is known or nothing lies so far off."""
    before = [value for at, value in zip(track.at, track.mean, strict=True) if at < moment - lead]
    near = [
        (at, value) for at, value in zip(track.at, track.mean, strict=True) if moment - lead <= at <= moment + reach
    ]
    if len(before) < FEWEST or len(near) < FARTHEST:
        return None
    mean = math.fsum(before) / len(before)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in before) / len(before))
    span = max(track.mean) - min(track.mean)
    scale = max(deviation, STILL * span, least / 20)
    if scale <= 0.0:
        return None
    farthest = sorted(near, key=lambda one: -abs(one[1] - mean))[:FARTHEST]
    distance = math.fsum(abs(value - mean) for _, value in farthest) / FARTHEST
    if distance < max(least, ONSET_DEVIATIONS * scale):
        return None
    usual = math.fsum(sorted((abs(value - mean) for value in before), reverse=True)[:FARTHEST]) / FARTHEST
    begun = max(ONSET_DEVIATIONS * scale, abs(farthest[0][1] - mean) / 2)
    onset = next(at for at, value in near if abs(value - mean) >= begun)
    after = math.fsum(value for _, value in farthest) / FARTHEST
    return Departure(onset, mean, after, distance / scale, usual / scale)
