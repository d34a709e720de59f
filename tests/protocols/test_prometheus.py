"""Prometheus' remote_write: every series read as it was written, node_exporter's names as our metrics, answers as senders expect."""

from __future__ import annotations

import math
import struct
from typing import Any

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import BadInput, DomainError, TooLarge, Unsupported
from lib.monitoring.collectors.prometheus import PROTOCOL, V2
from lib.monitoring.collectors.protocols import Incoming, Reply
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.protocols.prompb import Labels, Series, one, two

NOW = 1_795_600_000.0
MS = int(NOW * 1_000)
HEADERS = {"content-type": "application/x-protobuf", "x-prometheus-remote-write-version": "0.1.0"}
HEADERS_2 = {"content-type": f"application/x-protobuf;proto={V2}"}


def incoming(body: bytes, headers: dict[str, str] | None = None) -> Incoming:
    return Incoming("POST", "/api/v1/write", body, NOW, headers=headers or HEADERS)


def batch(body: bytes, headers: dict[str, str] | None = None) -> Batch:
    found = PROTOCOL.read(incoming(body, headers))
    assert isinstance(found, Batch)
    return found


def custom(found: Batch) -> dict[tuple[str, str, int], float]:
    """{(server, series, seconds): value}"""
    return {
        (share.server, name, at): value
        for share in found.shares
        for at, row in share.rows
        for name, value in zip(share.series, row, strict=True)
        if value is not None
    }


VALUES = st.floats(-1e15, 1e15, allow_nan=False)
NAMES = st.text("abcdefghijklmnop_", min_size=1, max_size=12).map(lambda name: f"app_{name.strip('_') or 'x'}_now")
SERIES = st.dictionaries(
    st.tuples(NAMES, st.sampled_from(["a", "웹-01", "b.example.org"])),
    st.lists(VALUES, min_size=1, max_size=3),
    min_size=1,
    max_size=8,
)


@given(SERIES)
def test_what_the_official_encoder_writes_is_read_back_in_both_versions(
    made: dict[tuple[str, str], list[float]],
) -> None:
    series: list[Series] = [
        ({"__name__": name, "host": host}, [(value, MS + 10_000 * n) for n, value in enumerate(values)])
        for (name, host), values in made.items()
    ]
    expected = {
        (host, f"prom.{name}"[:100], int(NOW) + 10 * n): value
        for (name, host), values in made.items()
        for n, value in enumerate(values)
    }
    assert custom(batch(one(series))) == pytest.approx(expected)
    assert custom(batch(one(series))) == pytest.approx(expected), "the second time from what was remembered"
    assert custom(batch(two(series), HEADERS_2)) == pytest.approx(expected)


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for content in (body, bytes(cramjam.snappy.compress_raw(body))):
        for headers in (HEADERS, HEADERS_2):
            try:
                PROTOCOL.read(incoming(content, headers))
            except DomainError:
                continue


def test_a_body_cut_anywhere_is_refused() -> None:
    plain = bytes(cramjam.snappy.decompress_raw(one([({"__name__": "app_x", "host": "a"}, [(1.5, MS)])])))
    for end in range(1, len(plain)):
        with pytest.raises(BadInput):
            PROTOCOL.read(incoming(bytes(cramjam.snappy.compress_raw(plain[:end]))))


def test_a_bomb_is_refused_by_its_length() -> None:
    with pytest.raises(TooLarge):
        PROTOCOL.read(incoming(bytes([0xFF, 0xFF, 0xFF, 0xFF, 0x0F]) + b"\x00" * 50))


def test_metadata_alone_a_stale_marker_and_an_unknown_version() -> None:
    reply = PROTOCOL.read(incoming(one([], metadata=3)))
    assert isinstance(reply, Reply)
    assert reply.status == 204
    stale = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
    assert math.isnan(stale)
    found = batch(
        one([({"__name__": "app_x", "host": "a"}, [(stale, MS)]), ({"__name__": "app_y", "host": "a"}, [(0.0, MS)])])
    )
    assert custom(found) == {("a", "prom.app_y", int(NOW)): 0.0}
    with pytest.raises(Unsupported):
        PROTOCOL.read(incoming(b"", {"content-type": "application/x-protobuf;proto=io.prometheus.write.v3.Request"}))
    two_body = incoming(two([({"__name__": "app_x", "host": "a"}, [(1.0, MS), (2.0, MS + 1_000)])]), HEADERS_2)
    read = PROTOCOL.read(two_body)
    assert isinstance(read, Batch)
    assert PROTOCOL.answer(two_body, read).headers["X-Prometheus-Remote-Write-Samples-Written"] == "2"


