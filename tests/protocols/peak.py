"""A process of its own that posts hostile bodies to the real app and says what that took: python -m tests.protocols.peak

Reads {redis_url, database_url, secret, bodies: {name of BODIES: file}} from the standard input, as JSON; writes for each
name [status, seconds of its processor, by how many MB the process grew at most]. The bodies are made by another process,
for making them takes more than any of them may.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import cramjam

from lib.monitoring.collectors.protobuf_wire import written
from tests.protocols.otlp_made import JSON, PROTOBUF
from tests.protocols.prompb import one
from tests.real_stores import Pair, ServicesFactory

HUGE = 200_000_000
_STATUS, _CLEARED = Path("/proc/self/status"), Path("/proc/self/clear_refs")
ROOM = 3_900_000  # of a body that is not compressed


def _snappy(plain: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(plain))


def _many(piece: bytes, size: int = ROOM) -> bytes:
    return piece * (size // len(piece))


def _nested(field: int, depth: int) -> bytes:
    """A protobuf message within a message within one ..."""
    found = b""
    for _ in range(depth):
        found = written(field, found)
    return found


def _within(inner: bytes, *numbers: int) -> bytes:
    for number in numbers:
        inner = written(number, inner)
    return inner


type Sent = tuple[str, dict[str, str], Callable[[], bytes]]
_WRITE = {"Content-Type": PROTOBUF}
BODIES: dict[str, Sent] = {
    # What is small and would be large.
    "gzip": ("/api/v2/write", {"Content-Encoding": "gzip"}, lambda: gzip.compress(b"x" * HUGE)),
    "gzip of gzip members": ("/api/ingest", {"Content-Encoding": "gzip"}, lambda: gzip.compress(b" " * 1_000_000) * 60),
    "deflate": ("/v1/metrics", {"Content-Encoding": "deflate", "Content-Type": JSON}, lambda: zlib.compress(b"x" * HUGE)),
    "snappy": ("/api/v1/write", _WRITE, lambda: _snappy(b"\x0a\x00" * 10_000_000)),
    "snappy that lies, large": ("/api/v1/write", _WRITE, lambda: b"\xff\xff\xff\xff\x0f" + b"\x00" * 50),
    "snappy that lies, small": ("/api/v1/write", _WRITE, lambda: b"\x05" + _snappy(b"\x0a\x00" * 6_000_000)[4:]),
    "zstd": ("/api/v1/write", {**_WRITE, "Content-Encoding": "zstd"}, lambda: bytes(cramjam.zstd.compress(b"x" * HUGE))),
    # What is as large as may be, and as slow to read as can be.
    "empty series": ("/api/v1/write", _WRITE, lambda: _snappy(_many(b"\x0a\x00", 15_900_000))),
    "empty labels": ("/api/v1/write", _WRITE, lambda: _snappy(written(1, b"\x0a\x00" * 7_144_000))),
    "distinct series": ("/api/v1/write", _WRITE, lambda: one(
        [({"__name__": f"app_{n}", "host": "a"}, [(1.5, 1_795_600_000_000)]) for n in range(200_000)])),
    "distinct servers": ("/api/v1/write", _WRITE, lambda: one(
        [({"__name__": "app", "host": f"h{n}"}, [(1.5, 1_795_600_000_000)]) for n in range(200_000)])),
    "empty symbols": ("/api/v1/write", {"Content-Type": f"{PROTOBUF};proto=io.prometheus.write.v2.Request"},
                      lambda: _snappy(_many(b"\x22\x00", 15_900_000))),
    "empty groups": ("/v1/metrics", {"Content-Type": PROTOBUF}, lambda: _many(b"\x0a\x00")),
    "empty points": ("/v1/metrics", {"Content-Type": PROTOBUF}, lambda: _within(_many(b"\x0a\x00", 3_800_000), 5, 2, 2, 1)),
    "nested": ("/v1/metrics", {"Content-Type": PROTOBUF}, lambda: _nested(1, 100_000)),
    "nested JSON": ("/v1/metrics", {"Content-Type": JSON}, lambda: b"[" * ROOM),
    "JSON of empty objects": ("/api/ingest", {"Content-Type": JSON}, lambda: b'{"server":"a","samples":[' + _many(b"{},") + b"{}]}"),
    "JSON of empty groups": ("/v1/metrics", {"Content-Type": JSON}, lambda: b'{"resourceMetrics":[' + _many(b"{},") + b"{}]}"),
    "JSON of empty values": ("/collectd", {"Content-Type": JSON}, lambda: b"[" + _many(b"{},") + b"{}]"),
    "JSON of empty points": ("/api/put", {"Content-Type": JSON}, lambda: b"[" + _many(b"{},") + b"{}]"),
    "digits": ("/api/ingest", {"Content-Type": JSON}, lambda: b'{"server":' + b"9" * ROOM + b"}"),
    "short lines": ("/api/v2/write", {}, lambda: _many(b"x\n")),
    "empty lines": ("/api/v2/write", {}, lambda: b"\n" * ROOM),
    "one line of fields": ("/api/v2/write", {}, lambda: b"m,host=a " + _many(b"a=1,") + b"b=1"),
    "one line of escapes": ("/api/v2/write", {}, lambda: b"m" + b"\\," * (ROOM // 2) + b" a=1"),
    "one line of quotes": ("/api/v2/write", {}, lambda: b'm a="' + b'\\"' * (ROOM // 2) + b'"'),
    "servers": ("/api/v2/write", {}, lambda: b"\n".join(b"m,host=h%d a=1" % n for n in range(50_000))),
    "short samples": ("/metrics/job/x/instance/a", {}, lambda: _many(b"a 1\n")),
    "broken samples": ("/metrics/job/x/instance/a", {}, lambda: _many(b"a\n")),
    "labels": ("/metrics/job/x/instance/a", {}, lambda: b"a{" + _many(b'b="",') + b"} 1"),
    "open quote": ("/metrics/job/x/instance/a", {}, lambda: b'a{b="' + b"\\\\" * (ROOM // 2)),
    "short puts": ("/graphite", {}, lambda: _many(b"a\n")),
    "dots": ("/graphite", {}, lambda: b"." * ROOM + b" 1 1"),
    "PUTVAL of quotes": ("/collectd", {}, lambda: b"PUTVAL " + _many(b'"a" ')),
    "short PUTVALs": ("/collectd", {}, lambda: _many(b"a\n")),
}  # fmt: skip


def main() -> None:
    asked = json.load(sys.stdin)
    factory = ServicesFactory()
    factory(Pair(asked["database_url"], "", asked["redis_url"]), install=True)
    from api.ingest import app

    client = app.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {asked['secret']}"}
    client.post("/api/v2/write", data=b"warm,host=a up=1", headers=headers)
    told = {}
    for name, file in asked["bodies"].items():
        path, more, _ = BODIES[name]
        body = Path(file).read_bytes()
        _begin_anew()
        before, began = _most_mb("VmRSS"), time.process_time()
        answer = client.post(path, data=body, headers={**headers, **more})
        told[name] = [answer.status_code, round(time.process_time() - began, 2), round(_most_mb("VmHWM") - before, 1)]
    json.dump(told, sys.stdout)
    factory.close()


def _begin_anew() -> None:
    """Lets the kernel forget what the process held at most; elsewhere than on Linux it counts from its start."""
    if _CLEARED.exists():
        _CLEARED.write_text("5")


def _most_mb(what: str) -> float:
    """What the process holds (`VmRSS`) or has held at most (`VmHWM`). getrusage would count what its parent held."""
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_048_576
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1_024


if __name__ == "__main__":
    main()
