"""OpenTelemetry's metrics become ours: by hand, in old names and new, in pieces, in both temporalities."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lib.domain.components import Earlier, Told, work_out
from lib.monitoring import composing
from lib.monitoring.collectors.hostmetrics import server_of
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.protocols.otlp_made import DELTA, NOW, Made, batch_of, pot, values


def old_names(at: float, idle: float, user: float, read: int, received: int) -> Made:
    """As the Collector's hostmetrics receiver has told for years: two CPUs, one of which does nothing."""
    made = Made(at=at)
    for cpu, busy in (("cpu0", user), ("cpu1", 0.0)):
        for state, seconds in (("idle", idle), ("user", busy), ("system", 10.0), ("wait", 4.0), ("steal", 1.0)):
            made.sum("system.cpu.time", seconds, cpu=cpu, state=state)
    for state, size in (("used", 3000), ("free", 1000), ("cached", 3500), ("buffered", 500), ("slab_reclaimable", 99)):
        made.sum("system.memory.usage", size, monotonic=False, state=state)
    for state, size in (("used", 25), ("free", 75)):
        made.sum("system.paging.usage", size, monotonic=False, state=state, device="/swap")
    for kind, mount in (("ext4", "/"), ("tmpfs", "/run"), ("ext4", "/data")):
        for state, size in (("used", 600 if mount == "/" else 100), ("free", 200), ("reserved", 50)):
            labels = {"device": "/dev/sda1", "mode": "rw", "mountpoint": mount, "type": kind, "state": state}
            made.sum("system.filesystem.usage", size, monotonic=False, **labels)
            made.sum("system.filesystem.inodes.usage", size // 2, monotonic=False, **labels)
    for device in ("sda", "sda1", "loop0"):
        made.sum("system.disk.io", read, device=device, direction="read")
        made.sum("system.disk.io", 2 * read, device=device, direction="write")
        made.sum("system.disk.io_time", read / 1000, device=device)
    for device in ("eth0", "lo", "veth12"):
        made.sum("system.network.io", received, device=device, direction="receive")
        made.sum("system.network.io", 3 * received, device=device, direction="transmit")
    for state, count in (("ESTABLISHED", 7), ("LISTEN", 9)):
        made.sum("system.network.connections", count, monotonic=False, protocol="tcp", state=state)
    for minutes, load in (("1m", 0.5), ("5m", 0.25), ("15m", 0.125)):
        made.gauge(f"system.cpu.load_average.{minutes}", load)
    return made.gauge("system.uptime", 86400.0).sum("process.cpu.time", 5.0, state="user")


def new_names(at: float, idle: float, user: float, read: int, received: int) -> Made:
    """The same machine, as the semantic conventions call it now."""
    made = Made(at=at)
    for cpu, busy in ((0, user), (1, 0.0)):
        for mode, seconds in (("idle", idle), ("user", busy), ("system", 10.0), ("iowait", 4.0), ("steal", 1.0)):
            made.sum("system.cpu.time", seconds, cpu__logical_number=cpu, cpu__mode=mode)
    for state, size in (("used", 3000), ("free", 1000), ("cached", 3500), ("buffers", 500)):
        made.sum("system.memory.usage", size, monotonic=False, system__memory__state=state)
    for state, size in (("used", 25), ("free", 75)):
        made.sum("system.paging.usage", size, monotonic=False, system__paging__state=state)
    for kind, mount in (("ext4", "/"), ("overlay", "/var/lib/docker/overlay2/x"), ("ext4", "/data")):
        for state, size in (("used", 600 if mount == "/" else 100), ("free", 200)):
            labels = {
                "system__device": "/dev/sda1", "system__filesystem__mode": "rw", "system__filesystem__state": state,
                "system__filesystem__mountpoint": mount, "system__filesystem__type": kind,
            }  # fmt: skip
            made.sum("system.filesystem.usage", size, monotonic=False, **labels)
            made.sum("system.filesystem.inodes.usage", size // 2, monotonic=False, **labels)
    for device in ("sda", "sda1", "loop0"):
        made.sum("system.disk.io", read, system__device=device, disk__io__direction="read")
        made.sum("system.disk.io", 2 * read, system__device=device, disk__io__direction="write")
        made.sum("system.disk.io_time", read / 1000, system__device=device)
    for device in ("eth0", "lo", "veth12"):
        made.sum("system.network.io", received, network__interface__name=device, network__io__direction="receive")
        made.sum("system.network.io", 3 * received, network__interface__name=device, network__io__direction="transmit")
    labels = {"network__transport": "tcp", "network__connection__state": "established"}
    made.sum("system.network.connection.count", 7, monotonic=False, **labels)
    for minutes, load in (("1m", 0.5), ("5m", 0.25), ("15m", 0.125)):
        made.gauge(f"system.cpu.load_average.{minutes}", load)
    return made.gauge("system.uptime", 86400.0)


def composed(*batches: Batch) -> list[tuple[int, dict[str, float]]]:
    """What the sweep makes of the pieces."""
    state = ServerState("web-01")
    rows = []
    for batch in batches:
        for share in batch.shares:
            composing.keep(state, share.extra.get("pots", []))
        rows += composing.settled(state, NOW + 1_000)
    return rows


@pytest.mark.parametrize("told", [old_names, new_names])
def test_a_machine_is_read_in_old_names_and_new(told: Callable[..., Made]) -> None:
    first, second = (
        batch_of(told(NOW, 100.0, 50.0, 1_000_000, 5_000)),
        batch_of(told(NOW + 10, 106.0, 54.0, 1_500_000, 9_000)),
    )
    assert values(second) == {"connections": 7, "load1": 0.5, "load5": 0.25, "load15": 0.125, "uptime": 86400.0}
    (_, before), (at, row) = composed(first, second)
    assert at == NOW + 10
    assert row == {
        # 2 x 6 s idle and 4 s of user on one CPU: 4 of 16.
        "cpu": 25.0, "iowait": 0.0, "steal": 0.0,
        "memory": 37.5, "swap": 25.0, "disk": 75.0, "disk:/": 75.0, "disk:/data": pytest.approx(33.3333),
        "inode": 75.0, "inode:/": 75.0, "inode:/data": pytest.approx(33.3333),
        "disk_read": 50_000.0, "disk_write": 100_000.0, "disk_busy": 100.0,
        "net_in": 400.0, "net_out": 1_200.0,
    }  # fmt: skip
    assert "cpu" not in before, "a rate needs two requests"
    assert {"memory", "disk:/"} <= before.keys()


def test_what_comes_in_several_requests_is_one_machine() -> None:
    """Batch processors cut where they like."""
    whole = [old_names(NOW, 100.0, 50.0, 1_000_000, 5_000), old_names(NOW + 10, 106.0, 54.0, 1_500_000, 9_000)]
    cut = []
    for made in whole:
        metrics = list(made.message.resource_metrics[0].scope_metrics[0].metrics)
        for part in range(3):
            piece = Made(at=made.at)
            piece.message.resource_metrics[0].scope_metrics[0].metrics.extend(metrics[part::3])
            cut.append(batch_of(piece))
    state = ServerState("web-01")
    for batch in cut:
        composing.keep(state, batch.shares[0].extra.get("pots", []))
    assert composing.settled(state, NOW + 1_000) == composed(*map(batch_of, whole))


def test_counters_that_fall_and_machines_that_start_anew_give_no_rate() -> None:
    rows = composed(
        batch_of(Made(at=NOW).sum("system.network.io", 9_000, device="eth0", direction="receive")),
        batch_of(Made(at=NOW + 10).sum("system.network.io", 100, device="eth0", direction="receive")),
        batch_of(Made(at=NOW + 20).sum("system.network.io", 600, device="eth0", direction="receive")),
    )
    assert rows == [(NOW + 20, {"net_in": 50.0})]
    found = batch_of(Made(start=NOW - 5).sum("app.jobs", 12, queue="mail"))
    assert found.shares[0].extra["counters"] == {"otel.app.jobs:mail": pytest.approx(NOW - 5)}


def test_deltas_need_nothing_from_before() -> None:
    made = Made(at=NOW, start=NOW - 20)
    for state, seconds in (("idle", 15.0), ("user", 4.0), ("wait", 1.0)):
        made.sum("system.cpu.time", seconds, kind=DELTA, cpu="cpu0", state=state)
    made.sum("system.network.io", 2_000, kind=DELTA, device="eth0", direction="receive")
    made.sum("http.requests", 50, kind=DELTA, method="GET")
    found = batch_of(made)
    assert values(found) == {"cpu": 20.0, "iowait": 5.0, "net_in": 100.0, "otel.http.requests:GET": 2.5}
    made = Made(start=0).sum("http.requests", 50, kind=DELTA)
    without = batch_of(made.gauge("app.depth", 3))
    assert values(without) == {"otel.app.depth": 3}
    assert without.refused == 1


def test_shares_count_where_sums_are_not_told() -> None:
    made = Made()
    for cpu, idle, wait in (("cpu0", 0.5, 0.1), ("cpu1", 0.9, 0.0)):
        for state, share in (("idle", idle), ("wait", wait), ("user", 1 - idle - wait)):
            made.gauge("system.cpu.utilization", share, cpu=cpu, state=state)
    made.gauge("system.memory.utilization", 0.25, state="used").gauge("system.memory.utilization", 0.75, state="free")
    made.gauge("system.filesystem.utilization", 0.5, mountpoint="/", type="ext4")
    made.gauge("system.filesystem.utilization", 0.7, mountpoint="/data", type="ext4")
    assert values(batch_of(made)) == {
        "cpu": pytest.approx(25.0), "iowait": pytest.approx(5.0), "memory": 25.0, "disk:/": 50.0, "disk:/data": 70.0,
        "disk": 70.0,
    }  # fmt: skip
    both = batch_of(made.sum("system.memory.usage", 5, monotonic=False, state="used"))
    assert "memory" not in values(both)


def test_memory_that_can_be_had_again_is_not_used() -> None:
    made = Made()
    for state, size in (("used", 8), ("free", 1), ("cached", 1)):
        made.sum("system.memory.usage", size, monotonic=False, state=state)
    made.sum("system.memory.limit", 10, monotonic=False).sum("system.linux.memory.available", 6, monotonic=False)
    ((_, row),) = composed(batch_of(made))
    assert row == {"memory": 40.0}


def test_histograms_tell_how_many_their_mean_and_a_percentile() -> None:
    bounds = [0.1, 0.5, 1.0]
    delta = Made(start=NOW - 10).histogram("http.duration", bounds, [50, 40, 10, 0], 20.0, kind=DELTA, route="/a")
    assert values(batch_of(delta)) == {
        # The 95th of 100 lies in the middle of the third bucket.
        "otel.http.duration.rate:a": 10.0, "otel.http.duration.mean:a": 0.2, "otel.http.duration.p95:a": 0.75,
    }  # fmt: skip
    first = batch_of(Made(at=NOW).histogram("http.duration", bounds, [1000, 0, 0, 0], 10.0, route="/a"))
    second = batch_of(Made(at=NOW + 10).histogram("http.duration", bounds, [1050, 40, 10, 0], 30.0, route="/a"))
    reset = batch_of(Made(at=NOW + 20).histogram("http.duration", bounds, [5, 0, 0, 0], 1.0, route="/a"))
    after = batch_of(Made(at=NOW + 30).histogram("http.duration", bounds, [15, 2, 0, 0], 2.2, route="/a"))
    assert composed(first, second, reset, after) == [
        (NOW + 10, values(batch_of(delta))),
        (NOW + 30, {
            "otel.http.duration.rate:a": 1.2, "otel.http.duration.mean:a": 0.1,
            "otel.http.duration.p95:a": pytest.approx(0.38),
        }),
    ]  # fmt: skip


def test_what_lies_above_the_last_bound_is_told_as_the_bound() -> None:
    pots = {"dist.count:a.b": Told(10, 1), "dist.le:a.b|inf": Told(8, 1), "dist.le:a.b|2.0": Told(2, 1)}
    before = {name: Earlier(0.0, 0.0, 1) for name in pots}
    assert work_out(10.0, pots, before)[0] == {"a.b.rate": 1.0, "a.b.p95": 2.0}


def test_exponential_histograms_and_summaries() -> None:
    made = Made(start=NOW - 10)
    data = made.metric("rpc.time").exponential_histogram
    data.aggregation_temporality = DELTA
    data.data_points.add(start_time_unix_nano=(NOW - 10) * 10**9, time_unix_nano=NOW * 10**9, count=4, sum=10.0)
    point = made.metric("gc.pause").summary.data_points.add(time_unix_nano=NOW * 10**9, count=8, sum=4.0)
    point.quantile_values.add(quantile=0.5, value=0.3)
    point.quantile_values.add(quantile=0.999, value=0.9)
    found = batch_of(made)
    assert values(found) == {
        "otel.rpc.time.rate": 0.4, "otel.rpc.time.mean": 2.5, "otel.gc.pause.p50": 0.3, "otel.gc.pause.p99_9": 0.9
    }  # fmt: skip
    assert pot(found) == {"dist.count:otel.gc.pause": 8.0, "dist.sum:otel.gc.pause": 4.0}


@pytest.mark.parametrize(
    ("resource", "server"),
    [
        ({"host.name": "web-01", "host.id": "i-1", "service.name": "shop"}, "web-01"),
        ({"k8s.node.name": "node-7", "host.id": "i-1"}, "node-7"),
        ({"host.id": "i-1", "service.instance.id": "x"}, "i-1"),
        ({"service.instance.id": "shop-3", "service.name": "shop"}, "shop-3"),
        # An SDK numbers itself anew at each start: each would be a server of its own.
        ({"service.instance.id": "3a06e1c6-b1df-4c18-b46c-3a3a680f7cdf", "service.name": "shop"}, "shop"),
        ({}, ""),
    ],
)
def test_which_machine_a_resource_is_of(resource: dict[str, str], server: str) -> None:
    assert server_of(resource) == server


def test_resources_tell_facts_and_tags() -> None:
    resource = {
        "host.name": "web-01", "service.name": "shop", "deployment.environment.name": "prod", "cloud.region": "eu-west-1",
        "cloud.provider": "aws", "os.type": "linux", "os.description": "Debian 12", "host.arch": "amd64",
    }  # fmt: skip
    (share,) = batch_of(Made(resource).gauge("system.uptime", 5.0)).shares
    assert share.extra["host"] == {
        "os": "Debian 12", "arch": "amd64",
        "tags": {"service": "shop", "env": "prod", "region": "eu-west-1", "provider": "aws"},
    }  # fmt: skip


def test_services_of_one_machine_are_told_apart() -> None:
    made = Made({"host.name": "web-01", "service.name": "shop"}).gauge("queue.depth", 3)
    other = Made({"host.name": "web-01", "service.name": "mail"}).gauge("queue.depth", 4)
    made.message.resource_metrics.extend(other.message.resource_metrics)
    assert values(batch_of(made)) == {"otel.queue.depth:shop": 3, "otel.queue.depth:mail": 4}


def test_a_machine_of_several_services_keeps_the_tag_of_the_first() -> None:
    state = ServerState("web-01")
    told = []
    for step, names in enumerate((["shop", "mail"], ["mail"], ["shop", "cart"])):
        made = Made({"host.name": "web-01"}, at=NOW - 60 + 10 * step).gauge("queue.depth", 3)
        for name in names:
            other = Made({"host.name": "web-01", "service.name": name, "cloud.region": f"r{step}"}, at=made.at)
            made.message.resource_metrics.extend(other.gauge("queue.depth", 4).message.resource_metrics)
        (share,) = batch_of(made).shares
        fold_parts(state, [(made.at, [decode_part(text) for text in encode_parts(share, "key")])], NOW)
        told.append(state.tags)
    assert told == [{"service": "shop", "region": f"r{step}"} for step in range(3)]


def test_a_piece_told_twice_is_one() -> None:
    made = Made().sum("system.network.io", 9_000, device="eth0", direction="receive")
    made.message.resource_metrics.extend(list(made.message.resource_metrics))
    assert pot(batch_of(made)) == {"net.in": 9_000.0}


def test_names_that_are_too_long_do_not_meet() -> None:
    made = Made()
    for number in range(3):
        made.gauge("app.value", number, label="x" * 38, other="y" * 38, third="z" * 38, which=number)
    found = values(batch_of(made))
    assert sorted(value for value in found.values() if value is not None) == [0, 1, 2]
    assert all(len(name) <= 100 for name in found)


def test_every_point_of_nobody_is_counted_however_many_resources_there_are() -> None:
    made = Made({"host.name": "web-01"}).gauge("app.queue", 1)
    for _ in range(3):
        made.message.MergeFrom(Made({}).gauge("app.a", 1).gauge("app.b", 2).message)
    assert batch_of(made).refused == 6


def test_what_is_of_nobody_or_of_another_time_is_refused_and_counted() -> None:
    made = Made({"os.type": "linux"}).gauge("a.b", 1).gauge("a.c", 2)
    late = Made(at=NOW - 30 * 86_400).gauge("a.b", 1)
    made.message.resource_metrics.extend(late.message.resource_metrics)
    made.message.resource_metrics.extend(Made().gauge("a.b", 1.5).message.resource_metrics)
    found = batch_of(made)
    assert found.accepted == 1
    assert found.refused == 3


def test_series_that_come_and_go_leave_nothing_in_the_state() -> None:
    state = ServerState("web-01")
    for turn in range(5):
        made = Made(at=NOW + 400 * turn).histogram("job.time", [1.0], [5, 1], 3.0, job=f"job-{turn}")
        composing.keep(state, batch_of(made, now=NOW + 2_000).shares[0].extra["pots"])
        composing.settled(state, NOW + 10_000)
    assert {name.partition("|")[0] for name in state.counts if name.startswith("dist.le")} == {
        "dist.le:otel.job.time:job_3", "dist.le:otel.job.time:job_4"
    }  # fmt: skip


def test_what_a_gateway_sends_of_many_machines_is_of_each() -> None:
    made = Made({"host.name": "web-01"})
    for number in (2, 3):
        made.message.resource_metrics.extend(Made({"host.name": f"web-0{number}"}).message.resource_metrics)
    for group, size in zip(made.message.resource_metrics, (10, 20, 30), strict=True):
        one = Made().sum("system.network.io", size, device="eth0", direction="receive")
        del group.scope_metrics[:]
        group.scope_metrics.extend(one.message.resource_metrics[0].scope_metrics)
    found = batch_of(made)
    told = {
        share.server: {name: piece[1] for name, piece in share.extra["pots"][0][1].items()} for share in found.shares
    }
    assert told == {"web-01": {"net.in": 10.0}, "web-02": {"net.in": 20.0}, "web-03": {"net.in": 30.0}}
