"""What is unlike itself while its server falls silent is over with its last value, not for ever under way."""

from __future__ import annotations

from typing import Any

from tests.scenarios.story import Story
from tests.unit.folding import NOW

MINUTE = 60
CALM, ODD = 130, 8  # minutes


def _told(story: Story) -> list[tuple[str, float | None]]:
    rows: list[Any] = [row for one in story.documents for row in one.get("anomalies", {}).get("web-1", [])]
    return [(series, until and until - NOW) for series, _, until, *_ in rows]


def test_what_lasts_as_a_server_falls_silent_ends_half_an_hour_later_at_its_last_value() -> None:
    story = Story()
    for minute in range(CALM + ODD):
        wobble = minute * minute * 7 % 11 / 10
        story.at(minute * MINUTE, cpu=(70 if minute >= CALM else 20) + wobble, memory=40 + wobble / 10)
    last = (CALM + ODD - 1) * MINUTE
    assert {one for one, _ in _told(story)} == {"cpu"}
    assert _told(story)[-1][1] is None
    for minute in range(1, 30):
        story.sweep(last + minute * MINUTE)
    assert "web-1: offline" in story.told[-1]
    assert _told(story)[-1][1] is None
    for minute in range(30, 35):
        story.sweep(last + minute * MINUTE)
    before, after = _told(story)[-2:]
    assert (before[1], after) == (None, ("cpu", last))
    assert story.states["web-1"].memory["anomalies"]["open"] == {}
