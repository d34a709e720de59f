"""The question cannot be read: one question back, with what it could have meant."""

from __future__ import annotations

from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

_MEANINGS = {
    "fleet_summary": ("전체 서버 상태 요약해줘", "How is the whole fleet?"),
    "server_list": ("서버 목록 보여줘", "List all servers"),
    "metric_current": ("CPU 지금 얼마야?", "What is the CPU now?"),
    "metric_history": ("최근 24시간 CPU 추이", "CPU over the last 24 hours"),
    "top_n": ("CPU 높은 서버 5대", "Top 5 servers by CPU"),
    "threshold_filter": ("메모리 80% 이상 서버", "Servers with memory at least 80%"),
    "alert_list": ("열린 알림 목록", "List open alerts"),
    "root_cause": ("가장 최근 알림 원인 분석해줘", "Why did the latest alert open?"),
    "anomaly_list": ("오늘 이상 징후 있어?", "Any anomalies today?"),
    "forecast": ("디스크 언제 꽉 차?", "When will the disks be full?"),
    "log_query": ("최근 에러 로그 보여줘", "Show recent error logs"),
    "uptime_sla": ("이번 달 가동률", "Availability this month"),
    "report": ("일간 리포트 만들어줘", "Make a daily report"),
    "product_help": ("뭘 할 수 있어?", "What can you do?"),
}


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    alternatives = [str(name) for name, _ in asked.options.get("alternatives") or ()]
    wanted = [one for one in dict.fromkeys(alternatives) if one in _MEANINGS]
    for name in (*wanted, "fleet_summary", "alert_list", "top_n"):
        say.suggest(*_MEANINGS[name])
    if not asked.text.strip():
        say.line("무엇을 알려드릴까요?", "What would you like to know?")
    elif asked.reason == "target":
        say.line("어느 서버를 말씀하시나요?", "Which server do you mean?")
    elif asked.reason == "metric":
        say.line("어느 지표를 말씀하시나요?", "Which metric do you mean?")
    else:
        say.line(
            "질문을 정확히 이해하지 못했습니다. 아래 중 어느 것인가요?",
            "I could not tell what you are asking. Is it one of these?",
        )


QUESTION = Question("clarify", answer)
