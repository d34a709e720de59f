"""collectd: its JSON, its commands and its form for KairosDB, with rates and with counters, as our metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import BadInput, DomainError
from lib.monitoring.collectors.collectd import PROTOCOL
from lib.monitoring.collectors.collectd_names import mount_of
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState

NOW = 1_795_600_000.0
AT = NOW - 60


def batch(body: bytes, path: str = "/collectd", **query: str) -> Batch:
    found = PROTOCOL.read(Incoming("POST", path, body, NOW, query=query))
    assert isinstance(found, Batch)
    return found


def one(
    plugin: str, kind: str, values: dict[str, float | None], at: float = AT, *, counts: bool = False
) -> dict[str, Any]:
    """As collectd writes it: `plugin` is `plugin-instance`, `kind` is `type-instance`."""
    plugin, _, instance = plugin.partition("-")
    kind, _, kind_instance = kind.partition("-")
    return {
        "values": list(values.values()), "dsnames": list(values), "dstypes": ["derive" if counts else "gauge"] * len(values),
        "time": at, "interval": 10.0, "host": "box.lab", "plugin": plugin, "plugin_instance": instance, "type": kind,
        "type_instance": kind_instance,
    }  # fmt: skip


def gauges(at: float) -> list[dict[str, Any]]:
    memory = {"used": 3e9, "free": 5e9, "cached": 1e9, "buffered": 0.5e9, "slab_recl": 0.3e9, "slab_unrecl": 0.2e9}
    return [
        *(one("memory", f"memory-{name}", {"value": value}, at) for name, value in memory.items()),
        *(one("df-root", f"df_complex-{name}", {"value": value}, at) for name, value in {"used": 30e9, "free": 50e9, "reserved": 5e9}.items()),
        *(one("df-root", f"df_inodes-{name}", {"value": value}, at) for name, value in {"used": 25.0, "free": 75.0}.items()),
        *(one("df-srv-data", f"percent_bytes-{name}", {"value": value}, at) for name, value in {"used": 45.0, "free": 45.0, "reserved": 10.0}.items()),
        one("df-run", "df_complex-used", {"value": 1.0}, at),
        one("load", "load", {"shortterm": 0.5, "midterm": 1.5, "longterm": 2.5}, at),
        one("swap", "swap-used", {"value": 1e9}, at), one("swap", "swap-free", {"value": 3e9}, at),
        one("uptime", "uptime", {"value": 1_488}, at),
        one("sensors-coretemp", "temperature-temp1", {"value": 51.0}, at), one("sensors-coretemp", "temperature-temp2", {"value": 63.0}, at),
        one("nginx", "nginx_connections-active", {"value": 12}, at), one("interface-eth0", "if_errors", {"rx": 0, "tx": 0}, at),
    ]  # fmt: skip


EXPECTED = {
    "memory": 30.0, "disk:/": 37.5, "disk": 37.5, "inode:/": 25.0, "inode": 25.0, "load1": 0.5, "load5": 1.5, "load15": 2.5,
    "swap": 25.0, "uptime": 1_488.0, "temperature": 63.0, "nginx.nginx_connections:active": 12.0, "disk:/srv/data": 50.0,
}  # fmt: skip


def folded(posts: list[bytes], path: str = "/collectd") -> ServerState:
    state = ServerState("box.lab")
    heard = []
    for post in posts:
        (share,) = batch(post, path).shares
        assert share.server == "box.lab"
        heard.append((AT + 20, [decode_part(text) for text in encode_parts(share, "key")]))
    fold_parts(state, heard, AT + 20)
    fold_parts(state, [], NOW)
    return state


def values_of(state: ServerState) -> dict[str, float | None]:
    return dict(zip(state.series, state.values, strict=False))


def test_rates_and_percents_become_our_metrics() -> None:
    def told(at: float, first: bool) -> list[dict[str, Any]]:
        modes = {"idle": 60.0, "user": 20.0, "system": 5.0, "wait": 10.0, "steal": 5.0, "nice": 0.0}
        return [
            *gauges(at),
            *(one("cpu", f"percent-{mode}", {"value": value}, at + 0.005) for mode, value in modes.items()),
            *(one(f"interface-{name}", "if_octets", {"rx": None, "tx": None} if first else {"rx": rx, "tx": 20.5}, at, counts=True)
              for name, rx in (("eth0", 100.25), ("eth1", 50.25), ("lo", 9e9))),
            one("disk-vda", "disk_octets", {"read": None, "write": None} if first else {"read": 1000.5, "write": 0}, at, counts=True),
            one("disk-vda1", "disk_octets", {"read": 1000.5, "write": 0}, at, counts=True),
            one("disk-vda", "disk_io_time", {"io_time": 64.8, "weighted_io_time": 2268.8}, at, counts=True),
        ]  # fmt: skip

    state = folded([json.dumps(told(AT + 10 * step, step == 0)).encode() for step in range(2)])
    assert values_of(state) == pytest.approx(
        EXPECTED | {"cpu": 25.0, "iowait": 10.0, "steal": 5.0, "net_in": 150.5, "net_out": 41.0, "disk_read": 1000.5, "disk_write": 0.0, "disk_busy": 6.48}
    )  # fmt: skip
    assert list(state.sources["collectd"]["names"]) == ["interface.if_errors"]


def counted(step: int, at: float) -> list[dict[str, Any]]:
    told = [
        one("interface-eth0", "if_octets", {"rx": 5_000_000 + 1_000 * step, "tx": 7_000 + 500 * step}, at, counts=True)
    ]
    for cpu in ("0", "1"):
        for mode, jiffies in {"idle": 600, "user": 200, "system": 100, "wait": 100, "guest": 50}.items():
            told.append(one(f"cpu-{cpu}", f"cpu-{mode}", {"value": 70_000 + jiffies * step}, at, counts=True))
    told.append(
        one("disk-sda", "disk_io_time", {"io_time": 9_000 + 4_000 * step, "weighted_io_time": 1}, at, counts=True)
    )
    told.append(one("exec-app", "derive-jobs", {"value": 90 + 30 * step}, at, counts=True))
    return told


def test_counters_become_rates_in_the_sweep() -> None:
    state = folded(
        [json.dumps([*gauges(AT + 10 * step), *counted(step, AT + 10 * step)]).encode() for step in range(2)]
    )
    assert values_of(state) == pytest.approx(
        EXPECTED
        | {
            "cpu": 30.0,
            "iowait": 10.0,
            "net_in": 100.0,
            "net_out": 50.0,
            "disk_busy": 40.0,
            "exec.derive:app:jobs": 3.0,
        }
    )
    assert state.facts["cores"] == 2


def test_jiffies_of_a_second_are_shares_too_and_the_address_may_say_what_the_numbers_are() -> None:
    told = [one("cpu-0", f"cpu-{mode}", {"value": value}, counts=True) for mode, value in (("idle", 75), ("user", 25))]
    (share,) = batch(json.dumps(told).encode(), rates="true").shares
    assert {name for _, pot in share.extra["pots"] for name in pot} == {"rate.cpu.idle", "rate.cpu.busy"}
    (share,) = batch(json.dumps(told).encode()).shares
    assert {name for _, pot in share.extra["pots"] for name in pot} == {"cpu.idle", "cpu.busy"}


def test_a_moment_cut_in_two_by_the_sender_s_buffer_gives_no_half_sums() -> None:
    whole = [
        *gauges(AT),
        *(one(f"interface-{name}", "if_octets", {"rx": 10.5, "tx": 1.5}, counts=True) for name in ("eth0", "eth1")),
    ]
    half = json.loads(json.dumps(whole).replace(str(AT), str(AT + 10)))
    state = folded([json.dumps(whole).encode(), json.dumps([half[0], half[-1]]).encode()])
    assert values_of(state)["net_in"] == pytest.approx(21.0)
    assert values_of(state)["memory"] == pytest.approx(30.0)


def test_commands_are_read_with_quotes_unknown_values_and_now() -> None:
    lines = [
        "PUTVAL box.lab/load/load interval=10.000 1795599940.5:0.5:1.5:2.5",
        'PUTVAL "box.lab/exec-a b/gauge-c\\"d" interval="10" N:7:U',
        "putval box.lab/interface-eth0/if_octets interval=10 1795599940:U:12.5",
        "PUTNOTIF severity=okay time=1 message=x", "", "PUTVAL box.lab/load 1:2", "PUTVAL box.lab/uptime/uptime when:2",
    ]  # fmt: skip
    found = batch("\r\n".join(lines).encode())
    assert [reject["reason"][:7] for reject in found.rejected] == ["line 6:", "line 7:"]
    (share,) = found.shares
    rows = {at: dict(zip(share.series, row, strict=True)) for at, row in share.rows}
    assert rows[1_795_599_940] == {"load1": 0.5, "load5": 1.5, "load15": 2.5, "exec.gauge:a_b:c_d:0": None}
    assert rows[int(NOW)]["exec.gauge:a_b:c_d:0"] == 7.0
    assert [(at, {name: told[1] for name, told in pot.items()}) for at, pot in share.extra["pots"]] == [
        (1_795_599_940, {"rate.net.out": 12.5})
    ]


def test_kairosdb_s_form_is_read() -> None:
    def point(name: str, value: float, **tags: str) -> dict[str, Any]:
        return {"name": name, "datapoints": [[int(AT * 1_000), value]], "tags": {"host": "box.lab", **tags}}

    told = [
        point("collectd.load", 0.5, type="load", ds="shortterm"),
        point("collectd.interface", 100.5, type="if_octets", plugin_instance="eth0", ds="rx"),
        point("app.queue", 3, zone="a"),
        {"name": "app.single", "timestamp": int(AT * 1_000), "value": 4, "tags": {"host": "box.lab"}},
        {"name": "no tags"},
    ]  # fmt: skip
    found = batch(json.dumps(told).encode(), "/api/v1/datapoints")
    assert len(found.rejected) == 1
    (share,) = found.shares
    assert dict(zip(share.series, share.rows[0][1], strict=True)) == {
        "load1": 0.5,
        "app_queue.value": 3.0,
        "app_single.value": 4.0,
    }
    assert share.extra["pots"][0][1]["rate.net.in"][1] == 100.5


def test_what_is_broken_is_refused_by_itself_and_hostile_names_do_no_harm() -> None:
    good = one("uptime", "uptime", {"value": 5})
    broken: list[Any] = [
        None, 3, [], {}, {**good, "time": "now"}, {**good, "values": [1, 2]}, {**good, "values": 3}, {**good, "host": {}}, {**good, "time": True},
        {**good, "host": "<img src=x>"}, {**good, "time": 1e300}, {**good, "plugin": "\u202e../../x", "type": "é", "type_instance": "a" * 5_000},
        {**good, "plugin": "df", "type": "df_complex", "type_instance": "used", "plugin_instance": "x" * 500}, {**good, "values": ["5"]},
    ]  # fmt: skip
    found = batch(json.dumps([*broken, good]).encode())
    assert found.rejected
    shares = {share.server: share for share in found.shares}
    assert set(shares) == {"box.lab"}
    assert {"uptime"} < set(shares["box.lab"].series) or shares["box.lab"].series == ["uptime"]
    assert all(len(name) <= 100 for name in shares["box.lab"].series)
    assert mount_of("root") == "/"
    assert mount_of("var-log") == "/var/log"


def test_too_many_values_and_nesting_are_refused() -> None:
    many = one("x", "gauge", {str(index): 1.0 for index in range(50_001)})
    with pytest.raises(BadInput):
        batch(json.dumps([many]).encode())
    with pytest.raises(BadInput):
        batch(b"[" * 100_000)


# What a field may hold: of every kind, and out of all bounds.
ATOMS = st.sampled_from([None, True, 0, -1, 10**20, 1.5, 1e300, "", "cpu", "load", "gauge", "\u202e", "a" * 200])
KEYS = st.sampled_from(
    [
        "values",
        "dsnames",
        "dstypes",
        "time",
        "host",
        "plugin",
        "plugin_instance",
        "type",
        "type_instance",
        "name",
        "tags",
        "datapoints",
        "timestamp",
    ]
)


def take(body: bytes) -> None:
    for path in ("/collectd", "/api/v1/datapoints"):
        try:
            PROTOCOL.read(Incoming("POST", path, body, NOW))
        except DomainError:
            continue


@given(st.binary(max_size=300) | st.text('PUTVAL /-=:"\\\nN1.aUe', max_size=80).map(str.encode))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    take(body)


@given(st.lists(st.dictionaries(KEYS, ATOMS | st.lists(ATOMS, max_size=3), max_size=9), max_size=3))
def test_whatever_json_comes_is_read_or_refused(document: list[dict[str, Any]]) -> None:
    take(json.dumps(document).encode())
