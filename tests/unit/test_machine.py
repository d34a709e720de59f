"""The machine over its series: what is judged together, and who is named as the cause."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.analyzers.anomaly import THRESHOLDS as OF_SERIES
from lib.monitoring.analyzers.machine import SERIES, THRESHOLDS, Sign, threshold, view
from lib.monitoring.detection import AnomalyOptions, is_unlike
from tests.bench.analysis.machine_score import of_machine

SCORES = st.floats(0, 1)
SIGNS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.builds(Sign, SCORES, SCORES), max_size=12)


@settings(deadline=None)
@given(SIGNS, st.integers(1, 8))
def test_a_view_is_bounded_and_names_no_more_than_it_judged(signs: dict[str, Sign], series: int) -> None:
    found = view(signs, series)
    assert 0.0 <= found.score <= 1.0
    assert len(found.leading) == len({*found.leading}) == min(series, len(signs))
    left_out = signs.keys() - {*found.leading}
    assert all(signs[out].score <= signs[inside].score for out in left_out for inside in found.leading)


@settings(deadline=None)
@given(st.lists(SCORES, min_size=SERIES, max_size=20))
def test_the_bench_judges_machines_as_the_product_does(scores: list[float]) -> None:
    signs = {str(n): Sign(score, 0.0) for n, score in enumerate(scores)}
    assert abs(view(signs).score - of_machine(np.array([scores]), SERIES)[0]) < 1e-9


def test_the_cause_is_what_is_seldom_so() -> None:
    signs = {"net_in": Sign(0.8, 0.3), "cpu": Sign(0.7, 0.02), "load1": Sign(0.6, 0.02), "swap": Sign(0.1, 0.0)}
    assert view(signs, 3).leading == ["cpu", "load1", "net_in"]


def test_fewer_series_have_to_be_more_so_and_it_can_always_be_reached() -> None:
    for sensitivity in THRESHOLDS:
        levels = [threshold(sensitivity, series) for series in range(1, 65)]
        assert levels == sorted(levels, reverse=True)
        assert 0.0 < levels[-1] < levels[0] == OF_SERIES[sensitivity]
    assert THRESHOLDS.keys() == OF_SERIES.keys()


def test_a_rule_over_one_series_is_judged_by_it_alone() -> None:
    series, signs = ["cpu", "memory", "net_in", "uptime"], {"cpu": Sign(0.8, 0.0), "net_in": Sign(0.3, 0.0)}
    alone = AnomalyOptions.read({"metrics": ["cpu"]})
    assert is_unlike(series, signs, alone) == (True, view({"cpu": signs["cpu"]}, 1))
    assert is_unlike(series, {"net_in": signs["net_in"]}, alone) == (False, view({}, 1))
    is_so, found = is_unlike(series, signs, AnomalyOptions.read({}))
    assert (is_so, found.leading) == (False, ["cpu", "net_in"])
    nothing = AnomalyOptions.read({"metrics": ["no such"]})
    assert is_unlike(series, signs, nothing) == (False, view({}, 1))
