"""One typed Python function for each SQL function of the analysis (supabase/migrations/*_analysis.sql)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.storage.supabase.client import COMMIT_SECONDS, Rpc


class AnalysisQueries:
    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def analysis_series(
        self,
        reads: Sequence[tuple[str, int, int]],
        series: Sequence[str],
        step: int,
        tier: str,
        *,
        custom: bool = False,
        thin: int = 0,
        sight: Sight = EVERYTHING,
    ) -> list[dict[str, Any] | None]:
        """Of each (server, from, to), at most 200, in order: `{from, step, tier, series: {name: [[bin, min, avg, max,
        n], ...]}}`, or None where there is no such server. A metric stands for all its mounts; `custom` asks for the
        series whose names have a dot, too. `thin` > 0: rows are [bin, avg], of
        samples that are not rolled up yet one of every so many seconds."""
        wanted = {
            "reads": [list(read) for read in reads], "series": list(series), "step": step, "tier": tier,
            "custom": custom, "thin": thin, **_held(sight),
        }  # fmt: skip
        return list(self._rpc.call("omv_analysis_series", wanted, timeout=COMMIT_SECONDS)["found"])

    def latest(
        self, servers: Sequence[str], series: Sequence[str], sight: Sight = EVERYTHING
    ) -> list[tuple[str, str, float, float]]:
        """(server, series, at, value), the newest of each series of at most 500 servers in the last six hours. A metric
        stands for its series of every mount."""
        wanted = {"servers": list(servers), "series": list(series), **_held(sight)}
        found = self._rpc.call("omv_latest", wanted)["found"]
        return [(server, name, float(at), float(value)) for server, name, at, value in found]

    def analysis_happenings(
        self, servers: Sequence[str], start: int, end: int, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """`{events: [[at, server, kind, title, id]], errors: [[at, server, fingerprint, level, source, message, id]],
        incidents: [[at, server, rule's name, subject, id]]}`, the newest 500 of each, oldest first."""
        wanted = {"servers": list(servers), "from": start, "to": end, **_held(sight)}
        return dict(self._rpc.call("omv_analysis_happenings", wanted))


def _held(sight: Sight) -> dict[str, object]:
    return {"tags": list(sight.tags) or None, "only": sight.server}
