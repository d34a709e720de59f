"""Bodies at the doors of every protocol: real ones, what is left of them when they are damaged, and hostile ones."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import cramjam
from hypothesis import strategies as st

from lib.monitoring.collectors import PROTOCOLS
from lib.monitoring.collectors.prometheus import V2
from tests.protocols.otlp_made import JSON, PROTOBUF, Made
from tests.protocols.prompb import Series, one, two


@dataclass(frozen=True)
class Door:
    """A method and a path, what is sent there, and in what media type."""

    method: str
    path: str
    media_type: str
    bodies: tuple[bytes, ...]


def doors(now: int) -> list[Door]:
    """One for each path of PROTOCOLS and media type that is read there; and the native one."""
    ns, ms = now * 10**9, now * 1_000
    series: list[Series] = [
        ({"__name__": "node_cpu_seconds_total", "instance": "a:9100", "cpu": "0", "mode": "idle"}, [(12.5, ms)]),
        ({"__name__": "node_filesystem_avail_bytes", "instance": "a:9100", "mountpoint": "/"}, [(0.0, ms)]),
        ({"__name__": "app_x_total", "instance": "a:9100"}, [(1.0, ms - 15_000), (2.0, ms)]),
    ]
    made = Made({"host.name": "a", "service.name": "shop"}, at=now, start=now - 60)
    made.gauge("system.cpu.utilization", 0.5, cpu="cpu0", state="idle").sum("app.orders", 5, kind=1, shop="x")
    made.sum("system.network.io", 5, device="eth0", direction="receive").histogram(
        "http.time", [0.5, 1.0], [1, 2, 3], 4.0
    )
    told = {
        "status": "firing",
        "labels": {"alertname": "Disk full", "severity": "critical", "instance": "a:9100"},
        "annotations": {"summary": "no room"},
        "startsAt": datetime.fromtimestamp(now, UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": "c0ffee",
    }
    webhook = {
        "version": "4",
        "groupKey": "{}",
        "status": "firing",
        "receiver": "x",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://am.example",
        "alerts": [told],
    }
    plain = {"title": "Disk full", "status": "firing", "severity": "critical", "host": "a"}
    bodies: dict[str, dict[str, tuple[bytes, ...]]] = {
        "alertmanager": {JSON: (json.dumps(webhook).encode(),)},
        "alertmanager_api": {JSON: (json.dumps([told]).encode(),)},
        "grafana": {JSON: (json.dumps({**webhook, "orgId": 1, "title": "t"}).encode(),)},
        "plain_alerts": {JSON: (json.dumps(plain).encode(),)},
        "influx": {"text/plain": (
            f'cpu,cpu=cpu-total,host=a usage_idle=70,usage_iowait=5 {ns}\nmem,host=a total=16i,available=4i {ns}'.encode(),
            f'my\\ app,host=a,t=\\,x v=1i,s="a b,\\"c",b=t {ns}\ndisk,path=/,host=a used=5i {ns}'.encode(),
        )},
        "exposition": {"text/plain": (
            b'# TYPE x counter\napp_x_total{host="a",path="/a\\"b",code="200"} 5\nnode_load1{host="a"} 0.5\n', b"app_y 1 1795600000000\n",
        )},
        "collectd": {JSON: (
            json.dumps([{"values": [1, 2], "dstypes": ["derive", "derive"], "dsnames": ["rx", "tx"], "time": now,
                         "interval": 10, "host": "a", "plugin": "interface", "plugin_instance": "eth0",
                         "type": "if_octets", "type_instance": ""}]).encode(),
            f"PUTVAL a/cpu-0/cpu-idle interval=10 {now}:5\n".encode(),
            json.dumps([{"name": "app.queue", "timestamp": ms, "value": 5, "tags": {"host": "a", "type": "gauge"}}]).encode(),
        )},
        "glances": {JSON: (
            json.dumps({"cpu": {"idle": 70.5}, "fs": {"/.size": 5, "/.used": 2, "/.free": 3}, "mem": {"percent": 5, "total": 9},
                        "network": {"eth0.bytes_recv": 5, "eth0.time_since_update": 2}, "system": {"hostname": "a"}}).encode(),
        )},
        "opentsdb": {JSON: (
            json.dumps([{"metric": "app.queue", "timestamp": now, "value": 5, "tags": {"host": "a"}}]).encode(),
            json.dumps({"hostname": "a", "chart_id": "system.cpu", "id": "user", "name": "user", "value": 5.5, "timestamp": now}).encode(),
            f"put app.queue {now} 5 host=a\na.system.cpu.user 5 {now}\n".encode(), b"web.app.queue;host=a 5 -1\n",
        )},
        "prometheus": {
            PROTOBUF: (one(series), one([], metadata=2)),
            f"{PROTOBUF};proto={V2}": (two(series),),
        },
        "otlp": {PROTOBUF: (made.body,), JSON: (json.dumps(made.document).encode(),)},
        "otlp_logs": {JSON: (json.dumps({"resourceLogs": [{"resource": {"attributes": [
            {"key": "host.name", "value": {"stringValue": "a"}}]}, "scopeLogs": [{"logRecords": [
            {"timeUnixNano": str(ns), "severityNumber": 17, "body": {"stringValue": "no room"}}]}]}]}).encode(),),
            PROTOBUF: (made.body,)},
    }  # fmt: skip
    found = [
        Door(*path.replace("<path:grouping>", "YS9i/instance/a").split(" "), media_type, those)
        for name, paths in PROTOCOLS.items()
        for path in paths
        for media_type, those in bodies[name].items()
    ]
    native = {"server": "a", "samples": [{"at": now, "cpu": 5, "mounts": {"/": {"disk": 5}}, "metrics": {"app.x": 1}}],
              "errors": [{"level": "error", "message": "no room"}], "host": {"os": "Debian", "tags": {"env": "x"}},
              "processes": [{"name": "x", "pid": 5, "ports": [80]}], "post": {"epoch": "e", "n": 1}}  # fmt: skip
    return [*found, Door("POST", "/api/ingest", JSON, (json.dumps(native).encode(),))]


PIECES = st.sampled_from([
    b"\x00", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xff" * 12, b"\x80" * 30, b"\xed\xa0\x80", b"\xc3", b"\xf4\x90\x80\x80",
    b"NaN", b"Infinity", b"-inf", b"1e999", b"9" * 30, b"9" * 5_000, b"-0", b"1e-999", b"0x1p5", b"null", b"true", b'"', b"\\", b"\\u0000",
    b"\\ud800", b"[" * 40, b"{" * 40, b'{"a":' * 40, b"[" * 20_000, b"\x0a\x80\x01" * 50, b",", b"=", b" ", b"\n", b"\r\n", b";", b":", b"{", b"}",
    b"host=", b"\x12\x10\x09", b"\x12\x07\x10", b"\x7f", b"\xe2\x80\xae", b"1795600000000000000", b"i", b"u",
])  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """The body after some bits were flipped, pieces put in, taken out or doubled, or its end cut off."""
    found = bytearray(body)
    for _ in range(draw(st.integers(1, 4))):
        at, width = draw(st.integers(0, len(found))), draw(st.integers(1, 12))
        kind = draw(st.integers(0, 5))
        if kind == 0 and found:
            found[at % len(found)] ^= 1 << draw(st.integers(0, 7))
        elif kind == 1:
            found[at:at] = draw(PIECES)
        elif kind == 2:
            found[at : at + width] = draw(PIECES)
        elif kind == 3:
            del found[at : at + width]
        elif kind == 4:
            found[at:at] = bytes(found[at : at + width]) * draw(st.integers(1, 30))
        else:
            del found[at:]
    return bytes(found)


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "snappy": lambda body: bytes(cramjam.snappy.compress_raw(body)),
    "zstd": lambda body: bytes(cramjam.zstd.compress(body)),
    "br, what": lambda body: body,
}


@st.composite
def sent(draw: st.DrawFn, door: Door) -> tuple[bytes, dict[str, str]]:
    """(body, headers): mostly a damaged body in its own form; seldom bytes of nobody's, or in another's form."""
    body = draw(st.sampled_from(door.bodies))
    is_snappy = door.media_type.startswith(PROTOBUF) and "write" in door.path + "push"
    how = draw(st.integers(0, 9))
    if how == 0:
        body = draw(st.binary(max_size=200))
    elif is_snappy and how < 8 and body:
        try:  # behind the compression, which a flipped bit seldom passes
            body = bytes(cramjam.snappy.compress_raw(draw(damaged(bytes(cramjam.snappy.decompress_raw(body))))))
        except cramjam.DecompressionError:
            body = draw(damaged(body))
    elif how < 9:
        body = draw(damaged(body))
    encoding = draw(st.sampled_from(list(ENCODINGS))) if draw(st.integers(0, 7)) == 0 else ""
    media_type = (
        draw(st.sampled_from(["", "text/plain", JSON, PROTOBUF, "x", f"{PROTOBUF};proto=no"]))
        if how == 9
        else door.media_type
    )
    headers = {"Content-Encoding": encoding} if encoding else {}
    return ENCODINGS[encoding](body), headers | ({"Content-Type": media_type} if media_type else {})
