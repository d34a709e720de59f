"""The fleet as last committed, in one text that a page can be answered from without reading any server's row.

    <version> <header JSON>\\n
    <one server's fragment>\\n ...

The header names each server with what may change while nobody writes: when it was heard, how often it posts, its
status. A fragment is the rest of that server's JSON object, finished, so that an answer is put together, not computed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.domain.metrics import HEADLINE
from lib.domain.moments import told
from lib.monitoring.absence import SWEEP_GAP_SECONDS, stale_after
from lib.monitoring.alerts.incidents import open_of
from lib.monitoring.reasons import described
from lib.monitoring.state import SPARK_STEP, FleetState, ServerState

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
FACTS_SHOWN = ("os", "cores", "memory_bytes", "boot_at")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`servers` are [id, heard_at, expected, status, reason or None] in the order of `fragments`."""

    version: int
    at: float  # when it was committed, at most a minute before the last sweep
    post_every: float
    fleet: dict[str, Any]
    deaf: bool
    servers: list[list[Any]]
    fragments: list[str]

    def answer(self, now: float) -> tuple[list[str], str]:
        """Every server as JSON text, stale ones said to be stale; and a tag that differs whenever these texts do.

        Within one version servers only become stale, one after the other: their number tells which.
        """
        texts = []
        stale = 0
        late = "deaf" if self.deaf else "blind" if now - self.at > SWEEP_GAP_SECONDS else "late"
        for (name, heard_at, expected, status, reason), fragment in zip(self.servers, self.fragments, strict=True):
            if status != "offline" and now - heard_at > stale_after(expected, self.post_every):
                stale += 1
                status, reason = "stale", described({"code": late, "since": heard_at})
            shown = "null" if reason is None else _ENCODE(reason)
            texts.append(f'{{"id":{_ENCODE(name)},"status":"{status}","reason":{shown},{fragment}')
        return texts, f"{self.version}-{stale}-{late}"


def write(version: int, at: float, states: Mapping[str, ServerState], fleet: FleetState, post_every: float) -> str:
    """The snapshot of a commit. A server's fragment is kept in `state.line` until its state changes."""
    servers = []
    lines = []
    for name in sorted(states):
        state = states[name]
        if not state.line:
            state.line = _fragment(state)
        servers.append([name, state.heard_at, state.expected, state.status, described(state.reason, state)])
        lines.append(state.line)
    start = fleet.cpu_at - SPARK_STEP * (len(fleet.cpu) - 1)
    header = {
        "at": round(at, 3),
        "post_every": post_every,
        "deaf": fleet.deaf_since is not None,
        "fleet": {
            "cpu": {
                "t": [start + SPARK_STEP * index for index in range(len(fleet.cpu))],
                "median": [pair[0] for pair in fleet.cpu],
                "p95": [pair[1] for pair in fleet.cpu],
            }
        },
        "servers": servers,
    }
    return "\n".join([f"{version} {_ENCODE(header)}", *lines])


def read(text: str) -> Snapshot:
    head, *fragments = text.split("\n")
    version, _, header = head.partition(" ")
    body = json.loads(header)
    return Snapshot(
        int(version), body["at"], body["post_every"], body["fleet"], body["deaf"], body["servers"], fragments
    )


def _fragment(state: ServerState) -> str:
    facts = state.facts
    known = [(name, state.value(name)) for name in HEADLINE]
    total, count = state.spark_sum
    body = {
        "group": state.group,
        "tags": state.tags,
        **{name: facts.get(name) for name in FACTS_SHOWN},
        **told("last_seen", state.heard_at),
        **told("since", state.since or None),
        "metrics": {name: value for name, value in known if value is not None},
        "spark": {"step": SPARK_STEP, "cpu": [*state.spark, round(total / count, 1)] if count else state.spark},
        "alerts": len(open_of(state.memory)),
    }
    return _ENCODE(body)[1:].replace("\n", " ")
