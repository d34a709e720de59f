"""Hubs for the tests of a file: one with people of every role and keys of every kind and two servers, one with a fleet
whose every value is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lib import wiring
from lib.monitoring.collectors.server_stats import decode
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.api.admitted import Admitted, admitted, unhashed
from tests.assistant import known_fleet
from tests.real_stores import Pair, ServicesFactory, fresh_pair

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


@pytest.fixture(scope="session")
def known_hub(embedded: EmbeddedStores, stores: Pair) -> Iterator[Known]:
    """Made once: half a minute's work of the machine. Tests add to it and take nothing away."""
    factory = ServicesFactory()
    try:
        with fresh_pair(embedded) as pair:
            fleet = known_fleet.make(pair, factory, base_url=BASE)
            found = Known(fleet.services, pair, fleet=fleet)
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


@pytest.fixture(scope="module")
def known(known_hub: Known) -> Iterator[Known]:
    wiring.use(known_hub.services)
    yield known_hub
    wiring.use(None)


@pytest.fixture(scope="session")
def full_disk(known_hub: Known) -> str:
    """On api-01, which the key of seoul sees; the id of the alert that it opened."""
    for back in (200, 120):
        sample = {"at": int(time.time()) - back, "mounts": {"/data": 97.0}}
        known_hub.services.ingest.take(decode({"server": "api-01", "samples": [sample]}, time.time()), "k")
    known_hub.services.sweeper.run()
    [found] = known_hub.services.alerts.listed(state="open", server="api-01")["alerts"]
    return str(found["id"])


@pytest.fixture
def alert(known: Known, full_disk: str) -> str:
    return full_disk


@pytest.fixture(autouse=True)
def still_reporting(request: pytest.FixtureRequest) -> None:
    """The fleet was made for the first file that asked it, which may be minutes ago: its servers would be silent."""
    if "known" in request.fixturenames:
        fleet = request.getfixturevalue("known").fleet
        fleet.keep_alive()
