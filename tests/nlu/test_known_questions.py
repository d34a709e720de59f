"""What the knowledge has a word for is not refused as unrelated; what only sounds like it still is."""

from __future__ import annotations

import pytest

from lib.mcp.core.processor import parse
from lib.mcp.knowledge.terms import is_asked

NOW = "2026-11-18T14:30:00+09:00"
SERVERS = [{"id": "web-01", "group": "web", "tags": {"env": "prod"}}]


@pytest.mark.parametrize(
    "text",
    [
        "확인과 음소거는 뭐가 달라?",
        "확인 처리와 음소거의 차이가 뭐야?",
        "음소거 뜻이 뭐야?",
        "경고와 위험은 어떻게 달라?",
        "what does cgroup mean",
        "what is a dead man switch, or heartbeat, what does heartbeat mean?",
    ],
)
def test_a_term_that_is_asked_for_is_explained(text: str) -> None:
    assert is_asked(text)
    assert parse(text, NOW, SERVERS)["intent"] == "concept_explain"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("How do I fix a port conflict?", "port_conflict"),
        ("How do I fix log rotation?", "log_rotation"),
        ("로그 로테이션 조치 방법", "log_rotation"),
        ("How do I fix a memory leak?", "memory_leak"),
    ],
)
def test_a_trouble_with_a_runbook_is_to_be_mended(text: str, topic: str) -> None:
    frame = parse(text, NOW, SERVERS)
    assert frame["intent"] == "troubleshoot"
    assert frame["entities"]["topic"] == topic


@pytest.mark.parametrize(
    "text",
    [
        "which servers are idle enough to remove",
        "지워도 될 만큼 노는 서버는?",
        "노는 서버 있어?",
        "놀고 있는 서버 알려줘",
        "유휴 서버 목록",
        "안 쓰는 장비 찾아줘",
        "줄여도 되는 서버 있어?",
        "오버스펙 서버 있나",
        "비용 줄이려면 어떤 서버를 없애야 해?",
        "unused servers",
        "which hosts are underutilized?",
        "can we downsize any server",
        "which servers can I shut down to save money",
        "is web-01 idle?",
    ],
)
def test_what_has_nothing_to_do_is_asked_for_among_the_servers(text: str) -> None:
    assert parse(text, NOW, SERVERS)["intent"] == "server_list"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("제일 한가한 서버", "top_n"),
        ("idlest server", "top_n"),
        ("안 쓰는 프로세스 있어?", "process_query"),
        ("알림 꺼도 돼?", "alert_silence"),
        ("how do I remove a server", "agent_help"),
        ("서버를 삭제해줘", "out_of_scope"),
        ("CPU 20% 미만으로 노는 서버", "threshold_filter"),
        ("평소랑 다르게 노는 서버 있음?", "anomaly_list"),
    ],
)
def test_what_only_sounds_like_it_is_read_as_what_it_is(text: str, intent: str) -> None:
    assert parse(text, NOW, SERVERS)["intent"] == intent


@pytest.mark.parametrize(
    "text",
    [
        "how do I improve my memory before the exam",
        "김치찌개 끓이는 방법",
        "what is the capital of France?",
        "사랑이 뭐야?",
        "rm -rf / 실행해줘",
        "web-01 재부팅해줘",
    ],
)
def test_what_is_none_of_ours_stays_refused(text: str) -> None:
    assert parse(text, NOW, SERVERS)["intent"] == "out_of_scope"


@pytest.mark.parametrize(
    "text", ["규칙 뭐뭐 있어", "알림 규칙 목록 보여줘", "list the alert rules", "which rules do we have?"]
)
def test_rules_are_no_alerts_and_no_servers(text: str) -> None:
    assert parse(text, NOW, SERVERS)["intent"] == "product_help"


def test_a_rule_that_is_to_be_changed_or_has_fired_is_not_listed() -> None:
    assert parse("디스크 규칙 기준 90%로 바꿔줘", NOW, SERVERS)["intent"] == "threshold_set"
    assert parse("which rules fired today?", NOW, SERVERS)["intent"] == "alert_list"


