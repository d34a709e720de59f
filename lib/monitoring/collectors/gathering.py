"""What foreign agents tell, gathered into the shares of a batch: one share a server, whatever the protocol.

A collector reads its wire format and says what each number is: a value of a series, or a component
(domain/components.py) that the sweep works metrics out of, for a request may hold only some of the pieces, and a rate
needs the one before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from zlib import crc32

from lib.domain.components import HIGHEST
from lib.domain.metrics import bounds_of
from lib.domain.telemetry import AHEAD_SECONDS, PAST_SECONDS, ServerSamples, clean_name
from lib.monitoring.collectors.server_stats import Batch, clean_host

MOST_SERVERS = 200  # of one request
MOST_CUSTOM = 100  # series of its own that one request may bring for a server
MOST_TOLD = 20  # names of what could not be mapped, and of custom series that were too many
MOST_SUBJECT = 80


@dataclass(slots=True)
class _Share:
    columns: dict[str, int] = field(default_factory=dict)
    rows: dict[int, dict[int, float]] = field(default_factory=dict)
    pots: dict[int, dict[str, list[float]]] = field(default_factory=dict)  # at -> component -> [pid, value, count]
    counters: dict[str, float | None] = field(default_factory=dict)
    host: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    custom: int = 0
    unmapped: dict[str, None] = field(default_factory=dict)
    skipped: int = 0
    values: int = 0


class Aim(Protocol):
    """What a series' values are: a component (with the checksum of its labels), a series of ours, or neither."""

    @property
    def server(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def series(self) -> str: ...
    @property
    def counter(self) -> bool: ...
    @property
    def name(self) -> str: ...


def stirred(checksum: int) -> int:
    """CRCs of alike labels differ alike, so that exclusive ors of other pairs would be the same: stir them first."""
    mixed = checksum * 0x9E3779B1 & 0xFFFFFFFF
    return mixed ^ mixed >> 15


class Gathered:
    """The shares of one request of `source` ("prometheus", "otlp" ...). `now` is the hub's clock, in seconds."""

    def __init__(self, source: str, now: float) -> None:
        self.batch = Batch()
        self._source = source
        self._oldest, self._newest = now - PAST_SECONDS, now + AHEAD_SECONDS
        self._shares: dict[str, _Share] = {}
        self._names: dict[str, str | None] = {}

    def server(self, given: object) -> str | None:
        """The server's name in the form it is kept in; None, and a reject, for what can be none."""
        key = given if isinstance(given, str) else repr(given)
        if key not in self._names:
            name = clean_name(given)
            if name is None:
                self.batch.reject("", f"{key[:60]!r} can be no server's name: 1-100 letters, digits or . _ - : @ +")
            elif name not in self._shares and len(self._shares) >= MOST_SERVERS:
                self.batch.reject("", f"more than {MOST_SERVERS} servers in one request")
                name = None
            elif name not in self._shares:
                self._shares[name] = _Share()
            self._names[key] = name
        return self._names[key]

    def is_in_time(self, at: float) -> bool:
        """Whether samples of that moment are taken: at most seven days old and five minutes ahead."""
        return self._oldest <= at <= self._newest

    def value(
        self, server: str, at: float, series: str, value: float, *, counter: bool = False, since: float | None = None
    ) -> None:
        """One value of a series of ours, or of a custom one (its name holds a dot). A counter becomes a rate per second
        in the sweep; `since` is when its counting began. What is out of bounds is refused, with the reason; NaN is no
        value and no fault."""
        if not math.isfinite(value):
            return
        share = self._shares[server]
        bounds = bounds_of(series)
        if bounds is None:
            self.unmapped(server, series)
            return
        if not counter and not bounds[0] <= value <= bounds[1]:
            self.batch.reject("", f"{server} {series[:60]}: {value:g} is outside {bounds[0]:g} to {bounds[1]:g}")
            return
        if not self.is_in_time(at):
            self.late(server, at)
            return
        column = share.columns.get(series)
        if column is None:
            if "." in series:
                if share.custom >= MOST_CUSTOM:
                    self.unmapped(server, series)
                    return
                share.custom += 1
            column = share.columns[series] = len(share.columns)
        if counter:
            share.counters[series] = since
        share.rows.setdefault(int(at), {})[column] = value
        share.values += 1

    def component(self, server: str, at: float, component: str, value: float, identity: bytes) -> None:
        """One piece. `identity` says which (its labels): told again it counts once, told in another request it adds."""
        if not math.isfinite(value):
            return
        if not self.is_in_time(at):
            self.late(server, at)
            return
        _, _, subject = component.partition(":")
        if len(subject) > MOST_SUBJECT:
            self.unmapped(server, component[:MOST_SUBJECT])
            return
        self._piece(self._shares[server], at, component, stirred(crc32(identity)), value)

    def _piece(self, share: _Share, at: float, component: str, pid: int, value: float) -> None:
        pot = share.pots.get(int(at))
        if pot is None:
            pot = share.pots[int(at)] = {}
        kept = pot.get(component)
        if kept is None:
            pot[component] = [pid, value, 1]
        elif component in HIGHEST:
            kept[1] = max(kept[1], value)
        else:
            kept[0] = int(kept[0]) ^ pid
            kept[1] += value
            kept[2] += 1
        share.values += 1

    def keep(self, target: Aim, at: float, value: float) -> None:
        """One value where `target` says: for protocols that decide once what a series is."""
        if not target.component and not target.series:
            if target.name:
                self.unmapped(target.server, target.name)
        elif not target.component:
            self.value(target.server, at, target.series, value, counter=target.counter)
        elif not self._oldest <= at <= self._newest:
            self.late(target.server, at)
        elif value - value == 0:  # finite
            self._piece(self._shares[target.server], at, target.component, target.pid, value)

    def late(self, server: str, at: float) -> None:
        age = self._oldest + PAST_SECONDS - at
        why = (
            f"{age / 86_400:.1f} days old: at most 7 days back are taken"
            if age > 0
            else "in the future: check its clock"
        )
        self.batch.reject("", f"{server}: a sample is {why}")

    def host(self, server: str, **facts: Any) -> None:
        """Facts of the server, in the form of the native protocol; None and empty ones say nothing."""
        self._shares[server].host |= {name: fact for name, fact in facts.items() if fact}

    def tag(self, server: str, tags: Mapping[str, str]) -> None:
        if tags:
            self._shares[server].host.setdefault("tags", {}).update(tags)

    def add(self, server: str, kind: str, those: list[Any]) -> None:
        """`errors`, `events` or `processes`, as the native decoder makes them."""
        if those:
            self._shares[server].extra.setdefault(kind, []).extend(those)

    def unmapped(self, server: str, name: str) -> None:
        """Something that is no metric here. The server's page names the first few."""
        share = self._shares[server]
        share.skipped += 1
        if len(share.unmapped) < MOST_TOLD:
            share.unmapped[name[:100]] = None

    def done(self) -> Batch:
        """What was gathered; `accepted` counts values."""
        for name, share in self._shares.items():
            extra = dict(share.extra)
            if share.host:
                extra["host"] = clean_host(share.host)
            if share.pots:
                extra["pots"] = [[at, pot] for at, pot in sorted(share.pots.items())]
            if share.counters:
                extra["counters"] = dict(share.counters)
            if share.values or extra:
                told: dict[str, Any] = {"name": self._source}
                if share.skipped:
                    told |= {"unmapped": share.skipped, "names": list(share.unmapped)}
                extra["source"] = told
            width = len(share.columns)
            rows = [(at, [row.get(column) for column in range(width)]) for at, row in sorted(share.rows.items())]
            self.batch.shares.append(ServerSamples(name, list(share.columns), rows, slotted=True, extra=extra))
            self.batch.accepted += share.values
        return self.batch
