"""What happened in a time, whichever server it was on: the alerts, what people did, and what was logged as an error."""

from __future__ import annotations

from lib.mcp.core import alerts as told_alerts
from lib.mcp.core import happenings
from lib.mcp.core.happenings import Happened
from lib.mcp.core.phrases import capital, scope, warn_of_most
from lib.mcp.core.question import DAY, Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import MOST_READS, Meant, Sources
from lib.mcp.npu import happened
from lib.mcp.npu.text import read

MOST_ALERTS = 3
MOST_EVENTS = 3


def is_asked(asked: Asked, meant: Meant) -> bool:
    """Whether the question is what happened among several servers, not why something did."""
    is_open = len(meant.servers) > 1 and not asked.metrics and not asked.words("severity")
    return is_open and happened.is_asked(read(asked.text).folded, names_a_time=bool(asked.entities.get("time")))


def tell(asked: Asked, meant: Meant, sources: Sources, say: Say) -> bool:
    """The gravest alerts first, then events and errors. Says that there was none of these, and is False, where so."""
    time = asked.range(sources.now, DAY)
    alerts = told_alerts.those_of(told_alerts.during(sources, time.start, time.end), asked, meant)
    found = happenings.read(sources, meant.ids, time.start, time.end)
    events = [one for one in found if one.kind not in {"error", "incident"}]
    errors = sorted((one for one in found if one.kind == "error"), key=lambda one: (-one.count, one.at))
    where, span = scope(asked, meant, say), say.span(time.start, time.end)
    if not (alerts or events or errors):
        none = say.count(0, "happened")
        say.line(
            f"{span}, {where}: 알림, 배포, 오류가 없었습니다({none}건).",
            f"{span}, {where}: no alert, no deploy, no error ({none}).",
        )
        warn_of_most(meant.servers, MOST_READS, say)
        return False
    opened = [one for one in alerts if told_alerts.began(one) >= time.start]
    lasting = [one for one in alerts if one["resolved_at_epoch"] is None]
    number = say.count(len(opened), "alerts_opened", source=told_alerts.SOURCE)
    parts = told_alerts.by_severity(opened, say)
    graded = f" ({parts})" if parts else ""
    still = say.count(len(lasting), "alerts_open", source=told_alerts.SOURCE)
    say.line(
        f"{span}, {where}: 새로 열린 알림 **{number}건**{graded}, 그때 열려 있던 것 중 지금도 열린 알림 {still}건.",
        f"{span}, {where}: **{number}** alerts opened{graded}; of those open then, {still} still are.",
    )
    newest = told_alerts.current(sources, alerts[:MOST_ALERTS])
    for one in alerts[:MOST_ALERTS]:
        say.line(line := f"- {told_alerts.line_of(one, say, newest)}", line)
    if len(alerts) > MOST_ALERTS:
        more = say.count(len(alerts) - MOST_ALERTS, "more")
        say.line(f"외 {more}건은 알림 목록에 있습니다.", f"{more} more are in the list of alerts.")
    _tell_those(events, say, ("배포와 이벤트", "deploys and events"))
    _tell_those(errors, say, ("오류", "errors"))
    warn_of_most(meant.servers, MOST_READS, say)
    told_alerts.evidence(alerts[:MOST_ALERTS], say)
    happenings.evidence([*events[:MOST_EVENTS], *errors[:MOST_EVENTS]], say)
    first = next((one["server"] for one in alerts if one["server"]), None)
    if first:
        say.suggest(f"{first} 알림 원인 분석해줘", f"Why did the alert on {first} open?")
    say.suggest("일간 보고서 만들어줘", "Make a daily report")
    say.suggest("최근 24시간 알림 보여줘", "Show alerts of the last 24 hours")
    return True


def _tell_those(those: list[Happened], say: Say, called: tuple[str, str]) -> None:
    if not those:
        return
    ko, en = called
    number = say.count(sum(one.count for one in those), en.replace(" ", "_"))
    listed = "; ".join(happenings.told(one, say) for one in those[:MOST_EVENTS])
    left = len(those) - MOST_EVENTS
    more = say.count(left, "more") if left > 0 else ""
    rest = say.either(f" 외 {more}가지", f" and {more} more") if more else ""
    say.line(f"{ko} {number}건: {listed}{rest}.", f"{capital(en)}: {number}, as {listed}{rest}.")
