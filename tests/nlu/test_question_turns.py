"""In a conversation a sentence takes from the last answer what it leaves out, and nothing when it stands for itself."""

from __future__ import annotations

from typing import Any

import pytest

from lib.mcp.core.processor import parse
from lib.mcp.npu.followups import last_turn
from tests.nlu.score import DATA, measure, read_fleet, read_records, run

NOW = "2026-08-14T15:20:00+09:00"
FLEET: list[dict[str, Any]] = [
    {"id": f"{stem}-{number}", "group": group, "tags": {"env": env, "region": "seoul", "os": "ubuntu"}}
    for stem, group, env in (("orion", "web", "prod"), ("atlas", "db", "prod"), ("stg-atlas", "db", "staging"))
    for number in (1, 2, 3)
]
YESTERDAY = {"start": "2026-08-13T00:00:00+09:00", "end": "2026-08-14T00:00:00+09:00"}
CPU = {"servers": ["orion-3"], "metrics": ["cpu"]}
OVER = {"metrics": ["cpu"], "conditions": [{"metric": "cpu", "op": "gt", "value": 80.0, "unit": "%"}]}
TOP = {"metrics": ["cpu"], "top_n": 5, "order": "desc"}


def after(intent: str, entities: dict[str, Any], text: str) -> dict[str, Any]:
    history = [{"role": "user", "text": "…"}, {"role": "assistant", "text": "", "intent": intent, "entities": entities}]
    return parse(text, NOW, FLEET, history)


@pytest.mark.parametrize(
    ("before", "said", "text", "intent", "entities"),
    [
        ("metric_current", CPU, "디스크는?", "metric_current", {"servers": ["orion-3"], "metrics": ["disk"]}),
        ("metric_current", CPU, "and atlas-1?", "metric_current", {"servers": ["atlas-1"], "metrics": ["cpu"]}),
        ("metric_current", CPU, "2번은?", "metric_current", {"servers": ["orion-2"], "metrics": ["cpu"]}),
        ("metric_current", CPU, "어제는?", "metric_history", {**CPU, "time": YESTERDAY}),
        ("metric_current", CPU, "왜?", "root_cause", CPU),
        ("log_query", {"servers": ["orion-3"]}, "다른 서버도 그랬어?", "log_query", {}),
        ("metric_current", CPU, "also atlas-1", "metric_current", {"servers": ["orion-3", "atlas-1"], "metrics": ["cpu"]}),
        ("metric_current", CPU, "그래프로 보여줘", "metric_history", CPU),
        ("metric_current", CPU, "atlas-1이랑 비교해줘", "compare_servers", {"servers": ["orion-3", "atlas-1"], "metrics": ["cpu"]}),
        ("metric_current", {"servers": ["atlas-1"], "metrics": ["disk"]}, "언제 꽉 차?", "forecast", {"servers": ["atlas-1"], "metrics": ["disk"]}),
        ("metric_current", {"groups": ["db"], "metrics": ["cpu"]}, "스테이징만", "metric_current", {"groups": ["db"], "tags": ["env:staging"], "metrics": ["cpu"]}),
        ("metric_history", {**CPU, "time": YESTERDAY}, "그때 로그 좀", "log_query", {"servers": ["orion-3"], "time": YESTERDAY}),
        ("top_n", TOP, "메모리는?", "top_n", {**TOP, "metrics": ["memory"]}),
        ("top_n", TOP, "top 3 only", "top_n", {**TOP, "top_n": 3}),
        ("threshold_filter", OVER, "70 넘는 건?", "threshold_filter", {"metrics": ["cpu"], "conditions": [{"metric": "cpu", "op": "gt", "value": 70.0, "unit": "%"}]}),
        ("threshold_filter", OVER, "메모리는?", "threshold_filter", {"metrics": ["memory"], "conditions": [{"metric": "memory", "op": "gt", "value": 80.0, "unit": "%"}]}),
        ("alert_list", {"servers": ["atlas-1"]}, "1시간 꺼줘", "alert_silence", {"servers": ["atlas-1"], "duration_s": 3600}),
        ("metric_history", {**CPU, "time": YESTERDAY}, "그 서버 알림 꺼줘", "alert_silence", {"servers": ["orion-3"], "time": None}),
        ("metric_history", {**CPU, "time": YESTERDAY}, "2시간 동안 알림 꺼줘", "alert_silence", {"servers": ["orion-3"], "time": None, "duration_s": 7200}),
        ("alert_list", {"servers": ["atlas-1"]}, "ack them all", "alert_ack", {"servers": ["atlas-1"]}),
        ("root_cause", CPU, "어떻게 해결해?", "troubleshoot", {"topic": "high_cpu"}),
    ],
)  # fmt: skip
def test_what_is_left_out_is_carried(
    before: str, said: dict[str, Any], text: str, intent: str, entities: dict[str, Any]
) -> None:
    frame = after(before, said, text)
    assert frame["intent"] == intent
    assert {slot: frame["entities"].get(slot) for slot in entities} == entities


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("고마워", "smalltalk"), ("그거 재부팅해줘", "out_of_scope"), ("kill it", "out_of_scope"), ("what's the weather in paris", "out_of_scope"),
        ("됐고 전체 상태 알려줘", "fleet_summary"), ("forget that, list all staging servers", "server_list"),
    ],
)  # fmt: skip
def test_what_stands_for_itself_carries_nothing(text: str, intent: str) -> None:
    frame = after("metric_current", CPU, text)
    assert frame["intent"] == intent
    assert "orion-3" not in frame["entities"].get("servers", [])


