"""Answers about now: every figure is held against what was measured, worked out here."""

from __future__ import annotations

import statistics

import pytest

from tests.assistant.known_fleet import FLEET, HOUR, MEMORY_BYTES, Hub, facts

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
THERE = [name for name, one in FLEET.items() if not one.silent]


@BOTH
def test_the_whole_fleet_is_counted_and_the_unwell_are_named(hub: Hub, locale: str) -> None:
    reply = hub.ask("fleet_summary", locale)
    assert facts(reply, "servers") == [len(FLEET)]
    assert facts(reply, "servers_critical") == [1]
    assert facts(reply, "memory", "db-01") == [97.2]
    first = reply.answer.splitlines()[0]
    assert ("전체 서버 10대" if locale == "ko" else "all 10 servers") in first
    assert "KST" in first
    assert "db-01" in reply.answer
    assert reply.chart is not None
    assert reply.chart["type"] == "status"


@BOTH
def test_a_server_nobody_knows_gets_its_nearest_names_and_no_numbers(hub: Hub, locale: str) -> None:
    reply = hub.ask("server_status", locale, unknown_servers=["web-55"])
    assert "web-55" in reply.answer
    assert "web-01" in reply.answer
    assert reply.facts == []
    assert len(reply.suggestions) == 3


@BOTH
def test_a_server_s_status_says_how_fresh_it_is_and_what_it_measures(hub: Hub, locale: str) -> None:
    reply = hub.ask("server_status", locale, servers=["web-02"])
    newest = hub.newest("web-02")
    assert facts(reply, "cpu", "web-02") == [newest["cpu"]]
    assert facts(reply, "memory", "web-02") == [round(newest["memory"], 1)]
    assert facts(reply, "uptime", "web-02") == [42]
    assert facts(reply, "age", "web-02")


@BOTH
def test_a_silent_server_is_said_to_be_silent_before_its_values(hub: Hub, locale: str) -> None:
    reply = hub.ask("metric_current", locale, servers=["legacy-01"], metrics=["cpu"])
    assert reply.stale
    assert "legacy-01" in reply.answer.splitlines()[0]
    assert ("마지막 보고" if locale == "ko" else "last report") in reply.answer.splitlines()[0]


@BOTH
def test_a_metric_now_with_a_day_ago(hub: Hub, locale: str) -> None:
    reply = hub.ask("metric_current", locale, servers=["web-02"], metrics=["disk"])
    told = facts(reply, "disk", "web-02")
    newest = hub.newest("web-02")["disk"]
    assert told[0] == round(newest, 1)
    assert abs(told[1] - (newest - 4)) < 0.2
    (change,) = facts(reply, "disk_change")
    assert 3.8 <= change <= 4.2


@BOTH
def test_free_memory_is_told_of_the_whole(hub: Hub, locale: str) -> None:
    reply = hub.ask("metric_current", locale, servers=["batch-01"], metrics=["memory_free"])
    used = hub.newest("batch-01")["memory"]
    assert facts(reply, "memory_free") == [round(MEMORY_BYTES * (1 - used / 100) / 2**30, 1)]
    assert facts(reply, "memory_bytes") == [16]


@BOTH
@pytest.mark.parametrize("how", ["avg", "max", "min", "p95"])
def test_a_metric_over_a_group(hub: Hub, locale: str, how: str) -> None:
    reply = hub.ask("metric_current", locale, groups=["web"], metrics=["cpu"], agg=how)
    values = [hub.newest(name)["cpu"] for name in THERE if FLEET[name].group == "web"]
    expected = {
        "avg": statistics.mean(values),
        "max": max(values),
        "min": min(values),
        "p95": statistics.quantiles(values, n=20, method="inclusive")[18],
    }[how]
    assert facts(reply, f"cpu_{how}")[0] == pytest.approx(expected, abs=0.051)


@BOTH
def test_what_is_not_collected_is_said_so(hub: Hub, locale: str) -> None:
    reply = hub.ask("metric_current", locale, servers=["db-01"], metrics=["gpu"])
    assert ("수집되지 않음" if locale == "ko" else "not collected") in reply.answer


