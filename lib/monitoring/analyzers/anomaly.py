"""Is a series unlike itself? One small state for each, fed value by value; what is usual is learnt from its own past.

Two questions are asked of each value:

  record     is it, one of its running means, its jitter, or what it deviates from the usual of this hour, beyond all
             that it ever was? The band of what was forgets slowly.
  deviation  does it deviate from the usual of this hour by more than is exceeded once in 1 / RARE values?

And one of those that stay the same: did it ever stand still for so long?

Out of both come two scores in [0, 1]: `alert` peaks once an episode, `hold` stays high through it. `docs/analysis.md`
says how good they are, on what, and where they fail. The state is kept in single precision while it is worked with, so
that it is the same however often it is packed between.
"""

from __future__ import annotations

import math
from array import array
from typing import Any

from lib.monitoring.analyzers.anomaly_state import FLOATS, Kept, packed, unpacked
from lib.monitoring.analyzers.season import Season
from lib.monitoring.analyzers.shapes import opening

WARM = 60  # values before anything is said aloud
HOUR = 3_600
DAY = 86_400
LARGEST = 1e30  # beyond it nothing is measured
LATEST = 0xFFFFFFFF
ROUNDING = 2e-7  # of single precision

# Constants are of values at a usual distance; where a distance is another, they are scaled by it.
MEANS = (0.3, 0.088, 0.0186)  # running means of the value and of its jitter
SMOOTH_SHORT, SMOOTH_LONG = 0.12, 0.02  # of the deviation
JITTER_MEAN = 0.002
SPREAD = 0.00027  # of the mean deviation
LEVEL = 0.0066  # of the level under the profile
PROFILE, PROFILE_FIRST = 0.006, 12.0  # of the hour's usual deviation from it
STEEP, CAP, FORGET, NARROW = 40.0, 3.32, 4e-5, 0.02  # of the record
JITTER_WEIGHT = 0.545
RARE = 0.01  # the share of deviations that is beyond the tracked one
RARE_FIRST = 3.0  # where it begins, in mean deviations
STEP_FIRST, STEP_OF_AGE, STEP = 0.02, 15.0, 0.004  # it is found in large steps and then kept, also through episodes
SAME, STILL_LEARNT, STILL_LEAST, STILL_TIMES, STILL_TAUGHT = 1e-6, 1_440, 30, 5.0, 0.35  # of what stands still
FROZEN = 8.0
GRADUAL = 0.5  # share of a deviation that its running mean has reached
YOUNG = 60.0  # of what was seen so seldom yet, more is taken for usual
DEVIATION, DEVIATION_MOST, CLIP, FLOOR = 3.0, 12.0, 3.0, 0.01
SECOND = 0.5  # share of the second strongest sign
ALERT_WEIGHTS = (1.0, 0.394, 0.0)  # record, smoothed deviation, deviation
HOLD_WEIGHTS = (0.3, 1.0, 0.7)
SOFT = 8.0
TRIGGER, QUIET_VALUES, WORSE = 2.0, 80, 1.5  # one alert an episode
FADE = 0.5 ** (1 / 20)
RESTLESS, RESTLESS_MEAN = 2.0, 0.0005  # what is often unlike itself has to be more so

# Of `hold`.
THRESHOLDS = {"low": 0.6, "normal": 0.45, "high": 0.32}

# Places in the floats of a state.
_L, _PREV, _JITTER, _LAST, _HOLD, _AVG, _R, _RL, _D0, _D2, _Q0, _Q2 = range(12)  # a quantile lies two behind its mean
_M, _V, _HI, _LO = 12, 15, 18, 28
_UNIT, _USUAL, _LONGEST = 38, 39, 40
_KINDS = ("value", "mean", "mean", "mean", "jitter", "jitter", "jitter", "hour", "hour", "hour")