@pytest.mark.parametrize(
    ("text", "intent", "entities"),
    [
        ("제일 높은 놈 어제 추이", "metric_history", {**CPU, "time": YESTERDAY}),
        ("plot the highest one for yesterday", "metric_history", {**CPU, "time": YESTERDAY}),
        ("why is the top one so high?", "root_cause", CPU),
        ("1등 서버 상태", "server_status", {"servers": ["orion-3"]}),
        ("메모리 제일 높은 서버는?", "top_n", {"metrics": ["memory"], "top_n": 1, "order": "desc"}),
        ("제일 낮은 놈 추이", "top_n", {"metrics": ["cpu"], "top_n": 1, "order": "asc"}),
    ],
)
def test_the_head_of_a_ranking_may_be_called_so(text: str, intent: str, entities: dict[str, Any]) -> None:
    history = [
        {"role": "user", "text": "…"},
        {"role": "assistant", "text": "", "intent": "top_n", "entities": TOP, "first": "orion-3"},
    ]
    frame = parse(text, NOW, FLEET, history)
    assert (frame["intent"], frame["entities"]) == (intent, entities)


@pytest.mark.parametrize("text", ["그 서버 알림 1시간 꺼줘", "그놈 알림 1시간 꺼줘", "mute that server for 1 hour"])
def test_the_one_that_was_highest_is_that_server(text: str) -> None:
    for wanted, servers in ((1, ["orion-3"]), (3, None)):  # of three none is "that server"
        said = {"role": "assistant", "text": "", "intent": "top_n", "entities": {**TOP, "top_n": wanted}}
        frame = parse(text, NOW, FLEET, [{"role": "user", "text": "…"}, {**said, "first": "orion-3"}])
        assert frame["intent"] == "alert_silence"
        assert frame["entities"].get("servers") == servers


def test_a_frame_tells_what_it_carried_and_from_where() -> None:
    explain = after("metric_current", CPU, "디스크는?")["explain"]
    assert (explain["carried"], explain["before"]) == (["servers"], "metric_current")


def test_smalltalk_in_between_is_passed_over_and_what_is_no_frame_left_out() -> None:
    history: list[dict[str, Any]] = [
        {"role": "assistant", "intent": "metric_current", "entities": {**CPU, "conditions": ["x"], "top_n": "many"}},
        {"role": "assistant", "intent": "smalltalk", "entities": {}},
        {"role": "user", "text": "ok"},
    ]
    turn = last_turn(history)
    assert turn
    assert (turn.intent, turn.entities) == ("metric_current", CPU)


def test_the_development_sentences_are_read() -> None:
    figures = measure(run(parse, read_records(DATA / "dev.jsonl"), read_fleet(DATA / "dev_fleet.json")))
    assert figures["buckets"]["followup"]["frame"] >= 92
    assert figures["buckets"]["in_scope"]["intent"] >= 95
    assert figures["actions_on_oos"] == 0
