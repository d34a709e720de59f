"""A hub with cloud accounts, on real stores: ask the clouds, sweep, look."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib import wiring
from lib.domain.clouds import CloudAccount
from lib.monitoring.cloud_rounds import CloudRounds
from lib.monitoring.collectors.clouds import CloudProvider, provider
from tests.real_stores import Pair

FIVE = 300


def fives(n: int, now: float | None = None) -> list[int]:
    """The beginnings of n times five minutes that are over, the oldest first; the newest is over for a while, for what
    has just been told is not folded at once."""
    newest = int(now or time.time()) // FIVE * FIVE - 2 * FIVE
    return [newest - FIVE * back for back in reversed(range(n))]


@dataclass
class CloudHub:
    services: wiring.Services
    pair: Pair
    rounds: CloudRounds

    @classmethod
    def of(
        cls,
        services: wiring.Services,
        pair: Pair,
        accounts: Sequence[CloudAccount],
        provided: Callable[[str], CloudProvider] = provider,
        **more: Any,
    ) -> CloudHub:
        rounds = CloudRounds(
            services.storage, services.ingest, services.door, accounts, services.clock, provided=provided, **more
        )
        return cls(services, pair, rounds)

    def ask(self, *, seconds: float = 20.0) -> dict[str, Any]:
        """Everybody's turn has come; then a sweep."""
        self.pair.rows("update omv.cloud_source set due_at = now() - interval '1 s'")
        told = self.rounds.run(time.monotonic() + seconds)
        self.services.sweeper.run()
        return told

    def with_accounts(self, *accounts: CloudAccount) -> CloudHub:
        return replace(self, rounds=replace(self.rounds, accounts=accounts))

    def server(self, name: str) -> dict[str, Any]:
        return self.services.queries.server(name)

    def names(self) -> list[str]:
        return [name for (name,) in self.pair.rows("select name from omv.server order by name")]

    def source(self, source: str) -> dict[str, Any]:
        (found,) = [one for one in self.services.storage.clouds.clouds() if one["id"] == source]
        return {**found, "detail": json.loads(found["detail"])["en"] if found["detail"] else ""}

    def series(self, name: str, series: str, since: int) -> list[tuple[int, float]]:
        """(time, value) of each sample as it is stored."""
        rows = self.services.storage.queries.series(name, [series], since, int(time.time()) + 60, 10, "raw")
        assert rows is not None
        return [(since + int(row[0]) * 10, row[2]) for row in rows["series"].get(series, [])]
