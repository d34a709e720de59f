"""What it costs to read foreign protocols, a value: of some hundred hosts' worth of what their agents send."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from lib.monitoring.collectors import influx, otlp, prometheus
from lib.monitoring.collectors.protocols import Incoming, Protocol
from lib.monitoring.collectors.server_stats import Batch
from tests.bench.meter import Figure
from tests.protocols.prompb import Series, one

NOW = 1_795_600_000.0
HOSTS, SERIES = 20, 200  # 4 000 values
ROUNDS = 7


def decoding() -> Iterator[Figure]:
    yield from _of(prometheus.PROTOCOL, "remote_write of 4 000 values", _remote_write, 1.0)
    yield from _of(influx.PROTOCOL, "line protocol of 4 000 values", _lines, 1.0)
    yield from _of(otlp.PROTOCOL, "OTLP of 4 000 values", _otlp, 4.0)


def _of(spoken: Protocol, name: str, body_at: Callable[[int], bytes], most: float) -> Iterator[Figure]:
    """The fastest of some rounds: the first meets every series for the first time."""
    took = []
    values = HOSTS * SERIES
    for number in range(ROUNDS):
        request = Incoming(
            "POST", "/", body_at(number), NOW + 10 * number, headers={"content-type": "application/x-protobuf"}
        )
        began = time.process_time()
        found = spoken.read(request)
        took.append(time.process_time() - began)
        assert isinstance(found, Batch)
        assert found.accepted == values
    yield Figure("reading foreign protocols", f"{name}, CPU a value", min(took) / values * 1e6, "us", most=most)
    yield Figure("reading foreign protocols", f"{name}, CPU a value at first", took[0] / values * 1e6, "us")


def _remote_write(number: int) -> bytes:
    at = int((NOW + 10 * number) * 1_000)
    series: list[Series] = []
    for host in range(HOSTS):
        for cpu in range(SERIES // 4):
            for mode in ("idle", "user", "system", "iowait"):
                labels = {
                    "__name__": "node_cpu_seconds_total",
                    "host": f"web-{host:02}",
                    "cpu": str(cpu),
                    "mode": mode,
                    "job": "node",
                }
                series.append((labels, [(1_000.5 + number + cpu, at)]))
    return one(series)


def _lines(number: int) -> bytes:
    at = int(NOW + 10 * number) * 10**9
    fields = ",".join(f"f{place}={place + number}.5" for place in range(20))
    rows = [
        f"app{row},host=web-{host:02},region=seoul {fields} {at}"
        for host in range(HOSTS)
        for row in range(SERIES // 40)
    ]
    loads = "load1={},load5=1,load15=1,uptime=5"
    more = [
        f"system,host=web-{host:02} {loads.format(number)} {at + second * 10**9}"
        for host in range(HOSTS)
        for second in range(25)
    ]
    return "\n".join([*rows, *more]).encode()


def _otlp(number: int) -> bytes:
    """Hosts as the Collector's hostmetrics receiver tells them: the seconds of 50 CPUs in four states."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    at = int(NOW + 10 * number) * 10**9
    message = ExportMetricsServiceRequest()
    for host in range(HOSTS):
        group = message.resource_metrics.add()
        group.resource.attributes.add(key="host.name").value.string_value = f"web-{host:02}"
        data = group.scope_metrics.add().metrics.add(name="system.cpu.time").sum
        data.aggregation_temporality, data.is_monotonic = 2, True
        for cpu in range(SERIES // 4):
            for state in ("idle", "user", "system", "wait"):
                point = data.data_points.add(
                    start_time_unix_nano=10**9, time_unix_nano=at, as_double=1_000.5 + number + cpu
                )
                point.attributes.add(key="cpu").value.string_value = f"cpu{cpu}"
                point.attributes.add(key="state").value.string_value = state
    return message.SerializeToString()
