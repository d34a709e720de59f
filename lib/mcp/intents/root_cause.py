"""Why: what changed when, ranked hypotheses with their numbers, what was ruled out, what to look at next.

The moment is that of the alert, or of the last change of level; where the question names no server or no metric the
worst open alert is meant, else what changed most, and that is said. Asked what happened rather than why, all of it is
told where anything did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lib.domain.metrics import bounds_of
from lib.mcp.core import alerts as told_alerts
from lib.mcp.core import gone, oddness, recap
from lib.mcp.core import hypotheses as words
from lib.mcp.core.alerts import Alert
from lib.mcp.core.drifting import Drift, drifts, explain
from lib.mcp.core.measures import measure
from lib.mcp.core.movement import MOST_SERVERS, WATCHED, Move, leading, moves, read
from lib.mcp.core.phrases import (
    capital,
    range_words,
    scope,
    server_url,
    severity_word,
    warn_of_age,
    warn_of_unknown,
)
from lib.mcp.core.question import DAY, HOUR, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import STATUSES, Server, Sources
from lib.mcp.knowledge import troubleshooting as kb
from lib.monitoring.analyzers.changes import Change

SOON, LATER = 6 * HOUR, DAY  # how far back a change is looked for where no time is named
MARGIN = 3 * HOUR  # before the time asked about, so that what changed at its beginning can be told from what was before
DRIFTING = ("memory", "swap", "disk", "inode", "connections", "latency")  # what rises unseen
BY_CHANGE = ("알림이 없어 가장 크게 변한 지표를 골랐습니다.", "Without an alert there, this is what changed most.")
_SLOW = re.compile(r"느려|느린|느리|지연|응답|버벅|(?<![a-z])(?:slow|sluggish|laggy|latency|response)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be explained. `series` is "" for an alert about no series; `how` says by what it was chosen: alert,
    change, slow (latency, because the question says so), odd where it was unlike itself for too short a time to be
    another level, or level where nothing changed."""

    server: Server
    series: str
    at: float
    how: str
    alert: Alert | None = None
    drift: Drift | None = None
    odd: Mapping[str, Any] | None = None  # as anomalies are told
    change: Change | None = None  # by which it was found: too short, perhaps, to be one among finer values


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    if not meant.servers:
        say.line("그 조건에 맞는 서버가 없습니다.", "There is no such server.")
        return
    if (
        len(meant.servers) == 1
        and not meant.servers[0].is_there
        and not asked.metrics
        and not asked.entities.get("time")
    ):
        gone.explain(meant.servers[0], sources, say)
        warn_of_unknown(asked, say)
        return
    is_recap = recap.is_asked(asked, meant) and not _is_one_alert(asked, sources, meant.servers)
    if is_recap and recap.tell(asked, meant, sources, say):
        warn_of_unknown(asked, say)
        return
    target = _target(asked, sources, meant.servers)
    if (
        target is not None
        and target.alert is not None
        and target.alert["kind"] == "heartbeat"
        and not target.server.is_there
    ):
        gone.explain(target.server, sources, say)
        return
    if target is None:
        _tell_nothing(asked, sources, say, is_told=is_recap)
        return
    if len(meant.servers) == 1 or not target.server.is_there:
        warn_of_age([target.server], sources, say)
    _explain(target, asked, sources, say)
    warn_of_unknown(asked, say)


def _target(asked: Asked, sources: Sources, servers: Sequence[Server]) -> Target | None:
    by_name = {one.id: one for one in servers}
    series = [one for name in asked.metrics for one in measure(name).series]
    how = "change"
    if not series and _SLOW.search(asked.text) and sources.latest(servers, [measure("latency")]):
        series, how = ["latency"], "slow"
    time = asked.range(sources.now, SOON) if asked.entities.get("time") else None
    alert, found = _alert(asked, sources, by_name, series, time), None
    worst_first = sorted(servers, key=lambda one: (STATUSES.index(one.status), one.id))[:MOST_SERVERS]
    # One that was open before the time began does not tell what happened in it: a change then does, if there was one.
    if alert is None or (time is not None and told_alerts.began(alert) < time.start):
        found = _change(sources, [one.id for one in worst_first], series or list(WATCHED), time)
    if alert is not None and found is None:
        subject = str(alert["subject"] or "")
        about = subject if bounds_of(subject) is not None else ""
        at = float(alert.get("since_epoch") or alert["opened_at_epoch"])
        return Target(by_name[alert["server"]], about, at, "alert", alert)
    if found is not None:
        at = float(found.change.at)
        return Target(by_name[found.server], found.series, at, how, change=found.change)
    drift = _drift(sources, worst_first, series or list(DRIFTING), time)
    if drift is not None:
        return Target(by_name[drift.server], drift.series, drift.since, how if how == "slow" else "change", drift=drift)
    odd = oddness.most_unlike(sources, servers[0], series, time) if series and len(servers) == 1 else None
    if odd is not None:
        return Target(servers[0], odd["series"], float(odd["since_epoch"]), "odd", odd=odd)
    if series and len(servers) == 1:
        return Target(servers[0], series[0], sources.now if time is None else time.end, "level")
    return None


