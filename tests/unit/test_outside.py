"""What holds of outside alerts whatever is told, in whatever order and with whatever clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.access import Sight
from lib.domain.alerting import Rule
from lib.monitoring.alerts.incidents import News, open_incidents
from lib.monitoring.alerts.outside import MOST_OF_SOURCE, follow, told_of
from lib.monitoring.alerts.threshold import Rules
from lib.monitoring.outside import Word, encode_word, subject_of, words_of
from lib.monitoring.state import FleetState
from lib.storage.port import Entry
from tests.unit.folding import NOW

RULES = Rules([Rule("outside", "Other monitors", kind="outside")])
TIMES = st.none() | st.integers(-4_000, 4_000).map(lambda ago: NOW + ago)
WORDS = st.fixed_dictionaries({
    "subject": st.sampled_from(["a:1", "b:2", "c:3"]),
    "severity": st.sampled_from(["info", "warning", "critical"]),
    "over": st.sampled_from([None, True, False]),
    "starts": TIMES,
    "ends": TIMES,
    "timeout": st.sampled_from([60.0, 300.0, 90_000.0]),
})  # fmt: skip
STEPS = st.lists(st.tuples(st.integers(0, 2_000), st.lists(WORDS, max_size=4), st.booleans()), max_size=25)


class Fleet:
    """Sweeps, each `after` so many seconds, with what was told meanwhile; remembered as it is kept."""

    def __init__(self) -> None:
        self.state, self.now = FleetState(listening_since=float(NOW)), float(NOW)
        self.happened: list[tuple[str, int, str, float]] = []

    def sweep(self, after: float, told: Sequence[dict[str, Any]], *, complete: bool = True) -> None:
        self.now += after
        parts = [encode_word(Word(source="S", title="t", **one), Sight()) for one in told]
        state = self.state.copy()
        steps = follow(state, words_of([Entry("1-0", self.now, parts)]), RULES, {}, self.now, complete=complete)
        news = News()
        news.note_outside(steps, {}, self.now)
        self.happened += [(one.id, step.seq, step.kind, step.at) for one, step in news.told]
        self.state = FleetState.from_text(state.to_text())

    @property
    def open(self) -> set[str]:
        return {one.id for one in open_incidents({}, self.state, RULES, {})}


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_each_incident_opens_once_ends_once_and_is_told_in_order(steps: list[tuple[int, list[Any], bool]]) -> None:
    fleet = Fleet()
    for after, told, complete in steps:
        fleet.sweep(after, told, complete=complete)
    opened: dict[str, float] = {}
    ended: set[str] = set()
    numbers: dict[str, int] = {}
    for identity, seq, kind, at in fleet.happened:
        assert identity not in ended, "nothing happens to what is over"
        assert seq == numbers.get(identity, 0) + 1
        assert (kind == "opened") == (identity not in opened)
        assert at >= opened.get(identity, at)
        assert at <= fleet.now + len(fleet.happened), "what follows within one second is told a second later"
        numbers[identity] = seq
        opened.setdefault(identity, at)
        if kind == "resolved":
            ended.add(identity)
    assert fleet.open == opened.keys() - ended
    for _ in range(12):
        fleet.sweep(30_000, [])
    assert fleet.open == set()
    assert fleet.state.memory == {}, "and all of it is forgotten in the end"


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_told_twice_is_as_told_once(steps: list[tuple[int, list[Any], bool]]) -> None:
    once, twice = Fleet(), Fleet()
    for after, told, complete in steps:
        once.sweep(after, [one for one in told for _ in "1" if one["over"] is not True], complete=complete)
        twice.sweep(after, [one for one in told for _ in "12" if one["over"] is not True], complete=complete)
    assert once.happened == twice.happened


def test_a_part_that_is_no_word_is_left_out() -> None:
    parts = [
        '["alert",',
        '["alert","x"]',
        '["alert","x",5]',
        '["alert","x",{"nothing":1}]',
        '["alert","x",{"held_to":5}]',
    ]
    assert words_of([Entry("1-0", 1.0, parts)]) == []


def test_a_name_is_no_pattern_and_no_other_s_prefix() -> None:
    assert subject_of("*", "k").partition(":")[0] == "_"
    assert subject_of("disk:/", "k").startswith("disk_/:")
    assert subject_of("", "k").startswith("alert:")
    assert subject_of("a", "b", "c") != subject_of("a", "bc")


def test_as_many_as_there_may_be_are_swept_in_no_time() -> None:
    told = [{"subject": f"a{n}:1", "over": False} for n in range(MOST_OF_SOURCE)]
    fleet = Fleet()
    fleet.sweep(1, told)
    assert len(told_of(fleet.state.memory)) == MOST_OF_SOURCE
    before = fleet.state.to_text()
    fleet.sweep(60, told)
    assert fleet.state.to_text() == before, "told again it is nothing to write down"
