"""What happened on some servers in a time: deploys and other events, errors that say the same, alerts that opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.domain.rule_names import called
from lib.mcp.core.hypotheses import kind_of
from lib.mcp.core.phrases import server_url
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import MOST_READS, Sources
from lib.monitoring.collectors.error_tracker import LEVELS
from lib.monitoring.outside import name_of

MOST = 500  # events that are read, the newest
_FIRST = ("deploy", "config", "reboot")  # people's own doing before what came of it


@dataclass(frozen=True, slots=True)
class Happened:
    """`count` of them that say the same, the first at `at`; `kind` error or incident, or as the event calls itself.
    `korean` is what happened where that is said otherwise there."""

    at: float
    server: str
    kind: str
    what: str
    korean: str
    id: str
    count: int = 1


def read(sources: Sources, servers: Sequence[str], start: float, end: float) -> list[Happened]:
    """In [start, end), what people did first, then alerts, then errors; each oldest first. Errors of the level `error`
    and worse; those that say the same on one server are one."""
    if not servers:
        return []
    found = sources.house.storage.analysis.analysis_happenings(
        list(servers)[:MOST_READS], int(start), int(end), sources.sight
    )
    happened = [Happened(float(at), server, kind, title, title, id) for at, server, kind, title, id in found["events"]]
    errors: dict[tuple[str, str], list[Happened]] = {}
    for at, server, fingerprint, level, source, message, id in found["errors"]:
        if LEVELS.index(level) >= LEVELS.index("error"):
            what = f"{source}: {message}" if source else message
            errors.setdefault((server, fingerprint or message), []).append(
                Happened(float(at), server, "error", what, what, id)
            )
    for those in errors.values():
        first = min(those, key=lambda one: one.at)
        happened.append(Happened(first.at, first.server, "error", first.what, first.korean, first.id, len(those)))
    happened += [
        Happened(float(at), server, "incident", *_opened(rule or "", name_of(subject or "")), id)
        for at, server, rule, subject, id in found["incidents"]
    ]
    inside = [one for one in happened if start <= one.at < end]
    return sorted(inside, key=lambda one: (_order(one.kind), one.at, one.server))


def _opened(rule: str, subject: str) -> tuple[str, str]:
    """In English as it is stored, and in Korean."""
    return f"{rule} {subject}".strip(), f"{called(None, rule, 'ko')} {subject}".strip()


def _order(kind: str) -> int:
    return 0 if kind in _FIRST else 3 if kind == "error" else 2 if kind == "incident" else 1


def told(one: Happened, say: Say) -> str:
    """ "배포 `api v2.4.1` (api-02, 12:05 KST)"."""
    where, at = say.name(one.server) if one.server else "–", say.moment(one.at)
    times = ""
    if one.count > 1:
        number = say.count(one.count, "times", server=one.server)
        times = say.either(f", {number}번", f", {number} times")
    return f"{kind_of(one.kind, say)} {say.code(say.either(one.korean, one.what))} ({where}, {at}{times})"


def evidence(those: Sequence[Happened], say: Say, most: int = 6) -> None:
    for one in those[:most]:
        if one.kind == "incident":
            say.evidence("alert", one.id, f"/#/alerts/{one.id}", (one.at, one.at))
        else:
            kind = "log" if one.kind == "error" else "event"
            say.evidence(kind, one.id or one.what[:60], server_url(one.server), (one.at, one.at))
