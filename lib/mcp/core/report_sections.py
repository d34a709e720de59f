"""The chapters of a report in words: summary, availability, incidents, risks, changes, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.core import alerts as told_alerts
from lib.mcp.core import happenings
from lib.mcp.core.differences import told as difference
from lib.mcp.core.hypotheses import called
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import severity_word, status_word
from lib.mcp.core.report_pages import Pages
from lib.mcp.core.reporting import Crossing, Material
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import STATUSES

MINUTE, DAY = 60, 86_400
MOST_ROWS = 20
MOST_RISKS = 8
SOON = 30 * DAY  # of a date that something should be done about
WELL = 80  # of a health score
NOISY = 5  # openings of one rule in the time
SHOWN = ("cpu", "memory", "disk", "iowait", "latency", "error_rate")
GOAL = 99.9  # percent; below it the report says to look


def summary(made: Material, pages: Pages, say: Say) -> None:
    pages.heading(say.either("요약", "Summary"))
    pages.table(
        [say.either("항목", "what"), say.either("값", "value")],
        [[name, value] for name, value in _figures(made, say) if value],
    )


def _figures(made: Material, say: Say) -> list[tuple[str, str]]:
    statuses = Counter(one.status for one in made.meant.servers)
    shown = [one for one in STATUSES[::-1] if statuses[one]]
    counts = ", ".join(f"{status_word(one, say)} {say.count(statuses[one], f'servers_{one}')}" for one in shown)
    servers = f"{say.count(len(made.meant.servers), 'servers')} ({counts})"
    either = say.either
    return [
        (either("서버 (지금)", "servers (now)"), servers),
        (either("건강 점수", "health score"), score(made.score, say)),
        (either("가용률", "availability"), percent(made.percent, say)),
        (either("이 기간에 열린 알림", "alerts opened"), opened(made, say)),
        (either("아직 열린 알림", "still open"), say.count(len(made.still_open), "alerts_open")),
        (either("해결까지 평균", "average time to resolve"), _length(made.lengths(), say)),
        (either("오류 로그", "errors logged"), say.count(sum(one.count for one in made.errors), "errors")),
        (either("배포와 이벤트", "deploys and events"), say.count(len(made.events), "events")),
        *((f"{either('평균', 'average')} {called(name, say)}", _mean(made, name, say)) for name in SHOWN),
    ]


def score(value: int | None, say: Say) -> str:
    if value is None:
        return ""
    number = say.count(value, "health_score", source="/api/analysis")
    return say.either(f"{number}점", number)


def percent(value: float | None, say: Say) -> str:
    return "" if value is None else say.number(value, "%", metric="availability", decimals=3, source="/api/alerts")


def opened(made: Material, say: Say) -> str:
    number = say.count(len(made.opened), "alerts_opened", source=told_alerts.SOURCE)
    parts = told_alerts.by_severity(made.opened, say)
    return f"{number} ({parts})" if parts else number


def _length(lengths: Sequence[float], say: Say) -> str:
    return say.duration(sum(lengths) / len(lengths), metric="time_to_resolve") if lengths else ""


def _mean(made: Material, name: str, say: Say) -> str:
    means = made.means.get(name)
    if not means:
        return ""
    return say.number(sum(means) / len(means), measure(name).unit, metric=f"{name}_mean", source="/api/servers")


def uptime(made: Material, pages: Pages, say: Say) -> None:
    pages.heading(say.either("가용성", "Availability"))
    unsure = [
        one.id for one in made.silent if not (made.availability.get(one.id) and made.availability[one.id].outages)
    ]
    if unsure:
        named = say.names(unsure)
        pages.text(
            say.either(
                f"지금 보고가 없는 서버({named})는 알림이 열린 때부터 중단으로 셉니다.",
                f"Servers that are silent now ({named}) count as down from when their alert opens.",
            )
        )
    if not made.down:
        number = say.count(0, "outages")
        pages.text(say.either(f"중단이 없었습니다({number}회).", f"There were no outages ({number})."))
        return
    head = ("서버", "가용률", "중단", "횟수", "언제") if say.locale == "ko" else (
        "server", "availability", "down", "times", "when"
    )  # fmt: skip
    rows = []
    for name, one in made.down[:MOST_ROWS]:
        when = ", ".join(say.span(it.start, it.end) for it in one.outages[:3])
        share = say.number(one.percent or 0.0, "%", server=name, metric="availability", decimals=3)
        length = say.duration(one.down, server=name, metric="downtime")
        rows.append([say.name(name), share, length, say.count(len(one.outages), "outages", server=name), when])
    pages.table(head, rows)


def incidents(made: Material, newest: told_alerts.Newest, pages: Pages, say: Say) -> None:
    pages.heading(say.either("알림과 장애", "Alerts and incidents"))
    if not made.alerts:
        number = say.count(0, "alerts")
        pages.text(say.either(f"이 기간에 알림이 없었습니다({number}건).", f"There were no alerts ({number})."))
        return
    head = ("심각도", "서버", "규칙", "값 (기준)", "기간", "상태") if say.locale == "ko" else (
        "severity", "server", "rule", "value (level)", "how long", "state"
    )  # fmt: skip
    pages.table(
        head,
        [
            [
                severity_word(one["severity"], say), told_alerts.where(one, say), told_alerts.called(one, say),
                told_alerts.about(one, say, newest), told_alerts.lasted(one, say), told_alerts.state(one, {}, say),
            ]
            for one in made.alerts[:MOST_ROWS]
        ],
    )  # fmt: skip
    left = len(made.alerts) - MOST_ROWS
    if left > 0:
        more = say.count(left, "more")
        pages.text(say.either(f"외 {more}건은 알림 페이지에 있습니다.", f"{more} more are on the page of alerts."))


def happened(made: Material, pages: Pages, say: Say) -> None:
    if not made.happened:
        return
    pages.heading(say.either("이벤트와 오류", "Events and errors"))
    pages.items([happenings.told(one, say) for one in [*made.events[:10], *made.errors[:5]]])


def risks(made: Material, pages: Pages, say: Say) -> None:
    pages.heading(say.either("위험", "Risks"))
    lines = [crossing(one, say) for one in made.crossings[:MOST_RISKS]]
    lines += [health(one, say) for one in unwell(made)[:MOST_RISKS]]
    if lines:
        pages.items(lines)
    else:
        pages.text(
            say.either(
                "예측된 도달 시점도, 건강 점수가 낮은 서버도 없습니다.",
                "No level is foreseen to be reached, and no server has a low health score.",
            )
        )


def unwell(made: Material) -> list[dict[str, Any]]:
    return [one for one in made.scores if one["score"] is not None and one["score"] < WELL]


def crossing(one: Crossing, say: Say) -> str:
    """ "db-02 디스크 /data: 2026-12-29 전후에 100% 도달 (12-21 – 01-09)"."""
    of = measure(one.series)
    level = say.number(one.level, of.unit, server=one.server, metric=f"{one.series}_level")
    where, at = f"{say.name(one.server)} {called(one.series, say)}", say.date(one.at)
    span = ""
    if one.earliest and one.latest:
        span = f" ({say.date(one.earliest)} – {say.date(one.latest)})"
    return say.either(f"{where}: {at} 전후에 {level} 도달{span}", f"{where}: reaches {level} around {at}{span}")


def health(one: Mapping[str, Any], say: Say) -> str:
    number = say.count(one["score"], "health_score", server=one["server"], source="/api/analysis")
    reasons = ", ".join(_reason(why, one["server"], say) for why in one["reasons"])
    tail = f": {reasons}" if reasons else ""
    return say.either(f"{say.name(one['server'])} 건강 점수 {number}점{tail}",
                      f"{say.name(one['server'])} has a health score of {number}{tail}")  # fmt: skip


def _reason(why: Mapping[str, Any], server: str, say: Say) -> str:
    code = str(why["code"])
    points = say.number(why["points"], "", server=server, metric=f"points_{code}")
    if code == "unmeasured":
        return say.either(f"측정되지 않은 시간 −{points}", f"not measured −{points}")
    if code.startswith("incident:"):
        severity = severity_word(code.partition(":")[2], say)
        return say.either(f"{severity} 알림 −{points}", f"{severity} alerts −{points}")
    series = str(why["series"] or code)
    level = say.number(why["level"], measure(series).unit, server=server, metric=series)
    return f"{called(series, say)} {level} −{points}"


def changes(made: Material, pages: Pages, say: Say) -> None:
    pages.heading(say.either("이전 기간과 비교", "Against the time before"))
    before = say.span(made.before.start, made.before.end)
    if made.before_from is None:
        pages.text(
            say.either(
                f"이전 기간({before})의 기록이 없어 비교하지 않았습니다.",
                f"There is no record of the time before ({before}) to compare with.",
            )
        )
        return
    if made.is_before_partial:
        since = say.moment(made.before_from, day=True)
        pages.text(
            say.either(
                f"이전 기간의 기록은 {since}부터라서 같은 길이의 비교가 아닙니다.",
                f"The record of the time before begins at {since}: the two are not of one length.",
            )
        )
    if not made.changed:
        pages.text(say.either(f"이전 기간({before})과 뚜렷이 다른 지표가 없습니다.",
                              f"Nothing differs clearly from the time before ({before})."))  # fmt: skip
        return
    pages.text(say.either(f"평균값의 변화가 큰 순서입니다. 이전 기간: {before}.",
                          f"Largest changes of averages first. The time before: {before}."))  # fmt: skip
    head = ("서버", "지표", "이전", "이번", "변화") if say.locale == "ko" else (
        "server", "metric", "before", "now", "change"
    )  # fmt: skip
    rows = []
    for one in made.changed[:MOST_RISKS]:
        of = measure(one.name)
        was, now = (
            say.number(value, of.unit, server=one.server, metric=one.name)
            for value in (one.means.before, one.means.after)
        )
        change = difference(of, one.means, say, one.server)
        rows.append([say.name(one.server), say.name(of.called(say.locale)), was, now, change])
    pages.table(head, rows)


def advice(made: Material, pages: Pages, say: Say) -> None:
    pages.heading(say.either("권고", "Recommendations"))
    lines = [*_of_alerts(made, say), *_of_capacity(made, say), *_of_silence(made, say)]
    if lines:
        pages.items(lines)
    else:
        pages.text(say.either("이 기간의 기록으로 보아 지금 필요한 조치가 없습니다.",
                              "By the record of this time nothing needs to be done now."))  # fmt: skip


def _of_alerts(made: Material, say: Say) -> list[str]:
    lines: list[str] = []
    for one in made.still_open:
        if one["severity"] == "critical" and one["acked_at_epoch"] is None and len(lines) < 5:
            what = f"{told_alerts.where(one, say)} {told_alerts.named(one, say)}"
            lasted = told_alerts.lasted(one, say)
            lines.append(
                say.either(
                    f"{what}: 위험 알림을 아무도 확인하지 않았습니다. {lasted}. 담당자를 정하세요.",
                    f"{what}: nobody acknowledged this critical alert, {lasted}. Decide who looks after it.",
                )
            )
    often = Counter((_noisy(one, say), one["server"]) for one in made.opened)
    for (rule, server), times in often.most_common(3):
        if times >= NOISY:
            number, where = say.count(times, "times", server=server), say.name(server or "–")
            lines.append(
                say.either(
                    f"{where} {rule}: {number}번 열렸습니다. 기준이나 지속 시간을 조정할지 살펴보세요.",
                    f"{where} {rule} opened {number} times: look whether its level or hold should change.",
                )
            )
    return lines


def _noisy(alert: Mapping[str, Any], say: Say) -> str:
    """What opened: of another monitor's alert its title there."""
    return say.name(alert["detail"]) if alert.get("source") else told_alerts.called(alert, say)


