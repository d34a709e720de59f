"""The buckets of OTLP's exponential histograms, as bounds and counts like those of the others.

opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram: with base = 2 ** (2 ** -scale) the positive
bucket of an index counts the values in (base ** index, base ** (index + 1)], the negative one their mirror, and one
more those around nought.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from sys import float_info

# Neighbours are put together until each bound is at least 1.41 times the one before: so far an estimate may be off, and
# mostly is far less. Counts are told apart by their bounds, and so those stay when a sender makes its scale coarser.
FINEST = 1
LEAST, HIGHEST = -10, 20  # scales that a sender may use
MOST_BUCKETS = 40  # of a point, of any kind
MOST_COUNTS = 2_000  # not empty ones, as they are sent


type Side = tuple[int, Sequence[int]]  # the index of its first bucket, and the counts from there on


def buckets_of(scale: int, zero: tuple[float, int], positive: Side, negative: Side) -> tuple[list[float], list[int]]:
    """(bounds, counts up to each and one above the last), at most MOST_BUCKETS; nothing where they are none. `zero` is
    how far from nought still counts as nought, and how many did."""
    sides = [_filled(*positive), _filled(*negative)]
    if not LEAST <= scale <= HIGHEST or sum(map(len, sides)) > MOST_COUNTS:
        return [], []
    shift = max(0, scale - FINEST)
    while sum((max(side) >> shift) - (min(side) >> shift) + 2 for side in sides if side) + 2 > MOST_BUCKETS:
        shift += 1
    found: dict[float, int] = {}
    for is_negative, side in enumerate(sides):
        for index, count in side.items():
            low, high = _power(index >> shift, scale - shift), _power((index >> shift) + 1, scale - shift)
            under, bound = (-high, max(-low, -float_info.max)) if is_negative else (low, high)
            found.setdefault(under, 0)  # so that its lower bound is known where that bucket is empty
            found[bound] = found.get(bound, 0) + count
    if zero[1]:
        around = zero[0] if zero[0] >= 0 and math.isfinite(zero[0]) else 0.0
        found[around] = found.get(around, 0) + zero[1]
    bounds = sorted(bound for bound in found if math.isfinite(bound))
    return bounds, [*(found[bound] for bound in bounds), found.get(math.inf, 0)]


def _filled(offset: int, counts: Sequence[int]) -> dict[int, int]:
    return {offset + place: count for place, count in enumerate(counts) if count}


def _power(index: int, scale: int) -> float:
    exponent = math.ldexp(index, -scale)
    return math.inf if exponent > 1_023 else 0.0 if exponent < -1_073 else 2.0**exponent
