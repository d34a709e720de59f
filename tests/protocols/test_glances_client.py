"""Real Glances, of versions 3 and 4, reports to `make dev` by each of its three exporters, on the configuration of
docs/agents.md: the values are the kernel's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.protocols.agents_paper import block, filled
from tests.protocols.live_hub import LiveHub, check, running, some_work

VERSIONS = {"3": "glances==3.4.0.5", "4": "glances==4.5.8"}
WITH = ("requests==2.34.2", "influxdb==5.3.2", "influxdb-client==1.50.0")
METRICS = {"cpu", "memory", "load1", "load5", "load15", "disk:/", "net_in", "net_out", "disk_read", "disk_write"}


def python_with_glances(version: str) -> Path:
    """A Python that has it; made once, for its dependencies are not the project's."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / f"openmanager-glances-{version}"
    python = home / "bin" / "python"
    if not (home / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, timeout=120)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", VERSIONS[version], *WITH]
        subprocess.run(pip, check=True, timeout=300, capture_output=True)
        (home / "made").touch()
    return python


@pytest.mark.long
@pytest.mark.parametrize("version", sorted(VERSIONS))
@pytest.mark.parametrize("exporter", ["restful", "influxdb", "influxdb2"])
def test_glances_reports_what_the_kernel_says(
    hub_of_clients: LiveHub, tmp_path: Path, version: str, exporter: str
) -> None:
    python = python_with_glances(version)
    name = f"glances-{version}-{exporter}"
    settings = filled(block("Glances", f"[{exporter}]"), hub_of_clients.port, hub_of_clients.key, name)
    (tmp_path / "glances.conf").write_text(settings)
    command = [str(python.with_name("glances")), "--quiet", "-C", str(tmp_path / "glances.conf"), "--export", exporter]
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with some_work(tmp_path), running([*command, "--time", "10"], surroundings, tmp_path / "log"):
        (page,) = check(hub_of_clients, [name], METRICS, 60)
    assert page["mounts"][0]["mount"] == "/"
    assert page["cores"] == os.cpu_count()
    assert page["memory_bytes"] > 0
