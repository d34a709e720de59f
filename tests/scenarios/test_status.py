"""What a person is told of a server's health."""

from __future__ import annotations

import pytest

from tests.scenarios.story import Story
from tests.unit.folding import NOW


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_short_spike_tells_nobody(story: Story) -> None:
    story.every(60, 0, 240, cpu=20).at(300, cpu=99).every(60, 360, 1_200, cpu=20)
    assert story.told == []


def test_a_load_that_lasts_is_told_after_its_hold_and_once(story: Story) -> None:
    story.every(60, 0, 1_200, cpu=95)
    assert story.told == ["web-1: warning at 301"]
    reason = story.states["web-1"].reason
    assert reason is not None
    assert (reason["metric"], reason["value"], reason["level"], reason["since"]) == ("cpu", 95, 90, NOW)


def test_it_grows_grave_and_ends_only_below_the_recovery(story: Story) -> None:
    story.every(60, 0, 300, cpu=95).every(60, 360, 720, cpu=99).every(60, 780, 1_200, cpu=85).at(1_260, cpu=70)
    assert story.told == [
        "web-1: warning at 301", "web-1: critical at 661", "web-1: warning at 781", "web-1: ok at 1261",
    ]  # fmt: skip


def test_a_value_that_swings_around_its_level_is_told_once(story: Story) -> None:
    story.every(60, 0, 300, cpu=95)
    for at in range(360, 1_500, 120):
        story.at(at, cpu=88).at(at + 60, cpu=91)
    assert story.told == ["web-1: warning at 301"]


def test_a_full_disk_is_told_at_once(story: Story) -> None:
    story.at(0, mounts={"/data": 97.0}).at(60, mounts={"/data": 89.0}).at(120, mounts={"/data": 50.0})
    assert story.told == ["web-1: critical at 1", "web-1: warning at 61", "web-1: ok at 121"]


def test_the_gravest_of_several_findings_is_the_status(story: Story) -> None:
    story.at(0, mounts={"/": 92.0, "/data": 97.0}).at(60, mounts={"/": 92.0, "/data": 50.0})
    assert story.told == ["web-1: critical at 1", "web-1: warning at 61"]


def test_servers_do_not_share_their_fate(story: Story) -> None:
    for at in range(0, 601, 60):
        story.post(at, "web-1", cpu=95).post(at, "web-2", cpu=10).sweep(at + 1)
    assert story.told == ["web-1: warning at 301"]


def test_a_backlog_from_an_hour_ago_says_nothing_of_now(story: Story) -> None:
    story.every(60, 3_600, 3_720, cpu=10)
    for at in range(3_000, 3_600, 60):
        story.post(at, cpu=99)
    story.sweep(3_730)
    assert story.told == []
    assert len(story.stored["web-1"]) == 13


def test_a_clock_a_day_ahead_is_put_right_and_judged_like_any_other(story: Story) -> None:
    story.every(60, 0, 600, clock=86_400, cpu=95)
    assert story.told == ["web-1: warning at 301"]
    assert sorted(story.stored["web-1"]) == list(range(0, 601, 60))
    assert story.states["web-1"].clock_offset == -86_400


def test_a_clock_that_is_off_without_numbered_posts_pages_nobody(story: Story) -> None:
    story.every(60, 0, 600, clock=-3_600, numbered=False, cpu=99)
    assert story.told == []
    assert story.page(601) == {"web-1": "ok"}
    reason = story.states["web-1"].reason
    assert reason is not None
    assert reason["code"] == "skewed"
    assert sorted(story.stored["web-1"]) == list(range(-3_600, -2_999, 60))
