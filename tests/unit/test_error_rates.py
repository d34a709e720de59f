"""New errors and surges of errors, told as stories."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.analyzers.errors import MOST_FINGERPRINTS, ErrorOptions, fold, judge

T = 1_800_000_000 // 3600 * 3600
HOUR = 3600
NEW = ErrorOptions.read({"what": "new"})
SURGE = ErrorOptions.read({"what": "surge", "factor": 3, "at_least": 10})


class Story:
    def __init__(self, known_since: float = T - 30 * 86_400) -> None:
        self.memory: dict[str, Any] | None = None
        self.known_since = known_since

    def told(
        self, at: int, count: int = 1, message: str = "timed out after 5 s", level: str = "error", own: int = 0
    ) -> None:
        errors = [["x", T + at - own, level, "nginx", message] for _ in range(count)]
        self.memory = json.loads(json.dumps(fold(self.memory, errors, T + at, self.known_since)))

    def found(self, at: int, options: ErrorOptions) -> list[str]:
        return [one.pattern for one in judge(self.memory, T + at, options)]


def test_an_error_is_new_for_an_hour_and_then_known() -> None:
    story = Story()
    story.told(0)
    assert story.found(10, NEW) == ["timed out after # s"]
    story.told(1800, message="timed out after 99 s")
    assert story.found(1800, NEW) == ["timed out after # s"]
    story.told(HOUR + 10)
    assert story.found(HOUR + 10, NEW) == []
    story.told(HOUR + 20, message="disk broken")
    assert story.found(HOUR + 20, NEW) == ["disk broken"]


def test_nothing_is_new_on_a_server_that_is_new_itself() -> None:
    story = Story(known_since=T - 60)
    story.told(0)
    assert story.found(10, NEW) == []
    story.told(2 * HOUR, message="other")
    assert story.found(2 * HOUR, NEW) == ["other"]


def test_what_is_less_grave_than_asked_for_is_not_found() -> None:
    story = Story()
    story.told(0, level="warning")
    assert story.found(10, NEW) == []
    assert story.found(10, ErrorOptions.read({"level": "warning"})) == ["timed out after # s"]


def test_a_surge_is_many_times_what_is_usual() -> None:
    story = Story()
    for hour in range(72):
        story.told(hour * HOUR + 60, count=20)
        assert hour < 48 or story.found(hour * HOUR + 61, SURGE) == [], "usual, however many"
    story.told(72 * HOUR + 60, count=50)
    (finding,) = judge(story.memory, T + 72 * HOUR + 60, SURGE)
    assert finding.value > 60
    assert 15 < finding.usual < 20
    assert story.found(75 * HOUR, SURGE) == [], "over when they stop"


def test_few_are_no_surge_though_there_were_none_before() -> None:
    story = Story()
    story.told(0, count=9)
    assert story.found(1, SURGE) == []
    story.told(2)
    assert story.found(2, SURGE) == ["timed out after # s"]


def test_what_comes_hours_late_is_old_news() -> None:
    story = Story()
    story.told(10 * HOUR, count=100, own=5 * HOUR)
    assert story.found(10 * HOUR, SURGE) == []
    assert story.found(10 * HOUR, NEW) == []


def test_a_month_of_silence_is_passed_over_quickly() -> None:
    story = Story()
    story.told(0, count=500)
    story.told(30 * 86_400)
    assert story.memory is not None
    (row,) = story.memory["of"].values()
    assert row[5] < 0.02


@given(st.lists(st.tuples(st.text(max_size=30), st.integers(0, 5_000)), max_size=80))
def test_the_memory_stays_small(told: list[tuple[str, int]]) -> None:
    story = Story()
    at = 0
    for message, passed in told:
        at += passed
        story.told(at, message=message)
    if story.memory:
        assert len(story.memory["of"]) <= MOST_FINGERPRINTS
    for options in (NEW, SURGE):
        for finding in judge(story.memory, T + at, options):
            assert finding.value >= 0


@pytest.mark.parametrize(
    "options", [{"what": "old"}, {"level": "fatal"}, {"factor": 1}, {"seconds": 5}, {"at_least": 0}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"`\w+`"):
        ErrorOptions.read(options)
