"""Policies and silences as documents: what is stored is what is read."""

from __future__ import annotations

import json

from lib.domain.alerting import Policy, QuietHours, Schedule, Scope
from lib.monitoring.alerts.policies import config_of, document_of, policy_of, silence_of

FULL = Policy(
    scope=Scope(groups=("shop",)), least="critical", rules=("cpu",), group_by=("group", "tag:team"), budget=5,
    quiet=QuietHours(Schedule((0, 1), "22:00", "07:00", "Asia/Seoul"), "critical"),
)  # fmt: skip


def test_a_policy_comes_back_from_the_database_as_it_was() -> None:
    assert policy_of(json.loads(json.dumps(document_of(FULL)))) == FULL
    assert document_of(Policy()) == {}
    assert policy_of({}) == Policy()


def test_what_a_later_version_wrote_besides_is_left_out() -> None:
    assert policy_of({"least": "info", "colour": "red"}) == Policy(least="info")


def test_a_silence_too() -> None:
    silence = silence_of(
        {"id": "s", "scope": {"tags": ["team"]}, "rules": ["cpu"], "starts": 1.0, "ends": None, "by": "a"}
    )
    assert (silence.scope, silence.rules, silence.by) == (Scope(tags=("team",)), ("cpu",), "a")


def test_hours_that_cannot_be_asked_stop_no_sweep() -> None:
    channel = {"id": "c", "kind": "slack", "name": "c", "locale": "en", "enabled": True}
    for schedule in ({"timezone": "Mars/Olympus"}, {"until": "noon"}, {"start": 7}, {"days": 3}):
        config = config_of({"channels": [{**channel, "policy": {"quiet": {"schedule": schedule}}}], "silences": []})
        assert config.channels[0].policy == Policy()
    broken = [
        {"id": "s", "recurrence": "61 * * * *"},
        {"id": "s", "recurrence": "FREQ=HOURLY"},
        {"id": "s", "recurrence": "@daily", "timezone": "Mars/Olympus"},
        {"id": "s", "starts": "now"},
        {"id": "s", "recurrence": "@daily", "duration_seconds": "1 h"},
    ]
    assert config_of({"channels": [], "silences": broken}).silences == ()
