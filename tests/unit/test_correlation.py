"""Causes: planted ones are named first, and where there is none little is named."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.analyzers.changes import change_points
from lib.monitoring.analyzers.correlation import Causes, Happening, Key, causes
from lib.monitoring.analyzers.tracks import Track, track

STEP = 60
START = 1_763_900_040
SIZE = 240
MOMENT = START + 180 * STEP
GROUPS = {"api-1": "api", "api-2": "api", "db-1": "db"}
SERIES = ("cpu", "memory", "iowait", "net_in", "disk_busy", "latency")


def noise(seed: int, level: float, memory: float = 0.6, size: float = 2.0) -> list[float]:
    chance = random.Random(seed)
    value, values = 0.0, []
    for _ in range(SIZE):
        value = memory * value + chance.gauss(0, size)
        values.append(level + value)
    return values


def quiet_fleet(seed: int, servers: tuple[str, ...] = ("api-1", "api-2", "db-1")) -> dict[Key, list[float]]:
    return {
        (server, series): noise(seed * 10_000 + place * 100 + index, 40.0)
        for place, server in enumerate(servers)
        for index, series in enumerate(SERIES)
    }


def raised(values: list[float], from_bin: int, by: float) -> list[float]:
    return [value + (by if place >= from_bin else 0.0) for place, value in enumerate(values)]


def tracks(values: dict[Key, list[float]]) -> dict[Key, Track]:
    return {
        key: track((START + place * STEP, value, value, value) for place, value in enumerate(series))
        for key, series in values.items()
    }


def why(values: dict[Key, list[float]], *happenings: Happening, target: Key = ("api-1", "latency")) -> Causes:
    return causes(target, MOMENT + 300, tracks(values), STEP, happenings, GROUPS)


def test_the_database_that_waited_first_is_named_first() -> None:
    values = quiet_fleet(1)
    values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
    values["db-1", "iowait"] = raised(values["db-1", "iowait"], 177, 40)
    found = why(values)
    assert found.changed is not None
    assert found.moment == pytest.approx(MOMENT, abs=STEP)
    first = found.hypotheses[0]
    assert (first.server, first.what) == ("db-1", "iowait")
    assert first.lead == pytest.approx(180, abs=2 * STEP)
    assert first.delta is not None
    assert first.delta > 0.9
    assert (first.before, first.after) == (pytest.approx(40, abs=4), pytest.approx(80, abs=4))


def test_a_deploy_just_before_is_named_and_the_quiet_suspects_are_ruled_out() -> None:
    values = quiet_fleet(2)
    values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
    found = why(values, Happening(MOMENT - 120, "api-1", "deploy", "api v2.4.1", "d-77"))
    assert (found.hypotheses[0].kind, found.hypotheses[0].id) == ("deploy", "d-77")
    unchanged = {one.what for one in found.ruled_out if one.server == "api-1" and one.reason == "unchanged"}
    assert {"cpu", "memory", "iowait", "net_in", "disk_busy"} == unchanged


def test_what_changed_afterwards_is_no_cause() -> None:
    values = quiet_fleet(3)
    values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
    values["api-1", "cpu"] = raised(values["api-1", "cpu"], 187, 50)
    found = why(values, Happening(MOMENT + 900, "api-1", "reboot", "reboot"))
    assert not [one for one in found.hypotheses if one.what in ("cpu", "reboot")]
    later = {one.what: one.lead for one in found.ruled_out if one.reason == "later"}
    assert later["cpu"] == pytest.approx(-420, abs=2 * STEP)
    assert "reboot" in later


def test_what_falls_into_the_bin_of_the_change_is_at_the_same_time_and_into_the_next_is_later() -> None:
    values = quiet_fleet(3)
    values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
    for late, is_named in ((STEP - 1, True), (STEP, False)):
        found = why(values, Happening(MOMENT + late, "api-1", "error", "timed out"))
        assert found.moment == MOMENT
        assert ("timed out" in [one.what for one in found.hypotheses]) is is_named
        assert (("timed out", "later") in [(one.what, one.reason) for one in found.ruled_out]) is not is_named


def test_a_deploy_on_a_server_that_is_deployed_to_all_the_time_explains_nothing() -> None:
    values = quiet_fleet(4)
    values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
    often = [Happening(MOMENT - 500 - 600 * n, "api-1", "deploy", f"api v{n}") for n in range(140)]
    found = why(values, *often)
    assert not [one for one in found.hypotheses if one.kind == "deploy"]
    assert "usual" in {one.reason for one in found.ruled_out}


def test_a_change_that_the_whole_group_shares_is_said_to_be() -> None:
    values = quiet_fleet(5)
    for server in ("api-1", "api-2"):
        values[server, "latency"] = raised(values[server, "latency"], 180, 60)
    assert why(values).peers == (1, 1)
    of_no_group = causes(("api-1", "latency"), MOMENT + 300, tracks(values), STEP)
    assert of_no_group.peers == (0, 0)
    values["api-2", "latency"] = noise(77, 40.0)
    assert why(values).peers == (1, 0)


def test_planted_causes_are_found_and_none_are_made_up() -> None:
    """Over ten fleets of eighteen series; the cause is six deviations high and three bins ahead."""
    first = false = 0
    for seed in range(10):
        values = quiet_fleet(100 + seed)
        values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
        false += len(why(values).hypotheses)
        values["db-1", "iowait"] = raised(values["db-1", "iowait"], 177, 15)
        named = why(values).hypotheses
        first += bool(named) and (named[0].server, named[0].what) == ("db-1", "iowait")
    assert first >= 9
    assert false <= 1  # of 10 * 17 series that had nothing to do with it


def test_a_burst_too_short_for_a_level_is_named_by_its_strength() -> None:
    values = quiet_fleet(6)
    values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
    for place in (178, 179, 180):
        values["api-1", "iowait"][place] += 60.0
        values["api-1", "cpu"][place] += 30.0
    named = [one for one in why(values).hypotheses if one.kind == "metric"]
    assert [one.what for one in named] == ["iowait", "cpu"]
    assert named[0].strength is not None
    assert named[0].strength > 15
    assert (named[0].delta, named[0].q) == (None, None)
    assert named[0].lead == pytest.approx(120, abs=STEP)


def test_what_burst_before_as_well_is_usual() -> None:
    values = quiet_fleet(7)
    values["api-1", "latency"] = raised(values["api-1", "latency"], 180, 60)
    for start in (100, 179):
        for place in range(start, start + 3):
            values["api-1", "iowait"][place] += 60.0
    found = why(values)
    assert "iowait" not in [one.what for one in found.hypotheses]
    assert ("iowait", "usual") in [(one.what, one.reason) for one in found.ruled_out]


def test_a_target_that_only_burst_has_its_moment_from_that() -> None:
    values = quiet_fleet(8)
    for place in (180, 181, 182):
        values["api-1", "latency"][place] += 80.0
        values["db-1", "iowait"][place - 2] += 80.0
    found = why(values)
    assert found.changed is None
    assert found.moment == MOMENT
    assert (found.hypotheses[0].server, found.hypotheses[0].what) == ("db-1", "iowait")


def test_where_nothing_is_measured_nothing_is_said() -> None:
    found = causes(("api-1", "cpu"), MOMENT, {}, STEP)
    assert (found.changed, found.hypotheses, found.ruled_out, found.looked_at) == (None, [], [], 0)
    assert found.moment == MOMENT


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["cpu", "memory", "app.x"])),
        st.lists(st.floats(-1e12, 1e12), max_size=60),
        max_size=5,
    ),
    st.lists(st.tuples(st.integers(-7_200, 7_200), st.sampled_from(["deploy", "error", "x"])), max_size=8),
)
def test_anything_is_ranked_within_bounds(values: dict[Key, list[float]], events: list[tuple[int, str]]) -> None:
    at = START + 30 * STEP
    happenings = [Happening(at + offset, "a", kind, kind) for offset, kind in events]
    found = causes(("a", "cpu"), at, tracks(values), STEP, happenings)
    scores = [one.score for one in found.hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert all(one.lead >= -STEP for one in found.hypotheses)


def test_a_series_that_never_moves_but_for_one_step_has_changed_there() -> None:
    """An error rate of 0 that becomes 5 is the plainest change there is."""
    values = [0.0] * 100 + [5.0] * 40
    (change,) = change_points(track((60 * place, value, value, value) for place, value in enumerate(values)))
    assert (change.at, change.before, change.after) == (6_000, 0.0, 5.0)
