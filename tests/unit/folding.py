"""Builders for what the sweep reads: posts through the real door, and states as they are kept."""

from __future__ import annotations

import json
from typing import Any

from lib.domain.alerting import Rule
from lib.domain.telemetry import Part, Post, ServerSamples
from lib.monitoring.alerts.standing import Alerting
from lib.monitoring.alerts.threshold import Rules
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState, from_row
from lib.storage.port import Entry

NOW = 1_763_900_000

# Rules quick enough for stories; those of a fresh install wait a quarter of an hour.
BRISK = (
    Rule("cpu", "CPU", metric="cpu", warning=90, critical=98, recovery=80, hold_seconds=300),
    Rule("memory", "Memory", metric="memory", warning=90, critical=97, recovery=85, hold_seconds=300),
    Rule("disk", "Disk", metric="disk", warning=90, critical=95, recovery=88, no_data="resolve"),
    Rule("inode", "Inodes", metric="inode", warning=90, critical=95, recovery=88, no_data="resolve"),
    Rule("load", "Load", metric="load1", per_core=True, warning=2, critical=4, recovery=1.5, hold_seconds=300),
    Rule("heartbeat", "Heartbeat", kind="heartbeat", severity="critical"),
    Rule("deaf", "The monitor cannot hear", kind="deaf", severity="critical"),
    Rule("clock", "Clock", kind="skew", severity="warning"),
)


def alerting_with(*rules: Rule) -> Alerting:
    return Alerting(Rules(rules or BRISK), version=1)


type Values = dict[str, float | None]


def parts_of(
    rows: dict[int, Values],
    *,
    server: str = "web-1",
    n: int | None = None,
    floor: int = 1,
    epoch: str = "e",
    sent_at: float | None = None,
    slotted: bool = False,
    **extra: Any,
) -> list[str]:
    """A post's parts as they lie in the stream. Rows are {at: {series: value}}."""
    series = list(dict.fromkeys(name for values in rows.values() for name in values))
    share = ServerSamples(
        server,
        series,
        [(at, [values.get(name) for name in series]) for at, values in rows.items()],
        Post(epoch, n, floor) if n is not None else None,
        sent_at,
        slotted,
        extra,
    )
    return encode_parts(share, "key")


def heard(at: float, *args: Any, **more: Any) -> tuple[float, list[Part]]:
    return at, [decode_part(text) for text in parts_of(*args, **more)]


def entry(at: float, *args: Any, number: int = 0, **more: Any) -> Entry:
    return Entry(f"{int(at * 1000)}-{number}", at, parts_of(*args, **more))


def kept_and_read(state: ServerState) -> ServerState:
    """The state as another instance finds it in the database."""
    document = json.loads(
        json.dumps(
            {
                "series": state.series,
                "facts": state.facts,
                "settings": state.settings,
                "first_seen": state.first_seen,
                "states": state.to_rows(None),
                "posts": {
                    epoch: [*marks.to_row(0.0)[:2], index] for index, (epoch, marks) in enumerate(state.posts.items())
                },
            }
        )
    )
    return from_row(state.name, document)
