"""Address lists over the real functions: who is turned away from where, before anybody asks who they are."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lib.settings import Network
from tests.api.admitted import PASSWORD, Admitted, admitted, unhashed
from tests.real_stores import Pair, ServicesFactory

OFFICE, ELSEWHERE = "192.0.2.7", "203.0.113.9"


def nets(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


@pytest.fixture(scope="module")
def everybody(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        yield admitted(module_stores, factory(module_stores, install=True))
    finally:
        patch.undo()
        factory.close()


@pytest.fixture
def hub(everybody: Admitted) -> Iterator[Callable[..., Admitted]]:
    """The same people on a hub with these settings."""
    usual = everybody.services.settings

    def make(**settings: Any) -> Admitted:
        everybody.services.settings = replace(usual, trusted_proxy=True, **settings)
        return everybody

    yield make
    everybody.services.settings = usual


def call(hub: Admitted, function: str, method: str, path: str, who: str, address: str, **sent: Any) -> TestResponse:
    app = importlib.import_module(f"api.{function.replace('/', '.')}").app
    return hub.call(app, method, path, who, headers={"X-Forwarded-For": address}, **sent)


POST = {"server": "pay-1", "host": {"cores": 4}}
SIGN_IN = {"email": "ada@example.org", "password": PASSWORD}


def statuses(hub: Admitted, address: str) -> dict[str, int]:
    found = {
        "person": call(hub, "servers", "GET", "/api/servers", "viewer", address),
        "key reads": call(hub, "servers", "GET", "/api/servers", "read key", address),
        "key writes": call(hub, "ingest", "POST", "/api/ingest", "write key", address, json=POST),
        "health": call(hub, "health", "GET", "/api/health", "nobody", address),
        "sign-in": call(hub, "auth", "POST", "/api/auth/login", "nobody", address, json=SIGN_IN),
        "clock": call(hub, "cron/sweep", "GET", "/api/cron/sweep", "cron", address),
    }  # fmt: skip
    return {name: response.status_code for name, response in found.items()}


def refused(hub: Admitted, address: str) -> set[str]:
    return {name for name, status in statuses(hub, address).items() if status == 403}


def test_without_lists_everybody_may_come(hub: Any) -> None:
    assert refused(hub(), ELSEWHERE) == set()


@pytest.mark.parametrize(
    ("setting", "turned_away"),
    [
        ({"allow_users": nets("192.0.2.0/24")}, {"person", "sign-in"}),
        ({"allow_keys": nets("192.0.2.0/24")}, {"key reads", "key writes"}),
        ({"allow_cron": nets("192.0.2.0/24")}, {"clock"}),
        ({"deny": nets("203.0.113.0/24")}, {"person", "sign-in", "key reads", "key writes", "health", "clock"}),
    ],
)
def test_each_list_turns_away_its_own(hub: Any, setting: dict[str, Any], turned_away: set[str]) -> None:
    made = hub(**setting)
    assert refused(made, ELSEWHERE) == turned_away
    assert refused(made, OFFICE) == set()
    assert refused(made, f"{OFFICE}, {ELSEWHERE}") == turned_away  # what the client wrote before the proxy did
    assert refused(made, "nonsense") == turned_away


def test_the_refusal_does_not_tell_the_lists(hub: Any) -> None:
    answer = call(hub(deny=nets("203.0.113.0/24")), "health", "GET", "/api/health", "nobody", ELSEWHERE)
    assert answer.mimetype == "application/problem+json"
    assert "203.0" not in answer.get_data(as_text=True)


def test_a_stranger_is_turned_away_before_a_key_is_looked_at(hub: Any) -> None:
    made = hub(allow_keys=nets("192.0.2.0/24"))
    assert call(made, "ingest", "POST", "/api/ingest", "garbage", OFFICE, json={}).status_code == 401
    assert call(made, "ingest", "POST", "/api/ingest", "garbage", ELSEWHERE, json={}).status_code == 403


@pytest.mark.parametrize(
    ("function", "path"), [("servers", "/api/servers"), ("ingest", "/api/ingest"), ("cron/sweep", "/api/cron/sweep")]
)
def test_whoever_is_denied_hears_nothing_else(hub: Any, function: str, path: str) -> None:
    made = hub(deny=nets("203.0.113.0/24"))
    method = "POST" if function == "ingest" else "GET"
    assert call(made, function, method, path, "nobody", OFFICE).status_code == 401
    assert call(made, function, method, path, "nobody", ELSEWHERE).status_code == 403


@pytest.mark.parametrize("lists", [{"deny": nets("203.0.113.0/24")}, {"allow_keys": nets("192.0.2.0/24")}])
def test_without_a_proxy_the_socket_is_believed_and_no_header(hub: Any, lists: dict[str, Any]) -> None:
    made = hub(**lists)
    made.services.settings = replace(made.services.settings, trusted_proxy=False)
    for socket, claimed, status in ((OFFICE, ELSEWHERE, 200), (ELSEWHERE, OFFICE, 403), (f"::ffff:{OFFICE}", "", 200)):
        answer = call(
            made, "servers", "GET", "/api/servers", "read key", claimed, environ_overrides={"REMOTE_ADDR": socket}
        )
        assert answer.status_code == status, (socket, claimed)


def test_an_administrator_sees_the_lists_and_their_own_address(hub: Any) -> None:
    made = hub(allow_users=nets("192.0.2.0/24", "2001:db8::/32"), deny=nets("203.0.113.0/24"))
    answer = call(made, "auth", "GET", "/api/auth/addresses", "admin", f"::ffff:{OFFICE}")
    assert answer.json == {
        "you": OFFICE, "behind_proxy": True, "users": ["192.0.2.0/24", "2001:db8::/32"], "keys": [], "cron": [],
        "deny": ["203.0.113.0/24"], "edge": False,
    }  # fmt: skip
    assert call(made, "auth", "GET", "/api/auth/addresses", "operator", OFFICE).status_code == 403
