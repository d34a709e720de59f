"""What a person is told of servers that a cloud is asked about: by its slow word alone, or beside an agent's."""

from __future__ import annotations

import json

import pytest

from lib.monitoring.snapshot import read
from tests.scenarios.story import Story
from tests.unit.folding import NOW


@pytest.fixture
def story() -> Story:
    return Story()


def ask(story: Story, start: int, end: int, **values: float) -> None:
    """Polled every five minutes, swept every minute."""
    for at in range(start, end + 1, 60):
        if (at - start) % 300 == 0:
            story.polled(at, **values)
        story.sweep(at + 1)


def test_a_server_polled_every_five_minutes_is_never_called_stale_between_two_polls(story: Story) -> None:
    for at in range(0, 3_601, 60):
        if at % 300 == 0:
            story.polled(at, cpu=20.0)
        story.sweep(at + 1)
        assert story.page(at + 59) == {"web-1": "ok"}, at
    assert story.told == []


def test_one_poll_that_fails_is_nothing_and_an_hour_of_them_is_a_silence(story: Story) -> None:
    ask(story, 0, 900, cpu=20.0)
    story.silence(60, 960, 1_500)
    assert (story.told, story.page(1_500)) == ([], {"web-1": "ok"})
    story.silence(60, 1_560, 2_400)
    assert story.told == ["web-1: offline at 1861"]


def test_slow_points_raise_an_incident_like_quick_ones(story: Story) -> None:
    ask(story, 0, 1_200, cpu=95.0)
    assert story.told == ["web-1: warning at 301"]


def test_the_same_points_again_change_nothing(story: Story) -> None:
    story.polled(600, cpu=50.0, aws__status_check_failed=0.0).sweep(601)
    before = (story.states["web-1"].folded, dict(story.stored["web-1"]))
    story.polled(900, lag=600, cpu=50.0, aws__status_check_failed=0.0).sweep(901)
    assert (story.states["web-1"].folded, dict(story.stored["web-1"])) == before


def test_a_late_point_goes_into_history_and_leaves_what_is_known_of_now(story: Story) -> None:
    story.polled(600, lag=300, cpu=50.0).sweep(601)
    story.polled(900, lag=900, cpu=10.0).sweep(901)
    assert sorted(story.stored["web-1"]) == [0, 300]
    assert story.states["web-1"].value("cpu") == 50.0


def test_a_machine_that_was_stopped_is_offline_and_raises_no_alarm(story: Story) -> None:
    ask(story, 0, 600, cpu=95.0)
    story.polled(900, stopped="stopped").sweep(901)
    story.silence(60, 960, 7_200)
    assert story.told == ["web-1: warning at 301", "web-1: offline at 901"]
    assert story.incidents == [
        "web-1 cpu: opened warning at 0",
        "web-1 cpu: resolved warning at 901 (stopped)",
    ]
    (row,) = (json.loads(text) for text in read(story.snapshot).answer(NOW + 7_200)[0])
    assert (row["status"], row["reason"]["code"], row["reason"]["text"]["ko"]) == (
        "offline", "stopped", "클라우드에서 중지된 서버입니다",
    )  # fmt: skip
    assert row["reason"]["since_epoch"] == NOW + 901


def test_it_is_back_as_soon_as_the_cloud_says_that_it_runs(story: Story) -> None:
    ask(story, 0, 600, cpu=20.0)
    story.polled(900, stopped="stopped").sweep(901).polled(1_200, stopped="stopped").sweep(1_201)
    story.polled(1_500, cpu=20.0).sweep(1_501)
    assert story.told == ["web-1: offline at 901", "web-1: ok at 1501"]
    assert story.incidents == []


def test_a_machine_first_seen_while_it_is_stopped_is_shown_so(story: Story) -> None:
    story.polled(0, stopped="terminated").sweep(1)
    assert story.page(1) == {"web-1": "offline"}
    assert story.incidents == []


def test_beside_an_agent_the_cloud_adds_what_is_its_own_and_nothing_else(story: Story) -> None:
    story.every(60, 0, 300, cpu=10.0)
    story.polled(330, lag=30, cpu=90.0, aws__cpu_credit_balance=144.0).sweep(331)
    state = story.states["web-1"]
    assert state.value("cpu") == 10.0
    assert state.value("aws.cpu_credit_balance") == 144.0
    assert story.stored["web-1"][300] == "{null,144.0}"  # the database lays it over what the agent told
    assert state.expected < 100


def test_the_clouds_word_does_not_hide_that_an_agent_fell_silent(story: Story) -> None:
    story.every(60, 0, 600, cpu=10.0)
    for at in range(660, 3_600, 60):
        if at % 300 == 0:
            story.polled(at, cpu=10.0)
        story.sweep(at + 1)
    assert [told.partition(" at ")[0] for told in story.told] == ["web-1: offline"]


def test_after_a_week_without_its_agent_the_clouds_word_counts(story: Story) -> None:
    story.every(60, 0, 600, cpu=10.0).silence(600, 1_200, 3_600)
    week = 7 * 86_400
    story.polled(week + 700, cpu=33.0).sweep(week + 701)
    assert story.page(week + 702) == {"web-1": "ok"}
    assert story.states["web-1"].value("cpu") == 33.0
