"""Which series move together, and which of them moves first: lagged rank correlation.

Method. Both series are put on one grid; what each remembers of its own past is taken out of it (prewhitening by its
AR(1), Box and Jenkins), so that two series that merely wander do not seem related; their ranks are correlated
(Spearman) at every lag; the best lag's p is corrected for how many lags were tried (Sidak) and for how many pairs
(Benjamini and Hochberg). Pure. Correlation is not cause: this says what moved together, and by how much one was ahead.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import mul

from lib.monitoring.analyzers.ranks import false_discoveries, memory_of, ranks, two_sided
from lib.monitoring.analyzers.tracks import Track

FEWEST = 30  # values in common
MOST_LAG = 10  # steps either way
MOST_VALUES = 600
WANDERS = 0.75  # from here on steps are compared: too much is taken off rather than too little
WEAKEST = 0.3  # a rank correlation below it is not worth naming


@dataclass(frozen=True, slots=True)
class Lagged:
    """`lag` seconds > 0: the first moves before the second. `r` is between what is new in each (tested), `level`
    between the values as they are at that lag (not tested); `p` is corrected for the lags tried, `q` also for the
    pairs."""

    first: str
    second: str
    r: float
    lag: int
    n: int
    p: float
    level: float
    q: float = 1.0


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Centred ranks on a grid from `start` on, 0.0 where there is no value, which then counts for nothing."""

    start: int
    ranks: Sequence[float]
    known: Sequence[int]


def lagged(
    first: Track, second: Track, step: int, most: int = MOST_LAG, names: tuple[str, str] = ("", "")
) -> Lagged | None:
    """The lag at which they go together best; None where fewer than 30 values are in common or one does not move."""
    return _best(_prepared(first, step), _prepared(second, step), step, most, names)


def related(
    tracks: Mapping[str, Track], step: int, most: int = MOST_LAG, q_most: float = 0.01, second: str | None = None
) -> list[Lagged]:
    """The pairs that move together, strongest first; only those with `second` where it is given."""
    ready = {name: _prepared(track, step) for name, track in sorted(tracks.items())}
    if second is None:
        pairs = list(itertools.combinations(ready, 2))
    else:
        pairs = [(name, second) for name in ready if name != second and second in ready]
    tried = [one for a, b in pairs if (one := _best(ready[a], ready[b], step, most, (a, b))) is not None]
    adjusted = false_discoveries([one.p for one in tried])
    found = [replace(one, q=q) for one, q in zip(tried, adjusted, strict=True) if q <= q_most and abs(one.r) >= WEAKEST]
    return sorted(found, key=lambda one: (-abs(one.r), one.first, one.second))


def _prepared(track: Track, step: int) -> tuple[_Ranked, _Ranked] | None:
    """(ranks of what is new in each value, ranks of the values); None where nothing moves."""
    at, values = list(track.at)[-MOST_VALUES:], list(track.mean)[-MOST_VALUES:]
    memory = memory_of(values)
    if memory > WANDERS:  # what is left of a walk by an estimate a little too low would wander still
        memory = 1.0
    news = [
        (then // step, after - memory * before)
        for (now, before), (then, after) in itertools.pairwise(zip(at, values, strict=True))
        if then - now == step
    ]
    # What is left of a straight line is rounding, not news.
    scale = 1e-9 * max((abs(value) for value in values), default=0.0)
    if len(news) < FEWEST or max(news, key=_value)[1] - min(news, key=_value)[1] <= scale:
        return None
    return _ranked(news), _ranked([(one // step, value) for one, value in zip(at, values, strict=True)])


def _value(point: tuple[int, float]) -> float:
    return point[1]


def _ranked(points: Sequence[tuple[int, float]]) -> _Ranked:
    start = points[0][0]
    size = min(points[-1][0] - start + 1, 2 * MOST_VALUES)
    given, _ = ranks([value for _, value in points])
    middle = (len(points) + 1) / 2
    on_grid, known = [0.0] * size, [0] * size
    for (place, _), rank in zip(points, given, strict=True):
        if place - start < size:
            on_grid[place - start], known[place - start] = rank - middle, 1
    return _Ranked(start, on_grid, known)


def _best(
    first: tuple[_Ranked, _Ranked] | None, second: tuple[_Ranked, _Ranked] | None, step: int, most: int,
    names: tuple[str, str],
) -> Lagged | None:  # fmt: skip
    if first is None or second is None:
        return None
    if _at_lag(first[0], second[0], 0)[1] < FEWEST:
        return None
    tried = [(lag, *_at_lag(first[0], second[0], lag)) for lag in range(-most, most + 1)]
    tried = [one for one in tried if one[2] >= FEWEST - most]
    lag, r, n = max(tried, key=lambda one: (abs(one[1]) * math.sqrt(one[2]), -abs(one[0])))
    # Fisher's transformation, with the variance that Bonett and Wright (2000) give it for ranks.
    z = math.atanh(min(0.999999, abs(r))) / math.sqrt((1 + r * r / 2) / max(1, n - 3))
    p = -math.expm1(len(tried) * math.log1p(-min(two_sided(z), 1 - 1e-15)))
    level, _ = _at_lag(first[1], second[1], lag)
    return Lagged(*names, r, lag * step, n, min(1.0, max(0.0, p)), level)


def _at_lag(a: _Ranked, b: _Ranked, lag: int) -> tuple[float, int]:
    """(correlation of a now and b `lag` steps later, pairs)."""
    offset = a.start + lag - b.start  # b's index for a's index 0
    begin_a, begin_b = max(0, -offset), max(0, offset)
    size = min(len(a.ranks) - begin_a, len(b.ranks) - begin_b)
    if size <= 0:
        return 0.0, 0
    x, y = a.ranks[begin_a : begin_a + size], b.ranks[begin_b : begin_b + size]
    n = sum(map(mul, a.known[begin_a : begin_a + size], b.known[begin_b : begin_b + size]))
    scale = math.sqrt(sum(map(mul, x, x))) * math.sqrt(sum(map(mul, y, y)))
    return (max(-1.0, min(1.0, sum(map(mul, x, y)) / scale)) if scale > 0.0 else 0.0), n
