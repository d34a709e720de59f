"""From the sentence to the figure: what people type, in both languages, against what was posted."""

from __future__ import annotations

from typing import Any

import pytest

from lib.domain.access import Sight
from lib.mcp.core.assistant import Turn
from tests.assistant.known_fleet import Hub
from tests.assistant.past_fleet import CPU, GROUPS, LATENCY, MEMORY

ASKED: list[tuple[str, str, str, Any]] = [
    ("서버 몇 대야?", "server_list", "servers", len(GROUPS)),
    ("how many servers do we have?", "server_list", "servers", len(GROUPS)),
    ("스테이징 서버 목록", "server_list", "servers", 1),
    ("web-01이랑 web-02 메모리 비교해줘", "compare_servers", "memory", MEMORY["web-02"]),
    ("is web-02 slower than web-01?", "compare_servers", "latency_change", LATENCY["web-02"] - LATENCY["web-01"]),
    ("web과 db 그룹 CPU 비교", "compare_servers", "cpu_avg:db", CPU["db-01"]),
    ("web-02 CPU 어제와 비교", "compare_periods", "cpu_avg", CPU["web-02"]),
    ("log-01 디스크 언제 차?", "forecast", "level", 100),
    ("when will log-01 run out of disk?", "forecast", "level", 100),
    ("내일 web-02 CPU 어떨까", "forecast", "cpu_foreseen", CPU["web-02"]),
    ("web-02 이상 징후 있어?", "anomaly_list", "lasting", 2),
    ("anomalies on web-02 in the last 24 hours", "anomaly_list", "lasting", 2),
    ("web-02 가동률 최근 24시간", "uptime_sla", "outages", 2),
    ("downtime of web-02 over the last 24 hours", "uptime_sla", "outages", 2),
    ("db-01 마지막 재부팅 언제야", "uptime_sla", "uptime", 42),
    ("db-01 프로세스 상위 3개", "process_query", "process_cpu", 42),
    ("who is listening on port 5432?", "process_query", "pid", 811),
    ("nginx 어디서 돌아?", "process_query", "servers_running", 2),
    ("web-01 에러 로그", "log_query", "log_lines", 8),
    ("web-01 로그에서 timeout 찾아줘", "log_query", "log_lines", 7),
    ("show recent error logs", "log_query", "log_lines", 9),
    ("CPU 제일 높은 서버랑 제일 낮은 서버 알려줘", "top_n", "cpu", CPU["db-01"]),
    ("메모리 50% 넘는 서버들의 평균 디스크는?", "threshold_filter", "disk_avg", 50),
]


@pytest.mark.parametrize(("text", "intent", "metric", "value"), ASKED)
def test_a_question_is_read_and_answered(past: Hub, text: str, intent: str, metric: str, value: Any) -> None:
    reply = past.services.assistant.reply(Turn(text, who="one", may_act=True))
    assert reply["nlu"]["intent"] == intent
    assert value in [one["value"] for one in reply["facts"] if one["metric"] == metric], reply["answer"]
    assert len([line for line in reply["answer"].splitlines() if not line.startswith("|")]) <= 8
    assert len(reply["suggestions"]) == 3


def test_whoever_sees_a_part_is_answered_of_that_part(past: Hub) -> None:
    only = Sight(("env:staging",))
    for text in (
        "서버 몇 대야?",
        "디스크 언제 꽉 차?",
        "최근 24시간 이상 징후 있어?",
        "nginx 어디서 돌아?",
        "에러 로그 보여줘",
    ):
        reply = past.services.assistant.reply(Turn(text, who="two", sight=only))
        assert {one["server"] for one in reply["facts"]} <= {"log-01", None}
        for name in GROUPS:
            assert name == "log-01" or name not in reply["answer"], reply["answer"]
