"""`make dev` for real clients: a key for them, what the hub says of them, and what the kernel says meanwhile."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib.monitoring.collectors.telegraf import is_disk, is_network
from tests.local.dev_process import Dev

EMAIL, PASSWORD = "clients@example.org", secrets.token_urlsafe(24)
BLOCK = 2_000_000
SECTOR = 512
MEANS = frozenset({"cpu", "memory", "iowait", "steal", "net_in", "net_out", "disk_read", "disk_write"})
# The hub's slots and the kernel's time begin and end some seconds apart.
TOLERANCE = {"cpu": 12.0, "iowait": 12.0, "steal": 12.0, "memory": 6.0, "disk:/": 1.0, "uptime": 90.0}
SOME = 200_000  # bytes a second, of what comes in bursts: half to twice, and so many more


class LiveHub:
    """A hub of this session, with an administrator signed in."""

    def __init__(self, dev: Dev) -> None:
        self._dev = dev
        self.port = dev.port
        admin = {"Authorization": dev.sign_in(EMAIL, PASSWORD)}

        def key(*scopes: str) -> str:
            _, made = dev.ask("POST", "/api/auth/keys", {"name": "clients", "scopes": list(scopes)}, **admin)
            return str(made["secret"])

        self.key = key("write")
        self._bearer = {"Authorization": f"Bearer {key('read')}"}  # an access token ends before the session does

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def server(self, name: str) -> dict[str, Any]:
        """What its page says; {} for one that never reported."""
        status, told = self._dev.ask("GET", f"/api/servers/{name}", **self._bearer)
        return dict(told) if status == 200 else {}

    def wait_for(self, name: str, metrics: set[str], seconds: float = 60) -> dict[str, Any]:
        """Its page, once all of these have a value."""
        until = time.monotonic() + seconds
        while True:
            told = self.server(name)
            known = {metric for metric, value in told.get("latest", {}).items() if value is not None}
            if metrics <= known:
                return told
            assert time.monotonic() < until, f"{name} still lacks {sorted(metrics - known)}: {told}"
            time.sleep(1)

    def report(self, name: str, **values: float) -> None:
        """A sample of a server, as our own agent tells it."""
        body = {"server": name, "samples": [{"at": int(time.time()), **values}]}
        status, told = self._dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {self.key}")
        assert status == 202, told

    def alerts(self, state: str = "open") -> list[dict[str, Any]]:
        """The newest first."""
        _, told = self._dev.ask("GET", f"/api/alerts?state={state}", **self._bearer)
        return list(told["alerts"])

    @staticmethod
    def settle(seconds: float) -> None:
        """Time passes, for clients to report in: they have clocks of their own."""
        time.sleep(seconds)

    def mean(self, name: str, metric: str, since: float, until: float) -> float:
        """Of its samples between two moments."""
        query = f"metrics={metric}&from={since:.0f}&to={until:.0f}&points=300"
        _, told = self._dev.ask("GET", f"/api/servers/{name}/series?{query}", **self._bearer)
        values = [value for value in told["series"][metric]["avg"] if value is not None]
        assert values, f"no {metric} of {name} between {since:.0f} and {until:.0f}: {told}"
        return float(sum(values) / len(values))


@contextmanager
def live_hub() -> Iterator[LiveHub]:
    directory = Path(tempfile.mkdtemp(prefix="openmanager-clients-")).resolve()
    directory.chmod(0o711)  # the stores run as another user where root starts them
    dev = Dev(directory / "data", OPENMANAGER_ADMIN_EMAIL=EMAIL, OPENMANAGER_ADMIN_PASSWORD=PASSWORD)
    try:
        yield LiveHub(dev.ready())
        dev.stop()
    finally:
        dev.close()
        shutil.rmtree(directory, ignore_errors=True)


class Kernel:
    """What the kernel says over the time between two readings."""

    def __init__(self) -> None:
        self.began = time.time()
        self._first = _counted()
        self._memory = _memory()

    def told(self) -> dict[str, float]:
        """Means since the beginning for what counts, and for the rest the values of now."""
        seconds = time.time() - self.began
        change = {name: value - self._first[name] for name, value in _counted().items()}
        whole = change.pop("whole")
        for name in ("cpu", "iowait", "steal"):
            change[name] *= seconds * 100 / whole
        space = os.statvfs("/")
        used = space.f_blocks - space.f_bfree
        load1, load5, load15 = map(float, Path("/proc/loadavg").read_text().split()[:3])
        return {
            **{name: value / seconds for name, value in change.items()},
            **{name: (value + self._memory[name]) / 2 for name, value in _memory().items()}, "load1": load1, "load5": load5, "load15": load15,
            "disk:/": 100 * used / (used + space.f_bavail),
            "uptime": float(Path("/proc/uptime").read_text().split()[0]),
        }  # fmt: skip


def _counted() -> dict[str, float]:
    user, nice, system, idle, iowait, irq, softirq, steal, *_ = map(
        float, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    found = {"cpu": user + nice + system + irq + softirq, "iowait": iowait, "steal": steal}
    found["whole"] = sum(found.values()) + idle
    found |= dict.fromkeys(("net_in", "net_out", "disk_read", "disk_write"), 0.0)
    for line in Path("/proc/net/dev").read_text().splitlines()[2:]:
        device, _, counters = line.partition(":")
        if is_network(device.strip()):
            found["net_in"] += float(counters.split()[0])
            found["net_out"] += float(counters.split()[8])
    for line in Path("/proc/diskstats").read_text().splitlines():
        _, _, device, _, _, read, _, _, _, written, *_ = line.split()
        if is_disk(device):
            found["disk_read"] += float(read) * SECTOR
            found["disk_write"] += float(written) * SECTOR
    return found


def _memory() -> dict[str, float]:
    """`memory` as we count it, and `memory but caches` as those do who do not know what is available."""
    told = {
        name: float(rest.split()[0])
        for name, _, rest in (line.partition(":") for line in Path("/proc/meminfo").read_text().splitlines())
    }
    caches = sum(told[name] for name in ("MemFree", "Buffers", "Cached", "Slab"))
    return {
        "memory": 100 * (1 - told["MemAvailable"] / told["MemTotal"]),
        "memory but caches": 100 * (1 - caches / told["MemTotal"]),
    }


@contextmanager
def some_work(folder: Path) -> Iterator[None]:
    """Four megabytes a second are written, so that there is something to measure."""
    stop = threading.Event()

    def write() -> None:
        with (folder / "work").open("wb", buffering=0) as file:
            while not stop.wait(0.5):
                file.seek(0)
                file.write(os.urandom(BLOCK))
                os.fsync(file.fileno())

    worker = threading.Thread(target=write)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


@contextmanager
def running(command: Sequence[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A client, ended at the end; what it says is in `log`."""
    with log.open("wb") as said:
        client = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:
            yield client
        finally:
            client.terminate()
            try:
                client.wait(timeout=20)
            except subprocess.TimeoutExpired:
                client.kill()
                client.wait()


