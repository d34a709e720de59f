"""InfluxDB's line protocol, v1 and v2, as Telegraf, Vector, Glances, Proxmox and client libraries write it.

Its lines are read by influx_lines.py.
"""

from __future__ import annotations

import json

from lib.domain.errors import BadInput
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.influx_lines import gather
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.server_stats import Batch

PRECISIONS = {"n": 1e-9, "ns": 1e-9, "u": 1e-6, "us": 1e-6, "µ": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0}


def read(request: Incoming) -> Batch | Reply:
    if request.path == "/query":
        return _query(request)
    if request.path == "/ping":
        return Reply(204, headers={"X-Influxdb-Version": "1.8.10", "X-Influxdb-Build": "OSS"})
    if request.path == "/health":
        body = {"name": "influxdb", "message": "ready for queries and writes", "status": "pass", "checks": []}
        return Reply(200, json.dumps(body).encode(), "application/json")
    given = request.query.get("precision") or "ns"
    if given not in PRECISIONS:
        raise BadInput("`precision` is one of ns, us, ms, s, m, h")
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the body is not UTF-8") from None
    gathered = Gathered("influx", request.now)
    gather(text, PRECISIONS[given], request.now, gathered)
    return gathered.done()


def _query(request: Incoming) -> Reply:
    """What clients ask before they write: whether their database is there. It always is."""
    asked = (request.query.get("q") or "").upper()
    result: dict[str, object] = {"statement_id": 0}
    if "SHOW DATABASES" in asked:
        name = request.query.get("db") or "openmanager"
        values = [[one] for one in dict.fromkeys([name, "openmanager", "telegraf", "glances"])]
        result["series"] = [{"name": "databases", "columns": ["name"], "values": values}]
    return Reply(200, json.dumps({"results": [result]}).encode(), "application/json")


_CODES = {401: "unauthorized", 403: "forbidden", 413: "request too large", 503: "unavailable"}


def refused(_: str, status: int, why: str) -> tuple[bytes, str]:
    """As both versions say it: clients of the second read `code` and `message`, those of the first `error`."""
    said = {"code": _CODES.get(status, "invalid"), "message": why, "error": why}
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace"), "application/json"


PROTOCOL = Protocol("influx", read, refused=refused, partly_told=True)
