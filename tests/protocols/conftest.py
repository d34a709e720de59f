"""One hub for a file's tests, and one for all the real clients of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.admitted import Admitted, hub_on
from tests.protocols.live_hub import LiveHub, live_hub
from tests.real_stores import Pair


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    with hub_on(module_stores) as made:
        yield made


@pytest.fixture(scope="session")
def hub_of_clients() -> Iterator[LiveHub]:
    with live_hub() as hub:
        yield hub
