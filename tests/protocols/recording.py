"""Makes the vectors of tests/data/protocols anew: real clients report to a hub on loopback that only writes down what comes.

`python -m tests.protocols.recording prometheus|collectd|otel-python|otel-js|influxdb-client`. Prometheus, node_exporter and
collectd are Debian's (debian_packages.py), the others come from PyPI and npm, into the user's cache. After it the
expected values in test_client_vectors.py have to be worked out again, from what stands in `told` beside the requests.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.protocols.debian_packages import environment, unpacked

VECTORS = Path(__file__).resolve().parents[1] / "data" / "protocols"
KEY = "omv_live_vector"  # stands in the recorded headers for a key
LEFT_OUT = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class Recorder:
    """Keeps every request as it came. `page`, where it is set, is what a GET is answered with."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, Any], bytes]] = []
        self.pages: list[tuple[float, str]] = []
        self.page: Callable[[], str] | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = b"".join(self._chunks()) if self.headers.get("Transfer-Encoding") else b""
                body = body or self.rfile.read(int(self.headers.get("Content-Length") or 0))
                told = {
                    "at": round(time.time(), 3), "method": self.command, "path": self.path,
                    "headers": [[name, text] for name, text in self.headers.items() if name.lower() not in LEFT_OUT],
                    "chunked": bool(self.headers.get("Transfer-Encoding")),
                }  # fmt: skip
                outer.requests.append((told, body))
                is_otlp = self.path.startswith("/v1/")
                self._say(200 if is_otlp else 204, "application/x-protobuf" if is_otlp else "text/plain", b"")

            def do_GET(self) -> None:
                if outer.page is None:
                    self._say(503, "text/plain", b"")
                    return
                text = outer.page()
                outer.pages.append((time.time(), text))
                self._say(200, "text/plain; version=0.0.4", text.encode())

            def _chunks(self) -> Iterator[bytes]:
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def _say(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, count: int, seconds: float = 90.0) -> None:
        until = time.monotonic() + seconds
        while len(self.requests) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self.requests)} of {count} requests came")
            time.sleep(0.1)

    def keep(self, client: str, told: dict[str, str], which: slice = slice(None)) -> None:
        folder = VECTORS / client
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        kept = self.requests[which]
        for number, (_, body) in enumerate(kept, 1):
            (folder / f"{number}.body").write_bytes(body)
        lines = ",\n ".join(json.dumps(request) for request, _ in kept)
        (folder / "requests.json").write_text(f"[{lines}]\n")
        for name, text in told.items():
            (folder / name).write_text(text)
        print(f"{client}: {len(kept)} requests, {sum(len(body) for _, body in kept)} bytes")


