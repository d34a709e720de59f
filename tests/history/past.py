"""A hub with a past: samples committed at will, the border between hot rows and hour blocks where a test wants it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from lib.storage.supabase.client import PsycopgRpc
from lib.storage.supabase.queries import Queries
from tests.patience import wait_for_the_next
from tests.real_stores import Pair

HOUR = 3_600
KEPT = {"raw_days": 14, "five_days": 90, "hour_days": 400, "error_days": 30, "process_hours": 48}

type Rows = Mapping[int, Sequence[float | None]]


class Past:
    """The storing half of the product on a clean database: commit, roll up, read, look behind.

    `hour_left`: so many seconds of the running hour are left at least; where there are fewer, the next is waited for.
    """

    def __init__(self, pair: Pair, hour_left: float = 0.0) -> None:
        wait_for_the_next(HOUR, hour_left)
        self.pair = pair
        self.rpc = PsycopgRpc(pair.database_url)
        self.queries = Queries(self.rpc)
        self.hour = int(time.time()) // HOUR * HOUR  # the running hour when the test began
        self.admin = psycopg.connect(pair.admin_url, autocommit=True)

    def close(self) -> None:
        self.rpc.close()
        self.admin.close()

    def hot_from(self, moment: int) -> None:
        """Everything from here on is kept hot until the next roll-up."""
        self.admin.execute("update omv.sweep set compacted_until = %s, compacted_servers = 0", (moment,))

    def commit(self, samples: Mapping[str, Rows], names: Sequence[str] = ("cpu", "memory")) -> None:
        """One sweep's commit of these samples and nothing else."""
        begun = self.queries.sweep_begin("a test", None)
        self.queries.sweep_commit(
            {
                "version": begun["version"],
                "rules_version": begun["rules_version"],
                "done": True,
                "servers": {name: {"series": list(names)} for name in samples},
                "samples": {
                    name: [
                        [at, "{" + ",".join("NULL" if x is None else repr(x) for x in row) + "}"]
                        for at, row in rows.items()
                    ]
                    for name, rows in samples.items()
                },
            }
        )

    def step(self, **options: object) -> dict[str, Any]:
        return self.queries.rollup_step({"most": 100, **KEPT, **options})

    def roll_up(self) -> dict[str, Any]:
        """Steps until nothing is due; the last one's answer."""
        while True:
            step = self.step()
            if not step["more"]:
                return step

    def raw(
        self, server: str, metric: str = "cpu", start: int | None = None, end: int | None = None
    ) -> dict[int, float]:
        """{at: value} of every stored sample in [start, end), read second by second; fails when one is seen twice."""
        start = self.hour - 8 * 86_400 if start is None else start
        found = self.queries.series(server, [metric], start, self.hour + HOUR if end is None else end, 1, "raw")
        assert found is not None
        rows = found["series"].get(metric, [])
        assert [row for row in rows if row[4] != 1] == []
        return {found["from"] + row[0]: row[2] for row in rows}

    def binned(
        self, server: str, tier: str, step: int, start: int, end: int, metric: str = "cpu"
    ) -> dict[int, list[float]]:
        """{bin's time: [min, avg, max, n]}."""
        found = self.queries.series(server, [metric], start, end, step, tier)
        assert found is not None
        assert (found["tier"], found["step"]) == (tier, step)
        return {found["from"] + row[0] * step: row[1:] for row in found["series"].get(metric, [])}

    def packed(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every byte of blocks and roll-ups, to compare before and after."""
        return {
            table: self.look(f"select t::text from omv.{table} t order by server, hour")
            for table in ("hour_block", "rollup_5m", "rollup_1h")
        }

    def look(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.admin.execute(query.encode(), values or None).fetchall()

    def late_rows(self) -> int:
        return int(self.look("select count(*) from omv.sample_late")[0][0])


def every(seconds: int, start: int, end: int, value: float = 10.0) -> dict[int, list[float | None]]:
    """A sample each so many seconds, of a value that moves a little."""
    return {at: [round(value + (at // seconds) % 50 / 10, 1), 40.0] for at in range(start, end, seconds)}
