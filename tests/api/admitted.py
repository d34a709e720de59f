"""A hub with people of every role and keys of every kind, for the tests of who may do what."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from lib import wiring
from lib.auth import passwords
from lib.monitoring.collectors.server_stats import decode
from tests.real_stores import CRON_SECRET, Pair, ServicesFactory

PASSWORD = "correct horse battery"
ADMIN = "ada@example.org"
TAG = "team:payment"
SEEN, HIDDEN = "pay-1", "web-1"  # of whoever is held to TAG
PEOPLE: dict[str, tuple[str, list[str] | None]] = {
    "viewer": ("viewer", None),
    "operator": ("operator", None),
    "admin": ("admin", None),
    "viewer of a team": ("viewer", [TAG]),
    "operator of a team": ("operator", [TAG]),
}
KEYS: dict[str, dict[str, Any]] = {
    "write key": {"scopes": ["write"]},
    "read key": {"scopes": ["read"]},
    "act key": {"scopes": ["act"]},
    "write key of a team": {"scopes": ["write"], "tags": [TAG]},
    "read key of a team": {"scopes": ["read"], "tags": [TAG]},
    "act key of a team": {"scopes": ["act"], "tags": [TAG]},
    "write key of a server": {"scopes": ["write"], "server": SEEN},
    "read key of a server": {"scopes": ["read"], "server": SEEN},
    "key of every scope": {"scopes": ["write", "read", "act"]},
    "key for another network": {"scopes": ["write", "read", "act"], "cidrs": ["192.0.2.0/24"]},
    "expired key": {"scopes": ["write", "read", "act"]},
    "revoked key": {"scopes": ["write", "read", "act"]},
    "key in rotation, old secret": {"scopes": ["write", "read", "act"]},
    "key after rotation, old secret": {"scopes": ["write", "read", "act"]},
}


def cheap_hasher() -> PasswordHasher:
    """What a real one costs is tested beside lib/auth/passwords.py; here it would only take time."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass
class Admitted:
    """`bearer(who)` is what somebody sends; a person's is a new sign-in each time, for some calls end it."""

    services: wiring.Services
    pair: Pair
    secrets: dict[str, str] = field(default_factory=dict)
    key_ids: dict[str, str] = field(default_factory=dict)

    def bearer(self, who: str) -> dict[str, str]:
        if who in PEOPLE:
            return {"Authorization": f"Bearer {self.sign_in(who)}"}
        return {"Authorization": f"Bearer {self.secrets[who]}"} if who in self.secrets else {}

    def sign_in(self, who: str) -> str:
        return self.services.accounts.login(_email(who), PASSWORD).access_token

    def call(self, app: Flask, method: str, path: str, who: str, **sent: Any) -> TestResponse:
        headers = {**self.bearer(who), **sent.pop("headers", {})}
        return app.test_client(use_cookies=False).open(path, method=method, headers=headers, **sent)

    def read_keys_anew(self) -> None:
        """What half a minute does."""
        self.services.storage.directory._read_at = None

    def report(self, server: str, tags: dict[str, str] | None = None) -> None:
        """A post as an agent's, folded."""
        post: dict[str, Any] = {
            "server": server,
            "samples": [{"at": int(time.time()), "cpu": 12.5}],
            "errors": [{"level": "error", "message": f"trouble on {server}"}],
            "processes": [{"name": "postgres", "pid": 1}],
            "events": [{"kind": "deploy", "title": "v2"}],
            "host": {"os": "Debian 12", **({} if tags is None else {"tags": tags})},
        }
        self.services.ingest.take(decode(post, time.time()), "nobody's")
        self.services.sweeper.run()


def admitted(pair: Pair, services: wiring.Services) -> Admitted:
    """Everybody, on stores that hold nobody yet. `services` are installed, and their clock is the real one."""
    hub = Admitted(services, pair, {"cron": CRON_SECRET, "garbage": "Bearer of bad news"})
    services.accounts.ensure_first_admin(ADMIN, PASSWORD)
    for who, (role, tags) in PEOPLE.items():
        services.people.create(_email(who), role, tags=tags, password=PASSWORD)
    for who, given in KEYS.items():
        key, hub.secrets[who] = services.keyring.create(who, **given)
        hub.key_ids[who] = key["id"]
    pair.rows("update omv.agent_key set expires_at = now() - interval '1 second' where name = 'expired key'")
    services.keyring.revoke(hub.key_ids["revoked key"])
    services.keyring.rotate(hub.key_ids["key in rotation, old secret"], 3_600)
    services.keyring.rotate(hub.key_ids["key after rotation, old secret"], 0)
    hub.read_keys_anew()
    hub.report(SEEN, {"team": "payment"})
    hub.report(HIDDEN, {"team": "web"})
    hub.read_keys_anew()
    return hub


def _email(who: str) -> str:
    return f"{who.replace(' ', '-')}@example.org"


def unhashed(monkeypatch_set: Callable[[object, str, object], None]) -> None:
    hasher = cheap_hasher()
    monkeypatch_set(passwords, "_hasher", lambda: hasher)


@contextmanager
def hub_on(pair: Pair) -> Iterator[Admitted]:
    """A hub on these stores, for as long as it is needed; passwords cost nothing there."""
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        yield admitted(pair, factory(pair, install=True))
    finally:
        patch.undo()
        factory.close()
