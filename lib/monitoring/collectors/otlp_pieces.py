"""What an OTLP request must put together before it is a value of ours: shares of many CPUs, connections by state,
distributions, and deltas, which need no counter from before.
"""

from __future__ import annotations

import math
from collections import defaultdict

from lib.domain.components import Earlier, Told, spread_of, work_out
from lib.monitoring.collectors.exporters import Target
from lib.monitoring.collectors.gathering import Gathered, stirred
from lib.monitoring.collectors.hostmetrics import Aim, custom
from lib.monitoring.collectors.otlp_exponential import MOST_BUCKETS
from lib.monitoring.collectors.otlp_wire import CUMULATIVE, DELTA, Metric, Spread

# A share counts only where the sums it is made of are not told.
BETTER = {
    "system.cpu.utilization": "system.cpu.time", "system.memory.utilization": "system.memory.usage",
    "system.paging.utilization": "system.paging.usage", "system.swap.utilization": "system.swap.usage",
    "system.filesystem.utilization": "system.filesystem.usage",
}  # fmt: skip
MOST_CUMULATIVE = 40  # distributions of a server in one request, for which the sweep keeps what they were
MOST_WITH_BUCKETS = 10  # distributions of a server whose buckets are kept from one request to the next
_LONGEST = 95  # of a distribution's name, behind which comes what is told of it
_SHARED = {
    "system.memory.utilization": "memory", "system.paging.utilization": "swap", "system.swap.utilization": "swap",
    "hw.gpu.utilization": "gpu",
}  # fmt: skip


class Pieces:
    """Those of one request, until `settle`."""

    def __init__(self, gathered: Gathered) -> None:
        self.seen: set[tuple[str, int, int]] = set()  # (server, checksum, second) of components
        self._gathered = gathered
        self._told: set[tuple[str, str]] = set()  # (server, name of a metric)
        self._parts: dict[tuple[str, int, str], dict[str, float]] = defaultdict(dict)
        self._deltas: dict[tuple[str, float, float], dict[str, Told]] = defaultdict(dict)
        self._cumulatives: dict[str, set[str]] = defaultdict(set)
        self._with_buckets: dict[str, set[str]] = defaultdict(set)

    def note(self, server: str, name: str) -> None:
        self._told.add((server, name))

    def part(self, aim: Aim, at: float, value: float) -> None:
        self._parts[aim.target.server, int(at), aim.piece][aim.part] = value

    def delta(self, target: Target, at: float, seconds: float, value: float) -> None:
        """What was added to a counter within some seconds."""
        if seconds <= 0:
            self._gathered.batch.reject("", f"{target.server} {target.name}: a delta needs its start time")
        elif target.component:
            pot = self._deltas[target.server, at, round(seconds, 1)]
            kept = pot.get(target.component, Told(0.0, 0))
            pot[target.component] = Told(kept.value + value, kept.count + 1)
        elif target.series:
            self._gathered.value(target.server, at, target.series, value / seconds)
        else:
            self._gathered.keep(target, at, value)

    def spread(self, server: str, service: str, metric: Metric, one: Spread) -> None:
        """A histogram's or a summary's point."""
        series, at = custom(metric.name, service, one.attributes, longest=_LONGEST), one.at / 1e9
        target = Target(server, name=metric.name)
        base, colon, rest = series.partition(":")
        for share, value in one.quantiles[:10]:
            rank = f"{100 * share:.3g}".replace(".", "_")
            self._gathered.value(server, at, f"{base}.p{rank}{colon}{rest}", value)
        buckets = _buckets(one)
        if metric.temporality == DELTA:
            seconds = (one.at - one.start) / 1e9
            if not one.start or seconds <= 0:
                self.delta(target, at, 0.0, 0.0)
                return
            for name, value in spread_of(series, one.entries, one.total, seconds, buckets).items():
                self._gathered.value(server, at, name, value)
        elif metric.temporality == CUMULATIVE or metric.kind == "summary":
            self._cumulative(server, series, at, one, buckets)
        else:
            self._gathered.keep(target, at, 0.0)

    def _cumulative(self, server: str, series: str, at: float, one: Spread, buckets: dict[float, float]) -> None:
        if series not in self._cumulatives[server]:
            if len(self._cumulatives[server]) >= MOST_CUMULATIVE:
                self._gathered.unmapped(server, series)
                return
            self._cumulatives[server].add(series)
        pieces = {f"dist.count:{series}": float(one.entries)}
        if one.total is not None:
            pieces[f"dist.sum:{series}"] = one.total
        known = self._with_buckets[server]
        if buckets and (series in known or len(known) < MOST_WITH_BUCKETS):
            known.add(series)
            pieces |= {f"dist.le:{series}|{bound!r}": count for bound, count in buckets.items()}
        for component, value in pieces.items():
            self._gathered.keep(Target(server, component, stirred(len(component)), name=series), at, value)

    def settle(self) -> None:
        for (server, at, piece), parts in self._parts.items():
            if (server, BETTER.get(piece, "")) not in self._told:
                self._settle(server, at, piece, parts)
        for (server, moment, seconds), pot in self._deltas.items():
            before = {name: Earlier(moment - seconds, 0.0, told.count) for name, told in pot.items()}
            for series, value in work_out(moment, pot, before)[0].items():
                self._gathered.value(server, moment, series, value)

    def _settle(self, server: str, at: int, piece: str, parts: dict[str, float]) -> None:
        keep = self._gathered.value
        if piece == "system.cpu.utilization":
            for series, value in _cpu(parts).items():
                keep(server, at, series, value)
        elif piece == "connections":
            keep(server, at, piece, sum(parts.values()))
        elif piece == "system.cpu.logical.count":
            self._gathered.host(server, cores=int(max(0, *parts.values(), 0)))
        elif piece == "system.filesystem.utilization":
            for mount, value in parts.items():
                keep(server, at, f"disk:{mount}", _percent(value))
            keep(server, at, "disk", _percent(max(parts.values())))
        else:
            keep(server, at, _SHARED[piece], _percent(max(parts.values())))


def _cpu(parts: dict[str, float]) -> dict[str, float]:
    """Of all CPUs; what is told of no CPU by its number is the mean already."""
    cpus = {part.partition("\0")[2] for part in parts}
    states: dict[str, float] = defaultdict(float)
    for part, value in parts.items():
        states[part.partition("\0")[0]] += value / len(cpus)
    waiting, stolen = states.get("iowait", 0.0) + states.get("wait", 0.0), states.get("steal", 0.0)
    if "idle" in states:
        found = {"cpu": _percent(1 - states["idle"] - waiting - stolen)}
    else:
        found = {"cpu": _percent(sum(states.values()) - waiting - stolen)}
    if {"wait", "iowait"} & states.keys():
        found["iowait"] = _percent(waiting)
    if "steal" in states:
        found["steal"] = _percent(stolen)
    return found


def _percent(share: float) -> float:
    return min(100.0, max(0.0, 100 * share)) if math.isfinite(share) else math.nan


def _buckets(one: Spread) -> dict[float, float]:
    """{bound: count}, of those buckets that hold any and of the one under each, whose bound is where it begins; nothing
    where there are too many or they do not fit."""
    if len(one.buckets) != len(one.bounds) + 1 or len(one.buckets) > MOST_BUCKETS:
        return {}
    above = [*one.buckets[1:], 0]
    bounds = [*one.bounds, math.inf]
    return {bound: float(count) for bound, count, more in zip(bounds, one.buckets, above, strict=True) if count or more}
