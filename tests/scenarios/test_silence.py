"""Silence: a server that is away is told from a monitor that could not hear."""

from __future__ import annotations

import pytest

from tests.scenarios.story import Story

MANY = tuple(f"web-{number}" for number in range(1, 7))


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_server_that_falls_silent_is_stale_then_offline_then_back(story: Story) -> None:
    story.every(60, 0, 600, "web-1", "web-2", cpu=10)
    for at in range(660, 1_201, 60):
        story.post(at, "web-2", cpu=10).sweep(at + 1)
    assert story.told == ["web-1: offline at 841"]
    story.at(1_260, "web-1", cpu=10)
    assert story.told[1:] == ["web-1: ok at 1261"]


def test_readers_call_a_server_stale_before_anybody_sweeps(story: Story) -> None:
    story.every(60, 0, 600, "web-1", "web-2", cpu=10)
    story.post(660, "web-2", cpu=10).sweep(700)
    assert story.page(750) == {"web-1": "ok", "web-2": "ok"}
    assert story.page(751) == {"web-1": "stale (late)", "web-2": "ok"}


def test_a_slow_sender_is_given_the_time_it_takes(story: Story) -> None:
    story.every(60, 0, 3_600, "web-1", cpu=10)
    for at in range(0, 3_600, 300):
        story.post(at, "slow", cpu=10)
    story.sweep(3_610)
    story.every(60, 3_660, 4_140, "web-1", cpu=10)
    assert story.told == []
    story.every(60, 4_200, 4_500, "web-1", cpu=10)
    assert story.told == ["slow: offline at 4261"]


def test_after_a_pause_of_our_own_the_clocks_of_silence_start_again(story: Story) -> None:
    story.every(60, 0, 600, "web-1", "web-2", cpu=10)
    story.sweep(4_000)
    assert story.told == []
    story.silence(60, 4_060, 4_180)
    assert story.told == []
    story.silence(60, 4_240, 4_300)
    assert story.told == ["web-1: offline at 4241", "web-2: offline at 4241"]


def test_a_page_says_that_it_is_we_who_have_not_looked(story: Story) -> None:
    story.every(60, 0, 600, "web-1", cpu=10)
    assert story.page(751) == {"web-1": "stale (late)"}
    assert story.page(752) == {"web-1": "stale (blind)"}


def test_while_redis_is_away_nobody_is_called_offline(story: Story) -> None:
    story.every(60, 0, 600, "web-1", cpu=10)
    for at in range(660, 3_600, 60):
        story.post(at, "web-1", cpu=10).sweep(at + 1, redis=False)
    assert story.told == []
    story.sweep(3_601)
    assert story.told == []
    assert len(story.stored["web-1"]) == 60


def test_when_redis_comes_back_empty_its_servers_are_given_time_to_be_heard(story: Story) -> None:
    story.every(60, 0, 600, "web-1", cpu=10)
    for at in range(660, 3_600, 60):
        story.sweep(at, redis=False)
    story.silence(60, 3_600, 3_720)
    assert story.told == []
    story.silence(60, 3_780, 3_840)
    assert story.told == ["web-1: offline at 3781"]


def test_half_of_the_fleet_falling_silent_together_is_our_deafness(story: Story) -> None:
    story.every(60, 0, 600, *MANY, cpu=10)
    story.every(60, 660, 1_200, *MANY[:3], cpu=10)
    assert story.told == ["the monitor cannot hear at 781"]
    assert story.page(1_201)["web-6"] == "stale (deaf)"
    story.every(60, 1_260, 1_800, *MANY, cpu=10)
    assert story.told[1:] == ["the monitor hears again at 1261"]


def test_when_the_others_are_heard_for_ten_minutes_the_silent_half_is_away_after_all(story: Story) -> None:
    story.every(60, 0, 600, *MANY, cpu=10)
    story.every(60, 660, 1_500, *MANY[:3], cpu=10)
    assert story.told == [
        "the monitor cannot hear at 781",
        "web-4: offline at 1381", "web-5: offline at 1381", "web-6: offline at 1381",
        "the monitor hears again at 1441",
    ]  # fmt: skip


def test_a_fleet_that_is_silent_altogether_never_becomes_a_fleet_that_is_offline(story: Story) -> None:
    story.every(60, 0, 600, *MANY, cpu=10)
    story.silence(60, 660, 7_200)
    assert story.told == ["the monitor cannot hear at 781"]


def test_servers_that_leave_one_after_the_other_are_offline_and_nobody_is_deaf(story: Story) -> None:
    story.every(60, 0, 600, *MANY, cpu=10)
    for gone in range(1, 5):
        story.every(60, 600 * gone + 60, 600 * gone + 600, *MANY[gone:], cpu=10)
    assert story.told == [
        "web-1: offline at 841", "web-2: offline at 1441", "web-3: offline at 2041", "web-4: offline at 2641",
    ]  # fmt: skip


def test_a_large_fleet_that_posts_rarely_is_deaf_together_though_it_posts_in_turns() -> None:
    story = Story(post_every=648.0)
    turns = {f"web-{number}": number * 108 for number in range(6)}
    for at in range(0, 648 * 4, 108):
        story.post(at, next(name for name, turn in turns.items() if at % 648 == turn), cpu=10).sweep(at + 1)
    story.silence(108, 648 * 4, 648 * 12)
    assert len(story.told) == 1
    assert story.told[0].startswith("the monitor cannot hear")


def test_a_server_that_only_repeats_an_old_post_is_not_offline(story: Story) -> None:
    story.every(60, 0, 600, "web-1", "web-2", cpu=10)
    for at in range(660, 901, 60):
        story.post(at, "web-2", cpu=10).sweep(at + 1)
    assert story.told == ["web-1: offline at 841"]
    story._numbers["web-1"] -= 1
    story.at(960, "web-1", cpu=10)
    assert story.told[1:] == ["web-1: ok at 961"]
