"""One typed Python function for each SQL function of incidents (supabase/migrations/*_incidents.sql)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.storage.supabase.client import Rpc


class IncidentQueries:
    """An incident is `{id, rule, rule_name, server, subject, kind, severity, state, opened_at, ...}`; times are epoch
    seconds. One out of sight is none."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def incident_list(self, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{now, alerts, next}` of `{state, server, severity, since, before, most}`, newest first."""
        return dict(self._rpc.call("omv_incidents", {**filters, **_seen(sight)}))

    def incident(self, incident_id: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None:
        """`{now, alert, evidence, timeline, rule}`."""
        return _found(self._rpc.call("omv_incident", {"id": incident_id, **_seen(sight)}))

    def incident_act(
        self, incident_id: str, act: str, by: str, note: str = "", sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None:
        """As `incident`, after it was acknowledged or resolved. What is so already stays as it is."""
        body = {"id": incident_id, "act": act, "by": by, "note": note, **_seen(sight)}
        return _found(self._rpc.call("omv_incident_act", body))


def _seen(sight: Sight) -> dict[str, object]:
    return {"tags": list(sight.tags) or None, "only": sight.server}


def _found(answer: Any) -> dict[str, Any] | None:
    return None if answer is None else dict(answer)
