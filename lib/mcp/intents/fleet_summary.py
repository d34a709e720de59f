"""How is everything: counts by status, who is not well and why, what is open."""

from __future__ import annotations

from collections import Counter

from lib.mcp.core.phrases import as_of, scope, server_url, severity_word, status_word, warn_of_unknown, why
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import STATUSES, Sources

MOST_NAMED = 5


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    warn_of_unknown(asked, say)
    by_status = Counter(one.status for one in meant.servers)
    shown = ("ok", "warning", "critical", *(one for one in ("stale", "offline") if by_status[one] or one == "offline"))
    counts = ", ".join(
        f"{status_word(one, say)} {say.count(by_status[one], f'servers_{one}', source='/api/servers')}" for one in shown
    )
    what = scope(asked, meant, say)
    say.line(
        f"{what} 중 {counts}입니다 {as_of(sources, say)}.",
        f"Of {what}: {counts} {as_of(sources, say)}.",
    )
    if sources.is_stale:
        say.line(
            "데이터베이스가 응답하지 않아 마지막 사본으로 답합니다.",
            "The database does not answer: this is told from the last copy.",
        )
    troubled = sorted(
        (one for one in meant.servers if one.status != "ok"), key=lambda one: (STATUSES.index(one.status), one.id)
    )
    for status in STATUSES[:-1]:
        those = [one for one in troubled if one.status == status]
        if those:
            told = ", ".join(f"{say.name(one.id)} {why(one, say)}".strip() for one in those[:MOST_NAMED])
            left = len(those) - MOST_NAMED
            more = (
                say.either(f" 외 {say.count(left, 'more')}대", f" and {say.count(left, 'more')} more")
                if left > 0
                else ""
            )
            say.line(
                f"{status_word(status, say)}: {told}{more}.", f"{status_word(status, say).capitalize()}: {told}{more}."
            )
            for one in those[:MOST_NAMED]:
                say.evidence("metric", one.id, server_url(one.id))
    _alerts(asked, sources, say, {one.id for one in meant.servers}, whole=meant.is_whole)
    say.chart("status", [{"server": one.id, "metric": "status"} for one in meant.servers], sources.now, sources.now)
    if troubled:
        first = troubled[0]
        metric = (first.reason or {}).get("metric")
        if metric:
            say.suggest(f"{first.id} {metric} 왜 높아?", f"Why is {metric} of {first.id} high?")
        say.suggest(f"{first.id} 상태 자세히", f"Status of {first.id}")
    say.suggest("열린 알림 목록", "List open alerts")


def _alerts(asked: Asked, sources: Sources, say: Say, names: set[str], *, whole: bool) -> None:
    alerts = [one for one in sources.open_alerts() if one["server"] in names or (whole and one["server"] is None)]
    unacknowledged = sum(one["acked_at"] is None for one in alerts)
    by_severity = Counter(one["severity"] for one in alerts)
    number = say.count(len(alerts), "alerts", source="/api/alerts")
    if not alerts:
        say.line(f"열린 알림은 {number}건입니다.", f"Open alerts: {number}.")
        return
    parts = ", ".join(
        f"{severity_word(one, say)} {say.count(by_severity[one], f'alerts_{one}', source='/api/alerts')}"
        for one in ("critical", "warning", "info")
        if by_severity[one]
    )
    waiting = say.count(unacknowledged, "alerts_unacknowledged", source="/api/alerts")
    say.line(
        f"열린 알림 {number}건({parts}), 그중 미확인 {waiting}건입니다.",
        f"Open alerts: {number} ({parts}), {waiting} of them not acknowledged.",
    )
    for one in alerts[:MOST_NAMED]:
        say.evidence("alert", one["id"], f"/#/alerts/{one['id']}")


QUESTION = Question(
    "fleet_summary",
    answer,
    tool="fleet_summary",
    examples=(
        ("전체 서버 상태 요약해줘", "How is the whole fleet?"),
        ("지금 열린 알림 보여줘", "Show the open alerts"),
    ),
)
