"""One typed Python function for each SQL function of anomalies (supabase/migrations/*_anomalies.sql)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.storage.supabase.client import Rpc


class AnomalyQueries:
    """An anomaly is `{server, series, since, until or None, peak_at, score, value, body, expected_by, expected_at}`.
    Those of a server out of sight are none."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def anomalies(
        self, filters: Mapping[str, object], server: str | None = None, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None:
        """`{anomalies, series, bands}` of what began or lasted from `from` to `to`, the newest first; `open` are those
        that last. `bands` are `[hour, low, high]` in the columns of `series`, and empty without a server. None for an
        unknown server."""
        answer = self._rpc.call("omv_anomalies", {**filters, "server": server, **_seen(sight)})
        return None if answer is None else dict(answer)

    def expected(
        self, server: str, series: str, since: int, by: str, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None:
        """The anomaly, now known to have been expected; None when there is none."""
        sent = {"server": server, "series": series, "since": since, "by": by, **_seen(sight)}
        answer = self._rpc.call("omv_server_expected", sent)
        return None if answer is None else dict(answer)


def _seen(sight: Sight) -> dict[str, object]:
    return {"tags": list(sight.tags) or None, "only": sight.server}
