"""The incident's state machine, held to its promises over everything that may happen to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lib.domain.episodes import (
    FLAP_SECONDS,
    MOST_CALM_SECONDS,
    Change,
    Episode,
    Levels,
    advance,
    dismiss,
    end,
    hear,
    lose_data,
)

LEVELS = Levels(warning=90, critical=95, recovery=80, hold=60, recover=30)
OPENERS = {"opened"}
ONLY_OPEN = {"escalated", "eased", "recovering", "relapsed", "no_data", "data_back", "stale", "heard", "resolved"}


def told(*readings: tuple[int, float], levels: Levels = LEVELS) -> list[tuple[str, float]]:
    return [(change.kind, change.at) for change in advance(None, readings, levels)[1]]


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(0, 91), (59, 91)], []),
        ([(0, 91), (60, 91)], [("opened", 60)]),
        ([(0, 91), (30, 89), (60, 91), (90, 91)], []),  # what has not lasted is forgotten at once
        ([(0, 91), (60, 91), (70, 85), (600, 85)], [("opened", 60)]),  # below the level, not past the recovery
        ([(0, 91), (60, 91), (70, 79)], [("opened", 60), ("recovering", 70)]),
        ([(0, 91), (60, 91), (70, 79), (100, 79)], [("opened", 60), ("recovering", 70), ("resolved", 100)]),
        ([(0, 91), (60, 91), (70, 79), (80, 92)], [("opened", 60), ("recovering", 70), ("relapsed", 80)]),
        ([(0, 91), (60, 96), (119, 96)], [("opened", 60)]),
        ([(0, 91), (60, 96), (120, 96)], [("opened", 60), ("escalated", 120)]),
        ([(0, 96), (60, 96), (70, 92), (80, 89)], [("opened", 60), ("eased", 80)]),
        ([(0, 91), (60, 91), (70, 79), (4_000, 79)], [("opened", 60), ("recovering", 70), ("resolved", 4_000)]),
    ],
)
def test_a_life(readings: list[tuple[int, float]], expected: list[tuple[str, float]]) -> None:
    assert told(*readings) == expected
    episode: Episode | None = None
    seen: list[tuple[str, float]] = []
    for reading in readings:  # in any batching it is the same
        episode, changes = advance(episode, [reading], LEVELS)
        episode = Episode.from_list(episode.to_list()) if episode else None
        seen += [(change.kind, change.at) for change in changes]
    assert seen == expected


def test_what_flaps_becomes_one_long_incident() -> None:
    quick = Levels(90, 95, 80)
    day = [(at, 91.0 if at // 300 % 2 else 50.0) for at in range(0, 86_400, 300)]
    kinds = [kind for kind, _ in told(*day, levels=quick)]
    assert kinds.count("opened") <= 4, kinds
    calm, changes = advance(*_after(day, quick), quick)
    assert calm is not None
    assert [change.kind for change in changes] == ["resolved"] or not calm.is_open


def _after(day: list[tuple[int, float]], levels: Levels) -> tuple[Episode | None, list[tuple[int, float]]]:
    episode, _ = advance(None, day, levels)
    start = day[-1][0]
    return episode, [(start + at, 50.0) for at in range(60, MOST_CALM_SECONDS + 600, 60)]


def test_after_a_quiet_hour_nothing_is_held_against_it() -> None:
    quick = Levels(90, 95, 80)
    episode, _ = advance(None, [(0, 91), (10, 50), (20, 91), (30, 50)], quick)
    assert episode is not None
    assert episode.flaps == 1
    assert advance(episode, [(30 + FLAP_SECONDS, 50)], quick)[0] is None


def test_what_a_person_ended_stays_quiet_until_it_is_truly_over() -> None:
    episode, _ = advance(None, [(0, 91), (60, 91)], LEVELS)
    assert episode is not None
    episode = dismiss(episode)
    episode, changes = advance(episode, [(at, 96) for at in range(70, 1_000, 10)], LEVELS)
    assert changes == []
    episode, changes = advance(episode, [(1_000, 79), (1_010, 91), (1_080, 91)], LEVELS)
    assert [change.kind for change in changes] == ["opened"]


def test_what_never_opened_ends_without_a_word() -> None:
    episode, _ = advance(None, [(0, 91)], LEVELS)
    assert episode is not None
    assert lose_data(episode, 10) == []
    assert hear(episode, 10, silent=True) == []
    assert end(episode, 10, "rule_changed") == (None, [])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(0, 100)), max_size=60),
    st.lists(st.integers(1, 7), max_size=20),
)
def test_any_batching_tells_the_same(steps: list[tuple[int, float]], cuts: list[int]) -> None:
    at, readings = 0, []
    for step, value in steps:
        at += step
        readings.append((at, value))
    whole, expected = advance(None, readings, LEVELS)
    episode: Episode | None = None
    seen: list[Change] = []
    rest = readings
    for size in [*cuts, len(readings)]:
        episode, changes = advance(episode, rest[:size], LEVELS)
        seen += changes
        rest = rest[size:]
    assert seen == expected
    assert episode == whole


class Life(RuleBasedStateMachine):
    """Everything that can happen, in any order. `open` is what the outside believes from what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.episode: Episode | None = None
        self.at = 0
        self.open: dict[int, int] = {}  # since -> number of the last transition
        self.closed: set[int] = set()

    def hear_of(self, changes: list[Change]) -> None:
        for change in changes:
            since, seq = change.episode.since, change.episode.seq
            if change.kind in OPENERS:
                assert since not in self.open
                assert since not in self.closed
                assert not self.open, "one subject has one incident at a time"
                assert seq == 1
                self.open[since] = seq
                continue
            assert change.kind in ONLY_OPEN
            assert seq == self.open[since] + 1, "transitions are numbered without a gap"
            self.open[since] = seq
            if change.kind == "resolved":
                del self.open[since]
                self.closed.add(since)

    def keep(self, found: tuple[Episode | None, list[Change]]) -> None:
        self.episode = Episode.from_list(found[0].to_list()) if found[0] else None
        self.hear_of(found[1])

    @rule(step=st.integers(1, 4_000), value=st.sampled_from([50.0, 79.9, 80.0, 89.0, 90.0, 94.0, 95.0, 100.0]))
    def reading(self, step: int, value: float) -> None:
        self.at += step
        self.keep(advance(self.episode, [(self.at, value)], LEVELS))

    @rule(silent=st.booleans())
    def server(self, silent: bool) -> None:
        if self.episode:
            self.hear_of(hear(self.episode, self.at, silent=silent))

    @rule()
    def no_data(self) -> None:
        if self.episode:
            self.hear_of(lose_data(self.episode, self.at))

    @rule()
    def ended(self) -> None:
        if self.episode:
            self.keep(end(self.episode, self.at, "rule_changed"))

    @rule()
    def dismissed(self) -> None:
        if self.episode and self.episode.is_open:
            self.closed.add(self.episode.since)
            self.open.pop(self.episode.since)
            self.episode = dismiss(self.episode)

    @invariant()
    def what_is_told_is_what_is(self) -> None:
        is_open = self.episode is not None and self.episode.is_open
        assert is_open == bool(self.open)
        if self.episode and is_open:
            assert self.episode.severity in {"warning", "critical"}
            assert self.episode.seq == self.open[self.episode.since]
        if self.episode:
            assert len(self.episode.to_list()) == 16
            assert self.episode.flaps >= 0


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLife: Any = Life.TestCase
