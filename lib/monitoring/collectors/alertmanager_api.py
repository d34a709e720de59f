"""The side of Alertmanager that Prometheus speaks to: `alerting:` may point at us. It tells what fires about once a
minute, each time with an end some minutes ahead, and for a quarter of an hour that an alert is over: by an end that has
passed. It sends nothing again by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lib import strict_json
from lib.domain.moments import iso
from lib.monitoring.collectors.alert_forms import labelled, listed, patience_of, source_of
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.outside import Alerts, Word

RESOLVE_TIMEOUT = 300.0  # of an alert without an end, as Alertmanager has it


def read(request: Incoming) -> Alerts | Reply:
    if request.method == "GET":
        return _status(request)
    source = source_of(request, "Prometheus")
    timeout = patience_of(request, RESOLVE_TIMEOUT)

    def word(alert: Mapping[str, Any]) -> Word:
        return labelled(alert, source, "prometheus", timeout, over=None)

    return listed(strict_json.parse(request.body), "", word)


def heard(_: Incoming, alerts: Alerts) -> Reply:
    """As Alertmanager: what is right is kept, and what is not is said."""
    if not alerts.rejected:
        return Reply(200, media_type="application/json")
    why = "; ".join(f"{one['pointer']}: {one['reason']}" for one in alerts.rejected[:20])
    return Reply(400, _said(why), "application/json")


def refused(_: str, __: int, why: str) -> tuple[bytes, str]:
    return _said(why), "application/json"


def _said(why: str) -> bytes:
    return json.dumps(why, ensure_ascii=False).encode("utf-8", "replace")


def _status(request: Incoming) -> Reply:
    """What clients ask before they trust it (amtool, Grafana's data source)."""
    version = dict.fromkeys(("branch", "buildDate", "buildUser", "goVersion", "revision"), "")
    told = {
        "cluster": {"status": "disabled", "peers": []},
        "config": {"original": "# alerts are taken by OpenManager Vibe"},
        "uptime": iso(request.now).replace("+00:00", "Z"),
        "versionInfo": {**version, "version": "openmanager"},
    }
    return Reply(200, json.dumps(told).encode(), "application/json")


PROTOCOL = Protocol("alertmanager_api", read, refused=refused, heard=heard)