class Detector:
    """`alert` and `hold` are the scores of the last value; `face` is the one that `update` gives."""

    __slots__ = (
        "_f", "_season", "_why", "alert", "face", "hold", "in_hour", "last_at", "n", "quiet", "started",
        "still",
    )  # fmt: skip

    def __init__(self, face: str = "alert") -> None:
        self.face = face
        self.n = self.started = self.last_at = self.in_hour = self.quiet = self.still = 0
        self._f = [0.0] * FLOATS  # each a number of single precision
        self._f[_Q0] = self._f[_Q2] = RARE_FIRST
        self._season = Season()
        self.alert = self.hold = 0.0
        self._why: tuple[str, str, float, float, float, float] | None = None

    @property
    def is_ready(self) -> bool:
        """Enough was seen to say something."""
        return self.n >= WARM

    @property
    def usually(self) -> float:
        """How unlike itself it is most of the time, in [0, 1]."""
        return self._f[_AVG]

    def update(self, at: float, value: float, offset: int = 0) -> float:
        """Gives the score in [0, 1] of the face. What is not after all before it, or no finite number, changes nothing.
        `offset`: seconds that local time is ahead of UTC."""
        if not self.last_at < at < LATEST or not -LARGEST < value < LARGEST or int(at) == self.last_at:
            return self.alert if self.face == "alert" else self.hold
        at, f = int(at), self._f
        n = self.n = self.n + 1
        inv = 1.0 / n
        pace = self._pace(at)
        if n == 1:
            self.started = at
            f[_L] = f[_PREV] = f[_M] = f[_M + 1] = f[_M + 2] = f[_HI] = f[_LO] = value
        hour = (at + offset) // HOUR
        is_same_hour = (self.last_at + offset) // HOUR == hour
        self.in_hour = self.in_hour + 1 if is_same_hour and self.in_hour < 0xFFFF else 0
        self.last_at = at
        usual = f[_L] + self._season.usual(hour)
        off = value - usual
        jump = abs(value - f[_PREV])
        f[_PREV] = value
        frozen = self._stillness(value, jump)
        if pace == 1.0 and inv < MEANS[2]:
            self._usual_means(value, off, jump)
        else:
            self._means(value, off, jump, inv, pace)
        record, second, which = self._records(value, off, n)
        f[_JITTER] += (JITTER_MEAN if inv < JITTER_MEAN else inv) * (jump - f[_JITTER])
        floor = FLOOR * (f[_HI] - f[_LO]) + 1e-12
        smooth = self._deviation(f[_R], _D0, floor, n, inv)
        sudden = self._deviation(off, _D2, floor, n, inv)
        self._learn(hour, off, n, inv, pace)
        self._score(record, second, smooth, sudden, frozen, pace)
        if self.alert > 0.1 or self.hold > 0.1:
            kind = "deviation"
            if which >= 0 and (ALERT_WEIGHTS[0] * record >= smooth or (record >= 1.0 and _KINDS[which] != "jitter")):
                kind = _KINDS[which]  # that it never was so says more than that it is rare
            kind = "frozen" if frozen else kind
            width = self._width()
            band = usual - width, usual + width
            steps = {"calmer": f[_V] < f[_JITTER], "gradual": abs(f[_R]) > GRADUAL * abs(off)}
            self._why = (kind, opening(kind, value, usual, *band, **steps), value, usual, *band)
        self._f = array("f", f).tolist()
        return self.alert if self.face == "alert" else self.hold

    def _stillness(self, value: float, jump: float) -> float:
        """Of a series that always moved and does not any more, at a value that is neither its least nor its most: there
        it may be idle, or full. What never moves is no such series."""
        f = self._f
        longest = f[_LONGEST] = f[_LONGEST] * (1.0 - FORGET)
        is_odd = self.n > STILL_LEARNT and self.still >= STILL_LEAST and self.still >= STILL_TIMES * longest
        if jump > SAME * abs(value):
            if self.still > longest:  # one that is odd is not taken for usual at once; one as long is no news again
                learnt = max(2.0 * longest + STILL_LEAST, STILL_TAUGHT * self.still) if is_odd else self.still
                f[_LONGEST] = min(self.still, learnt)
            self.still = 0
            return 0.0
        self.still = min(self.still + 1, 0xFFFF)
        edge = NARROW * (f[_HI] - f[_LO])
        return FROZEN if is_odd and f[_LO] + edge < value < f[_HI] - edge else 0.0

    def _usual_means(self, value: float, off: float, jump: float) -> None:
        """`_means` where values come as usual and there are many: the common way, without its questions."""
        f = self._f
        f[_R] += SMOOTH_SHORT * (off - f[_R])
        f[_RL] += SMOOTH_LONG * (off - f[_RL])
        first, middle, long = MEANS
        f[_M] += first * (value - f[_M])
        f[_M + 1] += middle * (value - f[_M + 1])
        f[_M + 2] += long * (value - f[_M + 2])
        f[_V] += first * (jump - f[_V])
        f[_V + 1] += middle * (jump - f[_V + 1])
        f[_V + 2] += long * (jump - f[_V + 2])

    def _means(self, value: float, off: float, jump: float, inv: float, pace: float) -> None:
        f = self._f
        f[_R] += min(1.0, max(inv, SMOOTH_SHORT * pace)) * (off - f[_R])
        f[_RL] += min(1.0, max(inv, SMOOTH_LONG * pace)) * (off - f[_RL])
        for k, rate in enumerate(MEANS):
            rate = min(1.0, max(inv, rate * pace))
            f[_M + k] += rate * (value - f[_M + k])
            if pace < 4.0:  # over a hole it is no jitter
                f[_V + k] += rate * (jump - f[_V + k])

    def _pace(self, at: int) -> float:
        """How many usual distances lie between this value and the last: 1 where they come regularly."""
        f = self._f
        if self.n < 2:
            return 1.0
        distance = float(at - self.last_at)
        if not f[_USUAL]:
            f[_USUAL] = distance
            return 1.0
        pace = distance / f[_USUAL]
        # Learnt slowly, so that a hole is not taken for a new habit; a lasting one is.
        f[_USUAL] += 0.02 * (distance - f[_USUAL] if pace < 2.0 else f[_USUAL])
        return 1.0 if 0.7 < pace < 1.5 else pace if pace < 1_000.0 else 1_000.0

    def _records(self, value: float, off: float, n: int) -> tuple[float, float, int]:
        """How far beyond all before it the strongest sign is, the second strongest, and which one it was."""
        f, log = self._f, math.log
        c = 1e-3 * f[_JITTER] + 1e-12
        signs = [
            value, f[_M], f[_M + 1], f[_M + 2],
            log(f[_V] + c), log(f[_V + 1] + c), log(f[_V + 2] + c),
            off, f[_R], f[_RL],
        ]  # fmt: skip
        if n <= 30:
            if n == 30:
                f[_HI + 1 : _HI + 10] = f[_LO + 1 : _LO + 10] = signs[1:]
            signs = signs[:1]
        floor = NARROW * (f[_HI] - f[_LO])
        best = second = 0.0
        which = -1
        high_at, low_at = _HI, _LO
        for sign in signs:
            high, low = f[high_at], f[low_at]
            width = high - low
            if low <= sign <= high:
                width *= FORGET
                f[high_at] = high - width
                f[low_at] = low + width
            else:
                if n > 40:
                    is_jitter = _HI + 3 < high_at < _HI + 7
                    beyond = max(0.0, (sign - high if sign > high else low - sign) - ROUNDING * abs(sign))
                    z = STEEP * beyond / ((floor if floor > width and not is_jitter else width) + 1e-9)
                    z = CAP if z > CAP else z
                    if is_jitter:
                        z *= JITTER_WEIGHT
                    if z > best:
                        second, best, which = best, z, high_at - _HI
                    elif z > second:
                        second = z
                if sign > high:
                    f[high_at] = sign
                else:
                    f[low_at] = sign
            high_at += 1
            low_at += 1
        return best, second, which

    def _deviation(self, off: float, mean: int, floor: float, n: int, inv: float) -> float:
        """How far a deviation is beyond the one that is rarely exceeded, which lies two places behind its mean. Tracks
        both."""
        f = self._f
        size = off if off > 0.0 else -off
        scale = f[mean] + floor
        found = 0.0
        if n > 40:
            ratio, rare = size / scale, f[mean + 2]
            step = min(STEP_FIRST, max(STEP, STEP_OF_AGE * inv))
            if ratio > rare:
                found = DEVIATION * math.log((ratio + 1e-9) / (rare * (1.0 + YOUNG * inv)))
                found = min(found, DEVIATION_MOST) if found > 0.0 else 0.0
                f[mean + 2] = min(rare * math.exp(step * (1.0 - RARE)), 1e6)
            else:
                rare *= 1.0 - step * RARE
                f[mean + 2] = rare if rare > 1e-3 else 1e-3
            if size > CLIP * scale:
                size = CLIP * scale
        f[mean] += (SPREAD if inv < SPREAD else inv) * (size - f[mean])
        return found

    def _learn(self, hour: int, off: float, n: int, inv: float, pace: float) -> None:
        f = self._f
        if n > 100:
            most = f[_HI + 7] - f[_LO + 7]
            off = most if off > most else -most if off < -most else off
        rate = LEVEL * pace
        rate = 0.5 if rate > 0.5 else rate
        f[_L] += (rate if rate > inv else inv) * off
        seen = (self.last_at - self.started) // DAY * HOUR / (f[_USUAL] or HOUR) + self.in_hour + PROFILE_FIRST
        rate = PROFILE * (pace if pace < 10.0 else 10.0)
        if rate * seen < 0.5:
            rate = 0.5 / seen
        self._season.learn(hour, rate * off)
        if n == 100:
            self._season.fit(f[_HI] - f[_LO])

    def _score(self, record: float, second: float, smooth: float, sudden: float, frozen: float, pace: float) -> None:
        f = self._f
        if not (record or smooth or sudden or frozen):
            alert = held = 0.0
        else:
            alert = _together((record, second, ALERT_WEIGHTS[1] * smooth, frozen))
            held = _together(
                (
                    HOLD_WEIGHTS[0] * record,
                    HOLD_WEIGHTS[0] * second,
                    HOLD_WEIGHTS[1] * smooth,
                    HOLD_WEIGHTS[2] * sudden,
                    frozen,
                )
            )
        shown = 1.0 - math.exp(-alert / SOFT) if alert else 0.0
        held = 1.0 - math.exp(-held / SOFT) if held else 0.0
        if self.n < WARM:
            self.alert, self.hold = 0.1 * shown, 0.1 * held
            return
        kept = f[_HOLD] * (FADE if pace == 1.0 else FADE**pace)
        kept = f[_HOLD] = kept if kept > held else held
        f[_AVG] += (RESTLESS_MEAN if self.n > 2_000 else max(RESTLESS_MEAN, 1.0 / self.n)) * (kept - f[_AVG])
        self.hold = kept / (1.0 + RESTLESS * f[_AVG])
        self.alert = shown
        if self.quiet:
            self.quiet -= 1
            if alert < f[_LAST] * WORSE:
                self.alert *= 0.1
                return
        elif alert <= TRIGGER:
            return
        f[_LAST], self.quiet = alert, QUIET_VALUES

    def explain(self) -> dict[str, Any]:
        """Of the last value that stood out: `{kind, shape, direction, value, expected, low, high, values, since}`.
        `kind`: it was never so (`value`), its running mean (`mean`) or its jitter (`jitter`) never was, it never was so
        at such an hour (`hour`), it never stood still for so long (`frozen`), or it is merely rare (`deviation`).
        `shape`: what that looks like so far, one of shapes.SHAPES but `shift`. `low` to `high` is what was expected,
        learnt from `values` values since then."""
        if self._why is None:
            return {}
        kind, shape, value, usual, low, high = self._why
        return {
            "kind": kind, "shape": shape,
            "direction": None if kind in {"jitter", "frozen"} else "up" if value >= usual else "down",
            "value": _short(value),
            "expected": _short(usual), "low": _short(low), "high": _short(high), "values": self.n,
            "since": self.started,
        }  # fmt: skip

    def band(self, at: float, offset: int = 0) -> tuple[float, float] | None:
        """What is expected at that time, as far as is known now; None while it is being learnt."""
        if not self.is_ready:
            return None
        f = self._f
        usual = f[_L] + self._season.usual((int(at) + offset) // HOUR)
        width = self._width()
        return usual - width, usual + width

    def _width(self) -> float:
        """Of what is expected, on either side."""
        f = self._f
        return f[_Q2] * (1.0 + YOUNG / self.n) * (f[_D2] + FLOOR * (f[_HI] - f[_LO]) + 1e-12)

    def accept(self, at: float, value: float, offset: int = 0) -> None:
        """What it was at that time was to be expected: at this hour of the day it is usual from here on."""
        if not self.n or not 0 <= at < LATEST or not -LARGEST < value < LARGEST:
            return
        f = self._f
        f[_HOLD] = f[_LAST] = f[_R] = f[_RL] = 0.0
        f[_LONGEST] = max(f[_LONGEST], self.still)
        self.quiet = 0
        self.alert = self.hold = 0.0
        hour = (int(at) + offset) // HOUR
        self._season.accept(hour, value - f[_L] - self._season.usual(hour))
        self._f = array("f", f).tolist()
        self._why = None

    def to_bytes(self) -> bytes:
        """At most 256 bytes, with a version."""
        floats, season = [*self._f], self._season
        floats[_UNIT] = season.unit
        head = (self.quiet, self.in_hour, self.n, self.started, self.last_at, self.alert, self.hold, self.still)
        return packed(Kept(*head, floats, season.hours, season.weekend))


def new_detector() -> Detector:
    """Its `update` gives a score that peaks once an episode."""
    return Detector("alert")


def new_hold_detector() -> Detector:
    """Its `update` gives a score that stays high through an episode. The same state, the same constants."""
    return Detector("hold")


def from_bytes(data: bytes) -> Detector:
    """What `to_bytes` gave, in this version or an earlier one, with the face `alert` and without an explanation. Of a
    form that is not known: a new one, which learns anew."""
    detector, kept = Detector(), unpacked(data)
    if kept is not None:
        detector.quiet, detector.in_hour, detector.n, detector.started, detector.last_at = kept[:5]
        detector.alert, detector.hold, detector.still, detector._f = kept[5:9]
        season = detector._season
        season.unit, season.hours, season.weekend = kept.floats[_UNIT], kept.profile, kept.weekend
    return detector


def threshold(sensitivity: str) -> float:
    """The `hold` from which on a series is called unlike itself: `low`, `normal` or `high`."""
    return THRESHOLDS[sensitivity]


def _together(signs: tuple[float, ...]) -> float:
    """The strongest sign, and half of the next."""
    best = second = 0.0
    for sign in signs:
        if sign > best:
            best, second = sign, best
        elif sign > second:
            second = sign
    return best + SECOND * second


def _short(value: float) -> float:
    return float(f"{value:.6g}")
