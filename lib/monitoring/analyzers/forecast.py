"""Hourly forecasts with intervals. Several simple candidates are tried on the series' own past; at each horizon those
that did well there speak, and what they got wrong there is the width of the interval.

Pure, plain Python: 14 days of hours take some 25 ms. `forecast` is the form that scorers call.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from lib.monitoring.analyzers.forecast_paths import CANDIDATES, DAY, PLAIN, filled, paths

HISTORY = 336  # hours that are looked at: 14 days
FARTHEST = 72
# Tried at these and read between them; errors of neighbours are pooled.
HORIZONS = (1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 30, 36, 42, 48, 54, 60, 66, 72)
BACK_TO = 10 * DAY  # origins of the trial lie within so many hours
APART = 5  # hours between two origins: every hour of the day gets its turn
FIRST = 36  # hours a candidate must have before it is tried
MEMORY = 60.0  # hours after which a trial counts a third: what has changed must not be judged by how it was
TRUST = 8.0  # how steeply the better is preferred
HANDICAP = 0.1  # of all but the plain candidates, in logarithm of error
LEAST_ERROR = 0.3  # of the usual change from hour to hour; smaller errors do not count as better
TAIL = 0.05
WIDTH_MEMORY = 100.0
# The trial has seen what it is tried on, and the future is less like the past the farther it is: measured.
WIDER = 1.1
WIDER_A_DAY = 0.15


@dataclass(frozen=True, slots=True)
class Forecast:
    """`mid[k]`, `low[k]`, `high[k]` are of k + 1 hours after the end of the history; low and high hold 90 %.

    `error` is the mean absolute error of the trial up to 24 hours on, in the series' unit, `naive_error` that of "as it
    is now" on the same hours; both None where nothing could be tried. `trials` is how often it was. `led_by` is the
    candidate that weighs most at 24 hours. `surprises` are the errors of each trial along `HORIZONS`, None where the
    past had ended: crossing.py draws possible futures from them.
    """

    mid: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    hours: int
    trials: int
    error: float | None
    naive_error: float | None
    led_by: str
    surprises: tuple[tuple[float | None, ...], ...] = ()


def forecast(y: Sequence[float | None], horizon: int) -> tuple[list[float], list[float], list[float]]:
    """(middle, low, high) of the next `horizon` hours; three empty lists when nothing at all is known."""
    found = foresee(y, horizon)
    return (list(found.mid), list(found.low), list(found.high)) if found else ([], [], [])


def foresee(
    history: Sequence[float | None], horizon: int, bounds: tuple[float, float] | None = None
) -> Forecast | None:
    """What the hours after `history` (hourly means, oldest first, None for a hole) will be, within `bounds`.

    Only the last 14 days are looked at. None when there is no value in them.
    """
    recent = list(history[-HISTORY:])
    silent = 0
    while recent and not _is_value(recent[-1]):
        recent.pop()
        silent += 1
    values, real = filled(recent)
    if not values or horizon < 1:
        return None
    ahead = horizon + silent  # what is not known yet lies ahead as well
    if min(values) == max(values):
        flat = (values[-1],) * horizon
        return Forecast(flat, flat, flat, sum(real), 0, 0.0, 0.0, CANDIDATES[0])
    marks = [mark for mark in HORIZONS if mark < ahead] + [ahead if ahead > FARTHEST else _mark_after(ahead)]
    trial = _Trial(values, real, marks)
    spread = trial.spread()
    outlook = paths(values, len(values), range(1, ahead + 1))
    # What was never below nothing is not expected to be.
    low_bound, high_bound = bounds or (-math.inf if min(values) < 0 else 0.0, math.inf)
    mid, low, high = [], [], []
    for index in range(silent, ahead):
        mark = _nearest(marks, index + 1)
        middle = weighted_median([path[index] for path in outlook], trial.weights[mark])
        below, above = spread[mark]
        mid.append(min(max(middle, low_bound), high_bound))
        low.append(min(max(middle + below, low_bound), mid[-1]))
        high.append(max(min(middle + above, high_bound), mid[-1]))
    day = _nearest(marks, min(ahead, DAY))
    heaviest = max(range(len(CANDIDATES)), key=lambda one: trial.weights[day][one])
    error, naive = trial.errors()
    return Forecast(
        tuple(mid), tuple(low), tuple(high), sum(real), len(trial.origins), error, naive, CANDIDATES[heaviest],
        tuple(tuple(row) for row in trial.surprises),
    )  # fmt: skip


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """The value that half of the weight lies on each side of. One candidate gone astray cannot pull it far."""
    half = sum(weights) / 2
    passed = 0.0
    for value, weight in sorted(zip(values, weights, strict=True), key=itemgetter(0)):
        passed += weight
        if passed >= half:
            return value
    return max(values)


def quantile(ordered: Sequence[tuple[float, float]], share: float) -> float:
    """Of (value, weight) in order of the values, read between their middles."""
    wanted: float = share * sum([weight for _, weight in ordered])
    passed = 0.0
    before: tuple[float, float] | None = None
    for value, weight in ordered:
        here = passed + weight / 2
        if here >= wanted:
            if before is None:
                return value
            reached, last = before
            return last + (value - last) * (wanted - reached) / (here - reached)
        before = (here, value)
        passed += weight
    return ordered[-1][0]


class _Trial:
    """The candidates tried on the past: weights of each at each mark, and what their mixture got wrong."""

    def __init__(self, values: Sequence[float], real: Sequence[bool], marks: Sequence[int]) -> None:
        self.marks = marks
        known = len(values)
        self.change = _mean(abs(after - before) for before, after in pairwise(values))
        first = max(FIRST, known - BACK_TO)
        self.origins = list(range(known - 1, first, -APART))
        self.age = [known - origin for origin in self.origins]
        self._said = [paths(values, origin, marks) for origin in self.origins]
        self._came: list[list[float | None]] = [
            [_at(values, real, origin + mark - 1) for mark in marks] for origin in self.origins
        ]
        self.weights = self._weigh()
        self.surprises = [
            [
                None if came is None else came - weighted_median([path[mark] for path in said], self.weights[mark])
                for mark, came in enumerate(row)
            ]
            for said, row in zip(self._said, self._came, strict=True)
        ]

    def _weigh(self) -> list[list[float]]:
        losses = self._losses()
        logs = [math.log(mark) for mark in self.marks]
        weights = []
        for here in logs:
            near = [
                math.exp(-((here - other) ** 2) / 2) if loss else 0.0 for other, loss in zip(logs, losses, strict=True)
            ]
            total = sum(near) or 1.0
            mixed = [HANDICAP if one >= PLAIN else 0.0 for one in range(len(CANDIDATES))]
            for share, loss in zip(near, losses, strict=True):
                if loss:
                    mixed = [so_far + share * one / total for so_far, one in zip(mixed, loss, strict=True)]
            best = min(mixed)
            weights.append([math.exp(-TRUST * (loss - best)) for loss in mixed])
        return weights

    def _losses(self) -> list[list[float]]:
        """For each mark the mean logarithm of each candidate's error; empty where none of the past reaches so far."""
        least = LEAST_ERROR * self.change or 1e-12
        fresh = [math.exp(-age / MEMORY) for age in self.age]
        log, losses = math.log, []
        for mark in range(len(self.marks)):
            rows = [
                (said, truth, share)
                for said, came, share in zip(self._said, self._came, fresh, strict=True)
                if (truth := came[mark]) is not None
            ]
            total = sum([share for _, _, share in rows])
            losses.append(
                [
                    sum([share * log(abs(truth - said[one][mark]) + least) for said, truth, share in rows]) / total
                    for one in range(len(CANDIDATES))
                ]
                if rows
                else []
            )
        return losses

    def spread(self) -> list[tuple[float, float]]:
        """How far below and above the middle 90 % lie at each mark."""
        fresh = [math.exp(-age / WIDTH_MEMORY) for age in self.age]
        found: list[tuple[float, float]] = []
        for mark in self.marks:
            near = [index for index, other in enumerate(self.marks) if mark <= 2 * other and other <= 2 * mark]
            errors = [
                (error, share)
                for row, share in zip(self.surprises, fresh, strict=True)
                for index in near
                if (error := row[index]) is not None
            ]
            errors.sort(key=itemgetter(0))
            if len(errors) < 8:
                wide = 2.5 * self.change * math.sqrt(mark)
                found.append((-wide, wide))
                continue
            wider = WIDER + WIDER_A_DAY * min(mark, FARTHEST) / DAY
            below, above = min(0.0, quantile(errors, TAIL)), max(0.0, quantile(errors, 1 - TAIL))
            found.append((wider * below, wider * above))
        return found

    def errors(self) -> tuple[float | None, float | None]:
        ours, naive = [], []
        for said, came, row in zip(self._said, self._came, self.surprises, strict=True):
            for mark, truth in enumerate(came):
                wrong = row[mark]
                if truth is not None and wrong is not None and self.marks[mark] <= DAY:
                    ours.append(abs(wrong))
                    naive.append(abs(truth - said[0][mark]))
        return (_mean(ours), _mean(naive)) if ours else (None, None)


def _is_value(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _at(values: Sequence[float], real: Sequence[bool], index: int) -> float | None:
    return values[index] if index < len(values) and real[index] else None


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def _nearest(marks: Sequence[int], hours: int) -> int:
    return min(range(len(marks)), key=lambda index: abs(marks[index] - hours))


def _mark_after(hours: int) -> int:
    return next(mark for mark in HORIZONS if mark >= hours)
