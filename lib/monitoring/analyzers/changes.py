"""When a series changed its level: change points.

Method. Spikes are taken out (Hampel's filter over five values), the values are scaled by their noise as differences
show it, how much a value remembers of the one before it is estimated robustly (Chakar et al. 2017), and the best
division into stretches of one level is found exactly by PELT (Killick, Fearnhead and Eckley 2012) with a penalty like
BIC's, multiplied by what the memory inflates. Each change must then hold between its neighbours: a Mann-Whitney test
whose variance is inflated likewise, Cliff's delta, and a difference of medians worth naming. Pure; what is not a
change is not told.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from lib.monitoring.analyzers.ranks import (
    LARGE_EFFECT,
    MAD_TO_SIGMA,
    inflation_of,
    mann_whitney,
    median,
    memory_of,
)
from lib.monitoring.analyzers.tracks import Track

SHORTEST = 5  # values on each side
MOST_VALUES = 500
PENALTY = 8.0  # times log n for each change; BIC's own is 2, and assumes more than telemetry keeps
P_MOST = 0.005
EFFECT_LEAST = 0.7
OUTLIER = 4.0
NEAR = 90  # values on either side that a change is judged by
PRUNED_EVERY = 8


@dataclass(frozen=True, slots=True)
class Change:
    """The first value of the new level was at `at`. Medians of up to 90 values on either side, not across the next
    change; `delta` > 0 where it went up; `n`, `m` values before and after."""

    at: int
    before: float
    after: float
    delta: float
    p: float
    n: int
    m: int


def change_points(track: Track, least: float = 0.0) -> list[Change]:
    """Oldest first. `least`: by how much the medians must differ at least, in the unit of the series. At most 500
    values are looked at, the newest."""
    at = list(track.at)[-MOST_VALUES:]
    values = list(track.mean)[-MOST_VALUES:]
    if len(values) < 2 * SHORTEST:
        return []
    memory = memory_of(values)
    calm = _without_spikes(values)
    sigma = _noise(calm, memory)
    if sigma <= 0.0:
        return []
    middle = median(calm)
    scaled = [max(-1e6, min(1e6, (value - middle) / sigma)) for value in calm]
    penalty = PENALTY * math.log(len(values)) * inflation_of(memory)
    cuts = divide(scaled, penalty)
    return _held(at, values, cuts, memory, least)


def _held(at: Sequence[int], values: Sequence[float], cuts: list[int], memory: float, least: float) -> list[Change]:
    """The changes that stand the test; without the weakest, the others are judged anew."""
    while cuts:
        edges = [0, *cuts, len(values)]
        found = []
        weakest: tuple[float, int] | None = None
        for place, cut in enumerate(cuts):
            before = values[max(edges[place], cut - NEAR) : cut]
            after = values[cut : min(edges[place + 2], cut + NEAR)]
            test = mann_whitney(after, before, inflation_of(memory))
            one = Change(at[cut], median(before), median(after), test.delta, test.p, len(before), len(after))
            holds = test.p <= P_MOST and abs(test.delta) >= EFFECT_LEAST and abs(one.after - one.before) >= least
            if not holds and (weakest is None or test.p > weakest[0]):
                weakest = (test.p, place)
            found.append(one)
        if weakest is None:
            return found
        cuts = cuts[: weakest[1]] + cuts[weakest[1] + 1 :]
    return []


def divide(values: Sequence[float], penalty: float) -> list[int]:
    """Where new levels begin: the division whose squared deviations plus `penalty` a change are least (PELT)."""
    n = len(values)
    sums = [0.0, *itertools.accumulate(values)]
    squares = [0.0, *itertools.accumulate(value * value for value in values)]
    best = [-penalty] + [math.inf] * n
    came = [0] * (n + 1)
    alive = [(0, 0.0, -penalty)]  # (where a stretch may begin, the sum before it, what was paid before it)
    for end in range(SHORTEST, n + 1):
        total = sums[end]
        costs = [paid - (total - before) * (total - before) / (end - start) for start, before, paid in alive]
        least = min(costs)
        best[end], came[end] = least + squares[end] + penalty, alive[costs.index(least)][0]
        if end % PRUNED_EVERY == 0:  # late pruning changes no result
            alive = [one for one, cost in zip(alive, costs, strict=True) if cost <= least + penalty]
        start = end - SHORTEST + 1
        if start >= SHORTEST:
            alive.append((start, sums[start], best[start] - squares[start]))
    cuts = []
    end = n
    while end > 0:
        end = came[end]
        if end > 0:
            cuts.append(end)
    return cuts[::-1]


def _noise(values: Sequence[float], memory: float) -> float:
    """The standard deviation around the levels, from differences; where most are 0, from their mean square."""
    steps = [abs(after - before) for before, after in itertools.pairwise(values)]
    sigma = MAD_TO_SIGMA * median(steps)
    if sigma <= 0.0:
        sigma = math.sqrt(sum(step * step for step in steps) / max(1, len(steps)))
    return sigma / math.sqrt(2 * (1 - memory))


def _without_spikes(values: Sequence[float]) -> list[float]:
    steps = [abs(after - before) for before, after in itertools.pairwise(values)]
    sigma = MAD_TO_SIGMA * median(steps) / math.sqrt(2)
    calm = list(values)
    for index in range(2, len(values) - 2):
        near = sorted(values[index - 2 : index + 3])[2]
        if abs(values[index] - near) > OUTLIER * sigma:
            calm[index] = near
    return calm


def is_large(delta: float) -> bool:
    return abs(delta) >= LARGE_EFFECT
