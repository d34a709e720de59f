"""Which silence keeps an incident from being told, now. Incidents go on meanwhile; only deliveries wait."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from lib.domain.alerting import Incident, Scope, Silence
from lib.domain.recurrences import recurs_after


def means(silence: Silence, incident: Incident) -> bool:
    if silence.incidents:
        return incident.id in silence.incidents
    if silence.rules and incident.rule_id not in silence.rules:
        return False
    if silence.metric and not _is_of(silence.metric, incident.subject):
        return False
    return in_scope(silence.scope, incident)


def in_scope(scope: Scope, incident: Incident) -> bool:
    """What is of no server is meant by tags it carries itself (a job's), never by a server's name."""
    if incident.server is None and scope.servers:
        return False
    return scope.holds(incident.server or "", incident.group, incident.tags)


def is_active(silence: Silence, now: float) -> bool:
    """Raises ValueError for a recurrence or a time zone that is none."""
    if now < silence.starts or (silence.ends is not None and now >= silence.ends):
        return False
    return not silence.recurrence or _began(silence, now) is not None


def until(silence: Silence, now: float) -> float | None:
    """When one that is active ends, or the occurrence of it that is under way; None where it does not by itself."""
    began = _began(silence, now) if silence.recurrence else None
    if began is None:
        return silence.ends
    end = began + silence.duration_seconds
    return end if silence.ends is None else min(end, silence.ends)


def occurrences(silence: Silence, now: float, most: int = 3) -> list[tuple[float, float]]:
    """[(from, to)] of the next, the one under way included."""
    if not silence.recurrence:
        return []
    found: list[tuple[float, float]] = []
    after = max(now - silence.duration_seconds, silence.starts - 1)
    while len(found) < most and (began := _next(silence, after)) is not None:
        end = began + silence.duration_seconds
        if silence.ends is not None:
            if began >= silence.ends:
                break
            end = min(end, silence.ends)
        found.append((began, end))
        after = began
    return found


def _began(silence: Silence, now: float) -> float | None:
    """When the occurrence began that is under way."""
    began = _next(silence, now - silence.duration_seconds)
    return began if began is not None and began <= now else None


def _next(silence: Silence, after: float) -> float | None:
    return recurs_after(silence.recurrence, max(after, silence.starts - 1), silence.timezone, silence.starts)


def _is_of(metric: str, subject: str) -> bool:
    """`disk` means each of its mounts, `disk:/data` one, `app.*` what it globs."""
    return fnmatchcase(subject, metric) or subject.partition(":")[0] == metric


def as_incident(alert: Mapping[str, Any]) -> Incident:
    """Of an alert as people see it (desk.py): as much of it as a silence looks at."""
    return Incident(
        alert["id"], alert["rule"], 0, "", alert["kind"], alert["server"], alert["subject"], alert["severity"],
        alert["opened_at_epoch"], alert["opened_at_epoch"], group=alert.get("group"), tags=alert.get("tags") or {},
    )  # fmt: skip
