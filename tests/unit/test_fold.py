"""Folding one server's posts: everything into history, each value into the state once and in order of time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.metrics import MAX_SERIES_PER_SERVER
from lib.domain.telemetry import Part
from lib.monitoring import parts
from lib.monitoring.fold import EPOCHS_KEPT, Outcome, fold_parts
from lib.monitoring.state import ServerState
from tests.unit.folding import NOW, Values, heard, kept_and_read

type Post = tuple[float, list[Part]]


def fold(*posts: Post, state: ServerState | None = None, now: float = NOW + 60) -> tuple[ServerState, Outcome]:
    state = state or ServerState("web-1")
    return state, fold_parts(state, posts, now)


def history(state: ServerState, *outcomes: Outcome) -> dict[int, Values]:
    """What the database holds after these commits: later values over earlier ones, nulls over nothing."""
    held: dict[int, Values] = {}
    for outcome in outcomes:
        for at, literal in outcome.rows.items():
            values = json.loads(f"[{literal[1:-1]}]")
            known = {name: value for name, value in zip(state.series, values, strict=False) if value is not None}
            held.setdefault(at, {}).update(known)
    return held


def seen(*outcomes: Outcome) -> dict[str, list[tuple[int, float]]]:
    """What the analyzers were shown, series by series."""
    shown: dict[str, list[tuple[int, float]]] = {}
    for outcome in outcomes:
        for window in outcome.windows:
            for at, row in zip(window.at, window.rows, strict=True):
                for name, value in zip(window.series, row, strict=False):
                    if value is not None:
                        shown.setdefault(name, []).append((at, value))
    return shown


def latest(state: ServerState) -> dict[str, tuple[int, float]]:
    found = ((name, state.folded_until(column), state.value(name)) for column, name in enumerate(state.series))
    return {name: (at, value) for name, at, value in found if value is not None}


def test_a_post_known_by_its_number_changes_nothing_but_when_the_server_was_heard() -> None:
    state, _ = fold(heard(NOW, {NOW: {"cpu": 1.0}}, n=1))
    before = state.copy()
    state, outcome = fold(heard(NOW + 30, {NOW + 5: {"cpu": 99.0}}, n=1), state=state)
    assert (outcome.rows, outcome.windows, outcome.samples) == ({}, [], 0)
    assert state.heard_at == NOW + 30
    assert (state.values, state.folded, state.posts) == (before.values, before.folded, before.posts)


def test_a_late_row_goes_into_history_and_not_into_the_state() -> None:
    state, first = fold(heard(NOW, {NOW: {"cpu": 1.0}}))
    state, late = fold(heard(NOW + 5, {NOW - 600: {"cpu": 95.0}}), state=state)
    assert latest(state) == {"cpu": (NOW, 1.0)}
    assert seen(first, late) == {"cpu": [(NOW, 1.0)]}
    assert history(state, first, late) == {NOW: {"cpu": 1.0}, NOW - 600: {"cpu": 95.0}}


def test_a_series_that_was_not_in_the_newest_sample_may_still_be_folded() -> None:
    state, first = fold(heard(NOW, {NOW: {"cpu": 1.0, "memory": 5.0}, NOW + 20: {"cpu": 2.0}}))
    state, later = fold(heard(NOW + 25, {NOW: {"memory": 6.0}, NOW + 10: {"memory": 7.0, "cpu": 50.0}}), state=state)
    assert latest(state) == {"cpu": (NOW + 20, 2.0), "memory": (NOW + 10, 7.0)}
    assert seen(first, later) == {"cpu": [(NOW, 1.0), (NOW + 20, 2.0)], "memory": [(NOW, 5.0), (NOW + 10, 7.0)]}


def test_a_series_that_fell_silent_does_not_slow_down_the_others() -> None:
    state, _ = fold(heard(NOW, {NOW: {"cpu": 1.0, "temperature": 50.0}}))
    state, _ = fold(heard(NOW + 10, {NOW + 10: {"cpu": 2.0}}), state=state)
    state, outcome = fold(heard(NOW + 40, {NOW + step: {"cpu": 3.0} for step in (20, 30, 40)}), state=state)
    assert [len(window.at) for window in outcome.windows] == [3]
    assert latest(state) == {"cpu": (NOW + 40, 3.0), "temperature": (NOW, 50.0)}
    state, _ = fold(heard(NOW + 50, {NOW + 50: {"cpu": 4.0, "temperature": 51.0}}), state=state)
    assert state.behind == {}


def test_two_samples_of_one_instant_in_one_post_are_one() -> None:
    state = ServerState("web-1")
    _, parts = heard(NOW, {NOW: {"cpu": 1.0}})
    _, more = heard(NOW, {NOW: {"memory": 2.0}})
    outcome = fold_parts(state, [(NOW, parts + more)], NOW)
    assert history(state, outcome) == {NOW: {"cpu": 1.0, "memory": 2.0}}
    assert (state.folded, latest(state)) == (1, {"cpu": (NOW, 1.0), "memory": (NOW, 2.0)})


def test_a_second_sender_with_its_own_order_of_series_finds_the_servers_columns() -> None:
    state, first = fold(heard(NOW, {NOW: {"cpu": 1.0, "memory": 2.0, "disk": 3.0}}, n=1, epoch="a"))
    state, second = fold(
        heard(NOW + 5, {NOW + 10: {"app.x": 7.0, "disk": 4.0, "cpu": 9.0}}, n=1, epoch="b"), state=state
    )
    assert state.series == ["cpu", "memory", "disk", "app.x"]
    assert history(state, first, second)[NOW + 10] == {"cpu": 9.0, "disk": 4.0, "app.x": 7.0}
    assert latest(state) == {
        "cpu": (NOW + 10, 9.0), "memory": (NOW, 2.0), "disk": (NOW + 10, 4.0), "app.x": (NOW + 10, 7.0),
    }  # fmt: skip


def test_series_beyond_the_limit_fall_away_and_are_counted() -> None:
    state, _ = fold(heard(NOW, {NOW: {f"app.m{index}": 1.0 for index in range(MAX_SERIES_PER_SERVER - 1)}}))
    state, outcome = fold(heard(NOW, {NOW + 10: {"app.one": 1.0, "app.two": 2.0, "app.three": 3.0}}), state=state)
    assert len(state.series) == MAX_SERIES_PER_SERVER
    assert state.dropped == 2
    assert history(state, outcome)[NOW + 10] == {"app.one": 1.0}
    state, outcome = fold(heard(NOW, {NOW + 20: {"app.four": 1.0}}), state=state)
    assert history(state, outcome)[NOW + 20] == {}


@pytest.mark.parametrize(
    ("counts", "started", "rates"),
    [
        ([(0, 100), (10, 150)], [None, None], [None, 5.0]),
        ([(0, 100), (10, 100)], [None, None], [None, 0.0]),
        ([(0, 100), (10, 40), (20, 60)], [None] * 3, [None, None, 2.0]),  # a restart or a wrap is no rate of nought
        ([(0, 100), (601, 200), (611, 210)], [None] * 3, [None, None, 1.0]),
        ([(0, 100), (600, 700)], [None, None], [None, 1.0]),
        ([(0, 100), (10, 200), (5, 150), (20, 300)], [None] * 4, [None, 10.0, None, 10.0]),  # late: no value, no harm
        ([(0, 100), (10, 200), (20, 300)], [1, 2, 2], [None, None, 10.0]),  # began anew, though it did not drop
    ],
)
def test_counts_become_rates_only_where_they_can(
    counts: list[tuple[int, float]], started: list[float | None], rates: list[float | None]
) -> None:
    state = ServerState("web-1")
    given = []
    for (step, count), start in zip(counts, started, strict=True):
        outcome = fold_parts(state, [heard(NOW, {NOW + step: {"requests": count}}, counters={"requests": start})], NOW)
        state = kept_and_read(state)
        given.append(history(state, outcome)[NOW + step].get("requests"))
    assert given == rates


def test_partial_posts_meet_in_a_slot_and_are_folded_together_once_it_has_settled() -> None:
    at = NOW - NOW % 10
    state, first = fold(heard(at + 2, {at + 1: {"cpu": 1.0}}, slotted=True), now=at + 2)
    assert (latest(state), first.windows) == ({}, [])
    state = kept_and_read(state)
    state, second = fold(heard(at + 4, {at + 3: {"memory": 2.0}}, slotted=True), state=state, now=at + 4)
    state, nothing = fold(state=state, now=at + 14.9)
    assert nothing.windows == []
    state, settled = fold(state=state, now=at + 15)
    assert seen(settled) == {"cpu": [(at, 1.0)], "memory": [(at, 2.0)]}
    assert [len(window.at) for window in settled.windows] == [1]
    assert history(state, first, second, settled) == {at: {"cpu": 1.0, "memory": 2.0}}
    assert state.slots == {}


@pytest.mark.parametrize(
    ("ahead", "offset"),
    [(0.0, 0), (29.0, 0), (31.0, -31), (-31.0, 31), (86_400.0, -86_400), (-86_400.5, 86_400)],
)
def test_a_numbered_posts_clock_is_put_right(ahead: float, offset: int) -> None:
    theirs = NOW + int(ahead)
    state, outcome = fold(
        heard(NOW, {theirs: {"cpu": 1.0}}, n=1, sent_at=NOW + ahead, events=[["d", theirs, "deploy", "v2"]])
    )
    assert state.clock_offset == offset
    assert list(outcome.rows) == [theirs + offset]
    assert outcome.events == [["d", theirs + offset, "deploy", "v2"]]
    assert not state.skewed


def test_a_clock_near_the_limit_is_not_put_right_and_wrong_in_turns() -> None:
    state = ServerState("web-1")
    offsets = set()
    for n, ahead in enumerate([31, 29, 31, 28, 30, 33], start=1):
        state, _ = fold(heard(NOW + n, {NOW + n + ahead: {"cpu": 1.0}}, n=n, sent_at=NOW + n + ahead), state=state)
        offsets.add(state.clock_offset)
    assert offsets == {-31}
    state, _ = fold(heard(NOW + 60, {NOW + 60: {"cpu": 1.0}}, n=7, sent_at=NOW + 60), state=state)
    assert state.clock_offset == 0


def test_a_known_post_sent_again_does_not_move_the_clock() -> None:
    state, _ = fold(heard(NOW, {NOW: {"cpu": 1.0}}, n=1, sent_at=NOW))
    state, _ = fold(heard(NOW + 7_200, {NOW: {"cpu": 1.0}}, n=1, sent_at=NOW), state=state)
    assert state.clock_offset == 0


def test_an_unnumbered_clock_that_is_off_is_flagged_and_its_values_stored_as_sent() -> None:
    state, outcome = fold(heard(NOW, {NOW - 3_600: {"cpu": 1.0}}, sent_at=NOW - 3_600))
    assert state.skewed
    assert list(outcome.rows) == [NOW - 3_600]
    state, _ = fold(heard(NOW + 60, {NOW + 60: {"cpu": 1.0}}, n=1, sent_at=NOW + 60), state=state)
    assert not state.skewed, "our own agent took over"


def test_only_the_epochs_heard_last_are_kept_whatever_they_are_called() -> None:
    state = ServerState("web-1")
    names = [f"{chr(122 - index)}" for index in range(EPOCHS_KEPT + 3)]
    gone: set[str] = set()
    for index, epoch in enumerate(names):
        state, outcome = fold(heard(NOW + index, {NOW + index: {"cpu": 1.0}}, n=1, epoch=epoch), state=state)
        state = kept_and_read(state)
        gone |= outcome.epochs - set(state.posts)
    assert list(state.posts) == names[3:]
    assert gone == set(names[:3])


def test_how_often_a_sender_posts_is_learned_from_two_gaps_and_not_from_an_outage() -> None:
    state = ServerState("web-1")
    at = float(NOW)
    for gap in (60, 60, 60):
        at += gap
        fold_parts(state, [heard(at, {int(at): {"cpu": 1.0}})], at)
    assert state.expected == pytest.approx(60, abs=1)
    fold_parts(state, [heard(at + 4_000, {int(at): {"cpu": 1.0}})], at)
    assert state.expected == pytest.approx(60, abs=1)
    for gap in range(40):
        fold_parts(state, [heard(at + 4_000 + 5 * gap, {int(at): {"cpu": 1.0}})], at)
    assert state.expected < 10


SERIES = ("cpu", "memory", "app.x", "app.y")


@st.composite
def streams(draw: st.DrawFn) -> list[Post]:
    """Posts of two agents of one server: out of order, twice, with gaps and late rows, each with its own series."""
    posts = []
    for index in range(draw(st.integers(1, 9))):
        numbered = draw(st.booleans())
        names = draw(st.permutations(SERIES))[: draw(st.integers(1, 4))]
        instants = draw(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True))
        rows = {
            NOW + 10 * instant: {name: draw(st.none() | st.integers(0, 90).map(float)) for name in names}
            for instant in instants
        }
        post = (
            {"n": draw(st.integers(1, 6)), "epoch": draw(st.sampled_from("ab")), "sent_at": float(NOW)}
            if numbered
            else {}
        )
        posts.append(heard(NOW + index, rows, **post))
    return posts


@settings(max_examples=150, deadline=None)
@given(streams(), st.data())
def test_however_a_stream_is_cut_into_batches_state_and_history_come_out_the_same(
    posts: list[Post], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(posts)))) | {0, len(posts)})
    whole, outcome = fold(*posts)
    state = ServerState("web-1")
    outcomes = []
    for start, end in itertools.pairwise(cuts):
        outcomes.append(fold_parts(state, posts[start:end], NOW + 60))
        state = kept_and_read(state)
    assert kept_and_read(whole) == state
    assert history(whole, outcome) == history(state, *outcomes)
    assert seen(outcome) == seen(*outcomes)
    absorbed = Outcome()
    for one in outcomes:
        absorbed.absorb(one)
    assert history(state, absorbed) == history(state, outcome)


@settings(max_examples=150, deadline=None)
@given(streams())
def test_each_value_is_seen_once_and_in_order_of_time_and_the_state_holds_the_newest(posts: list[Post]) -> None:
    state, outcome = fold(*posts)
    shown = seen(outcome)
    for values in shown.values():
        times = [at for at, _ in values]
        assert times == sorted(set(times))
    assert latest(state) == {name: values[-1] for name, values in shown.items()}
    stored = history(state, outcome)
    newest = {name: max(at for at, row in stored.items() if name in row) for name in shown}
    assert {name: at for name, (at, _) in latest(state).items()} == newest


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["cpu", "app.a_total", "app.b_total", "app.c"]), st.integers(0, 50)), max_size=9
    ),
    st.booleans(),
    st.integers(1, 4),
)
def test_in_how_many_parts_a_post_comes_makes_no_difference(rows: list[Values], slotted: bool, size: int) -> None:
    """Each part is read by itself: what says how its samples are to be read must be in each."""
    post = {NOW - 200 + 10 * place: values for place, values in enumerate(rows)}
    extra = {
        "counters": {"app.a_total": None, "app.b_total": 7.0}, "counted": [[at, at + 0.5] for at in post],
        "mounts": {"/": [10, 5]}, "host": {"os": "x"}, "source": {"name": "x"},
    }  # fmt: skip
    whole, outcome = fold(heard(NOW, post, slotted=slotted, **extra))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_SAMPLES", size)
        pieces, found = fold(heard(NOW, post, slotted=slotted, **extra))
    assert kept_and_read(pieces) == kept_and_read(whole)
    assert history(pieces, found) == history(whole, outcome)
    assert seen(found) == seen(outcome)


def _bad(**changes: Any) -> Sequence[Post]:
    at, (part,) = heard(NOW, {NOW: {"cpu": 1.0}})
    fields = {name: getattr(part, name) for name in Part.__slots__}
    return [(at, [Part(**{**fields, **changes})])]


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": [["x", "1"]]},
        {"rows": [[NOW, "1,"]]},
        {"rows": 7},
        {"series": 7},
        {"extra": 7},
        {"rows": [[NOW, "1", 2]]},
    ],
)
def test_a_part_that_is_no_part_raises_what_the_sweep_knows_as_a_data_error(changes: dict[str, Any]) -> None:
    from lib.monitoring.decide import DATA_ERRORS

    with pytest.raises(DATA_ERRORS):
        fold_parts(ServerState("web-1"), _bad(**changes), NOW)