@BOTH
def test_ranking_honours_the_number_and_the_direction(hub: Hub, locale: str) -> None:
    most = hub.ask("top_n", locale, metrics=["cpu"], order="desc", top_n=3)
    least = hub.ask("top_n", locale, metrics=["memory"], order="asc", top_n=1)
    ranked = sorted(THERE, key=lambda name: -hub.newest(name)["cpu"])
    place = [most.answer.index(name) for name in ranked[:3]]
    assert place == sorted(place)
    assert ranked[3] not in most.answer
    assert "log-01" in least.answer
    more = hub.ask("top_n", locale, metrics=["latency"], order="desc", top_n=7)
    assert len([line for line in more.answer.splitlines() if line.startswith("| ")]) == 2 + 5
    assert "api-02" in more.answer.splitlines()[0]


@BOTH
def test_a_condition_is_restated_with_who_meets_it(hub: Hub, locale: str) -> None:
    condition = {"metric": "memory", "op": "gte", "value": 80, "unit": "%"}
    reply = hub.ask("threshold_filter", locale, conditions=[condition])
    assert facts(reply, "matching") == [2]
    assert "db-01" in reply.answer
    assert "batch-01" in reply.answer
    assert "web-03" in reply.answer.splitlines()[1]
    none = hub.ask("threshold_filter", locale, conditions=[{**condition, "op": "gt", "value": 98}])
    assert facts(none, "matching") == [0]
    assert facts(none, "memory", "db-01") == [round(hub.newest("db-01")["memory"], 1)]


@BOTH
def test_two_conditions_at_once_and_another_metric_beside(hub: Hub, locale: str) -> None:
    both = [
        {"metric": "cpu", "op": "gt", "value": 28, "unit": "%"},
        {"metric": "memory", "op": "lt", "value": 60, "unit": "%"},
    ]
    reply = hub.ask("threshold_filter", locale, conditions=both, metrics=["cpu", "memory", "disk"])
    expected = {name for name in THERE if hub.newest(name)["cpu"] > 28 and hub.newest(name)["memory"] < 60}
    assert facts(reply, "matching") == [len(expected)]
    assert {one.server for one in reply.facts if one.metric == "disk"} == expected


@BOTH
def test_one_of_two_conditions_will_do_where_the_sentence_says_or(hub: Hub, locale: str) -> None:
    either = [
        {"metric": "cpu", "op": "gte", "value": 40, "unit": "%"},
        {"metric": "memory", "op": "gte", "value": 75, "unit": "%"},
    ]
    text = {"ko": "cpu 40% 이상이거나 메모리 75% 이상인 서버", "en": "cpu 40 or more, or memory 75 or more"}[locale]
    reply = hub.ask("threshold_filter", locale, text=text, conditions=either)
    expected = {name for name in THERE if hub.newest(name)["cpu"] >= 40 or hub.newest(name)["memory"] >= 75}
    assert len(expected) > 2
    assert facts(reply, "matching") == [len(expected)]
    assert (" 또는 " if locale == "ko" else " or ") in reply.answer.splitlines()[0]
    more = {"ko": "cpu 40% 이상 메모리 75% 이상", "en": "cpu 40 or more and memory 75 or more"}[locale]
    both = hub.ask("threshold_filter", locale, text=more, conditions=either)
    assert (" 그리고 " if locale == "ko" else " and ") in both.answer.splitlines()[0]


@BOTH
def test_history_has_extremes_mean_and_when(hub: Hub, locale: str) -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    start, end = hub.now - 3 * HOUR, hub.now
    frame = {
        name: datetime.fromtimestamp(int(at), ZoneInfo("Asia/Seoul")).isoformat()
        for name, at in (("start", start), ("end", end))
    }
    reply = hub.ask("metric_history", locale, servers=["web-01"], metrics=["cpu"], time=frame)
    values = hub.values("web-01", "cpu", start, end)
    told = facts(reply, "cpu", "web-01")
    assert min(values) in told
    assert max(values) in told
    assert any(abs(one - statistics.mean(values)) < 0.1 for one in told)
    assert reply.chart is not None
    assert [one["metric"] for one in reply.chart["series"]] == ["cpu"]


@BOTH
def test_a_server_is_not_rebooted_and_its_state_is_told_instead(hub: Hub, locale: str) -> None:
    from lib.mcp.core.assistant import Turn

    text = "api-01 리부트 부탁" if locale == "ko" else "please reboot api-01"
    reply = hub.services.assistant.reply(Turn(text, who="one", may_act=True))
    assert reply["nlu"]["intent"] == "out_of_scope"
    assert reply["actions"] == []
    assert "api-01" in reply["answer"]
    assert ("조회 전용" if locale == "ko" else "only read") in reply["answer"]
    assert [one["value"] for one in reply["facts"] if one["metric"] == "uptime"] == [42]
