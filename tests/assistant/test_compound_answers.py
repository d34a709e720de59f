"""Questions with two halves: some servers and their other metric, both ends, what grew, when and who; and that what an
answer suggests to ask next can be asked."""

from __future__ import annotations

import statistics
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import EVERYTHING
from lib.mcp.core import asides
from lib.mcp.core.processor import parse
from lib.mcp.core.question import Asked
from lib.mcp.core.sources import Sources
from lib.mcp.npu.spoken import UNSURE
from tests.assistant.known_fleet import DAY, FLEET, HOUR, ZONE, Hub, facts, instants, measured
from tests.assistant.past_fleet import CPU, DISK, GROWTH, MEMORY, span

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
THERE = [name for name, one in FLEET.items() if not one.silent]


@pytest.mark.parametrize(
    ("text", "statuses", "metric"),
    [
        ("CPU 경고 서버들의 평균 디스크는?", ("warning",), "cpu"),
        ("메모리가 위험인 서버들 CPU", ("critical",), "memory"),
        ("위험 서버들 메모리", ("critical",), ""),
        ("정상인 서버 중 CPU 제일 높은 서버", ("ok",), ""),
        ("오프라인 서버 가동률", ("offline",), ""),
        ("average disk of servers with memory warnings", ("warning",), "memory"),
        ("cpu of the critical servers", ("critical",), ""),
        ("load of healthy hosts", ("ok",), ""),
        ("비정상 서버들 CPU", ("critical", "warning", "stale", "offline"), ""),
    ],
)
def test_some_servers_are_meant_by_how_they_are(text: str, statuses: tuple[str, ...], metric: str) -> None:
    assert asides.filter_of(text) == asides.Filter(statuses, metric)


@pytest.mark.parametrize(
    "text",
    [
        "CPU 높은 서버 5대",
        "경고 로그 보여줘",
        "web-01 서버 CPU",
        "top servers by cpu",
        "critical alerts",
        "위험한 알림",
    ],
)
def test_where_all_are_meant_none_are_left_out(text: str) -> None:
    assert asides.filter_of(text) is None


@pytest.mark.parametrize(
    ("text", "both", "grown", "cause"),
    [
        ("CPU 제일 높은 서버랑 제일 낮은 서버", True, 0, False),
        ("highest and lowest memory", True, 0, False),
        ("CPU 제일 한가한 서버 3대랑 제일 바쁜 서버 3대", True, 0, False),
        ("busiest and idlest server by cpu", True, 0, False),
        ("top 3 and bottom 3 by memory", True, 0, False),
        ("메모리 상위 3대 하위 3대", True, 0, False),
        ("top 5 by disk and also the lowest 5", True, 0, False),
        ("top 5 least loaded servers", False, 0, False),
        ("디스크 여유 제일 많은 서버", False, 0, False),
        ("디스크가 가장 빠르게 늘어난 서버", False, 1, False),
        ("fastest growing disk", False, 1, False),
        ("which server's memory dropped most", False, -1, False),
        ("CPU 피크가 언제고 원인이 뭐야", False, 0, True),
        ("when did cpu peak and who caused it", False, 0, True),
        ("CPU 높은 서버 5대", False, 0, False),
        ("top 5 servers by memory", False, 0, False),
    ],
)
def test_the_other_halves_are_heard(text: str, both: bool, grown: int, cause: bool) -> None:
    asked = Asked("top_n", {}, text=text)
    assert (asides.wants_both_ends(asked), asides.growth_of(asked), asides.wants_cause(asked)) == (both, grown, cause)


@BOTH
def test_the_mean_of_one_metric_over_servers_that_another_picks(hub: Hub, locale: str) -> None:
    text = "메모리 위험 서버들의 평균 CPU는?" if locale == "ko" else "average cpu of servers with memory critical"
    reply = hub.ask("metric_current", locale, text=text, metrics=["memory", "cpu"], agg="avg")
    assert facts(reply, "cpu_avg") == [hub.newest("db-01")["cpu"]]
    assert facts(reply, "servers") == [1]
    assert "db-01" in reply.answer.splitlines()[0]
    none = hub.ask(
        "metric_current", locale, text=text.replace("메모리", "CPU").replace("memory", "cpu"), metrics=["cpu", "disk"]
    )
    assert facts(none, "servers") == [0]
    highest = max(THERE, key=lambda name: hub.newest(name)["cpu"])
    assert facts(none, "cpu", highest) == [hub.newest(highest)["cpu"]]


@BOTH
def test_the_mean_of_another_metric_of_those_that_meet_a_condition(hub: Hub, locale: str) -> None:
    text = "메모리 50% 넘는 서버들의 평균 디스크는?" if locale == "ko" else "average disk of servers above 50% memory"
    condition = {"metric": "memory", "op": "gt", "value": 50, "unit": "%"}
    reply = hub.ask("threshold_filter", locale, text=text, conditions=[condition], metrics=["memory", "disk"])
    those = [name for name in THERE if hub.newest(name)["memory"] > 50]
    mean = statistics.mean(hub.newest(name)["disk"] for name in those)
    assert facts(reply, "disk_avg") == [pytest.approx(mean, abs=0.051)]
    assert facts(reply, "matching") == [len(those)]
    assert f"{facts(reply, 'disk_avg')[0]:g}%" in reply.answer.splitlines()[0]


