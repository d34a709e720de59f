"""Alerts of other monitors, told to the doors and swept: what becomes an incident, what changes nothing, what ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lib.domain.access import Sight
from lib.domain.alerting import ChannelFacts, Policy, Scope, Silence
from lib.monitoring.alerts.book import Config
from lib.monitoring.alerts.outside import MOST_CHARACTERS, MOST_OF_SOURCE, MOST_OVER, told_of
from tests.scenarios.outside_hub import GRAFANA, HOUR, MINUTE, OUTSIDE, PLAIN, WEBHOOK, Hub, iso, labelled
from tests.unit.folding import NOW


def test_an_alert_that_fires_is_an_incident_with_its_source_server_severity_and_link() -> None:
    hub = Hub()
    alert = labelled(
        startsAt=60, endsAt=-1, fingerprint="c6eadffa33fcdf37", generatorURL="http://prom.example/graph?g0.expr=up",
        annotations={"summary": "CPU is busy", "description": "93 % for 10 min", "runbook_url": "https://wiki.example/cpu"},
    )  # fmt: skip
    hub.webhook(100, alert)
    (one,) = hub.open
    assert (one.kind, one.source, one.server, one.severity) == ("outside", "Alertmanager", "web-1", "critical")
    assert (one.detail, one.description, one.note) == (
        "HighCpu: CPU is busy",
        "93 % for 10 min",
        "https://wiki.example/cpu",
    )
    assert one.url == "http://prom.example/graph?g0.expr=up"
    assert one.opened_at == NOW + 60
    assert one.tags["severity"] == "critical"
    assert hub.lines == ["web-1 HighCpu opened critical at 100"]


def test_told_again_it_changes_nothing() -> None:
    hub = Hub()
    for at in (100, 200, 4 * HOUR, 8 * HOUR):
        hub.webhook(at, labelled(startsAt=60))
    hub.request(8 * HOUR + 1, WEBHOOK, {"status": "firing", "alerts": [labelled(startsAt=60)] * 3}).look(8 * HOUR + 1)
    assert hub.lines == ["web-1 HighCpu opened critical at 100"]
    assert len(hub.open) == 1


def test_its_source_says_that_it_is_over() -> None:
    hub = Hub().webhook(100, labelled(startsAt=60))
    hub.webhook(700, labelled(startsAt=60, endsAt=650, status="resolved"), status="resolved")
    hub.webhook(760, labelled(startsAt=60, endsAt=650, status="resolved"), status="resolved")
    assert hub.lines == ["web-1 HighCpu opened critical at 100", "web-1 HighCpu resolved critical at 650 (told)"]
    assert hub.open == []


def test_an_echo_of_what_is_over_opens_nothing_and_a_new_start_does() -> None:
    hub = Hub().webhook(100, labelled(startsAt=60))
    hub.webhook(700, labelled(startsAt=60, endsAt=650, status="resolved"))
    hub.webhook(710, labelled(startsAt=60))  # another of a pair, a little late
    assert hub.open == []
    hub.webhook(720, labelled(startsAt=715))
    assert len(hub.open) == 1
    hub.webhook(730, labelled(startsAt=60, endsAt=650, status="resolved"))  # the old end, once more
    assert len(hub.open) == 1
    hub.webhook(900, labelled(startsAt=715, endsAt=890, status="resolved"))
    assert hub.open == []
    assert hub.lines[-1] == "web-1 HighCpu resolved critical at 890 (told)"


def test_what_was_never_known_cannot_end() -> None:
    assert Hub().webhook(100, labelled(startsAt=60, endsAt=90, status="resolved")).incidents == []


def test_one_that_came_and_went_between_two_sweeps_is_told_all_the_same() -> None:
    hub = Hub()
    hub.request(100, WEBHOOK, {"alerts": [labelled(startsAt=60)]})
    hub.request(130, WEBHOOK, {"alerts": [labelled(startsAt=60, endsAt=120, status="resolved")]})
    hub.look(140)
    assert [step.kind for _, step in hub.steps] == ["opened", "resolved"]


def test_prometheus_tells_each_minute_and_the_end_passes_when_it_does_not() -> None:
    hub = Hub()
    for at in range(100, 100 + 30 * MINUTE, MINUTE):
        hub.prometheus(at, labelled(startsAt=60, endsAt=at + 4 * MINUTE))
    last = 100 + 29 * MINUTE
    assert hub.lines == ["web-1 HighCpu opened critical at 100"]
    hub.quiet(last + MINUTE, last + 6 * MINUTE)
    assert hub.open == []
    ended = hub.steps[-1][1]
    assert (ended.kind, ended.note) == ("resolved", "timed_out")
    assert last + 3 * MINUTE <= ended.at - NOW <= last + 4 * MINUTE


def test_prometheus_says_that_it_is_over_by_an_end_that_has_passed_for_a_quarter_of_an_hour() -> None:
    hub = Hub().prometheus(100, labelled(startsAt=60, endsAt=340))
    for at in range(160, 160 + 15 * MINUTE, MINUTE):
        hub.prometheus(at, labelled(startsAt=60, endsAt=150))
    assert hub.lines == ["web-1 HighCpu opened critical at 100", "web-1 HighCpu resolved critical at 150 (told)"]


def test_without_an_end_five_minutes_are_enough_for_the_receiver_and_a_day_for_a_webhook() -> None:
    hub = Hub().prometheus(100, labelled(startsAt=60)).quiet(160, 100 + 6 * MINUTE)
    assert hub.open == []
    hub = Hub().webhook(100, labelled(startsAt=60)).quiet(25 * HOUR, 26 * HOUR)
    assert len(hub.open) == 1
    hub.quiet(26 * HOUR + MINUTE, 26 * HOUR + 10 * MINUTE)
    assert hub.open == []
    assert hub.steps[-1][1].note == "timed_out"


def test_a_webhook_may_say_how_long_its_word_holds() -> None:
    hub = Hub().webhook(100, labelled(startsAt=60), query={"timeout": "30m"}).quiet(160, 29 * MINUTE)
    assert len(hub.open) == 1
    hub.quiet(30 * MINUTE, 33 * MINUTE)
    assert hub.open == []


def test_a_source_that_was_away_and_returns_opens_it_anew() -> None:
    hub = Hub().prometheus(100, labelled(startsAt=60, endsAt=340)).quiet(160, 20 * MINUTE)
    assert hub.open == []
    at = 21 * MINUTE
    hub.prometheus(at, labelled(startsAt=60, endsAt=at + 240))
    assert len(hub.open) == 1
    first, second = (incident.id for incident, step in hub.steps if step.kind == "opened")
    assert first != second


def test_a_hub_that_was_away_ends_nothing_before_it_listened_for_a_while() -> None:
    hub = Hub().prometheus(100, labelled(startsAt=60, endsAt=340))
    back = 2 * HOUR
    hub.look(back)  # the first sweep after two hours: nobody could tell us anything
    assert len(hub.open) == 1
    hub.prometheus(back + 50, labelled(startsAt=60, endsAt=back + 290))
    hub.quiet(back + 60, back + 4 * MINUTE)
    assert [step.kind for _, step in hub.steps] == ["opened"]
    hub.quiet(back + 5 * MINUTE, back + 12 * MINUTE)
    assert [step.kind for _, step in hub.steps] == ["opened", "resolved"]


def test_redis_away_ends_nothing() -> None:
    hub = Hub().prometheus(100, labelled(startsAt=60, endsAt=340))
    for at in range(160, HOUR, MINUTE):
        hub.sweep(at, redis=False)
    assert len(hub.open) == 1


def test_the_same_fingerprint_of_two_sources_is_two_alerts() -> None:
    hub = Hub()
    alert = labelled(startsAt=60, fingerprint="c6eadffa33fcdf37")
    hub.webhook(100, alert).webhook(110, alert, query={"source": "am-tokyo"}).told_at(120, GRAFANA, {"alerts": [alert]})
    assert sorted(one.source for one in hub.open) == ["Alertmanager", "Grafana", "am-tokyo"]
    hub.webhook(200, {**alert, "status": "resolved", "endsAt": iso(190)}, query={"source": "am-tokyo"})
    assert sorted(one.source for one in hub.open) == ["Alertmanager", "Grafana"]


def test_a_key_that_sees_less_speaks_of_other_alerts() -> None:
    hub = Hub()
    hub.webhook(100, labelled(startsAt=60))
    hub.webhook(110, {**labelled(startsAt=60, endsAt=105), "status": "resolved"}, sight=Sight(("team:b",)))
    assert len(hub.open) == 1


@pytest.mark.parametrize(
    ("labels", "server"),
    [
        ({"instance": "web-1:9100"}, "web-1"),
        ({"instance": "https://web-1/health"}, "web-1"),
        ({"instance": "WEB-1.example.com:9100"}, "web-1"),
        ({"instance": "exporter:9100", "host": "web-1"}, "web-1"),
        ({"instance": "", "nodename": "web-1"}, "web-1"),
        ({"instance": "unknown-9:9100"}, None),
        ({"instance": "::1"}, None),
        ({"instance": "https://[broken"}, None),
    ],
)
def test_the_server_is_one_that_we_know_or_none(labels: dict[str, str], server: str | None) -> None:
    (one,) = Hub().webhook(100, labelled(startsAt=60, labels=labels)).open
    assert one.server == server


def test_a_bound_key_tells_of_what_it_may_see_alone() -> None:
    hub = Hub().at(1, "db-1", cpu=5.0)
    (one,) = hub.webhook(100, labelled(startsAt=60), sight=Sight((), "db-1")).open
    assert one.server == "db-1"
    hub = Hub()  # web-1 carries no tag
    (one,) = hub.webhook(100, labelled(startsAt=60, labels={"team": "b"}), sight=Sight(("team:a",))).open
    assert one.server is None
    assert one.tags["team"] == "a"
    labels = {"env": "prod", "team": "b"}
    held = Sight(("team:a", "env:prod"))
    (one,) = Hub().webhook(100, labelled(startsAt=60, labels=labels), sight=held).open
    assert (one.tags.get("team"), one.tags["env"]) == (None, "prod"), "no other team sees it by this key's word"


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", "critical"), ("page", "critical"), ("P1", "critical"), ("warning", "warning"), ("error", "warning"),
     ("info", "info"), ("none", "info"), ("", "warning"), ("긴급", "warning")],
)  # fmt: skip
def test_the_severity_is_ours_for_theirs(word: str, severity: str) -> None:
    (one,) = Hub().webhook(100, labelled(startsAt=60, labels={"severity": word})).open
    assert one.severity == severity


def test_one_that_grows_worse_escalates() -> None:
    hub = Hub().told_at(100, PLAIN, {"title": "queue", "key": "q", "severity": "warning"})
    hub.told_at(200, PLAIN, {"title": "queue", "key": "q", "severity": "critical"})
    hub.told_at(300, PLAIN, {"title": "queue", "key": "q", "severity": "warning"})
    assert hub.lines == ["fleet q opened warning at 100", "fleet q escalated critical at 200"]
    assert [one.severity for one in hub.open] == ["critical"]


def test_what_comes_and_goes_becomes_one_long_incident() -> None:
    hub = Hub()
    for start in range(100, 100 + 10 * 2 * MINUTE, 2 * MINUTE):
        hub.webhook(start, labelled(startsAt=start))
        hub.webhook(start + MINUTE, labelled(startsAt=start, endsAt=start + 55, status="resolved"))
    opened = [step for _, step in hub.steps if step.kind == "opened"]
    assert len(opened) <= 4
    assert len(hub.open) == 1
    assert hub.open[0].state == "recovering"
    hub.quiet(30 * MINUTE, 3 * HOUR)
    assert hub.open == []
    hub.quiet(3 * HOUR, 5 * HOUR, every=10 * MINUTE)
    assert told_of(hub.fleet.memory) == {}
    assert "outside|" not in json.dumps(hub.fleet.memory)


def test_a_person_ends_it_and_it_opens_anew_only_after_it_was_over() -> None:
    hub = Hub().webhook(100, labelled(startsAt=60))
    where = next(iter(hub.ids))
    hub.person(where, why="by_hand").look(150)
    hub.webhook(200, labelled(startsAt=60)).webhook(300, labelled(startsAt=60))
    assert hub.open == []
    hub.webhook(400, labelled(startsAt=60, endsAt=390, status="resolved")).webhook(600, labelled(startsAt=590))
    assert len(hub.open) == 1


def test_an_acknowledgement_is_kept() -> None:
    hub = Hub().webhook(100, labelled(startsAt=60))
    hub.person(next(iter(hub.ids)), acked_by="ana").look(150)
    hub.webhook(200, labelled(startsAt=60))
    assert [one.acked_by for one in hub.open] == ["ana"]


def channels(**policy: Any) -> Config:
    return Config((ChannelFacts("ops", "slack", "ops", policy=Policy(**policy)),))


def notices(hub: Hub, config: Config, *steps: tuple[float, Sequence[dict[str, Any]]]) -> list[str]:
    """Kinds of the messages that are owed while these alerts are told."""
    told: list[str] = []
    for at, alerts in steps:
        hub.alerting = replace(hub.alerting, config=config)
        hub.webhook(at, *alerts)
        told += [f"{one['kind']} {one['severity']}" for one in hub.documents[-1].get("notices", ())]
    return told


def test_people_are_told_reminded_and_told_of_the_end() -> None:
    firing, over = [labelled(startsAt=60)], [labelled(startsAt=60, endsAt=5 * HOUR, status="resolved")]
    steps = [(100.0, firing), (160.0, firing), (4 * HOUR + 120.0, firing), (5 * HOUR + 10.0, over)]
    assert notices(Hub(), channels(), *steps) == ["opened critical", "reminder critical", "resolved critical"]


def test_a_silence_of_its_name_mutes_it_and_no_other() -> None:
    silence = Silence("s", Scope(servers=("web-1",)), rules=("outside",), metric="HighCpu", ends=NOW + 1_000.0)
    config = replace(channels(), silences=(silence,))
    first, second = labelled(startsAt=60), labelled("DiskFull", startsAt=60)
    assert notices(Hub(), config, (100.0, [first]), (150.0, [first, second])) == ["opened critical"]


def test_labels_route_it() -> None:
    config = channels(scope=Scope(tags=("team:payment",)))
    ours = labelled("Ours", startsAt=60, labels={"team": "payment", "instance": "nowhere:1"})
    theirs = labelled("Theirs", startsAt=60, labels={"team": "search"})
    assert notices(Hub(), config, (100.0, [theirs]), (150.0, [theirs, ours])) == ["opened critical"]


def test_its_rule_switched_off_ends_it_and_on_again_opens_it() -> None:
    hub = Hub().webhook(100, labelled(startsAt=60))
    hub.rule(replace(OUTSIDE, enabled=False)).look(150)
    assert hub.open == []
    assert hub.steps[-1][1].note == "rule_changed"
    assert hub.steps[-1][0].server == "web-1"
    hub.webhook(200, labelled(startsAt=60))
    assert hub.open == []
    hub.rule(OUTSIDE).look(250)
    assert len(hub.open) == 1


def test_a_source_may_have_so_many_open_and_is_told_of_when_there_are_more() -> None:
    hub = Hub()
    many = [labelled(f"A{n}", startsAt=60) for n in range(MOST_OF_SOURCE + 5)]
    hub.webhook(100, *many)
    full = [one for one in hub.open if one.subject.startswith("too-many:")]
    assert len(hub.open) == MOST_OF_SOURCE + 1
    assert [(one.source, one.severity) for one in full] == [("Alertmanager", "warning")]
    hub.told_at(110, PLAIN, {"title": "another source"})
    assert len(hub.open) == MOST_OF_SOURCE + 2
    over = [{**one, "status": "resolved", "endsAt": iso(150)} for one in many]
    hub.webhook(160, *over).quiet(200, 40 * MINUTE)
    assert [one.source for one in hub.open] == ["Webhook"]
    assert len(told_of(hub.fleet.memory)) <= MOST_OVER + 1


def test_all_that_is_open_together_is_bounded_in_size_too() -> None:
    hub = Hub()
    for source in range(3):
        large = [
            labelled(f"L{source}-{n}", startsAt=60, labels={f"l{place}": "한" * 180 for place in range(8)})
            for n in range(MOST_OF_SOURCE)
        ]
        hub.webhook(100 + source, *large, query={"source": f"am-{source}"})
    assert MOST_OF_SOURCE < len(hub.open) < 3 * MOST_OF_SOURCE
    assert any(one.subject.startswith("too-many:") for one in hub.open)
    assert len(hub.fleet.to_text()) < 6 * MOST_CHARACTERS


def test_a_key_makes_it_the_same_alert_whatever_its_title() -> None:
    hub = Hub().told_at(100, PLAIN, {"title": "Backup failed", "key": "backup", "severity": "critical"})
    hub.told_at(200, PLAIN, {"title": "Backup failed again", "key": "backup"})
    assert [one.detail for one in hub.open] == ["Backup failed"]
    hub.told_at(300, PLAIN, {"key": "backup", "status": "resolved"})
    assert hub.open == []
    assert hub.lines == ["fleet backup opened critical at 100", "fleet backup resolved critical at 300 (told)"]


def test_uptime_kuma_s_webhook_is_understood() -> None:
    monitor = {"id": 7, "name": "Shop", "url": "https://shop.example/", "hostname": "web-1", "type": "http"}

    def kuma(status: int, said: str) -> dict[str, Any]:
        beat = {"monitorID": 7, "status": status, "time": "2026-11-26 06:00:00.000", "msg": said, "important": True}
        return {"heartbeat": beat, "monitor": monitor, "msg": f"[Shop] {said}"}

    hub = Hub().told_at(100, PLAIN, kuma(0, "connect ECONNREFUSED"))
    (one,) = hub.open
    assert (one.source, one.server, one.severity, one.detail) == ("Uptime Kuma", "web-1", "critical", "Shop")
    assert (one.description, one.url) == ("connect ECONNREFUSED", "https://shop.example/")
    hub.told_at(200, PLAIN, kuma(1, "200 - OK"))
    assert hub.open == []


def test_without_a_status_the_end_tells() -> None:
    hub = Hub().told_at(100, PLAIN, {"title": "deploy", "ends": NOW + 400})
    assert len(hub.open) == 1
    hub.told_at(200, PLAIN, {"title": "deploy", "ends": NOW + 150})
    assert hub.open == []
    hub.told_at(1_000, PLAIN, {"title": "deploy", "ends": NOW + 1_100}).quiet(1_060, 1_600)
    assert [step.note for _, step in hub.steps if step.kind == "resolved"] == ["told", "timed_out"]


def test_labels_may_hold_anything_and_what_is_kept_is_bounded() -> None:
    wild = {
        "alertname": "디스크 <b>가득</b> 참" + "🔥" * 100,
        "note": "x" * 10_000,
        "한글": "값",
        **{f"l{n}": "v" * 300 for n in range(200)},
    }
    annotations = {"summary": "\x1b[31m" + "한" * 10_000}
    hub = Hub().webhook(100, {"labels": {**wild, "instance": "web-1"}, "annotations": annotations, "startsAt": iso(60)})
    (one,) = hub.open
    assert one.server == "web-1"
    assert len(one.detail) <= 200
    assert "\x1b" not in one.detail
    assert sum(map(len, one.tags.values())) <= 1_500
    assert len(hub.fleet.to_text()) < 20_000
    (row,) = hub.documents[-1]["incidents"]
    assert len(json.dumps(row["evidence"], ensure_ascii=False)) < 12_000
