"""How far a series left what it was: by values that can be counted by hand, and within bounds for any."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.analyzers.departures import departure
from lib.monitoring.analyzers.tracks import Track, track

STEP = 60
MOMENT = 100 * STEP
LEAD, REACH = 10 * STEP, 30 * STEP


def of(values: list[float]) -> Track:
    return track((place * STEP, value, value, value) for place, value in enumerate(values))


def test_a_burst_is_measured_in_deviations_of_what_was_before() -> None:
    values = [9.0, 11.0] * 70
    values[100:103] = [30.0, 40.0, 35.0]
    found = departure(of(values), MOMENT, LEAD, REACH)
    assert found is not None
    assert (found.at, found.before, found.after) == (MOMENT, 10.0, 35.0)
    assert found.strength == pytest.approx(25.0)  # 25 off the mean, by a deviation of 1
    assert found.usual == pytest.approx(1.0)


def test_its_onset_is_where_it_had_gone_half_of_the_way() -> None:
    values = [9.0, 11.0] * 70
    values[96:106] = [14.0, 16.0, 24.0, 31.0, 50.0, 50.0, 50.0, 50.0, 30.0, 20.0]
    found = departure(of(values), MOMENT, LEAD, REACH)
    assert found is not None
    assert found.at == 99 * STEP


def test_what_went_as_far_before_says_so() -> None:
    values = [9.0, 11.0] * 70
    for start in (40, 60, 100):
        values[start : start + 3] = [40.0] * 3
    found = departure(of(values), MOMENT, LEAD, REACH)
    assert found is not None
    assert found.usual == pytest.approx(found.strength)


def test_what_never_moved_has_a_spread_of_its_range_and_a_small_difference_is_none() -> None:
    values = [0.0] * 140
    values[101:104] = [5.0] * 3
    found = departure(of(values), MOMENT, LEAD, REACH)
    assert found is not None
    assert found.strength == pytest.approx(1_000.0)
    assert departure(of(values), MOMENT, LEAD, REACH, least=6.0) is None
    assert departure(of([7.0] * 140), MOMENT, LEAD, REACH) is None


def test_too_little_before_or_near_is_nothing() -> None:
    assert departure(of([1.0, 2.0] * 50), MOMENT + 40 * STEP, LEAD, REACH) is None
    assert departure(of([1.0, 2.0] * 50), 20 * STEP, LEAD, REACH) is None


def test_noise_seldom_leaves_what_it_was() -> None:
    dice = random.Random(1)
    found = [departure(of([dice.gauss(50, 2) for _ in range(140)]), MOMENT, LEAD, REACH) for _ in range(200)]
    assert sum(one is not None for one in found) <= 6
    assert max((one.strength for one in found if one is not None), default=0.0) < 6.0


@given(st.lists(st.floats(-1e12, 1e12), max_size=140), st.integers(-10, 150), st.floats(0, 1e6))
def test_anything_is_measured_within_bounds(values: list[float], place: int, least: float) -> None:
    found = departure(of(values), place * STEP, LEAD, REACH, least)
    if found is not None:
        assert all(map(math.isfinite, (found.before, found.after, found.strength, found.usual)))
        assert found.strength >= 2.999
        assert place * STEP - LEAD <= found.at <= place * STEP + REACH
