"""Which alerts a question means, and how one is told: the same for the list, the reasons, the report and the acts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.domain import rule_names
from lib.domain.alerting import GRAVITY
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import severity_word
from lib.mcp.core.question import Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Sources
from lib.monitoring.alerts.silences import as_incident

SOURCE = "/api/alerts"
MOST = 500
SEVERITIES = ("critical", "warning", "info")
# What people call one thing, and rules watch as several.
_FAMILIES = {
    "load": ("load1", "load5", "load15"),
    "disk": ("disk", "disk_free"),
    "disk_free": ("disk", "disk_free"),
    "memory_free": ("memory",),
}

type Alert = Mapping[str, Any]  # as desk.py shows it
type Newest = Mapping[str, Mapping[str, tuple[float, float]]]


def series_of(metric: str) -> tuple[str, ...]:
    """The series that alerts about this measure are of; a mount's own where it names one."""
    return _FAMILIES.get(metric) or measure(metric).series


def is_of(alert: Alert, metrics: Sequence[str]) -> bool:
    """Whether it is about one of these measures, any mount of it; about anything where none is named."""
    if not metrics:
        return True
    subject = str(alert["subject"] or "")
    return any(subject == series or subject.partition(":")[0] == series for one in metrics for series in series_of(one))


def those_of(alerts: Iterable[Alert], asked: Asked, meant: Meant) -> list[Alert]:
    """Those of the servers, the severities and the metrics asked about; the gravest first, then the newest."""
    names = set(meant.ids)
    severities = asked.words("severity")
    found = [
        one
        for one in alerts
        if (meant.is_whole or one["server"] in names)
        and (not severities or one["severity"] in severities)
        and is_of(one, asked.metrics)
    ]
    return sorted(found, key=lambda one: (-GRAVITY[one["severity"]], -began(one)))


def during(sources: Sources, start: float, end: float) -> list[Alert]:
    """Every alert that was open at some time in [start, end), also those that are over."""
    desk = sources.house.alerts
    changed = desk.listed(since=int(start), most=MOST, sight=sources.sight)["alerts"]
    found = {one["id"]: one for one in (*sources.open_alerts(), *changed)}
    return [one for one in found.values() if began(one) < end and ended(one, end) > start]


def began(alert: Alert) -> float:
    """When it opened, by the time of its samples."""
    return float(alert["opened_at_epoch"])


def ended(alert: Alert, now: float) -> float:
    """When it was over; `now` while it is not."""
    return float(alert["resolved_at_epoch"] or now)


def muted(sources: Sources, alerts: Sequence[Alert]) -> dict[str, float | None]:
    """`{id: until}` of those that a silence mutes now; None where that does not end by itself."""
    if not alerts:
        return {}
    return sources.house.quietbook.muted_until([as_incident(one) for one in alerts], sources.now)


# In words


def where(alert: Alert, say: Say) -> str:
    return say.name(alert["server"]) if alert["server"] else say.either("서버 없음", "no server")


def called(alert: Alert, say: Say) -> str:
    """The rule that it is of; of another monitor's alert, whose it is."""
    return say.name(alert["source"]) if alert.get("source") else rule_called(alert["rule"], alert["rule_name"], say)


def named(alert: Alert, say: Say) -> str:
    """Where nothing else is said of it: of another monitor's alert its title."""
    return say.code(alert["text"][say.locale]) if alert.get("source") else called(alert, say)


def rule_called(rule_id: str, name: str, say: Say) -> str:
    """A rule by what people of this language call it."""
    return say.name(rule_names.called(rule_id, name, say.locale))


def current(sources: Sources, alerts: Sequence[Alert]) -> Newest:
    """`{server: {series: (at, value)}}` of what these alerts are about, for servers that report; one query. An alert
    itself keeps the value it opened with."""
    reporting = {one.id for one in sources.fleet if one.is_there}
    open_ones = [one for one in alerts if one["resolved_at_epoch"] is None and one["server"] in reporting]
    subjects = {str(one["subject"]) for one in open_ones if one["kind"] == "threshold"}
    if not subjects:
        return {}
    names = sorted({str(one["server"]) for one in open_ones})
    return sources.house.queries.latest(names, sorted(subjects), sources.sight)


