"""What foreign agents tell, gathered into the shares of a batch: one share a server, whatever the protocol.

A collector reads its wire format and says what each number is: a value of a series, or a component
(domain/components.py) that the sweep works metrics out of, for a request may hold only some of the pieces, and a rate
needs the one before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol
from zlib import crc32

from lib.domain.components import HIGHEST
from lib.domain.metrics import UNBOUNDED, bounds_of
from lib.domain.telemetry import AHEAD_SECONDS, NAMES, PAST_SECONDS, ServerSamples, clean_name, untimely
from lib.monitoring.collectors.server_stats import Batch, clean_host

MOST_SERVERS = 200  # of one request
MOST_CUSTOM = 100  # series of its own that one request may bring for a server
MOST_TOLD = 20  # names of what could not be mapped, and of custom series that were too many
MOST_SUBJECT = 80
MOST_IDS = 4
NAMELESS = "nothing says which server this is of: it needs a tag or label `host`, in OTLP the resource's `host.name`"
LAST_SECOND = 4e9  # of times that are told: in the year 2096


@dataclass(slots=True)
class _Share:
    columns: dict[str, tuple[float, float]] = field(default_factory=dict)  # series, with their bounds
    rows: dict[int, list[_Piece]] = field(default_factory=dict)  # second -> what it has, in the order it was told
    pots: dict[int, dict[str, list[Any]]] = field(default_factory=dict)  # second -> component -> [pid, value, count]
    moments: dict[int, float] = field(default_factory=dict)  # second -> when exactly: what rates are worked out over
    counters: dict[str, float | None] = field(default_factory=dict)
    counted: dict[int, float] = field(default_factory=dict)  # second -> when exactly counters were read
    host: dict[str, Any] = field(default_factory=dict)
    labelled: dict[str, Any] = field(default_factory=dict)  # facts that count beside numbers only
    extra: dict[str, Any] = field(default_factory=dict)
    custom: int = 0
    unmapped: dict[str, None] = field(default_factory=dict)
    over: dict[str, None] = field(default_factory=dict)  # custom series beyond the limit of one request
    skipped: int = 0
    refused: int = 0  # for their time
    newest: float = 0.0  # of those that were refused
    ids: dict[str, None] = field(default_factory=dict)
    values: int = 0
    # Whose series are among the columns, by identity; with the columns where they are side by side.
    plans: dict[int, _Placed] = field(default_factory=dict)

    def pot(self, at: float) -> dict[str, list[Any]]:
        second = int(at)
        found = self.pots.get(second)
        if found is None:
            found = self.pots[second] = {}
            self.moments[second] = at
        return found


class Plan(NamedTuple):
    """Series that come together, with their bounds, and how many of them are custom ones. Without bounds where one of
    them may not be. `limits` are the bounds by place; none where all are custom ones, whose bounds are the same."""

    series: tuple[str, ...]
    bounds: dict[str, tuple[float, float]]
    limits: list[tuple[int, float, float]]
    custom: int


type _Placed = tuple[Plan, slice | None]
type _Piece = dict[str, float] | tuple[_Placed, list[float]]  # single values, or those of a plan


def plan_of(series: tuple[str, ...]) -> Plan:
    bounds = [found for name in series if (found := bounds_of(name)) is not None]
    if len(bounds) < len(series):
        return Plan(series, {}, [], 0)
    known = dict(zip(series, bounds, strict=True))
    custom = sum("." in name for name in known)
    if custom == len(known):
        return Plan(series, known, [], custom)
    return Plan(series, known, [(place, *limits) for place, limits in enumerate(bounds)], custom)


def _are_within(plan: Plan, values: list[float]) -> bool:
    if plan.limits:
        for place, low, high in plan.limits:  # noqa: SIM110 - quicker for few
            if not low <= values[place] <= high:
                return False
        return True
    # Together they are at least as far from nought as each; half leaves room for what is rounded.
    return bool(plan.bounds) and (
        math.hypot(*values) < UNBOUNDED / 2 or (min(values) >= -UNBOUNDED and max(values) <= UNBOUNDED)
    )


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
    """The shares of one request of `source` ("prometheus", "otlp" ...). `now` is the hub's clock, in seconds. Unless
    `of_machines_only`, a name that can be no server's is a fault only where nothing else was sent."""

    def __init__(self, source: str, now: float, *, of_machines_only: bool = True) -> None:
        self.batch = Batch()
        self.source = source
        self._of_machines_only = of_machines_only
        self._strangers: list[str] = []  # why a name can be no server's
        self._oldest, self._newest = now - PAST_SECONDS, now + AHEAD_SECONDS
        self._shares: dict[str, _Share] = {}
        self._names: dict[str, str | None] = {}
        self._server, self._at = "", -1.0  # of the last piece, with its share and pot
        self._share = _Share()
        self._pot: dict[str, list[Any]] = {}

    def server(self, given: object) -> str | None:
        """The server's name in the form it is kept in; None, and a reject, for what can be none."""
        known = self._names.get(given) if isinstance(given, str) else None
        if known is not None:
            return known
        key = given if isinstance(given, str) else repr(given)
        if key not in self._names:
            name = clean_name(given)
            if name is None:
                why = f"{key[:60]!r} can be no server's name: {NAMES}" if key else NAMELESS
                if self._of_machines_only:
                    self.batch.reject("", why)
                elif len(self._strangers) < MOST_TOLD:
                    self._strangers.append(why)
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
        bounds = share.columns.get(series) or self._column(share, series)
        if bounds is None and bounds_of(series) is not None:
            self._over(share, series)
        elif bounds is None:
            self.unmapped(server, series)
        elif not counter and not bounds[0] <= value <= bounds[1]:
            self.batch.reject("", f"{server} {series[:60]}: {value:g} is outside {bounds[0]:g} to {bounds[1]:g}")
        elif not self._oldest <= at <= self._newest:
            self.late(server, at)
        else:
            if counter:
                share.counters[series] = since
                share.counted[int(at)] = at
            row = share.rows.get(int(at))
            if row is None:
                share.rows[int(at)] = [{series: value}]
            elif type(last := row[-1]) is dict:
                last[series] = value
            else:
                row.append({series: value})
            share.values += 1

    def values(self, server: str, at: float, plan: Plan, values: list[float]) -> None:
        """As `value` for each of the plan's series, for finite values; at once, where all are as they should be."""
        share = self._shares[server]
        known = share.plans.get(id(plan))
        if (
            self._oldest <= at <= self._newest
            and _are_within(plan, values)
            and (known is not None or (known := self._placed(share, plan)) is not None)
        ):
            second = int(at)
            row = share.rows.get(second)
            if row is None:
                share.rows[second] = [(known, values)]
            else:
                row.append((known, values))
            share.values += len(values)
        else:
            for name, value in zip(plan.series, values, strict=True):
                self.value(server, at, name, value)

    @staticmethod
    def _placed(share: _Share, plan: Plan) -> _Placed | None:
        """The plan, if its series are the share's, or are now: all of them are new, and there is room."""
        known, place = share.columns.keys(), None
        if not known >= plan.bounds.keys():
            if share.custom + plan.custom > MOST_CUSTOM or not known.isdisjoint(plan.bounds):
                return None
            if len(plan.bounds) == len(plan.series):
                place = slice(len(known), len(known) + len(plan.series))
            share.columns.update(plan.bounds)
            share.custom += plan.custom
        placed = share.plans[id(plan)] = plan, place
        return placed

    @staticmethod
    def _column(share: _Share, series: str) -> tuple[float, float] | None:
        """The bounds of a series that is new here; None where it may not be one."""
        bounds = bounds_of(series)
        if bounds is None or ("." in series and share.custom >= MOST_CUSTOM):
            return None
        share.custom += "." in series
        share.columns[series] = bounds
        return bounds

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
        if value - value != 0:  # not finite: no value, such as the mark of a series that has ended
            return
        component = target.component
        if not component:
            if target.series:
                self.value(target.server, at, target.series, value, counter=target.counter)
            elif target.name:
                self.unmapped(target.server, target.name)
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
        """A sample is refused for its time, which may be any number: also none, or one that no calendar has."""
        at = min(max(0.0, at), LAST_SECOND)  # in this order, so that NaN becomes 0
        share = self._shares[server]
        share.refused += 1
        share.newest = max(share.newest, at)
        now = self._oldest + PAST_SECONDS
        self.batch.off = at - now
        self.batch.reject("", f"{server}: a sample is {untimely(at, now)}")

    def host(self, server: str, **facts: Any) -> None:
        """Facts of the server, in the form of the native protocol; None and empty ones say nothing."""
        self._shares[server].host |= {name: fact for name, fact in facts.items() if fact}

    def tag(self, server: str, tags: Mapping[str, str]) -> None:
        """What was said first in a request stays."""
        if tags:
            host = self._shares[server].host
            host["tags"] = {**tags, **host.get("tags", {})}

    def labelled(self, server: str, facts: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """What labels of series say of the server. No sign of life by themselves: the series may just have ended."""
        known = self._shares[server].labelled
        known |= facts
        if tags:
            known.setdefault("tags", {}).update(tags)

    def polled(self, server: str, every: int, stopped: str = "") -> None:
        """A cloud was asked about this server, as it is every so many seconds; `stopped` is its word for a machine that
        does not run."""
        self._shares[server].extra["polled"] = {"every": every, **({"stopped": stopped} if stopped else {})}

    def add(self, server: str, kind: str, those: list[Any]) -> None:
        """`errors`, `events` or `processes`, as the native decoder makes them."""
        if those:
            self._shares[server].extra.setdefault(kind, []).extend(those)

    def identify(self, server: str, host_id: str) -> None:
        """What this machine alone is called by those who made it."""
        share = self._shares[server]
        if host_id and len(share.ids) < MOST_IDS:
            share.ids[host_id[:100]] = None

    @staticmethod
    def _over(share: _Share, series: str) -> None:
        share.skipped += 1
        if len(share.over) < MOST_TOLD:
            share.over[series] = None

    def unmapped(self, server: str, name: str) -> None:
        """Something that is no metric here. The server's page names the first few."""
        share = self._shares[server]
        share.skipped += 1
        if len(share.unmapped) < MOST_TOLD:
            share.unmapped[name[:100]] = None

    def _word_of(self, share: _Share) -> dict[str, Any]:
        """What the sweep is told of the sender. `newest` is the newest moment of what was refused for its time."""
        told: dict[str, Any] = {"name": self.source}
        more = {
            "unmapped": share.skipped, "names": list(share.unmapped), "over": list(share.over),
            "refused": share.refused, "newest": int(share.newest), "ids": list(share.ids),
        }  # fmt: skip
        return told | {name: value for name, value in more.items() if value}

    def done(self) -> Batch:
        """What was gathered; `accepted` counts values."""
        for name, share in self._shares.items():
            extra = dict(share.extra)
            host = {**share.labelled, **share.host} if share.values or share.skipped else share.host
            if host:
                extra["host"] = clean_host(host)
            if share.pots:
                extra["pots"] = [[_shortest(share.moments[at]), pot] for at, pot in sorted(share.pots.items())]
            if share.counters:
                extra["counters"] = dict(share.counters)
                extra["counted"] = [[second, _shortest(at)] for second, at in share.counted.items() if at != second]
            if share.values or share.refused or extra:
                extra["source"] = self._word_of(share)
            else:
                self.batch.unmapped += share.unmapped
            places = dict(zip(share.columns, range(len(share.columns)), strict=True))
            rows = [(at, _spread(row, places)) for at, row in sorted(share.rows.items())]
            self.batch.shares.append(ServerSamples(name, list(share.columns), rows, slotted=True, extra=extra))
            self.batch.accepted += share.values
        for why in () if self.batch.accepted else self._strangers:
            self.batch.reject("", why)
        return self.batch


def _spread(row: list[_Piece], places: dict[str, int]) -> list[float | None]:
    values: list[float | None] = [None] * len(places)
    for piece in row:
        if isinstance(piece, dict):
            for series, value in piece.items():
                values[places[series]] = value
        else:
            (plan, place), found = piece
            if place is not None:
                values[place] = found
            else:
                for series, value in zip(plan.series, found, strict=True):
                    values[places[series]] = value
    return values
