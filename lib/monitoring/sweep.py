"""The sweep: read what waits, decide, commit it in one transaction, publish. One writer at a time, by a lease.

A crash anywhere repeats work and changes nothing: samples, states, post numbers and the place in the stream are
committed together, compared against the version they were decided from.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lib.domain.errors import Conflict, Unavailable
from lib.monitoring.alerts.standing import Alerting
from lib.monitoring.analyzers import analyzers
from lib.monitoring.checks import Check
from lib.monitoring.decide import Circumstances, Decision, decide, set_aside
from lib.monitoring.snapshot import write
from lib.monitoring.state import FleetState, ServerState, from_row
from lib.storage.port import BadData, Entry, Storage

log = logging.getLogger(__name__)

RUN_SECONDS = 40.0
MOST_ENTRIES = 200
MOST_SAMPLES = 2_000
SMALL_BITE = 20
# After so many fruitless tries the batch is a single entry; three more that end in a crash, and it is set aside.
LONE_TRIES = 8
FATAL_TRIES = LONE_TRIES + 3
MOST_CONFLICTS = 5
EMERGENCY_AFTER_SECONDS = 180.0
SNAPSHOT_SECONDS = (
    60.0  # one is written so often though nothing changed: readers tell by its age whether anybody sweeps
)


@dataclass(slots=True)
class Known:
    """The states as of a version: what a warm instance need not read again."""

    version: int
    states: dict[str, ServerState]
    fleet: FleetState
    alerting: Alerting = field(default_factory=Alerting)


@dataclass(slots=True)
class Run:
    """What one call of the sweep did."""

    commits: int = 0
    swept: int = 0
    dead: int = 0
    busy: bool = False
    version: int | None = None
    rollup_due: bool = False
    transitions: int = 0
    owed: bool = False  # something waits to be delivered
    delivered: int = 0

    def answer(self) -> dict[str, Any]:
        return {
            "swept": self.swept, "commits": self.commits, "dead_letters": self.dead, "busy": self.busy,
            "version": self.version, "rollup_due": self.rollup_due, "transitions": self.transitions,
            "delivered": self.delivered,
        }  # fmt: skip


@dataclass(slots=True)
class _Place:
    """Where a run stands between two commits."""

    version: int
    rules_version: int
    cursor: str
    now: float
    read_at: float
    swept_at: float | None
    tries: int
    inbox: list[Entry]
    more_inbox: bool
    waiting: list[Entry] = field(default_factory=list)  # read from the stream, not committed yet
    drained: bool = False
    could_read: bool = True

    def time(self) -> float:
        """The database's clock, carried on by ours."""
        return self.now + time.monotonic() - self.read_at