@BOTH
def test_both_ends_of_a_ranking(hub: Hub, locale: str) -> None:
    text = "CPU 제일 높은 서버와 낮은 서버" if locale == "ko" else "highest and lowest cpu"
    reply = hub.ask("top_n", locale, text=text, metrics=["cpu"], order="asc", top_n=1)
    ranked = sorted(THERE, key=lambda name: hub.newest(name)["cpu"])
    assert facts(reply, "cpu", ranked[-1]) == [hub.newest(ranked[-1])["cpu"]]
    assert facts(reply, "cpu", ranked[0]) == [hub.newest(ranked[0])["cpu"]]
    assert reply.answer.index(ranked[-1]) < reply.answer.index(ranked[0])


@BOTH
@pytest.mark.parametrize("count", [2, 5])
def test_another_metric_beside_a_ranking(past: Hub, locale: str, count: int) -> None:
    text = "CPU 상위 서버의 메모리는?" if locale == "ko" else "top servers by cpu and their memory"
    reply = past.ask("top_n", locale, text=text, metrics=["cpu"], order="desc", top_n=count)
    ranked = sorted(CPU, key=lambda name: -CPU[name])[:count]
    assert {one.server for one in reply.facts if one.metric == "memory"} == set(ranked)
    assert facts(reply, "memory", ranked[0]) == [MEMORY[ranked[0]]]


@BOTH
def test_what_grew_most_is_ranked_by_its_change(past: Hub, locale: str) -> None:
    text = "디스크가 가장 많이 늘어난 서버" if locale == "ko" else "which disk grew most"
    reply = past.ask("top_n", locale, text=text, metrics=["disk"], order="desc", top_n=3, time=span(past, 2 * DAY))
    lines = reply.answer.splitlines()
    assert "db-01" in lines[0]
    assert "log-01" in lines[1]
    assert "web-01" not in reply.answer
    grown = 2 * GROWTH["db-01", "/data"] * 0.9  # from the mean of the first tenth to that of the last
    assert facts(reply, "disk_change", "db-01") == [pytest.approx(grown, abs=0.35)]
    assert DISK["db-01"]["/data"] - facts(reply, "disk", "db-01")[1] < 0.6
    fell = past.ask(
        "top_n", locale, text="메모리가 줄어든 서버" if locale == "ko" else "whose memory fell", metrics=["memory"]
    )
    assert facts(fell, "memory_change") == []


@BOTH
def test_when_it_peaked_and_what_may_be_behind_it(hub: Hub, locale: str) -> None:
    text = "api-02 지연이 최고였던 때와 원인" if locale == "ko" else "when did api-02's latency peak and what caused it"
    frame: dict[str, Any] = {"servers": ["api-02"], "metrics": ["latency"], "agg": "max"}
    reply = hub.ask("metric_history", locale, text=text, time=span(hub, 2 * HOUR), **frame)
    measured_ = [measured("api-02", at, hub.now)["metrics"]["latency"] for at in instants("api-02", hub.now)]
    assert facts(reply, "latency_max", "api-02") == [max(measured_)]
    assert ("가장 유력한 원인" if locale == "ko" else "Most likely behind it") in reply.answer
    assert facts(reply, "confidence")
    without = hub.ask("metric_history", locale, time=span(hub, 2 * HOUR), **frame)
    assert facts(without, "confidence") == []


@BOTH
def test_a_peak_s_busiest_process_is_named_where_its_list_is_there(hub: Hub, locale: str) -> None:
    text = "db-01 CPU 최고일 때 누가 썼어" if locale == "ko" else "who caused the cpu peak of db-01"
    frame: dict[str, Any] = {"servers": ["db-01"], "metrics": ["cpu"], "agg": "max"}
    then = hub.ask("metric_history", locale, text=text, time=span(hub, 20 * HOUR, 10 * HOUR), **frame)
    assert ("수집되지 않음" if locale == "ko" else "not collected") in then.answer


# What is suggested can be asked

FRAMES: list[tuple[str, dict[str, Any]]] = [
    ("server_list", {}), ("server_list", {"groups": ["web"]}), ("server_list", {"statuses": ["offline"]}),
    ("compare_servers", {"servers": ["web-01", "db-01"]}), ("compare_servers", {"groups": ["web", "db"]}),
    ("compare_servers", {"servers": ["web-01"], "unknown_servers": ["web-09"]}),
    ("compare_periods", {"servers": ["web-01"], "metrics": ["memory"]}), ("compare_periods", {}),
    ("forecast", {}), ("forecast", {"servers": ["log-01"], "metrics": ["disk"]}),
    ("forecast", {"servers": ["db-01"], "metrics": ["cpu"]}),
    ("anomaly_list", {}), ("anomaly_list", {"servers": ["web-01"]}),
    ("uptime_sla", {}), ("uptime_sla", {"servers": ["web-02"]}),
    ("process_query", {}), ("process_query", {"servers": ["log-01"]}),
    ("log_query", {}), ("log_query", {"servers": ["log-01"]}),
    ("top_n", {"metrics": ["memory"]}),
]  # fmt: skip


@BOTH
def test_what_is_suggested_is_understood(past: Hub, locale: str) -> None:
    now = datetime.fromtimestamp(int(past.now), ZoneInfo(ZONE)).isoformat()
    inventory = Sources(past.services, EVERYTHING, ZoneInfo(ZONE)).inventory()
    wrong = []
    for intent, frame in FRAMES:
        for text in past.ask(intent, locale, **frame).suggestions:
            read = parse(text, now, inventory)
            if read["intent"] in {"clarify", "out_of_scope", "smalltalk"} or read["confidence"] < UNSURE:
                wrong.append((intent, text, read["intent"], read["confidence"]))
    assert wrong == []
