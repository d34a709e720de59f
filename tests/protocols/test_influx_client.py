"""InfluxDB's real Python client reports to `make dev`: by the lines of docs/agents.md, and in batches, compressed, what
the kernel says under Telegraf's names."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from influxdb_client import InfluxDBClient, Point, WriteOptions, WritePrecision

from tests.protocols.agents_paper import block, filled
from tests.protocols.live_hub import LiveHub, check, some_work

METRICS = {
    "cpu", "iowait", "steal", "memory", "load1", "load5", "load15", "uptime", "disk:/", "net_in", "net_out", "disk_read",
    "disk_write",
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("holding", ["InfluxDBClient", "curl"])
def test_what_the_paper_says_arrives(hub_of_clients: LiveHub, holding: str) -> None:
    name = f"lines-{holding.lower()}"
    written = filled(block("InfluxDB's client libraries", holding), hub_of_clients.port, hub_of_clients.key)
    command = [sys.executable, "-c"] if holding == "InfluxDBClient" else ["sh", "-c"]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [*command, written.replace("web-01", name)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    page = hub_of_clients.wait_for(name, {"app.queue"})
    assert page["latest"]["app.queue"] == 12
    assert [one["name"] for one in page["sources"]] == ["influx"]


def points(host: str, at: float) -> list[Point]:
    """What Telegraf tells of this machine, read at one moment."""
    user, nice, system, idle, iowait, irq, softirq, steal, *_ = map(
        float, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    whole = user + nice + system + idle + iowait + irq + softirq + steal
    memory = {
        name: int(rest.split()[0]) * 1_024
        for name, _, rest in (line.partition(":") for line in Path("/proc/meminfo").read_text().splitlines())
    }
    load1, load5, load15 = map(float, Path("/proc/loadavg").read_text().split()[:3])
    space = os.statvfs("/")
    free, used = space.f_bavail * space.f_frsize, (space.f_blocks - space.f_bfree) * space.f_frsize
    uptime = int(float(Path("/proc/uptime").read_text().split()[0]))
    before = _TICKS.get(host, (0.0,) * 4)
    _TICKS[host] = (whole, idle, iowait, steal)
    passed, *shares = (now - then for now, then in zip(_TICKS[host], before, strict=True))
    idle, iowait, steal = (100 * share / max(passed, 1.0) for share in shares)
    found = [
        Point("cpu").tag("cpu", "cpu-total").field("usage_idle", idle).field("usage_iowait", iowait).field("usage_steal", steal),
        Point("mem").field("total", memory["MemTotal"]).field("available", memory["MemAvailable"]),
        Point("system").field("load1", load1).field("load5", load5).field("load15", load15).field("uptime", uptime),
        Point("disk").tag("path", "/").tag("fstype", "ext4").field("free", free).field("used", used).field("total", used + free),
    ]  # fmt: skip
    for line in Path("/proc/net/dev").read_text().splitlines()[2:]:
        device, _, counters = line.partition(":")
        received, sent = int(counters.split()[0]), int(counters.split()[8])
        found.append(
            Point("net").tag("interface", device.strip()).field("bytes_recv", received).field("bytes_sent", sent)
        )
    for line in Path("/proc/diskstats").read_text().splitlines():
        _, _, device, _, _, read, _, _, _, written, *_ = line.split()
        found.append(
            Point("diskio")
            .tag("name", device)
            .field("read_bytes", int(read) * 512)
            .field("write_bytes", int(written) * 512)
        )
    return [one.tag("host", host).time(int(at * 1_000), WritePrecision.MS) for one in found]


_TICKS: dict[str, tuple[float, ...]] = {}


@pytest.mark.long
@pytest.mark.parametrize("is_compressed", [False, True])
def test_batches_of_the_client_say_what_the_kernel_says(
    hub_of_clients: LiveHub, tmp_path: Path, is_compressed: bool
) -> None:
    host = f"influx-gzip-{is_compressed}".lower()
    options = WriteOptions(batch_size=500, flush_interval=2_000)
    account = {"url": hub_of_clients.url, "token": hub_of_clients.key, "org": "openmanager"}
    with InfluxDBClient(**account, enable_gzip=is_compressed) as client, some_work(tmp_path):
        assert client.ping()
        points(host, time.time())  # its ticks are where the first shares begin
        ends = threading.Event()

        def report() -> None:
            with client.write_api(write_options=options) as writing:
                while not ends.wait(4):
                    writing.write(bucket="openmanager", record=points(host, time.time()))

        reporting = threading.Thread(target=report)
        reporting.start()
        try:
            (page,) = check(hub_of_clients, [host], METRICS, 40)
        finally:
            ends.set()
            reporting.join()
    assert page["memory_bytes"] > 0
    assert [one["name"] for one in page["sources"]] == ["influx"]
    assert page["sources"][0].get("names", []) == []
