"""What an answer may read: the very queries that serve the page, so that chat and page never disagree, within the
sight of whoever asks. Made for one question; what is read twice is asked once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from lib.domain.access import Sight
from lib.mcp.core.measures import Measure
from lib.mcp.core.question import Asked
from lib.mcp.core.spans import Stretch, stretch_of

if TYPE_CHECKING:
    from lib.monitoring.alerts.desk import Desk
    from lib.monitoring.alerts.quietbook import Quietbook
    from lib.monitoring.alerts.rulebook import Rulebook
    from lib.monitoring.analysis import Analysis
    from lib.monitoring.anomalies import Anomalies
    from lib.monitoring.causes import Why
    from lib.monitoring.checkbook import Checkbook
    from lib.monitoring.forecasts import Forecasts
    from lib.monitoring.queries import Queries
    from lib.storage.port import Storage

STATUSES = ("critical", "offline", "stale", "warning", "ok")  # the worst first
MOST_READS = 200
POINTS = 120
FEW_POINTS = 30  # of many servers: hours are kept as hours, and read ten times as fast as minutes


def points_for(servers: Sequence[object]) -> int:
    """How finely many servers are looked at."""
    return POINTS if len(servers) <= 2 else FEW_POINTS


class House(Protocol):
    """The use cases an answer asks; `wiring.Services` is one. `base_url`: where people reach this hub, if known."""

    @property
    def base_url(self) -> str | None: ...
    @property
    def storage(self) -> Storage: ...
    @property
    def queries(self) -> Queries: ...
    @property
    def alerts(self) -> Desk: ...
    @property
    def anomalies(self) -> Anomalies: ...
    @property
    def forecasts(self) -> Forecasts: ...
    @property
    def analysis(self) -> Analysis: ...
    @property
    def why(self) -> Why: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def quietbook(self) -> Quietbook: ...
    @property
    def checkbook(self) -> Checkbook: ...


@dataclass(frozen=True, slots=True)
class Server:
    """One row of the fleet page."""

    id: str
    group: str | None
    tags: Mapping[str, str]
    status: str
    reason: Mapping[str, Any] | None
    last_seen: float | None
    metrics: Mapping[str, float]  # the headline ones
    alerts: int
    os: str | None
    cores: float | None
    memory_bytes: float | None
    boot_at: float | None

    @property
    def is_there(self) -> bool:
        """Whether its values are those of now."""
        return self.status not in {"stale", "offline"}


@dataclass(frozen=True, slots=True)
class Meant:
    """The servers a question is about. `is_whole` where it names none, `is_named` where it names each."""

    servers: list[Server]
    unknown: list[str]
    is_whole: bool
    is_named: bool

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.servers]


@dataclass
class Sources:
    house: House
    sight: Sight
    zone: tzinfo
    _fleet: list[Server] | None = None
    _now: float = 0.0
    _stale: bool = False
    _rules: list[dict[str, Any]] | None = None
    _details: dict[str, dict[str, Any]] = field(default_factory=dict)

    # The fleet

    @property
    def fleet(self) -> list[Server]:
        """Every server in sight, by name."""
        if self._fleet is None:
            snapshot, self._now, self._stale = self.house.queries.snapshot()
            rows = (json.loads(text) for text in snapshot.answer(self._now)[0])
            self._fleet = [_server(row) for row in rows if self.sight.shows(row["id"], row["tags"] or {})]
        return self._fleet

    @property
    def now(self) -> float:
        """The time by the database's clock."""
        _ = self.fleet
        return self._now

    @property
    def is_stale(self) -> bool:
        """Whether the database is away and this is a copy."""
        _ = self.fleet
        return self._stale

    @property
    def data_as_of(self) -> float | None:
        """When the newest report came in."""
        return max((one.last_seen for one in self.fleet if one.last_seen), default=None)

    @property
    def names(self) -> list[str]:
        """What servers, groups and tags are called, the longest first."""
        found = {name for one in self.fleet for name in (one.id, one.group or "", *one.tags.values()) if name}
        return sorted(found, key=len, reverse=True)

    def inventory(self) -> list[dict[str, Any]]:
        """The fleet as `parse` takes it."""
        return [{"id": one.id, "group": one.group, "tags": _tags(one)} for one in self.fleet]

    def meant(self, asked: Asked) -> Meant:
        """(servers, globs and groups together) that carry all the tags; all of the fleet where nothing is named."""
        names, globs, groups, tags = (asked.words(slot) for slot in ("servers", "globs", "groups", "tags"))
        pairs = [tag.partition(":") for tag in tags]
        is_open = not (names or globs or groups)
        found = [
            one
            for one in self.fleet
            if (
                is_open
                or one.id in names
                or (one.group or "") in groups
                or any(fnmatchcase(one.id, glob) for glob in globs)
            )
            and all(str(_tags(one).get(key)) == value for key, _, value in pairs)
        ]
        unknown = asked.words("unknown_servers")
        if unknown and is_open and not tags:
            found = []
        is_whole = is_open and not tags and not unknown
        return Meant(found, unknown, is_whole, bool(names) and not (globs or groups or tags))

    # Values

    def server(self, name: str) -> dict[str, Any]:
        """As the server's page has it. Raises NotFound."""
        if name not in self._details:
            self._details[name] = self.house.queries.server(name, self.sight)
        return self._details[name]

    def latest(
        self, servers: Sequence[Server], measures: Iterable[Measure]
    ) -> dict[str, dict[str, tuple[float, float]]]:
        """`{server: {series: (at, value)}}`: the newest value of each series of the last six hours, mounts of a disk
        apart ("disk:/data"). One query, whatever the number of servers."""
        wanted = sorted({series for one in measures for series in one.series})
        return self.house.queries.latest([one.id for one in servers], wanted, self.sight)

    def stretches(
        self, servers: Sequence[str], one: Measure, start: float, end: float, points: int = POINTS
    ) -> dict[str, Stretch]:
        """`{server: the measure over that time}`, of those that have it; one query, at most 200 servers."""
        return self.stretches_of(servers, [one], start, end, points)[one.name]

    def stretches_of(
        self, servers: Sequence[str], measures: Sequence[Measure], start: float, end: float, points: int = POINTS
    ) -> dict[str, dict[str, Stretch]]:
        """`{measure: {server: it over that time}}`, in one query."""
        series = sorted({name for one in measures for name in one.series})
        names = list(servers)[:MOST_READS]
        found = self.house.queries.stretches(names, series, int(start), int(end), points, self.sight)
        read: dict[str, dict[str, Stretch]] = {one.name: {} for one in measures}
        for one in measures:
            for name, rows in found.items():
                stretch = stretch_of(one, rows, int(start), int(end))
                if stretch is not None:
                    read[one.name][name] = stretch
        return read

    def outages(self, servers: Sequence[str], start: float, end: float) -> dict[str, dict[str, Any]]:
        """`{server: {first_seen, spans}}`: when nothing was heard of it."""
        found = self.house.storage.analysis.outages(list(servers), start, end, self.sight)
        return {one["server"]: one for one in found}

    def process_lists(self, servers: Sequence[str], name: str | None, port: int | None) -> list[dict[str, Any]]:
        """`[{server, at, count, processes}]`; `at` is None where none was ever told. At most 200 servers."""
        return self.house.storage.analysis.process_lists(list(servers), name, port, self.sight)

    def log_search(self, servers: Sequence[str], filters: Mapping[str, object]) -> dict[str, Any]:
        """As storage/supabase/queries_analysis.py has it."""
        return self.house.storage.analysis.log_search(list(servers), filters, self.sight)

    def open_alerts(self, server: str | None = None) -> list[dict[str, Any]]:
        """What is not over, the newest first; `acked_at` tells whether somebody looks after it."""
        found: list[dict[str, Any]] = self.house.alerts.listed(state="open", server=server, most=500, sight=self.sight)[
            "alerts"
        ]
        return found

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules in force, as the page lists them."""
        if self._rules is None:
            self._rules = self.house.rulebook.everything()["rules"]
        return self._rules

    def midnight(self, at: float) -> float:
        """When the day of that moment began, in the fleet's time zone."""
        return datetime.fromtimestamp(at, self.zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _tags(one: Server) -> dict[str, str]:
    """The tags a question may name; the system is one where the server says it itself."""
    known = dict(one.tags)
    if one.os and "os" not in known:
        known["os"] = one.os.split()[0].lower()
    return known


def _server(row: Mapping[str, Any]) -> Server:
    return Server(
        id=row["id"], group=row["group"], tags=row["tags"] or {}, status=row["status"], reason=row["reason"],
        last_seen=row["last_seen_epoch"], metrics=row["metrics"], alerts=row["alerts"], os=row["os"],
        cores=row["cores"], memory_bytes=row["memory_bytes"], boot_at=row["boot_at"],
    )  # fmt: skip
