"""How much of a time servers were there, when they were not, whether that keeps a target, and since when they run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import (
    capital,
    counted,
    range_words,
    scope,
    server_source,
    server_url,
    status_word,
    warn_of_unknown,
)
from lib.mcp.core.question import DAY, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.monitoring.availability import Availability, availability

USUAL = 30 * DAY
MOST_SINGLE = 2
MOST_OUTAGES = 2  # in sentences; more make a table
MINUTE = 60
BINS = 200
_ABOUT_RUNNING = re.compile(
    r"재부팅|리부팅|재시작|부팅|리붓|켜져|켜진|꺼지지|안 ?꺼지|버텼|며칠|얼마나 오래|가동 ?시간|"
    r"(?<![a-z])(?:re-?boots?|rebooted|boot(?:ed)?|restart(?:ed)?|running for|been up|up for|up since|how long)",
    re.IGNORECASE,
)
_LATEST = re.compile(r"마지막|최근|방금|(?<![a-z])(?:last|latest|recent(?:ly)?|newest)", re.IGNORECASE)
_WENT_DOWN = re.compile(
    r"다운|죽었|죽은|꺼졌|내려갔|끊겼|중단된|(?<![a-z])(?:went|gone|were|was|been) (?:down|offline)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Record:
    server: Server
    there: Availability

    @property
    def percent(self) -> float:
        return self.there.percent if self.there.percent is not None else 0.0


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    time = asked.range(sources.now, USUAL)
    found = sources.outages(meant.ids, time.start, time.end)
    records = [
        Record(one, availability(found[one.id]["first_seen"], found[one.id]["spans"], time.start, time.end))
        for one in meant.servers
        if one.id in found
    ]
    known = [one for one in records if one.there.percent is not None]
    target = _target(asked)
    about_running = bool(_ABOUT_RUNNING.search(asked.text)) and target is None
    if not known:
        what, when = scope(asked, meant, say), range_words(time, say)
        say.line(
            f"{what}의 {when} 기록이 없습니다: 그때는 아직 등록되지 않았습니다.",
            f"There is no record of {what} for {when}: it was not registered yet.",
        )
        for one in records if len(records) <= MOST_SINGLE else ():
            _before_it_was_seen(one.server, time, time.end, sources, say)
            _running(one.server, time, sources, say)
    elif len(meant.servers) <= MOST_SINGLE:
        for one in known:
            if about_running:
                _running(one.server, time, sources, say)
            _single(one, time, target, sources, say)
            if not about_running:
                _running(one.server, time, sources, say)
    else:
        _many(known, time, target, asked, sources, say, about_running=about_running)
    if known:
        _based_on(say)
    warn_of_unknown(asked, say)
    _beside(known, time, target, say)


def _target(asked: Asked) -> float | None:
    """The availability somebody wants, in percent."""
    for one in asked.conditions:
        if one["metric"] == "uptime" and one.get("unit") in {"%", "", None} and 0 < float(one["value"]) <= 100:
            return float(one["value"])
    return None


def _percent(one: Record, say: Say) -> str:
    return say.number(
        one.percent, "%", server=one.server.id, metric="availability", decimals=3, source="/api/alerts"
    )  # fmt: skip


def _minutes(seconds: float, say: Say, server: str | None = None) -> str:
    value = say.number(seconds / MINUTE, "", server=server, metric="downtime_minutes", source="/api/alerts")
    return say.either(f"{value}분", f"{value} min")


def _single(one: Record, time: Range, target: float | None, sources: Sources, say: Say) -> None:
    server, there = one.server, one.there
    is_short = there.start > time.start + MINUTE
    if is_short:
        since = say.moment(there.start, day=True)
        say.line(
            f"{say.name(server.id)}의 기록은 {since}부터 있어 그때부터 계산합니다.",
            f"The record of {say.name(server.id)} begins at {since}, so this counts from there.",
        )
        _before_it_was_seen(server, time, there.start, sources, say)
    when = say.span(there.start, there.end) if is_short else range_words(time, say)
    percent, down = _percent(one, say), _minutes(there.down, say, server.id)
    number = say.count(len(there.outages), "outages", server=server.id, source="/api/alerts")
    say.line(
        f"{say.name(server.id)} 가용률 **{percent}**, 중단 {number}회 {down} ({when}).",
        f"{say.name(server.id)} was available **{percent}** of the time: {number} {counted(len(there.outages), 'outage')}, {down} down ({when}).",
    )
    if target is not None:
        _kept(one, target, say)
    _outages(one, say)
    for outage in there.outages[-5:]:
        say.evidence("alert", f"{server.id}/heartbeat", server_url(server.id), (outage.start, outage.end))


def _before_it_was_seen(server: Server, time: Range, seen: float, sources: Sources, say: Say) -> None:
    """Samples that were sent later, of a time before anybody listened: no more than how much of it they cover."""
    found = sources.stretches([server.id], measure("cpu"), time.start, seen, BINS).get(server.id)
    if found is None or seen - found.points[0][0] < 2 * found.step:
        return
    first = found.points[0][0]
    bins = max(1.0, (seen - first) / found.step)
    share = say.number(min(100.0, 100 * len(found.points) / bins), "%", server=server.id, metric="measured_share")
    span = say.span(first, seen)
    say.line(
        f"{span}: 등록되기 전이라 나중에 받은 표본뿐이며, 그 구간의 {share}에 측정값이 있습니다.",
        f"{span} was before it was registered: there are only samples that were sent later; {share} of it was measured.",
    )


def _kept(one: Record, target: float, say: Say) -> None:
    """Whether the target is kept, with the time it allows."""
    wanted = say.number(target, "%", metric="target", decimals=3)
    allowed = one.there.seconds * (1 - target / 100)
    budget = _minutes(allowed, say)
    left = allowed - one.there.down
    if one.percent >= target:
        rest = _minutes(left, say)
        say.line(
            f"목표 {wanted}: **충족**. 이 기간에 허용되는 중단은 {budget}이고 {rest} 남았습니다.",
            f"Target {wanted}: **met**. It allows {budget} of downtime in this time, {rest} of it left.",
        )
    else:
        over = _minutes(-left, say)
        say.line(
            f"목표 {wanted}: **미달**. 이 기간에 허용되는 중단은 {budget}인데 {over} 초과했습니다.",
            f"Target {wanted}: **not met**. It allows {budget} of downtime in this time, exceeded by {over}.",
        )


def _outages(one: Record, say: Say) -> None:
    shown = list(reversed(one.there.outages))
    going_on = say.either("진행 중", "going on")
    if len(shown) <= MOST_OUTAGES:
        for outage in shown:
            length = say.duration(outage.seconds, server=one.server.id, metric="outage")
            tail = f", {going_on}" if outage.lasts else ""
            say.line(
                f"중단: {say.span(outage.start, outage.end)} ({length}{tail}).",
                f"Outage: {say.span(outage.start, outage.end)} ({length}{tail}).",
            )
        return
    rows = [
        [
            say.span(outage.start, outage.end),
            say.duration(outage.seconds, server=one.server.id, metric="outage"),
            going_on if outage.lasts else "–",
        ]
        for outage in shown[:50]
    ]
    say.table([say.either("중단", "outage"), say.either("길이", "length"), ""], rows)


def _started(one: Server) -> float | None:
    if one.boot_at:
        return one.boot_at
    uptime = one.metrics.get("uptime")
    return one.last_seen - uptime if uptime and one.last_seen else None


def _reboots(one: Server, time: Range, sources: Sources, say: Say) -> str:
    """ " 이 기간 재부팅 1회(11:44)": by the events of the agent; nothing where none is known."""
    filters = {"from": int(time.start), "to": int(time.end) + 1, "most": 200}
    events = sources.house.queries.events(one.id, filters, sources.sight)["events"]
    times = [event["at_epoch"] for event in events if event["kind"] == "reboot"]
    if not times:
        return ""
    number = say.count(len(times), "reboots", server=one.id, source=server_source(one.id, "/events"))
    when = ", ".join(say.moment(at) for at in times[:3])
    word = counted(len(times), "reboot")
    return say.either(f" 이 기간 재부팅 {number}회({when}).", f" {number} {word} in this time ({when}).")


def _running(one: Server, time: Range, sources: Sources, say: Say) -> None:
    """Since when the system runs, and how often it was restarted lately as the agent tells it."""
    started = _started(one)
    name = say.name(one.id)
    if started is None:
        say.line(
            f"{name}: 부팅 시각을 보내지 않아 마지막 재부팅을 알 수 없습니다(수집되지 않음).",
            f"{name} does not report when it was started, so its last reboot is not known (not collected).",
        )
        return
    at = say.moment(started, day=True)
    if one.is_there:
        up = say.duration(sources.now - started, server=one.id, metric="uptime", source=server_source(one.id))
        reboots = _reboots(one, time, sources, say)
        say.line(
            f"{name}의 마지막 부팅은 {at}, 가동 {up}입니다.{reboots}",
            f"{name} was last started at {at} and has been up for {up}.{reboots}",
        )
    else:
        seen = say.moment(one.last_seen, day=True) if one.last_seen else "–"
        state = status_word(one.status, say)
        say.line(
            f"{name}의 마지막 부팅은 {at}입니다. 지금은 {state} 상태이고 마지막 보고는 {seen}입니다.",
            f"{name} was last started at {at}. It is {state} now; its last report was {seen}.",
        )
        say.stale = True


def _many(
    known: Sequence[Record],
    time: Range,
    target: float | None,
    asked: Asked,
    sources: Sources,
    say: Say,
    *,
    about_running: bool,
) -> None:
    worst_first = sorted(known, key=lambda one: (one.percent, one.server.id))
    if about_running:
        _longest(known, sources, say, last_first=bool(_LATEST.search(asked.text)))
    seconds = sum(one.there.seconds for one in known)
    down = sum(one.there.down for one in known)
    mean = say.number(100 * (1 - down / seconds), "%", metric="availability", decimals=3, source="/api/alerts")
    what, when = scope(asked, sources.meant(asked), say), range_words(time, say)
    late = [one for one in known if one.there.start > time.start + MINUTE]
    if late:
        first = say.moment(min(one.there.start for one in late), day=True)
        number = say.count(len(late), "shorter")
        say.line(
            f"{number}대는 기록이 이 기간보다 늦게 시작되어(가장 이른 것은 {first}) 그때부터 계산합니다.",
            f"The records of {number} begin later than this time (the earliest at {first}) and count from there.",
        )
    if _WENT_DOWN.search(asked.text):
        _who_went_down(worst_first, say)
    if target is not None:
        _who_missed(worst_first, target, say)
    total = _minutes(down, say)
    in_all = sum(len(one.there.outages) for one in known)
    outages = say.count(in_all, "outages", source="/api/alerts")
    asked_whole = sources.meant(asked).is_whole
    say.line(
        f"{what} 가용률 **{mean}**, 중단 {outages}회 모두 {total} ({when}).",
        f"{capital(what) if asked_whole else what} {counted(len(known), 'was', 'were')} available **{mean}** of the time: {outages} {counted(in_all, 'outage')}, {total} down in all ({when}).",
    )
    headers = (
        ("서버", "server"), ("가용률", "availability"), ("중단(분)", "down (min)"), ("횟수", "outages"),
        ("마지막 부팅", "last started"),
    )  # fmt: skip
    rows = []
    for one in worst_first:
        started = _started(one.server)
        rows.append([
            say.name(one.server.id), _percent(one, say),
            say.number(one.there.down / MINUTE, "", server=one.server.id, metric="downtime_minutes"),
            say.count(len(one.there.outages), "outages", server=one.server.id),
            say.moment(started, day=True, zone=False) if started else "–",
        ])  # fmt: skip
    say.table([say.either(*one) for one in headers], rows)
    for one in worst_first[:3]:
        for outage in one.there.outages[-2:]:
            say.evidence(
                "alert", f"{one.server.id}/heartbeat", server_url(one.server.id), (outage.start, outage.end)
            )  # fmt: skip


def _who_missed(worst_first: Sequence[Record], target: float, say: Say) -> None:
    missed = [one for one in worst_first if one.percent < target]
    wanted, number = say.number(target, "%", metric="target", decimals=3), say.count(len(missed), "missed")
    kept = say.count(len(worst_first) - len(missed), "kept")
    names = f": {say.names([one.server.id for one in missed])}" if missed else ""
    say.line(
        f"목표 {wanted}: 충족 {kept}대, 미달 {number}대{names}.",
        f"Target {wanted}: {kept} met it, {number} did not{names}.",
    )


def _who_went_down(worst_first: Sequence[Record], say: Say) -> None:
    down = [one.server.id for one in worst_first if one.there.outages]
    number = say.count(len(down), "went_down", source="/api/alerts")
    names = f": {say.names(down)}" if down else ""
    say.line(
        f"그동안 중단된 서버는 **{number}대**입니다{names}.",
        f"**{number}** {counted(len(down), 'server')} went down in that time{names}.",
    )


def _longest(known: Sequence[Record], sources: Sources, say: Say, *, last_first: bool) -> None:
    """Who was restarted last, and who runs for longest; first whom the question asks for."""
    started = sorted(
        ((at, one.server) for one in known if one.server.is_there and (at := _started(one.server)) is not None),
        key=lambda it: (it[0], it[1].id),
    )
    if not started:
        say.line("부팅 시각을 보내는 서버가 없습니다.", "None of them reports when it was started.")
        return
    (oldest_at, oldest), (newest_at, newest) = started[0], started[-1]
    old = say.duration(sources.now - oldest_at, server=oldest.id, metric="uptime", source=server_source(oldest.id))
    new = say.duration(sources.now - newest_at, server=newest.id, metric="uptime", source=server_source(newest.id))
    since = say.moment(newest_at, day=True)
    lines = [
        (
            f"가장 오래 가동 중인 서버는 **{say.name(oldest.id)}**입니다({old}).",
            f"**{say.name(oldest.id)}** has been up for longest ({old}).",
        ),
        (
            f"가장 최근에 부팅된 서버는 **{say.name(newest.id)}**입니다({since}, {new} 전).",
            f"**{say.name(newest.id)}** was started last ({since}, {new} ago).",
        ),
    ]
    for ko, en in reversed(lines) if last_first else lines:
        say.line(ko, en)


def _based_on(say: Say) -> None:
    say.line(
        "근거: 서버의 보고가 끊긴 시간(하트비트 알림). 공개 상태 페이지와 같은 방식입니다.",
        "Based on the times when nothing was heard of a server (heartbeat alerts), as on the public status page.",
    )


def _beside(known: Sequence[Record], time: Range, target: float | None, say: Say) -> None:
    if not known:
        return
    worst = min(known, key=lambda one: (one.percent, one.server.id)).server.id
    say.chart("status", [{"server": one.server.id, "metric": "status"} for one in known[:50]], time.start, time.end, threshold=target)  # fmt: skip
    say.suggest(f"{worst} 알림 내역 지난 7일", f"Alerts of {worst} over the last 7 days")
    say.suggest(f"{worst} 상태", f"Status of {worst}")
    say.suggest("이번 달 가동률", "Availability this month")


QUESTION = Question(
    "uptime_sla",
    answer,
    examples=(("이번 달 가동률", "Availability this month"), ("지난 7일 가동률 99.9% 넘었어?", "Was availability above 99.9% over the last 7 days?")),
)  # fmt: skip