@contextlib.contextmanager
def running(*command: str | Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [str(part) for part in command], env={"PATH": os.environ["PATH"], **settings},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.terminate()
        child.wait(20)


EXPORTER = (
    "--collector.disable-defaults", "--web.disable-exporter-metrics", "--collector.cpu", "--collector.meminfo",
    "--collector.loadavg", "--collector.filesystem", "--collector.diskstats", "--collector.netdev", "--collector.stat",
    "--collector.netstat", "--collector.uname", "--collector.os",
)  # fmt: skip
PROMETHEUS = """
global: {{ scrape_interval: 5s, external_labels: {{ env: vector }} }}
scrape_configs:
  - job_name: node
    static_configs: [{{ targets: ["{target}"], labels: {{ instance: "web-01:9100" }} }}]
remote_write:
  - url: {hub}/api/v1/write
    authorization: {{ credentials: {key} }}
    metadata_config: {{ send_interval: 12s }}
"""


def prometheus(recorder: Recorder, folder: Path) -> None:
    """Two scrapes of node_exporter, its metadata, and a third that finds nobody: what was there is told to be over."""
    exporter = unpacked("prometheus-node-exporter") / "usr/bin/prometheus-node-exporter"
    port = free_port()

    def page() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            # The kernel of whoever records is nobody's concern.
            return re.sub(r'(nodename="|release="|version="#)[^"]*', r"\1vector", answer.read().decode())

    recorder.page = page
    config = folder / "prometheus.yml"
    config.write_text(PROMETHEUS.format(target=recorder.url.removeprefix("http://"), hub=recorder.url, key=KEY))
    program = unpacked("prometheus") / "usr/bin/prometheus"
    agent = ("--enable-feature=agent", f"--storage.agent.path={folder / 'wal'}", f"--config.file={config}")
    with running(exporter, f"--web.listen-address=127.0.0.1:{port}", *EXPORTER):
        time.sleep(1)
        with running(program, *agent, f"--web.listen-address=127.0.0.1:{free_port()}"):
            recorder.wait(3)  # the metadata go by themselves
            recorder.page = None
            recorder.wait(4)
    (_, first), (_, second), *_ = recorder.pages
    recorder.keep("prometheus", {"told-1.txt": sought(first), "told-2.txt": sought(second)}, slice(0, 4))


def sought(page: str) -> str:
    """The lines of an exporter's page that the expected values are worked out from."""
    names = (
        "node_cpu_seconds_total", "node_memory_MemTotal", "node_memory_MemAvail", "node_memory_Swap", "node_load",
        "node_filesystem_", "node_disk_read_bytes", "node_disk_written", "node_disk_io_time_s", "node_network_receive_bytes",
        "node_network_transmit_bytes", "node_boot_time", "node_netstat_Tcp_CurrEstab", "node_uname_info", "node_os_info",
    )  # fmt: skip
    return "".join(f"{line}\n" for line in page.splitlines() if line.startswith(names))


COLLECTD = """
Hostname "web-01"
FQDNLookup false
BaseDir "{folder}"
PluginDir "{plugins}"
TypesDB "{types}"
Interval 5
{loads}
<Plugin df>
  MountPoint "/"
  ReportInodes true
</Plugin>
<Plugin interface>
  Interface "lo"
  Interface "eth0"
</Plugin>
<Plugin write_http>
  <Node "openmanager">
    URL "{hub}/collectd"
    Header "Authorization: Bearer {key}"
    Format "JSON"
    StoreRates {rates}
    BufferSize {size}
  </Node>
</Plugin>
"""
PLUGINS = ("cpu", "disk", "df", "load", "interface", "memory", "swap", "uptime", "users")


def collectd(recorder: Recorder, folder: Path) -> None:
    """Posts with rates that collectd works out; then, for `collectd-counters`, of fewer plugins and without."""
    root = unpacked("collectd-core")
    for client, rates, size, plugins in (
        ("collectd", "true", 16384, PLUGINS),
        ("collectd-counters", "false", 8192, PLUGINS[:4]),
    ):
        recorder.requests.clear()
        config = folder / "collectd.conf"
        config.write_text(COLLECTD.format(
            folder=folder, plugins=root / "usr/lib/collectd", types=root / "usr/share/collectd/types.db", hub=recorder.url,
            key=KEY, rates=rates, size=size, loads="\n".join(f"LoadPlugin {name}" for name in (*plugins, "write_http")),
        ))  # fmt: skip
        with running(root / "usr/sbin/collectd", "-f", "-C", config, **environment(root)):
            recorder.wait(2 if rates == "true" else 3)
        recorder.keep(client, {}, slice(0, 2 if rates == "true" else 3))


OTEL_PYTHON = """
import sys, time
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.instrumentation.system_metrics import SystemMetricsInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

class Telling(OTLPMetricExporter):
    told = 0
    def export(self, metrics_data, *given, **more):
        Telling.told += 1
        open(f"{sys.argv[1]}/told-{Telling.told}.json", "w").write(metrics_data.to_json(indent=None))
        return super().export(metrics_data, *given, **more)

reader = PeriodicExportingMetricReader(Telling(compression=Compression[sys.argv[2]]), export_interval_millis=1e9)
provider = MeterProvider([reader])
SystemMetricsInstrumentor().instrument(meter_provider=provider)
reader.collect()
time.sleep(5)
provider.shutdown()
"""


def otel_python(recorder: Recorder, folder: Path) -> None:
    """Two exports of the instrumentation of the system, gzipped: all it tells by default."""
    from tests.protocols.test_otlp_client import client_python

    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": recorder.url, "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{KEY}",
        "OTEL_RESOURCE_ATTRIBUTES": "host.name=web-01,service.name=shop,deployment.environment.name=vector",
    }  # fmt: skip
    subprocess.run(
        [str(client_python()), "-c", OTEL_PYTHON, str(folder), "Gzip"], check=True, timeout=120, env={"PATH": os.environ["PATH"], **settings}
    )  # fmt: skip
    recorder.keep("otel-python", {f"told-{n}.txt": of_system((folder / f"told-{n}.json").read_text()) for n in (1, 2)})


SOUGHT = frozenset({
    "system.cpu.time", "system.memory.usage", "system.swap.usage", "system.disk.io", "system.network.io",
    "system.network.connections",
})  # fmt: skip


def of_system(text: str) -> str:
    """What the SDK itself says it exported: the metrics of the system alone, one line a point."""
    lines = [
        f"{metric['name']} {json.dumps(point['attributes'])} {point['value']} @{point['time_unix_nano']}\n"
        for resource in json.loads(text)["resource_metrics"] for scope in resource["scope_metrics"]
        for metric in scope["metrics"] if metric["name"] in SOUGHT
        for point in metric["data"]["data_points"] if "loop" not in point["attributes"].get("device", "")
    ]  # fmt: skip
    return "".join(lines)


