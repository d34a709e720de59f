"""How the tests are shared out where several processes run them (`make test`): by file, and by folder where a folder's
tests share something dear.

A browser with its `make dev`, or a build, is started once a process: their folders stay whole. They begin first, so
that the rest fills up the time beside them.
"""

from __future__ import annotations

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

    config.option.loadscopereorder = False
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: order(item.nodeid))
