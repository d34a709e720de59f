"""Holds the running product to docs/openapi.yaml: every operation as it should be used, and as anybody might use it.

The requests go through the local edge into the real functions, on real stores.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from lib import wiring
from lib.auth.act_links import ActLinks
from lib.local.edge import Edge
from lib.outbound import Door
from lib.storage.supabase.audited import CHANGES
from tests.channels.browser_twin import Browser
from tests.channels.outbox import key
from tests.real_stores import CRON_SECRET, JWT_SECRET, Pair, ServicesFactory

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


DOCUMENT = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
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


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Hub]:
    factory = ServicesFactory()
    services = factory(
        module_stores, install=True, admin_email=EMAIL, admin_password=PASSWORD, encryption_keys=(key(),)
    )
    hub = Hub(services)
    call = services.storage.rpc.call

    def listen(name: str, body: Any, **more: Any) -> Any:
        if name in CHANGES:
            hub.unrecorded.append(name)
        return call(name, body, **more)

    services.storage.rpc.call = listen  # type: ignore[method-assign] # what goes around the record is heard
    try:
        hub.sign_in()
        made = hub.call("POST /api/auth/keys", body={"name": "test", "scopes": ["write", "read", "act"]})
        hub.key = made.json()["secret"]
        hub.call("POST /api/ingest", body=post(int(time.time())))
        hub.call("GET /api/cron/sweep")
        yield hub
    finally:
        factory.close()


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


def test_every_call_works_as_the_paper_says(hub: Hub) -> None:
    one = {"path_parameters": {"name": SERVER}}
    fleet = hub.call("GET /api/servers")
    assert [server["id"] for server in fleet.json()["servers"]] == [SERVER]
    again = hub.call("GET /api/servers", headers={"If-None-Match": fleet.headers["etag"][0]})
    assert again.status_code == 304
    assert hub.call("GET /api/servers/{name}", **one).json()["facts"]["os"] == "Debian 12"
    series = hub.call("GET /api/servers/{name}/series", **one, query={"metrics": "cpu,disk:/"}).json()
    assert set(series["series"]) == {"cpu", "disk:/"}
    forecast = hub.call("GET /api/servers/{name}/forecast", **one, query={"metric": "cpu", "horizon": 6}).json()
    assert forecast["code"] == "too_little_data"
    assert hub.call("GET /api/servers/{name}/forecast", **one).json() == {"forecasts": []}
    assert hub.call("GET /api/servers/{name}/analysis", **one).json()["server"] == SERVER
    assert hub.call("GET /api/analysis").json()["servers"][0]["server"] == SERVER
    assert hub.call("GET /api/servers/{name}/causes", **one, query={"metric": "cpu"}).json()["changed"] is None
    assert hub.call("GET /api/servers/{name}/processes", **one).json()["processes"][0]["ports"] == [5432]
    assert hub.call("GET /api/servers/{name}/errors", **one).json()["errors"][0]["level"] == "critical"
    assert hub.call("GET /api/servers/{name}/events", **one).json()["events"][0]["kind"] == "deploy"
    unlike(hub)
    group = hub.call("GET /api/errors").json()["groups"][0]
    told = hub.call("GET /api/errors/{fingerprint}", path_parameters={"fingerprint": group["fingerprint"]}).json()
    assert [error["server"] for error in told["errors"]] == [SERVER]
    changed = hub.call("PATCH /api/servers/{name}", **one, body={"group": "web", "tags": {"a": "b"}})
    settings = changed.json()["settings"]
    assert (settings["group"], settings["tags"]) == ("web", {"a": "b"})

    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "fleet_summary"}}
    told = hub.call("POST /api/mcp", body=asked, headers={"MCP-Protocol-Version": "2025-11-25"}).json()
    assert told["result"]["structuredContent"]["servers"]["total"] == 1
    told = hub.call("POST /api/chat", body={"message": "전체 서버 상태", "debug": True}).json()
    assert told["answer"]
    assert len(told["suggestions"]) == 3
    for place in ("", "/api/mcp"):
        assert hub.call(f"GET /.well-known/oauth-protected-resource{place}").json()["scopes_supported"]
    assert hub.call("GET /api/health").json()["status"] == "ok"
    assert hub.call("GET /api/health/clouds").json()["sources"] == []
    assert hub.call("GET /api/cron/rollup").json()["more"] is False
    assert hub.call("GET /api/auth/me").json()["user"]["email"] == EMAIL
    assert hub.call("GET /api/auth/addresses").json()["users"] == []
    assert hub.call("GET /api/auth/audit").json()["chain"]["ok"]
    listed = hub.call("GET /api/auth/keys").json()["keys"]
    spare = hub.call("POST /api/auth/keys", body={"name": "spare"}).json()["key"]["id"]
    assert spare not in {key["id"] for key in listed}
    hub.call("DELETE /api/auth/keys/{key_id}", path_parameters={"key_id": spare})
    kept = {"path_parameters": {"key_id": hub.call("POST /api/auth/keys", body={"name": "kept"}).json()["key"]["id"]}}
    assert hub.call("PATCH /api/auth/keys/{key_id}", **kept, body={"tags": ["env:prod"]}).json()["key"]["tags"]
    assert hub.call("POST /api/auth/keys/{key_id}/rotate", **kept, body={}).json()["key"]["former_until"]
    arrivals(hub)
    people(hub)
    silences(hub)
    jobs(hub)
    strangers(hub)
    alerts(hub)
    rules(hub)
    channels(hub)
    links(hub)
    devices(hub)
    renewed = hub.call("POST /api/auth/refresh", body={}, cookie=hub.cookie)
    session = renewed.headers["set-cookie"][0].partition("=")[2].partition(";")[0]
    hub.call("POST /api/auth/logout", body={}, cookie=session)
    hub.sign_in()
    hub.call("POST /api/auth/sessions/end")
    hub.sign_in()
    hub.call("POST /api/ingest", body={**post(int(time.time())), "server": "gone", "post": None})
    hub.call("GET /api/cron/sweep")
    hub.call("DELETE /api/servers/{name}", path_parameters={"name": "gone"})

    unused = [label for label in OPERATIONS if not any(status < 300 for status in hub.seen.get(label, ()))]
    assert unused == []
    assert hub.unrecorded == [], "a route that changes access forgets to say `noted(...)`"


def strangers(hub: Hub) -> None:
    """What is made public, is shown, and is made public no more."""
    made = hub.call("POST /api/status/components", body={"name": "쇼핑몰", "kind": "server", "target": SERVER})
    one = {"path_parameters": {"component": made.json()["component"]["id"]}}
    hub.call("PATCH /api/status/components/{component}", **one, body={"note": "점검 중"})
    assert len(hub.call("GET /api/status/components").json()["components"]) == 1
    assert [one["name"] for one in hub.call("GET /api/status").json()["components"]] == ["쇼핑몰"]
    hub.call("GET /api/status/badge/{component}.svg", **one)
    hub.call("DELETE /api/status/components/{component}", **one)


def silences(hub: Hub) -> None:
    """A maintenance window from its making to its end."""
    body = {
        "scope": {"servers": [SERVER]},
        "recurrence": "0 3 * * *",
        "duration_seconds": 3600,
        "timezone": "Asia/Seoul",
    }
    assert len(hub.call("POST /api/rules/silences/preview", body=body).json()["windows"]) == 5
    made = hub.call("POST /api/rules/silences", body=body).json()["silence"]
    one = {"path_parameters": {"silence_id": made["id"]}}
    assert len(hub.call("GET /api/rules/silences").json()["silences"]) == 1
    assert len(hub.call("GET /api/rules/silences/{silence_id}", **one).json()["silence"]["next"]) == 3
    hub.call("PATCH /api/rules/silences/{silence_id}", **one, body={"comment": "정기 점검", "metric": "disk"})
    assert hub.call("POST /api/rules/silences/{silence_id}/end", **one).json()["silence"]["state"] == "over"
    hub.call("DELETE /api/rules/silences/{silence_id}", **one)


def jobs(hub: Hub) -> None:
    """A check from its making to its end, and its pings."""
    body = {"name": "backup", "cron": "0 3 * * *", "timezone": "Asia/Seoul", "server": SERVER}
    made = hub.call("POST /api/rules/checks", body=body).json()["check"]
    one = {"path_parameters": {"check_id": made["id"]}}
    ping_id = made["ping_path"].removeprefix("/ping/")
    due = hub.call("GET /api/rules/checks/due", query={"cron": "0 3 * * *", "timezone": "Asia/Seoul"}).json()
    assert len(due["times"]) == 3
    for method in ("GET", "POST"):
        hub.call(f"{method} /ping/{{ping_id}}", path_parameters={"ping_id": ping_id})
        hub.call(
            f"{method} /api/push/{{ping_id}}", path_parameters={"ping_id": ping_id}, query={"status": "up", "msg": "OK"}
        )
        hub.call(f"{method} /ping/{{ping_id}}/{{what}}", path_parameters={"ping_id": ping_id, "what": "3"})
        by_slug = {"ping_id": hub.key, "slug": "backup", "what": "3"}
        hub.call(f"{method} /ping/{{ping_id}}/{{slug}}/{{what}}", path_parameters=by_slug)
    hub.call("GET /api/cron/sweep")
    assert len(hub.call("GET /api/rules/checks").json()["checks"]) == 1
    assert hub.call("GET /api/rules/checks/{check_id}", **one).json()["check"]["status"] == "down"
    hub.call("PATCH /api/rules/checks/{check_id}", **one, body={"period_seconds": 600})
    assert hub.call("POST /api/rules/checks/{check_id}/pause", **one).json()["check"]["status"] == "paused"
    hub.call("POST /api/rules/checks/{check_id}/resume", **one)
    hub.call("DELETE /api/rules/checks/{check_id}", **one)


def channels(hub: Hub) -> None:
    """A channel from its making to its end. Nobody opened the network that it calls."""
    assert len(hub.call("GET /api/rules/channels/kinds").json()["kinds"]) >= 12
    body = {"kind": "slack", "name": "당직", "locale": "ko", "config": {"url": "https://127.0.0.1/services/x"}}
    made = hub.call("POST /api/rules/channels", body=body).json()["channel"]
    assert (made["secrets"], made["config"]) == (["url"], {})
    one = {"path_parameters": {"channel_id": made["id"]}}
    hub.call("PATCH /api/rules/channels/{channel_id}", **one, body={"policy": {"least": "critical"}})
    tried = hub.call("POST /api/rules/channels/{channel_id}/test", **one).json()
    assert tried["verdict"] == "never"
    assert len(hub.call("GET /api/rules/channels").json()["channels"]) == 1
    hub.call("DELETE /api/rules/channels/{channel_id}", **one)


def arrivals(hub: Hub) -> None:
    mine = next(one["id"] for one in hub.call("GET /api/auth/keys").json()["keys"] if one["name"] == "test")
    told = hub.call("GET /api/auth/keys/{key_id}/arrivals", path_parameters={"key_id": mine}).json()
    assert [(one["server"], one["source"], one["client"]) for one in told["arrived"]] == [(SERVER, "agent", "test/1")]
    assert told["key"]["id"] == mine


def unlike(hub: Hub) -> None:
    """An anomaly, as a sweep would have committed it, and somebody who expected it."""
    queries, now = hub.services.storage.queries, int(time.time())
    begun = queries.sweep_begin("paper", None)
    why = {"kind": "value", "direction": "up", "expected": 12.0, "low": 8.0, "high": 16.0, "since": now - 90_000}
    rows = [
        ["cpu", now - 300, None, now - 240, 0.46, 95.0, why],
        ["memory", now - 280, now - 100, now - 250, 0.44, 9, {}],
    ]
    bands = [[now // 3_600 * 3_600, "{8,null}", "{16,null}"]]
    versions = {"version": begun["version"], "rules_version": begun["rules_version"], "done": True}
    queries.sweep_commit({**versions, "anomalies": {SERVER: rows}, "bands": {SERVER: bands}})
    one = {"path_parameters": {"name": SERVER}}
    found = hub.call("GET /api/servers/{name}/anomalies", **one).json()
    assert found["anomalies"][1]["with"] == ["memory"]
    assert list(found["bands"]) == ["cpu"]
    assert len(hub.call("GET /api/anomalies", query={"open": "1"}).json()["anomalies"]) == 1
    said = {"series": "cpu", "since": now - 300}
    assert hub.call("POST /api/servers/{name}/anomalies/expected", **one, body=said).json()["anomaly"]["expected_by"]
    assert hub.call("PATCH /api/servers/{name}", **one, body={"sensitivity": {"cpu": "low"}}).status_code == 200
    hub.call("PATCH /api/servers/{name}", **one, body={"sensitivity": None})


def devices(hub: Hub) -> None:
    """A browser that is told, until it is not. Nothing is there where this push service is looked for."""
    hub.services.door = Door(resolve=lambda host, port: ["192.0.2.1"])
    assert hub.call("GET /api/alerts/devices").json()["key"]
    body = {**Browser().subscription("https://web.push.apple.com/x"), "name": "폰", "locale": "ko"}
    made = hub.call("POST /api/alerts/devices", body=body).json()["device"]
    assert hub.call("POST /api/alerts/devices", body=body).status_code == 200
    one = {"path_parameters": {"device_id": made["id"]}}
    assert hub.call("PATCH /api/alerts/devices/{device_id}", **one, body={"least": "critical"}).json()["device"]["name"]
    assert hub.call("POST /api/alerts/devices/{device_id}/test", **one).json()["verdict"] == "never"
    hub.call("DELETE /api/alerts/devices/{device_id}", **one)


def links(hub: Hub) -> None:
    """A link in a message, opened and then pressed."""
    [alert, *_] = hub.call("GET /api/alerts").json()["alerts"]
    for act in ("acknowledge", "silence"):
        token = hub.services.act_links.sign(alert["id"], act, "c1")
        assert hub.call("POST /api/alerts/act", body={"token": token}).json()["done"] is False
        hub.call("POST /api/alerts/act", body={"token": token, "confirm": True})


def rules(hub: Hub) -> None:
    """A rule from its trial to its end."""
    rule = {"name": "queue", "metric": "app.queue", "warning": 5}
    hub.call("POST /api/rules/preview", body={"rule": rule, "servers": [SERVER]})
    made = hub.call("POST /api/rules", body=rule).json()["rule"]
    one = {"path_parameters": {"rule_id": made["id"]}}
    hub.call("PUT /api/rules/{rule_id}", **one, body={**rule, "critical": 9}, query={"version": 1})
    hub.call("GET /api/rules/{rule_id}/explain", **one, query={"server": SERVER})
    file = hub.call("GET /api/rules/export").json()
    assert hub.call("POST /api/rules/import", body=file).json()["changed"] == []
    hub.call("DELETE /api/rules/{rule_id}", **one)
    assert len(hub.call("GET /api/rules").json()["rules"]) == len(file["rules"]) - 1


def alerts(hub: Hub) -> None:
    """A full disk, from its opening to a person's word."""
    for ago in (200, 100, 30):
        sample = {"at": int(time.time()) - ago, "mounts": {"/": 99.0}}
        hub.call("POST /api/ingest", body={"server": "full", "samples": [sample]})
    hub.call("GET /api/cron/sweep")
    [alert] = hub.call("GET /api/alerts", query={"state": "open", "server": "full"}).json()["alerts"]
    one = {"path_parameters": {"alert_id": alert["id"]}}
    assert hub.call("GET /api/alerts/{alert_id}", **one).json()["timeline"][0]["kind"] == "opened"
    hub.call("GET /api/alerts/{alert_id}/causes", **one)
    told = hub.call("POST /api/chat", body={"message": "full 서버 알림 10분 꺼줘"}).json()
    done = hub.call("POST /api/chat/confirm", body={"token": told["actions"][0]["confirm_token"], "locale": "ko"})
    again = {"token": done.json()["actions"][0]["confirm_token"]}
    hub.call("POST /api/chat/confirm", body=again)
    assert hub.call("POST /api/chat/confirm", body=again).status_code == 409
    hub.call("POST /api/alerts/{alert_id}/ack", **one, body={"note": "보고 있습니다"})
    assert hub.call("POST /api/alerts/{alert_id}/resolve", **one, body={}).json()["alert"]["why"] == "by_hand"