OTEL_JS = """
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-proto');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { HostMetrics } = require('@opentelemetry/host-metrics');
const fs = require('fs');
let told = 0;
const exporter = new OTLPMetricExporter({ compression: 'gzip' });
const inner = exporter.export.bind(exporter);
exporter.export = (metrics, done) => {
  const points = metrics.scopeMetrics.flatMap((scope) => scope.metrics.flatMap((metric) => metric.dataPoints.map((point) =>
    `${metric.descriptor.name} ${JSON.stringify(point.attributes)} ${JSON.stringify(point.value)} @${point.endTime.join('.')}\\n`)));
  fs.writeFileSync(`${process.argv[2]}/told-${++told}.txt`, points.join(''));
  inner(metrics, done);
};
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 5000 });
const resource = resourceFromAttributes({ 'host.name': 'web-01', 'service.name': 'shop' });
const provider = new MeterProvider({ resource, readers: [reader] });
new HostMetrics({ meterProvider: provider }).start();
const meter = provider.getMeter('shop');
const orders = meter.createCounter('shop.orders');
const took = meter.createHistogram('shop.request.duration', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 0.5, 1] } });
meter.createObservableGauge('shop.queue').addCallback((result) => result.observe(4.5, { name: 'mails' }));
const act = () => { orders.add(10, { kind: 'book' }); [0.05, 0.2, 0.2, 0.7].forEach((one) => took.record(one)); };
act();
setTimeout(act, 7000);
setTimeout(() => provider.shutdown().then(() => process.exit(0)), 11000);
"""
JS_PACKAGES = (
    "@opentelemetry/sdk-metrics@2.12.1", "@opentelemetry/exporter-metrics-otlp-proto@0.223.0",
    "@opentelemetry/host-metrics@0.39.0", "@opentelemetry/resources@2.12.1",
)  # fmt: skip


def otel_js(recorder: Recorder, folder: Path) -> None:
    """Two exports of the SDK's own instruments and of host-metrics: gzip, chunked."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openmanager-otel-js"
    home.mkdir(parents=True, exist_ok=True)
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home), *JS_PACKAGES]
    subprocess.run(install, check=True, timeout=300)
    script = home / "client.js"
    script.write_text(OTEL_JS)
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": recorder.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{KEY}",
    }
    subprocess.run(
        ["node", str(script), str(folder)], check=True, timeout=60, env={"PATH": os.environ["PATH"], **settings}
    )
    recorder.keep("otel-js", {f"told-{n}.txt": (folder / f"told-{n}.txt").read_text() for n in (1, 2)}, slice(0, 2))


def influxdb_client(recorder: Recorder, _: Path) -> None:
    """Points of every kind of field in three precisions, plain and gzipped; the values are those of this function."""
    from influxdb_client import InfluxDBClient, Point, WritePrecision
    from influxdb_client.client.write_api import SYNCHRONOUS

    at = int(time.time()) // 10 * 10
    for is_gzipped in (False, True):
        with InfluxDBClient(recorder.url, token=KEY, org="openmanager", enable_gzip=is_gzipped) as client:
            write = client.write_api(write_options=SYNCHRONOUS).write
            points = [
                Point("mem").tag("host", "web-01").field("used_percent", 61.5).field("total", 16_000_000_000)
                .time(at, WritePrecision.S),
                Point("shop orders").tag("host", "web-01").tag("kind", "book, used").tag("town", "서울")
                .field("count", 12).field("share", 0.25).field("is open", True).field("note", 'a "quoted", b=c')
                .time(at, WritePrecision.S),
            ]  # fmt: skip
            write("openmanager", record=points, write_precision=WritePrecision.S)
            record = {
                "measurement": "system",
                "tags": {"host": "web-02"},
                "fields": {"load1": 1.5, "n_cpus": 4},
                "time": at * 1_000,
            }
            write("openmanager", record=[record], write_precision=WritePrecision.MS)
            write("openmanager", record=f"queue,host=web-02,name=mail\\ in depth=7i,full=f {at}000000000")


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


CLIENTS: dict[str, Callable[[Recorder, Path], None]] = {
    "prometheus": prometheus, "collectd": collectd, "otel-python": otel_python, "otel-js": otel_js,
    "influxdb-client": influxdb_client,
}  # fmt: skip


def main(names: list[str]) -> None:
    for name in names or CLIENTS:
        recorder = Recorder()
        with tempfile.TemporaryDirectory(prefix="openmanager-recording-") as folder:
            CLIENTS[name](recorder, Path(folder))
        if name == "influxdb-client":
            recorder.keep(name, {})


if __name__ == "__main__":
    main(sys.argv[1:])
