"""A story in which other monitors tell the doors of their alerts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from lib.domain.access import EVERYTHING, Sight
from lib.domain.alerting import Incident, Rule
from lib.monitoring.alerts.incidents import open_incidents
from lib.monitoring.collectors import PROTOCOLS
from lib.monitoring.collectors.protocols import Incoming, protocol
from lib.monitoring.outside import Alerts, encode_word
from lib.monitoring.state import FleetState
from tests.scenarios.story import Story
from tests.unit.folding import NOW

OUTSIDE = Rule("outside", "Other monitors", kind="outside")
WEBHOOK, RECEIVER = "/api/v1/webhooks/alertmanager", "/api/v2/alerts"
GRAFANA, PLAIN = "/api/v1/webhooks/grafana", "/api/v1/webhooks/alert"
MINUTE, HOUR = 60, 3_600


def iso(at: float) -> str:
    return datetime.fromtimestamp(NOW + at, UTC).isoformat().replace("+00:00", "Z")


def labelled(name: str = "HighCpu", **more: Any) -> dict[str, Any]:
    """An alert as Prometheus writes it; times in seconds of the story."""
    labels = {"alertname": name, "severity": "critical", "instance": "web-1:9100", **more.pop("labels", {})}
    times = {key: iso(more.pop(key)) for key in ("startsAt", "endsAt") if key in more}
    return {"labels": labels, "annotations": {"summary": "CPU is busy"}, **times, **more}


class Hub(Story):
    """A story with the rule for outside alerts alone, and a server `web-1` that is quiet. What is remembered goes
    through the form in which it is kept after every sweep."""

    def __init__(self, *rules: Rule) -> None:
        super().__init__(rules=rules or (OUTSIDE,))
        self.at(0, cpu=5.0)

    def told_at(
        self, at: float, path: str, body: object, query: Mapping[str, str] | None = None, sight: Sight = EVERYTHING
    ) -> Self:
        """A request at one of the doors, and the sweep of it."""
        return self.request(at, path, body, query, sight).look(at)

    def request(
        self, at: float, path: str, body: object, query: Mapping[str, str] | None = None, sight: Sight = EVERYTHING
    ) -> Self:
        name = next(one for one, paths in PROTOCOLS.items() if f"POST {path}" in paths)
        found = protocol(name).read(Incoming("POST", path, json.dumps(body).encode(), NOW + at, query=query or {}))
        assert isinstance(found, Alerts)
        return self.hear(at, [encode_word(word, sight) for word in found.words])

    def webhook(self, at: float, *alerts: dict[str, Any], status: str = "firing", **more: Any) -> Self:
        one = {"version": "4", "status": status, "externalURL": "http://am.example:9093", "alerts": list(alerts)}
        return self.told_at(at, WEBHOOK, one, **more)

    def prometheus(self, at: float, *alerts: dict[str, Any]) -> Self:
        return self.told_at(at, RECEIVER, list(alerts))

    def look(self, at: float) -> Self:
        self.sweep(at)
        self.fleet = FleetState.from_text(self.fleet.to_text())
        return self

    def quiet(self, start: float, end: float, every: int = MINUTE) -> Self:
        """Sweeps that find nothing, the server's posts apart."""
        at = start
        while at <= end:
            self.post(at, cpu=5.0).look(at)
            at += every
        return self

    @property
    def open(self) -> list[Incident]:
        return open_incidents(self.states, self.fleet, self.alerting.rules, {})

    @property
    def lines(self) -> list[str]:
        """What happened, without the server and the subject's tail."""
        return [f"{one.partition(':')[0]} {one.rpartition(': ')[2]}" for one in self.incidents]
