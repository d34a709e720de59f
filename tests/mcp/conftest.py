"""Hubs for the tests of a file: one with people of every role and keys of every kind and two servers, one with a fleet
whose every value is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.api.admitted import Admitted, admitted, unhashed
from tests.assistant import known_fleet
from tests.real_stores import Pair, ServicesFactory

BASE = "https://hub.example.org"


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        yield admitted(module_stores, factory(module_stores, install=True, base_url=BASE))
    finally:
        patch.undo()
        factory.close()


@dataclass
class Known(Admitted):
    """Callers are the keys `read key`, `act key` and `key of seoul`, which sees servers of that region."""

    fleet: known_fleet.Hub | None = None

    @property
    def now(self) -> float:
        assert self.fleet is not None
        return self.fleet.now


@pytest.fixture(scope="module")
def known(module_stores: Pair) -> Iterator[Known]:
    """Its own pair of stores is this file's only: a file takes `hub` or `known`."""
    factory = ServicesFactory()
    try:
        fleet = known_fleet.make(module_stores, factory, base_url=BASE)
        found = Known(fleet.services, module_stores, fleet=fleet)
        for who, scope, tags in (
            ("read key", "read", None),
            ("act key", "act", None),
            ("key of seoul", "act", ["region:seoul"]),
        ):
            _, found.secrets[who] = fleet.services.keyring.create(who, scopes=[scope], tags=tags)
        found.read_keys_anew()
        yield found
    finally:
        factory.close()
