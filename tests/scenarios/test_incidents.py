"""Incidents as stories: what opens, how it goes on, and why it ends."""

from __future__ import annotations

from dataclasses import replace

from tests.scenarios.story import Story
from tests.unit.folding import BRISK

CPU = BRISK[0]


def test_a_load_that_lasts_is_one_incident_from_beginning_to_end() -> None:
    story = Story().every(60, 0, 600, cpu=95).every(60, 660, 1_200, cpu=85).at(1_260, cpu=70)
    assert story.incidents == [
        "web-1 cpu: opened warning at 300",
        "web-1 cpu: resolved warning at 1260 (recovered)",
    ]


def test_escalation_and_ease() -> None:
    story = Story().every(60, 0, 300, cpu=95).every(60, 360, 660, cpu=99).at(720, cpu=85)
    assert story.incidents == [
        "web-1 cpu: opened warning at 300",
        "web-1 cpu: escalated critical at 660",
        "web-1 cpu: eased warning at 720",
    ]


def test_each_mount_has_its_own_incident() -> None:
    story = Story().at(0, mounts={"/": 91.0, "/data": 96.0}).at(60, mounts={"/": 50.0, "/data": 96.0})
    assert story.incidents == [
        "web-1 disk:/: opened warning at 0",
        "web-1 disk:/data: opened critical at 0",
        "web-1 disk:/: resolved warning at 60 (recovered)",
    ]


def test_a_server_that_falls_silent_is_one_incident_and_makes_old_news_of_its_others() -> None:
    story = Story().every(60, 0, 300, cpu=95).silence(60, 360, 720)
    assert [line for line in story.incidents if "heartbeat" in line] == ["web-1 heartbeat: opened critical at 541"]
    assert "web-1 cpu: stale warning at 541" in story.incidents
    story.at(780, cpu=95)
    assert story.incidents[-2:] == [
        "web-1 heartbeat: resolved critical at 781 (recovered)",
        "web-1 cpu: heard warning at 781",
    ]
    assert story.told[-1] == "web-1: warning at 781"


def test_half_of_the_fleet_at_once_is_one_incident_of_the_monitor() -> None:
    names = [f"s{n}" for n in range(6)]
    story = Story().every(60, 0, 300, *names, cpu=5).silence(60, 360, 600)
    assert [line.partition(" at ")[0] for line in story.incidents] == ["fleet deaf: opened critical"]
    story.every(60, 660, 720, *names, cpu=5)
    assert [line.partition(" at ")[0] for line in story.incidents][-1] == "fleet deaf: resolved critical"


def test_a_monitor_that_was_away_concludes_nothing() -> None:
    story = Story().every(60, 0, 300, cpu=5).sweep(4_000)
    assert story.incidents == []


def test_a_restart_in_the_middle_of_an_incident_neither_ends_nor_repeats_it() -> None:
    story = Story().every(60, 0, 300, cpu=95)
    story.silence(3_000, 3_300, 3_300)  # the hub was away and heard nothing in between
    story.every(60, 3_360, 3_600, cpu=95).at(3_660, cpu=10)
    assert story.incidents == [
        "web-1 cpu: opened warning at 300",
        "web-1 cpu: resolved warning at 3660 (recovered)",
    ]


def test_a_backlog_keeps_its_own_times() -> None:
    story = Story()
    for at in range(0, 3_600, 60):
        story.post(at, cpu=95 if at < 1_800 else 10)
    story.sweep(7_200)
    assert story.incidents == [
        "web-1 cpu: opened warning at 300",
        "web-1 cpu: resolved warning at 1800 (recovered)",
    ]


def test_what_comes_later_than_it_was_measured_moves_nothing() -> None:
    story = Story().at(3_600, cpu=10)
    for at in range(0, 1_800, 60):
        story.post(at, cpu=95)
    story.sweep(3_700)
    assert story.incidents == []


def test_a_clock_that_is_off_is_said_and_pages_nothing_else() -> None:
    story = Story()
    for at in range(0, 600, 60):
        story.post(at, numbered=False, clock=86_000.0, cpu=99).sweep(at + 1)
    assert story.incidents == ["web-1 skew: opened warning at 1"]
    story.post(660, numbered=False, cpu=50).sweep(661)
    assert story.incidents[-1] == "web-1 skew: resolved warning at 661 (recovered)"


def test_a_person_ends_it_and_it_stays_quiet_until_it_is_over() -> None:
    story = Story().every(60, 0, 300, cpu=95).person("web-1 cpu", why="by_hand")
    story.every(60, 360, 900, cpu=95)
    assert story.told[-1] == "web-1: ok at 361"
    story.at(960, cpu=50).every(60, 1_020, 1_320, cpu=95)
    assert story.incidents == ["web-1 cpu: opened warning at 300", "web-1 cpu: opened warning at 1320"]


def test_a_person_acknowledges_and_the_numbers_of_what_follows_go_on() -> None:
    story = Story().every(60, 0, 300, cpu=95).person("web-1 cpu", acked_by="ada").every(60, 360, 420, cpu=50)
    assert story.incidents[-1] == "web-1 cpu: resolved warning at 360 (recovered)"
    assert [step.seq for _, step in story.steps] == [1, 100]


def test_a_rule_that_is_no_more_ends_what_it_opened() -> None:
    story = Story().every(60, 0, 300, cpu=95).rule(replace(CPU, enabled=False)).sweep(361)
    assert story.incidents[-1] == "web-1 cpu: resolved warning at 361 (rule_changed)"
    assert story.told[-1] == "web-1: ok at 361"


def test_a_changed_level_goes_on_with_the_same_incident() -> None:
    story = Story().every(60, 0, 300, cpu=95).rule(replace(CPU, version=2, critical=94)).every(60, 360, 660, cpu=95)
    assert story.incidents == ["web-1 cpu: opened warning at 300", "web-1 cpu: escalated critical at 660"]


def test_the_same_samples_make_the_same_incident_however_often_a_sweep_must_begin_again() -> None:
    first, again = (Story().every(60, 0, 300, cpu=95) for _ in range(2))
    assert first.ids == again.ids
    assert Story().every(60, 60, 360, cpu=95).ids != first.ids
