"""The page's own arithmetic, words and order, under Node's test runner: so that `make test` covers them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
OLDEST_NODE = 18  # Debian 12's own; its test runner is the first


def test_the_pages_own_tests_pass() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail(f"these tests need Node {OLDEST_NODE} or newer (Debian: apt install nodejs)", pytrace=False)
    done = subprocess.run([node, "--test"], cwd=HERE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = dict(re.findall(r"^\D* (tests|pass|fail|skipped|todo) (\d+)$", done.stdout, re.MULTILINE))
    written = sum(
        len(re.findall(r"^(?:test|table)\(", file.read_text(), re.MULTILINE)) for file in HERE.glob("*.test.js")
    )
    assert int(counts["pass"]) == int(counts["tests"]) >= written > 0, counts
