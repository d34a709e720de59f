"""What many answers say alike: which servers are meant, how fresh the data is, why a server is not well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from lib.mcp.core.measures import Measure, measure, value_in
from lib.mcp.core.question import Asked, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Server, Sources

_STATUS = {
    "ok": ("정상", "ok"), "warning": ("경고", "warning"), "critical": ("위험", "critical"), "stale": ("보고 지연", "stale"),
    "offline": ("오프라인", "offline"),
}  # fmt: skip
_SEVERITY = {"critical": ("위험", "critical"), "warning": ("경고", "warning"), "info": ("정보", "info")}
_AGGREGATE = {
    "avg": ("평균", "average"), "max": ("최대", "maximum"), "min": ("최소", "minimum"), "sum": ("합계", "sum"),
    "p50": ("중앙값", "median"), "p95": ("p95", "p95"), "p99": ("p99", "p99"), "count": ("개수", "count"),
}  # fmt: skip
_OPERATORS = {"gt": (">", ">"), "gte": ("≥", "≥"), "lt": ("<", "<"), "lte": ("≤", "≤"), "eq": ("=", "=")}


def status_word(status: str, say: Say) -> str:
    return say.either(*_STATUS.get(status, (status, status)))


def severity_word(severity: str, say: Say) -> str:
    return say.either(*_SEVERITY.get(severity, (severity, severity)))


def aggregate_word(how: str, say: Say) -> str:
    return say.either(*_AGGREGATE.get(how, (how, how)))


def capital(text: str) -> str:
    """With a capital at its beginning, as a sentence has."""
    return text[:1].upper() + text[1:]


def counted(number: int, one: str, more: str = "") -> str:
    """The English word in its number: 1 outage, 2 outages."""
    return one if number == 1 else more or f"{one}s"


def operator(op: str) -> str:
    return _OPERATORS.get(op, (op, op))[0]


def server_url(name: str) -> str:
    return f"/#/servers/{quote(name, safe='')}"


def server_source(name: str, what: str = "") -> str:
    return f"/api/servers/{quote(name, safe='')}{what}"


def scope(asked: Asked, meant: Meant, say: Say) -> str:
    """ "web 그룹 3대", "all 22 servers": what was looked at, with how many."""
    number = say.count(len(meant.servers), "servers", source="/api/servers")
    narrowed = asked.options.get("narrowed")
    if narrowed is not None:
        words, names = narrowed.words(say), say.names(meant.ids)
        return say.either(
            f"{words} 서버 {number}대({names})", f"{number} {counted(len(meant.servers), 'server')} {words} ({names})"
        )
    if meant.is_whole:
        return say.either(f"전체 서버 {number}대", f"all {number} servers")
    if len(meant.servers) == 1:
        return say.name(meant.servers[0].id)
    parts = [*(say.name(one) for slot in ("groups", "globs", "tags") for one in asked.words(slot))]
    if parts:
        named = " · ".join(parts)
        return say.either(f"{named} 서버 {number}대", f"{number} servers of {named}")
    return say.names(meant.ids)


def as_of(sources: Sources, say: Say) -> str:
    """ "(14:29:40 KST 기준)": when the newest report came in."""
    at = sources.data_as_of
    if at is None:
        return ""
    shown = say.moment(at, seconds=True)
    return say.either(f"({shown} 기준)", f"(as of {shown})")


def warn_of_age(servers: Sequence[Server], sources: Sources, say: Say) -> None:
    """Says first what is not of now: a database that is away, servers that are silent."""
    if sources.is_stale:
        say.line(
            "데이터베이스가 응답하지 않아 마지막 사본으로 답합니다.",
            "The database does not answer: this is told from the last copy.",
        )
    silent = [one for one in servers if not one.is_there]
    if not silent:
        return
    say.stale = True
    if len(silent) == 1:
        one = silent[0]
        since = say.moment(one.last_seen) if one.last_seen else "–"
        ago = say.duration(sources.now - one.last_seen, server=one.id) if one.last_seen else "–"
        say.line(
            f"{say.name(one.id, '은/는')} {status_word(one.status, say)} 상태로, 마지막 보고는 {since} ({ago} 전)입니다. 값은 그때의 값입니다.",
            f"{say.name(one.id)} is {status_word(one.status, say)}: its last report was {since} ({ago} ago); values are from then.",
        )
    else:
        number = say.count(len(silent), "silent", source="/api/servers")
        say.line(
            f"{number}대는 지금 보고가 없어 마지막 값으로 답합니다: {say.names([one.id for one in silent])}.",
            f"{number} servers are silent; their values are the last known: {say.names([one.id for one in silent])}.",
        )


def warn_of_unknown(asked: Asked, say: Say) -> None:
    """Names that are no servers, where others were named too."""
    unknown = asked.words("unknown_servers")
    if unknown:
        say.line(
            f"등록되지 않은 이름: {say.names(unknown)}.",
            f"Not registered: {say.names(unknown)}.",
        )


def warn_of_most(servers: Sequence[object], most: int, say: Say) -> None:
    """Where there are more than are looked at, how many were."""
    if len(servers) > most:
        looked, there = say.count(most, "looked_at"), say.count(len(servers), "servers")
        say.line(
            f"이름순으로 {looked}대만 살펴보았습니다(대상 {there}대).",
            f"Only the first {looked} of {there} servers by name were looked at.",
        )


def range_words(asked: Range, say: Say) -> str:
    """The absolute range; where none was asked for, that it is the usual one."""
    span = say.span(asked.start, asked.end)
    if not asked.is_default:
        return span
    length = say.duration(asked.length, source="default")
    return say.either(f"{span}, 기본 {length}", f"{span}, the default {length}")


def why(one: Server, say: Say) -> str:
    """ "메모리 94.2%(임계 90%)": what made the server what it is; empty where nothing is wrong."""
    reason = one.reason
    if not reason:
        return ""
    if reason.get("value") is None or reason.get("level") is None:
        text: Mapping[str, Any] = reason.get("text") or {}
        return say.either(str(text.get("ko", "")), str(text.get("en", ""))).rstrip(".")
    of = measure(str(reason["metric"]))
    source = server_source(one.id)
    value = say.number(reason["value"], of.unit, server=one.id, metric=of.name, at=one.last_seen, source=source)
    level = say.number(reason["level"], of.unit, server=one.id, metric=f"{of.name}_level", source="/api/rules")
    called = say.name(of.called(say.locale))
    return say.either(f"{called} {value}(임계 {level})", f"{called} {value} (level {level})")


def now_of(one: Server, of: Measure, newest: Mapping[str, tuple[float, float]]) -> tuple[float, float] | None:
    """(value, at) of a measure; None where the server does not tell it. `newest` is the server's row of `latest`."""
    values: dict[str, float | None] = {name: value for name, (_, value) in newest.items()}
    for name, value in one.metrics.items():
        values.setdefault(name, value)
    found = value_in(of, values, one.memory_bytes)
    if found is None:
        return None
    at = min((newest[name][0] for name in of.series if name in newest), default=one.last_seen or 0.0)
    return found, at


def shown(one: Server, of: Measure, value: float, say: Say, at: float | None = None) -> str:
    return say.number(value, of.unit, server=one.id, metric=of.name, at=at, source=server_source(one.id))


def condition_words(condition: Mapping[str, Any], say: Say) -> str:
    """ "메모리 ≥ 80%", "CPU 20% – 40%"."""
    of = measure(str(condition["metric"]))
    called = say.name(of.called(say.locale))
    unit = str(condition.get("unit") or of.unit)
    first = say.number(float(condition["value"]), unit, metric="asked", decimals=3 if of.name == "uptime" else 1)
    if condition["op"] == "between":
        return f"{called} {first}–{say.number(float(condition['value2']), unit, metric='asked')}"
    return f"{called} {operator(condition['op'])} {first}"
