"""Detectors beside the sweep: what is fed to them, what they find, and that batches do not matter."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.analyzers import Window
from lib.monitoring.detection import MINUTE, NAME, AnomalyOptions, Found, fold
from lib.monitoring.state import ServerState
from tests.unit.folding import kept_and_read

START = 1_800_000_000
SERIES = ["cpu", "memory", "uptime"]


def open_series(state: ServerState) -> dict[str, Any]:
    found: dict[str, Any] = state.memory[NAME]["open"]
    return found


def state_of(**settings: Any) -> ServerState:
    return ServerState("web-1", list(SERIES), settings=settings)


def rows(
    minutes: int, begin: int = 0, every: int = 10, high: tuple[int, int] = (0, 0)
) -> list[tuple[int, list[float]]]:
    """A calm machine; between the minutes of `high` its CPU is not."""
    told = []
    for at in range(START + begin * MINUTE, START + (begin + minutes) * MINUTE, every):
        noise = random.Random(at)
        minute = (at - START) // MINUTE
        cpu = 30.0 + 3.0 * math.sin(at / 13_751) + noise.gauss(0, 1)
        cpu = 96.0 + noise.gauss(0, 0.5) if high[0] <= minute < high[1] else cpu
        told.append((at, [cpu, 50.0 + noise.gauss(0, 0.3), float(at - START)]))
    return told


def feed(state: ServerState, told: list[tuple[int, list[float]]], batch: int = 60, offset: int = 0) -> Found:
    found = Found()
    for first in range(0, len(told), batch):
        part = told[first : first + batch]
        state.folded_at = part[-1][0]
        window = Window(state.name, state.series, [at for at, _ in part], [row for _, row in part], {})
        found.absorb(fold(state, [window], offset))
    return found


def test_a_calm_day_says_nothing_and_a_spike_is_one_anomaly_that_ends() -> None:
    state = state_of()
    assert feed(state, rows(600)).anomalies == []
    found = feed(state, rows(15, 600, high=(600, 615)))
    (row,) = found.anomalies
    series, since, until, peak_at, score, value, why = row
    assert (series, until) == ("cpu", None)
    assert START + 600 * MINUTE <= since <= START + 603 * MINUTE
    assert since <= peak_at
    assert score > 0.4
    assert value > 80
    assert why["direction"] == "up"
    assert why["low"] < why["expected"] < why["high"] < 60
    assert list(open_series(state)) == ["cpu"]
    ended = feed(state, rows(120, 615))
    (row,) = [one for one in ended.anomalies if one[1] == since]
    assert row[2] is not None
    assert row[2] <= START + 735 * MINUTE
    assert open_series(state) == {}


def test_a_spike_before_anything_is_known_is_nothing() -> None:
    assert feed(state_of(), rows(60, high=(30, 45))).anomalies == []


def test_bands_are_told_once_an_hour_and_hold_what_comes() -> None:
    state = state_of()
    found = feed(state, rows(2_000))
    hours = [hour for hour, _, _ in found.bands]
    assert all(after - before == 3_600 for before, after in pairwise(hours))
    assert len(hours) >= 29
    hour, low, high = found.bands[-1]
    lows, highs = ([*map(float, text[1:-1].split(",")[:2])] for text in (low, high))
    assert low.endswith("null}"), "uptime only rises"
    told = [row[0] for at, row in rows(2_000) if hour <= at < hour + 3_600]
    minutes = [sum(told[first : first + 6]) / 6 for first in range(0, len(told), 6)]
    inside = sum(lows[0] <= value <= highs[0] for value in minutes)
    assert inside >= 0.9 * len(minutes)
    assert highs[0] - lows[0] < 15


def test_what_nobody_wants_to_know_is_learnt_and_not_told() -> None:
    state = state_of(sensitivity={"cpu": "off"})
    feed(state, rows(600))
    assert feed(state, rows(15, 600, high=(600, 615))).anomalies == []
    state.settings = {"sensitivity": {"*": "high"}}
    assert [one[0] for one in feed(state, rows(10, 700, high=(700, 710))).anomalies if one[0] == "cpu"] == ["cpu"]


def test_what_was_to_be_expected_ends_and_is_learnt_once() -> None:
    state = state_of()
    feed(state, rows(600))
    (row,) = feed(state, rows(5, 600, high=(600, 605))).anomalies
    state.settings = {"accepted": {"cpu": _said(row), "no such series": _said(row)}}
    found = feed(state, rows(30, 605, high=(605, 635)))
    assert [(one[0], one[1], one[2] is not None) for one in found.anomalies] == [("cpu", row[1], True)]
    assert state.memory[NAME]["accepted"] == {"cpu": row[1], "no such series": row[1]}
    before = state.detection
    again = state.copy()
    feed(again, rows(5, 635, high=(635, 640)))
    feed(state, rows(5, 635, high=(635, 640)))
    assert again.detection == state.detection != before


def _said(row: list[Any]) -> dict[str, Any]:
    return {"since": row[1], "at": row[3], "value": row[5]}


@pytest.mark.parametrize("offset", [0, 9 * 3_600])
def test_what_was_to_be_expected_is_learnt_at_its_own_hour_also_hours_later(offset: int) -> None:
    state = state_of()
    feed(state, rows(600), offset=offset)
    found = feed(state, rows(90, 600, high=(600, 630)), offset=offset)
    (row,) = [one for one in found.anomalies if one[0] == "cpu"]
    feed(state, rows(120, 690), offset=offset)  # it has long been over
    state.settings = {"accepted": {"cpu": _said(row)}}
    bands = feed(state, rows(1_440, 810), offset=offset).bands
    of = {hour: float(high[1:].split(",")[0]) for hour, _, high in bands}
    same = row[3] // 3_600 * 3_600 + 86_400
    assert of[same] > 85, "as high as it was, at that hour of the next day"
    assert max(high for hour, high in of.items() if hour < same) < 60, "and at no other hour on the way there"


def test_a_series_that_is_told_no_more_does_not_stay_unlike_itself() -> None:
    state = state_of()
    feed(state, rows(600))
    feed(state, rows(5, 600, high=(600, 605)))
    assert list(open_series(state)) == ["cpu"]
    without = [(at, [math.nan, *row[1:]]) for at, row in rows(40, 605)]
    told: list[tuple[int, Any]] = [(at, [None, *row[1:]]) for at, row in without]
    found = feed(state, told)
    assert [one[0] for one in found.anomalies if one[2] is not None] == ["cpu"]
    assert open_series(state) == {}


def test_a_sparse_sender_is_heard_at_once() -> None:
    """Each of its samples is a value of its own, and none waits for the next."""
    state = state_of()
    feed(state, rows(3_000, every=300), batch=1)
    found = feed(state, rows(5, 3_000, every=300, high=(3_000, 3_005)), batch=1)
    assert [one[0] for one in found.anomalies] == ["cpu"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=8), st.sampled_from([5, 10, 60, 90]))
def test_batches_do_not_matter(cuts: list[int], every: int) -> None:
    told = rows(300, every=every, high=(250, 262))
    whole, cut = state_of(), state_of()
    expected = feed(whole, told, batch=len(told))
    found, place, turn = Found(), 0, 0
    while place < len(told):
        size = cuts[turn % len(cuts)]
        found.absorb(feed(cut, told[place : place + size], batch=size))
        cut = kept_and_read(cut)
        place, turn = place + size, turn + 1
    assert cut.detection == whole.detection
    assert cut.memory == whole.memory
    assert sorted(found.anomalies) == sorted(expected.anomalies)


def test_the_states_of_a_server_are_kept_beside_it_and_only_where_they_changed() -> None:
    state = state_of()
    feed(state, rows(200))
    written = state.to_rows(None)
    assert {part for part in written if int(part) >= 200} == {"200"}
    assert not {part for part in state.copy().to_rows(state) if int(part) >= 200}
    assert kept_and_read(state) == state


@pytest.mark.parametrize("detection", ["[99,0,0,[]]|", "[99,0,0,[],{}]|", "[99]|", "[1,5,0,[]]|AAUwMDAwMA=="])
def test_states_of_a_form_we_do_not_know_begin_anew(detection: str) -> None:
    state = state_of()
    state.detection = detection
    feed(state, rows(3))
    assert state.detection.startswith("[1,")


@pytest.mark.parametrize(
    "wrong",
    [{"series": 0}, {"series": True}, {"series": "3"}, {"metrics": "cpu"}, {"metrics": [1]}, {"sensitivity": "off"}],
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"`\w+` is"):
        AnomalyOptions.read(wrong)


def test_a_rule_means_series_by_name_metric_or_glob() -> None:
    options = AnomalyOptions.read({"metrics": ["disk", "app.*"], "later": 1})
    assert [options.means(one) for one in ("disk:/data", "app.queue", "cpu")] == [True, True, False]
    assert AnomalyOptions.read({}).means("cpu")
