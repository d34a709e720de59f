"""What was unlike itself, and how much of a time servers were there: held against what lies in the tables."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import Sight
from lib.monitoring.availability import availability
from lib.monitoring.public_status import WantedComponent
from tests.assistant.known_fleet import DAY, HOUR, ZONE, Hub, facts, instants
from tests.assistant.past_fleet import GROUPS, LASTING, OUTAGES, SEEN, anomalies, span

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])


def stored(past: Hub, begins_ago: float, server: str | None = None) -> list[tuple[str, str]]:
    """(server, series) of all anomalies that lasted or began in that time, those of the real detectors with them."""
    return past.pair.rows(
        "select v.name, a.series from omv.anomaly a join omv.server v on v.id = a.server"
        " where coalesce(a.until, 9999999999) >= %s and (%s::text is null or v.name = %s)",
        past.now - begins_ago, server, server,
    )  # fmt: skip


# anomaly_list


@BOTH
def test_anomalies_are_counted_with_what_was_seen_and_what_was_expected(past: Hub, locale: str) -> None:
    reply = past.ask("anomaly_list", locale, servers=["web-02"])
    assert facts(reply, "anomalies") == [len(stored(past, DAY, "web-02"))]
    assert facts(reply, "lasting") == [2]
    assert facts(reply, "cpu", "web-02") == [40]
    assert facts(reply, "cpu_expected", "web-02") == [20]
    assert facts(reply, "cpu_low", "web-02") == [18]
    assert facts(reply, "cpu_high", "web-02") == [22]
    assert facts(reply, "memory_expected", "web-02") == [45]
    assert sorted(facts(reply, "score", "web-02")) == [0.71, 0.97]
    began = datetime.fromtimestamp(anomalies(past.now)[0][2], ZoneInfo(ZONE))
    assert f"{began:%H:%M}" in reply.answer
    assert ("본 적 없는 값" if locale == "ko" else "never seen") in reply.answer
    assert ("함께 달라진 지표" if locale == "ko" else "Together with") in reply.answer


@BOTH
def test_anomalies_of_the_fleet_stand_in_a_table_by_score(past: Hub, locale: str) -> None:
    reply = past.ask("anomaly_list", locale, time=span(past, 2 * DAY))
    found = stored(past, 2 * DAY)
    assert facts(reply, "anomalies")[0] == len(found)
    assert facts(reply, "servers_unlike") == [len({server for server, _ in found})]
    assert reply.table is not None
    scores = [float(row[-1]) for row in reply.table["rows"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == len(found)
    assert ("흔들림" if locale == "ko" else "jitter") in str(reply.table)


@BOTH
def test_a_metric_s_anomalies_are_those_of_its_mounts_too(past: Hub, locale: str) -> None:
    reply = past.ask("anomaly_list", locale, servers=["db-01"], metrics=["disk"])
    assert facts(reply, "disk:/data", "db-01") == [70]
    assert facts(reply, "cpu") == []


@BOTH
def test_that_nothing_was_found_is_said_with_what_was_looked_at(past: Hub, locale: str) -> None:
    reply = past.ask("anomaly_list", locale, servers=["log-01"], time=span(past, HOUR))
    assert facts(reply, "anomalies") == [0]
    assert ("감지되지 않았습니다" if locale == "ko" else "No anomaly") in reply.answer.splitlines()[0]
    assert facts(reply, "series", "log-01") == [len(past.services.queries.server("log-01")["series"])]
    assert "KST" in reply.answer


def test_anomalies_out_of_sight_are_not_told(past: Hub) -> None:
    reply = past.ask("anomaly_list", "en", sight=Sight((), "db-01"))
    assert "web-02" not in reply.answer
    assert {fact.server for fact in reply.facts} <= {"db-01", None}


# uptime_sla


def down(server: str, begins_ago: float) -> float:
    """Seconds, counted one by one."""
    away = set()
    for name, ago, length in OUTAGES:
        if name == server:
            away |= set(range(-int(ago), -int(ago) + length))
    if server == LASTING[0]:
        away |= set(range(-LASTING[1], 0))
    return len([second for second in away if second >= -begins_ago])


@BOTH
def test_availability_is_told_to_three_decimals_with_its_outages(past: Hub, locale: str) -> None:
    reply = past.ask("uptime_sla", locale, servers=["web-02"], time=span(past, DAY))
    seconds = down("web-02", DAY)
    (percent,) = facts(reply, "availability", "web-02")
    assert percent == pytest.approx(100 * (1 - seconds / DAY), abs=0.003)
    assert facts(reply, "downtime_minutes", "web-02") == [pytest.approx(seconds / 60, abs=0.1)]
    assert facts(reply, "outages", "web-02") == [2]
    assert f"{percent:.3f}%" in reply.answer.splitlines()[0]
    began = datetime.fromtimestamp(int(past.now - OUTAGES[0][1]), ZoneInfo(ZONE))
    assert f"{began:%H:%M}" in reply.answer
    assert ("하트비트" if locale == "ko" else "heartbeat") in reply.answer


@BOTH
def test_a_target_is_met_or_not_with_the_time_it_allows(past: Hub, locale: str) -> None:
    target = [{"metric": "uptime", "op": "gte", "value": 99.9, "unit": "%"}]
    missed = past.ask("uptime_sla", locale, servers=["web-02"], time=span(past, DAY), conditions=target)
    met = past.ask("uptime_sla", locale, servers=["web-01"], time=span(past, DAY), conditions=target)
    no, yes = ("미달", "충족") if locale == "ko" else ("not met", "**met**")
    assert no in missed.answer
    assert yes in met.answer
    assert no not in met.answer
    assert facts(met, "availability", "web-01") == [100]
    allowed = DAY * 0.001 / 60
    assert pytest.approx(allowed, abs=0.05) in facts(missed, "downtime_minutes")
    assert pytest.approx(down("web-02", DAY) / 60 - allowed, abs=0.1) in facts(missed, "downtime_minutes")


@BOTH
def test_a_record_that_is_shorter_than_asked_is_said_first(past: Hub, locale: str) -> None:
    reply = past.ask("uptime_sla", locale, servers=["web-02"])
    assert ("부터 있어" if locale == "ko" else "begins at") in reply.answer.splitlines()[0]
    (percent,) = facts(reply, "availability", "web-02")
    assert percent == pytest.approx(100 * (1 - down("web-02", SEEN) / SEEN), abs=0.003)
    before = past.ask("uptime_sla", locale, servers=["web-02"], time=span(past, 30 * DAY, 20 * DAY))
    assert facts(before, "availability") == []


@BOTH
def test_samples_of_a_time_before_anybody_listened_are_told_apart(hub: Hub, locale: str) -> None:
    """The known fleet was first heard a moment ago, and sent thirty hours of samples then."""
    reply = hub.ask("uptime_sla", locale, servers=["web-01"])
    (share,) = facts(reply, "measured_share", "web-01")
    assert 95 <= share <= 100
    assert ("나중에 받은 표본" if locale == "ko" else "sent later") in reply.answer
    first = datetime.fromtimestamp(min(instants("web-01", hub.now)), ZoneInfo(ZONE))
    assert f"{first:%m-%d}" in reply.answer
    before = hub.ask("uptime_sla", locale, servers=["web-01"], time=span(hub, DAY, HOUR))
    assert facts(before, "availability") == []
    assert facts(before, "measured_share", "web-01")


@BOTH
def test_an_outage_that_lasts_is_said_to(past: Hub, locale: str) -> None:
    reply = past.ask("uptime_sla", locale, servers=["log-01"], time=span(past, 2 * HOUR))
    assert ("진행 중" if locale == "ko" else "going on") in reply.answer
    assert ("수집되지 않음" if locale == "ko" else "not collected") in reply.answer  # when it was started


@BOTH
def test_the_fleet_s_availability_has_a_row_a_server_the_worst_first(past: Hub, locale: str) -> None:
    target = [{"metric": "uptime", "op": "gte", "value": 99.9, "unit": "%"}]
    reply = past.ask("uptime_sla", locale, time=span(past, DAY), conditions=target)
    total = sum(down(name, DAY) for name in GROUPS)
    assert facts(reply, "availability")[0] == pytest.approx(100 * (1 - total / DAY / len(GROUPS)), abs=0.003)
    assert facts(reply, "missed") == [2]
    assert facts(reply, "kept") == [3]
    assert reply.table is not None
    assert [row[0] for row in reply.table["rows"][:2]] == ["log-01", "web-02"]


@BOTH
def test_since_when_a_server_runs_comes_first_where_that_is_asked(past: Hub, locale: str) -> None:
    text = "db-01 마지막 재부팅 언제야?" if locale == "ko" else "when was db-01 last rebooted?"
    reply = past.ask("uptime_sla", locale, servers=["db-01"], text=text, time=span(past, DAY))
    assert facts(reply, "uptime", "db-01") == [42]
    assert ("42일" if locale == "ko" else "42 d") in reply.answer.splitlines()[0]
    assert facts(reply, "reboots", "db-01") == [1]
    fleet = past.ask("uptime_sla", locale, text=text, time=span(past, DAY))
    assert "db-01" in fleet.answer.splitlines()[1]  # up for longest, behind who was started last


@BOTH
def test_who_was_started_last_comes_first_even_where_records_begin_late(past: Hub, locale: str) -> None:
    last = {"ko": "마지막으로 재부팅된 서버는?", "en": "which server was rebooted last?"}[locale]
    longest = {"ko": "재부팅 안 한 지 얼마나 오래된 서버 있어?", "en": "which server has been up for longest?"}[locale]
    first = past.ask("uptime_sla", locale, text=last, time=span(past, 30 * DAY)).answer.splitlines()[0]
    assert ("가장 최근에 부팅된" if locale == "ko" else "was started last") in first
    first = past.ask("uptime_sla", locale, text=longest, time=span(past, 30 * DAY)).answer.splitlines()[0]
    assert ("가장 오래 가동 중인" if locale == "ko" else "up for longest") in first


@BOTH
def test_who_went_down_is_named(past: Hub, locale: str) -> None:
    text = {"ko": "어제 다운된 서버 있어?", "en": "which servers went down yesterday?"}[locale]
    reply = past.ask("uptime_sla", locale, text=text, time=span(past, DAY))
    assert facts(reply, "went_down") == [2]
    assert "log-01, web-02" in reply.answer.splitlines()[0]


def test_it_counts_as_the_public_page_does(past: Hub) -> None:
    made = past.services.public_status.create(WantedComponent(name="w", kind="server", target="web-02"))
    try:
        (component,) = past.services.public_status.page()["components"]
    finally:
        past.services.public_status.delete(made["id"])
    spans = [(past.now - ago, past.now - ago + length) for name, ago, length in OUTAGES if name == "web-02"]
    for day in component["days"][-3:-1]:
        start = datetime.fromisoformat(f"{day['date']}T00:00+00:00").timestamp()
        known = availability(past.now - SEEN, spans, start, start + DAY)
        assert day["uptime"] == pytest.approx((known.percent or 0) / 100, abs=1.5e-5)


def test_availability_out_of_sight_is_not_told(past: Hub) -> None:
    reply = past.ask("uptime_sla", "en", sight=Sight(("env:prod",)), time=span(past, DAY))
    assert "log-01" not in reply.answer
    assert facts(reply, "servers") == [4]
