"""One typed Python function for each SQL function of the analysis (supabase/migrations/*_analysis.sql)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    def outages(
        self, servers: Sequence[str], start: float, end: float, sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]]:
        """`[{server, first_seen, spans: [[from, until or None], ...]}]`: when each of at most 500 was silent."""
        wanted = {"servers": list(servers), "from": start, "to": end, **_held(sight)}
        return _rows(("server", "first_seen", "spans"), self._rpc.call("omv_outages", wanted))

    def process_lists(
        self, servers: Sequence[str], name: str | None = None, port: int | None = None, sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]]:
        """`[{server, at, count, processes}]` of at most 200 servers: the newest list, how many are in it and those that
        are meant. `at` is None where none was ever told."""
        wanted = {"servers": list(servers), "q": name, "port": port, **_held(sight)}
        return _rows(("server", "at", "count", "processes"), self._rpc.call("omv_process_lists", wanted))

    def forecast_list(
        self, servers: Sequence[str], series: Sequence[str], sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]]:
        """`[{server, series, at, body, tested}]` of at most 500 servers; bodies without their paths."""
        wanted = {"servers": list(servers), "series": list(series), **_held(sight)}
        return _rows(("server", "series", "at", "body", "tested"), self._rpc.call("omv_forecast_list", wanted))

    def log_search(
        self, servers: Sequence[str], filters: Mapping[str, object], sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """`{count, levels, servers, groups, lines, told}` of `{from, to, levels, words, source, most}`; at
        most 500 servers, 10 groups and 50 lines."""
        return dict(self._rpc.call("omv_log_search", {**filters, "servers": list(servers), **_held(sight)}))

    def analysis_happenings(
        self, servers: Sequence[str], start: int, end: int, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """`{events: [[at, server, kind, title, id]], errors: [[at, server, fingerprint, level, source, message, id]],
        incidents: [[at, server, rule's name, subject, id]]}`, the newest 500 of each, oldest first."""
        wanted = {"servers": list(servers), "from": start, "to": end, **_held(sight)}
        return dict(self._rpc.call("omv_analysis_happenings", wanted))


def _rows(names: Sequence[str], answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in answer["found"]]


def _held(sight: Sight) -> dict[str, object]:
    return {"tags": list(sight.tags) or None, "only": sight.server}
