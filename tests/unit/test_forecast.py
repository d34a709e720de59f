"""Forecasts and times to a level: what they say of plain shapes, and that nothing makes them say nonsense."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.analyzers.crossing import crossing
from lib.monitoring.analyzers.forecast import FARTHEST, HORIZONS, forecast, foresee, middle_third, quantile

DAY = 24


def _days(count: int, noise: float = 1.0, seed: int = 7) -> list[float]:
    dice = random.Random(seed)
    return [40 + 25 * math.sin(2 * math.pi * hour / DAY) + dice.gauss(0, noise) for hour in range(count * DAY)]


def test_a_daily_pattern_is_foreseen_and_its_interval_is_narrower_than_the_day() -> None:
    y = _days(15)
    mid, low, high = forecast(y[: 14 * DAY], DAY)
    came = y[14 * DAY :]
    assert max(abs(said - truth) for said, truth in zip(mid, came, strict=True)) < 5
    inside = sum(below <= truth <= above for below, truth, above in zip(low, came, high, strict=True))
    assert inside >= 20
    assert max(above - below for below, above in zip(low, high, strict=True)) < 20


def test_what_has_no_pattern_is_said_to_stay_as_it_is() -> None:
    dice = random.Random(3)
    y = [50.0]
    for _ in range(335):
        y.append(y[-1] + dice.gauss(0, 1))
    found = foresee(y, 6)
    assert found is not None
    assert all(abs(one - y[-1]) < 4 for one in found.mid)
    assert found.high[5] - found.low[5] > found.high[0] - found.low[0]


def test_a_new_level_is_taken_for_granted_within_a_day() -> None:
    y = [20.0 + (hour % 3) for hour in range(10 * DAY)] + [60.0 + (hour % 3) for hour in range(DAY)]
    mid, _, _ = forecast(y, DAY)
    assert min(mid) > 55


def test_the_trial_tells_how_wrong_it_was_beside_as_it_is_now() -> None:
    found = foresee(_days(14), DAY)
    assert found is not None
    assert found.error is not None
    assert found.naive_error is not None
    assert found.error < 0.3 * found.naive_error
    assert found.trials > 20
    assert found.hours == 14 * DAY


def test_a_young_server_is_judged_by_its_own_days_and_not_by_those_before_them() -> None:
    young = [20 + 10 * hour / DAY for hour in range(6 * DAY)]
    padded = [*[None] * (8 * DAY), *young]
    assert foresee(padded, DAY) == foresee(young, DAY)
    found = foresee(padded, DAY)
    assert found is not None
    assert found.error is not None
    assert found.error < 1
    date = crossing(padded, 100, fills=True)
    assert (date.basis, date.per_day) == ("growth", pytest.approx(10, rel=0.05))
    assert date.hours == pytest.approx(20 / 10 * DAY, rel=0.05)


def test_hours_without_a_word_lie_ahead_as_well() -> None:
    y = _days(14)
    whole = foresee(y[:-3], 6)
    late = foresee([*y[:-3], None, None, math.nan], 3)
    assert whole is not None
    assert late is not None
    assert late.mid == whole.mid[3:]


def test_bounds_hold_the_forecast_and_its_interval() -> None:
    found = foresee([min(100.0, 90 + hour % 12) for hour in range(200)], 48, (0.0, 100.0))
    assert found is not None
    assert max(found.high) <= 100


def test_little_is_enough_for_a_guess_and_nothing_for_none() -> None:
    assert forecast([], 3) == ([], [], [])
    assert forecast([None, math.inf], 3) == ([], [], [])
    mid, low, high = forecast([5.0], 2)
    assert (mid, low, high) == ([5.0, 5.0], [5.0, 5.0], [5.0, 5.0])


anything = st.lists(st.one_of(st.none(), st.floats(), st.floats(-100, 100)), max_size=200)


@settings(max_examples=60, deadline=None)
@given(anything, st.integers(1, 80))
def test_any_history_gives_numbers_in_order_and_no_exception(history: list[float | None], horizon: int) -> None:
    mid, low, high = forecast(history, horizon)
    assert len(mid) == len(low) == len(high)
    assert len(mid) in (0, horizon)
    for below, middle, above in zip(low, mid, high, strict=True):
        assert math.isfinite(below)
        assert math.isfinite(above)
        assert below <= middle <= above


@settings(max_examples=60, deadline=None)
@given(anything, st.floats(), st.booleans(), st.booleans())
def test_any_history_has_a_date_with_its_range_or_a_code(
    history: list[float | None], level: float, above: bool, fills: bool
) -> None:
    found = crossing(history, level, above=above, fills=fills)
    assert (found.hours is None) == (found.refusal is not None)
    if found.hours is not None:
        assert found.earliest is not None
        assert 0 <= found.earliest <= found.hours
        assert found.latest is None or found.latest >= found.hours
    assert found.chance is None or 0 <= found.chance <= 1


def _filling(days: int, per_day: float, start: float = 30.0, seed: int = 1) -> list[float]:
    dice = random.Random(seed)
    return [start + per_day * hour / DAY + dice.uniform(-0.05, 0.05) for hour in range(days * DAY)]


def test_a_disk_that_fills_steadily_has_its_date_within_its_range() -> None:
    y = _filling(10, 3.0)
    found = crossing(y, 100, fills=True)
    truth = (100 - y[-1]) / 3.0 * DAY
    assert found.hours == pytest.approx(truth, rel=0.1)
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest <= truth <= found.latest
    assert found.per_day == pytest.approx(3.0, rel=0.1)


def test_clean_ups_on_the_way_do_not_hide_how_fast_it_grows() -> None:
    y = _filling(10, 6.0, 20.0)
    y = [value - (25.0 if hour > 5 * DAY else 0.0) for hour, value in enumerate(y)]
    found = crossing(y, 100, fills=True)
    assert found.hours == pytest.approx((100 - y[-1]) / 6.0 * DAY, rel=0.15)


def test_a_disk_that_is_always_cleaned_in_time_has_no_date() -> None:
    y = [40 + 0.8 * (hour % 48) for hour in range(14 * DAY)]
    assert crossing(y, 100, fills=True).refusal == "cleaned_before"


@pytest.mark.parametrize("holes", [[(120, 132)], [(40, 52), (130, 142)], [(130, 160)], [(155, 167)]])
def test_hours_of_which_nothing_is_known_are_no_clean_ups(holes: list[tuple[int, int]]) -> None:
    y: list[float | None] = [50 + 0.15 * hour for hour in range(7 * DAY)]
    whole = crossing(y, 100.0, fills=True)
    for start, end in holes:
        y[start:end] = [None] * (end - start)
    found = crossing(y, 100.0, fills=True)
    assert found.refusal is None
    assert found.per_day == pytest.approx(whole.per_day)
    assert (found.hours, found.earliest) == pytest.approx((whole.hours, whole.earliest))
    assert found.history_hours == sum(value is not None for value in y)


def test_what_was_cleaned_up_in_a_hole_was_cleaned_up_once() -> None:
    y: list[float | None] = [20 + 0.4 * (hour % 60) for hour in range(6 * DAY)]
    whole = crossing(y, 100.0, fills=True)
    y[55:70] = y[115:130] = [None] * 15
    found = crossing(y, 100.0, fills=True)
    assert found.refusal == whole.refusal == "cleaned_before"
    assert found.per_day == pytest.approx(whole.per_day, rel=0.1)


def test_a_sudden_rush_counts_more_than_the_days_before() -> None:
    y = _filling(10, 0.5, 40.0)
    y += [y[-1] + 4.0 * hour for hour in range(1, 7)]
    found = crossing(y, 100, fills=True)
    assert found.basis == "growth_6h"
    assert found.hours == pytest.approx((100 - y[-1]) / 4.0, rel=0.1)


@pytest.mark.parametrize(
    ("history", "code"),
    [
        ([50.0] * 3, "too_little_data"),
        ([50.0] * 300, "no_trend"),
        ([50.0 - hour * 0.05 for hour in range(300)], "no_trend"),
        ([10.0 + hour * 0.001 for hour in range(300)], "too_far"),
    ],
)
def test_no_growth_no_date(history: list[float], code: str) -> None:
    assert crossing(history, 100, fills=True).refusal == code


def test_growth_on_some_days_and_shrinking_on_others_is_too_noisy() -> None:
    dice = random.Random(5)
    level, y = 50.0, []
    for day in range(14):
        pace = 3.0 if day % 5 < 3 else -2.6
        for _ in range(DAY):
            level += pace / DAY + dice.uniform(-0.2, 0.2)
            y.append(level)
    assert crossing(y, 100, fills=True).refusal == "too_noisy"


def test_a_level_that_the_day_reaches_every_afternoon_is_dated_to_the_afternoon() -> None:
    y = _days(14)
    found = crossing(y, 60)
    truth = next(hour + 1 for hour in range(DAY) if 40 + 25 * math.sin(2 * math.pi * hour / DAY) >= 60)
    assert found.hours is not None
    assert abs(found.hours - truth) <= 2
    assert found.chance is not None
    assert found.chance > 0.8
    assert crossing(y, 90).refusal == "no_trend"
    assert crossing(y[:20], 90).refusal == "too_little_data"


def test_what_is_there_already_is_there_now_and_below_is_looked_at_as_above() -> None:
    assert crossing([50.0] * 40, 45).hours == 0
    assert crossing([50.0] * 40, 55, above=False).basis == "now"
    falling = [100 - hour * 0.25 for hour in range(300)]
    found = crossing(falling, 10, above=False, fills=True)
    assert found.hours == pytest.approx((falling[-1] - 10) / 0.25, rel=0.05)


def test_the_interval_holds_nine_tenths_of_what_is_like_the_past() -> None:
    inside = 0
    for seed in range(16):
        y = _days(15, noise=6.0, seed=seed)
        _, low, high = forecast(y[: 14 * DAY], DAY)
        inside += sum(below <= truth <= above for below, truth, above in zip(low, y[14 * DAY :], high, strict=True))
    assert 0.85 <= inside / (16 * DAY) <= 0.97


def test_a_date_is_what_most_futures_lie_around() -> None:
    saw = [40.0 + 2 * (hour % 12) for hour in range(14 * DAY)]
    found = crossing([*saw, 40.0], 55)
    assert found.hours == pytest.approx(8, abs=1)
    assert found.chance is not None
    assert found.chance > 0.9
    leak = [30 + 0.2 * hour + (hour % 5) for hour in range(14 * DAY)]
    date = crossing(leak, leak[-1] + 8)
    assert date.hours == pytest.approx(24, abs=3)  # when the topmost of its five hours gets there


def test_what_comes_at_any_time_alike_has_no_date() -> None:
    dated = 0
    for seed in range(12):
        dice = random.Random(seed)
        bursts = [80.0 if dice.random() < 1 / 30 else 20 + dice.random() for _ in range(14 * DAY - 2)]
        dated += crossing([*bursts, 20.5, 20.5], 70).hours is not None
    assert dated <= 4  # by chance those of a few look regular


def test_the_middle_third_forgets_who_is_astray_and_does_not_jump() -> None:
    assert middle_third([3, 1, 2], [1, 1, 5]) == pytest.approx(2)
    assert middle_third([1e9, 1, 1, -1e9], [1, 2, 2, 1]) == pytest.approx(1)
    assert middle_third([10, 20], [1, 1]) == pytest.approx(15)
    assert middle_third([10, 20], [1, 0.9]) == pytest.approx(15, abs=1)


def test_quantiles_read_between() -> None:
    assert quantile([(0.0, 1.0), (10.0, 1.0)], 0.5) == pytest.approx(5)
    assert quantile([(4.0, 1.0)], 0.05) == 4
    assert HORIZONS[-1] == FARTHEST
