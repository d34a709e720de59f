"""What is remembered of series changes nothing of what is read, and is bounded whatever is sent."""

from __future__ import annotations

from typing import Any

import cramjam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.domain.errors import BadInput, DomainError
from lib.monitoring.collectors import influx, influx_lines, remote_write
from lib.monitoring.collectors.prometheus import PROTOCOL, V2
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.collectors.remembered import Remembered
from lib.monitoring.collectors.server_stats import Batch
from tests.protocols.prompb import Series, one, two

NOW = 1_795_600_000.0
MS = int(NOW * 1_000)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Remembered[bytes, Any]:
    known: Remembered[bytes, Any] = Remembered(dropped=remote_write._unlink)
    monkeypatch.setattr(remote_write, "_known", known)
    return known


def forgotten() -> None:
    remote_write._known = Remembered(dropped=remote_write._unlink)


def read(body: bytes, encode: Any = one) -> object:
    version = {one: "", two: f";proto={V2}"}[encode]
    try:
        found = PROTOCOL.read(
            Incoming("POST", "/api/v1/write", body, NOW, headers={"content-type": f"application/x-protobuf{version}"})
        )
    except DomainError as error:
        return type(error), error.detail
    return found


NAME = st.sampled_from(
    ["node_cpu_seconds_total", "node_load1", "node_filesystem_avail_bytes", "node_uname_info", "app_x", "app_y_total",
     "go_goroutines", "http_seconds_bucket", "node_hwmon_temp_celsius", ""]
)  # fmt: skip
LABELS = st.fixed_dictionaries(
    {"__name__": NAME},
    optional={
        "host": st.sampled_from(["a", "웹-01", "b:9100", "not/a server", "", "h" * 130]),
        "instance": st.sampled_from(["10.0.0.7:9100", "x"]),
        "mode": st.sampled_from(["idle", "user", "iowait"]),
        "mountpoint": st.sampled_from(["/", "/run", "/data" + "x" * 90]),
        "env": st.sampled_from(["prod", "dev", "e" * 500]),
        "release": st.just("6.1"),
        "path": st.text(max_size=8),
    },
)
VALUE = st.one_of(st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf"), 2.0**70]), st.floats())
STAMP = st.one_of(
    st.sampled_from([MS, MS - 10_000, MS - 400_000]), st.sampled_from([0, 1, -5, MS * 1_000, MS - 8 * 86_400_000])
)
SERIES = st.tuples(LABELS, st.lists(st.tuples(VALUE, STAMP), max_size=2) | st.tuples(st.tuples(VALUE, STAMP)).map(list))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(SERIES, max_size=6), min_size=1, max_size=5), st.sampled_from([one, two]))
def test_what_is_remembered_reads_as_what_is_read_anew(requests: list[list[Series]], encode: Any) -> None:
    bodies = [encode(request) for request in requests]
    bodies += bodies[::-1]
    forgotten()
    warm = [read(body, encode) for body in bodies]
    cold = []
    for body in bodies:
        forgotten()
        cold.append(read(body, encode))
    assert repr(warm) == repr(cold)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SERIES, min_size=1, max_size=6), st.data(), st.sampled_from([one, two]))