def people(hub: Hub) -> None:
    """Everything that may be done to somebody else's account, and to one's own password."""
    made = hub.call("POST /api/auth/users", body={"email": "kim@example.org", "role": "viewer"}).json()
    assert made["password"]
    kim = {"path_parameters": {"user_id": made["user"]["id"]}}
    assert len(hub.call("GET /api/auth/users").json()["users"]) == 2
    changed = hub.call("PATCH /api/auth/users/{user_id}", **kim, body={"role": "operator", "tags": ["env:prod"]})
    assert (changed.json()["user"]["role"], changed.json()["user"]["tags"]) == ("operator", ["env:prod"])
    assert hub.call("POST /api/auth/users/{user_id}/password", **kim, body={}).json()["password"] != made["password"]
    hub.call("POST /api/auth/users/{user_id}/sessions/end", **kim)
    hub.call("DELETE /api/auth/users/{user_id}", **kim)
    hub.call("POST /api/auth/password", body={"current": PASSWORD, "password": PASSWORD})


ONCE_FAILED: list[tuple[str, dict[str, Any]]] = [
    ("POST /api/ingest", {"body": {"server": SERVER, "processes": [{"name": "a", "ports": 5}], "events": []}}),
    ("POST /api/ingest", {"body": {"server": SERVER, "processes": [{"name": "a", "ports": True}], "events": []}}),
    ("GET /api/servers/{name}/errors", {"path_parameters": {"name": SERVER}, "query": {"q": "\0"}}),
    ("GET /api/servers/{name}/series", {"path_parameters": {"name": SERVER}, "query": {"metrics": "cpu\0"}}),
    ("DELETE /api/auth/keys/{key_id}", {"path_parameters": {"key_id": "a\0"}}),
    ("POST /api/auth/keys", {"body": {"name": "far", "expires_at": "9999-12-31T23:59:59-12:00"}}),
]


