"""The shared statistics, against values worked out by hand or printed in the papers and tables they come from."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.analyzers.changes import change_points, divide
from lib.monitoring.analyzers.lags import lagged, related
from lib.monitoring.analyzers.ranks import (
    false_discoveries,
    inflation_of,
    mann_whitney,
    memory_of,
    pearson,
    quantile,
    ranks,
    spearman,
    stratified,
    student_two_sided,
    trend,
    two_sided,
)
from lib.monitoring.analyzers.tracks import Stretch, Track, track

FINITE = st.floats(-1e12, 1e12)


def series(values: list[float], step: int = 60, start: int = 0) -> Track:
    return track((start + place * step, value, value, value) for place, value in enumerate(values))


def test_quantiles_lie_between_the_ordered_values() -> None:
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([4, 1, 3, 2], 0.95) == pytest.approx(3.85)
    assert quantile([], 0.5) == 0.0


def test_ties_share_their_rank() -> None:
    assert ranks([10, 20, 20, 5]) == ([2.0, 3.5, 3.5, 1.0], 6.0)


def test_mann_whitney_by_hand() -> None:
    """U = 9 of 9 pairs, mean 4.5, variance 3 * 3 * 7 / 12 = 5.25: z = 4.5 / 2.2913 = 1.9640."""
    found = mann_whitney([4, 5, 6], [1, 2, 3])
    assert found.delta == 1.0
    assert found.p == pytest.approx(0.04953, abs=1e-5)


def test_dependence_takes_certainty_away() -> None:
    """The variance times four halves z: 0.9820."""
    assert mann_whitney([4, 5, 6], [1, 2, 3], 4.0).p == pytest.approx(0.32611, abs=1e-5)


def test_strata_do_not_compare_noon_with_midnight() -> None:
    """Each hour's own values are equal: no shift, though noon is busier and the window has more of it."""
    found = stratified([([9, 9, 9, 9], [9, 9]), ([1], [1, 1, 1, 1])])
    assert (found.p, found.delta) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("t", "freedom", "p"), [(12.706, 1, 0.05), (2.776, 4, 0.05), (3.707, 6, 0.01), (1.476, 5, 0.2)]
)
def test_student_as_in_the_tables(t: float, freedom: int, p: float) -> None:
    assert student_two_sided(t, freedom) == pytest.approx(p, abs=1e-4)


def test_two_sided_of_a_normal() -> None:
    assert two_sided(1.959964) == pytest.approx(0.05, abs=1e-6)


def test_false_discoveries_as_benjamini_and_hochberg_have_it() -> None:
    assert false_discoveries([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_rank_correlation_by_hand() -> None:
    """Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 * 4 / (5 * 24) = 0.8."""
    assert spearman([1, 2, 3, 4, 5], [20, 10, 40, 30, 50]) == pytest.approx(0.8)
    assert pearson([1, 1, 1], [1, 2, 3]) == 0.0


def test_a_trend_is_the_median_slope() -> None:
    """Of six rising values Kendall's S is 15, its variance 28.333: z = 14 / 5.3229 = 2.630."""
    slope, tau, p = trend([0, 1, 2, 3, 4, 5], [0, 2, 4, 6, 8, 10])
    assert (slope, tau) == (2.0, 1.0)
    assert p == pytest.approx(0.00854, abs=1e-4)


def test_memory_is_seen_through_a_level_shift() -> None:
    chance = random.Random(5)
    value, values = 0.0, []
    for place in range(4_000):
        value = 0.6 * value + chance.gauss(0, 1)
        values.append(value + (50 if place > 2_000 else 0))
    assert memory_of(values) == pytest.approx(0.6, abs=0.06)
    assert inflation_of(0.6) == pytest.approx(4.0)


def test_memory_of_short_series_is_asked_of_all_of_them() -> None:
    """Of 24 values alone chance says anything; two hundred days of them agree."""
    chance = random.Random(6)
    days = []
    for _ in range(200):
        value, values = chance.gauss(0, 1.25), []
        for _ in range(24):
            value = 0.6 * value + chance.gauss(0, 1)
            values.append(value)
        days.append(values)
    assert max(map(memory_of, days)) > 0.9
    assert memory_of(*days) == pytest.approx(0.6, abs=0.06)


def test_the_division_of_two_levels() -> None:
    assert divide([0.0] * 10 + [8.0] * 10, 10.0) == [10]
    assert divide([0.0] * 20, 10.0) == []


def test_a_change_is_told_with_its_levels() -> None:
    chance = random.Random(1)
    values = [chance.gauss(20, 2) for _ in range(60)] + [chance.gauss(60, 2) for _ in range(60)]
    (found,) = change_points(series(values), 2.0)
    assert found.at == 60 * 60
    assert (found.before, found.after) == (pytest.approx(20, abs=1), pytest.approx(60, abs=1))
    assert found.delta == 1.0


def test_noise_that_remembers_itself_has_few_changes() -> None:
    chance = random.Random(2)
    found = 0
    for _ in range(60):
        value, values = 0.0, []
        for _ in range(240):
            value = 0.8 * value + chance.gauss(0, 1)
            values.append(value)
        found += bool(change_points(series(values)))
    assert found <= 6


def test_who_moves_first_is_seen() -> None:
    chance = random.Random(3)
    cause = [chance.gauss(0, 1) for _ in range(200)]
    effect = [0.0, 0.0, 0.0] + [2 * value + chance.gauss(0, 0.5) for value in cause[:-3]]
    found = lagged(series(cause), series(effect), 60)
    assert found is not None
    assert found.lag == 180
    assert found.r > 0.9


def test_walks_that_have_nothing_to_do_with_each_other_are_not_related() -> None:
    chance = random.Random(4)
    named = 0
    for _ in range(20):
        walks = {}
        for name in ("a", "b", "c"):
            value, values = 0.0, []
            for _ in range(240):
                value += chance.gauss(0, 1)
                values.append(value)
            walks[name] = series(values)
        named += len(related(walks, 60))
    assert named <= 1


def test_what_was_not_measured_is_not_there() -> None:
    kept = track([(60, 1, 2, 3), (0, math.nan, 1, 1), (120, 1, math.inf, 1)])
    assert list(kept.at) == [60]
    assert Stretch(0, 600, 60, {"cpu": kept}).measured == 0.1


@given(st.lists(FINITE, max_size=60), st.lists(FINITE, max_size=60))
def test_any_values_give_a_probability(first: list[float], second: list[float]) -> None:
    found = mann_whitney(first, second)
    assert 0.0 <= found.p <= 1.0
    assert -1.0 <= found.delta <= 1.0
    assert 0.0 <= memory_of(first) <= 0.97
    swapped = mann_whitney(second, first)
    assert swapped.p == pytest.approx(found.p)
    assert swapped.delta == pytest.approx(-found.delta)


@given(st.lists(FINITE, max_size=60))
def test_any_series_has_changes_in_order(values: list[float]) -> None:
    found = change_points(series(values))
    assert [one.at for one in found] == sorted({one.at for one in found})
    assert all(math.isfinite(one.before) and math.isfinite(one.after) for one in found)
    again = lagged(series(values), series(values[::-1]), 60)
    assert again is None or (0.0 <= again.p <= 1.0 and -1.0 <= again.r <= 1.0)
