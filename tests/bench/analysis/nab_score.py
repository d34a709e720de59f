"""The NAB score of alerts on single series (Lavin & Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms: the
Numenta Anomaly Benchmark", ICMLA 2015), written from the paper.

A row whose score reaches the threshold is a detection. Its worth at relative position y is, by the paper's equation 1,

    sigma(y) = (A_TP - A_FP) * 1 / (1 + e^(5 y)) - 1        with A_TP - A_FP = 2 before the weights are applied,

where y is -1 at the beginning of a window and 0 at its end; after it, y grows by one for each length of the window.
Of a window only the earliest detection counts (weight A_TP), scaled so that the very first row is worth 1; each
detection outside of windows costs (weight A_FP), and -1 far from any; a window without one costs A_FN. The sum is
scaled so that no detection at all is 0 and all that is right is 100. Rows of the first 15 %, at most 750, are not
judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.bench.analysis.series import Series

JUDGED_FROM_SHARE, JUDGED_FROM_MOST = 0.15, 750


@dataclass(frozen=True)
class Profile:
    hit: float
    false_alarm: float
    miss: float


PROFILES = {
    "standard": Profile(1.0, 0.11, 1.0),
    "few false alarms": Profile(1.0, 0.22, 1.0),
    "few misses": Profile(1.0, 0.11, 2.0),
}


def worth(y: float) -> float:
    return -1.0 if y > 3.0 else 2.0 / (1.0 + math.exp(5.0 * y)) - 1.0


@dataclass(frozen=True)
class Judged:
    """The judged rows of one or more series: score, unweighted worth, and the window each lies in (-1: none)."""

    score: NDArray[np.float64]
    worth: NDArray[np.float64]
    window: NDArray[np.int64]
    windows: int


def judge(series: Series, scores: NDArray[np.float64]) -> Judged:
    rows = len(series.at)
    first = min(int(JUDGED_FROM_SHARE * rows), JUDGED_FROM_MOST)
    worths = np.full(rows, -1.0)
    window = np.full(rows, -1, dtype=np.int64)
    for number, (begin, end) in enumerate(series.windows):
        length = end - begin + 1
        before_the_next = series.windows[number + 1][0] if number + 1 < len(series.windows) else rows
        for row in range(begin, end + 1):
            worths[row] = worth(-(end - row + 1) / length) / worth(-1.0)
            window[row] = number
        for row in range(end + 1, before_the_next):
            worths[row] = worth((row - end) / max(1, end - begin))
    return Judged(scores[first:], worths[first:], window[first:], len(series.windows))


def joined(parts: list[Judged]) -> Judged:
    windows, offset = [], 0
    for part in parts:
        windows.append(np.where(part.window < 0, -1, part.window + offset))
        offset += part.windows
    return Judged(
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.worth for part in parts]),
        np.concatenate(windows),
        offset,
    )


def raw(judged: Judged, threshold: float, profile: Profile) -> float:
    """The sum before it is scaled."""
    detected = judged.score >= threshold
    outside = detected & (judged.window < 0)
    total = profile.false_alarm * float(judged.worth[outside].sum())
    best = np.full(judged.windows, -np.inf)
    inside = detected & ~outside
    np.maximum.at(best, judged.window[inside], judged.worth[inside])
    return total + float(np.where(np.isinf(best), -profile.miss, profile.hit * best).sum())


def scaled(total: float, windows: int, profile: Profile) -> float:
    nothing, everything = -profile.miss * windows, profile.hit * windows
    return 100.0 * (total - nothing) / (everything - nothing)


def best_threshold(judged: Judged, profile: Profile) -> float:
    """The one with the highest sum, looked for over every score there is, highest first."""
    order = np.argsort(-judged.score, kind="stable")
    score, window = judged.score[order].tolist(), judged.window[order].tolist()
    worths = judged.worth[order].tolist()
    best_of: dict[int, float] = {}
    total = best = -profile.miss * judged.windows
    threshold = math.inf
    for row, (value, number, gain) in enumerate(zip(score, window, worths, strict=True)):
        if number < 0:
            total += profile.false_alarm * gain
        elif number not in best_of:
            total += profile.miss + profile.hit * gain
            best_of[number] = gain
        elif gain > best_of[number]:
            total += profile.hit * (gain - best_of[number])
            best_of[number] = gain
        if (row + 1 == len(score) or score[row + 1] < value) and total > best:
            best, threshold = total, value
    return threshold


def nab_score(
    corpus: list[Series], scores: dict[str, NDArray[np.float64]], profile: Profile, by_category: bool = False
) -> float:
    """One threshold for all series, chosen at its best as NAB does; `by_category`: chosen each time without the
    category it is used on. NaN where there is no window."""
    judged = {one.name: judge(one, scores[one.name]) for one in corpus}
    windows = sum(one.windows for one in judged.values())
    if not windows:
        return math.nan
    if not by_category:
        everything = joined(list(judged.values()))
        return scaled(raw(everything, best_threshold(everything, profile), profile), windows, profile)
    total = 0.0
    for category in sorted({one.category for one in corpus}):
        others = [judged[one.name] for one in corpus if one.category != category]
        own = joined([judged[one.name] for one in corpus if one.category == category])
        total += raw(own, best_threshold(joined(others), profile) if others else math.inf, profile)
    return scaled(total, windows, profile)
