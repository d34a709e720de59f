"""Answers about alerts: what is open and what was, by the figures of the sweep that opened them."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import Sight
from lib.monitoring.alerts.quietbook import SilenceChange, WantedScope
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.assistant import troubled_fleet
from tests.assistant.known_fleet import ZONE, Hub, facts
from tests.assistant.troubled_fleet import alert_of
from tests.real_stores import Pair, ServicesFactory, fresh_pair

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])


def since(hours: float) -> dict[str, str]:
    now = time.time()
    return {
        name: datetime.fromtimestamp(int(at), ZoneInfo(ZONE)).isoformat()
        for name, at in (("start", now - hours * 3_600), ("end", now))
    }


@BOTH
def test_open_alerts_are_counted_and_told_with_value_and_level(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("alert_list", locale)
    assert facts(reply, "alerts") == [2]
    assert facts(reply, "alerts_critical") == [1]
    assert facts(reply, "alerts_warning") == [1]
    assert facts(reply, "memory", "db-01") == [97.5]
    assert facts(reply, "memory_level", "db-01") == [97]
    assert facts(reply, "cpu", "web-01") == [95]
    assert facts(reply, "cpu_level", "web-01") == [90]
    lines = reply.answer.splitlines()
    assert "db-01" in lines[1]  # the gravest first
    # It began 40 minutes ago, and opened when it had lasted for the rule's hold of fifteen.
    assert facts(reply, "duration", "db-01")[0] in {25, 26}
    assert {one["id"] for one in reply.evidence} == {alert_of(troubled, one)["id"] for one in ("db-01", "web-01")}


@BOTH
def test_alerts_are_narrowed_by_severity_metric_and_server(troubled: Hub, locale: str) -> None:
    critical = troubled.ask("alert_list", locale, severity=["critical"])
    assert facts(critical, "alerts") == [1]
    assert "web-01" not in critical.answer
    cpu = troubled.ask("alert_list", locale, metrics=["cpu"])
    assert facts(cpu, "alerts") == [1]
    assert "db-01" not in cpu.answer
    web = troubled.ask("alert_list", locale, groups=["web"])
    assert facts(web, "alerts") == [1]
    assert ("위험" if locale == "ko" else "critical") in critical.answer.splitlines()[0]


@BOTH
def test_where_nothing_is_open_it_is_said_with_what_was_looked_at(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("alert_list", locale, servers=["web-02"])
    assert facts(reply, "alerts") == [0]
    assert ("없습니다" if locale == "ko" else "no open alerts") in reply.answer
    assert "web-02" in reply.answer
    unknown = troubled.ask("alert_list", locale, unknown_servers=["web-77"])
    assert facts(unknown, "alerts") == []
    assert "web-77" in unknown.answer


@BOTH
def test_what_is_over_is_listed_with_how_long_it_lasted(troubled: Hub, locale: str) -> None:
    over = alert_of(troubled, "db-02")
    reply = troubled.ask("alert_list", locale, alert_state="resolved")
    assert facts(reply, "alerts") == [1]
    assert "db-02" in reply.answer
    minutes = round((over["resolved_at_epoch"] - over["opened_at_epoch"]) / 60)
    assert facts(reply, "duration", "db-02") == [minutes]
    assert ("기본 24시간" if locale == "ko" else "the default 24 h") in reply.answer
    both = troubled.ask("alert_list", locale, time=since(3))
    assert facts(both, "alerts") == [3]
    assert facts(both, "alerts_open") == [2]
    none = troubled.ask("alert_list", locale, alert_state="resolved", time=since(0.01))
    assert facts(none, "alerts") == [0]


@BOTH
def test_more_than_three_are_a_table(troubled: Hub, locale: str) -> None:
    extra = [f"extra-{locale}-{number}" for number in (1, 2)]
    for name in extra:
        now = time.time()
        samples = [{"at": int(now) - minute * 60, "cpu": 99.0, "memory": 20.0} for minute in range(20, 0, -1)]
        troubled_fleet.report(troubled.services, name, samples, now)
    reply = troubled.ask("alert_list", locale)
    assert reply.table is not None
    assert len(reply.table["rows"]) == facts(reply, "alerts")[0] == 4
    for name in extra:
        troubled.services.queries.delete(name)


@BOTH
def test_acknowledged_and_silenced_alerts_are_told_apart(embedded: EmbeddedStores, stores: Pair, locale: str) -> None:
    factory = ServicesFactory()
    try:
        with fresh_pair(embedded) as pair:
            hub = troubled_fleet.make(pair, factory)
            hub.services.alerts.act(alert_of(hub, "db-01")["id"], "acknowledge", "ada@example.org")
            silent = SilenceChange(scope=WantedScope(servers=["web-01"]), duration_seconds=600)
            hub.services.quietbook.create(silent, "ada", time.time())
            acked = hub.ask("alert_list", locale, alert_state="acked")
            assert facts(acked, "alerts") == [1]
            assert "ada@example.org" in acked.answer
            unacked = hub.ask("alert_list", locale, alert_state="unacked")
            assert facts(unacked, "alerts") == [1]
            assert "web-01" in unacked.answer
            silenced = hub.ask("alert_list", locale, alert_state="silenced")
            assert facts(silenced, "alerts") == [1]
            assert ("음소거" if locale == "ko" else "silenced until") in silenced.answer
    finally:
        factory.close()


def test_alerts_out_of_sight_are_none(troubled: Hub) -> None:
    staging = Sight(tags=("env:staging",))
    reply = troubled.ask("alert_list", sight=staging)
    assert facts(reply, "alerts") == [0]
    assert "db-01" not in reply.answer
    over = troubled.ask("alert_list", sight=staging, alert_state="resolved")
    assert facts(over, "alerts") == [1]


def test_default_rules_have_korean_names_in_korean_answers_and_renamed_ones_their_own(troubled: Hub) -> None:
    for name, in_korean in (("RAM of all", "RAM of all"), ("Memory", "메모리")):
        [[_]] = troubled.pair.rows(
            "update omv.incident set body = body || jsonb_build_object('rule_name', %s::text)"
            " where rule = 'memory' and resolved_at is null returning id",
            name,
        )
        for locale, wanted in (("ko", in_korean), ("en", name)):
            answer = troubled.ask("alert_list", locale, servers=["db-01"]).answer
            assert f"db-01 {wanted}" in answer or f"| {wanted} |" in answer, answer


@BOTH
def test_the_last_alert_and_who_had_most_come_first_where_that_is_asked(troubled: Hub, locale: str) -> None:
    last = {"ko": "마지막으로 알림 울린게 언제야", "en": "what was the last alert?"}[locale]
    known = troubled.services.alerts.listed(since=0)["alerts"]
    newest = max(known, key=lambda one: one["opened_at_epoch"])
    first = troubled.ask("alert_list", locale, text=last).answer.splitlines()[0]
    assert ("가장 최근에 열린 알림" if locale == "ko" else "The last alert to open") in first
    assert newest["server"] in first
    most = {"ko": "알림 제일 많은 서버 어디야", "en": "which server had the most alerts?"}[locale]
    first = troubled.ask("alert_list", locale, text=most).answer.splitlines()[0]
    assert ("알림이 많은 서버" if locale == "ko" else "Servers with most alerts") in first
    plain = troubled.ask("alert_list", locale, text="알림 목록" if locale == "ko" else "list alerts").answer
    assert "가장 최근" not in plain.splitlines()[0]