def _alert(
    asked: Asked, sources: Sources, by_name: dict[str, Server], series: Sequence[str], time: Range | None
) -> Alert | None:
    """The worst open one of these servers, or the worst that was open then."""
    known = told_alerts.during(sources, time.start, time.end) if time else sources.open_alerts()
    those = told_alerts.those_of(known, asked, sources.meant(asked))
    fitting = [
        one for one in those
        if one["server"] in by_name and (not series or str(one["subject"] or "").partition(":")[0] in series)
    ]  # fmt: skip
    begun = [one for one in fitting if time is not None and told_alerts.began(one) >= time.start]
    return next(iter(begun or fitting), None)


def _is_one_alert(asked: Asked, sources: Sources, servers: Sequence[Server]) -> bool:
    """Of one server with an alert the reason of that is what happened."""
    time = asked.range(sources.now, DAY)
    return len(servers) == 1 and _alert(asked, sources, {servers[0].id: servers[0]}, (), time) is not None


def _change(sources: Sources, servers: list[str], series: list[str], time: Range | None) -> Move | None:
    """The change that is meant: in the time asked about, else of the last hours, else of the last day."""
    now = sources.now
    spans = [(time.start, time.end)] if time else [(now - SOON, now), (now - LATER, now)]
    for start, end in spans:
        tracks, _ = read(sources, servers, series, start - MARGIN if time else start, end)
        found = leading(moves(tracks, start, end))
        if found is not None:
            return found
    return None


def _drift(sources: Sources, servers: Sequence[Server], series: list[str], time: Range | None) -> Drift | None:
    """What went one way all the time, of the last day or the time asked about."""
    start, end = (time.start, time.end) if time and time.length >= SOON else (sources.now - LATER, sources.now)
    tracks, _ = read(sources, [one.id for one in servers], series, start, end)
    return next(iter(drifts(tracks)), None)


def _explain(target: Target, asked: Asked, sources: Sources, say: Say) -> None:
    why, name = sources.house.why, target.server.id
    if target.drift is not None:
        explain(target.drift, sources, say, _choice(target, asked, say))
        return
    if target.how == "level":
        _tell_level(target, asked, sources, say)
        return
    found = (
        why.of_alert(target.alert["id"], sources.sight)
        if target.alert is not None
        else why.of_server(name, target.series, int(target.at), sources.sight)
    )
    # An alert that nothing led up to at once may be the end of a long rise.
    is_steady = found["changed"] is None and target.change is None and target.odd is None and target.series
    drift = _drift(sources, [target.server], [target.series], None) if is_steady else None
    if drift is not None:
        explain(drift, sources, say, _choice(target, asked, say))
        told_alerts.evidence([target.alert] if target.alert else [], say)
        return
    subject = f"{say.name(name)} {words.called(target.series, say)}".strip() if target.series else say.name(name)
    _tell_change(target, found, subject, sources, say)
    choice = _choice(target, asked, say)
    if choice:
        say.line(choice, choice)
    ranked = found["hypotheses"]
    if ranked:
        first = words.told(ranked[0], say)
        say.line(f"가장 유력: **{first}**", f"Most likely: **{first}**")
        rest = "; ".join(words.told(one, say) for one in ranked[1:3])
        if rest:
            say.line(f"그다음: {rest}", f"Then: {rest}")
    else:
        servers = say.count(found["looked_at"]["servers"], "servers_looked_at")
        series = say.count(found["looked_at"]["series"], "series_looked_at")
        span = say.span(found["from_epoch"], found["to_epoch"])
        say.line(
            f"설명할 만한 변화나 이벤트를 찾지 못했습니다(서버 {servers}대, 지표 {series}개, {span}).",
            f"Nothing that would explain it was found ({servers} servers, {series} series, {span}).",
        )
    _tell_beside(target, found, sources, say)
    _tell_next(target, found, subject, say)
    words.evidence(found, say)
    if target.alert is not None:
        say.evidence("alert", target.alert["id"], f"/#/alerts/{target.alert['id']}")
    _show(target, found, say)


