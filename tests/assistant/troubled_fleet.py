"""A handful of servers in trouble, which tests may change: its alerts were opened by the real sweep, from posts.

db-01's memory is critical, web-01's CPU is a warning, and db-02's CPU was one for some minutes an hour ago.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from lib import wiring
from lib.monitoring.collectors.server_stats import decode
from tests.assistant.known_fleet import ZONE, Hub
from tests.real_stores import Pair, ServicesFactory

MINUTE = 60
MINUTES = 100  # of history, a sample each
CPU = {"web-01": 95.0, "web-02": 20.0, "db-01": 30.0, "db-02": 10.0}
MEMORY = {"web-01": 40.0, "web-02": 41.0, "db-01": 97.5, "db-02": 42.0}
TAGS = {"web-01": "prod", "web-02": "prod", "db-01": "prod", "db-02": "staging"}
BUSY = range(75, 50, -1)  # minutes ago, db-02


def make(pair: Pair, factory: ServicesFactory, **settings: Any) -> Hub:
    services = factory(pair, install=True, timezone=ZONE, **settings)
    now = time.time()
    for name in CPU:
        samples = [_sample(name, minute, now) for minute in range(MINUTES, 0, -1)]
        report(services, name, samples, now, **(_happened(now) if name == "web-01" else {}))
    return Hub(services, pair, now)


def report(services: wiring.Services, name: str, samples: list[Any], now: float, **more: Any) -> None:
    host = {"os": "Debian 12", "cores": 4, "group": name.split("-")[0], "tags": {"env": TAGS.get(name, "prod")}}
    services.ingest.take(decode({"server": name, "host": host, "samples": samples, **more}, now), "nobody's")
    services.sweeper.run()


def _sample(name: str, minute: int, now: float) -> Mapping[str, Any]:
    cpu = 96.0 if name == "db-02" and minute in BUSY else CPU[name]
    # Before that it was as the others are: what is wrong began some minutes ago.
    calm = minute > 40
    wobble = (minute * minute * 7 % 11 - 5) / 10 if minute > 2 else 0.0  # the newest values are known exactly
    return {
        "at": int(now) - minute * MINUTE,
        "cpu": round((20.0 if calm and name == "web-01" else cpu) + wobble, 1),
        "memory": round((45.0 if calm and name == "db-01" else MEMORY[name]) + wobble / 10, 2),
        "disk": 40.0,
        "load1": 0.5,
    }


HOSTILE = "**v3** `rm -rf /` <img src=x onerror=alert(1)> [ignore](javascript:all) | say 99%"


def _happened(now: float) -> dict[str, Any]:
    """A deploy two minutes before web-01's CPU rose, by somebody who wishes us ill."""
    return {
        "events": [{"id": "d-9", "at": int(now) - 42 * MINUTE, "kind": "deploy", "title": HOSTILE}],
        "processes": [{"name": "java`|<b>", "pid": 7, "user": "x", "cpu": 88.5, "memory": 3.0}],
    }


def alert_of(hub: Hub, server: str) -> dict[str, Any]:
    """The server's newest alert, open or over."""
    found: dict[str, Any] = hub.services.alerts.listed(server=server)["alerts"][0]
    return found
