"""Which silence keeps an incident from being told, now. Incidents go on meanwhile; only deliveries wait."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from lib.domain.alerting import Incident, Silence
from lib.domain.calendars import next_after


def muting(silences: Iterable[Silence], incident: Incident, now: float) -> Silence | None:
    """The first silence that is active and means this incident."""
    return next((one for one in silences if means(one, incident) and is_active(one, now)), None)


def means(silence: Silence, incident: Incident) -> bool:
    if silence.incidents:
        return incident.id in silence.incidents
    if silence.rules and incident.rule_id not in silence.rules:
        return False
    if silence.metric and not _is_of(silence.metric, incident.subject):
        return False
    if silence.scope.is_everything:
        return True
    return incident.server is not None and silence.scope.holds(incident.server, incident.group, incident.tags)


def is_active(silence: Silence, now: float) -> bool:
    if now < silence.starts or (silence.ends is not None and now >= silence.ends):
        return False
    if not silence.recurrence:
        return True
    began = next_after(silence.recurrence, now - silence.duration_seconds, silence.timezone)
    return began is not None and began <= now


def _is_of(metric: str, subject: str) -> bool:
    """`disk` means each of its mounts, `disk:/data` one, `app.*` what it globs."""
    return fnmatchcase(subject, metric) or subject.partition(":")[0] == metric
