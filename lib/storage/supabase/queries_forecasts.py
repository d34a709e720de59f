"""One typed Python function for each SQL function of forecasts (supabase/migrations/*_forecasts.sql)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.storage.supabase.client import COMMIT_SECONDS, Rpc


class ForecastQueries:
    def __init__(self, rpc: Rpc, shard: int = 0) -> None:
        self._rpc = rpc
        self._shard = shard

    def forecasts_due(self, most: int, hours: int, patterns: Sequence[str]) -> dict[str, Any]:
        """The next servers without a forecast of this hour: `{hour, more, servers: {name: {series: {name: [[n, mean],
        ...]}, known: {series: {before, tested}}}}}`; n counts hours from `hour - hours`."""
        wanted = {"shard": self._shard, "most": most, "hours": hours, "patterns": list(patterns)}
        return dict(self._rpc.call("omv_forecasts_due", wanted, timeout=COMMIT_SECONDS))

    def forecasts_store(self, hour: int, servers: Mapping[str, Mapping[str, object]]) -> int:
        """All there is to be said of these servers, `{name: {series: {body, before, tested, dates}}}`."""
        document = {"hour": hour, "servers": servers}
        return int(self._rpc.call("omv_forecasts_store", document, timeout=COMMIT_SECONDS)["stored"])

    def forecasts_tell(self) -> bool:
        """Let the next sweep hear of the dates; whether there is anything that a rule might ask for."""
        return bool(self._rpc.call("omv_forecasts_tell", {})["told"])

    def forecasts(
        self, server: str, series: str | None = None, sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]] | None:
        """`[{series, at, body, tested}]` of a server, or of one series; None when there is no such server."""
        wanted = {"server": server, "series": series, "tags": list(sight.tags) or None, "only": sight.server}
        found = self._rpc.call("omv_forecasts", wanted)
        return None if found is None else list(found["forecasts"])
