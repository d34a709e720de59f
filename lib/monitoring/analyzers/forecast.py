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
TAIL, LEAST_TAIL = 0.05, 0.01
WIDTH_MEMORY = 100.0
BLOCKS = 4  # of the trial: what is judged in one is chosen by the other three
CAUTION = 0.2  # over the number of trials is taken off the tails: few trials show little of them
WIDER_A_DAY = 0.1  # the future is less like the past the farther it is


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
        middle = middle_third([path[index] for path in outlook], trial.weights[mark])
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


def middle_third(values: Sequence[float], weights: Sequence[float]) -> float:
    """The mean of the values that the middle third of the weight lies on. One candidate gone astray cannot pull it far,
    and it does not jump from one to the next as a median does."""
    lowest = sum(weights) / 3
    highest = 2 * lowest
    passed = total = 0.0
    for value, weight in sorted(zip(values, weights, strict=True), key=itemgetter(0)):
        before, passed = passed, passed + weight
        if passed > lowest:
            share = (passed if passed < highest else highest) - (before if before > lowest else lowest)
            total += share * value
            if passed >= highest:
                break
    return total / lowest


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
        # Of each origin, for each mark what the candidates said of it.
        self._said = [list(zip(*paths(values, origin, marks), strict=True)) for origin in self.origins]
        self._came: list[list[float | None]] = [
            [_at(values, real, origin + mark - 1) for mark in marks] for origin in self.origins
        ]
        self._kernel = [[math.exp(-(math.log(here / other) ** 2) / 2) for other in marks] for here in marks]
        losses = self._losses()
        self.weights = self._weigh(losses)
        others = [
            self._weigh([[one for number, one in enumerate(blocks) if number != block] for blocks in losses])
            for block in range(BLOCKS)
        ]
        self.surprises = [
            [
                None if truth is None else truth - middle_third(spoken, weights)
                for truth, spoken, weights in zip(came, said, others[self._block(number)], strict=True)
            ]
            for number, (said, came) in enumerate(zip(self._said, self._came, strict=True))
        ]

    def _block(self, number: int) -> int:
        return number * BLOCKS // len(self.origins)

    def _losses(self) -> list[list[tuple[float, list[float]]]]:
        """For each mark and block the weight of its trials, and the weighted sum of the logarithms of each candidate's
        errors."""
        least = LEAST_ERROR * self.change or 1e-12
        log = math.log
        fresh = [math.exp(-age / MEMORY) for age in self.age]
        found: list[list[tuple[float, list[float]]]] = []
        for mark in range(len(self.marks)):
            blocks = [(0.0, [0.0] * len(CANDIDATES)) for _ in range(BLOCKS)]
            for number, share in enumerate(fresh):
                truth = self._came[number][mark]
                if truth is not None:
                    block = self._block(number)
                    total, sums = blocks[block]
                    wrong = [log(abs(truth - value) + least) for value in self._said[number][mark]]
                    blocks[block] = (
                        total + share,
                        [before + share * one for before, one in zip(sums, wrong, strict=True)],
                    )
            found.append(blocks)
        return found

    def _weigh(self, losses: Sequence[Sequence[tuple[float, list[float]]]]) -> list[list[float]]:
        """How far each candidate is believed at each mark; marks lend each other their losses, the nearer the more."""
        totals = [sum([share for share, _ in blocks]) for blocks in losses]
        means = [
            [sum(one) / (total or 1.0) for one in zip(*[sums for _, sums in blocks], strict=True)]
            for total, blocks in zip(totals, losses, strict=True)
        ]
        by_candidate = list(zip(*means, strict=True))
        handicaps = [HANDICAP if one >= PLAIN else 0.0 for one in range(len(CANDIDATES))]
        weights = []
        for kernel in self._kernel:
            near = [share if total else 0.0 for share, total in zip(kernel, totals, strict=True)]
            known = sum(near) or 1.0
            mixed = [
                handicap + math.sumprod(near, mean) / known
                for handicap, mean in zip(handicaps, by_candidate, strict=True)
            ]
            best = min(mixed)
            weights.append([math.exp(-TRUST * (loss - best)) for loss in mixed])
        return weights

    def spread(self) -> list[tuple[float, float]]:
        """How far below and above the middle 90 % lie at each mark."""
        fresh = [math.exp(-age / WIDTH_MEMORY) for age in self.age]
        trials = sum(fresh) ** 2 / sum([share * share for share in fresh]) if fresh else 1.0
        tail = max(LEAST_TAIL, TAIL - CAUTION / trials)
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
            wider = 1.0 + WIDER_A_DAY * min(mark, FARTHEST) / DAY
            below, above = min(0.0, quantile(errors, tail)), max(0.0, quantile(errors, 1 - tail))
            found.append((wider * below, wider * above))
        return found

    def errors(self) -> tuple[float | None, float | None]:
        ours, naive = [], []
        for said, came, row in zip(self._said, self._came, self.surprises, strict=True):
            for mark, truth in enumerate(came):
                wrong = row[mark]
                if truth is not None and wrong is not None and self.marks[mark] <= DAY:
                    ours.append(abs(wrong))
                    naive.append(abs(truth - said[mark][0]))
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
