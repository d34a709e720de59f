"""The candidates of a forecast: simple ways to go on from a history of hours, none of them right for every series.

Which of them is believed, and how far, is decided in forecast.py by trying them on the series' own past.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

DAY = 24
WEEK = 168
MOST = 1e30  # values beyond it are holes: no sum over a history may overflow

# In the order of `paths`. The first four say "as it is now": the others have to prove themselves against them.
CANDIDATES = (
    "now", "now_3h", "now_6h", "level",
    "day", "three_days", "yesterday", "profile_3d", "profile_14d", "profile_14d_3h", "profile_fading",
    "last_week", "last_week_3h", "trend",
)  # fmt: skip
PLAIN = 4
FADING = tuple(0.9**days for days in range(14))  # what a day counts in `profile_fading`, the last one first


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def filled(history: Sequence[float | None]) -> tuple[list[float], list[bool]]:
    """(values without holes, which of them are real), from the first that is known on: a young server has no past. A
    hole takes the median of what the same hour of the day had around it, or the last value known; a history that knows
    nothing is empty."""
    real = [value is not None and math.isfinite(value) and abs(value) < MOST for value in history]
    known = [
        float(value) if is_real and value is not None else 0.0 for value, is_real in zip(history, real, strict=True)
    ]
    if not any(real):
        return [], []
    first = real.index(True)
    known, real = known[first:], real[first:]
    last = next(value for value, is_real in zip(known, real, strict=True) if is_real)
    values: list[float] = []
    for index, is_real in enumerate(real):
        if is_real:
            last = known[index]
            values.append(last)
            continue
        same_hour = [
            known[other] for other in range(index % DAY, len(real), DAY) if real[other] and abs(other - index) <= WEEK
        ]
        is_short = index and real[index - 1]
        values.append(last if is_short or not same_hour else median(same_hour))
    return values, real


def bridged(history: Sequence[float | None]) -> tuple[list[float], list[bool]]:
    """As `filled`, for what only grows and is cleaned up: it went on growing through a hole, in a straight line to what
    came after it; where that is less, it was cleaned up at the end of the hole."""
    values, real = filled(history)
    last = 0
    for index, is_real in enumerate(real):
        if is_real:
            rise = max(0.0, values[index] - values[last]) / max(1, index - last)
            for hole in range(last + 1, index):
                values[hole] = values[last] + rise * (hole - last)
            last = index
    return values[: last + 1], real[: last + 1]


def paths(values: Sequence[float], origin: int, horizons: Sequence[int]) -> list[list[float]]:
    """What each candidate says at `origin` (so many hours are known, at least 1) of `horizons` hours on."""
    wide = len(horizons)
    last = values[origin - 1]
    lately = values[max(0, origin - 72) : origin]
    three, usual, fading = profiles(values, origin)
    found = [
        [last] * wide,
        [median(lately[-3:])] * wide,
        [median(lately[-6:])] * wide,
        [median(values[_level_since(values, origin) : origin])] * wide,
        [median(lately[-DAY:])] * wide,
        [median(lately)] * wide,
        [values[_same_hour_before(origin, hours)] for hours in horizons],
    ]
    for shape in (three, usual):
        shift = _deviation(values, origin, shape, DAY)
        found.append([shape[(hours - 1) % DAY] + shift for hours in horizons])
    for shape, back, keeps in ((usual, 3, 0.97), (fading, 1, 0.8)):
        shift = _deviation(values, origin, shape, back)
        found.append([shape[(hours - 1) % DAY] + shift * keeps**hours for hours in horizons])
    found += _last_week(values, origin, horizons) or [found[8], found[9]]
    slope = _daily_growth(values, origin) / DAY
    found.append([last + slope * hours for hours in horizons])
    return found


def profiles(values: Sequence[float], origin: int) -> tuple[list[float], list[float], list[float]]:
    """The usual day, each beginning with the hour at `origin`: the median of each hour over 3 days and over 14, and its
    mean over 14, of which older days count less."""
    first = max(0, origin - DAY * 14)
    three, usual, fading = [], [], []
    for phase in range(DAY):
        same = values[first + (origin - first + phase) % DAY : origin : DAY] or values[origin - 1 : origin]
        three.append(median(same[-3:]))
        usual.append(median(same))
        fading.append(sum(map(mul, reversed(same), FADING)) / sum(FADING[: len(same)]))
    return three, usual, fading


def _same_hour_before(origin: int, hours: int) -> int:
    return max(0, origin - 1 + hours - DAY * ((hours + DAY - 1) // DAY))


def _deviation(values: Sequence[float], origin: int, shape: Sequence[float], back: int) -> float:
    """How far the last `back` hours lie above the usual day."""
    return median([values[origin - ago] - shape[-ago % DAY] for ago in range(1, min(back, origin) + 1)])


def _last_week(values: Sequence[float], origin: int, horizons: Sequence[int]) -> list[list[float]]:
    """The same hours a week ago, shifted by how the last day differs from its own, and by how the last three hours do,
    which fades; nothing before eight days."""
    if origin < WEEK + DAY:
        return []
    differs = [values[index] - values[index - WEEK] for index in range(origin - DAY, origin)]
    day, lately = median(differs), median(differs[-3:])
    # Beyond a week the one after the last is not known: its days come again.
    before = [values[origin - 1 + (hours - 1) % WEEK + 1 - WEEK] for hours in horizons]
    return [
        [value + day for value in before],
        [value + lately * 0.95**hours for value, hours in zip(before, horizons, strict=True)],
    ]


def _daily_growth(values: Sequence[float], origin: int) -> float:
    """What it usually gained from one day to the next over the last two days."""
    gained = [values[index] - values[index - DAY] for index in range(max(DAY, origin - 2 * DAY), origin)]
    return median(gained) if gained else 0.0


def _level_since(values: Sequence[float], origin: int) -> int:
    """Where the level of now began: going back until three hours in a row lie outside what the last six had."""
    lately = values[max(0, origin - 6) : origin]
    low, high = min(lately), max(lately)
    margin = (high - low) / 2
    outside = 0
    for index in range(origin - 1, -1, -1):
        outside = 0 if low - margin <= values[index] <= high + margin else outside + 1
        if outside == 3:
            return index + 3
    return 0
