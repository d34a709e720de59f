"""What is kept of a server between two sweeps: all of it, in rows small enough to be updated in place."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.posts import PostMarks
from lib.monitoring.state import PIECE, FleetState, ServerState, from_row
from tests.unit.folding import NOW, kept_and_read


def full(series: int = 200) -> ServerState:
    state = ServerState("web-1", [f"app.m{index}" for index in range(series)], {"cores": 8}, {"group": "web"}, 5.0)
    state.values = [123456.789 + index for index in range(series)]
    state.behind = dict.fromkeys(range(0, series, 2), NOW)
    state.counters = {index: [NOW, 1e12, None] for index in range(0, series, 3)}
    state.slots = {NOW: dict.fromkeys(range(series), 1.5)}
    state.mounts = {"/데이터": [1, 2]}
    state.memory = {"threshold": {f"app.m{index}": [NOW, None, 95.0, NOW] for index in range(series)}}
    state.spark = [12.5, None] * 18
    state.reason = {"code": "silent", "since": 5.0}
    state.posts = {"b": PostMarks(7, 0b10, 9, 100.0), "a": PostMarks(3, top=3)}
    return state


def test_a_state_survives_being_kept() -> None:
    state = full()
    found = kept_and_read(state)
    for one in fields(ServerState):
        assert getattr(found, one.name) == getattr(state, one.name), one.name
    assert list(found.posts) == ["b", "a"]


def test_no_row_of_a_state_is_too_large_to_be_updated_in_place() -> None:
    rows = full().to_rows(None)
    assert len(rows) > 4
    assert max(len(text.encode()) for text in rows.values()) <= 1_800
    assert PIECE <= 1_750
    assert list(full(40).to_rows(full(40))) == ["0", "1"]


def test_rows_left_by_a_longer_state_do_not_matter() -> None:
    long, short = full(), full(3)
    short.memory = {}
    rows = {**long.to_rows(None), **short.to_rows(long)}
    found = from_row(
        "web-1", {"series": short.series, "facts": {}, "settings": {}, "first_seen": 0, "states": rows, "posts": None}
    )
    assert (found.values, found.memory) == (short.values, {})


def test_memory_that_did_not_change_is_not_written_again() -> None:
    state = full(3)
    changed = state.copy()
    assert "100" not in changed.to_rows(state)
    changed.memory = {**state.memory, "x": {}}
    assert "100" in changed.to_rows(state)


def test_a_state_of_a_version_we_do_not_know_begins_anew() -> None:
    row = {
        "series": ["cpu"],
        "facts": {},
        "settings": {},
        "first_seen": 1.0,
        "states": {"0": "1|[99,1]"},
        "posts": None,
    }
    found = from_row("web-1", row)
    assert (found.series, found.values, found.folded_at) == (["cpu"], [], 0)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=50), st.floats(0, 100))
def test_whatever_is_told_can_be_kept(text: str, value: float) -> None:
    state = ServerState("web-1", ["cpu"], values=[value], mounts={text: [1, 2]}, agent=text)
    assert kept_and_read(state) == state


def test_the_fleets_own_state_survives_too_and_begins_anew_when_it_is_foreign() -> None:
    fleet = FleetState(5.0, 7.5, [[1.0, None]], NOW)
    assert FleetState.from_text(fleet.to_text()) == fleet
    assert FleetState.from_text(None) == FleetState()
    assert FleetState.from_text("[99,1,2]") == FleetState()
