"""What a report is made from: how the servers did in a time, by the page's own queries, beside the time before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.mcp.core import happenings
from lib.mcp.core.alerts import Alert, began, during, ended, those_of
from lib.mcp.core.differences import Difference
from lib.mcp.core.happenings import Happened
from lib.mcp.core.measures import measure
from lib.mcp.core.question import DAY, HOUR, Asked, Range
from lib.mcp.core.sources import Meant, Server, Sources
from lib.mcp.core.spans import stretch_of
from lib.monitoring.analyzers.performance import worth
from lib.monitoring.analyzers.wellbeing import fleet_score
from lib.monitoring.availability import Availability, availability

SHORTEST, LONGEST = HOUR, 62 * DAY
COMPARED = ("cpu", "memory", "disk", "iowait", "load", "latency", "error_rate", "requests", "network")
FORESEEN = ("disk", "inode", "memory", "cpu")
POINTS = 60
MOST_SERVERS = 200
PARTIAL = 0.05  # of the time: less missing at its beginning is not worth a word


@dataclass(frozen=True, slots=True)
class Changed:
    """The mean of a measure, against that of the time before."""

    server: str
    name: str
    means: Difference

    @property
    def size(self) -> float:
        """In multiples of the least difference worth naming."""
        least = max(worth(measure(self.name).series[0], self.means.before), 1e-9)
        return abs(self.means.change) / least


@dataclass(frozen=True, slots=True)
class Crossing:
    """A level that will likely be reached, with the range of its date."""

    server: str
    series: str
    level: float
    at: float
    earliest: float | None
    latest: float | None


@dataclass(frozen=True, slots=True)
class Material:
    """`alerts` are those that were open at some time; `scores` from the worst; `measured_from` and `before_from` are
    when the record of that time begins, None where there is none."""

    meant: Meant
    time: Range
    before: Range
    measured_from: float | None
    before_from: float | None
    alerts: list[Alert]
    availability: Mapping[str, Availability]
    score: int | None
    scores: list[dict[str, Any]]
    sizes: list[dict[str, Any]]
    means: Mapping[str, list[float]]  # {measure: the servers' means}
    changed: list[Changed]
    crossings: list[Crossing]
    happened: list[Happened] = field(default_factory=list)

    @property
    def is_partial(self) -> bool:
        return self.measured_from is not None and self.measured_from > self.time.start + PARTIAL * self.time.length

    @property
    def is_before_partial(self) -> bool:
        return self.before_from is not None and self.before_from > self.before.start + PARTIAL * self.before.length

    @property
    def opened(self) -> list[Alert]:
        return [one for one in self.alerts if began(one) >= self.time.start]

    @property
    def still_open(self) -> list[Alert]:
        return [one for one in self.alerts if one["resolved_at_epoch"] is None]

    @property
    def errors(self) -> list[Happened]:
        return sorted((one for one in self.happened if one.kind == "error"), key=lambda one: (-one.count, one.at))

    @property
    def events(self) -> list[Happened]:
        return [one for one in self.happened if one.kind not in {"error", "incident"}]

    @property
    def percent(self) -> float | None:
        """The availability of all servers together, weighted by time."""
        seconds = sum(one.seconds for one in self.availability.values())
        down = sum(one.down for one in self.availability.values())
        return 100 * (1 - down / seconds) if seconds >= 1 else None

    @property
    def down(self) -> list[tuple[str, Availability]]:
        """Servers that were not there for some time, the longest first."""
        found = [(name, one) for name, one in self.availability.items() if one.outages]
        return sorted(found, key=lambda it: (-it[1].down, it[0]))

    @property
    def silent(self) -> list[Server]:
        return [one for one in self.meant.servers if not one.is_there]

    def lengths(self) -> list[float]:
        """How long the alerts lasted that are over, in seconds."""
        over = [one for one in self.alerts if one["resolved_at_epoch"] is not None]
        return [ended(one, self.time.end) - began(one) for one in over]


def gather(asked: Asked, sources: Sources, time: Range) -> Material:
    meant = sources.meant(asked)
    names = meant.ids[:MOST_SERVERS]
    before = Range(time.start - time.length, time.start)
    after_means, first = _means(sources, names, time)
    before_means, before_first = _means(sources, names, before)
    spans = sources.outages(names, time.start, time.end)
    there = {name: availability(one["first_seen"], one["spans"], time.start, time.end) for name, one in spans.items()}
    score, scores, sizes = _health(sources, names, time)
    changed = [
        Changed(server, name, Difference(before_means[server, name], mean))
        for (server, name), mean in after_means.items()
        if (server, name) in before_means
    ]
    return Material(
        meant=meant,
        time=time,
        before=before,
        measured_from=first,
        before_from=before_first,
        alerts=those_of(during(sources, time.start, time.end), asked, meant),
        availability=there,
        score=score,
        scores=scores,
        sizes=sizes,
        means=_by_measure(after_means),
        changed=sorted((one for one in changed if one.size >= 1), key=lambda one: (-one.size, one.server, one.name)),
        crossings=_crossings(sources, names),
        happened=happenings.read(sources, names, time.start, time.end),
    )


def _means(sources: Sources, names: Sequence[str], time: Range) -> tuple[dict[tuple[str, str], float], float | None]:
    """({(server, measure): its mean}, when the first of it was measured); one query."""
    measures = [measure(name) for name in COMPARED]
    series = sorted({one for of in measures for one in of.series})
    start, end = int(time.start), int(time.end)
    found = sources.house.queries.stretches(names, series, start, end, POINTS, sources.sight)
    means, first = {}, None
    for server, rows in found.items():
        for of in measures:
            stretch = stretch_of(of, rows, start, end)
            if stretch is not None:
                means[server, of.name] = stretch.mean
                first = min(stretch.points[0][0], first) if first is not None else stretch.points[0][0]
    return means, first


def _by_measure(means: Mapping[tuple[str, str], float]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for (_, name), mean in means.items():
        found.setdefault(name, []).append(mean)
    return found


def _health(
    sources: Sources, names: Sequence[str], time: Range
) -> tuple[int | None, list[dict[str, Any]], list[dict[str, Any]]]:
    """(the score of these servers, each server's from the worst, sizes that would do better); none where the time is
    shorter or longer than the analysis takes."""
    if not SHORTEST <= time.length <= LONGEST:
        return None, [], []
    found = sources.house.analysis.of_fleet(int(time.start), int(time.end), None, sources.sight)
    wanted = set(names)
    rows = [one for one in found["servers"] if one["server"] in wanted]
    rows.sort(key=lambda one: (one["score"] is None, one["score"], one["server"]))
    sizes = [one for one in found["sizes"] if one["server"] in wanted]
    return fleet_score([one["score"] for one in rows]), rows, sizes


def _crossings(sources: Sources, names: Sequence[str]) -> list[Crossing]:
    """The dates that were foreseen, the nearest first; one a series."""
    found: dict[tuple[str, str], Crossing] = {}
    for one in sources.house.forecasts.of_servers(names, FORESEEN, sources.sight):
        for it in one["crossings"]:
            if it.get("at_epoch") is None or not it["above"]:
                continue
            made = Crossing(
                one["server"], one["series"], float(it["level"]), float(it["at_epoch"]),
                it.get("earliest_epoch"), it.get("latest_epoch"),
            )  # fmt: skip
            kept = found.get((made.server, made.series))
            if made.at > sources.now and (kept is None or made.at < kept.at):
                found[made.server, made.series] = made
    return sorted(found.values(), key=lambda one: (one.at, one.server, one.series))
