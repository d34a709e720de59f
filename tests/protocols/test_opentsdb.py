"""`/api/put` and `/graphite`: Netdata's three exporters, OpenTSDB and Graphite, told apart and read as our metrics."""

from __future__ import annotations

import json
from typing import Any

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import BadInput, DomainError
from lib.domain.telemetry import ServerSamples
from lib.monitoring.collectors.opentsdb import PROTOCOL
from lib.monitoring.collectors.prometheus import PROTOCOL as PROMETHEUS
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.protocols import prompb

NOW = 1_795_600_000.0
AT = int(NOW) - 60
SERVER = "web-01.lab"
# (chart, dimension, value, mount): as Netdata measures and counts them.
TOLD = [
    *(("system.cpu", name, value, "") for name, value in
      {"user": 20.0, "system": 5.0, "nice": 0.0, "softirq": 1.0, "irq": 0.0, "iowait": 10.0, "steal": 4.0, "guest": 0.0}.items()),
    *(("system.ram", name, value, "") for name, value in {"free": 5_000, "used": 3_000, "cached": 1_500, "buffers": 500}.items()),
    ("system.net", "received", 800.0, ""), ("system.net", "sent", -80.0, ""), ("system.io", "in", 10.0, ""), ("system.io", "out", -5.0, ""),
    ("system.load", "load1", 0.5, ""), ("system.load", "load5", 1.5, ""), ("system.load", "load15", 2.5, ""), ("system.uptime", "uptime", 99, ""),
    ("system.swap", "free", 300.0, ""), ("system.swap", "used", 100.0, ""),
    ("disk_space._", "avail", 50.0, "/"), ("disk_space._", "used", 30.0, "/"), ("disk_space._", "reserved for root", 5.0, "/"),
    ("disk_inodes._", "avail", 75.0, "/"), ("disk_inodes._", "used", 25.0, "/"), ("disk_space._run", "used", 1.0, "/run"),
    ("disk_util.sda", "utilization", 40.0, ""), ("disk_util.sda1", "utilization", 90.0, ""), ("nginx_local.requests", "requests", 7.0, ""),
]  # fmt: skip
EXPECTED = {
    "cpu": 26.0, "iowait": 10.0, "steal": 4.0, "memory": 30.0, "net_in": 100_000.0, "net_out": 10_000.0, "disk_read": 10_240.0,
    "disk_write": 5_120.0, "load1": 0.5, "load5": 1.5, "load15": 2.5, "uptime": 99.0, "swap": 25.0, "disk:/": 37.5, "disk": 37.5,
    "inode:/": 25.0, "inode": 25.0, "disk_busy": 40.0, "nginx_local.requests:requests": 7.0,
}  # fmt: skip


def batch(body: bytes, path: str = "/api/put", **query: str) -> Batch:
    found = PROTOCOL.read(Incoming("POST", path, body, NOW, query=query))
    assert isinstance(found, Batch)
    return found


def values_of(share: ServerSamples) -> dict[str, float | None]:
    state = ServerState(share.server)
    fold_parts(state, [(NOW, [decode_part(text) for text in encode_parts(share, "key")])], NOW)
    fold_parts(state, [], NOW + 20)
    return dict(zip(state.series, state.values, strict=False))


def as_json() -> bytes:
    told = [
        {"prefix": "netdata", "hostname": SERVER, "host_tags": "", "chart_id": chart, "chart_name": chart, "chart_family": mount or "x",
         "chart_context": chart, "chart_type": chart.partition(".")[0], "units": "?", "id": name, "name": name, "value": value, "timestamp": AT}
        for chart, name, value, mount in TOLD
    ]  # fmt: skip
    return json.dumps([*told, {**told[0], "value": None}]).encode()


def as_opentsdb() -> bytes:
    return json.dumps([
        {"metric": f"netdata.{chart}.{name.replace(' ', '_')}", "timestamp": AT, "value": value, "tags": {"host": SERVER}}
        for chart, name, value, _ in TOLD
    ]).encode()  # fmt: skip


def as_graphite() -> bytes:
    return "".join(
        f"netdata.{SERVER}.{chart}.{name.replace(' ', '_')} {value} {AT}\n" for chart, name, value, _ in TOLD
    ).encode()


@pytest.mark.parametrize("written", [as_json, as_opentsdb, as_graphite])
def test_netdata_s_exporters_say_the_same_in_three_forms(written: Any) -> None:
    found = batch(written())
    assert found.rejected == []
    (share,) = found.shares
    assert share.server == SERVER
    assert values_of(share) == pytest.approx(EXPECTED)
    assert share.extra["source"] == {"name": "netdata"}, "nothing is left over"


def as_remote_write() -> bytes:
    """As exporting/prometheus/remote_write writes it: what it is of stands in the labels, not in the name."""
    info = (
        {"__name__": "netdata_info", "application": "netdata", "instance": SERVER, "version": "2.6.0"},
        [(1.0, AT * 1_000)],
    )
    told = [
        ({"__name__": f"netdata_{chart.replace('.', '_')}_average", "chart": chart, "dimension": name, "family": mount or "x", "instance": SERVER},
         [(value, AT * 1_000)])
        for chart, name, value, mount in TOLD
    ]  # fmt: skip
    return prompb.one([info, *told])


