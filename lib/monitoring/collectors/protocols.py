"""The contract of foreign protocols: what comes in at a path becomes a batch, and the sender is answered as it expects.

A protocol is one file of this folder that gives `PROTOCOL`, and one line of `collectors/__init__.py` with its paths.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.outside import Alerts


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request. `path` is the pattern it came by, `parts` what stood for its placeholders; names of headers are in
    lower case; `body` is decompressed (gzip, deflate: what is the protocol's own, such as snappy, is left to it); `now`
    is the hub's clock."""

    method: str
    path: str
    body: bytes
    now: float
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Reply:
    """`of` is what the request brought where nothing of it is kept, although the status does not say so."""

    status: int = 204
    body: bytes = b""
    media_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    of: Batch | None = None


def nothing_to_say(_: Incoming, __: Batch) -> Reply:
    return Reply()


def noted(_: Incoming, alerts: Alerts) -> Reply:
    """200 all the same: a sender that hears another status tells all of them again."""
    told = {"accepted": len(alerts.words), "rejected": alerts.rejected[:100]} if alerts.rejected else {}
    return Reply(200, json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), "application/json")


@dataclass(frozen=True, slots=True)
class Protocol:
    """`read` gives what the request brought, or at once the reply where there is nothing to keep; it raises the errors
    of the domain (BadInput is 400: the sender is not to try again). `answer` is told what was taken, and `heard` which
    alerts of another monitor were. `refused` puts an
    error (the request's media type, the status, the reason) into the body and media type that senders read; without it,
    or where it gives None, it stays a problem document. `partly_told`: senders learn by status 400 that some was
    refused, though the rest is kept; they send neither again."""

    name: str
    read: Callable[[Incoming], Batch | Alerts | Reply]
    answer: Callable[[Incoming, Batch], Reply] = nothing_to_say
    refused: Callable[[str, int, str], tuple[bytes, str] | None] | None = None
    heard: Callable[[Incoming, Alerts], Reply] = noted
    partly_told: bool = False


@cache
def protocol(name: str) -> Protocol:
    """Loaded when its first request comes: a function must not start with what it does not use."""
    found: Protocol = import_module(f"lib.monitoring.collectors.{name}").PROTOCOL
    return found
