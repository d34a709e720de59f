"""What it costs to read foreign protocols and our own, a value: of some hosts' worth of what their agents send, from
the body's bytes to the batch that is handed on. Cold is the first request of a process: every series is new."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from lib.monitoring.collectors import influx, otlp, prometheus, server_stats
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.collectors.server_stats import Batch
from lib.strict_json import parse
from tests.bench.fleet import Machine, series_of
from tests.bench.meter import Figure
from tests.protocols.prompb import Series, one, two

NOW = 1_795_600_000.0
GROUP = "reading what agents send, CPU a value"
HOSTS, SERIES = 20, 200  # 4 000 values, each of another series
BODIES, STEP, ROUNDS = 4, 10, 40  # requests ten seconds apart, sent again and again
TURNS = 100_000

type Reader = Callable[[bytes, float], Batch]


def decoding() -> Iterator[Figure]:
    yield Figure(GROUP, "for scale: a turn of an empty loop", _turn(), "ns")
    yield from _of("remote_write 1.0, 4 000 series", _read(prometheus), lambda n: one(_series(n)), most=1.0)
    yield from _of("remote_write 2.0, 4 000 series", _read(prometheus, prometheus.V2), lambda n: two(_series(n)))
    yield from _of("line protocol, 4 000 series", _read(influx), _lines, most=1.0)
    yield from _of(
        "Telegraf's lines, 20 hosts", _read(influx), _telegraf, values=_fields(_telegraf(0)), accepted=39 * HOSTS
    )
    yield from _of("OTLP, 4 000 series", _read(otlp), _otlp, most=4.0)
    machine = Machine("bench", 1)
    yield from _of(
        "our JSON, 60 samples of 40 series", lambda body, now: server_stats.decode(parse(body), now),
        lambda n: machine.post(int(NOW) + STEP * n, 60), values=60 * series_of(machine), accepted=60, most=0.3,
    )  # fmt: skip


def _turn() -> float:
    """Nanoseconds: what a machine that is busy elsewhere makes of a known piece of work."""
    quickest = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TURNS):
            pass
        quickest = min(quickest, time.process_time() - began)
    return quickest / TURNS * 1e9


def _read(collector: object, of: str = "prometheus.WriteRequest") -> Reader:
    def read(body: bytes, now: float) -> Batch:
        headers = {"content-type": f"application/x-protobuf;proto={of}"}
        found = collector.PROTOCOL.read(Incoming("POST", "/", body, now, headers=headers))  # type: ignore[attr-defined]
        assert isinstance(found, Batch)
        return found

    return read


def _of(
    name: str, read: Reader, body_at: Callable[[int], bytes], *, values: int = HOSTS * SERIES,
    accepted: int | None = None, most: float | None = None,
) -> Iterator[Figure]:  # fmt: skip
    """`accepted` is what the batch counts, where that is not every value."""
    took = []
    bodies = [body_at(number) for number in range(BODIES)]
    for number in range(ROUNDS):
        began = time.process_time()
        found = read(bodies[number % BODIES], NOW + STEP * (number % BODIES))
        took.append(time.process_time() - began)
        assert not found.refused
        assert found.accepted == (values if accepted is None else accepted)
    yield Figure(GROUP, f"{name}, warm", min(took) / values * 1e6, "us", most=most)
    yield Figure(GROUP, f"{name}, cold", took[0] / values * 1e6, "us")


def _series(number: int) -> list[Series]:
    """Hosts as node_exporter tells them: the seconds of 50 CPUs in four states, one of ten of them 0."""
    at = int((NOW + STEP * number) * 1_000)
    return [
        (
            {"__name__": "node_cpu_seconds_total", "host": f"web-{host:02}", "cpu": str(cpu), "mode": mode, "job": "x"},
            [(0.0 if cpu % 10 == 9 else 1_000.5 + number + cpu, at)],
        )
        for host in range(HOSTS)
        for cpu in range(SERIES // 4)
        for mode in ("idle", "user", "system", "iowait")
    ]  # fmt: skip


def _lines(number: int) -> bytes:
    at = int(NOW + STEP * number) * 10**9
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


_TELEGRAF = {
    "cpu": "usage_guest usage_guest_nice usage_iowait usage_irq usage_nice usage_softirq usage_steal usage_system "
    "usage_user",
    "mem": "active buffered cached commit_limit committed_as dirty free high_free high_total huge_page_size inactive "
    "low_free mapped page_tables shared slab sreclaimable sunreclaim swap_cached swap_free swap_total used "
    "vmalloc_total write_back",
    "disk": "inodes_free inodes_total inodes_used used free total",
    "diskio": "io_time iops_in_progress merged_reads merged_writes read_bytes read_time reads weighted_io_time "
    "write_bytes write_time writes",
    "net": "bytes_recv bytes_sent drop_in drop_out err_in err_out packets_recv packets_sent",
    "processes": "blocked dead idle paging running sleeping stopped total total_threads zombies",
}  # fmt: skip


def _telegraf(number: int) -> bytes:
    """What Telegraf's usual inputs write of a machine of four cores every ten seconds; most is a whole number."""
    at = int(NOW + STEP * number) * 10**9
    n = number + 1
    names = {of: words.split() for of, words in _TELEGRAF.items()}
    shares = ",".join(f"{name}={n}.25" for name in names.pop("cpu"))
    memory, disk, diskio, net, processes = (",".join(f"{one}={n}000i" for one in those) for those in names.values())
    lines = []
    for host in range(HOSTS):
        of = f"host=web-{host:02}"
        lines += [
            f"cpu,cpu={cpu},{of} usage_idle=60.5,{shares} {at}" for cpu in ("cpu-total", "cpu0", "cpu1", "cpu2", "cpu3")
        ]
        lines.append(
            f"mem,{of} available=8000000000i,total=16000000000i,available_percent=50.5,used_percent=48.5,{memory} {at}"
        )
        lines.append(f"swap,{of} free=5i,total=10i,used=5i,used_percent=50 {at}")
        lines += [
            f"disk,device={one},fstype=ext4,{of},mode=rw,path=/{one} {disk},used_percent=40.5 {at}"
            for one in ("sda1", "sdb1")
        ]
        lines += [f"diskio,{of},name={one} {diskio} {at}" for one in ("sda", "sdb")]
        lines += [f"net,{of},interface={one} {net} {at}" for one in ("eth0", "eth1")]
        lines.append(f"system,{of} load1={n}.5,load5=0.4,load15=0.3,n_cpus=4i,n_unique_users=1i,n_users=2i {at}")
        lines.append(f"system,{of} uptime={n}000i {at}")
        lines.append(f"processes,{of} {processes} {at}")
    return "\n".join(lines).encode()


def _fields(lines: bytes) -> int:
    return sum(line.split(b" ")[1].count(b"=") for line in lines.splitlines())


def _otlp(number: int) -> bytes:
    """Hosts as the Collector's hostmetrics receiver tells them: the seconds of 50 CPUs in four states."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    at = int(NOW + STEP * number) * 10**9
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
