"""How the tests are shared out where several processes run them (`make test`): by file, and by folder where a folder's
tests share something dear.

A browser with its `make dev`, or a build, is started once a process: their folders stay whole. They begin first, so
that the rest fills up the time beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

WHOLE = ("tests/browser", "tests/artifact")  # in this order


def share(nodeid: str) -> str:
    """Whatever has the same share runs in the same process, one test after another."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in WHOLE if file.startswith(f"{folder}/")), file)


def order(nodeid: str) -> int:
    """Less is sooner; the order of files stays as it is within a number."""
    found = share(nodeid)
    return WHOLE.index(found) if found in WHOLE else len(WHOLE)


def named_alike(known: Sequence[str], found: Sequence[str]) -> list[str]:
    """`found` by the names that another process has for the same cases.

    A case that is named after something made at random, or after the hour, has another name in each process; its place
    tells which it is. Where the same names stand in another order (a set was walked through) no place tells anything:
    what was found is given back as it is, and pytest refuses it.
    """
    apart = [(one, other) for one, other in zip(known, found, strict=False) if one != other]
    ours, theirs = {one for one, _ in apart}, {other for _, other in apart}
    is_same = len(known) == len(found) and all(one.split("[")[0] == other.split("[")[0] for one, other in apart)
    return list(known if is_same and not ours & theirs else found)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

        def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
            known = next(iter(self.registered_collections.values()), collection)
            super().add_node_collection(node, named_alike(known, collection))

    config.option.loadscopereorder = False
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: order(item.nodeid))
