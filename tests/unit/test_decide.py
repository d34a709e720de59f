"""From a batch to a commit: pure, and whatever a post holds it stops nobody else's."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.analyzers import Window, analyzers
from lib.monitoring.decide import Circumstances, Decision, decide, set_aside
from lib.monitoring.state import FleetState, ServerState
from lib.storage.port import Entry
from tests.unit.folding import NOW, alerting_with, entry, kept_and_read

GIVEN = Circumstances(NOW + 60.0, NOW + 50.0, 60.0, drained=True)


def decided(*entries: Entry, states: dict[str, ServerState] | None = None, given: Circumstances = GIVEN) -> Decision:
    return decide(states or {}, FleetState(listening_since=1.0), entries, given, analyzers(), alerting_with())


def known(*servers: str) -> dict[str, ServerState]:
    decision = decided(*(entry(NOW, {NOW: {"cpu": 1.0}}, server=name, n=1) for name in servers))
    return {name: kept_and_read(state) for name, state in decision.changed.items()}


def test_a_commit_holds_samples_states_marks_and_what_else_was_told() -> None:
    decision = decided(
        entry(NOW, {NOW: {"cpu": 1.5}}, n=1, host={"cores": 2}, processes=[{"name": "x"}],
              errors=[["i", NOW, "error", "s", "m"]], events=[["j", NOW, "deploy", "v2"]]),
    )  # fmt: skip
    document = decision.document
    assert document["servers"] == {"web-1": {"series": ["cpu"], "facts": {"cores": 2}}}
    assert document["samples"] == {"web-1": [(NOW, "{1.5}")]}
    assert document["posts"] == {"web-1": {"e": [1, "", None]}}
    assert document["processes"] == {"web-1": [(NOW, [{"name": "x"}])]}
    assert document["errors"] == {"web-1": [["i", NOW, "error", "s", "m"]]}
    assert document["events"] == {"web-1": [["j", NOW, "deploy", "v2"]]}
    assert document["dead"] == []
    assert decision.samples == 1
    json.dumps(document)


def test_what_did_not_change_is_not_written() -> None:
    states = known("web-1", "web-2")
    decision = decided(entry(NOW + 30, {NOW + 30: {"cpu": 1.5}}, n=2), states=states)
    assert decision.document["servers"] == {}
    assert list(decision.document["states"]) == ["web-1"]
    quiet = decided(states=states)
    assert quiet.document["states"] == {}
    assert quiet.changed == {}


POSTS = st.tuples(
    st.sampled_from("abc"),
    st.integers(1, 4),
    st.integers(0, 20),
    st.booleans(),
    st.sampled_from([("cpu",), ("disk:/",), ("app.x", "cpu"), ("requests", "cpu")]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(POSTS, max_size=8))
def test_deciding_changes_nothing_of_what_it_is_given_and_gives_the_same_again(
    posts: list[tuple[str, int, int, bool, tuple[str, ...]]],
) -> None:
    full = {"cpu": 95.0, "disk:/": 99.0, "app.x": 1.0, "requests": 5.0}
    states = decided(*(entry(NOW, {NOW - 10: full, NOW: full}, server=name, n=1) for name in "ab")).changed
    states["a"].slots = {NOW - NOW % 10: {0: 5.0}}
    states["a"].behind = {1: NOW - 10}
    states["a"].counters = {3: [NOW - 10, 5.0, None]}
    fleet = FleetState(listening_since=1.0)
    entries = [
        entry(
            NOW + 1 + index,
            {NOW + 10 * step: dict.fromkeys(names, 96.0)},
            server=name,
            n=n,
            slotted=slotted,
            host={"cores": n},
            counters={"requests": None} if "requests" in names else {},
        )
        for index, (name, n, step, slotted, names) in enumerate(posts)
    ]
    before = copy.deepcopy((states, fleet, entries))
    alerting = alerting_with()
    first = decide(states, fleet, entries, GIVEN, analyzers(), alerting)
    assert (states, fleet, entries) == before
    assert decide(states, fleet, entries, GIVEN, analyzers(), alerting) == first


GOOD = '[1,"key","web-1",null,null,0,["cpu"],[[1763900000,"7"]],{}]'


@pytest.mark.parametrize(
    "poison",
    ["", "{", "[]", "7", '{"a":1}', GOOD.replace("[1,", "[99,", 1), GOOD.replace('["cpu"]', "7"),
     GOOD.replace('"7"', '"7,"'), GOOD.replace("[[1763900000", '[["x"'),
     GOOD.replace("{}", '{"errors":7}'), GOOD.replace("null", '["e"]', 1)],
)  # fmt: skip
def test_a_post_that_cannot_be_read_or_folded_goes_to_the_dead_letters_alone(poison: str) -> None:
    bad = Entry("5-0", NOW, [poison])
    decision = decided(
        entry(NOW, {NOW: {"cpu": 1.0}}, n=1), bad,
        entry(NOW, {NOW + 10: {"cpu": 2.0}}, n=2), entry(NOW, {NOW: {"cpu": 3.0}}, server="web-2"),
    )  # fmt: skip
    assert len(decision.document["dead"]) == 1
    assert decision.document["samples"] == {
        "web-1": [(NOW, "{1.0}"), (NOW + 10, "{2.0}")],
        "web-2": [(NOW, "{3.0}")],
    }
    assert decision.document["posts"]["web-1"] == {"e": [2, "", None]}


def test_a_numbered_post_in_the_dead_letters_counts_as_stored_or_it_would_come_for_ever() -> None:
    (good,) = entry(NOW, {NOW: {"cpu": 1.0}}, n=1).parts
    bad = Entry("5-0", NOW, [good.replace('"1.0"', '"1.0,"')])
    decision = decided(bad)
    assert decision.document["posts"] == {"web-1": {"e": [1, "", None]}}
    assert "1.0," in decision.document["dead"][0][0]


def test_of_a_post_that_breaks_in_its_second_part_nothing_is_taken() -> None:
    (good,) = entry(NOW, {NOW: {"cpu": 1.0, "memory": 2.0}}, n=1).parts
    (more,) = entry(NOW, {NOW + 10: {"app.new": 3.0}}, n=1).parts
    decision = decided(
        Entry("5-0", NOW, [good, more.replace('"3.0"', '"3.0,"')]), entry(NOW, {NOW: {"disk": 5.0}}, n=2)
    )
    state = decision.changed["web-1"]
    assert (state.series, state.values, state.folded) == (["disk"], [5.0], 1)
    assert decision.document["samples"] == {"web-1": [(NOW, "{5.0}")]}
    assert decision.document["posts"] == {"web-1": {"e": [2, "", None]}}


def test_as_long_as_posts_wait_to_be_read_nobody_is_called_silent() -> None:
    states = known("web-1")
    late = NOW + 1_000.0
    for drained, status in ((False, "ok"), (True, "offline")):
        given = Circumstances(late, late - 5, 60.0, drained=drained)
        after = decided(states=states, given=given).changed.get("web-1", states["web-1"])
        assert after.status == status


def test_two_hundred_bad_posts_of_one_server_are_told_apart_in_bearable_time() -> None:
    (good,) = entry(NOW, {NOW: {"cpu": 1.0}}).parts
    entries = [
        Entry(f"{index}-0", NOW, [good.replace('"1.0"', '"1.0,"') if index % 2 else good]) for index in range(200)
    ]
    decision = decided(*entries)
    assert len(decision.document["dead"]) == 100
    assert decision.samples == 100


def test_a_post_the_database_refuses_is_set_aside_with_its_number_and_nothing_else() -> None:
    states = known("web-1")
    refused = entry(NOW + 30, {NOW + 30: {"cpu": 77.0}}, n=2)
    decision = set_aside(states, FleetState(), refused, "22003: out of range", NOW + 60.0)
    document = decision.document
    assert document["dead"] == [["\n".join(refused.parts), "22003: out of range"]]
    assert document["samples"] == {}
    assert document["posts"] == {"web-1": {"e": [2, "", None]}}
    assert decision.changed["web-1"].values == [1.0]
    assert set_aside({}, FleetState(), Entry("1-0", NOW, ["{"]), "no", NOW).document["dead"] == [["{", "no"]]


class Broken:
    name = "broken"

    def fold(self, memory: dict[str, Any], window: Window) -> list[Any]:
        raise RuntimeError("our own fault")


def test_a_fault_of_our_own_is_not_taken_for_a_data_error() -> None:
    with pytest.raises(RuntimeError, match="our own fault"):
        decide({}, FleetState(), [entry(NOW, {NOW: {"cpu": 1.0}})], GIVEN, [Broken()])


def test_the_fleets_cpu_is_noted_every_five_minutes_with_holes_where_nobody_swept() -> None:
    states = known("a", "b", "c")
    fleet = FleetState(listening_since=1.0)
    start = NOW - NOW % 300
    for now in (start + 10, start + 20, start + 310, start + 1_000):
        fleet = decide(states, fleet, [], Circumstances(now, now - 5.0, 60.0, drained=True), []).fleet
    assert fleet.cpu == [[1.0, 1.0], [1.0, 1.0], [None, None], [1.0, 1.0]]
    assert fleet.cpu_at == start + 900


def test_what_is_told_late_corrects_the_fleets_last_three_hours() -> None:
    states = known("a", "b", "c")
    step = NOW - NOW % 300
    for name, value in (("a", 10.0), ("b", 20.0), ("c", 60.0)):
        states[name].spark = [99.0, *[value] * 10, None, value]
        states[name].spark_at, states[name].spark_sum = step - 300, [2 * value, 2]
    states["gone"] = replace(states["a"], name="gone", spark=[95.0] * 36, spark_at=step - 36 * 300, spark_sum=[0.0, 0])
    fleet = FleetState(listening_since=1.0, cpu=[[1.0, 1.0]], cpu_at=step - 300)
    fleet = decide(states, fleet, [], Circumstances(step + 10, step - 5.0, 60.0, drained=True), []).fleet
    assert fleet.cpu[:2] == [[99.0, 99.0], [20.0, 60.0]]
    assert fleet.cpu[-5:] == [[20.0, 60.0], [None, None], [20.0, 60.0], [20.0, 60.0], [1.0, 1.0]]
