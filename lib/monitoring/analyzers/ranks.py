"""The statistics that the analyzers share: tests on ranks, effect sizes, and how much a value says of the one after it.

Telemetry is skewed, bursty and remembers itself, so nothing here assumes a normal distribution, and every p value may
be told how much its values depend on each other (`inflation`). Pure; standard library only; empty input gives neutral
answers (p = 1, effect 0), never an exception, never a NaN.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

MAD_TO_SIGMA = 1.4826  # of a normal distribution
LARGE_EFFECT = 0.474  # Cliff's delta that Romano et al. (2006) call large; 0.33 medium, 0.147 small


@dataclass(frozen=True, slots=True)
class Compared:
    """`delta` is Cliff's delta in [-1, 1]: how much more often a value of the first is above one of the second than
    below. `p` is two-sided."""

    p: float
    delta: float
    n: int
    m: int


def quantile(values: Sequence[float], share: float) -> float:
    """By linear interpolation (Hyndman and Fan's type 7); 0.0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    place = (len(ordered) - 1) * min(1.0, max(0.0, share))
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] * (1 - (place - low)) + ordered[high] * (place - low)


def median(values: Sequence[float]) -> float:
    return quantile(values, 0.5)


def spread(values: Sequence[float]) -> float:
    """A standard deviation that outliers do not move: 1.4826 times the median distance from the median."""
    middle = median(values)
    return MAD_TO_SIGMA * median([abs(value - middle) for value in values])


def ranks(values: Sequence[float]) -> tuple[list[float], float]:
    """(mid-ranks from 1, the sum of t^3 - t over groups of ties)."""
    order = sorted(range(len(values)), key=values.__getitem__)
    given = [0.0] * len(values)
    tied = 0.0
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in range(start, end):
            given[order[place]] = (start + 1 + end) / 2
        count = end - start
        tied += float(count) ** 3 - count
        start = end
    return given, tied


def mann_whitney(first: Sequence[float], second: Sequence[float], inflation: float = 1.0) -> Compared:
    """Mann and Whitney's U with the correction for ties, by its normal approximation."""
    return stratified([(first, second)], inflation)


def stratified(strata: Sequence[tuple[Sequence[float], Sequence[float]]], inflation: float = 1.0) -> Compared:
    """Van Elteren's test (1960): Mann-Whitney within each stratum (here: the same hour of the day), strata weighted by
    1 / (n + m + 1). With one stratum it is Mann-Whitney. `inflation` >= 1 multiplies the variance."""
    total, variance, won, pairs = 0.0, 0.0, 0.0, 0
    counts = [0, 0]
    for first, second in strata:
        n, m = len(first), len(second)
        counts[0], counts[1] = counts[0] + n, counts[1] + m
        if not n or not m:
            continue
        given, tied = ranks([*first, *second])
        above = sum(given[:n]) - n * (n + 1) / 2  # U of the first
        size = n + m
        weight = 1.0 / (size + 1)
        total += weight * (above - n * m / 2)
        variance += weight**2 * n * m / 12 * (size + 1 - (tied / (size * (size - 1)) if size > 1 else 0.0))
        won += 2 * above - n * m
        pairs += n * m
    if not pairs:
        return Compared(1.0, 0.0, *counts)
    delta = won / pairs
    variance *= max(1.0, inflation)
    p = two_sided(total / math.sqrt(variance)) if variance > 1e-12 else 1.0
    return Compared(p, max(-1.0, min(1.0, delta)), *counts)


def two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def student_two_sided(t: float, freedom: int) -> float:
    """The two-sided p of Student's t with whole degrees of freedom, by the finite sums (Abramowitz and Stegun
    26.7.3-4)."""
    if freedom < 1:
        return 1.0
    angle = math.atan(abs(t) / math.sqrt(freedom))
    cosine = math.cos(angle)
    if freedom % 2:
        term, total = cosine, 0.0
        for step in range(1, freedom, 2):
            total += term
            term *= cosine**2 * (step + 1) / (step + 2)
        inside = 2 / math.pi * (angle + math.sin(angle) * total)
    else:
        term, total = 1.0, 0.0
        for step in range(2, freedom + 1, 2):
            total += term
            term *= cosine**2 * (step - 1) / step
        inside = math.sin(angle) * total
    return max(0.0, min(1.0, 1.0 - inside))


def false_discoveries(found: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p values, in the order given."""
    order = sorted(range(len(found)), key=found.__getitem__)
    adjusted = [1.0] * len(found)
    least = 1.0
    for place in range(len(order) - 1, -1, -1):
        least = min(least, found[order[place]] * len(found) / (place + 1))
        adjusted[order[place]] = least
    return adjusted


FEW_STEPS = 3


def memory_of(*series: Sequence[float]) -> float:
    """How much of a deviation is still there one step later (the phi of an AR(1)), in [0, 0.97]; of several series what
    they have in common. Robust, and blind to level shifts: from first and second differences (after Chakar et al. 2017,
    with trimmed squares for their medians, which need four times as many values for the same precision)."""
    one = [(after - before) ** 2 for values in series for before, after in itertools.pairwise(values)]
    if sum(square > 0.0 for square in one) <= FEW_STEPS:
        return 0.0  # between a few steps nothing moves: levels, and nothing that is remembered
    two = [(after - before) ** 2 for values in series for before, after in zip(values, values[2:], strict=False)]
    step = _trimmed(one)
    return 0.0 if step <= 0.0 else max(0.0, min(0.97, _trimmed(two) / step - 1.0))


def _trimmed(squares: Sequence[float]) -> float:
    """The mean of all but the largest tenth; of all where most are 0."""
    kept = sorted(squares)[: max(1, len(squares) - len(squares) // 10)]
    total = sum(kept)
    return total / len(kept) if total > 0.0 else sum(squares) / max(1, len(squares))


def inflation_of(memory: float) -> float:
    """By how much the variance of a mean grows where values remember each other so: (1 + phi) / (1 - phi)."""
    return (1 + memory) / (1 - memory)


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """The rank correlation; 0.0 where one of them does not move."""
    return pearson(ranks(first)[0], ranks(second)[0])


def pearson(first: Sequence[float], second: Sequence[float]) -> float:
    n = len(first)
    if n < 3:
        return 0.0
    mean_a, mean_b = math.fsum(first) / n, math.fsum(second) / n
    a = [value - mean_a for value in first]
    b = [value - mean_b for value in second]
    scale = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
    return 0.0 if scale <= 1e-300 else max(-1.0, min(1.0, sum(x * y for x, y in zip(a, b, strict=True)) / scale))


def trend(times: Sequence[float], values: Sequence[float]) -> tuple[float, float, float]:
    """(Theil-Sen's slope per unit of time, Kendall's tau of time and value in [-1, 1], Mann-Kendall's two-sided p)."""
    n = len(values)
    if n < 4:
        return 0.0, 0.0, 1.0
    slopes, score = [], 0
    for (t, x), (u, y) in itertools.combinations(zip(times, values, strict=True), 2):
        if u != t:
            slopes.append((y - x) / (u - t))
        score += (y > x) - (y < x)
    tied = ranks(values)[1]
    variance = (n * (n - 1) * (2 * n + 5) - tied) / 18
    z = (score - math.copysign(1, score)) / math.sqrt(variance) if variance > 0 and score else 0.0
    return median(slopes), 2 * score / (n * (n - 1)), two_sided(z)