@pytest.mark.parametrize(("label", "sent"), ONCE_FAILED, ids=lambda one: one if isinstance(one, str) else "")
def test_what_once_was_an_internal_error_is_answered(hub: Hub, label: str, sent: dict[str, Any]) -> None:
    hub.call(label, **sent)


BODIES: dict[str, Any] = {
    "POST /api/ingest": {"server": SERVER, "events": [{"kind": "deploy", "title": "v2"}]},
    "PATCH /api/servers/{name}": {"group": "web"},
    "POST /api/auth/login": {"email": EMAIL, "password": PASSWORD},
    "POST /api/auth/keys": {"name": "test"},
    "POST /api/auth/refresh": {},
    "POST /api/auth/logout": {},
    "POST /api/auth/users": {"email": "lee@example.org", "role": "viewer"},
    "PATCH /api/auth/users/{user_id}": {"role": "viewer"},
    "POST /api/auth/users/{user_id}/password": {},
    "POST /api/auth/password": {"current": PASSWORD, "password": PASSWORD},
    "PATCH /api/auth/keys/{key_id}": {"name": "x"},
    "POST /api/auth/keys/{key_id}/rotate": {},
    "POST /api/alerts/{alert_id}/ack": {},
    "POST /api/rules": {"name": "x", "metric": "cpu", "warning": 1},
    "PUT /api/rules/{rule_id}": {"name": "x", "metric": "cpu", "warning": 1},
    "POST /api/rules/import": {"rules": []},
    "POST /api/rules/preview": {"rule": {"name": "x", "metric": "cpu", "warning": 1}, "servers": [SERVER]},
    "POST /api/alerts/{alert_id}/resolve": {},
    "POST /api/rules/silences": {"duration_seconds": 60},
    "POST /api/rules/silences/preview": {"duration_seconds": 60},
    "PATCH /api/rules/silences/{silence_id}": {"comment": "x"},
    "POST /api/rules/checks": {"name": "backup", "period_seconds": 60},
    "PATCH /api/rules/checks/{check_id}": {"name": "x"},
    "POST /api/chat": {"message": "전체 상태"},
    "POST /api/chat/confirm": {"token": "x"},
    "POST /api/mcp": {"jsonrpc": "2.0", "id": 1, "method": "ping"},
    "POST /api/alerts/act": {"token": ActLinks(JWT_SECRET, time.time).sign("i1", "acknowledge", "c1")},
    "PATCH /api/rules/channels/{channel_id}": {"name": "x"},
    "POST /api/alerts/devices": {**Browser().subscription("https://web.push.apple.com/x"), "name": "x"},
    "PATCH /api/alerts/devices/{device_id}": {"name": "x"},
    "POST /api/status/components": {"name": "x", "kind": "server", "target": SERVER},
    "PATCH /api/status/components/{component}": {"name": "x"},
}
PATHS = {
    "name": SERVER,
    "alert_id": "0" * 20,
    "rule_id": "cpu",
    "key_id": "0" * 16,
    "user_id": "00000000-0000-4000-8000-000000000000",
}
PATHS |= {
    "component": "0" * 12,
    "fingerprint": "0" * 16,
    "check_id": "0" * 16,
    "channel_id": "0" * 16,
    "device_id": "0" * 16,
    "silence_id": "0" * 16,
    "ping_id": PATHS["user_id"],
    "what": "log",
    "slug": "backup",
}


