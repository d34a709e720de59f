"""What well-kept client libraries write of metrics is read back as those metrics: names, labels, values and moments."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from influxdb_client import Point, WritePrecision
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_open

from lib.monitoring.collectors import exposition, influx, otlp, prometheus
from lib.monitoring.collectors.exporters import target_of
from lib.monitoring.collectors.influx import PRECISIONS
from lib.monitoring.collectors.influx_lines import _head, read_line
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.collectors.server_stats import Batch
from tests.protocols.otlp_made import JSON, PROTOBUF, Made
from tests.protocols.prompb import Series, one, two

NOW = 1_795_600_000
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # where others work beside it
ANY = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=10)
# Line protocol cannot tell two backslashes from one, nor one at the end from an escape, and its clients do not try.
TAG = ANY.map(lambda text: text.replace("\\", "/").strip() or "x")
NUMBER = st.floats(-1e14, 1e14, allow_nan=False) | st.integers(-(2**53), 2**53).filter(lambda n: abs(n) < 1e14)
MOMENT = st.integers(NOW - 600_000, NOW + 200)


def told(batch: object) -> dict[tuple[str, str, int], float]:
    assert isinstance(batch, Batch)
    assert not batch.refused
    return {
        (share.server, series, at): value
        for share in batch.shares
        for at, row in share.rows
        for series, value in zip(share.series, row, strict=True)
        if value is not None
    }


@settings(SLOW, max_examples=200)
@given(
    TAG.filter(lambda text: not text.startswith("#")), st.dictionaries(TAG, TAG, max_size=4),
    st.dictionaries(TAG, NUMBER | st.booleans() | ANY, min_size=1, max_size=5), MOMENT, st.sampled_from(["s", "ms", "us", "ns"]),
)  # fmt: skip
def test_lines_of_influxdb_s_client(
    measurement: str, tags: dict[str, str], fields: dict[str, float | str], at: int, precision: WritePrecision
) -> None:
    point = Point(measurement).time(at * round(1 / PRECISIONS[precision]), precision)
    for name, text in tags.items():
        point.tag(name, text)
    for name, value in fields.items():
        point.field(name, value)
    found = read_line(point.to_line_protocol(), PRECISIONS[precision], 0.0)
    assert _head(found.head) == (measurement, tags)
    assert found.fields == {name: float(value) for name, value in fields.items() if not isinstance(value, str)}
    assert found.at == pytest.approx(at, abs=1e-3)


NAME = st.text("abcdefgh", min_size=1, max_size=6)
METRICS = st.dictionaries(
    st.tuples(st.sampled_from(["a", "웹-01", "b.example.org"]), NAME, st.sampled_from(["x", "y"]), MOMENT), NUMBER,
    min_size=1, max_size=12,
)  # fmt: skip


@SLOW
@given(METRICS, st.sampled_from(["s", "ms", "us", "ns"]))
def test_a_body_of_lines(metrics: dict[tuple[str, str, str, int], float], precision: WritePrecision) -> None:
    lines = [
        Point(f"app {name}").tag("host", host).tag("shop", shop).field("v", value)
        .time(at * round(1 / PRECISIONS[precision]), precision).to_line_protocol()
        for (host, name, shop, at), value in metrics.items()
    ]  # fmt: skip
    body = "\n".join(lines).encode()
    expected = {(host, f"app_{name}.v:{shop}", at): value for (host, name, shop, at), value in metrics.items()}
    for _ in range(2):  # anew, and as it was remembered
        found = influx.PROTOCOL.read(Incoming("POST", "/write", body, NOW, query={"precision": precision}))
        assert told(found) == expected


@SLOW
@given(METRICS)
def test_otlp_of_the_official_messages_in_both_encodings(metrics: dict[tuple[str, str, str, int], float]) -> None:
    whole = Made({})
    for (host, name, shop, at), value in metrics.items():
        made = Made({"host.name": host}, at=at).gauge(f"app.{name}", value, shop=shop)
        whole.message.resource_metrics.extend(made.message.resource_metrics)
    expected = {(host, f"otel.app.{name}:{shop}", at): value for (host, name, shop, at), value in metrics.items()}
    del whole.message.resource_metrics[0]
    for media_type, body in ((PROTOBUF, whole.body), (JSON, json.dumps(whole.document).encode())):
        request = Incoming("POST", "/v1/metrics", body, NOW, headers={"content-type": media_type})
        assert told(otlp.PROTOCOL.read(request)) == expected


@SLOW
@given(st.lists(st.tuples(st.dictionaries(st.sampled_from(["path", "code", "le", "env", "job"]), ANY, max_size=4), NUMBER, MOMENT),
                min_size=1, max_size=8))  # fmt: skip
def test_remote_write_in_both_versions(made: list[tuple[dict[str, str], float, int]]) -> None:
    series: list[Series] = []
    expected = {}
    for number, (labels, value, at) in enumerate(made):
        whole = {**labels, "__name__": f"app_{number}", "host": "a"}
        series.append((whole, [(float(value), at * 1_000)]))
        expected["a", target_of(whole, "a").series, at] = float(value)
    for media_type, body in ((PROTOBUF, one(series)), (f"{PROTOBUF};proto={prometheus.V2}", two(series))):
        for _ in range(2):
            request = Incoming("POST", "/api/v1/write", body, NOW, headers={"content-type": media_type})
            assert told(prometheus.PROTOCOL.read(request)) == expected


@settings(SLOW, max_examples=100)
@given(st.dictionaries(st.tuples(NAME, ANY, st.booleans()), st.floats(0, 1e14), min_size=1, max_size=6))
def test_text_of_prometheus_client(made: dict[tuple[str, str, bool], float]) -> None:
    registry = CollectorRegistry()
    known: dict[str, Gauge | Counter] = {}
    expected = set()
    for (name, text, is_counter), value in made.items():
        full = f"{'count' if is_counter else 'level'}_{name}"
        if full not in known:
            known[full] = (Counter if is_counter else Gauge)(full, 'of "tests"\\n', ["path"], registry=registry)
        child = known[full].labels(path=text)
        child.inc(value)
        expected.add((f"{full}_total" if is_counter else full, text, value))
    for written in (generate_latest(registry), generate_open(registry)):
        found = set()
        for sample in exposition.samples(written.decode()):
            assert not isinstance(sample, str), sample
            name, labels, value, at = sample
            assert at is None
            if not name.endswith("_created"):
                found.add((name, exposition.labels_of(labels)["path"], value))
        assert found == expected
