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
    columns: dict[str, tuple[int, float, float]] = field(default_factory=dict)  # with their bounds
    rows: dict[int, dict[int, float]] = field(default_factory=dict)
    pots: dict[int, dict[str, list[Any]]] = field(default_factory=dict)  # second -> component -> [pid, value, count]
    moments: dict[int, float] = field(default_factory=dict)  # second -> when exactly: what rates are worked out over
    counters: dict[str, float | None] = field(default_factory=dict)
    counted: dict[int, float] = field(default_factory=dict)  # second -> when exactly counters were read
    host: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    custom: int = 0
    unmapped: dict[str, None] = field(default_factory=dict)
    skipped: int = 0
    values: int = 0

    def pot(self, at: float) -> dict[str, list[Any]]:
        second = int(at)
        found = self.pots.get(second)
        if found is None:
            found = self.pots[second] = {}
            self.moments[second] = at
        return found


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


def _shortest(at: float) -> float:
    return int(at) if at == int(at) else round(at, 3)


def stirred(checksum: int) -> int:
    """CRCs of alike labels differ alike, so that exclusive ors of other pairs would be the same: stir them first."""
    mixed = checksum * 0x9E3779B1 & 0xFFFFFFFF
    return mixed ^ mixed >> 15


class Gathered:
    """The shares of one request of `source` ("prometheus", "otlp" ...). `now` is the hub's clock, in seconds."""

    def __init__(self, source: str, now: float) -> None:
        self.batch = Batch()
        self.source = source
        self._oldest, self._newest = now - PAST_SECONDS, now + AHEAD_SECONDS
        self._shares: dict[str, _Share] = {}
        self._names: dict[str, str | None] = {}
        self._server, self._at = "", -1.0  # of the last piece, with its share and pot
        self._share = _Share()
        self._pot: dict[str, list[Any]] = {}

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
        if value - value != 0:  # not finite
            return
        share = self._shares[server]
        known = share.columns.get(series)
        column, low, high = known if known is not None else self._column(share, series)
        if column < 0:
            self.unmapped(server, series)
        elif not counter and not low <= value <= high:
            self.batch.reject("", f"{server} {series[:60]}: {value:g} is outside {low:g} to {high:g}")
        elif not self._oldest <= at <= self._newest:
            self.late(server, at)
        else:
            if counter:
                share.counters[series] = since
                share.counted[int(at)] = at
            row = share.rows.get(int(at))
            if row is None:
                row = share.rows[int(at)] = {}
            row[column] = value
            share.values += 1

    @staticmethod
    def _column(share: _Share, series: str) -> tuple[int, float, float]:
        """(column, lowest, highest value) of a series that is new here; column -1 where it may not be one."""
        bounds = bounds_of(series)
        if bounds is None or ("." in series and share.custom >= MOST_CUSTOM):
            return -1, 0.0, 0.0
        share.custom += "." in series
        share.columns[series] = len(share.columns), *bounds
        return share.columns[series]

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
        pot = share.pot(at)
        kept = pot.get(component)
        if kept is None:
            pot[component] = [pid, value, 1]
        elif component in HIGHEST:
            kept[1] = max(kept[1], value)
        else:
            kept[0] ^= pid
            kept[1] += value
            kept[2] += 1
        share.values += 1

    def keep(self, target: Aim, at: float, value: float) -> None:
        """One value where `target` says: for protocols that decide once what a series is."""
        component = target.component
        if not component:
            if target.series:
                self.value(target.server, at, target.series, value, counter=target.counter)
            elif target.name:
                self.unmapped(target.server, target.name)
            return
        if value - value != 0:  # not finite
            return
        # Nearly all pieces of a request are of the server and moment of the one before.
        if target.server != self._server or at != self._at:
            if not self.is_in_time(at):
                self.late(target.server, at)
                return
            self._server, self._at, self._share = target.server, at, self._shares[target.server]
            self._pot = self._share.pot(at)
        kept = self._pot.get(component)
        if kept is None:
            self._pot[component] = [target.pid, value, 1]
        elif component in HIGHEST:
            kept[1] = max(kept[1], value)
        else:
            kept[0] ^= target.pid
            kept[1] += value
            kept[2] += 1
        self._share.values += 1

    def late(self, server: str, at: float) -> None:
        age = self._oldest + PAST_SECONDS - at
        self.batch.off = -age
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

    def polled(self, server: str, every: int, stopped: str = "") -> None:
        """A cloud was asked about this server, as it is every so many seconds; `stopped` is its word for a machine that
        does not run."""
        self._shares[server].extra["polled"] = {"every": every, **({"stopped": stopped} if stopped else {})}

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
                extra["pots"] = [[_shortest(share.moments[at]), pot] for at, pot in sorted(share.pots.items())]
            if share.counters:
                extra["counters"] = dict(share.counters)
                extra["counted"] = [[second, _shortest(at)] for second, at in share.counted.items() if at != second]
            if share.values or extra:
                told: dict[str, Any] = {"name": self.source}
                if share.skipped:
                    told |= {"unmapped": share.skipped, "names": list(share.unmapped)}
                extra["source"] = told
            else:
                self.batch.unmapped += share.unmapped
            width = len(share.columns)
            rows = [(at, [row.get(column) for column in range(width)]) for at, row in sorted(share.rows.items())]
            self.batch.shares.append(ServerSamples(name, list(share.columns), rows, slotted=True, extra=extra))
            self.batch.accepted += share.values
        return self.batch