@pytest.mark.parametrize(
    ("instance", "server"),
    [
        ("10.0.0.7:9100", "10.0.0.7"), ("web-01", "web-01"), ("[2001:db8::5]:9100", "2001:db8::5"),
        ("[2001:db8::5]", "2001:db8::5"), ("2001:db8::5", "2001:db8::5"),
    ],
)  # fmt: skip
def test_an_address_names_its_server_without_the_port(instance: str, server: str) -> None:
    (share,) = batch(one([({"__name__": "node_load1", "instance": instance}, [(1.0, MS)])])).shares
    assert share.server == server


@pytest.mark.parametrize(("encode", "headers"), [(one, HEADERS), (two, HEADERS_2)])
def test_a_series_that_has_a_native_histogram_alone_is_said_to_be_left_out(
    encode: Any, headers: dict[str, str]
) -> None:
    told = [({"__name__": "app_x", "host": "a"}, [(1.0, MS)]), ({"__name__": "app_h", "host": "a"}, [])]
    (share,) = batch(encode(told), headers).shares
    assert (share.extra["source"]["unmapped"], share.extra["source"]["names"]) == (1, ["app_h"])
    assert share.series == ["prom.app_x"]


def scrape(at: int, step: int, extra: Labels) -> list[Series]:
    def series(name: str, value: float, **labels: str) -> Series:
        return {"__name__": name, "instance": "10.0.0.7:9100", "job": "node", **extra, **labels}, [(value, at)]

    told = [
        series("node_memory_MemTotal_bytes", 16e9), series("node_memory_MemAvailable_bytes", 4e9), series("node_load1", 1.5),
        series("node_boot_time_seconds", at / 1_000 - 500), series("go_goroutines", 8), series("up", 1),
        series("node_uname_info", 1, nodename="box", release="6.1.0", machine="x86_64"), series("node_os_info", 1, pretty_name="Debian 12"),
        series("http_requests_total", 50.0 * step, code="200", method="get"), series("http_seconds_bucket", 3, le="1"),
    ]  # fmt: skip
    for cpu in ("0", "1"):
        for mode, rate in (("idle", 6.0), ("user", 2.0), ("system", 1.0), ("iowait", 1.0), ("guest", 2.0)):
            told.append(series("node_cpu_seconds_total", 100 + rate * step, cpu=cpu, mode=mode))
    for device, rate in (("eth0", 1_000.0), ("lo", 9e9), ("veth1", 9e9)):
        told.append(series("node_network_receive_bytes_total", rate * 10 * step, device=device))
    for device in ("sda", "sda1", "dm-0"):
        told.append(series("node_disk_io_time_seconds_total", 4.0 * step, device=device))
        told.append(series("node_disk_read_bytes_total", 500.0 * step, device=device))
    for mount, kind in (("/", "ext4"), ("/run", "tmpfs")):
        for name, value in (("size", 100.0), ("free", 30.0), ("avail", 20.0)):
            told.append(
                series(f"node_filesystem_{name}_bytes", value * 1e9, mountpoint=mount, fstype=kind, device="/dev/sda1")
            )
    return told


