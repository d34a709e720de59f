"""What an anomaly is called in the words of the field, from the stream that caused it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.analyzers.anomaly import THRESHOLDS, Detector, new_hold_detector
from lib.monitoring.analyzers.shapes import SHAPES, opening, settled
from lib.monitoring.detection import NAME, Found
from tests.unit.test_detection import feed, state_of

START = 1_800_000_000
CALM = 3 * 1_440  # minutes
COUNTS = st.integers(0, 5_000)


def shape_of(odd: Callable[[int, random.Random], float], minutes: int) -> str:
    """The last that is told of the anomaly of a series that was 40 +- 1 for three days, and then is as `odd` says."""
    dice, state = random.Random(3), state_of()
    told = [(START + n * 60, [40.0 + dice.gauss(0, 1), 50.0 + dice.gauss(0, 1), float(n)]) for n in range(CALM)]
    told += [
        (START + n * 60, [odd(n - CALM, dice), 50.0 + dice.gauss(0, 1), float(n)]) for n in range(CALM, CALM + minutes)
    ]
    found: Found = feed(state, told, batch=720)
    rows = [row for row in found.anomalies if row[0] == "cpu" and row[1] >= START + CALM * 60]
    assert rows, state.memory[NAME]
    return str(rows[-1][6]["shape"])


@pytest.mark.parametrize(
    ("odd", "minutes", "shape"),
    [
        (lambda n, dice: 90.0 + dice.gauss(0, 1), 10, "spike"),
        (lambda n, dice: 3.0 + dice.gauss(0, 1), 10, "dip"),
        (lambda n, dice: 70.0 + dice.gauss(0, 1), 90, "shift"),
        (lambda n, dice: 40.0 + dice.choice([-1, 1]) * (15 + dice.random()), 60, "noisy"),
        (lambda n, dice: 40.5, 240, "frozen"),
        (lambda n, dice: 40.0 + 0.2 * n + dice.gauss(0, 1), 120, "drift"),
    ],
    ids=["spike", "dip", "shift", "noisy", "frozen", "drift"],
)
def test_what_it_looks_like(odd: Callable[[int, random.Random], float], minutes: int, shape: str) -> None:
    assert shape_of(odd, minutes) == shape


def test_what_is_odd_in_its_mean_alone_drifts() -> None:
    assert opening("mean", 41.0, 40.0, 38.0, 43.0) == "drift"
    assert opening("value", 60.0, 40.0, 38.0, 43.0, gradual=True) == "drift"
    assert opening("value", 60.0, 40.0, 38.0, 43.0) == "spike"
    assert opening("jitter", 41.0, 40.0, 38.0, 43.0, calmer=True) == "frozen"


@settings(deadline=None)
@given(st.sampled_from(SHAPES), COUNTS, COUNTS, COUNTS)
def test_a_shape_is_always_one_of_them_and_what_stands_still_is_told_so(
    opened: str, above: int, below: int, fed: int
) -> None:
    found = settled(opened, above, below, above + below + fed)
    assert found in SHAPES
    assert opened != "frozen" or found == "frozen"


def held(detector: Detector, values: Iterable[float], begin: int = 0) -> list[float]:
    return [detector.update(START + (begin + n) * 60, value) for n, value in enumerate(values)]


def moving(count: int) -> list[float]:
    dice = random.Random(8)
    return [40.0 + 5 * math.sin(n / 300) + dice.gauss(0, 1) for n in range(count)]


def test_a_series_that_always_moved_and_stands_still_where_it_usually_is_is_found() -> None:
    detector = new_hold_detector()
    assert max(held(detector, moving(CALM))) < THRESHOLDS["normal"]
    scores = held(detector, [41.0] * 120, CALM)
    assert max(scores[:25]) < THRESHOLDS["normal"] < min(scores[40:])
    why = detector.explain()
    assert (why["kind"], why["shape"], why["direction"]) == ("frozen", "frozen", None)


@pytest.mark.parametrize("value", [0.0, 7.0, 100.0])
def test_what_never_moves_is_not_frozen(value: float) -> None:
    detector = new_hold_detector()
    assert max(held(detector, [value] * 5_000)) == 0.0


def test_what_is_idle_or_full_is_not_frozen() -> None:
    detector = new_hold_detector()
    scores: list[float] = []
    for day in range(4):
        busy = [max(0.0, value - 30.0) for value in moving(960)]
        scores += held(detector, [*busy, *[0.0] * 480], day * 1_440)
    assert max(scores[2 * 1_440 :]) < THRESHOLDS["normal"]
    assert detector.explain().get("kind") != "frozen"


def test_what_changes_rarely_is_not_frozen_and_one_that_was_expected_is_usual() -> None:
    rare = new_hold_detector()
    steps = [50.0 + (n // 200) % 3 for n in range(CALM + 1_440)]
    assert max(held(rare, steps)[1_440:]) < THRESHOLDS["normal"]
    detector = new_hold_detector()
    held(detector, moving(CALM))
    held(detector, [41.0] * 60, CALM)
    detector.accept(detector.last_at, 41.0)
    assert max(held(detector, [41.0] * 60, CALM + 60)) < THRESHOLDS["normal"]


def test_a_weekend_without_work_is_told_once() -> None:
    detector = new_hold_detector()
    told: list[float] = []
    for week in range(3):
        begin = week * 7 * 1_440
        held(detector, moving(5 * 1_440), begin)
        told.append(max(held(detector, [41.0] * 2 * 1_440, begin + 5 * 1_440)[30:]))
    assert told[0] > THRESHOLDS["normal"] > max(told[1:])
