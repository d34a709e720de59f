"""`pair`, `services` and `client` of the tests of signing in (test_auth*.py), and one `hub` a file with people and keys
of every kind; a file that needs others has its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from werkzeug.test import Client

from lib import wiring
from lib.auth import passwords
from tests.api.admitted import Admitted, hub_on
from tests.api.signing_in import EMAIL, HTTPS, PASSWORD
from tests.real_stores import Pair, ServicesFactory


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a real one costs is tested beside lib/auth/passwords.py; here it would only take time."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)


@pytest.fixture
def pair(module_stores: Pair) -> Pair:
    """One database for all, without people and keys: making one for each test would take longer than the tests."""
    module_stores.rows("truncate omv.account, omv.session, omv.agent_key cascade")
    module_stores.redis().flushdb()  # what is left of attempts to sign in
    return module_stores


@pytest.fixture
def services(pair: Pair, make_services: ServicesFactory) -> wiring.Services:
    return make_services(pair, install=True, admin_email=EMAIL, admin_password=PASSWORD, base_url=HTTPS)


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    with hub_on(module_stores) as made:
        yield made


@pytest.fixture
def client(services: wiring.Services) -> Client:
    """A browser without a memory for cookies: tests say which one they send."""
    from api.auth import app

    return app.test_client(use_cookies=False)
