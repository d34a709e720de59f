"""Who may pass where: every route of every function against every kind of caller. A route that is not in the matrix
fails, so nobody adds one without saying who it is for."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from lib.web.browser import COOKIE
from tests.api.access_table import EVERYBODY, FOREIGN, KNOWN, MATRIX, PASSES, UNKNOWN
from tests.api.admitted import HIDDEN, PASSWORD, SEEN, Admitted, admitted, unhashed
from tests.real_stores import Pair, ServicesFactory

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "api").rglob("*.py"))

BY_SLUG = "/ping/<ping_id>/<slug>/<what>"  # its key is in the address: tests/api/test_slug_pings.py says whose pass
# What a caller who passes is told on a body without content, or of an id that nobody has.
PASSED = {200, 201, 202, 204, 400, 404, 415}
NOBODY_ID = {
    "user_id": "00000000-0000-4000-8000-000000000000",
    "key_id": "0" * 16,
    "what": "log",
    "component": "0" * 12,
    "channel_id": "0" * 12,
    "device_id": "0" * 12,
}
CHECK = {
    "channel_id": "d" * 12,
    "device_id": "d" * 12,
    "alert_id": "a" * 20,
    "rule_id": "cpu",
    "check_id": "c" * 16,
    "silence_id": "d" * 16,
    "ping_id": "a-check-of-a-server-that-is-seen",
    "component": "b" * 12,
}


def routes() -> Iterator[tuple[Flask, str, str]]:
    for function in FUNCTIONS:
        app: Flask = importlib.import_module(function.replace("/", ".")).app
        for rule in app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield app, method, rule.rule


ROUTES = {(method, rule): app for app, method, rule in routes()}


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        found = admitted(module_stores, factory(module_stores, install=True))
        body = json.dumps({"name": "job", "period_seconds": 60, "server": SEEN})
        query = "insert into omv.cron_check (id, ping_id, body) values (%s, %s, %s::jsonb)"
        found.pair.rows(query, CHECK["check_id"], CHECK["ping_id"], body)
        found.pair.rows("update omv.directory_version set n = n + 1")
        found.read_keys_anew()
        [(fingerprint,)] = found.pair.rows(
            "select distinct fingerprint from omv.error_group where pattern like '%%pay%%'"
        )
        CHECK["fingerprint"] = fingerprint
        CHECK["key_id"] = found.services.keyring.create("nobody's")[0]["id"]
        query = "insert into omv.silence (id, body, starts, ends) values (%s, %s::jsonb, 0, omv.epoch() - 5)"
        body = json.dumps({"scope": {"servers": [SEEN]}, "recurrence": "", "duration_seconds": 0, "timezone": "UTC"})
        found.pair.rows(query, CHECK["silence_id"], body)
        query = "insert into omv.component (id, name, kind, target) values (%s, 'shop', 'server', %s)"
        found.pair.rows(query, CHECK["component"], SEEN)
        found.pair.rows(
            "insert into omv.incident"
            " (id, rule, server, kind, severity, state, opened_at, noticed_at, updated_at, body)"
            " values (%s, 'cpu', %s, 'threshold', 'warning', 'open', 1, 1, 1, %s::jsonb)",
            CHECK["alert_id"], SEEN, json.dumps({"rule_name": "CPU", "rule_version": 1}),
        )  # fmt: skip
        yield found
    finally:
        patch.undo()
        factory.close()


@pytest.fixture(autouse=True)
def limits_begin_anew(request: pytest.FixtureRequest) -> None:
    """All calls of this file together would be too many in a minute."""
    if "hub" in request.fixturenames:
        with request.getfixturevalue("hub").pair.redis() as redis:
            redis.flushdb()


def path_of(rule: str, server: str = SEEN) -> str:
    rule += "?server=<name>" if rule.endswith("/explain") else ""
    ids = NOBODY_ID if server == "no-such-server" else {**NOBODY_ID, **CHECK}
    return re.sub(r"<(\w+)>", lambda found: ids.get(found[1], server), rule)


def test_every_route_is_in_the_matrix_and_every_row_has_its_route() -> None:
    assert ROUTES.keys() == MATRIX.keys()


@pytest.mark.parametrize(("method", "rule"), ROUTES, ids=lambda one: one)
def test_who_passes_is_who_may(hub: Admitted, method: str, rule: str) -> None:
    row = MATRIX.get((method, rule), "nobody: say in the matrix who may pass")
    told: dict[str, int] = {}
    expected: dict[str, int | str] = {}
    for who in sorted(EVERYBODY):
        server = "no-such-server" if method == "DELETE" else SEEN
        sent = {"json": {}} if method != "GET" else {}
        answer = hub.call(ROUTES[method, rule], method, path_of(rule, server), who, **sent)
        told[who] = answer.status_code
        if who in PASSES[row]:
            # Of what may be read there is something to read; the cookie of these two is another kind of proof.
            ours = (
                {401}
                if rule == "/api/auth/refresh"
                else {200}
                if method == "GET" and f"{method} {rule}" not in FOREIGN and rule != BY_SLUG
                else PASSED
            )
            expected[who] = answer.status_code if answer.status_code in ours else f"one of {sorted(ours)}"
        else:
            expected[who] = 403 if who in KNOWN.get(row, EVERYBODY - UNKNOWN) else 401
    assert told == expected


@pytest.mark.parametrize(
    ("method", "rule"), [one for one in ROUTES if one[0] == "GET" and one[1] != BY_SLUG], ids=lambda one: one
)
def test_asking_for_the_head_alone_needs_as_much(hub: Admitted, method: str, rule: str) -> None:
    answer = hub.call(ROUTES[method, rule], "HEAD", path_of(rule), "nobody")
    assert answer.status_code in ({200, 204} if MATRIX[method, rule] == "everybody" else {401})


HELD = ("viewer of a team", "operator of a team", "read key of a team", "act key of a team", "read key of a server")
OF_A_SERVER = [
    (method, rule, who) for method, rule in ROUTES for who in HELD
    if "<name>" in rule and who in PASSES[MATRIX.get((method, rule), "everybody")]
]  # fmt: skip


@pytest.mark.parametrize(("method", "rule", "who"), OF_A_SERVER, ids=lambda one: one)
def test_a_server_out_of_sight_is_answered_like_one_that_is_not_there(
    hub: Admitted, method: str, rule: str, who: str
) -> None:
    hub.pair.rows(
        "insert into omv.anomaly (server, series, since, peak_at, score, value)"
        " select id, 'cpu', 1, 1, 0.5, 1 from omv.server on conflict do nothing returning 1"
    )
    body: dict[str, object] = {"series": "cpu", "since": 1} if rule.endswith("/expected") else {"group": "mine"}
    sent = {"json": body} if method != "GET" else {}
    hidden = hub.call(ROUTES[method, rule], method, path_of(rule, HIDDEN), who, **sent)
    absent = hub.call(ROUTES[method, rule], method, path_of(rule, "ghost"), who, **sent)
    seen = hub.call(ROUTES[method, rule], method, path_of(rule, SEEN), who, **sent)
    assert (hidden.status_code, absent.status_code, seen.status_code) == (404, 404, 200)
    assert hidden.json is not None
    assert absent.json is not None
    same = ("type", "title", "status")
    assert [hidden.json[name] for name in same] == [absent.json[name] for name in same]
    assert hidden.json["detail"].replace(HIDDEN, "ghost") == absent.json["detail"]
    assert hub.pair.rows("select settings from omv.server where name = %s", HIDDEN) == [({},)]


@pytest.mark.parametrize(("method", "rule"), ROUTES, ids=lambda one: one)
def test_the_refresh_cookie_opens_nothing_but_its_own_two_doors(hub: Admitted, method: str, rule: str) -> None:
    """Else a foreign page could act for whoever is signed in: browsers send cookies along, never a bearer."""
    signed_in = hub.services.accounts.login("admin@example.org", PASSWORD)
    headers = {"Cookie": f"{COOKIE}={signed_in.refresh_token}"}
    sent = {"json": {}} if method != "GET" else {}
    answer = hub.call(ROUTES[method, rule], method, path_of(rule), "nobody", headers=headers, **sent)
    if MATRIX[method, rule] == "everybody":
        assert answer.status_code in {200, 204, 400} | ({404} if rule == BY_SLUG else set())
    else:
        assert answer.status_code == 401
    assert hub.services.accounts.principal(hub.sign_in("admin")).role == "admin"


HOSTILE = [
    "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "a%2fb", "%00", "web%00", "\u202eweb", "%E2%80%AE", "%ff", "%", "*", "'",
    "x" * 10_000, "%25" * 3_000, " ", "\u200b", "{name}", "null",
]  # fmt: skip
# What stands in a foreign protocol's path are labels, and no ids: tests/protocols/test_doors.py
WITH_AN_ID = [one for one in ROUTES if "<" in one[1] and " ".join(one) not in FOREIGN]


@pytest.mark.parametrize("given", HOSTILE, ids=lambda one: one[:20])
@pytest.mark.parametrize(("method", "rule"), WITH_AN_ID, ids=lambda one: one)
def test_no_hostile_id_reaches_anything(hub: Admitted, method: str, rule: str, given: str) -> None:
    tables = ("omv.server", "omv.account", "omv.agent_key", "omv.cron_check", "omv.component", "omv.silence")
    counts = "select " + ", ".join(f"(select count(*) from {table})" for table in tables)
    before = hub.pair.rows(counts)
    sent = {"json": BODIES.get((method, rule), {})} if method != "GET" else {}
    path = re.sub(r"<\w+>", lambda _: given, rule)
    answer = hub.call(ROUTES[method, rule], method, path, "admin", **sent)
    # Some lead out of the route altogether: to a list beside it (405), or nowhere.
    assert answer.status_code in {400, 404, 405}
    assert answer.mimetype == "application/problem+json"
    assert len(answer.data) < 1_000 + len(path.encode()), "what is quoted is cut; the path itself is named once"
    assert hub.pair.rows(counts) == before


BODIES = {
    ("PATCH", "/api/servers/<name>"): {"group": "a"},
    ("PATCH", "/api/auth/users/<user_id>"): {"name": "a"},
    ("PATCH", "/api/auth/keys/<key_id>"): {"name": "a"},
    ("PATCH", "/api/rules/checks/<check_id>"): {"name": "a"},
    ("PATCH", "/api/rules/channels/<channel_id>"): {"name": "a"},
    ("PATCH", "/api/alerts/devices/<device_id>"): {"name": "a"},
    ("PATCH", "/api/rules/silences/<silence_id>"): {"comment": "a"},
    ("PATCH", "/api/status/components/<component>"): {"name": "a"},
}
NEEDED: dict[str, dict[str, object]] = {
    "/api/auth/login": {"email": "admin@example.org", "password": PASSWORD},
    "/api/auth/password": {"current": PASSWORD, "password": PASSWORD},
    "/api/auth/users": {"email": "new@example.org", "role": "viewer"},
    "/api/auth/keys": {"name": "new"},
    "/api/rules/checks": {"name": "new", "period_seconds": 60},
    "/api/alerts/act": {"token": "x"},
    "/api/chat": {"message": "hi"},
    "/api/chat/confirm": {"token": "x"},
    "/api/mcp": {"jsonrpc": "2.0", "id": 1, "method": "ping"},
    "/api/rules/channels": {"name": "new", "kind": "slack"},
    "/api/alerts/devices": {
        "name": "new",
        "endpoint": "https://web.push.apple.com/x",
        "keys": {"p256dh": "x", "auth": "x"},
    },
    "/api/status/components": {"name": "new", "kind": "server", "target": SEEN},
}
TAKES = {
    ("PATCH", "/api/servers/<name>"): {"tags"},
    ("POST", "/api/auth/users"): {"role", "tags"},
    ("PATCH", "/api/auth/users/<user_id>"): {"role", "tags"},
    ("POST", "/api/auth/keys"): {"server", "scopes", "tags"},
    ("PATCH", "/api/auth/keys/<key_id>"): {"tags"},
    ("POST", "/api/rules/checks"): {"server"},
    ("POST", "/api/mcp"): {"id"},
    ("PATCH", "/api/rules/checks/<check_id>"): {"server"},
}
EXTRA = {
    "role": "admin", "tags": None, "id": "1", "server": SEEN, "scopes": ["act"], "is_admin": True, "__proto__": {},
    "created_by": "1", "session_epoch": 0, "hash": "0",
}  # fmt: skip
# Ingest leaves out what it does not know, for facts are no settings; the others look at no body.
OPEN = re.compile(
    "/api/ingest|/api/auth/refresh|/api/auth/logout|.*/sessions/end|/ping/.*|/api/push/.*|.*/(pause|resume|test)|.*/silences/.*/end"
)
CLOSED = [
    one for one in ROUTES if one[0] in {"POST", "PATCH"} and not OPEN.fullmatch(one[1]) and " ".join(one) not in FOREIGN
]


@pytest.mark.parametrize(("method", "rule"), CLOSED, ids=lambda one: one)
def test_no_body_takes_a_field_it_does_not_know(hub: Admitted, method: str, rule: str) -> None:
    key_id, _ = hub.services.keyring.create("victim")
    person = next(one for one in hub.services.people.everybody() if one["email"] == "viewer@example.org")
    ids = {"user_id": person["id"], "key_id": key_id["id"], "name": SEEN, **CHECK}
    path = re.sub(r"<(\w+)>", lambda found: ids[found[1]], rule)
    queries = (
        "select * from omv.account order by id",
        "select * from omv.agent_key order by id",
        "select settings from omv.server order by id",
        "select body from omv.cron_check order by id",
        "select * from omv.component order by id",
        "select * from omv.channel order by id",
        "select * from omv.silence order by id",
    )
    good = {**BODIES.get((method, rule), {}), **NEEDED.get(rule, {})}
    for field, value in EXTRA.items():
        if field in TAKES.get((method, rule), set()):
            continue
        bearer = hub.bearer("admin")  # a sign-in is noted in the account
        before = [hub.pair.rows(query) for query in queries]
        answer = hub.call(ROUTES[method, rule], method, path, "nobody", headers=bearer, json={**good, field: value})
        assert answer.status_code == 400, field
        assert [hub.pair.rows(query) for query in queries] == before, field
