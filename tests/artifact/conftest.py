"""Builds once a session. Where Node, the CLI or the functions' Python is missing, `built` is None and the functions run
from the tree."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artifact.vercel_build import ROOT, Output, build
from tests.twins import node_tools


@pytest.fixture(scope="session")
def built() -> Iterator[Output | None]:
    vercel = node_tools.vercel()
    wanted = (ROOT / ".python-version").read_text().strip()
    if vercel is None or wanted != f"{sys.version_info.major}.{sys.version_info.minor}":
        yield None
        return
    directory = Path(tempfile.mkdtemp(prefix="openmanager-build-"))
    try:
        yield build(vercel, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
