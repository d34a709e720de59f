"""Acknowledge alerts: which ones it would be. Done only once it is confirmed."""

from __future__ import annotations

from lib.mcp.core import alerts as told
from lib.mcp.core.alerts import Alert
from lib.mcp.core.phrases import capital, scope, warn_of_unknown
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.reach import close, names_everything, points_at_one, propose, tell_nobody
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Sources

MOST_AT_ONCE = 100
MOST_SHOWN = 3


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    if not meant.servers:
        tell_nobody(asked, say)
        return
    those = told.those_of(sources.open_alerts(), asked, meant)
    waiting = [one for one in those if one["acked_at_epoch"] is None]
    if not waiting:
        _tell_none(asked, those, meant, sources, say)
        return
    is_vague = meant.is_whole and not asked.metrics and not asked.words("severity") and not names_everything(asked)
    if (meant.is_whole and points_at_one(asked)) or (is_vague and len(waiting) > 1):
        _ask_which(waiting, sources, say)
        return
    chosen = waiting[:MOST_AT_ONCE]
    number = say.count(len(chosen), "alerts", source=told.SOURCE)
    what, which = scope(asked, meant, say), told.filters(asked, say)
    narrowed = f"{which} " if which else ""
    say.line(
        f"{what}의 {narrowed}미확인 알림 **{number}건**을 확인 처리합니다({told.by_severity(chosen, say)}).",
        f"{capital(narrowed)}{'alerts' if narrowed else 'Alerts'} to acknowledge on {what}: **{number}** "
        f"({told.by_severity(chosen, say)}).",
    )
    _list(chosen, sources, say)
    warn_of_unknown(asked, say)
    left = len(waiting) - len(chosen)
    if left:
        more = say.count(left, "more")
        say.line(f"나머지 {more}건은 그다음에 할 수 있습니다.", f"The other {more} can be done after that.")
    say.line(
        "확인 처리하면 알림은 열린 채로 남고 재알림만 멈춥니다.",
        "An acknowledged alert stays open; it only reminds nobody any more.",
    )
    propose(asked, say, "alert_ack", {"alerts": [one["id"] for one in chosen]}, ("확인 처리", "Acknowledge"))
    close(asked, say, ("확인 처리는 되돌릴 수 없습니다.", "It cannot be taken back."))
    told.evidence(chosen, say)
    say.suggest("열린 알림 목록", "List open alerts")
    if chosen[0]["server"]:
        name = chosen[0]["server"]
        say.suggest(f"{name} 알림 원인 분석해줘", f"Why did the alert on {name} open?")


def _list(chosen: list[Alert], sources: Sources, say: Say) -> None:
    newest = told.current(sources, chosen[:MOST_SHOWN])
    for one in chosen[:MOST_SHOWN]:
        line = f"- {told.line_of(one, say, newest)}"
        say.line(line, line)
    if len(chosen) > MOST_SHOWN:
        more = say.count(len(chosen) - MOST_SHOWN, "more")
        say.line(f"- 외 {more}건", f"- and {more} more")


def _tell_none(asked: Asked, those: list[Alert], meant: Meant, sources: Sources, say: Say) -> None:
    what, none = scope(asked, meant, say), say.count(0, "alerts", source=told.SOURCE)
    which = told.filters(asked, say)
    ko, en = (f"{which} ", f" about {which}") if which else ("", "")
    say.line(
        f"{what}에 확인할 {ko}알림이 없습니다({none}건).",
        f"There is nothing to acknowledge on {what} ({none} alerts{en}).",
    )
    if those:
        number = say.count(len(those), "alerts_acknowledged", source=told.SOURCE)
        say.line(f"열린 알림 {number}건은 이미 확인되었습니다:", f"Open and acknowledged already: {number}.")
        _list(those, sources, say)
        told.evidence(those, say)
    say.suggest("열린 알림 목록", "List open alerts")


def _ask_which(waiting: list[Alert], sources: Sources, say: Say) -> None:
    number = say.count(len(waiting), "alerts", source=told.SOURCE)
    say.line(
        f"미확인 알림이 {number}건 있습니다. 어느 것을 확인 처리할까요?",
        f"There are {number} alerts that nobody acknowledged. Which ones do you mean?",
    )
    _list(waiting, sources, say)
    told.evidence(waiting, say)
    for name in list(dict.fromkeys(one["server"] for one in waiting if one["server"]))[:2]:
        say.suggest(f"{name} 알림 확인 처리해줘", f"Acknowledge the alerts on {name}")
    say.suggest("모든 알림 확인 처리해줘", "Acknowledge all alerts")


QUESTION = Question("alert_ack", answer, tool="ack_alert")