def test_a_body_that_is_damaged_after_it_was_remembered_reads_as_if_it_were_new(
    series: list[Series], data: st.DataObject, encode: Any
) -> None:
    good = encode(series)
    plain = bytearray(cramjam.snappy.decompress_raw(good))
    for _ in range(data.draw(st.integers(1, 4))):
        plain[data.draw(st.integers(0, len(plain) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(plain)))
    bad = bytes(cramjam.snappy.compress_raw(bytes(plain[:cut] if cut % 2 else plain)))
    forgotten()
    cold = read(bad, encode)
    forgotten()
    read(good, encode)
    assert repr(read(bad, encode)) == repr(cold)


def test_series_after_which_another_comes_than_the_last_time_are_read_right(memory: Remembered[bytes, Any]) -> None:
    def told(names: str, value: float) -> dict[str, float]:
        body = one([({"__name__": f"app_{name}", "host": "a"}, [(value + ord(name), MS)]) for name in names])
        found = read(body)
        assert isinstance(found, Batch)
        ((_, row),) = found.shares[0].rows
        return dict(zip(found.shares[0].series, row, strict=True))  # type: ignore[arg-type] # none is None here

    for names in ("abcd", "dcba", "acbd", "bd", "abcd"):
        assert told(names, 0.5) == {f"prom.app_{name}": 0.5 + ord(name) for name in names}
    assert len(memory) == 4


def test_a_flood_of_labels_keeps_neither_memory_nor_what_others_send(monkeypatch: pytest.MonkeyPatch) -> None:
    known: Remembered[bytes, Any] = Remembered(200_000, remote_write._unlink)
    monkeypatch.setattr(remote_write, "_known", known)
    usual = one([({"__name__": "app_x", "host": "a"}, [(1.0, MS)]), ({"__name__": "app_y", "host": "a"}, [(1.0, MS)])])
    read(usual)
    (first, *_) = known._young.values()
    for turn in range(40):
        read(one([({"__name__": "app_x", "host": "a", "id": f"{turn}-{n}"}, [(1.0, MS)]) for n in range(50)]))
        read(usual)
        assert len(known) < 400
    assert first in known._young.values(), "what every request asks for stays"
    reached = 0
    series = first
    while series is not None:
        series, reached = series.next, reached + 1
        assert reached < 400, "nothing that was forgotten is held on to"


def test_what_is_one_of_too_many_servers_has_its_place_in_the_next_request(memory: Remembered[bytes, Any]) -> None:
    many: list[Series] = [({"__name__": "app_x", "host": f"h{n}"}, [(1.0, MS)]) for n in range(201)]
    found = read(one(many))
    assert isinstance(found, Batch)
    assert found.accepted == 200
    assert "more than 200 servers" in found.rejected[0]["reason"]
    alone = read(one(many[-1:]))
    assert isinstance(alone, Batch)
    assert [share.server for share in alone.shares] == ["h200"]


def test_what_its_labels_say_of_a_machine_is_told_with_every_request(memory: Remembered[bytes, Any]) -> None:
    body = one([({"__name__": "app_x", "host": "a", "env": "prod"}, [(1.0, MS)])])
    for _ in range(2):
        found = read(body)
        assert isinstance(found, Batch)
        assert found.shares[0].extra["host"] == {"tags": {"env": "prod"}}


@pytest.mark.parametrize("piece", [b"\x0a\x00", b"\x1a\x00", b"\x0a\x02\x0a\x00", b"\x08\x01"])
def test_a_request_of_nothing_but_empty_pieces_is_refused_early(piece: bytes) -> None:
    body = bytes(cramjam.snappy.compress_raw(piece * (3_000_000 // len(piece))))
    for encode in (one, two):
        told = read(body, encode)
        assert not isinstance(told, Batch)


def test_symbols_behind_the_series_that_mean_them_are_refused() -> None:
    plain = bytes(cramjam.snappy.decompress_raw(two([({"__name__": "app_x", "host": "a"}, [(1.0, MS)])])))
    start = plain.index(b"\x2a")
    swapped = bytes(cramjam.snappy.compress_raw(plain[start:] + plain[:start]))
    assert read(swapped, two) == (BadInput, "the body is no WriteRequest: it ends in the middle or has another form")


KEY = st.sampled_from(["a", "b", "usage_idle", "load1", "n_cpus", "total", "used", "free", "s\\ p", "웹", ""])
NUMBER = st.one_of(
    st.floats(allow_nan=True).map(repr), st.integers(-(10**25), 10**25).map(lambda n: f"{n}i"), st.integers(0, 9).map(str),
    st.sampled_from(["t", "false", "1u", "1_0", "x", "", "nan", "inf", "1.5i", "i", '"text"', '"a,b=c d"', "9" * 330 + "i", "1e400"]),
)  # fmt: skip
PAIR = st.tuples(KEY, NUMBER).map("=".join) | st.sampled_from(["5", "=5", "a", "a=1=2"])
FIELDS = st.lists(PAIR, min_size=1, max_size=4).map(",".join)
HEAD = st.tuples(
    st.sampled_from(["app", "system", "cpu", "mem", "disk", "net", "9x", "#c", ""]),
    st.lists(st.sampled_from(["host=a", "host=웹-01", "path=/", "interface=eth0", "x\\ y=1", "bad", "host=no/one"]), max_size=3),
).map(lambda head: ",".join([head[0], *head[1]]))  # fmt: skip
TIME = st.sampled_from(
    ["", "1795600000000000000", "1795599990000000000", "1", "-1", "x", "9" * 400, "1795600000000000000\r"]
)
LINE = st.tuples(HEAD, FIELDS, TIME).map(" ".join) | st.text(' "\\=,#ab1i\t\n', max_size=15)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(LINE, max_size=6), min_size=1, max_size=4))
def test_lines_that_are_as_the_last_time_read_as_if_they_were_new(requests: list[list[str]]) -> None:
    def told(lines: list[str]) -> object:
        return influx.PROTOCOL.read(Incoming("POST", "/write", "\n".join(lines).encode(), NOW))

    turns = requests + requests[::-1] + requests
    influx_lines._heads = Remembered()
    warm = [told(lines) for lines in turns]
    cold = []
    for lines in turns:
        influx_lines._heads = Remembered()
        one_by_one = [told([line]) for line in lines]
        influx_lines._heads = Remembered()
        cold.append(told(lines))
        assert sum(getattr(one, "accepted", 0) for one in one_by_one) == getattr(cold[-1], "accepted", 0)
    assert repr(warm) == repr(cold)


def test_a_flood_of_measurements_and_fields_keeps_little(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: Remembered[str, Any] = Remembered(1_000_000)
    monkeypatch.setattr(influx_lines, "_heads", heads)
    for turn in range(30):
        wide = ",".join(f"f{turn}x{n}=1" for n in range(300))
        lines = [f"m{turn}x{n},host=a a=1 1795600000000000000" for n in range(200)] + [
            f"m,host=a {wide} 1795600000000000000"
        ]
        influx.PROTOCOL.read(Incoming("POST", "/write", "\n".join(lines).encode(), NOW))
        assert len(heads) < 1_500
        assert sum(len(head.form.row.names) for head in heads._young.values()) < 2_500


@pytest.mark.parametrize(
    "text", ["5,c=6", "b=5,6", "b=5=c,6", "b=5,c=6,d", "b=5", "c=5,b=6", "b=5i,c=inf", "b=5,c=", "b=t,c=6u"]
)
def test_a_line_unlike_the_last_one_is_read_as_if_it_were_new(text: str) -> None:
    def told(text: str) -> object:
        lines = f"app,host=b x=1 1795600000000000000\napp,host=a {text} 1795600000000000000"
        return influx.PROTOCOL.read(Incoming("POST", "/write", lines.encode(), NOW))

    influx_lines._heads = Remembered()
    cold = told(text)
    influx_lines._heads = Remembered()
    for _ in range(2):
        told("b=1,c=2")
    assert repr(told(text)) == repr(cold)