def _tell_change(target: Target, found: words.Found, subject: str, sources: Sources, say: Say) -> None:
    change, at = found["changed"], say.moment(found["moment_epoch"])
    alert = target.alert
    if change is None and target.change is not None:
        change = asdict(target.change)
    if change is not None:
        moved = words.from_to(change, target.server.id, target.series, say)
        up = change["after"] > change["before"]
        ko, en = ("올랐습니다", "rose") if up else ("내렸습니다", "fell")
        before = say.count(change["n"], "values_before", server=target.server.id)
        say.line(
            f"{subject}: {at}에 {ko} – **{moved}** (앞뒤 중앙값, 그 전 값 {before}개).",
            f"{subject} {en} **{moved}** at {at} (medians; {before} values before).",
        )
    elif target.odd is not None:
        oddness.tell(target.odd, subject, say)
    elif alert is not None and not target.series:
        what = told_alerts.about(alert, say, told_alerts.current(sources, [alert]))
        say.line(f"{subject}: {at}부터 – {what}.", f"{subject}: since {at} – {what}.")
    else:
        level = ""
        if alert is not None and alert.get("value") is not None:
            level = f" {told_alerts.about(alert, say, told_alerts.current(sources, [alert]))}."
        span = say.span(found["from_epoch"], found["to_epoch"])
        say.line(
            f"{subject}: {span}에 수준이 뚜렷이 바뀐 때가 없습니다.{level}",
            f"{subject}: its level did not clearly change in {span}.{level}",
        )


def _choice(target: Target, asked: Asked, say: Say) -> str:
    """By what the target was chosen, where the question left that open; the alert where there is one."""
    is_named = bool(asked.words("servers")) and bool(asked.metrics)
    if target.alert is not None:
        alert = target.alert
        which = f"{severity_word(alert['severity'], say)} {told_alerts.named(alert, say)}"
        lasted = told_alerts.lasted(alert, say)
        default = "" if is_named else say.either(" 가장 심각한 알림을 골랐습니다.", " It is the worst alert there.")
        return say.either(f"알림: {which}, {lasted}.{default}", f"Alert: {which}, {lasted}.{default}")
    if target.how == "slow":
        return say.either("느림을 지연 시간으로 읽었습니다.", "Slow is read as latency.")
    return "" if is_named else say.either(*BY_CHANGE)


def _tell_beside(target: Target, found: words.Found, sources: Sources, say: Say) -> None:
    """What was ruled out, whether its fellows changed too, and which process used most."""
    parts = []
    excluded = words.ruled_out(found["ruled_out"], target.server.id, say)
    if excluded:
        parts.append(say.either(f"제외: {excluded}", f"Ruled out: {excluded}"))
    peers = found["peers"]
    if peers["measured"] and found["changed"] is not None:
        measured, changed = (say.count(peers[one], f"peers_{one}") for one in ("measured", "changed"))
        alone = peers["changed"] == 0
        parts.append(
            say.either(
                f"같은 그룹의 다른 서버 {measured}대 중 {changed}대도 변함" + (" → 이 서버만의 일" if alone else ""),
                f"{changed} of {measured} fellows in its group changed too" + (": only this server" if alone else ""),
            )
        )
    moment = int(found["moment_epoch"])
    is_old = sources.now - moment > SOON and (target.alert is None or target.alert["resolved_at_epoch"])
    process = words.top_process(target.server.id, target.series, moment if is_old else None, sources, say)
    if process:
        parts.append(process)
    if parts:
        line = "; ".join(parts)
        say.line(f"{line}.", f"{capital(line)}.")


def _tell_next(target: Target, found: words.Found, subject: str, say: Say) -> None:
    ranked = found["hypotheses"]
    if not ranked:
        say.line(
            "다음 확인: 로그와 프로세스, 그 시각의 배포 기록. 상관관계는 원인이 아닙니다.",
            "Next: its logs and processes, and what was deployed then. Correlation is not cause.",
        )
        return
    ko, en = words.falsifier(ranked[0], subject, say)
    checks = [_check(one, say) for one in ranked[:2]]
    topic = kb.for_metric(target.series) if target.series else None
    if topic is not None:
        title = say.name(kb.runbook(topic).title.of(say.locale))
        checks.append(say.either(f"런북 “{title}”", f"the runbook “{title}”"))
    look = ", ".join(dict.fromkeys(checks))
    say.line(
        f"반증: {ko} 다음 확인: {look}. 상관관계는 원인이 아닙니다.",
        f"The first is {en}. Next: {look}. Correlation is not cause.",
    )


