"""What changed in a time, and what moves together: events and changes of level; or how strongly two measures go along,
and which of them is ahead. Going along is not being the cause, and that is always said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lib.mcp.core import alerts, happenings
from lib.mcp.core.hypotheses import called, value
from lib.mcp.core.korean import with_particle
from lib.mcp.core.measures import measure
from lib.mcp.core.movement import MOST_SERVERS, WATCHED, Key, Move, evenly, leading, moves, read
from lib.mcp.core.phrases import counted, range_words, scope, server_url, warn_of_age, warn_of_unknown
from lib.mcp.core.question import HOUR, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.monitoring.analyzers.lags import Lagged, lagged, related
from lib.monitoring.analyzers.ranks import false_discoveries
from lib.monitoring.analyzers.tracks import Track

USUAL = 6 * HOUR
SINCE = (HOUR, USUAL, 24 * HOUR, 7 * 24 * HOUR)  # "since when": the near past first, which is seen most closely
MARGIN, SHORT = 3 * HOUR, 3 * HOUR  # before a short time, so that what changed in it can be told from what was before
MOST_OTHERS = 12
MOST_PAIRS = 60
MOST_SHOWN = 3
Q_MOST = 0.01
NOT_CAUSE = (
    "상관관계는 원인이 아닙니다. 함께 움직여도 다른 것이 둘을 함께 움직였을 수 있습니다.",
    "Correlation is not cause: something else may move both.",
)
_SINCE = re.compile(
    r"언제부터|부터 (?:이렇게|이랬|그랬)|몇 시부터|어느 시점부터|(?<![a-z])(?:since when|how long|when did)(?![a-z])"
)
OTHERS = ("cpu", "memory", "iowait", "disk_busy", "net_in", "latency", "requests", "connections")


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    if not meant.servers:
        say.line("그 조건에 맞는 서버가 없습니다.", "There is no such server.")
        return
    if len(meant.servers) == 1:
        warn_of_age(meant.servers, sources, say)
    time = asked.range(sources.now, USUAL)
    if len(asked.metrics) >= 2:
        _pairs(asked, sources, meant.servers, time, say)
    elif asked.metrics:
        _along(asked, sources, meant.servers, time, say)
    else:
        _overview(asked, sources, meant.servers, time, say)
    warn_of_unknown(asked, say)


# What changed


def _overview(asked: Asked, sources: Sources, servers: Sequence[Server], time: Range, say: Say) -> None:
    names = [one.id for one in servers]
    happened = happenings.read(sources, names, time.start, time.end)
    looked_at = names[:MOST_SERVERS]
    begin = time.start - (MARGIN if time.length <= SHORT else HOUR)
    tracks, _ = read(sources, looked_at, WATCHED, begin, time.end)
    changed = moves(tracks, time.start, time.end)
    what, when = scope(asked, sources.meant(asked), say), range_words(time, say)
    events = [one for one in happened if one.kind not in {"error", "incident"}]
    numbers = {
        "events": len(events),
        "alerts_opened": sum(one.kind == "incident" for one in happened),
        "errors": sum(one.count for one in happened if one.kind == "error"),
        "changes": len(changed),
    }
    told_events, opened, errors, levels = (say.count(number, name) for name, number in numbers.items())
    nothing = not any(numbers.values())
    say.line(
        f"{what}: {when}에 {'바뀐 것이 없습니다 – ' if nothing else ''}이벤트 {told_events}건, 새로 열린 알림 {opened}건, "
        f"오류 {errors}건, 수준이 바뀐 지표 {levels}개.",
        f"{what}, {when}: {'nothing changed – ' if nothing else ''}{told_events} {counted(len(events), 'event')}, "
        f"{opened} new {counted(numbers['alerts_opened'], 'alert')}, {errors} {counted(numbers['errors'], 'error')}, "
        f"{levels} {counted(len(changed), 'series', 'series')} with a new level.",
    )
    if happened:
        told = "; ".join(happenings.told(one, say) for one in happened[:MOST_SHOWN])
        say.line(f"일어난 일: {told}{_more(happened, say)}.", f"What happened: {told}{_more(happened, say)}.")
    if changed:
        told = "; ".join(_move(one, say) for one in changed[:MOST_SHOWN])
        say.line(f"바뀐 지표: {told}{_more(changed, say)}.", f"What changed: {told}{_more(changed, say)}.")
    else:
        series = say.count(len(tracks), "series_looked_at")
        say.line(
            f"지표 {series}개를 살펴봤지만 수준이 바뀐 것은 없습니다.",
            f"{series} series were looked at; none changed its level.",
        )
    if len(names) > len(looked_at):
        most = say.count(len(looked_at), "servers_looked_at")
        say.line(f"지표는 서버 {most}대까지 살펴봤습니다.", f"Series of {most} servers were looked at.")
    first = leading(changed)
    if first is not None:
        _with(first, *evenly(sources, looked_at, WATCHED, begin, time.end), say)
        say.chart("line", [{"server": one.server, "metric": one.series} for one in changed[:MOST_SHOWN]],
                  begin, time.end)  # fmt: skip
        of = measure(first.series)
        say.suggest(
            f"{first.server} {of.called('ko')} 왜 변했어?", f"Why did {of.called('en')} of {first.server} change?"
        )
    happenings.evidence(happened, say)
    for one in changed[:MOST_SHOWN]:
        say.evidence("metric", f"{one.server}/{one.series}", server_url(one.server), (time.start, time.end))
    say.suggest("최근 24시간 알림 보여줘", "Show alerts of the last 24 hours")
    say.suggest("오늘 이상 징후 있어?", "Any anomalies today?")


def _more(those: Sequence[object], say: Say) -> str:
    left = len(those) - MOST_SHOWN
    if left <= 0:
        return ""
    number = say.count(left, "more")
    return say.either(f" 외 {number}건", f" and {number} more")


def _move(one: Move, say: Say) -> str:
    before, after = (value(it, one.server, one.series, say) for it in (one.change.before, one.change.after))
    return f"{say.name(one.server)} {called(one.series, say)} {before} → {after} ({say.moment(one.change.at)})"


def _with(first: Move, tracks: Mapping[Key, Track], step: int, say: Say) -> None:
    """What moves together with that which changed most."""
    target = (first.server, first.series)
    found = _related(target, tracks, step)
    subject = f"{say.name(first.server)} {called(first.series, say)}"
    if found:
        told = "; ".join(_relation(one, say) for one in found[:MOST_SHOWN])
        say.line(
            f"{with_particle(subject, '과/와')} 함께 움직인 지표: {told}. 상관관계는 원인이 아닙니다.",
            f"Moving together with {subject}: {told}. Correlation is not cause.",
        )
    else:
        say.line(
            f"{with_particle(subject, '과/와')} 뚜렷이 함께 움직인 지표는 없습니다. 같은 때의 변화도 원인이라는 뜻은 아닙니다.",
            f"Nothing clearly moves together with {subject}. That things change at one time makes none the cause: "
            "correlation is not cause.",
        )


# What moves together


def _along(asked: Asked, sources: Sources, servers: Sequence[Server], time: Range, say: Say) -> None:
    """What goes along with one measure: of the server that is named, else of the one where it changed most."""
    series = measure(asked.metrics[0]).series
    names = [one.id for one in servers]
    own, _ = read(sources, names, series, time.start - MARGIN, time.end)
    target = _target(own, time)
    when = range_words(time, say)
    if target is None:
        what = say.name(measure(asked.metrics[0]).called(say.locale))
        say.line(
            f"{scope(asked, sources.meant(asked), say)}: {when}에 {what} 값이 부족해 비교할 수 없습니다.",
            f"{scope(asked, sources.meant(asked), say)}: too little of {what} in {when} to compare.",
        )
        return
    group = next((one.group for one in sources.fleet if one.id == target[0]), None)
    others = sorted(
        (one for one in sources.fleet if one.id != target[0]), key=lambda one: (one.group != group, one.id)
    )[:MOST_OTHERS]
    tracks, step = evenly(sources, [target[0], *(one.id for one in others)], {*OTHERS, *WATCHED[:6], *series},
                        time.start, time.end)  # fmt: skip
    found = _related(target, tracks, step)
    subject = f"{say.name(target[0])} {called(target[1], say)}"
    if _SINCE.search(asked.text.casefold()):
        _since(asked, target, time, sources, say)
    number, looked_at = say.count(len(found), "related"), say.count(max(0, len(tracks) - 1), "series_looked_at")
    say.line(
        f"{with_particle(subject, '과/와')} 함께 움직인 지표는 {looked_at}개 중 {number}개입니다 ({when}).",
        f"{number} of {looked_at} series move together with {subject} ({when}).",
    )
    for one in found[:MOST_SHOWN]:
        line = f"- {_relation(one, say)}"
        say.line(line, line)
    happened = happenings.read(
        sources, [target[0], *{one.first[0] for one in found[:MOST_SHOWN]}], time.start, time.end
    )
    if happened:
        told = "; ".join(happenings.told(one, say) for one in happened[:2])
        say.line(f"그때 일어난 일: {told}{_more(happened, say)}.", f"What happened then: {told}{_more(happened, say)}.")
    say.line(*NOT_CAUSE)
    _show([target, *(one.first for one in found[:MOST_SHOWN])], time, say)
    happenings.evidence(happened, say, 3)


def _since(asked: Asked, target: Key, time: Range, sources: Sources, say: Say) -> None:
    """Since when it is as high as it is: since when an alert says so, and the last time that its level went up, as far
    back as need be."""
    subject = f"{say.name(target[0])} {called(target[1], say)}"
    opened = [one for one in sources.open_alerts(target[0]) if alerts.is_of(one, asked.metrics)]
    for one in sorted(opened, key=alerts.began)[:1]:
        told = f"{alerts.called(one, say)}, {alerts.lasted(one, say)}"
        say.line(f"{subject}: 열린 알림 {told}.", f"{subject}: open alert {told}.")
        alerts.evidence([one], say)
    for length in SINCE if time.is_default else (time.length,):
        looked_at = Range(time.end - length, time.end, time.is_default)
        tracks, _ = read(sources, [target[0]], [target[1]], looked_at.start - max(MARGIN, length / 2), looked_at.end)
        risen = [one.change for one in moves(tracks, looked_at.start, looked_at.end) if one.is_up]
        if risen:
            last = max(risen, key=lambda one: one.at)
            before, after = (value(it, *target, say) for it in (last.before, last.after))
            at = say.moment(last.at)
            say.line(
                f"{subject}: {at}부터 높아졌습니다 ({before} → {after}).",
                f"{subject} went up at {at} ({before} → {after}).",
            )
            return
    if opened:
        return
    when = say.span(looked_at.start, looked_at.end)
    peak = sources.stretches([target[0]], measure(target[1]), looked_at.start, looked_at.end).get(target[0])
    ko = en = ""
    if peak is not None:  # what was over soon is no level
        high, at = value(peak.high[0], *target, say), say.moment(peak.high[1], day=True)
        ko, en = f" 가장 높았던 때는 {at}({high})입니다.", f" It was highest at {at} ({high})."
    say.line(
        f"{subject}: {when}에 수준이 올라간 때가 없습니다.{ko}",
        f"{subject}: its level did not go up in {when}.{en}",
    )


def _target(own: Mapping[Key, Track], time: Range) -> Key | None:
    changed = leading(moves(own, time.start, time.end))
    if changed is not None:
        return changed.server, changed.series
    return max(own, key=lambda key: (own[key].mean[-1], key), default=None)


def _pairs(asked: Asked, sources: Sources, servers: Sequence[Server], time: Range, say: Say) -> None:
    """Whether two measures go along: on each server, and over the servers that are named."""
    first, second = (measure(name).series for name in asked.metrics[:2])
    names = [one.id for one in servers][:MOST_OTHERS]
    tracks, step = evenly(sources, names, {*first, *second}, time.start, time.end)
    found, tried = _tested(tracks, first, second, step)
    called_ = " ↔ ".join(say.name(measure(name).called(say.locale)) for name in asked.metrics[:2])
    when = range_words(time, say)
    sure = [one for one in found if one[2].q <= Q_MOST]
    if not tried:
        say.line(
            f"{called_}: {when}에 함께 측정된 값이 부족해 말할 수 없습니다.",
            f"{called_}: too few values measured together in {when} to say.",
        )
    elif sure:
        told = "; ".join(_pair(one, say) for one in sure[:MOST_SHOWN])
        say.line(
            f"{called_}: 함께 움직입니다 – {told} ({when}).",
            f"{called_}: they move together – {told} ({when}).",
        )
    else:
        told = _pair(found[0], say)
        pairs = say.count(len(found), "pairs")
        say.line(
            f"{called_}: 함께 움직인다고 볼 수 없습니다. 쌍 {pairs}개 중 가장 가까운 것은 {told} ({when}).",
            f"{called_}: there is no sign that they move together. The nearest of {pairs} pairs is {told} ({when}).",
        )
    say.line(*NOT_CAUSE)
    shown = sure[:1] or found[:1]
    _show([key for one, two, _ in shown for key in (one, two)], time, say)


type Pair = tuple[Key, Key, Lagged]


def _tested(
    tracks: Mapping[Key, Track], first: Iterable[str], second: Iterable[str], step: int
) -> tuple[list[Pair], int]:
    """([(one, other, how)] strongest first, how many could be tried); those on one server before those across."""
    ones = [key for key in sorted(tracks) if key[1].partition(":")[0] in set(first)]
    others = [key for key in sorted(tracks) if key[1].partition(":")[0] in set(second)]
    wanted = sorted(((one, two) for one in ones for two in others if one != two), key=lambda it: it[0][0] != it[1][0])
    tried = [
        (one, two, found)
        for one, two in wanted[:MOST_PAIRS]
        if (found := lagged(tracks[one], tracks[two], step)) is not None
    ]
    adjusted = false_discoveries([found.p for *_, found in tried])
    judged = [(one, two, replace(found, q=q)) for (one, two, found), q in zip(tried, adjusted, strict=True)]
    return sorted(judged, key=lambda it: (it[2].q > Q_MOST, -abs(it[2].r), it[0], it[1])), len(tried)


@dataclass(frozen=True, slots=True)
class Relation:
    """A series that goes along with the one that is looked at: `how.lag` > 0 where it is ahead."""

    first: Key
    how: Lagged


def _related(target: Key, tracks: Mapping[Key, Track], step: int) -> list[Relation]:
    """Strongest first; those that would be there by chance are held to one in a hundred."""
    if not step or target not in tracks:
        return []
    names = {f"{server}\0{series}": (server, series) for server, series in tracks}
    found = related({name: tracks[key] for name, key in names.items()}, step, q_most=Q_MOST, second="\0".join(target))
    return [Relation(names[one.first], one) for one in found]


def _relation(one: Relation, say: Say) -> str:
    """ "db-01 CPU (r=0.94, 3분 앞섬)"."""
    server, series = one.first
    return f"{say.name(server)} {called(series, say)} ({_how(one.how, say)})"


def _pair(one: Pair, say: Say) -> str:
    (server, series), (other, its), how = one
    left, right = f"{say.name(server)} {called(series, say)}", f"{say.name(other)} {called(its, say)}"
    return f"{left} ↔ {right} ({_how(how, say)})"


def _how(how: Lagged, say: Say) -> str:
    r = say.number(how.r, "", metric="r", decimals=2)
    n = say.count(how.n, "values_in_common")
    least = 0.001  # less is no more certain in practice
    q = say.number(max(how.q, least), "", metric="q", decimals=3)
    told = f"r={r}, n={n}, q{'≤' if how.q <= least else '='}{q}"
    if not how.lag:
        return say.either(f"{told}, 시차 없음", f"{told}, no lag")
    length = say.duration(abs(how.lag), metric="lag")
    if how.lag > 0:
        return say.either(f"{told}, 앞의 것이 {length} 먼저", f"{told}, the first {length} ahead")
    return say.either(f"{told}, 앞의 것이 {length} 나중", f"{told}, the first {length} behind")


def _show(keys: Sequence[Key], time: Range, say: Say) -> None:
    keys = list(dict.fromkeys(keys))[:4]
    if not keys:
        return
    say.chart("line", [{"server": server, "metric": series} for server, series in keys], time.start, time.end)
    for server, series in keys:
        say.evidence("metric", f"{server}/{series}", server_url(server), (time.start, time.end))
    server, series = keys[0]
    of = measure(series)
    say.suggest(f"{server} {of.called('ko')} 왜 변했어?", f"Why did {of.called('en')} of {server} change?")
    say.suggest(f"{server} 상태", f"Status of {server}")


QUESTION = Question(
    "change_correlation",
    answer,
    examples=(("최근 1시간 동안 뭐가 바뀌었어?", "What changed in the last hour?"),),
)
