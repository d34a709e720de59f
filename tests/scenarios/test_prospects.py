"""Rules on what will be: told once, taken back when it is no longer to come, silent where nothing fresh is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.alerting import Incident, Rule
from lib.domain.errors import BadInput
from lib.monitoring.alerts.grouping import item_of
from lib.monitoring.alerts.incidents import open_incidents
from lib.monitoring.alerts.messages import write
from lib.monitoring.alerts.prospect_words import foretold
from lib.monitoring.alerts.rulebook import WantedRule, body_of
from lib.monitoring.analyzers.prospects import HOUR, ForecastOptions, Prospects
from lib.monitoring.reasons import sentence_of
from tests.scenarios.story import Story
from tests.unit.folding import NOW

SOON = Rule("soon", "Disk will be full", "forecast", metric="disk", options={"level": 100, "at_least": 60})


def foreseen(story: Story, at: float, *dates: list[Any], made_at: float | None = None) -> Story:
    """The roll-up made forecasts at this moment of the story: [series, level, above, hours, earliest, latest]."""
    moment = NOW + (at if made_at is None else made_at)
    document = {"at": moment, "dates": {"web-1": [moment, list(dates)]} if dates else {}}
    story.alerting = replace(story.alerting, prospects=Prospects.from_document(document), is_new=True)
    return story


def _mounts(full: float) -> dict[str, Any]:
    return {"disk": full, "mounts": {"/data": full, "/": 30.0}}


def test_a_disk_that_will_be_full_within_a_day_is_told_once_and_resolved_when_it_is_cleaned() -> None:
    story = Story(rules=[SOON]).at(0, **_mounts(82))
    foreseen(story, 10, ["disk:/data", 100, True, 14.2, 9.1, 20.4], ["disk:/", 100, True, 300, 200, None])
    story.at(60, **_mounts(83)).at(120, **_mounts(83))
    assert story.incidents == ["web-1 disk:/data: opened warning at 61"]
    incident = story.steps[0][0]
    assert (incident.kind, incident.detail.split()[:2]) == ("forecast", ["100", "83"])
    story.at(3_600, **_mounts(40))
    assert story.incidents[1:] == ["web-1 disk:/data: resolved warning at 3601 (recovered)"]


def test_it_opens_when_the_time_left_falls_below_what_the_rule_asks() -> None:
    story = Story(rules=[SOON]).at(0, **_mounts(70))
    foreseen(story, 0, ["disk:/data", 100, True, 25.0, 20.0, None])
    story.at(60, **_mounts(70))
    assert story.incidents == []
    story.at(3_700, **_mounts(71))
    assert story.incidents == ["web-1 disk:/data: opened warning at 3701"]


def test_forecasts_that_say_it_no_longer_resolve_it_and_old_ones_say_nothing() -> None:
    story = Story(rules=[SOON]).at(0, **_mounts(82))
    foreseen(story, 10, ["disk:/data", 100, True, 5, 4, 6]).at(60, **_mounts(83))
    story.at(8 * HOUR, **_mounts(84))  # the roll-up has not run for eight hours
    assert len(story.incidents) == 1
    foreseen(story, 8 * HOUR).at(8 * HOUR + 60, **_mounts(84))
    assert story.incidents[1:] == [f"web-1 disk:/data: resolved warning at {8 * HOUR + 61} (recovered)"]
    foreseen(story, 9 * HOUR, ["disk:/data", 100, True, 5, 4, 6], made_at=0).at(9 * HOUR, **_mounts(84))
    assert len(story.incidents) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"options": {"level": 90}},
        {"metric": "inode"},
        {"above": False},
        {"enabled": False},
        {"options": {"level": "x"}},
    ],
)
def test_only_what_the_rule_asks_is_heeded(changed: dict[str, Any]) -> None:
    story = Story(rules=[replace(SOON, **changed)]).at(0, **_mounts(82))
    foreseen(story, 10, ["disk:/data", 100, True, 5, 4, 6]).at(60, **_mounts(83))
    assert story.incidents == []


def test_the_same_forecast_says_it_in_korean_and_english() -> None:
    incident = {"kind": "forecast", "subject": "disk:/data", "rule_name": "x", "detail": "100 83 14.2 9.1 20.4"}
    assert sentence_of(incident) == {
        "en": "Disk /data will likely reach 100% in about 14 h (9 h to 20 h), now 83%",
        "ko": "디스크 사용률 /data: 약 14시간 안에 100%에 이를 것으로 예상됩니다 (9시간~20시간), 현재 83%",
    }
    assert "at the earliest 30 min" in foretold("app.queue", "5e3 - 1.5 0.5 -")["en"]
    assert "its level" in foretold("cpu", "")["en"]


def _open(story: Story) -> Incident:
    (incident,) = open_incidents(story.states, story.fleet, story.alerting.rules, {})
    return incident


def test_what_is_foreseen_is_kept_while_it_is_open_and_follows_the_forecasts() -> None:
    story = Story(rules=[SOON]).at(0, **_mounts(82))
    foreseen(story, 10, ["disk:/data", 100, True, 14.2, 9.1, 20.4]).at(60, **_mounts(83))
    opened = _open(story).detail
    assert opened.split()[:2] == ["100", "83"]
    story.at(2 * HOUR, **_mounts(84))
    kept = _open(story).detail.split()
    assert (kept[1], float(kept[2])) == ("84", pytest.approx(12.2, abs=0.1))
    foreseen(story, 2 * HOUR, ["disk:/data", 100, True, 20.0, 15.0, None]).at(2 * HOUR + 60, **_mounts(84))
    assert _open(story).detail.split()[2:5] == ["19.98", "14.98", "-"]
    story.at(3 * HOUR, **_mounts(40))  # cleaned up: what it was about is still told
    ended = story.steps[-1][0]
    assert (ended.state, ended.detail.split()[0]) == ("resolved", "100")
    assert "details" not in story.states["web-1"].memory


def test_a_rule_that_is_gone_leaves_nothing_behind_and_its_end_says_what_it_was_about() -> None:
    story = Story(rules=[SOON]).at(0, **_mounts(82))
    foreseen(story, 10, ["disk:/data", 100, True, 5, 4, 6]).at(60, **_mounts(83))
    story.rule().at(120, **_mounts(83))
    assert story.incidents[-1].startswith("web-1 disk:/data: resolved")
    assert story.steps[-1][0].detail.split()[0] == "100"
    assert "details" not in story.states["web-1"].memory


def test_hours_are_those_left_when_it_is_told_and_an_end_says_what_it_was_to_be() -> None:
    incident = {"kind": "forecast", "subject": "disk:/data", "rule_name": "x", "resolved_at": None}
    incident["detail"] = f"100 83 14.2 9.1 20.4 {NOW:.0f}"
    assert "in about 14 h (9 h to 20 h), now 83%" in sentence_of(incident, NOW + 60)["en"]
    assert sentence_of(incident, NOW + 10 * HOUR)["en"].endswith("in about 4 h (1 min to 10 h)")
    over = sentence_of({**incident, "resolved_at": NOW + HOUR}, NOW + 10 * HOUR)
    assert over == {
        "en": "Disk /data was to reach 100% in about 14 h (9 h to 20 h)",
        "ko": "디스크 사용률 /data: 약 14시간 안에 100%에 이를 것으로 예상되었습니다 (9시간~20시간)",
    }


def test_a_reminder_tells_when_it_will_be() -> None:
    story = Story(rules=[SOON]).at(0, **_mounts(82))
    foreseen(story, 10, ["disk:/data", 100, True, 14.2, 9.1, 20.4]).at(60, **_mounts(83))
    item = item_of(_open(story), "opened", 1, NOW + 61)
    notice = {"id": "n", "kind": "reminder", "severity": "warning", "at": NOW + 4 * HOUR, "items": [item]}
    told = write(notice, {"id": "c", "locale": "en"}, None, None)
    assert told.title.endswith("web-1: Disk /data will likely reach 100% in about 10 h (5 h to 16 h)")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"metric": "disk_free"}, "/metric"),
        ({"metric": "nonsense"}, "/metric"),
        ({"warning": 90.0}, "/warning"),
        ({"options": {"level": "full"}}, "/options"),
        ({"options": {"within_hours": 0}}, "/options"),
        ({"options": {"within_hours": True}}, "/options"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changed: dict[str, Any], pointer: str) -> None:
    wanted = {"name": "Full", "kind": "forecast", "metric": "disk", "options": {"level": 95, "within_hours": 48}}
    assert body_of(WantedRule.model_validate(wanted))["options"] == {"level": 95, "within_hours": 48}
    with pytest.raises(BadInput) as refused:
        body_of(WantedRule.model_validate({**wanted, **changed}))
    assert refused.value.errors[0]["pointer"] == pointer


numbers = st.one_of(st.floats(), st.integers(), st.booleans(), st.just("x"), st.none())


@given(st.dictionaries(st.sampled_from(["level", "within_hours", "at_least", "other"]), numbers))
def test_any_options_are_read_or_refused(options: dict[str, Any]) -> None:
    try:
        read = ForecastOptions.read(options)
    except (ValueError, TypeError):
        return
    assert abs(read.level) <= 1e15
    assert 1 <= read.within_hours <= 720
