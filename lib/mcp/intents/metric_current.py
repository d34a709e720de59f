"""What is a metric now: of a server, or summed up over many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lib.mcp.core.levels import levels_of
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import (
    aggregate_word,
    as_of,
    now_of,
    scope,
    server_source,
    server_url,
    shown,
    warn_of_age,
    warn_of_unknown,
)
from lib.mcp.core.question import DAY, Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.mcp.npu import metrics
from lib.mcp.npu.text import read

USUAL = ("cpu", "memory", "disk")
MOST_SINGLE = 3
type Newest = Mapping[str, Mapping[str, tuple[float, float]]]


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    measures = [_meant(name, asked) for name in asked.metrics or USUAL]
    newest = sources.latest(meant.servers, measures)
    warn_of_age(meant.servers if len(meant.servers) <= MOST_SINGLE else [], sources, say)
    if asked.text_of("agg") or len(meant.servers) > MOST_SINGLE:
        for of in measures:
            _together(asked, sources, say, of, newest)
        if len(measures) == 1:
            _each(meant.servers, measures[0], newest, say)
    else:
        for one in meant.servers:
            for of in measures:
                _single(one, of, newest.get(one.id, {}), sources, say)
    warn_of_unknown(asked, say)
    if meant.servers:
        first, of = meant.servers[0], measures[0]
        say.chart(
            "line",
            [{"server": one.id, "metric": name} for one in meant.servers[:5] for name in of.series],
            sources.now - DAY,
            sources.now,
        )
        called = (measure(of.free_of) if of.free_of else of).called(say.locale)
        say.suggest(f"{first.id} {called} 최근 24시간 추이", f"{called} of {first.id} over the last 24 hours")
        say.suggest(f"{called} 높은 서버 5대", f"Top 5 servers by {called}")
        say.suggest(f"{first.id} {called} 왜 이래?", f"Why is {called} of {first.id} like this?")


def _meant(name: str, asked: Asked) -> Measure:
    """Who asks what is free wants to know how much, and not only which share is used."""
    if (
        name in {"memory", "disk"}
        and asked.text
        and not asked.text_of("agg")
        and metrics.find(read(asked.text).folded, {}).free
    ):
        return measure(f"{name}_free")
    return measure(name)


def _single(one: Server, of: Measure, newest: Mapping[str, tuple[float, float]], sources: Sources, say: Say) -> None:
    found = now_of(one, of, newest)
    called = say.name(of.called(say.locale))
    if of.free_of:
        _free(one, of, found, sources, say)
        return
    if found is None:
        say.line(
            f"{say.name(one.id, '은/는')} {called} 값을 보내지 않습니다(수집되지 않음).",
            f"{say.name(one.id)} does not report {called}: it is not collected.",
        )
        return
    value, at = found
    told = shown(one, of, value, say, at)
    moment = say.moment(at, seconds=True)
    level = _level(one, of, value, sources, say)
    say.line(
        f"{say.name(one.id)} {called} 현재 **{told}**입니다 ({moment} 기준){level}.",
        f"{called.capitalize() if called.islower() else called} of {say.name(one.id)} is **{told}** now (as of {moment}){level}.",
    )
    say.evidence("metric", f"{one.id}/{of.series[0]}", server_url(one.id), (at, at))
    _before(one, of, value, sources, say)
    if of.name in {"disk", "inode"}:
        _mounts(one, of, newest, say)


def _level(one: Server, of: Measure, value: float, sources: Sources, say: Say) -> str:
    """Which level it is above or below, of the rules in force for this server."""
    levels = levels_of(one, of, sources)
    if not levels:
        return ""
    reached = [one for one in levels if value >= one[1]]
    severity, level = max(reached, key=lambda it: it[1]) if reached else min(levels, key=lambda it: it[1])
    told = say.number(level, of.unit, server=one.id, metric=f"{of.name}_level", source="/api/rules")
    names = {"warning": ("경고", "warning"), "critical": ("위험", "critical")}[severity]
    if reached:
        return say.either(f", {names[0]} 기준 {told} 이상입니다", f", at or above the {names[1]} level of {told}")
    return say.either(f", {names[0]} 기준 {told}보다 낮습니다", f", below the {names[1]} level of {told}")


def _free(one: Server, of: Measure, found: tuple[float, float] | None, sources: Sources, say: Say) -> None:
    name = say.name(one.id)
    source = server_source(one.id)
    if of.free_of == "memory":
        if found is None or not one.memory_bytes:
            say.line(
                f"{say.name(one.id, '은/는')} 메모리 크기를 보내지 않아 남은 양을 알 수 없습니다.",
                f"{name} does not report the size of its memory, so what is free is not known.",
            )
            return
        free, at = found
        used = 100 * (1 - free / one.memory_bytes)
        left = say.number(free, "B", server=one.id, metric="memory_free", at=at, source=source)
        total = say.number(one.memory_bytes, "B", server=one.id, metric="memory_bytes", source=source)
        percent = say.number(used, "%", server=one.id, metric="memory", at=at, source=source)
        moment = say.moment(at, seconds=True)
        say.line(
            f"{say.name(one.id, '은/는')} 메모리 {total} 중 **{left}** 남아 있습니다 (사용 {percent}, {moment} 기준).",
            f"{name} has **{left} of {total}** memory free ({percent} used) as of {moment}.",
        )
        say.evidence("metric", f"{one.id}/memory", server_url(one.id), (at, at))
        _before(one, measure("memory"), used, sources, say)
        return
    mounts = [it for it in sources.server(one.id)["mounts"] if it["size_bytes"]]
    if not mounts:
        _free_share(one, sources, say)
        return
    for it in sorted(mounts, key=lambda it: -(it["disk"] or 0))[:MOST_SINGLE]:
        left = say.number(it["free_bytes"], "B", server=one.id, metric=f"disk_free:{it['mount']}", source=source)
        total = say.number(it["size_bytes"], "B", server=one.id, metric=f"size:{it['mount']}", source=source)
        used_text = say.number(it["disk"], "%", server=one.id, metric=f"disk:{it['mount']}", source=source)
        where = say.name(it["mount"])
        say.line(
            f"{name} {where}: {total} 중 **{left}** 남음 (사용 {used_text}).",
            f"{name} {where}: **{left} of {total}** free ({used_text} used).",
        )
    say.evidence("metric", f"{one.id}/disk", server_url(one.id))


def _free_share(one: Server, sources: Sources, say: Say) -> None:
    """Which share of the disk is left, where the server tells no sizes."""
    used = one.metrics.get("disk")
    if used is None:
        say.line(
            f"{say.name(one.id, '은/는')} 디스크 값을 보내지 않아 남은 공간을 알 수 없습니다.",
            f"{say.name(one.id)} reports nothing of its disks, so what is left is not known.",
        )
        return
    name, source = say.name(one.id), server_source(one.id)
    percent = say.number(used, "%", server=one.id, metric="disk", at=one.last_seen, source=source)
    left = say.number(100 - used, "%", server=one.id, metric="disk_free", at=one.last_seen, source=source)
    moment = say.moment(one.last_seen or sources.now, seconds=True)
    say.line(
        f"{name} 디스크는 **{left}** 남아 있습니다 (사용 {percent}, {moment} 기준).",
        f"{name} has **{left}** of its disk free ({percent} used) as of {moment}.",
    )
    say.line(
        "가장 많이 찬 마운트의 값입니다. 이 서버는 용량을 보내지 않아 몇 GB인지는 알 수 없습니다.",
        "That is its fullest mount. It does not report sizes, so how many bytes these are is not known.",
    )
    say.evidence("metric", f"{one.id}/disk", server_url(one.id))


def _before(one: Server, of: Measure, value: float, sources: Sources, say: Say) -> None:
    """How it was a day ago, where that is known."""
    at = sources.now - DAY
    found = sources.stretches([one.id], of, at - 600, at + 600).get(one.id)
    if found is None:
        return
    before = say.number(
        found.mean, of.unit, server=one.id, metric=of.name, at=at, source=server_source(one.id, "/series")
    )
    change = value - found.mean
    length = say.duration(DAY - 1, source="default")
    unit = "%p" if of.unit == "%" and say.locale == "ko" else "pp" if of.unit == "%" else of.unit
    difference = say.number(change, unit, server=one.id, metric=f"{of.name}_change", signed=True)
    say.line(
        f"{length} 전에는 {before}였습니다({difference}).",
        f"It was {before} {length} ago ({difference}).",
    )
    say.evidence("metric", f"{one.id}/{of.series[0]}", server_url(one.id), (at - 600, at + 600))


def _mounts(one: Server, of: Measure, newest: Mapping[str, tuple[float, float]], say: Say) -> None:
    mounts = sorted(
        (
            (series.partition(":")[2], value, at)
            for series, (at, value) in newest.items()
            if series.startswith(f"{of.name}:")
        ),
        key=lambda it: -it[1],
    )
    if len(mounts) > 1:
        told = ", ".join(
            f"{say.name(mount)} {say.number(value, '%', server=one.id, metric=f'{of.name}:{mount}', at=at)}"
            for mount, value, at in mounts[:4]
        )
        say.line(f"마운트별: {told}.", f"By mount: {told}.")


def _together(asked: Asked, sources: Sources, say: Say, of: Measure, newest: Newest) -> None:
    meant = sources.meant(asked)
    known = {
        one.id: found[0] for one in meant.servers if one.is_there and (found := now_of(one, of, newest.get(one.id, {})))
    }
    what = scope(asked, meant, say)
    called = say.name(of.called(say.locale))
    if not known:
        say.line(f"{what} 중 {called} 값을 보내는 서버가 없습니다.", f"None of {what} reports {called} now.")
        return
    how = asked.text_of("agg") or "avg"
    value = aggregate(how, list(known.values()))
    told = say.number(value, of.unit, metric=f"{of.name}_{how}", at=sources.data_as_of, source="/api/servers")
    number = say.count(len(known), "measured", source="/api/servers")
    say.line(
        f"{what}의 {called} {aggregate_word(how, say)}: **{told}** – {number}대에서 측정 {as_of(sources, say)}.",
        f"{aggregate_word(how, say).capitalize()} {called} of {what}: **{told}** over {number} that report it {as_of(sources, say)}.",
    )


def aggregate(how: str, values: Sequence[float]) -> float:
    ordered = sorted(values)
    if how in {"p50", "p95", "p99"}:
        place = int(how[1:]) / 100 * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
    if how == "count":
        return float(len(ordered))
    return {"max": ordered[-1], "min": ordered[0], "sum": sum(ordered)}.get(how, sum(ordered) / len(ordered))


def _each(servers: Sequence[Server], of: Measure, newest: Newest, say: Say) -> None:
    rows = [(found[0], found[1], one) for one in servers if (found := now_of(one, of, newest.get(one.id, {})))]
    if len(rows) < 2:
        return
    ordered = sorted(rows, key=lambda row: -row[0])
    say.table(
        [say.either("서버", "server"), say.name(of.called(say.locale))],
        [[say.name(one.id), shown(one, of, value, say, at)] for value, at, one in ordered],
    )


QUESTION = Question("metric_current", answer, tool="query_metrics")
