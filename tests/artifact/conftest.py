"""Builds once a session. Where Node or the CLI is missing, `built` is None and the functions run from the tree."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artifact.vercel_build import Output, build
from tests.twins import node_tools


@pytest.fixture(scope="session")
def built() -> Iterator[Output | None]:
    vercel = node_tools.vercel()
    if vercel is None:
        yield None
        return
    directory = Path(tempfile.mkdtemp(prefix="openmanager-build-"))
    try:
        yield build(vercel, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