# What settings alone can answer.
STORELESS = {f"GET /.well-known/oauth-protected-resource{place}" for place in ("", "/api/mcp")}


@pytest.fixture
def lost(hub: Hub, tmp_path: Path) -> Iterator[Hub]:
    """The hub when neither store can be reached and nothing is remembered of them."""
    factory = ServicesFactory()
    wiring.use(factory(Pair(f"postgresql:///omv?host={tmp_path}", "", f"unix://{tmp_path}/gone.sock")))
    try:
        yield hub
    finally:
        wiring.use(hub.services)
        factory.close()


@pytest.mark.parametrize("label", OPERATIONS)
def test_without_its_stores_it_says_so(lost: Hub, label: str) -> None:
    path = {name: value for name, value in PATHS.items() if f"{{{name}}}" in label}
    case = OPERATIONS[label].Case(path_parameters=path, **({"body": BODIES[label]} if label in BODIES else {}))
    session = f"omvr_{'0' * 32}_{'A' * 43}"

    response = case.call(headers=lost.headers(label), cookies={COOKIE: session})

    if label in STORELESS:
        assert response.status_code == 200
        return
    assert response.status_code == 503
    case.validate_response(response, checks=[check for check in CONFORMANCE if check is not NO_SERVER_ERROR])
    if label != "GET /api/health":
        assert int(response.headers["retry-after"][0]) >= 1


