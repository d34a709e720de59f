"""From everything a sentence says to the entities of one intent: each question wants to know other things of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lib.mcp.npu import labels, ranking
from lib.mcp.npu.calendar_words import KINDS
from lib.mcp.npu.conditions import sharing
from lib.mcp.npu.extractor import Extraction
from lib.mcp.npu.times import LENGTH, When, seconds_of
from lib.mcp.npu.topics import topic_of

Entities = dict[str, Any]

_BASELINE = re.compile(r"\s*(?:에\s*)?(?:보다|대비|에 비해|와 비교|과 비교|랑 비교|하고 비교|비해)")
_VERSUS = re.compile(
    r"(?<![a-z])(?:vs\.?|versus|than|against|compared (?:to|with)|relative to|over|from|since|with)\s+(?:the\s+)?$"
)
_REPORT = (
    (re.compile(r"주간|위클리|(?<![a-z])weekly"), 7),
    (re.compile(r"월간|먼슬리|(?<![a-z])monthly"), 30),
    (re.compile(r"일간|데일리|일일|(?<![a-z])daily"), 1),
)
_FUTURE_FULL = re.compile(r"넘|초과|crosses|exceed|passes|over|above")
_LOG_NOISE = re.compile(r"(?:syslog|log|logs|로그)")


def _range(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": start.isoformat(), "end": end.isoformat()}


def _of(when: When) -> dict[str, str]:
    return _range(*when.range)


def entities_for(intent: str, found: Extraction) -> Entities:
    """The entities of this intent, in the form of the specification; what the sentence does not say is not there."""
    entities: Entities = dict(found.targets.entities())
    entities.update(_metrics(intent, found))
    for slot, reader in _EXTRA.get(intent, {}).items():
        value = reader(found)
        if value not in (None, [], ""):
            entities[slot] = value
    if intent not in _NO_TIME:
        entities.update(_time(intent, found))
    return entities


def _metrics(intent: str, found: Extraction) -> Entities:
    names = found.measured.names
    if intent in ("uptime_sla",):
        names = []
    if not names and intent in ("top_n", "compare_servers", "compare_periods", "threshold_filter", "threshold_set"):
        names = found.measured.soft[:1]
    if intent in ("top_n", "process_query"):
        names = (
            names[:1]
            if intent == "top_n"
            else [one for one in names if one in ("cpu", "memory", "disk_io", "network", "connections")]
        )
    if intent == "log_query":
        names = []
    return {"metrics": names} if names else {}


def _conditions(found: Extraction, default_op: str = "gt", natural: bool = False) -> list[dict[str, Any]]:
    made = []
    only = found.measured.names[:1] or found.measured.soft[:1]
    for level in found.levels:
        metric = level.metric or (only[0] if only else None)
        if metric and (level.op or level.unit or natural):
            made.append(level.condition(metric, default_op))
    return made


def _filter_conditions(found: Extraction) -> list[dict[str, Any]]:
    compared = [level for level in found.levels if level.op]
    fallback = [*found.measured.names, *found.measured.soft][:1]
    made = [
        level.condition(metric)
        for level in compared
        for metric in (sharing(found.bare, level, found.measured.mentions) or fallback)
    ]
    return made or _conditions(found, "gte", natural=True)


def _set_conditions(found: Extraction) -> list[dict[str, Any]]:
    compared = [level for level in found.levels if level.op and (level.metric or found.measured.names)]
    if compared:
        return [level.condition(level.metric or found.measured.names[0]) for level in compared]
    return _conditions(found, natural=True)[-1:]


def _forecast_conditions(found: Extraction) -> list[dict[str, Any]]:
    made = []
    for level in found.levels:
        if level.metric and (level.op or level.unit):
            made.append(level.condition(level.metric, "gt" if _FUTURE_FULL.search(found.rest) else "gte"))
    return made


def _uptime_conditions(found: Extraction) -> list[dict[str, Any]]:
    return [level.condition("uptime", "gte") for level in found.levels if level.unit == "%" or level.op]


def _top_n(found: Extraction) -> int | None:
    count, _ = ranking.count_of(found.bare)
    return count or (1 if ranking.is_single(found.bare) else None)


def _silence_seconds(found: Extraction) -> int | None:
    if _silent_window(found):
        return None
    lengths = _lengths(found)
    return int(lengths[0]) if lengths else _bare_hour(found)


def _lengths(found: Extraction) -> list[float]:
    """In seconds. "2시간 동안", "다음 1시간": read as ranges, but of what is to come or to last only the length counts."""
    if found.lengths:
        return [seconds for _, _, seconds in found.lengths]
    said = {seconds_of(one[0]) for one in re.finditer(LENGTH, found.text.folded)}
    ranges = [(one.range[1] - one.range[0]).total_seconds() for one in found.whens if found.now in one.range]
    return [seconds for seconds in ranges if seconds in said]


_WEEKDAY = re.compile(
    r"[월화수목금토일]요일|(?<![a-z])(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?(?![a-z])"
)


def _silent_window(found: Extraction) -> tuple[datetime, datetime] | None:
    """From when to when alerts are to be silent, where a moment is named; a weekday is the next one, not the last."""
    for one in found.whens:
        if one.until or one.range[0] > found.now:
            return one.range
        if one.period == ("day", 0) and not _lengths(found):
            return found.now, one.range[0] + timedelta(days=1)
        if one.range[1] <= found.now and _WEEKDAY.search(found.text.folded[one.start : one.end]):
            return one.range[0] + timedelta(days=7), one.range[1] + timedelta(days=7)
    return None


def _bare_hour(found: Extraction) -> int | None:
    return 3600 if re.search(r"(?<![a-z])for the hour", found.rest) else None


def _hold_seconds(found: Extraction) -> int | None:
    slow = "latency" in found.measured.names
    lengths = [seconds for seconds in _lengths(found) if not (slow and seconds < 60)]
    return int(lengths[0]) if lengths else None


def _agg(found: Extraction) -> str | None:
    return found.measured.agg


def _severity(found: Extraction) -> list[str]:
    return found.severity


_EXTRA: dict[str, dict[str, Callable[[Extraction], Any]]] = {
    "server_list": {"statuses": lambda found: found.statuses},
    "metric_current": {"agg": _agg},
    "metric_history": {"agg": _agg},
    "top_n": {"top_n": _top_n, "order": lambda found: ranking.order_of(found.bare)},
    "threshold_filter": {"conditions": _filter_conditions},
    "alert_list": {"severity": _severity, "alert_state": lambda found: found.alert_state},
    "forecast": {"conditions": _forecast_conditions},
    "log_query": {
        "level": lambda found: labels.level_of(found.rest),
        "keyword": lambda found: _keyword(found),
        "process": lambda found: found.process,
        "top_n": lambda found: ranking.lines_of(found.bare),
    },
    "troubleshoot": {"topic": lambda found: topic_of(found.rest, found.measured.names)},
    "uptime_sla": {"conditions": _uptime_conditions},
    "process_query": {"top_n": _top_n, "port": lambda found: found.port, "process": lambda found: found.process},
    "alert_ack": {"severity": _severity},
    "alert_silence": {"severity": _severity, "duration_s": _silence_seconds},
    "threshold_set": {"conditions": _set_conditions, "severity": _severity, "duration_s": _hold_seconds},
}  # fmt: skip
_NO_TIME = frozenset({"troubleshoot", "alert_ack", "threshold_set", "agent_help", "product_help", "concept_explain", "smalltalk", "out_of_scope", "clarify", "server_list", "metric_current", "process_query", "fleet_summary", "server_status"})  # fmt: skip


def _keyword(found: Extraction) -> str | None:
    word = found.keyword
    return None if word and _LOG_NOISE.fullmatch(word) else word


def _time(intent: str, found: Extraction) -> Entities:
    whens = found.whens
    if intent == "compare_periods":
        return _periods(found)
    if intent == "alert_silence":
        window = _silent_window(found)
        return {"time": _range(*window)} if window else {}
    if intent == "report" and not whens:
        return next(
            (
                {"time": _range(found.now - timedelta(days=days), found.now)}
                for words, days in _REPORT
                if words.search(found.rest)
            ),
            {},
        )
    if intent == "forecast":
        ahead = [one for one in whens if one.range[1] > found.now]
        return {"time": _of(ahead[0])} if ahead else {}
    if len(whens) >= 2 and intent in ("compare_servers",):
        return {"time": _of(whens[0])}
    if intent == "change_correlation" and whens and whens[0].range[1] > found.now:
        return {}
    if not whens and found.lengths and intent in ("metric_history", "uptime_sla", "anomaly_list"):
        seconds = found.lengths[0][2]
        return {"time": _range(found.now - timedelta(seconds=seconds), found.now)}
    past = [one for one in whens if one.range[0] < found.now]
    return {"time": _of(past[0])} if past else {}


def _periods(found: Extraction) -> Entities:
    """Recent and baseline. One alone is compared with the present one of its kind, or the present with the one before."""
    whens, now = found.whens, found.now
    if len(whens) >= 2:
        first, second = whens[:2]
        if {first.period, second.period} == {("day", -1)}:  # "yesterday ... the day before"
            second = When(second.start, second.end, KINDS["day"](now, -2), ("day", -2))
        older, newer = sorted((first, second), key=lambda one: one.range[0])
        return {"time": _of(newer), "time2": _of(older)}
    if not whens:
        return {}
    one = whens[0]
    if one.period and one.period[0] in KINDS:
        kind, offset = one.period
        if offset < 0:
            return {"time": _range(*KINDS[kind](now, 0)), "time2": _range(*KINDS[kind](now, offset))}
        return {"time": _of(one), "time2": _range(*KINDS[kind](now, offset - 1))}
    length = one.range[1] - one.range[0]
    if one.range[1] >= now:
        return {"time": _of(one), "time2": _range(one.range[0] - length, one.range[0])}
    shift = timedelta(days=max(1, round((now - one.range[0]).total_seconds() // 86400)))
    return {"time": _range(one.range[0] + shift, min(now, one.range[1] + shift)), "time2": _of(one)}
