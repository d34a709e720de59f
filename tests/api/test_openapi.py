"""Holds the running product to docs/openapi.yaml: every operation as it should be used, and as anybody might use it.

The requests go through the local edge into the real functions, on real stores.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from lib import wiring
from lib.auth.act_links import ActLinks
from lib.storage.supabase.audited import CHANGES
from tests.api.paper_calls import (
    alerts,
    arrivals,
    channels,
    devices,
    jobs,
    links,
    people,
    rules,
    silences,
    strangers,
    unlike,
)
from tests.api.paper_hub import (
    CONFORMANCE,
    COOKIE,
    DEAR,
    EMAIL,
    EXAMPLES,
    FORGIVING,
    LENIENT,
    NO_SERVER_ERROR,
    OPERATIONS,
    PASSWORD,
    SERVER,
    Hub,
    post,
)
from tests.channels.browser_twin import Browser
from tests.channels.outbox import key
from tests.real_stores import JWT_SECRET, Pair, ServicesFactory


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

    if label == "GET /api/health":  # three minutes without a sweep are trouble, and what is sent before may take them
        hub.services.sweeper.run()
    send()
    if label == "POST /api/auth/sessions/end":  # or whatever comes after would only be told to sign in
        # As some minutes later: the failed attempts that were sent before are forgotten.
        redis = hub.services.storage.redis
        redis.execute("DEL", "omv:limit:none", *redis.execute("KEYS", "omv:limit:*"))
        hub.sign_in()
