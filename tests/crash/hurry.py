"""The product's patience, shortened for the crash test: what waits for minutes in life would make 300 faults an hour.

Only durations change. Which process may do what, in what order and under which comparison, stays as it is.
"""

from __future__ import annotations

from typing import Any

from lib.domain import posts
from lib.monitoring import analyzers, ingest
from lib.monitoring.analyzers import Analyzer, Window
from lib.storage.hybrid import directory, storage
from tests.real_stores import Pair

LEASE_SECONDS = 2
_NOW = ("make_interval(secs => 20)", f"make_interval(secs => {LEASE_SECONDS})")


class Ledger:
    """Keeps the time of every sample it is shown: folded twice, or out of order, would stand there for ever."""

    name = "ledger"

    def fold(self, memory: dict[str, Any], window: Window) -> list[Any]:
        memory["at"] = [*memory.get("at", ()), *window.at]
        return []


def product() -> None:
    """In a process that runs the product's functions, before it builds its services."""
    posts.GAP_SECONDS = 2
    ingest.SAMPLE_EVERY = ingest.FREE_POST_EVERY = ingest.FREE_WATCHED_EVERY = 1
    directory.FRESH_SECONDS = 0.5
    directory.RETRY_SECONDS = 0.2
    storage.REDIS_PAUSE_SECONDS = 0.3

    def with_ledger() -> tuple[Analyzer, ...]:
        return (Ledger(),)

    analyzers.analyzers = with_ledger
    from lib.monitoring import sweep

    sweep.analyzers = with_ledger  # type: ignore[attr-defined] # imported there by name


def database(pair: Pair) -> None:
    """A killed sweeper's lease ends after two seconds instead of twenty."""
    for name in ("omv_begin_samples", "omv_commit_samples"):
        text = pair.rows(f"select pg_get_functiondef('omv.{name}'::regproc)")[0][0]
        assert _NOW[0] in text, f"{name} has no lease of 20 s to shorten"
        pair.rows(text.replace(*_NOW))
