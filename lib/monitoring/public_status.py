"""The public status page: what strangers are told. Chosen names, states, days; never a server's name or a reason.

A component is down when its server or job is, or every server of its group; degraded when something of it is down or
critical; unknown while the hub itself cannot tell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lib.domain.errors import BadInput, NotFound, Unavailable
from lib.domain.moments import iso, told
from lib.domain.telemetry import clean_name
from lib.monitoring.collectors.error_tracker import read_text
from lib.monitoring.snapshot import Snapshot
from lib.storage.port import Status

type State = Literal["ok", "degraded", "down", "unknown"]

DAYS = 90
DAY = 86_400
FRESH_SECONDS = 15.0  # strangers may ask as often as they like
COPY_SECONDS = 900.0  # while the database is away the last answer is given so long, and said to be old
BLIND_SECONDS = 180.0
REST_SECONDS = 3.0
_WORST: tuple[State, ...] = ("ok", "unknown", "degraded", "down")


class ComponentChange(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(default="", min_length=1, max_length=100)
    note: str = Field(default="", max_length=500)
    place: int = Field(default=0, ge=-1_000_000, le=1_000_000)


class WantedComponent(ComponentChange):
    name: str = Field(min_length=1, max_length=100)
    kind: Literal["server", "group", "check"]
    target: str = Field(min_length=1, max_length=100)


class PublicStatus:
    """Thread-safe; keeps its last answer."""

    def __init__(
        self,
        status: Status,
        snapshot: Callable[[], tuple[Snapshot, float, bool]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._status = status
        self._snapshot = snapshot
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last: tuple[float, dict[str, Any]] | None = None
        self._rests_until = float("-inf")

    def page(self) -> dict[str, Any]:
        """`{as_of, stale, state, components, incidents}`. Raises Unavailable when none is known."""
        with self._lock:
            now = self._monotonic()
            if self._last is not None and now - self._last[0] < FRESH_SECONDS:
                return self._last[1]
            try:
                if now < self._rests_until:
                    raise Unavailable("the status is not known: the database does not answer")
                found = self._status.status(DAYS)
                snapshot, _, _ = self._snapshot()
            except Unavailable:
                # Whoever waits behind this one must not wait for a time-out of their own.
                if now >= self._rests_until:
                    self._rests_until = self._monotonic() + REST_SECONDS
                if self._last is None or now - self._last[0] > COPY_SECONDS:
                    raise
                return {**self._last[1], "stale": True}
            self._last = (now, page(found, silent_and_critical(snapshot, found["now"])))
            return self._last[1]

    def one(self, component: str) -> tuple[str, State]:
        """The name and state of a component, of `all` those of everything. Raises NotFound for what is not public."""
        shown = self.page()
        if component == "all":
            return "status", shown["state"]
        for one in shown["components"]:
            if one["id"] == component:
                return one["name"], one["state"]
        raise NotFound("there is no such component")

    # By admins

    def components(self) -> dict[str, Any]:
        return {"components": [_shown(one) for one in self._status.components()]}

    def create(self, wanted: WantedComponent) -> dict[str, Any]:
        target = clean_name(wanted.target) if wanted.kind == "server" else read_text(wanted.target, 100)
        if target is None:
            raise BadInput("this can be no server, group or check", pointer="/target")
        made = self._status.component_create({**_clean(wanted.model_dump()), "target": target})
        self._forget()
        return _shown(made)

    def change(self, component: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        found = self._status.component_change(component, _clean(changes))
        if found is None:
            raise NotFound(f'there is no component "{component[:40]}"')
        self._forget()
        return _shown(found)

    def delete(self, component: str) -> None:
        if not self._status.component_delete(component):
            raise NotFound(f'there is no component "{component[:40]}"')
        self._forget()

    def _forget(self) -> None:
        """What is public no more must not be shown from a copy."""
        with self._lock:
            self._last = None


def silent_and_critical(snapshot: Snapshot, now: float) -> dict[str, State]:
    """The state of each server as strangers are told it."""
    states: dict[str, State] = {"ok": "ok", "warning": "ok", "critical": "degraded", "offline": "down"}
    if snapshot.deaf or now - snapshot.at > BLIND_SECONDS:
        return {name: "unknown" for name, *_ in snapshot.servers}
    return {name: states.get(status, "unknown") for name, _, _, status, _ in snapshot.servers}


def page(found: Mapping[str, Any], servers: Mapping[str, State]) -> dict[str, Any]:
    """The answer, of what the database found and of the servers' states. Pure."""
    now = found["now"]
    components = []
    incidents = []
    for one in found["components"]:
        state = _state(one, servers)
        days = _days(one, now)
        known = [day["uptime"] for day in days if day["uptime"] is not None]
        components.append(
            {
                "id": one["id"], "name": one["name"], "note": one["note"], "state": state,
                "uptime": round(sum(known) / len(known), 5) if known else None, "days": days,
            }
        )  # fmt: skip
        incidents += [
            {"component": one["id"], "name": one["name"], "state": what, **told("from", start), **told("until", until)}
            for what, start, until in one["incidents"]
        ]
    incidents.sort(key=lambda incident: (incident["until"] is not None, -incident["from_epoch"]))
    return {
        **told("as_of", round(now, 1)),
        "stale": False,
        "state": _overall([one["state"] for one in components]),
        "components": components,
        "incidents": incidents[:50],
    }


def _state(one: Mapping[str, Any], servers: Mapping[str, State]) -> State:
    if one["kind"] == "check":
        check = one["check"]
        if check is None or check["paused"] or not check["pinged"]:
            return "unknown"
        return "down" if check["down_why"] else "ok"
    states = [servers.get(server, "unknown") for server, _ in one["members"]]
    if not states:
        return "unknown"
    if all(state == states[0] for state in states):
        return states[0]
    return "degraded" if {"down", "degraded"} & set(states) else "unknown"


def _overall(states: Sequence[State]) -> State:
    if not states:
        return "unknown"
    worst = max(states, key=_WORST.index)
    return "degraded" if worst == "down" and not all(state == "down" for state in states) else worst


def _days(one: Mapping[str, Any], now: float) -> list[dict[str, Any]]:
    """Ninety days, the oldest first; `uptime` is null where nothing of it was known yet."""
    lost = {int(day): (float(down), float(degraded)) for day, down, degraded in one["days"]}
    today = int(now) // DAY * DAY
    days = []
    for day in range(today - (DAYS - 1) * DAY, today + 1, DAY):
        seconds = sum(max(0.0, min(now, day + DAY) - max(day, first)) for _, first in one["members"])
        down, degraded = lost.get(day, (0.0, 0.0))
        uptime = None if seconds < 1 else round(max(0.0, 1 - down / seconds), 5)
        state: State | None = None if uptime is None else "down" if down else "degraded" if degraded else "ok"
        days.append({"date": iso(day)[:10], "uptime": uptime, "state": state})
    return days


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **told("created_at", row["created_at"])}


def _clean(sent: Mapping[str, Any]) -> dict[str, Any]:
    clean = dict(sent)
    if "name" in clean:
        clean["name"] = read_text(clean["name"], 100)
        if clean["name"] is None:
            raise BadInput("give a text of 1 to 100 characters", pointer="/name")
    if "note" in clean:
        clean["note"] = read_text(clean["note"], 500) or ""
    return clean