@pytest.mark.parametrize(
    "text",
    [
        "간밤에 별일 없었어?",
        "자는 동안 무슨 일 있었어?",
        "주말에 무슨 일 있었어?",
        "밤새 놓친 거 있어?",
        "어제 뭐 터졌어?",
        "지난주에 문제 있었어?",
        "what happened while we were asleep?",
        "did anything break while I slept",
        "anything go wrong over the weekend?",
        "what did I miss overnight",
        "What did I miss?",
        "휴가 다녀왔는데 지난 3일간 무슨 일 있었는지 정리해줘",
        "지난 6시간 동안 별 문제 없었지?",
        "오늘 무슨 일 있었어?",
        "출근했다 밤사이 브리핑 부탁",
        "web 서버 어제 문제 없었어?",
        "web-01 어제 문제 있었어?",
        "이번 주에 장애 났었어?",
        "오늘 아침 회의 전에 알아야 할 거 있어?",
        "did anything break in the last 2 hours",
        "catch me up on the last 24 hours",
        "since yesterday evening what's been going on",
        "anything blow up while I was asleep?",
    ],
)
def test_what_happened_in_a_time_is_asked_of_all(text: str) -> None:
    assert parse(text, NOW, SERVERS)["intent"] == "root_cause"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("오늘 별일 없지?", "fleet_summary"),
        ("어젯밤에 무슨 알림 있었어?", "alert_list"),
        ("which alerts fired last night?", "alert_list"),
        ("어제 에러 로그에 문제 있었어?", "log_query"),
        ("web-01 어제 이상 징후 있었어?", "anomaly_list"),
        ("놓친 알림 있나요", "alert_list"),
        ("what happened in the world yesterday", "out_of_scope"),
        ("what did I say yesterday about lunch", "out_of_scope"),
    ],
)
def test_what_is_asked_for_by_its_own_name_is_not_everything(text: str, intent: str) -> None:
    assert parse(text, NOW, SERVERS)["intent"] == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("web-01 memory since the last deploy", "metric_history"),
        ("배포 이후로 web-01 응답시간 어때?", "metric_history"),
        ("did latency get worse after the deploy", "compare_periods"),
        ("배포 전후 web-01 cpu 비교", "compare_periods"),
        ("배포하고 나서 에러 늘었어?", "compare_periods"),
        ("배포 이후 에러 보여줘", "log_query"),
        ("배포 이후 알림 있었어?", "alert_list"),
        ("what changed since the last deploy?", "change_correlation"),
        ("마지막 배포 언제야", "change_correlation"),
        ("배포 후에 재시작해줘", "out_of_scope"),
        ("deploy web v2 please", "out_of_scope"),
    ],
)
def test_since_the_deploy_is_a_time_and_no_order(text: str, intent: str) -> None:
    frame = parse(text, NOW, SERVERS)
    assert frame["intent"] == intent
    assert "time" not in frame["entities"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("OOM 난 서버 있어?", "log_query"),
        ("oom 방법", "troubleshoot"),
        ("누가 silence 걸어놨어?", "alert_list"),
        ("사이트가 안열려요", "fleet_summary"),
        ("the site is down", "fleet_summary"),
        ("괜찮은거 맞지?", "fleet_summary"),
        ("what should i look at first", "fleet_summary"),
        ("뭐가 cpu 다 먹고있냐", "top_n"),
        ("whats teh memroy on web 1", "metric_current"),
        ("which servers went down last week", "uptime_sla"),
        ("지난주에 죽었던 서버 있어?", "uptime_sla"),
        ("어제 다운된 서버 있었어?", "uptime_sla"),
        ("죽은 서버 있어?", "server_list"),
        ("이번달에 디스크 꽉 찰 서버 있나", "forecast"),
        ("디스크 80% 넘을 예정인 서버 다음주까지", "forecast"),
        ("디스크 80% 넘으면 알려줘", "threshold_set"),
        ("web-01 꽉 찼어?", "server_status"),
        ("주간보고 만들어줘", "report"),
        ("weekly recap please", "report"),
        ("web-01 메모리 누수 있어?", "root_cause"),
        ("메모리 누수 해결 방법", "troubleshoot"),
        ("네이버 괜찮아?", "out_of_scope"),
        ("너 괜찮아?", "smalltalk"),
    ],
)
def test_what_says_little_is_read_by_what_it_names(text: str, intent: str) -> None:
    assert parse(text, NOW, SERVERS)["intent"] == intent
