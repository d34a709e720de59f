"""One hub for all tests of a file: people of every role, keys of every kind, two servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.admitted import Admitted, admitted, unhashed
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
