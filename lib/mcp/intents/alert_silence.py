"""Silence alerts for a while: what would be muted, from when until when. Done only once it is confirmed."""

from __future__ import annotations

from typing import Any

from lib.mcp.core import alerts as told
from lib.mcp.core.alerts import Alert
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import capital, warn_of_unknown
from lib.mcp.core.question import DAY, HOUR, Asked, Question
from lib.mcp.core.reach import (
    Reach,
    close,
    names_everything,
    points_at_one,
    propose,
    reach_of,
    tell_nobody,
    tell_too_wide,
    words_of,
)
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

USUAL = HOUR
MINUTE = 60
LONGEST = 31 * DAY
MOST_SHOWN = 3
MOST_ALERTS = 100


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    reach = reach_of(asked, sources)
    if not reach.meant.servers:
        tell_nobody(asked, say)
        return
    those = told.those_of(sources.open_alerts(), asked, reach.meant)
    is_vague = reach.meant.is_whole and not asked.metrics and not names_everything(asked)
    is_lost = reach.meant.is_whole and points_at_one(asked)
    if is_lost or (is_vague and not asked.words("severity") and len(those) != 1):
        _ask_which(those, sources, say)
        return
    params = _params(asked, reach, sources, those, only=is_vague or bool(asked.words("severity")), say=say)
    if params is None:
        return
    end, how = _end(asked, sources.now, say)
    if end <= sources.now:
        say.line(
            "음소거가 끝나는 시각이 이미 지났습니다. 언제까지 끌까요?",
            "The silence would have ended already. Until when shall it last?",
        )
        return
    params["ends"] = int(end)
    start = _start(asked, sources.now)
    if start is not None:
        params["starts"] = int(start)
    span = say.span(start or sources.now, end)
    what = _what(asked, reach, params, say)
    say.line(f"**{what}**을 {span} 동안 음소거합니다{how}.", f"Silence **{what}**, {span}{how}.")
    _matched(those, sources, say)
    warn_of_unknown(asked, say)
    if not reach.meant.is_whole or params.get("incidents"):
        say.line(
            "그 밖의 알림은 그대로 전달됩니다. 음소거해도 알림 기록은 계속됩니다.",
            "Everything else still notifies; what is silenced is still recorded.",
        )
    else:
        say.line(
            "**위험 알림도 아무에게도 전달되지 않습니다.** 알림 기록은 계속됩니다.",
            "**Critical alerts will reach nobody either.** They are still recorded.",
        )
    if propose(asked, say, "alert_silence", params, ("음소거", "Silence")):
        close(asked, say, ("음소거는 언제든 끝낼 수 있습니다.", "A silence can be ended at any time."))
    told.evidence(those, say)
    say.suggest("음소거 중인 알림 보여줘", "Show silenced alerts")
    say.suggest("열린 알림 목록", "List open alerts")


def _params(
    asked: Asked, reach: Reach, sources: Sources, those: list[Alert], *, only: bool, say: Say
) -> dict[str, Any] | None:
    """What a silence is told (quietbook.py), without its end; None where none can be made, which is then said. `only`
    these alerts: a silence knows servers, rules and metrics, not severities."""
    if only:
        if not those:
            none, which = say.count(0, "alerts", source=told.SOURCE), told.filters(asked, say)
            say.line(
                f"음소거할 {which} 알림이 열려 있지 않습니다({none}건). 심각도만으로는 앞으로의 알림을 음소거할 수 없으니 서버나 지표를 함께 말씀해 주세요.",
                f"No {which} alert is open ({none}). Alerts to come cannot be silenced by severity alone: name a server or a metric.",
            )
            return None
        return {"incidents": [one["id"] for one in those[:MOST_ALERTS]]}
    if reach.is_too_wide:
        tell_too_wide(say)
        return None
    params: dict[str, Any] = {"scope": {part: list(names) for part, names in reach.scope.items()}}
    if asked.metrics:
        series = [one for metric in asked.metrics for one in told.series_of(metric)]
        rules = [
            rule["id"]
            for rule in sources.rules
            if rule["metric"] in series or rule["metric"].partition(":")[0] in series
        ]
        if len(series) == 1:
            params["metric"] = series[0]
        elif rules:
            params["rules"] = rules
        else:
            called = say.names([measure(metric).called(say.locale) for metric in asked.metrics])
            say.line(
                f"{called}에 대한 알림 규칙이 없어 음소거할 것이 없습니다.",
                f"No rule watches {called}: there is nothing to silence.",
            )
            return None
    return params