def about(alert: Alert, say: Say, newest: Newest) -> str:
    """ "메모리 97.2% (기준 97%)": now, or its peak where it is over; what is about no level in its own words."""
    server, subject = alert["server"], str(alert["subject"] or "")
    if alert["kind"] != "threshold" or alert.get("value") is None or alert.get("level") is None:
        text = alert["text"][say.locale]
        # Sentences of these kinds are ours and say no numbers; others quote what was foreseen, or what a job said.
        return say.name(text) if alert["kind"] in {"heartbeat", "deaf", "skew"} else say.code(text)
    of = measure(subject)
    at, amount, how = alert["opened_at_epoch"], alert["value"], say.either("열릴 때 ", "opened at ")
    found = newest.get(server, {}).get(subject)
    if found is not None:
        (at, amount), how = found, ""
    elif alert["resolved_at_epoch"] is not None and alert.get("peak") is not None:
        amount, how = alert["peak"], say.either("최고 ", "peak ")
    value = say.number(amount, of.unit, server=server, metric=subject, at=at, source=SOURCE)
    level = say.number(alert["level"], of.unit, server=server, metric=f"{subject}_level", source=SOURCE)
    called = say.name(of.called(say.locale))
    return say.either(f"{called} {how}{value} (기준 {level})", f"{called} {how}{value} (level {level})")


def lasted(alert: Alert, say: Say) -> str:
    """ "30분째 (02:45 KST부터)", "12분 (02:45–02:57 KST)"."""
    start = began(alert)
    if alert["resolved_at_epoch"] is None:
        length = say.duration(say.now - start, server=alert["server"], source=SOURCE)
        since = say.moment(start)
        return say.either(f"{length}째 ({since}부터)", f"for {length} (since {since})")
    length = say.duration(ended(alert, say.now) - start, server=alert["server"], source=SOURCE)
    return f"{length} ({say.span(start, ended(alert, say.now))})"


def state(alert: Alert, muted_until: Mapping[str, float | None], say: Say) -> str:
    """Whether somebody looks after it, whether it is over, whether it is muted."""
    if alert["resolved_at_epoch"] is not None:
        return say.either("해결됨", "resolved")
    told = say.either("미확인", "not acknowledged")
    if alert["acked_at_epoch"] is not None:
        by = say.name(alert["acked_by"] or "–")
        told = say.either(f"확인됨({by})", f"acknowledged by {by}")
    if alert["id"] not in muted_until:
        return told
    until = muted_until[alert["id"]]
    if until is None:
        return say.either(f"{told}, 음소거", f"{told}, silenced")
    ends = say.moment(until)
    return say.either(f"{told}, {ends}까지 음소거", f"{told}, silenced until {ends}")


def line_of(alert: Alert, say: Say, newest: Newest, muted_until: Mapping[str, float | None] | None = None) -> str:
    """One alert on one line."""
    parts = [
        f"{severity_word(alert['severity'], say)} {where(alert, say)} {called(alert, say)}",
        about(alert, say, newest),
        lasted(alert, say),
        state(alert, muted_until or {}, say),
    ]
    return " · ".join(parts)


def by_severity(alerts: Sequence[Alert], say: Say) -> str:
    """ "위험 2, 경고 1"."""
    counts = Counter(one["severity"] for one in alerts)
    return ", ".join(
        f"{severity_word(one, say)} {say.count(counts[one], f'alerts_{one}', source=SOURCE)}"
        for one in SEVERITIES
        if counts[one]
    )


def evidence(alerts: Sequence[Alert], say: Say, most: int = 5) -> None:
    for one in alerts[:most]:
        window = (began(one), ended(one, say.now))
        say.evidence("alert", one["id"], f"/#/alerts/{one['id']}", window)


def filters(asked: Asked, say: Say) -> str:
    """The severities and metrics asked about, restated; empty where any will do."""
    words = [severity_word(one, say) for one in asked.words("severity")]
    words += [say.name(measure(one).called(say.locale)) for one in asked.metrics]
    return " · ".join(words)
