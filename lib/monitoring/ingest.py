"""Ingest: check a post, append it, answer with what the agent should do next. One Redis command, and no database.

What is true of the post is found out by the sweep; here is only what can be said without reading anything.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.errors import BadInput, Forbidden, TooLarge
from lib.domain.telemetry import ServerSamples
from lib.monitoring.checks import PingKind, encode_ping
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.outside import Alerts, encode_word
from lib.monitoring.parts import encode_parts
from lib.storage.port import Contents, Storage

# Values at which an agent posts at once rather than at its next turn. What a fresh install's rules call bad, without
# asking the database at each post.
URGENT = {"cpu": 90.0, "memory": 90.0, "disk": 90.0, "inode": 90.0}
SAMPLE_EVERY = 10
BILLED_POST_EVERY = 60
FREE_POST_EVERY = 10
BILLED_WATCHED_EVERY = 10
FREE_WATCHED_EVERY = 5
MONTH_SECONDS = 2_592_000
COMMANDS_A_MONTH = 500_000  # what Upstash gives for nothing
POSTS_A_MONTH = 400_000  # of those, what posts may use
WATCH_ENDS_AT = 0.8
MOST_BYTES_A_COMMAND = 900_000  # Upstash's free plan takes requests of up to 1 MB


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often agents post, by what a Redis command costs."""

    billed: bool

    def post_every(self, servers: int) -> int:
        if not self.billed:
            return FREE_POST_EVERY
        return max(BILLED_POST_EVERY, MONTH_SECONDS * servers // POSTS_A_MONTH)

    def watched_every(self, servers: int) -> int:
        usual = self.post_every(servers)
        if not self.billed:
            return FREE_WATCHED_EVERY
        near_the_end = MONTH_SECONDS * servers / usual > WATCH_ENDS_AT * COMMANDS_A_MONTH
        return usual if near_the_end else BILLED_WATCHED_EVERY

    @property
    def sweep_every(self) -> float:
        return 60.0 if self.billed else 5.0


@dataclass(slots=True)
class Answer:
    """What the sender is told, and whether the sweep should be poked."""

    body: dict[str, Any]
    pokes: list[str] = field(default_factory=list)


class Ingest:
    def __init__(self, storage: Storage, clock: Callable[[], float] = time.time) -> None:
        self._storage = storage
        self._clock = clock
        self._cadence = Cadence(storage.billed)
        # Instances that notice together must not all call: each waits a little longer, by chance up to ten seconds.
        jitter = secrets.randbelow(10_000) / 1_000 if storage.billed else 0.0
        self._pokes = Pokes(self._cadence.sweep_every + jitter, quiet=20.0 if storage.billed else 4.0)

    def take(self, batch: Batch, key_id: str, sight: Sight = EVERYTHING) -> Answer:
        """Append what a decoder read. Raises Forbidden, BadInput or TooLarge; Unavailable when no store took it."""
        kept = [share for share in self.keep(batch, key_id, sight) if share.holds]
        if not kept:
            raise BadInput("nothing in this post could be taken", errors=told(batch) or [NOTHING])
        contents = self._storage.directory.contents()
        return Answer(
            {"accepted": batch.accepted, "rejected": batch.rejected, "next": self._next(kept, contents)},
            self._pokes.due(contents, kept, self._clock() + contents.clock_ahead),
        )

    def keep(self, batch: Batch, key_id: str, sight: Sight = EVERYTHING) -> list[ServerSamples]:
        """Append it, and give what was: also word of senders of whom nothing could be taken, so that it is seen."""
        if sight.server is not None:
            for share in batch.shares:
                if share.server != sight.server:
                    raise Forbidden(f'this key may only report "{sight.server}", not "{share.server}"')
        kept = [share for share in batch.shares if share.rows or share.extra]
        contents = self._storage.directory.contents()
        if sight.tags:
            for share in kept:
                _hold_to(share, sight.tags, contents.tagged.get(share.server))
        for entry in _entries(kept, key_id) if kept else ():
            self._storage.append(entry, contents.cursor)
        return kept

    def ping(self, check_id: str, kind: PingKind, code: int | None, note: str, rid: str = "") -> list[str]:
        """Append a ping of a check, like a post. Gives what to poke. Raises Unavailable when no store took it."""
        contents = self._storage.directory.contents()
        self._storage.append([encode_ping(check_id, kind, code, note, rid)], contents.cursor)
        now = self._clock() + contents.clock_ahead
        return self._pokes.due(contents, (), now, urgent=f"check {check_id}" if kind == "fail" else None)

    def tell(self, alerts: Alerts, sight: Sight = EVERYTHING) -> list[str]:
        """Append what other monitors said, in one command where it is not very much. Gives what to poke. Raises
        Unavailable when no store took it."""
        contents = self._storage.directory.contents()
        for entry in _fitting([encode_word(word, sight) for word in alerts.words]):
            self._storage.append(entry, contents.cursor)
        urgent = next((f"alert {word.subject}" for word in alerts.words if not word.over), None)
        return self._pokes.due(contents, (), self._clock() + contents.clock_ahead, urgent=urgent)

    def _next(self, shares: Sequence[ServerSamples], contents: Contents) -> dict[str, Any]:
        servers = max(1, len(contents.stored))
        now = self._clock() + contents.clock_ahead
        looked_at = [shares[0].server] if self._storage.billed else ["", shares[0].server]
        watched = any(contents.watch.get(name, 0.0) > now for name in looked_at)
        every = self._cadence.watched_every(servers) if watched else self._cadence.post_every(servers)
        answer: dict[str, Any] = {
            "sample_every": min(SAMPLE_EVERY, every), "post_every": every,
            "limits": URGENT, "time": round(now, 1),
        }  # fmt: skip
        post = shares[0].post
        if post is not None:
            stored = contents.stored.get(shares[0].server, {}).get(post.epoch)
            answer["stored"] = stored[0] if stored else 0
            answer["resend"] = (stored[1] if stored else None) or []
        return answer


def _hold_to(share: ServerSamples, tags: Sequence[str], carried: Sequence[str] | None) -> None:
    """A key that is held to tags reports servers that carry one of them, and new ones (`carried` None), which then get
    its first. What the host tells of itself cannot take the server out of the key's sight."""
    if carried is not None and not set(carried) & set(tags):
        raise Forbidden(f'this key may only report servers tagged {" or ".join(tags)}; "{share.server}" is not')
    host: dict[str, Any] = share.extra.get("host", {})
    if "tags" not in host and carried is not None:
        return  # says nothing of tags, so those it has stay
    told_tags: dict[str, str] = host.get("tags", {})
    if not Sight(tuple(tags)).shows(share.server, told_tags):
        key, _, value = tags[0].partition(":")
        share.extra["host"] = {**host, "tags": {**told_tags, key: value}}


NOTHING = {
    "pointer": "/samples",
    "detail": "a post needs at least one sample, process, error, event or fact of the host",
}


def told(batch: Batch) -> list[dict[str, str]]:
    """The rejects in the form of a problem's `errors`."""
    return [{"pointer": one["pointer"], "detail": one["reason"]} for one in batch.rejected]


def refuse_in_part(batch: Batch) -> None:
    """Raises BadInput where some of it was refused, for senders that are told by no other way."""
    if batch.refused:
        why = next(iter(batch.rejected))["reason"]
        raise BadInput(f"{batch.refused} refused, {batch.accepted} values kept: {why}", errors=told(batch)[:20])


def _entries(shares: Sequence[ServerSamples], key_id: str) -> list[list[str]]:
    """One entry, unless it would be more than Redis takes in one command. A numbered post must stay whole."""
    parts = [part for share in shares for part in encode_parts(share, key_id)]
    size = sum(len(part.encode()) for part in parts)
    if size <= MOST_BYTES_A_COMMAND:
        return [parts]
    if any(share.post for share in shares):
        raise TooLarge(f"{size // 1000} kB of samples in one numbered post: at most {MOST_BYTES_A_COMMAND // 1000} kB")
    return _fitting(parts)


def _fitting(parts: Sequence[str]) -> list[list[str]]:
    """As few entries as each fit into one command."""
    entries: list[list[str]] = [[]]
    room = MOST_BYTES_A_COMMAND
    for part in parts:
        room -= len(part.encode())
        if room < 0 and entries[-1]:
            entries.append([])
            room = MOST_BYTES_A_COMMAND - len(part.encode())
        entries[-1].append(part)
    return [entry for entry in entries if entry]


class Pokes:
    """Which scheduled work this instance should wake, without asking anybody. Thread-safe."""

    def __init__(self, sweep_every: float, quiet: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._sweep_every = sweep_every
        self._quiet = quiet
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._swept = float("-inf")
        self._rolled = float("-inf")
        self._breaches: list[float] = []
        self._breached: dict[str, float] = {}

    def due(
        self, contents: Contents, shares: Sequence[ServerSamples], now: float, *, urgent: str | None = None
    ) -> list[str]:
        """`urgent` names a check that said it failed, or an alert of another monitor."""
        moment = self._monotonic()
        pokes = []
        with self._lock:
            since = now - contents.swept_at if contents.swept_at is not None else float("inf")
            late = since >= self._sweep_every and moment - self._swept >= self._quiet
            if late or self._breach(shares, urgent, moment):
                self._swept = moment
                pokes.append("/api/cron/sweep")
            if contents.rollup_due and moment - self._rolled >= 60.0:
                self._rolled = moment
                pokes.append("/api/cron/rollup")
        return pokes

    def _breach(self, shares: Sequence[ServerSamples], urgent: str | None, moment: float) -> bool:
        """A value at its limit, and what is urgent, make a sweep due at once: one of each server, check or alert in
        five minutes, six a minute in all."""
        self._breaches = [at for at in self._breaches if moment - at < 60.0]
        if len(self._breaches) >= 6 or (self._breaches and moment - self._breaches[-1] < 2.0):
            return False
        named = [share.server for share in shares if _breaches(share, URGENT)]
        for name in named if urgent is None else [urgent, *named]:
            if moment - self._breached.get(name, float("-inf")) >= 300.0:
                if len(self._breached) > 10_000:
                    self._breached.clear()
                self._breached[name] = moment
                self._breaches.append(moment)
                return True
        return False


def _breaches(share: ServerSamples, limits: Mapping[str, float]) -> bool:
    if not share.rows:
        return False
    row = share.rows[-1][1]
    for name, value in zip(share.series, row, strict=True):
        limit = limits.get(name.partition(":")[0])
        if limit is not None and value is not None and value >= limit:
            return True
    return False