def _start(asked: Asked, now: float) -> float | None:
    """When it begins where that is yet to come ("tomorrow from 2 to 4"); None for at once."""
    if asked.whole("duration_s") or not asked.entities.get("time"):
        return None
    start = asked.ahead(now).start
    return start if start >= now + MINUTE else None


def _end(asked: Asked, now: float, say: Say) -> tuple[float, str]:
    """(when it ends, how that was chosen): the length asked for, the end asked for, or the usual hour."""
    seconds = asked.whole("duration_s")
    if seconds:
        if seconds > LONGEST:
            most = say.duration(LONGEST, source="most")
            return now + LONGEST, say.either(f" (최대 {most})", f" ({most} at most)")
        return now + seconds, ""
    if asked.entities.get("time"):
        return min(asked.ahead(now).end, now + LONGEST), ""
    usual = say.duration(USUAL, source="default")
    return now + USUAL, say.either(f" (기본 {usual})", f" (the default {usual})")


def _what(asked: Asked, reach: Reach, params: dict[str, Any], say: Say) -> str:
    """ "web-03의 모든 알림"."""
    if params.get("incidents"):
        number = say.count(len(params["incidents"]), "alerts", source=told.SOURCE)
        return say.either(f"지금 열린 알림 {number}건", f"open alerts: {number}")
    where = words_of(asked, reach, say)
    which = told.filters(asked, say)
    return say.either(f"{where}의 {which or '모든'} 알림", f"{capital(which) or 'all'} alerts on {where}")


def _matched(those: list[Alert], sources: Sources, say: Say) -> None:
    number = say.count(len(those), "alerts", source=told.SOURCE)
    if not those:
        say.line(f"지금 해당하는 열린 알림은 {number}건입니다.", f"Open now: {number}.")
        return
    muted, newest = told.muted(sources, those), told.current(sources, those[:MOST_SHOWN])
    shown = "; ".join(told.line_of(one, say, newest, muted) for one in those[:MOST_SHOWN])
    more = len(those) - MOST_SHOWN
    if more > 0:
        rest = say.count(more, "more")
        shown += say.either(f" 외 {rest}건", f" and {rest} more")
    say.line(f"지금 해당하는 열린 알림 {number}건: {shown}.", f"Open now: {number} – {shown}.")


def _ask_which(those: list[Alert], sources: Sources, say: Say) -> None:
    newest = told.current(sources, those[:MOST_SHOWN])
    number = say.count(len(those), "alerts", source=told.SOURCE)
    say.line(
        f"어느 서버나 지표의 알림을 음소거할까요? 지금 열린 알림은 {number}건입니다.",
        f"Which server's or metric's alerts? {number} are open now.",
    )
    for one in those[:MOST_SHOWN]:
        line = f"- {told.line_of(one, say, newest)}"
        say.line(line, line)
    told.evidence(those, say)
    for name in list(dict.fromkeys(one["server"] for one in those if one["server"]))[:2]:
        say.suggest(f"{name} 알림 1시간 꺼줘", f"Mute alerts on {name} for 1 hour")
    say.suggest("모든 알림 1시간 꺼줘", "Mute all alerts for 1 hour")


QUESTION = Question("alert_silence", answer, tool="silence_alert")
