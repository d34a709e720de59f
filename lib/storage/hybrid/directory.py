"""What an ingest instance must know without asking per post: keys, cursor, stored posts, who watches.

One conditional call to Postgres loads all of it. It is asked again after 30 s and never used past 60 s, so that a
revoked key stops within a minute; only while Postgres *fails* do known keys live ten minutes more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from lib.domain.access import Sight
from lib.domain.errors import Forbidden, Unavailable
from lib.domain.slugs import NamedCheck, in_sight, slug_of
from lib.storage.port import AgentKey, Contents
from lib.storage.supabase.queries import Queries

FRESH_SECONDS = 30.0
STALE_SECONDS = 60.0
OUTAGE_SECONDS = 600.0
RETRY_SECONDS = 2.0
UNKNOWN_KEYS_PER_SECOND = 5


class Directory:
    """Thread-safe; at most one call to Postgres at a time, the others use what is known."""

    def __init__(self, queries: Queries, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._queries = queries
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._contents = Contents()
        self._read_at: float | None = None
        self._tried_at = float("-inf")
        self._failing = False
        self._unknown: list[float] = []

    def contents(self) -> Contents:
        """The current reading. Raises Unavailable when there is none that may still be used."""
        age = self._age()
        if age >= FRESH_SECONDS:
            # In an outage one request in two seconds tries again; the others go on with what is known.
            self._refresh(wait=age >= STALE_SECONDS and not self._failing)
        if self._age() >= (OUTAGE_SECONDS + STALE_SECONDS if self._failing else STALE_SECONDS):
            raise Unavailable("agent keys cannot be checked: Postgres does not answer")
        return self._contents

    def key(self, secret_hash: str) -> AgentKey | None:
        """The key with this SHA-256 (hex), or None. One created a moment ago is looked up once more, five a second."""
        contents = self.contents()
        found = contents.keys.get(secret_hash)
        if found is None and self._may_look_up():
            self._refresh(wait=True, force=True)
            contents = self._contents
            found = contents.keys.get(secret_hash)
        if found and found.expires_at is not None and found.expires_at <= time.time() + contents.clock_ahead:
            return None
        return found

    def check(self, ping_id: str) -> str | None:
        """The check that is pinged at this address, or None. One made a moment ago is looked up once more."""
        found = self.contents().checks.get(ping_id)
        if found is None and self._may_look_up():
            self._refresh(wait=True, force=True)
            found = self._contents.checks.get(ping_id)
        return found

    def called(self, slug: str, sight: Sight) -> list[str]:
        """The ids of the checks in sight that have this slug. One made a moment ago is looked up once more."""
        found = _called(self.contents(), slug, sight)
        if not found and self._may_look_up():
            self._refresh(wait=True, force=True)
            found = _called(self._contents, slug, sight)
        return found

    def moved(self) -> None:
        """The stream was found to run behind the cursor we hold: read again before the next post."""
        with self._lock:
            self._read_at = None

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._monotonic() - self._read_at

    def _may_look_up(self) -> bool:
        now = self._monotonic()
        with self._lock:
            self._unknown = [at for at in self._unknown if now - at < 1.0]
            if len(self._unknown) >= UNKNOWN_KEYS_PER_SECOND:
                return False
            self._unknown.append(now)
            return True

    def _refresh(self, *, wait: bool, force: bool = False) -> None:
        if not self._lock.acquire(blocking=wait, timeout=2.0 if wait else -1):
            return
        try:
            now = self._monotonic()
            if self._failing and now - self._tried_at < RETRY_SECONDS:
                return
            if not force and self._age() < FRESH_SECONDS:
                return
            self._tried_at = now
            try:
                answer = self._queries.directory(self._contents.keys_version)
            except (Unavailable, Forbidden):  # whatever ails the service itself is an outage to agents
                self._failing = True
                return
            self._contents = _contents(answer, self._contents)
            self._read_at = self._monotonic()
            self._failing = False
        finally:
            self._lock.release()


def _contents(answer: dict[str, Any], before: Contents) -> Contents:
    keys = before.keys
    if answer["keys"] is not None:
        keys = {row[1]: _key(*row) for row in answer["keys"]}
    return Contents(
        cursor=answer["cursor"],
        swept_at=answer["swept_at"],
        rollup_due=bool(answer["rollup_due"]),
        clock_ahead=answer["now"] - time.time(),
        keys_version=answer["keys_version"],
        keys=keys,
        stored=answer["stored"],
        watch=answer["watch"],
        tagged=answer.get("tagged") or {},
        checks=before.checks if answer.get("checks") is None else answer["checks"],
        slugs=before.slugs if answer.get("slugs") is None else _by_slug(answer["slugs"]),
    )


def _called(contents: Contents, slug: str, sight: Sight) -> list[str]:
    return in_sight(contents.slugs.get(slug, ()), sight, contents.tagged)


def _by_slug(rows: list[list[Any]]) -> dict[str, list[NamedCheck]]:
    """`[id, slug or null, name, server, tags]` each; of a check that was given no slug its name makes one."""
    found: dict[str, list[NamedCheck]] = {}
    for check_id, slug, name, server, tags in rows:
        if called := slug or slug_of(name):
            found.setdefault(called, []).append(NamedCheck(check_id, server, tags or {}))
    return found


def _key(
    key_id: str,
    _hash: str,
    scopes: list[str],
    server: str | None,
    cidrs: list[str] | None,
    expires_at: float | None,
    tags: list[str] | None = None,  # a database whose migrations are older than the code knows of none
) -> AgentKey:
    return AgentKey(key_id, tuple(scopes), server, tuple(cidrs or ()), expires_at, tuple(tags or ()))