# Where nothing can be sent, nothing can be sent wrongly.
CASES = [
    (label, mode)
    for label, operation in OPERATIONS.items()
    for mode in GenerationMode
    if mode.is_positive or operation.body or any(operation.iter_parameters())
]


@pytest.mark.parametrize(("label", "mode"), CASES, ids=lambda one: getattr(one, "value", one))
def test_whatever_is_sent_the_answer_is_on_paper(hub: Hub, label: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[label]
    judged = [checks.positive_data_acceptance] if mode.is_positive and label not in LENIENT else []
    judged += [checks.negative_data_rejection] if mode.is_negative and label not in FORGIVING else []

    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    @settings(
        max_examples=4 if label in DEAR else EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any, known: bool) -> None:
        # Half of the time the server is one that exists; what was wrong with its name is then no longer sent.
        known = known and "name" in (case.path_parameters or {}) and case.method != "DELETE"
        if known:
            case.path_parameters["name"] = SERVER
        response = case.call(headers=hub.headers(label))
        case.validate_response(response, checks=CONFORMANCE if known and mode.is_negative else CONFORMANCE + judged)

    send()
    if label == "POST /api/auth/sessions/end":  # or whatever comes after would only be told to sign in
        # As some minutes later: the failed attempts that were sent before are forgotten.
        redis = hub.services.storage.redis
        redis.execute("DEL", "omv:limit:none", *redis.execute("KEYS", "omv:limit:*"))
        hub.sign_in()
