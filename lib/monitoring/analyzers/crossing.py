"""When a series will cross a level: a date with a range, or a code that says why there is none.

Two ways. What fluctuates is answered by possible futures: the forecast moved by each error its trial made, and the ways
on that the series itself took before, at this hour of the day and from where it is. What fills up (disks, inodes) is
answered by how fast it grew between clean-ups. Pure, plain Python.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from lib.monitoring.analyzers.forecast import FARTHEST, HISTORY, HORIZONS, Forecast, foresee, quantile
from lib.monitoring.analyzers.forecast_paths import DAY, bridged, filled, median

type Refusal = Literal["too_little_data", "no_trend", "too_noisy", "cleaned_before", "too_far"]
type Basis = Literal["futures", "growth", "growth_6h", "now"]

LEAST_HOURS = 36  # of a series that fluctuates
LEAST_FILLING_HOURS = 6
LIKELY = 0.5  # of the futures, at least so many cross: then there is a date
UNLIKELY = 0.25  # fewer: it is not going there; between the two nothing can be said
# The date is the time that most futures lie around, from two thirds of it to twice it. Of what comes at random, at any
# time alike, 2 / 3**1.5 lie around the best of times: with no more of them there is no date.
EARLY, LATE = 1.5, 2.0
AGREE = 0.385
ALIKE_HOURS = 2  # a way on counts that began within so many hours of this hour of the day
ALIKE_LEVEL = 0.1  # of the range: how near to where it is now a way on began that counts in full
ERRORS_FORGET, WAYS_FORGET = 100.0, 200.0  # hours
FARTHEST_FILLING = 60 * DAY
STEADY = 0.7  # share of the days that must have grown
RUSH = 3.0  # so many times as fast in the last six hours as in the days before is another pace


@dataclass(frozen=True, slots=True)
class Crossing:
    """`hours` from the end of the history until the level is likely reached, `earliest` and `latest` hold 80 %;
    `latest` None where it may as well not be reached. All None where `refusal` says why. `chance` is the share of
    futures that reach it within 72 hours, None where growth answers. `per_day` is the growth that was counted on."""

    hours: float | None = None
    earliest: float | None = None
    latest: float | None = None
    refusal: Refusal | None = None
    basis: Basis = "futures"
    chance: float | None = None
    per_day: float | None = None
    history_hours: int = 0


def crossing(
    history: Sequence[float | None],
    level: float,
    *,
    above: bool = True,
    fills: bool = False,
    found: Forecast | None = None,
) -> Crossing:
    """When the hours after `history` (hourly means, oldest first) will reach `level`. `fills`: it only grows and is
    cleaned up. `found` saves the forecast of 72 hours where it was made already."""
    turn = 1.0 if above else -1.0
    recent = list(history[-HISTORY:])
    while recent and (recent[-1] is None or not math.isfinite(recent[-1])):
        recent.pop()
    known, real = bridged(recent) if fills else filled(recent)
    silent = min(len(history), HISTORY) - len(recent)
    hours = sum(real)
    if not known or not math.isfinite(level):
        return Crossing(refusal="too_little_data", history_hours=hours)
    values = [turn * value for value in known]
    level *= turn
    if values[-1] >= level:
        return Crossing(0.0, 0.0, 0.0, basis="now", history_hours=hours)
    if fills:
        answer = _filling(values, real, level)
        return _later(answer, silent)
    if hours < LEAST_HOURS:
        return Crossing(refusal="too_little_data", history_hours=hours)
    outlook = found or foresee(recent, FARTHEST)
    if outlook is None:
        return Crossing(refusal="too_little_data", history_hours=hours)
    return _later(_futures(values, outlook, turn, level, hours), silent if found is None else 0)


def _later(answer: Crossing, silent: int) -> Crossing:
    """The end of the history is `silent` hours after its last value."""
    if not silent or answer.hours is None:
        return answer
    hours, earliest, latest = (
        None if one is None else max(0.0, one - silent) for one in (answer.hours, answer.earliest, answer.latest)
    )
    return Crossing(
        hours, earliest, latest, None, answer.basis, answer.chance, answer.per_day, answer.history_hours
    )  # fmt: skip


def _futures(values: Sequence[float], outlook: Forecast, turn: float, level: float, hours: int) -> Crossing:
    middle = [turn * value for value in outlook.mid[:FARTHEST]]
    if len(middle) < FARTHEST:
        return Crossing(refusal="too_little_data", history_hours=hours)
    reached: list[tuple[float, float]] = []
    chances = []
    for ways in (_by_errors(middle, outlook, turn, level), _by_ways_on(values, level)):
        total = sum(weight for _, weight in ways)
        if total:
            chances.append(sum(weight for at, weight in ways if at is not None) / total)
            reached += [(float(at), weight / total) for at, weight in ways if at is not None]
    if not chances:
        return Crossing(refusal="too_little_data", history_hours=hours)
    chance = sum(chances) / len(chances)
    if chance < LIKELY:
        refusal: Refusal = "no_trend" if chance < UNLIKELY else "too_noisy"
        return Crossing(refusal=refusal, chance=round(chance, 3), history_hours=hours)
    likely, agree = _most_around(reached)
    if chance * agree < AGREE:
        return Crossing(refusal="too_noisy", chance=round(chance, 3), history_hours=hours)
    reached.sort()
    earliest, latest = (quantile(reached, share) for share in (0.1, 0.9))
    end = max(likely, latest) if chance >= 0.9 else None
    return Crossing(likely, min(likely, earliest), end, None, "futures", round(chance, 3), None, hours)


def _most_around(reached: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(the time that most of the weight lies around, its share); of a stretch of equals the middle."""
    until = [0.0] * (FARTHEST + 1)  # the weight up to each hour
    for at, weight in reached:
        until[int(at)] += weight
    until = list(accumulate(until))
    around = [
        until[min(FARTHEST, int(LATE * hour))] - until[math.ceil(hour / EARLY) - 1] for hour in range(1, FARTHEST + 1)
    ]
    best = max(around)
    equals = [hour for hour, weight in enumerate(around, 1) if weight >= 0.999 * best]
    return float(equals[len(equals) // 2]), best / until[-1]


type Ways = list[tuple[int | None, float]]  # (hours until it crossed or None, weight)


def _by_errors(middle: Sequence[float], outlook: Forecast, turn: float, level: float) -> Ways:
    marks = HORIZONS
    ways: Ways = []
    for age, row in enumerate(outlook.surprises):
        known = [turn * error for error in row[: len(marks)] if error is not None]
        if len(known) < len(marks) or len(row) < len(marks):
            continue
        weight = math.exp(-age * 5 / ERRORS_FORGET)
        ways.append((_first(middle, known, level), weight))
    return ways


def _first(middle: Sequence[float], errors: Sequence[float], level: float) -> int | None:
    before_mark, before = 0, 0.0
    for mark, error in zip(HORIZONS, errors, strict=True):
        for hour in range(before_mark + 1, mark + 1):
            share = (hour - before_mark) / (mark - before_mark)
            if middle[hour - 1] + before + (error - before) * share >= level:
                return hour
        before_mark, before = mark, error
    return None


def _by_ways_on(values: Sequence[float], level: float) -> Ways:
    now, need = len(values), level - values[-1]
    near = ALIKE_LEVEL * (max(values) - min(values)) or 1.0
    ways: Ways = []
    for origin in range(DAY, now - FARTHEST):
        apart = (now - origin) % DAY
        if min(apart, DAY - apart) <= ALIKE_HOURS:
            goal = values[origin - 1] + need
            at = next((hour + 1 for hour in range(FARTHEST) if values[origin + hour] >= goal), None)
            off = (values[origin - 1] - values[-1]) / near
            ways.append((at, math.exp(-(now - origin) / WAYS_FORGET - off * off / 2)))
    return ways


def _filling(values: Sequence[float], real: Sequence[bool], level: float) -> Crossing:
    hours = sum(real)
    if hours < LEAST_FILLING_HOURS:
        return Crossing(refusal="too_little_data", basis="growth", history_hours=hours)
    steps = [after - before for before, after in pairwise(values)]
    usual = median([abs(step) for step in steps])
    drop = max(8 * usual, 0.02 * (max(values) - min(values)), 0.01 * abs(level), 1e-9)
    cleaned = [index for index, step in enumerate(steps) if step < -drop]
    # Of a hole in which it was cleaned up nobody knows how much it grew.
    gains = [
        None if step < -drop or not (step or is_real) else step for step, is_real in zip(steps, real[1:], strict=True)
    ]
    left = level - values[-1]

    def ended(rate: float, refusal: Refusal) -> Crossing:
        return Crossing(refusal=refusal, basis="growth", per_day=round(rate * DAY, 4), history_hours=hours)

    rates = _rates(gains)
    rate = median(rates)
    rush = _rush(gains, rate)
    if rush:
        slow = max(rate, rush / 2)
        return Crossing(
            left / rush, left / (1.3 * rush), left / slow, None, "growth_6h", None, round(rush * DAY, 4), hours
        )
    if rate <= max(0.0, 1e-6 * abs(level)):
        return ended(rate, "no_trend")
    grown = sum(1 for one in rates if one > 0) / len(rates)
    if grown < STEADY or (len(rates) >= 3 and rate < _scatter(rates) / math.sqrt(len(rates))):
        return ended(rate, "too_noisy")
    if _is_cleaned_before(values, cleaned, left / rate, level):
        return ended(rate, "cleaned_before")
    if left / rate > FARTHEST_FILLING:
        return ended(rate, "too_far")
    ordered = sorted((one, 1.0) for one in rates)
    # The mean of many days is surer than one of them.
    sure = 1 / math.sqrt(max(1.0, len(rates) / 2))
    slow, fast = (rate + sure * (quantile(ordered, share) - rate) for share in (0.1, 0.9))
    if len(rates) < 3:
        slow, fast = 0.5 * rate, 1.5 * rate
    latest = left / slow if slow > 0 and left / slow <= 2 * FARTHEST_FILLING else None
    return Crossing(left / rate, left / max(fast, rate), latest, None, "growth", None, round(rate * DAY, 4), hours)


def _rates(gains: Sequence[float | None]) -> list[float]:
    """Growth an hour of each day back from now, clean-ups left out; of a shorter past, of each quarter of it."""
    width = DAY if len(gains) >= 2 * DAY else max(2, len(gains) // 4)
    rates = []
    for end in range(len(gains), width - 1, -width):
        known = [gain for gain in gains[end - width : end] if gain is not None]
        if 2 * len(known) >= width:
            rates.append(sum(known) / len(known))
    return rates or [0.0]


def _rush(gains: Sequence[float | None], rate: float) -> float | None:
    """The pace of the last six hours, where it is steady and another one than before."""
    lately = [gain for gain in gains[-6:] if gain is not None]
    before = [gain for gain in gains[:-6] if gain is not None]
    if len(lately) < 6 or len(before) < DAY or sum(1 for gain in lately if gain > 0) < 5:
        return None
    pace = median(lately)
    bursts = sorted(
        sum(before[end - 6 : end]) / 6 for end in range(6, len(before) + 1, 3)
    )  # what six hours of its past were like
    usual = bursts[int(0.97 * (len(bursts) - 1))]
    return pace if pace > RUSH * max(rate, 0.0) and pace > 1.5 * max(usual, 0.0) and pace > 0 else None


def _scatter(rates: Sequence[float]) -> float:
    middle = median(rates)
    return 1.4826 * median([abs(one - middle) for one in rates])


def _is_cleaned_before(values: Sequence[float], cleaned: Sequence[int], hours: float, level: float) -> bool:
    """It was cleaned up at least twice, always below the level, and another clean-up is due before it gets there."""
    if len(cleaned) < 2 or max(values[index] for index in cleaned) >= level:
        return False
    cycles = [after - before for before, after in pairwise(cleaned)]
    since = len(values) - 1 - cleaned[-1]
    return since <= 1.5 * max(cycles) and hours > 1.2 * max(cycles) - since
