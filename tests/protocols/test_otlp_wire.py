"""OTLP's encodings: what the official encoder writes is read back, JSON says the same, nonsense is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.domain.errors import BadInput, TooLarge
from lib.monitoring.collectors.otlp import PROTOCOL
from lib.monitoring.collectors.otlp_wire import Number, Spread, read_json, read_protobuf
from lib.monitoring.collectors.protocols import Reply
from lib.monitoring.collectors.server_stats import Batch
from tests.protocols.otlp_made import CUMULATIVE, DELTA, JSON, NOW, Made, batch_of, incoming

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NAME = st.text("abcdefgh._", min_size=1, max_size=12)
VALUE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.integers(min_value=-(2**63), max_value=2**63 - 1)
)
LABELS = st.dictionaries(NAME, st.one_of(TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1)), max_size=4)
STAMP = st.floats(min_value=0, max_value=4e9)


@st.composite
def requests(draw: st.DrawFn) -> Made:
    made = Made({"host.name": "web-01", **draw(LABELS)}, at=draw(STAMP), start=draw(STAMP))
    for _ in range(draw(st.integers(0, 6))):
        name, labels, value = draw(NAME), draw(LABELS), draw(VALUE)
        kind = draw(st.sampled_from(["gauge", "sum", "histogram"]))
        if kind == "gauge":
            made._number(made.metric(name).gauge.data_points.add(), value, labels)
        elif kind == "sum":
            data = made.metric(name).sum
            data.aggregation_temporality, data.is_monotonic = (
                draw(st.sampled_from([DELTA, CUMULATIVE])),
                draw(st.booleans()),
            )
            point = data.data_points.add(start_time_unix_nano=int(made.start * 1e9))
            if draw(st.booleans()):
                point.exemplars.add(as_double=1.5)
            made._number(point, value, labels)
        else:
            counts = draw(st.lists(st.integers(0, 1_000), min_size=3, max_size=3))
            made.histogram(name, [0.5, 1.0], counts, draw(st.floats(0, 1e6)))
    return made


def told(groups: Any) -> list[Any]:
    """Everything that was read, in one form for both encodings."""
    found: list[Any] = []
    for group in groups:
        found.append(group.attributes)
        for metric in group.metrics:
            points: list[Number | Spread] = list(
                metric.numbers() if metric.kind in {"gauge", "sum"} else metric.spreads()
            )
            found.append([metric.name, metric.kind, metric.temporality, metric.is_monotonic])
            found += [
                (metric.attributes(one.labels), one.start, one.at, one.value)
                if isinstance(one, Number)
                else (one.attributes, one.start, one.at, one.entries, one.total, list(one.bounds), list(one.buckets))
                for one in points
            ]
    return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
def test_what_the_official_encoder_writes_is_read_back_in_both_encodings(made: Made) -> None:
    read = told(read_protobuf(made.body))
    assert read == told(read_json(made.document))
    expected = []
    for metric in made.message.resource_metrics[0].scope_metrics[0].metrics:
        data = getattr(metric, metric.WhichOneof("data"))
        for point in data.data_points:
            value = getattr(point, point.WhichOneof("value")) if hasattr(point, "as_double") else point.count
            expected.append((point.start_time_unix_nano, point.time_unix_nano, float(value)))
    assert [(one[1], one[2], float(one[3])) for one in read if isinstance(one, tuple)] == expected


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_whatever_bytes_come_they_are_read_or_refused(body: bytes) -> None:
    for media_type in ("application/x-protobuf", JSON):
        try:
            PROTOCOL.read(incoming(body, media_type))
        except BadInput:
            continue


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(requests(), st.data())
def test_a_request_with_a_hole_in_it_is_read_or_refused(made: Made, data: st.DataObject) -> None:
    body = bytearray(made.body)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] = data.draw(st.integers(0, 255))
    try:
        PROTOCOL.read(incoming(bytes(body[: data.draw(st.integers(0, len(body)))])))
    except BadInput:
        return


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["resourceMetrics", "scopeMetrics", "metrics", "gauge", "sum", "histogram", "summary", "dataPoints",
                         "attributes", "key", "value", "stringValue", "intValue", "asInt", "asDouble", "timeUnixNano",
                         "bucketCounts", "explicitBounds", "quantileValues", "resource", "name", "count", "flags"]),
        inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=200)
@given(ANY)
def test_whatever_json_comes_is_read_or_refused(inner: object) -> None:
    points: list[dict[str, object]] = [
        {"dataPoints": [inner]}, {"dataPoints": inner}, {"dataPoints": [{"asInt": inner, "attributes": inner}]}
    ]  # fmt: skip
    metrics = [{"name": "a.b", kind: one} for kind in ("gauge", "histogram", "summary") for one in points]
    for document in (
        inner,
        {"resourceMetrics": inner},
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]},
    ):
        try:
            PROTOCOL.read(incoming(json.dumps(document).encode(), JSON))
        except BadInput:
            continue


def point(**fields: object) -> dict[str, object]:
    one = {"timeUnixNano": str(NOW * 10**9), "asInt": "5", **fields}
    metrics = [{"name": "app.depth", "gauge": {"dataPoints": [one]}}]
    host = {"attributes": [{"key": "host.name", "value": {"stringValue": "web-01"}}]}
    return {"resourceMetrics": [{"resource": host, "scopeMetrics": [{"metrics": metrics}]}]}


@pytest.mark.parametrize(
    "fields",
    [
        {"asInt": "0x5"}, {"asInt": "five"}, {"asInt": 5.5}, {"asInt": True}, {"asInt": "9" * 30}, {"asDouble": "much"},
        {"timeUnixNano": "soon"}, {"attributes": {"a": "b"}}, {"attributes": ["a"]}, {"attributes": [{"key": 5}]},
        {"attributes": [{"key": "a", "value": "b"}]}, {"asDouble": [1]},
    ],
)  # fmt: skip
def test_json_that_is_not_as_specified_is_refused_with_the_reason(fields: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        PROTOCOL.read(incoming(json.dumps(point(**fields)).encode(), JSON))


def test_json_takes_numbers_and_text_and_what_later_versions_add() -> None:
    for given_ in (
        {"asInt": 5},
        {"asInt": "5"},
        {"asInt": None, "asDouble": "5"},
        {"asDouble": 5, "later": {"x": [1]}},
    ):
        fields: dict[str, object] = {"asInt": None, **given_}
        found = PROTOCOL.read(incoming(json.dumps(point(**fields)).encode(), JSON))
        assert isinstance(found, Batch)
        assert [values for _, values in found.shares[0].rows] == [[5]]
    nothing = PROTOCOL.read(incoming(json.dumps(point(asInt=None, asDouble="NaN")).encode(), JSON))
    assert isinstance(nothing, Reply)


def test_a_series_that_has_nothing_to_tell_tells_nothing() -> None:
    made = Made().gauge("app.depth", 1)
    made.metric("app.gone").gauge.data_points.add(time_unix_nano=NOW * 10**9, flags=1)
    assert batch_of(made).accepted == 1


def test_too_many_points_are_too_large() -> None:
    made = Made()
    data = made.metric("a.b").gauge
    for number in range(50_001):
        data.data_points.add(time_unix_nano=NOW * 10**9, as_int=number)
    with pytest.raises(TooLarge):
        PROTOCOL.read(incoming(made.body))


def test_what_is_kept_of_series_seen_before_is_bounded() -> None:
    from lib.monitoring.collectors import otlp
    from lib.monitoring.collectors.remembered import ENTRY, MOST_BYTES, MOST_KEY

    for turn in range(4):
        made = Made()
        for number in range(8_000):
            made.metric(f"a.b{turn}x{number}").gauge.data_points.add(time_unix_nano=NOW * 10**9, as_int=number)
        made.gauge("a." + "b" * 100_000, 1).gauge("a.c", 1, label="x" * 100_000)
        PROTOCOL.read(incoming(made.body))
        assert ENTRY * (len(otlp._known) + sum(map(len, otlp._known.values()))) <= MOST_BYTES
        assert max(len(str(name)) for _, _, name, *_ in otlp._known) < MOST_KEY
        assert (
            max(len(labels) for aims in otlp._known.values() for labels in aims if isinstance(labels, bytes)) < MOST_KEY
        )