def _of_capacity(made: Material, say: Say) -> list[str]:
    lines = []
    for one in made.crossings[:5]:
        if one.at < made.time.end + SOON:
            told = crossing(one, say)
            lines.append(say.either(f"{told}. 비우거나 늘리세요.", f"{told}. Clean it up or enlarge it."))
    for size in [one for one in made.sizes if one["verdict"] == "larger"][:3]:
        what = f"{say.name(size['server'])} {called(size['resource'], say)}"
        lines.append(say.either(f"{what}: 지금 크기가 모자랍니다. 늘리는 것을 검토하세요.",
                                f"{what}: its size does not do. Consider a larger one."))  # fmt: skip
    return lines


def _of_silence(made: Material, say: Say) -> list[str]:
    lines = []
    for one in made.silent[:5]:
        seen = say.moment(one.last_seen) if one.last_seen else "–"
        name = say.name(one.id)
        lines.append(
            say.either(
                f"{name}: 보고가 없습니다(마지막 {seen}). 서버와 에이전트를 확인하세요.",
                f"{name} is silent (last report {seen}). Check it and its agent.",
            )
        )
    for server, there in made.down[:3]:
        if there.percent is not None and there.percent < GOAL:
            share = say.number(there.percent, "%", server=server, metric="availability", decimals=3)
            name = say.name(server)
            lines.append(
                say.either(
                    f"{name}: 가용률 {share}. 중단 원인을 확인하세요.",
                    f"{name} was available {share} of the time: find out why not always.",
                )
            )
    return lines
