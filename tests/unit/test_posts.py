"""Which numbered posts are stored: an acknowledged one is, and one that is not can always be asked for again."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lib.domain.posts import GAP_SECONDS, MAP_BITS, MAX_RANGES, PostMarks


def marks_after(*numbers: int, floor: int = 1, now: float = 0.0) -> PostMarks:
    marks = PostMarks()
    for n in numbers:
        marks.add(n, floor, now)
    return marks


@pytest.mark.parametrize(
    ("numbers", "floor", "stored"),
    [
        ((1, 2, 3), 1, 3),
        ((1, 3, 2), 1, 3),
        ((1, 1, 1), 1, 1),
        ((2, 3), 1, 0),
        ((5,), 5, 5),  # the agent holds nothing older: there is nothing to wait for
        ((5, 7), 5, 5),
        ((1, 2 + MAP_BITS), 1, 1),  # beyond the map
        ((MAP_BITS,), 1, 0),
        ((2**53 - 1,), 1, 0),
    ],
)
def test_stored_is_the_last_number_below_which_nothing_is_missing(
    numbers: tuple[int, ...], floor: int, stored: int
) -> None:
    assert marks_after(*numbers, floor=floor).n == stored


def test_a_post_beyond_the_map_is_not_called_stored_and_is_asked_for_when_the_map_reaches_it() -> None:
    far = 1 + MAP_BITS + 5
    marks = marks_after(1, far)
    assert not marks.has(far)
    assert marks.missing(GAP_SECONDS) == [[2, 1 + MAP_BITS]]
    for n in range(2, far):
        marks.add(n, 1, GAP_SECONDS)
    assert not marks.has(far)
    assert marks.missing(GAP_SECONDS + GAP_SECONDS) == [[far, far]]
    marks.add(far, 1, GAP_SECONDS)
    assert marks.n == far
    assert marks.missing(1e9) is None


def test_a_hole_is_asked_for_again_only_when_it_is_two_minutes_old() -> None:
    marks = marks_after(1, 2, 5, 9, now=100.0)
    assert marks.missing(100.0 + GAP_SECONDS - 1) is None
    assert marks.missing(100.0 + GAP_SECONDS) == [[3, 4], [6, 8]]


def test_as_long_as_a_backlog_comes_in_nothing_of_it_is_asked_for_again() -> None:
    marks = marks_after(500, floor=1, now=0.0)
    for n in range(1, 400):
        marks.add(n, n, float(n))
        assert marks.missing(float(n)) is None
    assert marks.missing(399.0 + GAP_SECONDS) == [[400, 499]]


def test_a_rising_floor_closes_the_holes_below_it() -> None:
    marks = marks_after(1, 4, now=0.0)
    marks.add(6, 4, 500.0)
    assert (marks.n, marks.missing(1e6)) == (4, [[5, 5]])


def test_no_more_ranges_are_named_than_an_agent_can_use() -> None:
    marks = marks_after(*range(2, 200, 2))
    ranges = marks.missing(1e6)
    assert ranges is not None
    assert len(ranges) == MAX_RANGES
    assert ranges[0] == [1, 1]


@pytest.mark.parametrize(
    "marks", [marks_after(), marks_after(1, 2), marks_after(1, 5, now=77.0), marks_after(1, 5_000)]
)
def test_marks_survive_being_kept(marks: PostMarks) -> None:
    kept = PostMarks.from_row(marks.to_row(77.0))
    assert (kept.n, kept.later, kept.gap_at) == (marks.n, marks.later, marks.gap_at)
    assert kept.missing(1e6) == marks.missing(1e6)


class Delivery(RuleBasedStateMachine):
    """An agent with a spool, a network that loses, repeats and reorders, and a hub that keeps marks."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.marks = PostMarks()
        self.spool: set[int] = set()
        self.next = 1
        self.under_way: list[tuple[int, int]] = []
        self.stored: set[int] = set()

    @rule(step=st.integers(1, 90))
    def time_passes(self, step: int) -> None:
        self.now += step

    @rule(count=st.integers(1, 40), sent=st.booleans())
    def post(self, count: int, sent: bool) -> None:
        for _ in range(count):
            self.spool.add(self.next)
            if sent:
                self.under_way.append((self.next, min(self.spool)))
            self.next += 1

    @rule(count=st.sampled_from([MAP_BITS - 1, MAP_BITS, MAP_BITS + 1]))
    def outage(self, count: int) -> None:
        self.spool.update(range(self.next, self.next + count))
        self.next += count

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), again=st.booleans())
    def arrive(self, data: st.DataObject, again: bool) -> None:
        index = data.draw(st.integers(0, len(self.under_way) - 1))
        n, floor = self.under_way[index] if again else self.under_way.pop(index)
        known = self.marks.has(n)
        assert not known or n in self.stored or n < floor or n not in self.spool, "taken for stored, and it is not"
        if not known:
            self.stored.add(n)
        self.marks.add(n, floor, self.now)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))

    @rule()
    def acknowledge(self) -> None:
        for n in [n for n in self.spool if n <= self.marks.n]:
            assert n in self.stored, "the agent was told to drop what is not stored"
            self.spool.discard(n)

    @rule()
    def send_again_what_is_asked_for(self) -> None:
        floor = min(self.spool, default=0)
        for start, end in self.marks.missing(self.now) or ():
            self.under_way += [(n, floor) for n in range(start, end + 1) if n in self.spool]

    @invariant()
    def survives_being_kept(self) -> None:
        kept = PostMarks.from_row(self.marks.to_row(self.now))
        assert (kept.n, kept.later, kept.missing(self.now)) == (
            self.marks.n,
            self.marks.later,
            self.marks.missing(self.now),
        )

    def teardown(self) -> None:
        """Once nothing is lost any more, everything is stored in the end: nobody waits for ever."""
        floor = min(self.spool, default=0)
        self.under_way += [(n, floor) for n in sorted(self.spool) if n > self.marks.top]
        for _ in range(3 + self.next // 10):
            if not self.spool:
                break
            for n, floor in self.under_way:
                if not self.marks.has(n):
                    self.stored.add(n)
                self.marks.add(n, floor, self.now)
            self.under_way = []
            self.acknowledge()
            self.now += GAP_SECONDS
            self.send_again_what_is_asked_for()
        assert self.spool == set()


Delivery.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestDelivery = Delivery.TestCase
