"""Every read that the page, the chat and Model Context Protocol clients share."""

from __future__ import annotations

import itertools
import json
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.errors import BadInput, Forbidden, NotFound, Unavailable
from lib.domain.moments import told
from lib.monitoring import sources
from lib.monitoring.ingest import Cadence
from lib.monitoring.snapshot import Snapshot, read
from lib.monitoring.state import ServerState, from_row
from lib.storage.port import Storage

WATCH_SECONDS = 90.0
STEPS = (10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400)
MOST_POINTS = 2_000
MOST_SERIES = 40
GAP_STEPS = 2.5  # a distance wider than so many usual ones is drawn as a hole
HOLE_NEIGHBOURS = 4
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet as an answer: JSON text and the tag that changes whenever it does."""

    text: str
    etag: str
    stale: bool  # given from a copy because the database did not answer


class Queries:
    """Thread-safe. Keeps the last snapshot it read, by version."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._cadence = Cadence(storage.billed)
        self._snapshot: Snapshot | None = None
        self._lock = threading.Lock()
        self._watched: dict[str, float] = {}

    def snapshot(self) -> tuple[Snapshot, float, bool]:
        """(snapshot, the time now by the database's clock, whether it is a copy given while the database is away)."""
        held = self._snapshot
        answer = self._storage.snapshot(held.version if held else None)
        now = float(answer["now"])
        if answer["body"] is not None:
            if held is None or int(answer["version"]) != held.version:
                held = read(answer["body"])
                self._snapshot = held
        elif held is None or held.version != answer["version"]:
            held = Snapshot(int(answer["version"]), now, self._cadence.post_every(1), EMPTY_FLEET, False, [], [])
        # A quiet sweep writes no snapshot; where Postgres answered it says when it last swept.
        if (answer["swept_at"] or 0.0) > held.at:
            held = replace(held, at=answer["swept_at"])
        return held, now, bool(answer.get("fallback"))

    def fleet(self, filters: Mapping[str, str], sight: Sight = EVERYTHING) -> Fleet:
        """All servers in sight, or those of them that match `status`, `group`, `tag` (`key:value` or a key) and `q` (in
        name, group or tags). Whoever does not see every server is not told how all of them do together."""
        snapshot, now, fallback = self.snapshot()
        texts, tag = snapshot.answer(now)
        if filters or sight != EVERYTHING:
            texts = [text for text in texts if _matches(json.loads(text), filters, sight)]
        if not self._storage.billed:  # where commands are billed looking at the fleet makes nobody post more often
            self.watch("")
        head = {
            **told("as_of", round(now, 1)),
            "version": snapshot.version,
            "stale": fallback,
            "watch": {"poll_every": 60 if self._storage.billed else 5},
            "fleet": snapshot.fleet if sight == EVERYTHING else EMPTY_FLEET,
        }
        text = f'{_ENCODE(head)[:-1]},"servers":[{",".join(texts)}]}}'
        all_of_it = not filters and sight == EVERYTHING
        asked = 0 if all_of_it else zlib.crc32(repr((sorted(filters.items()), sight)).encode())
        return Fleet(text, f"{tag}-{int(fallback)}-{asked:x}", fallback)

    # A server out of sight is none: every call below raises NotFound for it.

    def server(self, name: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """One server: its row of the fleet, and facts, mounts and series."""
        found = self._storage.queries.server(name, sight)
        if found is None:
            raise NotFound(f'there is no server "{name}"')
        snapshot, now, _ = self.snapshot()
        self.watch(name)
        row: dict[str, Any] = {"id": name, "status": "stale", "reason": None, "metrics": {}}
        for index, known in enumerate(snapshot.servers):
            if known[0] == name:
                row = json.loads(_only(snapshot, index).answer(now)[0][0])
        state = from_row(name, {**found, "posts": None})
        latest = {series: value for series, value in zip(state.series, state.values, strict=False) if value is not None}
        return {
            **row,
            "facts": state.facts,
            "settings": state.settings,
            "mounts": _mounts(latest, state.mounts),
            "latest": latest,
            "series": state.series,
            "source": "agent" if state.agent else "push",
            **sources.shown(state, found.get("keys") or {}, now),
            "agent_version": state.agent or None,
            "clock_offset": state.clock_offset,
            "clock_is_off": state.skewed,
            **told("first_seen", state.first_seen),
            **told("history_from", found["history_from"]),
            **told("processes_at", found["processes_at"]),
        }

    def state_of(self, name: str, sight: Sight = EVERYTHING) -> ServerState | None:
        """What the sweep remembers of a server; None when there is none to be seen."""
        found = self._storage.queries.server(name, sight)
        return None if found is None else from_row(name, {**found, "posts": None})

    def series(
        self,
        name: str,
        metrics: Sequence[str],
        start: int,
        end: int,
        points: int = 300,
        sight: Sight = EVERYTHING,
    ) -> dict[str, Any]:
        """`{from, to, step, tier, series: {metric: {t, min, avg, max}}}`, at most `points` each; a hole is one null.

        The tier is the coarsest that is fine enough, and coarser where a finer one no longer reaches back to `start`.
        Raises BadInput for a range that is none; an unknown metric is left out.
        """
        if end <= start:
            raise BadInput("`to` must lie after `from`")
        if not 1 <= len(metrics) <= MOST_SERIES:
            raise BadInput(f"ask for 1 to {MOST_SERIES} metrics")
        if points < 2:
            raise BadInput("ask for at least 2 points")
        step, tier = plan(start, end, min(points, MOST_POINTS))
        found = self._storage.queries.series(name, metrics, start, end, step, tier, sight)
        if found is None:
            raise NotFound(f'there is no server "{name}"')
        start, step = found["from"], found["step"]
        series = {metric: _columns(rows, start, step) for metric, rows in found["series"].items()}
        return {"from": start, "to": end, "step": step, "tier": found["tier"], "series": series}

    def latest(
        self, names: Sequence[str], series: Sequence[str], sight: Sight = EVERYTHING
    ) -> dict[str, dict[str, tuple[float, float]]]:
        """`{server: {series: (at, value)}}`: the newest value of each series in the last six hours, of many servers at
        once. A metric stands for its series of every mount."""
        found: dict[str, dict[str, tuple[float, float]]] = {}
        for server, name, at, value in self._storage.analysis.latest(names, series, sight) if names else []:
            found.setdefault(server, {})[name] = (at, value)
        return found

    def stretches(
        self, names: Sequence[str], series: Sequence[str], start: int, end: int, points: int, sight: Sight = EVERYTHING
    ) -> dict[str, dict[str, Any]]:
        """`{server: {from, step, tier, series: {name: [[bin, min, avg, max, samples], ...]}}}` of many servers in one
        call; the step as for `series`."""
        if not names:
            return {}
        step, tier = plan(start, end, points)
        reads = [(name, start, end) for name in names]
        found = self._storage.analysis.analysis_series(reads, series, step, tier, sight=sight)
        return {name: one for name, one in zip(names, found, strict=False) if one is not None}

    def processes(self, name: str, at: int | None = None, sight: Sight = EVERYTHING) -> dict[str, Any]:
        found = _known(self._storage.queries.processes(name, at, sight), name)
        return {**found, **told("at", found["at"])}

    def errors(self, name: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        found = _known(self._storage.queries.errors(name, filters, sight), name)["errors"]
        return {"errors": [{**error, **told("at", error["at"])} for error in found]}

    def error_groups(self, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """Errors that say the same, of every server in sight, or of `server` alone."""
        return {"groups": [_group(one) for one in self._storage.queries.error_groups(filters, sight)["groups"]]}

    def error_group(self, fingerprint: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{group, hours, errors}`: how often in each hour it was told, and the newest errors themselves."""
        found = self._storage.queries.error_group(fingerprint, filters, sight)
        if not found["groups"]:
            raise NotFound(f'no error with the fingerprint "{fingerprint[:40]}" was told in that time')
        return {
            "group": _group(found["groups"][0]),
            "hours": found["hours"],
            "errors": [{**error, **told("at", error["at"])} for error in found["errors"]],
        }

    def events(self, name: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        found = _known(self._storage.queries.events(name, filters, sight), name)["events"]
        return {"events": [{**event, **told("at", event["at"])} for event in found]}

    def change(self, name: str, settings: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """Raises Forbidden when whoever changes the server would see it no more."""
        found = _known(self._storage.queries.server_settings(name, settings, sight), name)
        if "out_of_sight" in found:
            raise Forbidden("with these tags you would not see the server any more: leave it one of yours")
        return found

    def delete(self, name: str, sight: Sight = EVERYTHING) -> None:
        if not self._storage.queries.server_delete(name, sight):
            raise NotFound(f'there is no server "{name}"')

    def watch(self, subject: str) -> None:
        """Somebody looks: agents are told to post more often. Written at most every half minute."""
        now = time.monotonic()
        with self._lock:
            if now - self._watched.get(subject, float("-inf")) < WATCH_SECONDS / 3:
                return
            if len(self._watched) > 1_000:
                self._watched.clear()
            self._watched[subject] = now
        with suppress(Unavailable):  # whoever looks must see what there is, also while the database is away
            self._storage.queries.watch([subject], WATCH_SECONDS)


EMPTY_FLEET: dict[str, Any] = {"cpu": {"t": [], "median": [], "p95": []}}


def plan(start: int, end: int, points: int) -> tuple[int, str]:
    """(step in seconds, tier): the finest whose bins, which begin at multiples of the step, are at most `points`."""
    steps = itertools.chain(STEPS, itertools.count(2 * STEPS[-1], STEPS[-1]))
    step = next(step for step in steps if (end - 1) // step - start // step < points)
    return step, "raw" if step < 300 else "5m" if step < 3_600 else "1h"


def _columns(rows: Sequence[Sequence[float]], start: int, step: int) -> dict[str, list[float | None]]:
    columns: dict[str, list[float | None]] = {"t": [], "min": [], "avg": [], "max": []}
    distances = [after[0] - before[0] for before, after in itertools.pairwise(rows)]
    for index, (number, low, mean, high, _) in enumerate(rows):
        if index and distances[index - 1] > GAP_STEPS and _is_hole(distances, index - 1):
            _append(columns, start + (rows[index - 1][0] + 1) * step, None, None, None)
        _append(columns, start + number * step, low, mean, high)
    return columns


def _is_hole(distances: Sequence[float], index: int) -> bool:
    """Wider than usual around it: a sender may have changed how often it samples within the range."""
    around = sorted(distances[max(0, index - HOLE_NEIGHBOURS) : index + HOLE_NEIGHBOURS + 1])
    return distances[index] > GAP_STEPS * around[(len(around) - 1) // 2]


def _append(columns: dict[str, list[float | None]], *point: float | None) -> None:
    for column, value in zip(columns.values(), point, strict=True):
        column.append(value)


def _only(snapshot: Snapshot, index: int) -> Snapshot:
    return replace(snapshot, servers=[snapshot.servers[index]], fragments=[snapshot.fragments[index]])


def _mounts(latest: Mapping[str, float], sizes: Mapping[str, list[int]]) -> list[dict[str, Any]]:
    names = sorted({name.partition(":")[2] for name in latest if name.startswith(("disk:", "inode:"))} | set(sizes))
    return [
        {
            "mount": mount, "disk": latest.get(f"disk:{mount}"), "inode": latest.get(f"inode:{mount}"),
            "size_bytes": sizes[mount][0] if mount in sizes else None,
            "free_bytes": sizes[mount][1] if mount in sizes else None,
        }
        for mount in names
    ]  # fmt: skip


def _matches(server: Mapping[str, Any], filters: Mapping[str, str], sight: Sight) -> bool:
    tags = server["tags"] or {}
    if not sight.shows(server["id"], tags):
        return False
    if "status" in filters and server["status"] not in filters["status"].split(","):
        return False
    if "group" in filters and server["group"] != filters["group"]:
        return False
    if "tag" in filters:
        key, colon, value = filters["tag"].partition(":")
        if key not in tags or (colon and tags[key] != value):
            return False
    if "q" in filters:
        text = " ".join([server["id"], server["group"] or "", *tags.keys(), *tags.values()]).casefold()
        return filters["q"].casefold() in text
    return True


def _group(found: Mapping[str, Any]) -> dict[str, Any]:
    servers = [{**one, **told("last", one["last"])} for one in found["servers"]]
    group = {name: value for name, value in found.items() if name != "lately"}
    group["per_hour"] = round(found["lately"] / 2, 1)  # of this hour and the one before
    return {**group, **told("first", found["first"]), **told("last", found["last"]), "servers": servers}


def _known(found: dict[str, Any] | None, name: str) -> dict[str, Any]:
    if found is None:
        raise NotFound(f'there is no server "{name}"')
    return found
