"""Alertmanager's webhook, version 4: what it tells a receiver. It tells again every `repeat_interval`, and when a group
changes; the end of each alert once. 5xx makes it try again, 4xx does not."""

from __future__ import annotations

from lib.monitoring.collectors.alert_forms import webhook
from lib.monitoring.collectors.protocols import Incoming, Protocol
from lib.monitoring.outside import Alerts


def read(request: Incoming) -> Alerts:
    return webhook(request, "Alertmanager", "alertmanager", lambda _: {})


PROTOCOL = Protocol("alertmanager", read)
