"""Grafana's webhook contact point: Alertmanager's form and more, of which the panel and the values count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.monitoring.collectors.alert_forms import webhook
from lib.monitoring.collectors.protocols import Incoming, Protocol
from lib.monitoring.outside import Alerts


def read(request: Incoming) -> Alerts:
    return webhook(request, "Grafana", "grafana", _more)


def _more(alert: Mapping[str, Any]) -> dict[str, Any]:
    return {"urls": [alert.get("panelURL"), alert.get("dashboardURL")], "text": _values(alert)}


def _values(alert: Mapping[str, Any]) -> object:
    """`B: 22.5, C: 1`: what the query gave, where nobody wrote a description."""
    values = alert.get("values")
    if not isinstance(values, dict) or not values:
        return alert.get("valueString")
    return ", ".join(f"{name}: {value}" for name, value in list(values.items())[:20] if isinstance(value, int | float))


PROTOCOL = Protocol("grafana", read)
