"""Incidents as people see them, under the name they know: alerts. Listing, looking closer, acknowledging, ending."""

from __future__ import annotations

from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.alerting import SEVERITIES
from lib.domain.errors import BadInput, NotFound
from lib.domain.moments import told
from lib.monitoring.reasons import sentence_of
from lib.storage.port import Deliveries, Incidents

STATES = ("open", "acknowledged", "resolved")
MOST = 500
_TIMES = ("opened_at", "noticed_at", "updated_at", "resolved_at", "acked_at", "since")


class Desk:
    def __init__(self, incidents: Incidents, deliveries: Deliveries) -> None:
        self._incidents = incidents
        self._deliveries = deliveries

    def listed(
        self,
        *,
        state: str | None = None,
        server: str | None = None,
        severity: str | None = None,
        since: int | None = None,
        before: int | None = None,
        most: int = 100,
        sight: Sight = EVERYTHING,
    ) -> dict[str, Any]:
        """`{as_of, alerts, next}`, newest first; `since` gives what has changed after it. Raises BadInput."""
        if state is not None and state not in STATES:
            raise BadInput("`state` is one of " + ", ".join(STATES))
        if severity is not None and severity not in SEVERITIES:
            raise BadInput("`severity` is one of " + ", ".join(SEVERITIES))
        filters = {
            "state": state, "server": server, "severity": severity, "since": since, "before": before,
            "most": min(most, MOST),
        }  # fmt: skip
        found = self._incidents.incident_list(filters, sight)
        alerts = [_shown(alert, found["now"]) for alert in found["alerts"]]
        return {**told("as_of", round(found["now"], 1)), "alerts": alerts, "next": found["next"]}

    def one(self, alert_id: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{alert, rule, evidence, timeline, deliveries}`. Raises NotFound."""
        whole = _whole(self._incidents.incident(alert_id, sight))
        return {**whole, "deliveries": [_delivery(one) for one in self._deliveries.notices_of(alert_id)]}

    def act(self, alert_id: str, act: str, by: str, note: str = "", sight: Sight = EVERYTHING) -> dict[str, Any]:
        """As `one`, after it was acknowledged or ended by hand. Raises NotFound."""
        return _whole(self._incidents.incident_act(alert_id, act, by, note, sight))


def _whole(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        raise NotFound("there is no such alert")
    timeline = [
        {**step, **told("at", step["at"]), **told("noticed_at", step["noticed_at"])} for step in found["timeline"]
    ]
    return {
        **told("as_of", round(found["now"], 1)),
        "alert": _shown(found["alert"], found["now"]),
        "rule": found["rule"],
        "evidence": found["evidence"],
        "timeline": timeline,
    }


def _delivery(notice: dict[str, Any]) -> dict[str, Any]:
    """A message that is owed or was, with its last twenty tries."""
    tries = [{**told("at", at), "ok": ok, "detail": detail, "ms": ms} for at, ok, detail, ms in notice["attempts"]]
    times = {
        name: value for one in ("created_at", "due_at", "sent_at") for name, value in told(one, notice[one]).items()
    }
    return {**notice, **times, "attempts": tries}


def _shown(alert: dict[str, Any], now: float) -> dict[str, Any]:
    shown = dict(alert)
    for name in _TIMES:
        shown |= told(name, alert.get(name))
    shown["text"] = sentence_of(alert, now)
    return shown