class Sweeper:
    """`post_every` says how often so many servers are told to post. `alive` is called after a commit, `emergency` with
    a sentence when Postgres stays away. Neither may raise."""

    def __init__(
        self,
        storage: Storage,
        post_every: Callable[[int], float],
        *,
        alive: Callable[[], None] = lambda: None,
        emergency: Callable[[str], None] = lambda text: None,
        timezone: str = "UTC",
    ) -> None:
        self._storage = storage
        self._post_every = post_every
        self._alive = alive
        self._emergency = emergency
        self._zone = ZoneInfo(timezone)
        self._known: Known | None = None
        self._checks: Mapping[str, Check] = {}  # as of the same version
        self._lock = threading.Lock()
        self._failing_since: float | None = None
        self._lone = 0  # so many entries are committed one by one, after one of them was refused
        self._written_at = float("-inf")  # when the last snapshot was, by the database's clock

    def run(self) -> Run:
        """Sweep until nothing waits, or for 40 seconds. Raises Unavailable when Postgres does not answer."""
        run = Run()
        if not self._lock.acquire(blocking=False):
            run.busy = True
            return run
        try:
            self._run(run)
        finally:
            self._lock.release()
        return run

    def _run(self, run: Run) -> None:
        deadline = time.monotonic() + RUN_SECONDS
        owner = uuid.uuid4().hex
        again = True
        conflicts = 0
        while again and time.monotonic() < deadline:
            place = self._begin(owner, run)
            if place is None:
                return
            try:
                again = self._commits(owner, place, run, deadline)
            except Conflict:
                self._known = None
                conflicts += 1
                again = conflicts < MOST_CONFLICTS
            except Unavailable:
                self._known = None
                self._give_up(owner)
                raise
            except Exception:
                self._known = None  # whatever it was, what we hold may not be what is committed
                raise

    def _begin(self, owner: str, run: Run) -> _Place | None:
        known = self._known
        try:
            have = (known.version, known.alerting.version) if known else (None, None)
            begun = self._storage.queries.sweep_begin(owner, *have)
        except Unavailable as error:
            self._failed(str(error))
            raise
        self._failing_since = None
        if begun["busy"]:
            run.busy = True
            return None
        if begun["servers"] is not None:
            states = {name: from_row(name, row) for name, row in begun["servers"].items()}
            alerting = known.alerting if known else Alerting()
            known = self._known = Known(begun["version"], states, FleetState.from_text(begun["fleet"]), alerting)
        if known is not None and begun.get("alerting") is not None:
            known.alerting = Alerting.from_document(begun["alerting"], begun["rules_version"])
        elif known is not None and "routing" in begun:  # another instance told of what has happened since
            known.alerting = known.alerting.after(begun["routing"])
        if known is not None and (begun["servers"] is not None or begun.get("alerting") is not None):
            known.alerting = known.alerting.beside(known.states)
        if begun.get("checks") is not None:
            self._checks = {one: Check.from_row(one, *row) for one, row in begun["checks"].items()}
        run.rollup_due = bool(begun["rollup_due"])
        inbox = [Entry(f"inbox:{number}", at, body) for number, at, body in begun["inbox"]]
        return _Place(
            begun["version"], begun["rules_version"], begun["cursor"], begun["now"], time.monotonic(),
            begun["swept_at"], begun["tries"], inbox, more_inbox=bool(inbox),
        )  # fmt: skip

    def _commits(self, owner: str, place: _Place, run: Run, deadline: float) -> bool:
        """Commit batch after batch under one lease. True when it is worth beginning again."""
        while True:
            batch = self._next_batch(place)
            done = (
                place.drained and not place.waiting and len(place.inbox) <= len(batch)
            ) or time.monotonic() >= deadline
            try:
                dirty = self._commit(place, batch, run, done=done)
            except BadData as error:
                if len(batch) > 1:
                    log.warning("a batch of %d posts was refused, taking them one by one: %s", len(batch), error)
                    self._lone = len(batch)
                    self._give_up(owner)
                    return True
                if not batch:
                    raise
                dirty = self._set_aside(place, batch, str(error), run, done=done)
            place.inbox = [entry for entry in place.inbox if entry not in batch]
            if done:
                return (dirty or place.more_inbox) and time.monotonic() < deadline

    def _next_batch(self, place: _Place) -> list[Entry]:
        """Inbox first, then the stream: up to 200 posts or about 2 000 samples, fewer after fruitless tries."""
        most = max(1, MOST_ENTRIES >> min(place.tries, LONE_TRIES)) if self._lone == 0 else 1
        batch = place.inbox[:most]
        if len(batch) < most and not place.waiting and not place.drained:
            self._read(place)
        room = MOST_SAMPLES - sum(map(_weight, batch))
        while place.waiting and len(batch) < most and (room > 0 or not batch):
            room -= _weight(place.waiting[0])
            batch.append(place.waiting.pop(0))
        if self._lone:
            self._lone = max(0, self._lone - max(1, len(batch)))
        return batch

    def _read(self, place: _Place) -> None:
        """Fill up what waits. An answer that was too large for its time-out is asked for once more in a small bite."""
        for count in (MOST_ENTRIES, SMALL_BITE):
            try:
                place.waiting = self._storage.read(place.cursor, count)
            except Unavailable as error:
                log.warning("Redis did not give %d posts: %s", count, error)
            else:
                place.drained = len(place.waiting) < count
                return
        place.drained, place.could_read = True, False

    def _commit(self, place: _Place, batch: list[Entry], run: Run, *, done: bool) -> bool:
        known = self._known
        if known is None:
            raise Conflict("the states this sweep held are gone")
        if place.tries >= FATAL_TRIES and len(batch) == 1:
            reason = f"{place.tries} sweeps ended without a word at this post"
            return self._set_aside(place, batch, reason, run, done=done)
        drained = place.drained and not place.waiting and not place.more_inbox
        post_every = self._post_every(max(1, len(known.states)))
        given = Circumstances(
            place.time(), place.swept_at, post_every, drained, place.could_read, self._checks, self._offset(place.now)
        )
        decision = decide(known.states, known.fleet, batch, given, analyzers(), known.alerting)
        return self._write(place, batch, decision, run, done=done)

    def _write(self, place: _Place, batch: list[Entry], decision: Decision, run: Run, *, done: bool) -> bool:
        known = self._known or Known(place.version, {}, FleetState())
        states = {**known.states, **decision.changed}
        stream = [entry.id for entry in batch if not entry.id.startswith("inbox:")]
        cursor = stream[-1] if stream else place.cursor
        document: dict[str, Any] = {
            **decision.document,
            "version": place.version, "rules_version": place.rules_version, "cursor": cursor, "done": done,
            "inbox": [entry.id.removeprefix("inbox:") for entry in batch if entry.id.startswith("inbox:")],
        }  # fmt: skip
        changed = bool(decision.changed) or "fleet" in decision.document or place.version == 0 or run.commits
        now = place.time()
        snapshot = None
        if done and (changed or now - self._written_at >= SNAPSHOT_SECONDS):
            post_every = self._post_every(max(1, len(states)))
            snapshot = document["snapshot"] = write(place.version + 1, now, states, decision.fleet, post_every)
        answer = self._storage.queries.sweep_commit(document)
        self._known = Known(answer["version"], states, decision.fleet, decision.alerting)
        self._checks = decision.checks
        place.version, place.cursor, place.tries, place.swept_at = answer["version"], cursor, 0, answer["now"]
        place.now, place.read_at = answer["now"], time.monotonic()
        run.commits += 1
        run.swept += decision.samples
        run.dead += len(document.get("dead", ()))
        run.transitions += len(document.get("transitions", ()))
        run.version = answer["version"]
        run.owed = bool(answer.get("owed"))
        if snapshot is not None:
            self._written_at = now
            self._storage.publish(snapshot)
        self._alive()
        return bool(answer["dirty"])

    def _set_aside(self, place: _Place, batch: Sequence[Entry], reason: str, run: Run, *, done: bool) -> bool:
        """Commit one post to the dead letters, and nothing of it anywhere else but that it was taken."""
        log.error("post %s goes to the dead letters: %s", batch[0].id, reason)
        known = self._known or Known(place.version, {}, FleetState())
        decision = set_aside(known.states, known.fleet, batch[0], reason, place.time())
        decision.checks = self._checks
        decision.alerting = known.alerting
        return self._write(place, list(batch), decision, run, done=done)

    def _offset(self, now: float) -> int:
        """The seconds that local time is ahead of UTC."""
        ahead = datetime.fromtimestamp(now, self._zone).utcoffset()
        return int(ahead.total_seconds()) if ahead else 0

    def _give_up(self, owner: str) -> None:
        try:
            self._storage.queries.sweep_release(owner)
        except Unavailable:
            return  # the lease ends by itself in 20 s

    def _failed(self, text: str) -> None:
        now = time.monotonic()
        self._failing_since = self._failing_since or now
        if now - self._failing_since >= EMERGENCY_AFTER_SECONDS and self._storage.first_emergency_this_hour():
            self._emergency(f"OpenManager cannot reach its database for {now - self._failing_since:.0f} s: {text}")


def _weight(entry: Entry) -> int:
    """How many samples a post holds, without reading it."""
    return sum(part.count('"],[') + 1 for part in entry.parts)