def test_its_remote_write_says_the_same_and_prometheus_that_scraped_one_stays_prometheus() -> None:
    def read(**headers: str) -> Batch:
        request = Incoming("POST", "/api/v1/write", as_remote_write(), NOW, headers=headers)
        found = PROMETHEUS.read(request)
        assert isinstance(found, Batch)
        assert found.rejected == []
        return found

    (share,) = read().shares
    assert share.server == SERVER
    assert values_of(share) == pytest.approx(EXPECTED)
    assert share.extra["source"]["name"] == "netdata"
    (scraped,) = read(**{"user-agent": "Prometheus/3.5.0"}).shares
    assert scraped.extra["source"]["name"] == "prometheus"
    assert "cpu" not in scraped.series


@given(st.binary(max_size=120))
def test_a_broken_remote_write_is_refused_or_read(rest: bytes) -> None:
    body = bytes(cramjam.snappy.compress_raw(b"\x0a\x1a\x0a\x18\x0a\x08__name__\x12\x0cnetdata_info" + rest))
    try:
        PROMETHEUS.read(Incoming("POST", "/api/v1/write", body, NOW))
    except DomainError:
        return


def test_half_of_the_modes_are_no_cpu() -> None:
    (share,) = batch(f"netdata.a.system.cpu.user 20 {AT}\nnetdata.a.system.load.load1 1 {AT}".encode()).shares
    assert share.series == ["load1"]


def test_opentsdb_s_points_are_read_and_told_of_where_asked() -> None:
    def point(metric: object, value: object, at: object = AT, **tags: object) -> dict[str, object]:
        return {"metric": metric, "timestamp": at, "value": value, "tags": tags}

    points = [
        point("sys.queue.depth", 5, host="a", zone="z1"), point("jobs", "2.5", AT * 1_000, hostname="a"),
        point("x.y", "many", host="a"), point("x.y", True, host="a"), point("x.y", 1, "soon", host="a"), point(3, 1, host="a"),
        point("x.y", 1), 7, {"metric": "x.y", "timestamp": AT, "value": 1},
    ]  # fmt: skip
    body = json.dumps(points).encode()
    found = batch(body)
    (share,) = found.shares
    assert dict(zip(share.series, share.rows[0][1], strict=True)) == {"sys.queue.depth:z1": 5.0, "tsdb.jobs": 2.5}
    assert len(found.rejected) == 7
    request = Incoming("POST", "/api/put", body, NOW)
    assert PROTOCOL.answer(request, found).status == 204
    assert PROTOCOL.partly_told, "what was refused is said by 400"
    asked = PROTOCOL.answer(
        Incoming("POST", "/api/put", body, NOW, query={"details": ""}), batch(json.dumps(points[0]).encode())
    )
    assert json.loads(asked.body) == {"success": 1, "failed": 0, "errors": []}
    (single,) = batch(json.dumps(points[0]).encode()).shares
    assert single.series == ["sys.queue.depth:z1"]


def test_graphite_s_lines_name_their_server_in_a_tag_the_address_or_the_path() -> None:
    lines = [
        f"web-01.app.queue 1 {AT}", f"servers.web-02.app.queue 2.5 {AT}", f"app.queue;host=web-03;zone=b 3 {AT}", "web-01.app.now 4 -1", "",
        "broken", f"web-01.app.x one {AT}", f"web-01.app.x nan {AT}", f"web-01 1 {AT}", f"a b c {AT}", f"... 1 {AT}",
    ]  # fmt: skip
    found = batch("\r\n".join(lines).encode(), "/graphite")
    assert [one["reason"].partition(":")[0] for one in found.rejected] == [f"line {n}" for n in range(6, 12)]
    told = {
        (share.server, name): value
        for share in found.shares
        for _, row in share.rows
        for name, value in zip(share.series, row, strict=True)
        if value is not None
    }
    assert told == {
        ("web-01", "app.queue"): 1.0, ("web-02", "app.queue"): 2.5, ("web-03", "app.queue:b"): 3.0, ("web-01", "app.now"): 4.0,
    }  # fmt: skip
    (share,) = batch(f"app.queue 5 {AT}".encode(), "/graphite", host="db-1").shares
    assert (share.server, share.series) == ("db-1", ["app.queue"])


def test_hostile_names_make_no_metric_and_no_server_and_too_many_points_are_refused() -> None:
    hostile = [
        {"metric": "\u202e..//" + "x" * 500, "timestamp": AT, "value": 1, "tags": {"host": host}}
        for host in ("a", "<b>", "", "x" * 200)
    ]
    found = batch(json.dumps(hostile).encode())
    assert {share.server for share in found.shares} == {"a"}
    assert all(len(name) <= 100 for share in found.shares for name in share.series)
    with pytest.raises(BadInput):
        batch(b"a.b 1\n" * 50_001)
    with pytest.raises(BadInput):
        batch(b"[" * 100_000)


ATOMS = st.sampled_from(
    [None, True, 0, -1, 10**20, 1.5, 1e300, AT, "", "nan", "7", "system.cpu", "netdata.a.b.c", "\u202e"]
)
KEYS = st.sampled_from(
    ["metric", "timestamp", "value", "tags", "chart_id", "hostname", "name", "id", "labels", "chart_family", "host"]
)


def take(body: bytes) -> None:
    for path in ("/api/put", "/graphite"):
        try:
            PROTOCOL.read(Incoming("POST", path, body, NOW))
        except DomainError:
            continue


@given(st.binary(max_size=300) | st.text("netdaa.sym;= -1\n", max_size=80).map(str.encode))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    take(body)


@given(st.lists(st.dictionaries(KEYS, ATOMS | st.dictionaries(KEYS, ATOMS, max_size=2), max_size=7), max_size=3))
def test_whatever_json_comes_is_read_or_refused(document: list[dict[str, Any]]) -> None:
    take(json.dumps(document).encode())
