"""Fixtures that every test may use: real stores, clean or shared, and the product's services built on them.

- `stores` (session): one migrated pair that everybody shares; leave nothing in it that could disturb others.
- `fresh_stores` (function), `module_stores` (module): a clean pair of your own.
- `upstash`, `postgrest` (session): the roads production takes to each; twins of Upstash and of a Supabase project.
- `make_services(pair, clock=..., install=True, **settings)`: `lib.wiring.Services` on a pair.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from lib.storage.embedded.supervisor import EmbeddedStores
from tests.parallel import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.real_stores import Pair, ServicesFactory, fresh_pair, migrated_template, temporary_stores
from tests.twins.fixtures import postgrest, supabase_database, upstash

__all__ = [  # fixtures and hooks are found by their name here
    "postgrest",
    "pytest_collection_modifyitems",
    "pytest_xdist_make_scheduler",
    "supabase_database",
    "upstash",
]

# A busy machine is slow to draw, and that is all these two would tell.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedStores]:
    """The running pair itself. Tests that kill stores start a pair of their own."""
    with temporary_stores() as running:
        yield running


@pytest.fixture(scope="session")
def stores(embedded: EmbeddedStores) -> Pair:
    return migrated_template(embedded)


@pytest.fixture(scope="module")
def module_stores(embedded: EmbeddedStores, stores: Pair) -> Iterator[Pair]:
    with fresh_pair(embedded) as pair:
        yield pair


@pytest.fixture
def fresh_stores(embedded: EmbeddedStores, stores: Pair) -> Iterator[Pair]:
    with fresh_pair(embedded) as pair:
        yield pair


@pytest.fixture
def make_services() -> Iterator[ServicesFactory]:
    factory = ServicesFactory()
    try:
        yield factory
    finally:
        factory.close()
