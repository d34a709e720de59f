"""docs/openapi.yaml as operations to call, and the hub they are called on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
import yaml
from schemathesis.specs.openapi import checks

from lib import wiring
from lib.local.edge import Edge
from tests.real_stores import CRON_SECRET

ROOT = Path(__file__).resolve().parents[2]
EMAIL = "admin@example.org"
# Made here and nowhere written: Hypothesis tries the constants of a program, and a right guess would change it.
PASSWORD = secrets.token_urlsafe(24)
SERVER = "web-01"
EXAMPLES = 15
COOKIE = "__Host-omv_refresh"


def without_security(paper: dict[str, Any]) -> dict[str, Any]:
    """Credentials are ours to send: made-up ones would end every request at the door."""
    for item in paper["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation["security"] = []
    return paper


DOCUMENT = yaml.load((ROOT / "docs" / "openapi.yaml").read_bytes(), yaml.CSafeLoader)
PAPER = schemathesis.openapi.from_dict(without_security(DOCUMENT))
PAPER.app = Edge(ROOT)
OPERATIONS = {one.ok().label: one.ok() for one in PAPER.get_all_operations()}

# Guessing passwords costs a tenth of a second each, by design.
DEAR = {"POST /api/auth/login"}
# A schema cannot say these: that times lie in the last days or after 1970, that `to` comes after `from`, that a text is
# not blank.
LENIENT = {
    "POST /api/ingest",
    "PATCH /api/servers/{name}",
    "POST /api/auth/keys",
    "PATCH /api/auth/keys/{key_id}",
    "POST /api/auth/users",
    "PATCH /api/auth/users/{user_id}",
    "POST /api/auth/users/{user_id}/password",
    "POST /api/auth/password",
    "GET /api/errors",
    "GET /api/alerts",
    "POST /api/status/components",
    "PATCH /api/status/components/{component}",
    "GET /api/errors/{fingerprint}",
    "POST /api/rules",
    "PUT /api/rules/{rule_id}",
    "POST /api/rules/import",
    "POST /api/rules/preview",
    "GET /api/rules/{rule_id}/explain",
    "POST /api/rules/channels",  # fields of its kind, a vault
    "PATCH /api/rules/channels/{channel_id}",
    "POST /api/alerts/devices",  # points of a curve, known push services
    "PATCH /api/alerts/devices/{device_id}",
    "POST /api/rules/silences",  # times, zones, recurrences, windows that never come
    "POST /api/rules/silences/preview",
    "PATCH /api/rules/silences/{silence_id}",
    "GET /api/rules/checks/due",  # a cron expression, a zone
    "POST /api/rules/checks",  # one of two fields, zones, cron expressions, names of servers
    "PATCH /api/rules/checks/{check_id}",
    *(
        f"GET /api/servers/{{name}}/{what}"
        for what in ("series", "forecast", "processes", "errors", "events", "anomalies", "analysis", "causes")
    ),
    "GET /api/anomalies",
    "POST /api/servers/{name}/anomalies/expected",  # a text that is not blank
    "GET /api/analysis",
    "POST /api/chat",  # a time with an offset
    "POST /api/mcp",  # methods, their params, headers that repeat them
}
# Facts and names that are not known are left out, not refused; bodies of calls without content are not looked at; of a
# batch each message is answered for itself.
FORGIVING = {"POST /api/ingest", "POST /api/auth/logout", "POST /api/auth/refresh", "POST /api/mcp"}


@dataclass
class Hub:
    """The product, and what it takes to be let in."""

    services: wiring.Services
    token: str = ""
    key: str = ""
    cookie: str = ""
    seen: dict[str, set[int]] = field(default_factory=dict)
    unrecorded: list[str] = field(default_factory=list)  # changes of access that were made without an entry in the log

    def headers(self, label: str) -> dict[str, str]:
        secret = {"/api/ingest": self.key, "/api/cron": CRON_SECRET}
        path = label.partition(" ")[2]
        return {"Authorization": "Bearer " + next((secret[one] for one in secret if path.startswith(one)), self.token)}

    def call(self, label: str, *, cookie: str | None = None, **given: Any) -> Any:
        """One call as it should be made; its answer is what the paper says, or the test fails."""
        operation = OPERATIONS[label]
        case = operation.Case(**given)
        response = case.call(headers=self.headers(label), cookies={COOKIE: cookie} if cookie else None)
        case.validate_response(response, checks=CONFORMANCE)
        self.seen.setdefault(label, set()).add(response.status_code)
        return response

    def sign_in(self) -> None:
        signed_in = self.call("POST /api/auth/login", body={"email": EMAIL, "password": PASSWORD})
        self.token = signed_in.json()["access_token"]
        self.cookie = signed_in.headers["set-cookie"][0].partition("=")[2].partition(";")[0]


NO_SERVER_ERROR = schemathesis.checks.not_a_server_error
CONFORMANCE = [
    NO_SERVER_ERROR,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def post(now: int) -> dict[str, Any]:
    return {
        "server": SERVER,
        "agent": "test/1",
        "host": {"os": "Debian 12", "cores": 2, "tags": {"env": "prod"}},
        "post": {"epoch": "e1", "n": 1},
        "sent_at": now,
        "samples": [
            {
                "at": now - 20,
                "cpu": 12.5,
                "memory": 40,
                "mounts": {"/": {"disk": 44.1, "size_bytes": 100, "free_bytes": 56}},
            },
            {"at": now - 10, "cpu": 95.0, "memory": 41, "metrics": {"app.queue_depth": 3}},
            {"at": now - 10, "cpu": 120},
        ],
        "processes": [{"name": "postgres", "pid": 811, "cpu": 1.5, "memory": 2, "ports": [5432]}],
        "errors": [{"at": now - 5, "level": "crit", "message": "upstream timed out"}],
        "events": [{"at": now - 5, "kind": "deploy", "title": "v2"}],
    }
