"""What happened in a time, whichever server it was on: the alerts, what people did, and what was logged as an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.core import alerts as told_alerts
from lib.mcp.core import counted_errors, happenings
from lib.mcp.core.alerts import Alert
from lib.mcp.core.happenings import Happened
from lib.mcp.core.hypotheses import kind_of
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import counted, scope, server_url, warn_of_most
from lib.mcp.core.question import DAY, Asked, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import FEW_POINTS, MOST_READS, Meant, Sources
from lib.mcp.npu import happened
from lib.mcp.npu.text import read

MOST_ALERTS = 3
MOST_KINDS = 3


def is_asked(asked: Asked, meant: Meant) -> bool:
    """Whether the question is what happened, not why something did."""
    is_open = bool(meant.servers) and not asked.metrics and not asked.words("severity")
    return is_open and happened.is_asked(read(asked.text).folded, names_a_time=bool(asked.entities.get("time")))


def tell(asked: Asked, meant: Meant, sources: Sources, say: Say) -> bool:
    """The gravest alerts first, then events and errors. Says that there was none of these, and is False, where so; of a
    time before all record that nothing is known of it."""
    time = asked.range(sources.now, DAY)
    alerts = told_alerts.those_of(told_alerts.during(sources, time.start, time.end), asked, meant)
    found = happenings.read(sources, meant.ids, time.start, time.end)
    events = [one for one in found if one.kind not in {"error", "incident"}]
    errors = counted_errors.of_time(meant, time, sources)
    where, span = scope(asked, meant, say), say.span(time.start, time.end)
    seen = sources.outages(meant.ids[:MOST_READS], time.start, time.end)
    begun = min((one["first_seen"] for one in seen.values()), default=time.start)
    if not (alerts or events or errors["count"]):
        if begun >= time.end and not sources.stretches(meant.ids, measure("cpu"), time.start, time.end, FEW_POINTS):
            day = say.moment(begun, day=True)
            say.line(
                f"{span}의 기록이 없습니다. 서버를 보기 시작한 때는 {day}입니다.",
                f"Nothing is on record of {span}: servers have been watched since {day}.",
            )
            return True
        none = say.count(0, "happened")
        say.line(
            f"{span}, {where}: 알림, 배포, 오류가 없었습니다({none}건).",
            f"{span}, {where}: no alert, no deploy, no error ({none}).",
        )
        _warn_of_begin(begun, time, say)
        warn_of_most(meant.servers, MOST_READS, say)
        return False
    _tell_counts(alerts, f"{span}, {where}", time, say)
    newest = told_alerts.current(sources, alerts[:MOST_ALERTS])
    for one in alerts[:MOST_ALERTS]:
        say.line(line := f"- {told_alerts.line_of(one, say, newest)}", line)
    if len(alerts) > MOST_ALERTS:
        more = say.count(len(alerts) - MOST_ALERTS, "more")
        say.line(
            f"외 {more}건은 알림 목록에 있습니다.",
            f"{more} more {counted(len(alerts) - MOST_ALERTS, 'is', 'are')} in the list of alerts.",
        )
    _tell_events(events, say)
    _tell_errors(errors, say)
    _warn_of_begin(begun, time, say)
    warn_of_most(meant.servers, MOST_READS, say)
    told_alerts.evidence(alerts[:MOST_ALERTS], say)
    happenings.evidence(events[:MOST_KINDS], say)
    first = next((one["server"] for one in alerts if one["server"]), None)
    if first:
        say.suggest(f"{first} 알림 원인 분석해줘", f"Why did the alert on {first} open?")
    if errors["count"]:
        noisy, _ = errors["servers"][0]
        say.evidence("log", errors["groups"][0][0], server_url(noisy), (time.start, time.end))
        say.suggest(f"{noisy} 최근 24시간 에러 로그", f"Error logs of {noisy} over the last 24 hours")
    say.suggest("일간 보고서 만들어줘", "Make a daily report")
    say.suggest("최근 24시간 알림 보여줘", "Show alerts of the last 24 hours")
    return True


def _warn_of_begin(begun: float, time: Range, say: Say) -> None:
    if begun > time.start:
        day = say.moment(begun, day=True)
        say.line(
            f"서버를 보기 시작한 때는 {day}입니다. 그 전의 알림은 없습니다.",
            f"Servers have been watched since {day} only: of before there are no alerts.",
        )


def _tell_counts(alerts: list[Alert], when: str, time: Range, say: Say) -> None:
    opened = [one for one in alerts if told_alerts.began(one) >= time.start]
    number = say.count(len(opened), "alerts_opened", source=told_alerts.SOURCE)
    if not alerts:
        say.line(f"{when}: 알림은 없었습니다({number}건).", f"{when}: no alert ({number}).")
        return
    parts = told_alerts.by_severity(opened, say)
    graded, counts = (f"({parts})", f" ({parts})") if parts else ("", "")
    alert = counted(len(opened), "alert")
    lasting = sum(one["resolved_at_epoch"] is None for one in alerts)
    still = say.count(lasting, "alerts_open", source=told_alerts.SOURCE)
    say.line(
        f"{when}: 알림 **{number}건**{graded}이 새로 열렸고, 지금도 열려 있는 알림은 {still}건입니다.",
        f"{when}: **{number}** {alert} opened{counts}; {still} still open.",
    )


def _tell_events(events: Sequence[Happened], say: Say) -> None:
    """What is the same on several servers is told once."""
    if not events:
        return
    same: dict[tuple[str, str], list[Happened]] = {}
    for one in events:
        same.setdefault((one.kind, one.what), []).append(one)
    ranked = sorted(same.values(), key=lambda them: (-len(them), them[0].at))
    number = _at_least(say.count(len(events), "events"), len(events) >= happenings.MOST, say)
    listed = "; ".join(_event(them, say) for them in ranked[:MOST_KINDS])
    rest = _rest(len(ranked) - MOST_KINDS, len(events) >= happenings.MOST, say)
    say.line(f"배포와 이벤트 {number}: {listed}{rest}.", f"Deploys and events: {number}: {listed}{rest}.")


def _event(them: Sequence[Happened], say: Say) -> str:
    """ "배포 `api v2` (api-01, api-02, 01:30 KST)": the first of them, and how often."""
    servers = sorted({one.server for one in them if one.server})
    parts = [*([say.names(servers, 3)] if servers else []), say.moment(min(one.at for one in them))]
    if len(them) > len(servers):
        number = say.count(len(them), "times")
        parts.append(say.either(f"{number}번", f"{number} times"))
    return f"{kind_of(them[0].kind, say)} {say.code(them[0].what)} ({', '.join(parts)})"


def _tell_errors(errors: Mapping[str, Any], say: Say) -> None:
    if not errors["count"]:
        return
    source, groups = "/api/errors", errors["groups"]
    number = _at_least(say.count(errors["count"], "errors", source=source), False, say)
    most = ", ".join(
        f"{say.name(name)} {say.count(n, 'server_errors', server=name, source=source)}"
        for name, n in errors["servers"][:MOST_KINDS]
    )
    listed = "; ".join(
        f"{say.code(f'{one[2]}: {one[3]}')} {say.count(one[4], 'pattern_lines', source=source)}"
        for one in groups[:MOST_KINDS]
    )
    rest = _rest(len(groups) - MOST_KINDS, len(groups) >= counted_errors.MOST_PATTERNS, say)
    say.line(f"오류 {number}({most}): {listed}{rest}.", f"Errors: {number} ({most}): {listed}{rest}.")


def _at_least(number: str, is_cut: bool, say: Say) -> str:
    return say.either(f"{number}건{' 이상' if is_cut else ''}", f"{'at least ' if is_cut else ''}{number}")


def _rest(left: int, is_cut: bool, say: Say) -> str:
    """How many kinds more; at least so many where not all of them are known."""
    if left <= 0:
        return ""
    more = say.count(left, "more")
    ko, en = (" 이상", "at least ") if is_cut else ("", "")
    return say.either(f" 외 {more}가지{ko}", f" and {en}{more} more {counted(left, 'kind')}")