def check(
    hub: LiveHub, servers: Sequence[str], metrics: set[str], seconds: float, told_as: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Holds the hub's values of that many seconds to the kernel's; gives the servers' pages. `told_as` names what a
    client means by a metric where that is not what we mean. Each metric has to agree in one of four rounds: what others
    do on the machine may fall on the edge of one, and what is read wrongly is wrong in each."""
    for server in servers:
        hub.wait_for(server, metrics, 100)
    wrong = {(server, metric): (0.0, 0.0) for server in servers for metric in metrics}
    for _ in range(4):
        kernel = Kernel()
        hub.settle(seconds)
        told, now = kernel.told(), time.time()
        told |= {metric: told[name] for metric, name in (told_as or {}).items()}
        pages = [hub.server(server) for server in servers]
        still = {}
        for server, page in zip(servers, pages, strict=True):
            for metric in sorted(metrics & told.keys()):
                found = hub.mean(server, metric, kernel.began, now) if metric in MEANS else page["latest"][metric]
                low, high = _bounds(metric, told[metric])
                if (server, metric) in wrong and not low <= found <= high:
                    still[server, metric] = (found, told[metric])
        wrong = still
        if not wrong:
            return pages
    raise AssertionError(f"(the hub's, the kernel's): {wrong}")


def _bounds(metric: str, expected: float) -> tuple[float, float]:
    if metric in TOLERANCE:
        return expected - TOLERANCE[metric], expected + TOLERANCE[metric]
    if metric.startswith("load"):
        allowed = max(1.0, 0.4 * expected)
        return expected - allowed, expected + allowed
    return expected / 2 - SOME, expected * 2 + SOME
