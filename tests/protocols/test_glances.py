"""Glances' exporters `restful`, `influxdb` and `influxdb2`, as its versions 3 and 4 write them, as our metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import BadInput, DomainError
from lib.monitoring.collectors.glances import PROTOCOL
from lib.monitoring.collectors.influx import PROTOCOL as INFLUX
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState

NOW = 1_795_600_000.0
FLAT: dict[str, dict[str, Any]] = {
    "cpu": {"total": 34.0, "user": 20.0, "idle": 60.0, "iowait": 10.0, "steal": 4.0, "cpucore": 4, "time_since_update": 2.0},
    "mem": {"total": 8_000_000_000, "available": 2_000_000_000, "percent": 75.0}, "memswap": {"total": 4, "used": 1, "percent": 25.0},
    "load": {"min1": 0.5, "min5": 1.5, "min15": 2.5, "cpucore": 4}, "uptime": {"seconds": 99},
    "fs": {
        "/.mnt_point": "/", "/.size": 100, "/.used": 30, "/.free": 50, "/.percent": 37.5, "/.fs_type": "ext4", "/.key": "mnt_point",
        "/srv/a.b.mnt_point": "/srv/a.b", "/srv/a.b.size": 10, "/srv/a.b.used": 5, "/srv/a.b.free": 5,
        "/run.mnt_point": "/run", "/run.size": 10, "/run.used": 10, "/run.free": 0,
    },
    "sensors": {"Core 0.value": 51, "Core 0.type": "temperature_core", "Core 1.value": 63, "Core 1.type": "temperature_core", "fan.value": 2_000, "fan.type": "fan_speed",
        "sda.value": 70, "sda.type": "temperature_hdd",
    },
    "connections": {"established": 7, "listen": 4, "net_connections_enabled": "true"},
    "system": {"hostname": "box", "os_name": "Linux", "os_version": "6.1.0", "linux_distro": "Debian 12"}, "processcount": {"total": 200},
}  # fmt: skip


def flows(version: int, at: float) -> dict[str, dict[str, Any]]:
    """As they were counted until `at`. Of networks Glances says 0 for the last interval where it did not read anew."""
    counted = at - NOW + 1_000
    if version == 3:
        return {
            "network": {
                "eth0.rx": 0, "eth0.tx": 0, "eth0.cumulative_rx": 100 * counted, "eth0.cumulative_tx": 10 * counted,
                "eth0.time_since_update": 2.0, "lo.rx": 9e9, "lo.cumulative_rx": 9e9, "lo.time_since_update": 2.0,
            },
            "diskio": {
                "sda.read_bytes": 4_096, "sda.write_bytes": 0, "sda.time_since_update": 2.0, "sda1.read_bytes": 4_096,
                "sda1.time_since_update": 2.0,
            },
        }  # fmt: skip
    return {
        "network": {
            "eth0.bytes_recv": 0, "eth0.bytes_recv_gauge": 100 * counted, "eth0.bytes_recv_rate_per_sec": 0.0,
            "eth0.bytes_sent_gauge": 10 * counted, "eth0.bytes_sent_rate_per_sec": 7.0,
        },
        "diskio": {
            "sda.read_bytes": 4_096, "sda.read_bytes_gauge": 9e9, "sda.read_bytes_rate_per_sec": 2_048.0,
            "sda.write_bytes_rate_per_sec": 0.0,
        },
    }  # fmt: skip


EXPECTED = {
    "cpu": 26.0, "iowait": 10.0, "steal": 4.0, "memory": 75.0, "swap": 25.0, "load1": 0.5, "load5": 1.5, "load15": 2.5, "uptime": 99.0,
    "disk:/": 37.5, "disk:/srv/a.b": 50.0, "disk": 50.0, "temperature": 63.0, "connections": 7.0, "net_in": 100.0, "net_out": 10.0, "disk_read": 2_048.0,
    "disk_write": 0.0,
}  # fmt: skip


def batch(document: object, now: float = NOW, **query: str) -> Batch:
    found = PROTOCOL.read(Incoming("POST", "/glances", json.dumps(document).encode(), now, query=query))
    assert isinstance(found, Batch)
    return found


def folded(*batches: tuple[float, Batch]) -> ServerState:
    state = ServerState("box")
    for at, found in batches:
        (share,) = found.shares
        assert share.server == "box"
        fold_parts(state, [(at, [decode_part(text) for text in encode_parts(share, "key")])], at + 20)
    return state


@pytest.mark.parametrize("version", [3, 4])
def test_plugins_become_our_metrics(version: int) -> None:
    state = folded(*((at, batch({**FLAT, **flows(version, at)}, now=at)) for at in (NOW - 10, NOW)))
    assert dict(zip(state.series, state.values, strict=False)) == pytest.approx(EXPECTED)
    facts = {name: state.facts[name] for name in ("cores", "memory_bytes", "os", "kernel")}
    assert facts == {"cores": 4, "memory_bytes": 8_000_000_000, "os": "Debian 12", "kernel": "6.1.0"}
    assert list(state.sources["glances"]["names"]) == ["processcount"]


# As its exporter influxdb2 wrote them (but for settings of its thresholds and other counters), of versions 3.4 and 4.5.
LINES = """
cpu,hostname=box cpu_iowait_careful=40,cpucore=4,ctx_switches=41421,history_size=28800,idle=60,iowait=10,steal=4,total=34,user=20
mem,hostname=box available=2000000000,history_size=28800,percent=75,total=8000000000,used=6000000000
memswap,hostname=box free=3,history_size=28800,percent=25,total=4,used=1
load,hostname=box cpucore=4,history_size=28800,load_careful=0.7,min1=0.5,min15=2.5,min5=1.5
uptime,hostname=box history_size=28800,seconds=99
connections,hostname=box established=7,history_size=28800,listen=4,net_connections_enabled="true"
fs,hostname=box,mnt_point=/ device_name="/dev/vda",free=50,fs_type="ext4",history_size=28800,key="mnt_point",percent=37.5,size=100,used=30
fs,hostname=box,mnt_point=/srv/a.b free=5,history_size=28800,size=10,used=5
system,hostname=box history_size=28800,hostname="box",os_name="Linux"
processcount,hostname=box history_size=28800,running=13
sensors,hostname=box,label=Core\\ 0 history_size=28800,type="temperature_core",value=51
"""
TAGS = {"network": "interface_name", "diskio": "disk_name"}


def lines(version: int, at: float) -> str:
    found = [line for line in LINES.split("\n") if line]
    for plugin, stats in flows(version, at).items():
        for subject in dict.fromkeys(name.rpartition(".")[0] for name in stats):
            told = [
                f"{name.rpartition('.')[2]}={value}" for name, value in stats.items() if name.startswith(subject + ".")
            ]
            found.append(f"{plugin},hostname=box,{TAGS[plugin]}={subject} history_size=28800,{','.join(told)}")
    return "\n".join(found)


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("prefix", ["", "glances."])
def test_line_protocol_says_the_same(version: int, prefix: str) -> None:
    batches = []
    for at in (NOW - 10, NOW):
        body = "\n".join(prefix + line for line in lines(version, at).split("\n")).encode()
        found = INFLUX.read(Incoming("POST", "/write", body, at, query={"precision": "s"}))
        assert isinstance(found, Batch)
        assert found.rejected == []
        batches.append((at, found))
    state = folded(*batches)
    without_heat = {name: value for name, value in EXPECTED.items() if name != "temperature"}
    assert dict(zip(state.series, state.values, strict=False)) == pytest.approx(without_heat)
    assert {name: state.facts[name] for name in ("cores", "memory_bytes")} == {
        "cores": 4,
        "memory_bytes": 8_000_000_000,
    }
    assert sorted(state.sources["glances"]["names"]) == ["processcount", "sensors"]


def test_the_address_names_the_server_and_without_any_name_nothing_is_taken() -> None:
    assert [share.server for share in batch(FLAT, host="web-01").shares] == ["web-01"]
    for document, query in (({"load": {"min1": 1.0}}, {}), (FLAT, {"host": "<img>"}), ([], {"host": "a"})):
        with pytest.raises(BadInput):
            batch(document, **query)


def test_hostile_subjects_are_left_out() -> None:
    subjects = [f"/m{index}" for index in range(1_000)]
    many = {f"{subject}.{field}": 5 for subject in subjects for field in ("size", "used", "free")}
    (share,) = batch(
        {"load": {"min1": 1}, "fs": {"/\u202e.used": 1, "/x.mnt_point": ["/"], f"/{'y' * 500}.used": 1, **many}},
        host="a",
    ).shares
    assert share.series == ["load1"]
    assert len({name.partition(":")[2] for _, pot in share.extra["pots"] for name in pot}) <= 200


ATOMS = st.sampled_from([None, True, 0, -1, 10**20, 1.5, 1e300, "", "temperature", "box", "\u202e"])
FIELDS = st.sampled_from(
    [
        "idle",
        "percent",
        "total",
        "min1",
        "seconds",
        "a.value",
        "a.type",
        "/.used",
        "/.free",
        "/.mnt_point",
        "eth0.rx",
        "eth0.time_since_update",
        "hostname",
        "cpucore",
    ]
)


@given(
    st.dictionaries(
        st.sampled_from(sorted({*FLAT, *TAGS})), ATOMS | st.dictionaries(FIELDS, ATOMS, max_size=6), max_size=6
    ),
    st.binary(max_size=200),
)
def test_whatever_comes_is_read_or_refused(document: dict[str, Any], raw: bytes) -> None:
    for body in (json.dumps(document).encode(), raw):
        try:
            PROTOCOL.read(Incoming("POST", "/glances", body, NOW, query={"host": "a"}))
        except DomainError:
            continue
