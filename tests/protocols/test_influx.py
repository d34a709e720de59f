"""InfluxDB's line protocol: read right, answered as its clients expect, kept as our metrics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client import Point as Written

from lib.domain.components import Told, work_out
from lib.monitoring.collectors.influx import PROTOCOL
from lib.monitoring.collectors.influx_lines import _head, read_line
from lib.monitoring.collectors.protocols import Incoming, Reply
from lib.monitoring.collectors.server_stats import Batch

NOW = 1_795_600_000.0


def batch(text: str, **query: str) -> Batch:
    found = PROTOCOL.read(Incoming("POST", "/api/v2/write", text.encode(), NOW, query=query))
    assert isinstance(found, Batch)
    return found


def only(line: str) -> tuple[str, dict[str, str], dict[str, float], float]:
    """(measurement, tags, fields, moment)"""
    found = read_line(line, 1e-9, NOW)
    return *_head(found.head), found.fields, found.at


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cpu,host=a value=1 1795600000000000000", ("cpu", {"host": "a"}, {"value": 1.0})),
        ("m value=1i", ("m", {}, {"value": 1.0})),
        ("m,t=x u=18446744073709551615u,b=t,f=-1.5e3,s=\"a,b=c d\",e=F", ("m", {"t": "x"}, {"u": 1.8446744073709552e19, "b": 1.0, "f": -1500.0, "e": 0.0})),
        (r"my\ m\,x,tag\ k=v\=1\,2 f\=1=2", ("my m,x", {"tag k": "v=1,2"}, {"f=1": 2.0})),
        (r'm,host=a s="say \"hi, there\" x=1",v=2 1795600000000000000', ("m", {"host": "a"}, {"v": 2.0})),
        ("m,host=웹-01 v=1", ("m", {"host": "웹-01"}, {"v": 1.0})),
    ],
)  # fmt: skip
def test_escapes_types_and_quotes(line: str, expected: tuple[str, dict[str, str], dict[str, float]]) -> None:
    assert only(line)[:3] == expected


def test_of_several_gpus_the_busiest_counts() -> None:
    lines = [
        f"nvidia_smi,host=a,index={index} utilization_gpu={used}i 1795600000000000000"
        for index, used in enumerate((40, 90, 10))
    ]
    (share,) = batch("\n".join(lines)).shares
    pots = [
        (at, {name: Told(value, count) for name, (_, value, count) in pot.items()}) for at, pot in share.extra["pots"]
    ]
    assert [work_out(at, pot, {})[0] for at, pot in pots] == [{"gpu": 90.0}]


@pytest.mark.parametrize("nothing", ["", " ", "# a comment", "\r"])
def test_what_is_no_point_is_passed_over(nothing: str) -> None:
    assert batch(f"{nothing}\nm,host=a v=1 1795600000000000000\r\n{nothing}").rejected == []


@pytest.mark.parametrize(
    "broken",
    [
        "cpu",
        "cpu value",
        "cpu, value=1",
        "cpu value=1x",
        "cpu value=1 when",
        "cpu value= 1",
        "cpu value=" + "9" * 400 + "i",
        "cpu value=1 " + "9" * 400,
    ],
)
def test_a_broken_line_is_refused_by_itself(broken: str) -> None:
    found = batch(f"system,host=a load1=1 1795600000000000000\n{broken}\nsystem,host=a load5=2 1795600000000000000")
    assert found.accepted == 2
    assert "line 2" in found.rejected[0]["reason"]


@given(
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
        lambda t: not t.endswith("\\")
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
        lambda t: not t.endswith("\\")
    ),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
def test_what_the_official_client_writes_is_read_back(measurement: str, tag: str, value: float) -> None:
    if (
        measurement.strip() != measurement
        or measurement.startswith("#")
        or "\\" in measurement + tag
        or not tag.strip()
    ):
        return
    line = (
        Written(measurement).tag("t", tag).field("v", float(value)).time(1_795_600_000_000_000_000).to_line_protocol()
    )
    assert only(line) == (measurement, {"t": tag}, {"v": pytest.approx(value, rel=1e-6)}, pytest.approx(NOW))


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    from lib.domain.errors import BadInput

    try:
        PROTOCOL.read(Incoming("POST", "/write", body, NOW))
    except BadInput:
        return


def test_telegraf_s_measurements_become_our_metrics() -> None:
    at = int(NOW) * 10**9
    found = batch(
        f"cpu,cpu=cpu-total,host=web-01 usage_idle=70,usage_iowait=5,usage_steal=1,usage_user=20 {at}\n"
        f"cpu,cpu=cpu0,host=web-01 usage_idle=50 {at}\n"
        f"mem,host=web-01 total=16000000000i,available=4000000000i,used_percent=70 {at}\n"
        f"disk,host=web-01,path=/,fstype=ext4 total=100i,used=60i,free=20i,inodes_total=10i,inodes_free=9i {at}\n"
        f"disk,host=web-01,path=/run,fstype=tmpfs total=100i,used=60i,free=20i {at}\n"
        f"diskio,host=web-01,name=sda read_bytes=100i,write_bytes=200i,io_time=5000i {at}\n"
        f"diskio,host=web-01,name=sda1 read_bytes=100i,write_bytes=200i,io_time=5000i {at}\n"
        f"net,host=web-01,interface=eth0 bytes_recv=7i,bytes_sent=8i {at}\n"
        f"net,host=web-01,interface=lo bytes_recv=7i,bytes_sent=8i {at}\n"
        f"system,host=web-01 load1=0.5,load5=0.4,load15=0.3,n_cpus=8i,uptime=99i {at}\n"
        f"nginx,host=web-01,port=80 active=12i {at}\n"
    )
    (share,) = found.shares
    assert share.server == "web-01"
    ((when, row),) = share.rows
    assert when == int(NOW)
    assert dict(zip(share.series, row, strict=True)) == {
        "cpu": 24.0, "iowait": 5.0, "steal": 1.0, "memory": 75.0, "load1": 0.5, "load5": 0.4, "load15": 0.3, "uptime": 99.0,
        "nginx.active:80": 12.0,
    }  # fmt: skip
    ((_, pot),) = share.extra["pots"]
    assert {name: told[1] for name, told in pot.items()} == {
        "fs.used:/": 60.0, "fs.available:/": 20.0, "fs.size:/": 100.0, "fs.files:/": 10.0, "fs.files_free:/": 9.0,
        "io.read": 100.0, "io.write": 200.0, "io.busy:sda": 5.0, "net.in": 7.0, "net.out": 8.0,
    }  # fmt: skip
    assert share.extra["host"] == {"cores": 8, "memory_bytes": 16_000_000_000}


def test_precisions_and_what_clients_ask_before_they_write() -> None:
    for precision, stamp in (
        ("s", "1795600000"),
        ("ms", "1795600000000"),
        ("us", "1795600000000000"),
        ("ns", "1795600000000000000"),
    ):
        (share,) = batch(f"system,host=a load1=1 {stamp}", precision=precision).shares
        assert share.rows[0][0] == int(NOW)
    asked = PROTOCOL.read(Incoming("GET", "/query", b"", NOW, query={"q": "SHOW DATABASES", "db": "glances"}))
    assert isinstance(asked, Reply)
    assert b"glances" in asked.body
    assert isinstance(PROTOCOL.read(Incoming("GET", "/ping", b"", NOW)), Reply)


def test_connections_are_those_that_stand_and_the_other_states_stay_by_name() -> None:
    (share,) = batch("netstat,host=a tcp_established=12i,tcp_time_wait=3i,udp_socket=4i").shares
    told = dict(zip(share.series, share.rows[0][1], strict=True))
    assert told["connections"] == 12
    assert told["netstat.tcp_time_wait"] == 3