@pytest.mark.parametrize("encode", [one, two])
def test_node_exporter_becomes_our_metrics_however_its_scrape_is_cut(encode: Any) -> None:
    state = ServerState("10.0.0.7")
    heard = []
    for step in range(2):
        told = scrape(MS - 60_000 + 10_000 * step, step, {"env": "prod"})
        for part in (told[::2], told[1::2]):
            (share,) = batch(encode(part), HEADERS if encode is one else HEADERS_2).shares
            assert share.server == "10.0.0.7"
            heard.append((NOW, [decode_part(text) for text in encode_parts(share, "key")]))
    fold_parts(state, heard, NOW)
    fold_parts(state, [], NOW + 20)
    values = dict(zip(state.series, state.values, strict=False))
    assert values == {
        "load1": 1.5, "cpu": 30.0, "iowait": 10.0, "memory": 75.0, "uptime": 500.0, "net_in": 1_000.0, "disk_read": 50.0,
        "disk_busy": 40.0, "disk:/": pytest.approx(77.7778), "disk": pytest.approx(77.7778), "prom.http_requests_total:200:get": 5.0,
    }  # fmt: skip
    assert state.mounts == {"/": [100_000_000_000, 20_000_000_000]}
    assert {name: state.facts[name] for name in ("os", "kernel", "arch", "cores", "memory_bytes", "tags")} == {
        "os": "Debian 12", "kernel": "6.1.0", "arch": "x86_64", "cores": 2, "memory_bytes": 16_000_000_000, "tags": {"env": "prod"},
    }  # fmt: skip
    told = state.sources["prometheus"]
    assert set(told["names"]) == {"http_seconds_bucket", "go_goroutines"}, "of both halves"
    assert told["unmapped"] <= 2, "of the last"


def vector(at: float) -> list[Series]:
    """As Vector's source host_metrics names them: two CPUs of which one is busy a third of the time, waits a third."""
    seconds = at - NOW + 3_000
    told: dict[str, list[tuple[dict[str, str], float]]] = {
        "cpu_seconds_total": [
            *(({"cpu": "0", "mode": mode}, seconds / 3) for mode in ("user", "io_wait", "idle")),
            *(({"cpu": "1", "mode": mode}, seconds if mode == "idle" else 0.0) for mode in ("user", "io_wait", "idle")),
            ({"mode": "logical_cpus"}, 2.0), ({"mode": "physical_cpus"}, 2.0),
        ],
        "memory_total_bytes": [({}, 8e9)], "memory_available_bytes": [({}, 6e9)], "load1": [({}, 0.5)],
        "filesystem_total_bytes": [({"mountpoint": "/", "filesystem": "ext4"}, 1e11)],
        "filesystem_used_bytes": [({"mountpoint": "/", "filesystem": "ext4"}, 3e10)],
        "filesystem_free_bytes": [({"mountpoint": "/", "filesystem": "ext4"}, 6e10)],
        "network_receive_bytes_total": [({"device": "eth0"}, 100 * seconds), ({"device": "lo"}, 9e9 * seconds)],
        "disk_written_bytes_total": [({"device": "sda"}, 50 * seconds), ({"device": "sda1"}, 50 * seconds)],
        "tcp_connections_total": [({"state": "established"}, 7.0), ({"state": "listen"}, 3.0)],
        "temperature_celsius": [({"component": "Core 0"}, 51.0), ({"component": "Core 1"}, 63.0)],
        "host_info": [({"os_name": "Debian", "kernel_version": "6.1.0", "arch": "x86_64"}, 1.0)],
    }  # fmt: skip
    return [
        ({"__name__": f"host_{name}", "host": "vec-1", "collector": "x", **labels}, [(value, int(at * 1_000))])
        for name, those in told.items()
        for labels, value in those
    ]


def test_vector_s_host_metrics_become_ours() -> None:
    state = ServerState("vec-1")
    for at in (NOW - 10, NOW):
        (share,) = batch(one(vector(at))).shares
        fold_parts(state, [(at, [decode_part(text) for text in encode_parts(share, "key")])], at + 20)
    assert dict(zip(state.series, state.values, strict=False)) == pytest.approx({
        "cpu": 100 / 6, "iowait": 100 / 6, "memory": 25.0, "load1": 0.5, "disk:/": 100 / 3, "disk": 100 / 3, "net_in": 100.0,
        "disk_write": 50.0, "connections": 7.0, "temperature": 63.0,
    }, rel=1e-4)  # fmt: skip
    told = {name: state.facts[name] for name in ("os", "kernel", "arch", "cores")}
    assert told == {"os": "Debian", "kernel": "6.1.0", "arch": "x86_64", "cores": 2}
