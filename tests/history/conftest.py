"""Each history test has a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.history.past import Past
from tests.real_stores import Pair


@pytest.fixture
def past(fresh_stores: Pair) -> Iterator[Past]:
    made = Past(fresh_stores, hour_left=10.0)  # what is packed and dropped goes by the hour
    try:
        yield made
    finally:
        made.close()