def _check(one: words.Found, say: Say) -> str:
    server = say.name(one["server"])
    what = words.called(one["what"], say) if one["kind"] == "metric" else words.kind_of(one["kind"], say)
    return say.either(f"{server} {what}", f"{what} of {server}")


def _tell_level(target: Target, asked: Asked, sources: Sources, say: Say) -> None:
    """Nothing changed: how it is, over the time that was looked at."""
    of, name = measure(target.series), target.server.id
    time = asked.range(sources.now, LATER)
    found = sources.stretches([name], of, time.start, time.end).get(name)
    subject, span = f"{say.name(name)} {words.called(target.series, say)}", range_words(time, say)
    if found is None:
        say.line(
            f"{subject}: {span}에 수집된 값이 없어 원인을 찾을 수 없습니다.",
            f"{subject}: nothing was collected in {span}, so no cause can be found.",
        )
        return
    last, mean, low, high = (
        words.value(one, name, target.series, say) for one in (found.last, found.mean, found.low[0], found.high[0])
    )
    say.line(
        f"{subject}: {span}에 수준이 뚜렷이 바뀐 때가 없어 설명할 변화가 없습니다.",
        f"{subject}: its level did not clearly change in {span}; there is no change to explain.",
    )
    say.line(
        f"마지막 {last}, 평균 {mean}, 최소 {low}, 최대 {high}. 이 지표에 열린 알림은 없습니다.",
        f"Last {last}, average {mean}, minimum {low}, maximum {high}. No alert about it is open.",
    )
    say.evidence("metric", f"{name}/{target.series}", server_url(name), (time.start, time.end))
    say.chart("line", [{"server": name, "metric": target.series}], time.start, time.end)
    say.suggest("오늘 이상 징후 있어?", "Any anomalies today?")
    say.suggest(f"{name} 상태", f"Status of {name}")


def _show(target: Target, found: words.Found, say: Say) -> None:
    name = target.server.id
    lines = [{"server": name, "metric": target.series}] if target.series else []
    metrics = [one for one in found["hypotheses"][:2] if one["kind"] == "metric"]
    lines += [{"server": one["server"], "metric": one["what"]} for one in metrics]
    if lines:
        level = (target.alert or {}).get("level")
        say.chart("line", lines, found["from_epoch"], found["to_epoch"], step=found["step"], threshold=level)
    if metrics:
        other = metrics[0]
        ko, en = (measure(other["what"]).called(one) for one in ("ko", "en"))
        say.suggest(f"{other['server']} {ko} 왜 변했어?", f"Why did {en} of {other['server']} change?")
    if target.series:
        of = measure(target.series)
        say.suggest(f"{name} {of.called('ko')} 높을 때 해결 방법", f"How to fix high {of.called('en')} on {name}?")
    say.suggest(f"{name} 에러 로그 보여줘", f"Show error logs of {name}")
    say.suggest(f"{name} 최근 6시간 추이", f"{name} over the last 6 hours")


def _tell_nothing(asked: Asked, sources: Sources, say: Say, *, is_told: bool) -> None:
    """`is_told`: that there was no alert has been said."""
    what = scope(asked, sources.meant(asked), say)
    time = asked.range(sources.now, LATER)
    span = say.span(time.start, time.end)
    if is_told:
        say.line("지표에도 뚜렷한 변화가 없습니다.", "No metric clearly changed either.")
    else:
        say.line(
            f"{what}: 열린 알림도, {span}에 뚜렷한 변화도 없어 설명할 것이 없습니다.",
            f"{what}: no open alert, and no clear change in {span}: there is nothing to explain.",
        )
    if len(sources.meant(asked).servers) > MOST_SERVERS:
        most = say.count(MOST_SERVERS, "servers_looked_at")
        say.line(
            f"변화는 서버 {most}대까지 살펴봤습니다. 서버나 그룹을 말씀해 주세요.",
            f"Changes were looked for on {most} servers: name a server or a group.",
        )
    say.suggest("최근 24시간 알림 보여줘", "Show alerts of the last 24 hours")
    say.suggest("오늘 이상 징후 있어?", "Any anomalies today?")


QUESTION = Question(
    "root_cause",
    answer,
    tool="explain_alert",
    examples=(("왜 알림이 떴어?", "Why did the worst alert open?"),),
)
