"""Compaction, roll-ups and retention, in steps short enough for a function. Woken when there is something to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lib.storage.port import Storage

RUN_SECONDS = 40.0
HOURS_A_STEP = 100
NEARLY_FULL = 0.8
SHORTEST_RAW_DAYS = 8  # one more than agents may fill in


def roll_up(
    storage: Storage,
    retention: Mapping[str, int],
    quota_bytes: int = 0,
    monotonic: Callable[[], float] = time.monotonic,
    *,
    end: float = float("inf"),
) -> dict[str, Any]:
    """Run steps until nothing is due, for 40 seconds, or until `end`. `retention` has raw_days, five_days, hour_days,
    error_days and process_hours; `quota_bytes` is what the database may hold, 0 for no limit.

    Gives `{compacted, merged, forgotten, more, bytes, raw_days}`. Stopped anywhere, the next call goes on from there.
    """
    end = min(end, monotonic() + RUN_SECONDS)
    kept = kept_days(retention, int(storage.queries.health()["bytes"]), quota_bytes)
    total: dict[str, Any] = {
        "compacted": 0, "merged": 0, "forgotten": 0, "more": True, "bytes": None, "raw_days": kept["raw_days"],
    }  # fmt: skip
    while total["more"] and monotonic() < end:
        step = storage.queries.rollup_step({"most": HOURS_A_STEP, **kept})
        for name in ("compacted", "merged", "forgotten"):
            total[name] += step[name]
        total["more"], total["bytes"] = bool(step["more"]), step["bytes"]
    return total


def is_nearly_full(used_bytes: int, quota_bytes: int) -> bool:
    return quota_bytes > 0 and used_bytes > NEARLY_FULL * quota_bytes


def kept_days(retention: Mapping[str, int], used_bytes: int, quota_bytes: int) -> dict[str, int]:
    """The retention as it is applied: above 80 % of the quota every sample is kept eight days and no longer.

    Deleted rows make room for new ones but do not shrink the files, so the shorter time holds until they are vacuumed.
    """
    if not is_nearly_full(used_bytes, quota_bytes):
        return dict(retention)
    return {**retention, "raw_days": min(retention["raw_days"], SHORTEST_RAW_DAYS)}
