"""OpenTelemetry's real SDK, with its instrumentation of the system, reports to `make dev`: the values are the kernel's."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.dev_process import Dev

PACKAGES = (
    "opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "opentelemetry-instrumentation-system-metrics==0.66b2",
)  # fmt: skip
CLIENT = """
import time
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.instrumentation.system_metrics import SystemMetricsInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=5000)
provider = MeterProvider([reader])
SystemMetricsInstrumentor().instrument(meter_provider=provider)
time.sleep(27)
provider.shutdown()
"""
EMAIL, PASSWORD = "otlp@example.org", secrets.token_urlsafe(24)


@pytest.fixture
def dev() -> Iterator[Dev]:
    directory = Path(tempfile.mkdtemp(prefix="openmanager-otlp-")).resolve()
    directory.chmod(0o711)  # the stores run as another user where root starts them
    found = Dev(directory / "data", OPENMANAGER_ADMIN_EMAIL=EMAIL, OPENMANAGER_ADMIN_PASSWORD=PASSWORD)
    try:
        yield found.ready()
        found.stop()
    finally:
        found.close()
        shutil.rmtree(directory, ignore_errors=True)


def client_python() -> Path:
    """A Python that has the SDK; made once, for the SDK's own dependencies are not the project's."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openmanager-otlp-client"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=120)
    if subprocess.run(
        [str(python), "-c", "import opentelemetry.sdk, psutil"], check=False, capture_output=True
    ).returncode:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(pip, check=True, timeout=300, capture_output=True)
    return python


def memory() -> float:
    told = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    size = {name: int(told[name].split()[0]) for name in ("MemTotal", "MemAvailable")}
    return 100 * (1 - size["MemAvailable"] / size["MemTotal"])


def processor() -> tuple[int, int]:
    """(busy, all) in the kernel's ticks: the SDK tells user, system, irq and idle."""
    user, _, system, idle, _, irq, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return user + system + irq, user + system + irq + idle


@pytest.mark.long
def test_the_sdk_reports_what_the_kernel_says(dev: Dev) -> None:
    python = client_python()
    bearer = {"Authorization": dev.sign_in(EMAIL, PASSWORD)}
    _, key = dev.ask("POST", "/api/auth/keys", {"name": "otel"}, **bearer)
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{dev.port}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{key['secret']}",
        "OTEL_RESOURCE_ATTRIBUTES": "host.name=otel-sdk,deployment.environment.name=test",
    }
    busy, whole = processor()
    done = subprocess.run(
        [str(python), "-c", CLIENT], env={"PATH": os.environ["PATH"], **settings}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "Failed to export" not in done.stderr
    busy, whole = processor()[0] - busy, processor()[1] - whole
    until = time.monotonic() + 40
    found: dict[str, Any] = {}
    while time.monotonic() < until and not {"cpu", "memory", "net_in"} <= found.keys():
        time.sleep(2)
        found = _values(dev, bearer)
    assert found["memory"] == pytest.approx(memory(), abs=5)
    assert found["cpu"] == pytest.approx(100 * busy / whole, abs=35), "of another few seconds, so roughly"
    assert found["net_in"] >= 0
    assert found["connections"] >= 1


def _values(dev: Dev, bearer: dict[str, str]) -> dict[str, Any]:
    status, told = dev.ask("GET", "/api/servers/otel-sdk", **bearer)
    return {name: value for name, value in told["latest"].items() if value is not None} if status == 200 else {}
