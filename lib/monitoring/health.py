"""How the product itself does: told to everybody who asks, so without addresses, names or a store's own words."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.domain.moments import iso
from lib.monitoring.rollup import SHORTEST_RAW_DAYS, is_nearly_full
from lib.storage.port import Storage

log = logging.getLogger(__name__)

SILENT_SECONDS = 180.0  # without a sweep for so long nobody would hear of trouble
LATE_SECONDS = 120.0
MANY_TRIES = 3
# Anybody may ask, so asking must not cost a command each time.
FRESH_SECONDS = 2.0
FRESH_BILLED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Report:
    body: dict[str, Any]
    is_down: bool


class Health:
    """Thread-safe; remembers its last report for a moment."""

    def __init__(
        self,
        storage: Storage,
        version: str,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        quota_bytes: int = 0,
    ) -> None:
        self._storage = storage
        self._version = version
        self._quota_bytes = quota_bytes
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last: tuple[float, Report] | None = None

    def report(self) -> Report:
        fresh = FRESH_BILLED_SECONDS if self._storage.billed else FRESH_SECONDS
        with self._lock:
            now = self._monotonic()
            if self._last is None or now - self._last[0] >= fresh:
                found = self._storage.health()
                self._last = (now, judged(found, self._clock(), self._version, self._quota_bytes))
            return self._last[1]


def judged(answer: dict[str, Any], now: float, version: str, quota_bytes: int = 0) -> Report:
    """What the stores' answer amounts to. Down: the product cannot do its job. Degraded: it can, but not as well."""
    facts: dict[str, Any] = answer["facts"] or {}
    now = facts.get("now", now)
    swept_at = facts.get("swept_at")
    lag = None if swept_at is None else max(0.0, now - swept_at)
    down, degraded = _complaints(answer, facts, lag)
    if is_nearly_full(facts.get("bytes") or 0, quota_bytes):
        degraded.append(f"the database is above 80 % of its quota: samples are kept {SHORTEST_RAW_DAYS} days only")
    for store in ("redis", "postgres"):
        if answer[store] != "ok":
            log.warning("health: %s: %s", store, answer[store])
    body = {
        "status": "down" if down else "degraded" if degraded else "ok",
        "reasons": down + degraded,
        "version": version,
        "time": _iso(now),
        "stores": {store: "ok" if answer[store] == "ok" else "unavailable" for store in ("redis", "postgres")},
        "sweep": {
            "lag_seconds": None if lag is None else round(lag, 1),
            "swept_at": _iso(swept_at),
            "rolled_at": _iso(facts.get("rolled_at")),
            "version": facts.get("version"),
            "tries": facts.get("tries"),
            "inbox": facts.get("inbox"),
            "dead_letters": facts.get("dead_letters"),
        },
        "servers": facts.get("servers"),
        "clouds": facts.get("clouds") or {"sources": None, "failing": None},
        "quotas": {
            "postgres_bytes": facts.get("bytes"),
            "postgres_quota_bytes": quota_bytes or None,
            "redis_commands_this_process": answer["redis_commands"],
        },
    }
    return Report(body, bool(down))


def _complaints(answer: dict[str, Any], facts: dict[str, Any], lag: float | None) -> tuple[list[str], list[str]]:
    down, degraded = [], []
    is_in_use = bool(facts.get("servers") or facts.get("checks"))
    if answer["postgres"] != "ok":
        down.append("Postgres does not answer")
    elif is_in_use and (lag is None or lag > SILENT_SECONDS):
        # Without servers and checks nobody sweeps and nothing is missed: a fresh install is well.
        down.append("no sweep for three minutes: nobody would hear of trouble")
    elif is_in_use and lag is not None and lag > LATE_SECONDS:
        degraded.append("the sweep is late")
    if answer["redis"] != "ok":
        degraded.append("Redis does not answer: posts wait in Postgres")
    if facts.get("tries", 0) > MANY_TRIES:
        degraded.append("the sweep fails again and again")
    if (facts.get("clouds") or {}).get("failing"):
        degraded.append("a cloud cannot be read: an administrator sees why")
    return down, degraded


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)
