"""The bench of analysis runs on what is shipped, its scores are right where one can count by hand, and the product
keeps its distance from fixed limits: without it, it has lost its reason."""

from __future__ import annotations

import numpy as np
import pytest

from lib.monitoring.analyzers.anomaly import new_detector
from tests.bench.analysis import causes
from tests.bench.analysis.__main__ import SHIPPED
from tests.bench.analysis.anomalies import scores_of
from tests.bench.analysis.baselines import Limits
from tests.bench.analysis.machine_score import vus_pr
from tests.bench.analysis.marks import begins, marks
from tests.bench.analysis.nab_score import PROFILES, nab_score
from tests.bench.analysis.series import Machine, Series, held_out, nab


def series(windows: list[tuple[int, int]], rows: int = 1_000) -> Series:
    return Series("a/b", [float(60 * row) for row in range(rows)], [0.0] * rows, windows)


def test_no_alert_is_nought_and_the_first_row_of_each_window_a_hundred() -> None:
    one = series([(500, 600)])
    profile = PROFILES["standard"]
    silent, right = np.zeros(1_000), np.zeros(1_000)
    right[500] = 1.0
    assert nab_score([one], {"a/b": silent}, profile, False) == pytest.approx(0.0, abs=1e-6)
    assert nab_score([one], {"a/b": right}, profile, False) == pytest.approx(100.0, abs=1.5)
    late = np.zeros(1_000)
    late[595] = 1.0
    assert 0.0 < nab_score([one], {"a/b": late}, profile, False) < 60.0


def test_a_score_that_is_the_label_has_the_largest_volume() -> None:
    label = np.zeros(500, dtype=np.int64)
    label[200:240] = 1
    exact, random = label.astype(float), np.random.default_rng(1).random(500)
    assert vus_pr(label, exact, 20) > 0.9
    assert vus_pr(label, random, 20) < 0.3


def test_marks_are_counted_as_the_product_does_and_not_around_what_is_labelled() -> None:
    assert begins(np.array([0.1, 0.5, 0.4, 0.3, 0.2, 0.6, 0.9]), 0.45).tolist() == [1, 5]
    rows = 3 * 1_440
    scores = np.zeros((2 * rows, 6))
    scores[[100, 2_000, rows + 500, rows + 1_500], 0] = 0.9  # first day, later, at the event, later
    label = np.zeros(rows, dtype=np.int64)
    label[490:520] = 1
    machine = Machine("one", scores[:rows], scores[rows:], label, [])
    found = marks([machine], {"one": scores}, 60.0)
    assert (found.series_first_day, found.events_series, found.events_machine) == (1.0, 1.0, 0.0)
    assert found.series_later == pytest.approx(2 / 5, rel=0.02)
    assert (found.machine_first_day, found.machine_later) == (0.0, 0.0)


def test_a_third_is_held_out_and_always_the_same() -> None:
    names = [f"s{number}" for number in range(30)]
    assert len(held_out(names)) == 10
    assert held_out(reversed(names)) == held_out(names)


def test_the_product_finds_more_than_fixed_limits_on_what_is_shipped() -> None:
    corpus = [one for one in nab(SHIPPED / "nab") if one.name.startswith("realAWS")][:4]
    assert len(corpus) == 4
    reached = {
        name: nab_score(
            corpus, {one.name: scores_of(factory, one.at, one.values) for one in corpus}, PROFILES["standard"], False
        )
        for name, factory in {"own": new_detector, "limits": Limits}.items()
    }
    assert reached["own"] > reached["limits"] + 20


def test_a_planted_cause_counts_as_named_first_and_a_lot_as_its_share() -> None:
    dice = np.random.default_rng(2)
    rows = dice.normal(0.5, 0.02, (600, 8))
    rows[400:410, 3] += 0.4
    machine = Machine("m", rows[:300], rows[300:], np.zeros(300, dtype=np.int64), [(100, 109, {3})])
    whole, one = causes.Tally(), causes.Tally()
    causes._event(machine, 100, {3}, 60, [(whole, one)])
    assert (whole.asked, whole.right, whole.silent) == (1, 1, 0)
    assert (whole.first["own"], whole.first["z"], whole.first["lot"]) == (1.0, 1.0, 1 / 8)
    assert whole.three["lot"] == pytest.approx(3 / 8)
    assert one.asked == 0  # there is no other metric behind it
