"""What a key's senders sent a moment ago, read from the stream where posts wait: whoever sets up an agent sees its
first sample within seconds, before any sweep, and at no cost to the posts themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.domain.components import metric_of
from lib.domain.errors import BadInput
from lib.domain.moments import told
from lib.domain.telemetry import BEHIND_SECONDS, SKEW_SECONDS, Part
from lib.monitoring import polling
from lib.monitoring.checks import pings_of
from lib.monitoring.outside import words_of
from lib.monitoring.parts import decode_part
from lib.storage.port import Entry, Storage

SINCE_SECONDS = 120  # how far back the first look goes
MOST_ENTRIES = 300  # of one look: what is beyond is for the next
MOST_TOLD = 50  # servers
MOST_METRICS = 40
MOST_ELSEWHERE = 5
type Heard = tuple[Part, float]  # what a server told, and when
_PLACE = re.compile(r"[0-9]{1,16}-[0-9]{1,16}")


@dataclass(slots=True)
class Arrival:
    """One server as one source tells of it: the newest of its posts, and all metrics of them."""

    server: str
    source: str
    client: str | None
    at: float
    off: float | None = None
    metrics: dict[str, None] = field(default_factory=dict)
    unmapped: int = 0
    names: list[str] = field(default_factory=list)
    errors: int = 0

    def told(self) -> dict[str, Any]:
        return {
            "server": self.server, "source": self.source, "client": self.client, **told("at", self.at),
            "clock_off": self.off, "metrics": list(self.metrics)[:MOST_METRICS], "metrics_count": len(self.metrics),
            "unmapped": self.unmapped, "names": self.names, "errors": self.errors,
        }  # fmt: skip


def read(storage: Storage, key_id: str, now: float, after: str | None) -> dict[str, Any]:
    """`{as_of, next, more, arrived, elsewhere, pings, alerts}`: `next` is to be `after` the next time, `more` that
    there is more already. One Redis command. Raises BadInput, and Unavailable while Redis is away."""
    if after is not None and not _PLACE.fullmatch(after):
        raise BadInput("`after` is what `next` was in an answer before", pointer="/after")
    place = after or f"{int((now - SINCE_SECONDS) * 1000)}-0"
    entries = storage.read(place, MOST_ENTRIES)
    heard = list(_heard(entries))
    return {
        **told("as_of", now),
        "next": entries[-1].id if entries else place,
        "more": len(entries) == MOST_ENTRIES,
        "arrived": [one.told() for one in arrived(heard, key_id)[:MOST_TOLD]],
        "elsewhere": elsewhere(heard, key_id),
        "pings": _pings(entries),
        "alerts": _alerts(entries),
    }


def _heard(entries: Iterable[Entry]) -> Iterator[Heard]:
    """What servers told, and when; what cannot be read is the sweep's to tell of, pings and the like are no part."""
    for entry in entries:
        for text in entry.parts:
            try:
                yield decode_part(text), entry.heard_at
            except (ValueError, TypeError, KeyError, IndexError):
                continue


def elsewhere(heard: Iterable[Heard], key_id: str) -> list[dict[str, str]]:
    """The servers that reported by other keys, newest first: the sender in question may use one of these."""
    found: dict[str, str] = {}
    for part, _ in heard:
        if part.key_id not in (key_id, polling.KEY):
            found.pop(part.server, None)
            found[part.server] = part.key_id
    return [{"server": server, "key": key} for server, key in reversed(found.items())][:MOST_ELSEWHERE]


def _pings(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The newest ping of each check, newest first: whose key it was is not known of pings."""
    newest = {one.check: one for one in pings_of(entries)}
    told_of = sorted(newest.values(), key=lambda one: -one.at)[:MOST_TOLD]
    return [{"check": one.check, "kind": one.kind, "code": one.code, **told("at", one.at)} for one in told_of]


def _alerts(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The newest word on each alert of another monitor, newest first; these do not tell their key either."""
    newest = {word.subject: word for word in words_of(entries)}
    told_of = sorted(newest.values(), key=lambda word: -word.heard_at)[:MOST_TOLD]
    return [
        {
            "subject": one.subject, "source": one.source, "title": one.title, "severity": one.severity,
            "over": one.is_over(), **told("at", one.heard_at),
        }
        for one in told_of
    ]  # fmt: skip


def arrived(heard: Iterable[Heard], key_id: str) -> list[Arrival]:
    """Who sent by this key, newest first."""
    found: dict[tuple[str, str], Arrival] = {}
    for part, heard_at in heard:
        if part.key_id == key_id and part.holds:
            _add(found, part, heard_at)
    return sorted(found.values(), key=lambda one: -one.at)


def _add(found: dict[tuple[str, str], Arrival], part: Part, heard_at: float) -> None:
    extra = part.extra
    source: dict[str, Any] = extra.get("source") or {"name": "agent" if "agent" in extra or part.post else "native"}
    one = found.setdefault((part.server, source["name"]), Arrival(part.server, source["name"], None, heard_at))
    one.at = heard_at
    client = source.get("client") or extra.get("agent")
    one.client = client or one.client
    one.off = _off(part, heard_at)
    one.metrics |= dict.fromkeys(name for name in part.series if ":" not in name or "." in name)
    for _, pot in extra.get("pots", ()):
        one.metrics |= dict.fromkeys(map(metric_of, pot))
    one.unmapped = max(one.unmapped, source.get("unmapped", 0))
    one.names = list(dict.fromkeys([*one.names, *source.get("names", ())]))[:20]
    one.errors += len(extra.get("errors", ()))


def _off(part: Part, heard_at: float) -> float | None:
    """Seconds by which the sender's clock is ahead; None where it is right, or nothing tells."""
    if part.sent_at is not None:
        off = part.sent_at - heard_at
        return round(off) if abs(off) > SKEW_SECONDS else None
    times = [at for at, _ in part.rows] + [at for at, _ in part.extra.get("pots", ())]
    off = max(times, default=heard_at) - heard_at
    return round(off) if off > SKEW_SECONDS or off < -BEHIND_SECONDS else None


def refusal_told(refused: Mapping[str, Any], key: Mapping[str, Any]) -> dict[str, Any] | None:
    """A note on a refused sender for whoever sets up this key; None where it is another key's. `is_this_key` is None
    where nobody knows whose it was."""
    hint = refused["key"]
    if refused["key_id"] is not None and refused["key_id"] != key["id"]:
        return None
    looks_alike = True if hint and hint == key["prefix"] else False if hint else None
    is_this = True if refused["key_id"] == key["id"] else looks_alike
    rest = {name: refused[name] for name in ("reason", "status", "path", "detail", "address", "client", "key", "names")}
    return {
        **told("at", refused["at"]),
        **rest,
        "clock_off": None if refused["off"] is None else round(refused["off"]),
        "is_this_key": is_this,
    }
