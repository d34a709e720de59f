"""The known fleet, made once for all tests of answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib.storage.embedded.supervisor import EmbeddedStores
from tests.assistant import known_fleet, past_fleet, troubled_fleet
from tests.real_stores import Pair, ServicesFactory, fresh_pair


@pytest.fixture(scope="session")
def hub(embedded: EmbeddedStores, stores: Pair) -> Iterator[known_fleet.Hub]:
    """Read only: leave nothing in it."""
    factory = ServicesFactory()
    try:
        with fresh_pair(embedded) as pair:
            yield known_fleet.make(pair, factory)
    finally:
        factory.close()


@pytest.fixture(scope="session")
def past(embedded: EmbeddedStores, stores: Pair) -> Iterator[known_fleet.Hub]:
    """Read only, too."""
    factory = ServicesFactory()
    try:
        with fresh_pair(embedded) as pair:
            yield past_fleet.make(pair, factory)
    finally:
        factory.close()


@pytest.fixture(scope="module")
def troubled(embedded: EmbeddedStores, stores: Pair) -> Iterator[known_fleet.Hub]:
    """A file's own: it may be changed."""
    factory = ServicesFactory()
    try:
        with fresh_pair(embedded) as pair:
            yield troubled_fleet.make(pair, factory)
    finally:
        factory.close()


@pytest.fixture(autouse=True)
def still_reporting(request: pytest.FixtureRequest) -> None:
    """A fleet was made for the first test that asked it, which may be minutes ago."""
    for name in {"hub", "past", "troubled"} & set(request.fixturenames):
        request.getfixturevalue(name).keep_alive()
