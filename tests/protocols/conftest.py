"""One hub for all the real clients of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocols.live_hub import LiveHub, live_hub


@pytest.fixture(scope="session")
def hub_of_clients() -> Iterator[LiveHub]:
    with live_hub() as hub:
        yield hub
