"""What a chart is given: a tier that reaches back, never more points than asked for, holes where nothing came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import BadInput, NotFound
from lib.monitoring.queries import Queries, plan
from lib.wiring import Services
from tests.history.past import HOUR, Past, every
from tests.real_stores import ServicesFactory

DAY = 24 * HOUR


@given(
    start=st.integers(0, 2_000_000_000),
    length=st.integers(1, 500 * DAY),
    points=st.integers(2, 2_000),
)
def test_no_plan_gives_more_bins_than_points(start: int, length: int, points: int) -> None:
    step, tier = plan(start, start + length, points)
    first, last = start // step, (start + length - 1) // step
    assert last - first + 1 <= points
    assert tier == ("raw" if step < 300 else "5m" if step < HOUR else "1h")


@pytest.mark.parametrize(
    ("length", "step", "tier"),
    [
        (HOUR, 15, "raw"), (3 * HOUR, 60, "raw"), (6 * HOUR, 120, "raw"), (12 * HOUR, 300, "5m"), (DAY, 300, "5m"),
        (7 * DAY, HOUR, "1h"), (30 * DAY, 4 * HOUR, "1h"), (400 * DAY, 2 * DAY, "1h"),
    ],
)  # fmt: skip
def test_the_tier_follows_the_range(length: int, step: int, tier: str) -> None:
    end = 1_700_000_100
    assert plan(end - length, end, 300) == (step, tier)


@pytest.fixture
def services(past: Past, make_services: ServicesFactory) -> Services:
    return make_services(past.pair)


@pytest.fixture
def queries(services: Services) -> Queries:
    return services.queries


@pytest.mark.parametrize("hours", [1, 3, 6, 12, 24, 48, 168])
def test_at_most_300_points_of_minimum_average_and_maximum(past: Past, queries: Queries, hours: int) -> None:
    past.hot_from(past.hour - 10 * HOUR)
    past.commit({"web-1": every(30, past.hour - 30 * HOUR, past.hour)})
    past.roll_up()
    end = past.hour - 17
    answer = queries.series("web-1", ["cpu", "memory", "nothing"], end - hours * HOUR, end)
    assert set(answer["series"]) == {"cpu", "memory"}
    cpu = answer["series"]["cpu"]
    assert 24 < len(cpu["t"]) <= 300 or hours == 168
    assert len(cpu["t"]) == len(cpu["min"]) == len(cpu["avg"]) == len(cpu["max"]) <= 300
    assert all(low <= mean <= high for low, mean, high in zip(cpu["min"], cpu["avg"], cpu["max"], strict=True))
    assert all(at % answer["step"] == 0 for at in cpu["t"])


def test_the_tiers_tell_the_same_story(past: Past, queries: Queries) -> None:
    past.hot_from(past.hour - 10 * HOUR)
    past.commit({"web-1": every(10, past.hour - 10 * HOUR, past.hour)})
    past.roll_up()
    span = (past.hour - 10 * HOUR, past.hour)
    raw, five, hour = (past.binned("web-1", tier, HOUR, *span) for tier in ("raw", "5m", "1h"))
    assert len(raw) == 10
    for at, row in raw.items():
        assert five[at] == pytest.approx(row, rel=1e-6)
        assert hour[at] == pytest.approx(row, rel=1e-6)


def test_a_hole_is_one_null(past: Past, queries: Queries) -> None:
    start = past.hour - 2 * HOUR
    past.commit({"web-1": every(10, start, start + 600) | every(10, start + 1800, start + 2400)})
    cpu = queries.series("web-1", ["cpu"], start, start + 2400)["series"]["cpu"]
    assert cpu["avg"].count(None) == 1
    hole = cpu["avg"].index(None)
    assert cpu["t"][hole - 1] < start + 600 <= cpu["t"][hole] < start + 1800 <= cpu["t"][hole + 1]
    assert cpu["min"][hole] is None
    assert cpu["max"][hole] is None


def test_sparse_samples_are_no_holes_even_where_the_spacing_changes(past: Past, queries: Queries) -> None:
    start = past.hour - 3 * HOUR
    past.commit({"web-1": every(300, start, start + HOUR) | every(10, start + HOUR, start + 2 * HOUR)})
    cpu = queries.series("web-1", ["cpu"], start, start + 2 * HOUR, 1_000)["series"]["cpu"]
    assert None not in cpu["avg"]
    assert len(cpu["t"]) == 12 + 360


def test_small_and_large_averages_keep_their_digits(past: Past, queries: Queries) -> None:
    start = past.hour - HOUR
    past.commit({"web-1": {start: [0.00012345, 1.23456e12], start + 1: [0.00012347, 1.23456e12]}})
    series = queries.series("web-1", ["cpu", "memory"], start, start + 60)["series"]
    assert series["cpu"]["avg"][0] == pytest.approx(0.00012346, rel=1e-6)
    assert series["memory"]["avg"][0] == pytest.approx(1.23456e12, rel=1e-6)


def test_a_range_older_than_a_tier_is_answered_by_the_next(past: Past, queries: Queries) -> None:
    """Retention may have been shortened since: what is deleted decides, not what the settings say now."""
    start = past.hour - 20 * HOUR
    past.commit({"web-1": every(60, start, start + 2 * HOUR)})
    past.roll_up()
    past.admin.execute("update omv.sweep set raw_from = %s", (start + HOUR,))
    answer = queries.series("web-1", ["cpu"], start + 5, start + HOUR)
    assert (answer["tier"], answer["step"], len(answer["series"]["cpu"]["t"])) == ("5m", 300, 12)
    assert queries.series("web-1", ["cpu"], start + HOUR, start + 2 * HOUR)["tier"] == "raw"
    past.admin.execute("update omv.sweep set five_from = %s", (start + HOUR,))
    answer = queries.series("web-1", ["cpu"], start + 5, start + HOUR)
    assert (answer["tier"], answer["step"], len(answer["series"]["cpu"]["t"])) == ("1h", HOUR, 1)


def test_ranges_that_are_none_are_refused(past: Past, queries: Queries) -> None:
    past.commit({"web-1": {past.hour: [1.0, 1.0]}})
    for start, end, points in ((5, 5, 300), (6, 5, 300), (5, 600, 1), (5, 600, 0)):
        with pytest.raises(BadInput):
            queries.series("web-1", ["cpu"], start, end, points)
    with pytest.raises(BadInput):
        queries.series("web-1", [], 5, 600)
    with pytest.raises(NotFound):
        queries.series("nobody", ["cpu"], 5, 600)


def test_a_day_of_ten_second_samples_is_whole_in_either_tier(past: Past, queries: Queries) -> None:
    """How long it takes is told by `make bench`; the goal is 20 ms."""
    start = past.hour - 24 * HOUR
    past.hot_from(start)
    past.commit({"web-1": every(10, start, past.hour)})
    past.roll_up()
    for tier in ("5m", "raw"):
        found = past.queries.series("web-1", ["cpu"], start, past.hour, 300, tier)
        assert found is not None
        assert len(found["series"]["cpu"]) == 288
