"""Who may pass where: every route of every function against every kind of caller. A route that is not in the matrix
fails, so nobody adds one without saying who it is for."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.api.admitted import HIDDEN, KEYS, PEOPLE, SEEN, Admitted, admitted, unhashed
from tests.real_stores import Pair, ServicesFactory

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "api").rglob("*.py"))

UNKNOWN = {"nobody", "garbage", "cron", "expired key", "revoked key", "key after rotation, old secret"}
EVERYBODY = {*PEOPLE, *KEYS, "nobody", "garbage", "cron"}
ALL_SCOPES = {"key of every scope", "key in rotation, old secret"}
WRITERS = {"write key", "write key of a team", "write key of a server", *ALL_SCOPES}
ACTORS = {"act key", "act key of a team", *ALL_SCOPES}
READERS = {"read key", "read key of a team", "read key of a server", *ACTORS}
OPERATORS = {"operator", "operator of a team", "admin"}

# Who passes; those who are known but do not pass are told 403, the others 401.
PASSES: dict[str, set[str]] = {
    "everybody": EVERYBODY,
    "agents": WRITERS,
    "viewers": {*PEOPLE, *READERS},
    "operators": {*OPERATORS, *ACTORS},
    "admins": {"admin"},
    "people": set(PEOPLE),
    "the clock": {"cron"},
}
KNOWN: dict[str, set[str]] = {
    "agents": set(KEYS) - UNKNOWN,  # a person's token is no key
    "the clock": {"cron"},  # and neither is a person's or a key's secret the clock's
}

MATRIX: dict[tuple[str, str], str] = {
    ("POST", "/api/ingest"): "agents",
    ("GET", "/api/servers"): "viewers",
    ("GET", "/api/servers/<name>"): "viewers",
    ("PATCH", "/api/servers/<name>"): "operators",
    ("DELETE", "/api/servers/<name>"): "admins",
    ("GET", "/api/servers/<name>/series"): "viewers",
    ("GET", "/api/servers/<name>/processes"): "viewers",
    ("GET", "/api/servers/<name>/errors"): "viewers",
    ("GET", "/api/servers/<name>/events"): "viewers",
    ("POST", "/api/auth/login"): "everybody",
    ("POST", "/api/auth/refresh"): "everybody",
    ("POST", "/api/auth/logout"): "everybody",
    ("GET", "/api/auth/me"): "people",
    ("POST", "/api/auth/password"): "people",
    ("POST", "/api/auth/sessions/end"): "people",
    ("GET", "/api/auth/users"): "admins",
    ("POST", "/api/auth/users"): "admins",
    ("PATCH", "/api/auth/users/<user_id>"): "admins",
    ("DELETE", "/api/auth/users/<user_id>"): "admins",
    ("POST", "/api/auth/users/<user_id>/password"): "admins",
    ("POST", "/api/auth/users/<user_id>/sessions/end"): "admins",
    ("GET", "/api/auth/keys"): "admins",
    ("POST", "/api/auth/keys"): "admins",
    ("PATCH", "/api/auth/keys/<key_id>"): "admins",
    ("DELETE", "/api/auth/keys/<key_id>"): "admins",
    ("POST", "/api/auth/keys/<key_id>/rotate"): "admins",
    ("GET", "/api/health"): "everybody",
    ("GET", "/api/cron/sweep"): "the clock",
    ("GET", "/api/cron/rollup"): "the clock",
}
# What a caller who passes is told on a body without content, or of an id that nobody has.
PASSED = {200, 201, 202, 204, 400, 404}
NOBODY_ID = {"user_id": "00000000-0000-4000-8000-000000000000", "key_id": "0" * 16}


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
        yield admitted(module_stores, factory(module_stores, install=True))
    finally:
        patch.undo()
        factory.close()


def path_of(rule: str, server: str = SEEN) -> str:
    return re.sub(r"<(\w+)>", lambda found: NOBODY_ID.get(found[1], server), rule)


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
            ours = {401} if rule == "/api/auth/refresh" else {200} if method == "GET" else PASSED
            expected[who] = answer.status_code if answer.status_code in ours else f"one of {sorted(ours)}"
        else:
            expected[who] = 403 if who in KNOWN.get(row, EVERYBODY - UNKNOWN) else 401
    assert told == expected


@pytest.mark.parametrize(("method", "rule"), [one for one in ROUTES if one[0] == "GET"], ids=lambda one: one)
def test_asking_for_the_head_alone_needs_as_much(hub: Admitted, method: str, rule: str) -> None:
    answer = hub.call(ROUTES[method, rule], "HEAD", path_of(rule), "nobody")
    assert answer.status_code == (200 if MATRIX[method, rule] == "everybody" else 401)


HELD = ("viewer of a team", "operator of a team", "read key of a team", "act key of a team", "read key of a server")
OF_A_SERVER = [one for one in ROUTES if "<name>" in one[1]]


@pytest.mark.parametrize("who", HELD)
@pytest.mark.parametrize(("method", "rule"), OF_A_SERVER, ids=lambda one: one)
def test_a_server_out_of_sight_is_answered_like_one_that_is_not_there(
    hub: Admitted, method: str, rule: str, who: str
) -> None:
    if who not in PASSES[MATRIX[method, rule]]:
        return  # refused at the door, whatever the server: held above
    sent = {"json": {"group": "mine"}} if method != "GET" else {}
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
