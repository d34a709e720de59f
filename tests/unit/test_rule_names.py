"""What rules are called: the defaults in the reader's language, and what people named as they named it."""

from __future__ import annotations

from typing import Any

import pytest

from lib.domain.rule_names import NAMES, called
from lib.monitoring.alerts.messages import Message, write
from lib.monitoring.causes import _texts
from lib.monitoring.reasons import sentence_of

AT = 1_763_900_000.0
JOB: dict[str, Any] = {"kind": "check", "rule": "jobs", "subject": "nightly", "detail": "late"}


@pytest.mark.parametrize("rule", NAMES)
def test_a_rule_of_a_fresh_install_has_a_name_in_both_languages_until_somebody_renames_it(rule: str) -> None:
    stored, korean = NAMES[rule]
    assert (called(rule, stored, "en"), called(rule, stored, "ko")) == (stored, korean)
    assert (called(None, stored, "en"), called(None, stored, "ko")) == (stored, korean)
    for renamed in ("Tier 1", "결제 디스크", f"{stored} "):
        assert called(rule, renamed, "en") == called(rule, renamed, "ko") == called(None, renamed, "ko") == renamed


def test_a_rule_of_somebodys_own_keeps_its_name_whatever_it_is() -> None:
    assert called("queue", "Disk", "ko") == "Disk"
    assert called("memory", "Disk", "ko") == "Disk"


def test_no_two_rules_of_a_fresh_install_are_called_alike() -> None:
    for place in (0, 1):
        assert len({names[place] for names in NAMES.values()}) == len(NAMES)


@pytest.mark.parametrize(("name", "korean"), [("Missed jobs", "작업 누락"), ("Backups", "Backups")])
def test_an_alert_of_a_job_names_its_rule_in_the_readers_language(name: str, korean: str) -> None:
    said = sentence_of({**JOB, "rule_name": name})
    assert said == {"en": f"{name} did not run in time", "ko": f"{korean}: 제때 실행되지 않았습니다"}


def message(locale: str, **changes: Any) -> Message:
    item = {
        "incident": "i1", "seq": 1, "transition": "opened", "rule": "Memory", "rule_id": "memory", "kind": "threshold",
        "server": "web-01", "subject": "memory", "severity": "critical", "value": 97.3, "level": 95.0, "opened_at": AT,
    }  # fmt: skip
    notice = {"id": "n1", "kind": "opened", "severity": "critical", "at": AT, "items": [{**item, **changes}]}
    return write(notice, {"id": "c1", "locale": locale}, None, None)


def test_a_message_names_the_rule_in_its_channels_language_and_sends_on_what_is_stored() -> None:
    assert ("규칙", "메모리") in message("ko").facts
    assert ("Rule", "Memory") in message("en").facts
    assert ("규칙", "RAM") in message("ko", rule="RAM").facts
    assert [one["rule"] for one in message("ko").items] == ["Memory"]
    bare = {"kind": "errors", "subject": "", "rule": "Missed jobs", "rule_id": "jobs", "value": None}
    assert message("ko", **bare | {"kind": "unheard of"}).title == "[위험] web-01: 작업 누락"


def test_a_message_calls_what_is_unlike_itself_by_its_name() -> None:
    odd = {"kind": "anomaly", "subject": "", "detail": "cpu, disk:/data, app.queue", "value": None}
    assert message("en", **odd).title.endswith("web-01: CPU, Disk /data, app.queue: it is unlike itself")
    assert message("ko", **odd).title.endswith(
        "web-01: CPU 사용률, 디스크 사용률 /data, app.queue: 평소와 다른 상태입니다"
    )


def test_a_cause_that_is_an_alert_is_called_by_its_rule_and_by_what_the_rule_does_not_name() -> None:
    opened = [("CPU", "cpu"), ("Disk", "disk:/data"), ("Missed jobs", None), ("Queue", "app.queue")]
    told = _texts({"incidents": [[0, "web-01", rule, subject, "i"] for rule, subject in opened]})
    assert [one["en"] for one in told.values()] == ["CPU", "Disk /data", "Missed jobs", "Queue app.queue"]
    assert [one["ko"] for one in told.values()] == ["CPU", "디스크 사용률 /data", "작업 누락", "Queue app.queue"]
