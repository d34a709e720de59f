"""A report of a day, a week, a month or an incident: a document to keep or print, and its gist as the answer."""

from __future__ import annotations

import re

from lib.mcp.core import alerts as told_alerts
from lib.mcp.core import report_sections as chapters
from lib.mcp.core.phrases import scope, warn_of_unknown
from lib.mcp.core.question import DAY, Asked, Question, Range
from lib.mcp.core.report_incident import incident
from lib.mcp.core.report_pages import Pages
from lib.mcp.core.reporting import LONGEST, Material, gather
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

_INCIDENT = re.compile(
    r"장애|사고|인시던트|사후|포스트모템|(?<![a-z])(?:incidents?|outages?|post-?mortems?)(?![a-z])", re.IGNORECASE
)
_KINDS = (
    (1.6 * DAY, "일간 보고서", "Daily report"),
    (10 * DAY, "주간 보고서", "Weekly report"),
    (float("inf"), "월간 보고서", "Monthly report"),
)


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    if not meant.servers:
        say.line("그 조건에 맞는 서버가 없습니다.", "There is no such server.")
        return
    time = asked.range(sources.now, DAY)
    if time.length > LONGEST:
        time = Range(time.end - LONGEST, time.end, is_default=time.is_default)
    made = gather(asked, sources, time)
    worst = next(iter(made.alerts), None) if _INCIDENT.search(asked.text) else None
    pages = _pages(asked, made, sources, say, of_incident=worst is not None)
    if made.is_partial and made.measured_from is not None:
        since = say.moment(made.measured_from, day=True)
        pages.text(say.either(f"기록은 {since}부터 있습니다. 그 전은 비어 있습니다.",
                              f"The record begins at {since}; what was before is empty."))  # fmt: skip
    if sources.is_stale:
        pages.text(say.either("데이터베이스가 응답하지 않아 마지막 사본으로 만들었습니다.",
                              "The database does not answer: this is made from the last copy."))  # fmt: skip
    newest = told_alerts.current(sources, made.alerts[: chapters.MOST_ROWS])
    if worst is not None:
        incident(worst, made, sources, pages, say)
        chapters.happened(made, pages, say)
        chapters.uptime(made, pages, say)
    else:
        chapters.summary(made, pages, say)
        chapters.uptime(made, pages, say)
        chapters.incidents(made, newest, pages, say)
        chapters.happened(made, pages, say)
        chapters.risks(made, pages, say)
        chapters.changes(made, pages, say)
    chapters.advice(made, pages, say)
    say.document = pages.document()
    _gist(made, worst, newest, pages, sources, say)
    warn_of_unknown(asked, say)
    _beside(made, worst, say)


def _pages(asked: Asked, made: Material, sources: Sources, say: Say, *, of_incident: bool) -> Pages:
    kind = ("장애 보고서", "Incident report")
    if not of_incident:
        kind = next((ko, en) for length, ko, en in _KINDS if made.time.length <= length)
    what, span = scope(asked, made.meant, say), say.span(made.time.start, made.time.end)
    now = say.moment(sources.now, seconds=True, day=True)
    default = ""
    if made.time.is_default:
        length = say.duration(DAY - 1, source="default")
        default = say.either(f", 기본 {length}", f", the default {length}")
    return Pages(
        title=say.either(f"{kind[0]} – {what}", f"{kind[1]} – {what}"),
        lead=say.either(f"{span}{default} · {now} 작성 · OpenManager Vibe", f"{span}{default} · made {now} · OpenManager Vibe"),
        language=say.locale,
    )  # fmt: skip


def _gist(
    made: Material,
    worst: told_alerts.Alert | None,
    newest: told_alerts.Newest,
    pages: Pages,
    sources: Sources,
    say: Say,
) -> None:
    if made.is_partial and made.measured_from is not None:
        since = say.moment(made.measured_from, day=True)
        say.line(f"기록은 {since}부터 있어 그 전은 비어 있습니다.", f"The record begins only at {since}.")
    span = say.span(made.time.start, made.time.end)
    say.line(
        f"보고서를 만들었습니다: **{pages.title}** ({span}).",
        f"The report is made: **{pages.title}** ({span}).",
    )
    figures = [
        (("건강 점수", "health score"), chapters.score(made.score, say)),
        (("가용률", "availability"), chapters.percent(made.percent, say)),
        (("새로 열린 알림", "new alerts"), chapters.opened(made, say)),
        (("오류", "errors"), say.count(sum(one.count for one in made.errors), "errors")),
    ]
    told = ", ".join(f"{say.either(*name)} {value}" for name, value in figures if value)
    say.line(f"요약: {told}.", f"In short: {told}.")
    first = worst or next(iter(made.alerts), None)
    if first is not None:
        line = told_alerts.line_of(first, say, newest)
        say.line(f"가장 심각한 알림: {line}.", f"Gravest alert: {line}.")
    risk = next((chapters.crossing(one, say) for one in made.crossings), None) or next(
        (chapters.health(one, say) for one in chapters.unwell(made)), None
    )
    if risk:
        say.line(f"가장 가까운 위험: {risk}.", f"Nearest risk: {risk}.")
    say.line(
        "전체 문서는 아래에서 HTML(인쇄용)이나 Markdown으로 저장할 수 있습니다.",
        "The whole document can be saved below, as HTML (fit to print) or Markdown.",
    )


def _beside(made: Material, worst: told_alerts.Alert | None, say: Say) -> None:
    told_alerts.evidence(made.alerts, say)
    first = worst or next((one for one in made.alerts if one["server"]), None)
    if first is not None and first["server"]:
        say.suggest(f"{first['server']} 알림 원인 분석해줘", f"Why did the alert on {first['server']} open?")
    say.suggest("이번 달 가동률", "Availability this month")
    say.suggest("디스크 언제 꽉 차?", "When will the disks be full?")
    say.suggest("주간 보고서 만들어줘", "Make a weekly report")


QUESTION = Question(
    "report",
    answer,
    examples=(("일간 보고서 만들어줘", "Make a daily report"), ("주간 보고서 만들어줘", "Make a weekly report")),
)
