"""The official conformance suite, inspector and Python client against the real endpoint, in every revision.

What is expected to fail stands with its reason in expected-*.yml, and the suite fails when it passes.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.mcp.protocol.catalogue import OFFER
from tests.api.admitted import Admitted
from tests.mcp.conformance.everything import EVERYTHING
from tests.mcp.conformance.served import serving
from tests.twins import node_tools

pytestmark = pytest.mark.long
HERE = Path(__file__).resolve().parent
CLIENT = "mcp==2.3.0"
SUITES = {
    "0.1.16, up to 2025-11-25": ("conformance-2025", ["--suite", "active"], "expected-2025.yml"),
    "0.2.0-alpha.12, 2025-11-25": ("conformance-2026", ["--requirements", "2025-11-25"], "expected-2025.yml"),
    "0.2.0-alpha.12, 2026-07-28": ("conformance-2026", ["--requirements", "2026-07-28"], "expected-2026.yml"),
}


@pytest.fixture(scope="module")
def modules() -> Path:
    found = node_tools.protocol_modules()
    if found is None:
        pytest.skip("no Node or no npm registry: the suite cannot be had")
    return found


def node(modules: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The suite's own Node: it wants one that is newer than what systems have.
    program = modules / "node" / "bin" / "node"
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    return subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, timeout=300, check=False, env=environment
    )


@pytest.fixture(scope="module")
def everything(hub: Admitted) -> Iterator[str]:
    with serving(hub.services, hub.secrets["act key"], EVERYTHING) as url:
        yield url


@pytest.mark.parametrize("suite", SUITES)
def test_the_official_suite_passes_but_for_what_is_expected(
    everything: str, modules: Path, tmp_path: Path, suite: str
) -> None:
    package, chosen, expected = SUITES[suite]
    program = str(modules / package / "dist" / "index.js")
    done = node(
        modules, program, "server", "--url", everything, *chosen,
        "--expected-failures", str(HERE / expected), "-o", str(tmp_path),
    )  # fmt: skip
    summary = done.stdout[done.stdout.index("=== SUMMARY ===") :]
    sys.stderr.write(f"\nconformance {suite}:\n{summary}\n")
    assert done.returncode == 0, summary + done.stderr


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_official_inspector_connects(hub: Admitted, modules: Path, era: str) -> None:
    with serving(hub.services, hub.secrets["read key"]) as url:
        program = str(modules / ".bin" / "mcp-inspector")
        common = ["--cli", url, "--transport", "http", "--protocol-era", era]
        done = node(modules, program, *common, "--method", "tools/list")
        assert done.returncode == 0, done.stderr
        tools = json.loads(done.stdout)["tools"]
        assert [one["name"] for one in tools] == [one.name for one in OFFER.tools if not one.acts]
        done = node(modules, program, *common, "--method", "tools/call", "--tool-name", "fleet_summary")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["structuredContent"]["servers"]["total"] == 2


def client_python() -> Path | None:
    """A Python with the official client, made once beside the node tools; None where it cannot be had."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openmanager-vibe"
    home = cached / f"mcp-client-{hashlib.sha256(CLIENT.encode()).hexdigest()[:12]}"
    python = home / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=120)
        has_it = [str(python), "-c", "import mcp"]
        if subprocess.run(has_it, capture_output=True, timeout=60, check=False).returncode:
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", CLIENT]
            subprocess.run(pip, check=True, timeout=300, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return python


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_official_python_client_works(hub: Admitted, era: str) -> None:
    python = client_python()
    if python is None:
        pytest.skip("the package index cannot be reached: the client cannot be had")
    with serving(hub.services, hub.secrets["act key"]) as url:
        done = subprocess.run(
            [str(python), str(HERE / "python_client.py"), url, era],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["version"] == ("2026-07-28" if era == "modern" else "2025-11-25")
    assert told["tools"] == [one.name for one in OFFER.tools]
    assert told["total"] == 2
    assert told["prompts"] == [one.name for one in OFFER.prompts]
    assert "fleet://summary" in told["resources"]
    assert told["completed"] == ["pay-1"]
    assert (told["wrong"], told["read"], told["templates"], told["messages"]) == (True, "pay-1", 3, 2)
    assert told["languages"] == ["en", "ko"]
    # Both did it; in the modern era the person was asked by our own question first.
    assert told["done"] is True
    assert len(told["asked"]) == (1 if era == "modern" else 0)
