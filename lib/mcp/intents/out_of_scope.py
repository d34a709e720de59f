"""What is not answered, or not done: one polite line, and what can be done instead. Servers are read, never steered."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lib.mcp.core.phrases import status_word
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.mcp.npu.extractor import extract

_REBOOT = re.compile(r"재부팅|리부트|재시작|restart|reboot", re.IGNORECASE)


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    if asked.reason == "control":
        _control(asked, sources, say)
    elif asked.reason in {"injection", "secrets"}:
        say.line(
            "그 요청은 처리할 수 없습니다. 저는 서버 모니터링 데이터에 대한 질문에만 답합니다.",
            "I cannot do that. I only answer questions about the monitoring data of your servers.",
        )
    elif asked.reason == "language":
        say.line("한국어와 영어 질문에만 답할 수 있습니다.", "I can answer questions in Korean and English only.")
    else:
        say.line(
            "그 질문은 제가 답할 수 있는 범위 밖입니다. 서버 상태, 지표, 알림, 원인, 예측에 대해 물어보세요.",
            "That is outside of what I can answer. Ask me about servers, metrics, alerts, causes or forecasts.",
        )


def _control(asked: Asked, sources: Sources, say: Say) -> None:
    what = say.either("재부팅은", "reboot") if _REBOOT.search(asked.text) else say.either("그 작업은", "do that")
    # The frame of a refusal has no servers; the sentence may.
    meant = set(targets_of(asked.text, sources.now, sources.inventory()))
    named = [one for one in sources.fleet if one.id in meant]
    say.line(
        f"저는 조회 전용이라 {what} 실행할 수 없습니다.{_state(named, sources, say)}",
        f"I only read, so I cannot {what}.{_state(named, sources, say)}",
    )
    say.line(
        "실행 전 점검 절차나 작업 시간 동안의 알림 음소거는 도와드릴 수 있습니다.",
        "I can help with the checks to make first, or with silencing alerts while you work.",
    )
    for one in named[:1]:
        say.suggest(f"{one.id} 상태", f"Status of {one.id}")
        say.suggest(f"{one.id} 30분 음소거", f"Silence {one.id} for 30 minutes")
        say.suggest(f"{one.id} 서비스 다운 점검 방법", f"How to check a service that is down on {one.id}")


def targets_of(text: str, now: float, inventory: list[dict[str, object]]) -> list[str]:
    """The servers a sentence names."""
    return extract(text, datetime.fromtimestamp(now, UTC), inventory).targets.servers


def _state(named: list[Server], sources: Sources, say: Say) -> str:
    if len(named) != 1:
        return ""
    one = named[0]
    alerts = say.count(one.alerts, "alerts", server=one.id, source="/api/alerts")
    parts = [say.either(f"활성 알림 {alerts}건", f"{alerts} active alerts")]
    if one.is_there and one.metrics.get("uptime"):
        up = say.duration(one.metrics["uptime"], server=one.id, metric="uptime")
        parts.insert(0, say.either(f"가동 {up}", f"up {up}"))
    state = status_word(one.status, say)
    return say.either(
        f" {say.name(one.id, '은/는')} 현재 {state}입니다({', '.join(parts)}).",
        f" {say.name(one.id)} is {state} now ({', '.join(parts)}).",
    )


QUESTION = Question("out_of_scope", answer)
