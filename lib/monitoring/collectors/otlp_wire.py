"""OTLP's messages in their two encodings, read into one form: groups of metrics by resource.

Wire: github.com/open-telemetry/opentelemetry-proto (metrics/v1, common/v1); JSON as its specification says: names in
lowerCamelCase, 64-bit integers as text or numbers, enums as integers, unknown fields left alone. Numbers in protobuf
are read by hand, for what they are of is the same bytes in every request; histograms and summaries by the official
messages. What is no such message raises BadInput, some of it only when it is reached.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct
from struct import error as StructError
from typing import Any, NamedTuple

from lib.domain.errors import BadInput
from lib.monitoring.collectors.otlp_exponential import buckets_of
from lib.monitoring.collectors.protobuf_wire import fields, varint, written

DELTA, CUMULATIVE = 1, 2
NO_VALUE = 1  # a flag: the series is known and has nothing to tell
_STAMPED_DOUBLE = Struct("<xQxQxd")  # fields 2, 3, 4 as nearly every sender writes them
_STAMPED_INT = Struct("<xQxQxq")  # fields 2, 3, 6
_GAUGE_DOUBLE, _GAUGE_INT = Struct("<xQxd"), Struct("<xQxq")
_KINDS = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponential", 11: "summary"}
_JSON_KINDS = {
    "gauge": "gauge", "sum": "sum", "histogram": "histogram", "exponentialHistogram": "exponential",
    "summary": "summary",
}  # fmt: skip

type Attributes = dict[str, str]


class Number(NamedTuple):
    """One point. `labels` tells series of a metric apart; `Metric.attributes` says what is in it. Times are in ns."""

    labels: Hashable
    start: int
    at: int
    value: float


class Spread(NamedTuple):
    """A histogram's or a summary's point. `buckets` are counts up to each of `bounds`, and one more above the last."""

    attributes: Attributes
    start: int
    at: int
    entries: int
    total: float | None
    bounds: Sequence[float] = ()
    buckets: Sequence[int] = ()
    quantiles: Sequence[tuple[float, float]] = ()


@dataclass(slots=True)
class Metric:
    name: str
    unit: str = ""
    kind: str = ""
    temporality: int = 0
    is_monotonic: bool = False
    points: list[Any] = field(default_factory=list)  # as they came; `numbers` and `spreads` read them
    is_json: bool = False

    def numbers(self) -> Iterator[Number]:
        return _json_numbers(self.points) if self.is_json else _numbers(self.points)

    def attributes(self, labels: Hashable) -> Attributes:
        if isinstance(labels, bytes):
            return dict(_pair(value) for number, value in fields(labels) if number == 7)
        return dict(labels) if isinstance(labels, tuple) else {}

    def spreads(self) -> Iterator[Spread]:
        return _json_spreads(self.points, self.kind) if self.is_json else _spreads(self.points, self.kind)


@dataclass(slots=True)
class Group:
    attributes: Attributes
    metrics: list[Metric]


def read_protobuf(body: bytes) -> Iterator[Group]:
    """Raises StructError, IndexError or ValueError (MALFORMED) where the form is another."""
    for number, value in fields(body):
        if number == 1 and isinstance(value, bytes):
            attributes: Attributes = {}
            metrics: list[Metric] = []
            for inner, part in fields(value):
                if inner == 1 and isinstance(part, bytes):
                    attributes.update(_pair(one) for which, one in fields(part) if which == 1)
                elif inner == 2 and isinstance(part, bytes):
                    metrics += [_metric(one) for which, one in fields(part) if which == 2 and isinstance(one, bytes)]
            yield Group(attributes, metrics)


def _metric(data: bytes) -> Metric:
    found = Metric("")
    for number, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            found.name = value.decode()
        elif number == 3:
            found.unit = value.decode()
        elif number in _KINDS:
            found.kind = _KINDS[number]
            found.points, rest = _points(value)
            for inner, part in fields(value[rest:]):
                if inner == 1 and isinstance(part, bytes):
                    found.points.append(part)
                elif inner == 2 and isinstance(part, int):
                    found.temporality = part
                elif inner == 3 and isinstance(part, int):
                    found.is_monotonic = bool(part)
    return found


def _points(data: bytes) -> tuple[list[bytes], int]:
    """The points at the beginning, where all of them stand, and the place after them."""
    found, at, end = [], 0, len(data)
    while at < end and data[at] == 0x0A:
        size = data[at + 1]
        if size < 128:
            at += 2
        else:
            size, at = varint(data, at + 1)
        if at + size > end:
            raise ValueError
        found.append(data[at : at + size])
        at += size
    return found, at


def _pair(data: object) -> tuple[str, str]:
    """A KeyValue. What is a list or an object has no text here."""
    key = text = ""
    if not isinstance(data, bytes):
        raise ValueError
    for number, value in fields(data):
        if number == 1 and isinstance(value, bytes):
            key = value.decode()
        elif number == 2 and isinstance(value, bytes):
            for kind, inner in fields(value):
                if kind == 1 and isinstance(inner, bytes):
                    text = inner.decode()
                elif kind == 2:
                    text = "true" if inner else "false"
                elif kind == 3 and isinstance(inner, int):
                    text = str(inner - 2**64 if inner >= 2**63 else inner)
                elif kind == 4 and isinstance(inner, float):
                    text = f"{inner:g}"
    return key, text


def _numbers(points: list[bytes]) -> Iterator[Number]:
    """Fields in the order of their numbers and no exemplars is how most senders write; all else is read slowly."""
    stamped_double, stamped_int = _STAMPED_DOUBLE.unpack_from, _STAMPED_INT.unpack_from
    new = Number._make
    for data in points:
        size = len(data)
        if size >= 27 and data[0] == 0x11 and data[9] == 0x19 and (size == 27 or data[27] == 0x3A):
            if data[18] == 0x21:
                yield new((data[27:], *stamped_double(data)))
                continue
            if data[18] == 0x31:
                yield new((data[27:], *stamped_int(data)))
                continue
        elif size >= 18 and data[0] == 0x19 and (size == 18 or data[18] == 0x3A):
            if data[9] == 0x21:
                at, value = _GAUGE_DOUBLE.unpack_from(data)
                yield Number(data[18:], 0, at, value)
                continue
            if data[9] == 0x31:
                at, value = _GAUGE_INT.unpack_from(data)
                yield Number(data[18:], 0, at, value)
                continue
        found = _slowly(data)
        if found is not None:
            yield found


def _slowly(data: bytes) -> Number | None:
    from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint

    point = _official(NumberDataPoint, data)
    which = point.WhichOneof("value")
    if which is None or point.flags & NO_VALUE:
        return None
    labels = b"".join(written(7, one.SerializeToString()) for one in point.attributes)
    return Number(labels, point.start_time_unix_nano, point.time_unix_nano, getattr(point, which))


def _official(message: Any, data: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return message.FromString(data)
    except DecodeError as error:
        raise ValueError from error


def _spreads(points: list[bytes], kind: str) -> Iterator[Spread]:
    from opentelemetry.proto.metrics.v1 import metrics_pb2

    for data in points:
        if kind == "histogram":
            histogram = _official(metrics_pb2.HistogramDataPoint, data)
            bounds, buckets = list(histogram.explicit_bounds), list(histogram.bucket_counts)
            point, total = histogram, histogram.sum if histogram.HasField("sum") else None
            quantiles: list[tuple[float, float]] = []
        elif kind == "exponential":
            point = _official(metrics_pb2.ExponentialHistogramDataPoint, data)
            positive, negative, quantiles = point.positive, point.negative, []
            bounds, buckets = buckets_of(
                point.scale,
                (point.zero_threshold, point.zero_count),
                (positive.offset, positive.bucket_counts),
                (negative.offset, negative.bucket_counts),
            )
            total = point.sum if point.HasField("sum") else None
        else:
            point = _official(metrics_pb2.SummaryDataPoint, data)
            bounds, buckets, total = [], [], point.sum
            quantiles = [(one.quantile, one.value) for one in point.quantile_values]
        if point.flags & NO_VALUE:
            continue
        attributes = dict(_pair(one.SerializeToString()) for one in point.attributes)
        yield Spread(
            attributes, point.start_time_unix_nano, point.time_unix_nano, point.count, total, bounds, buckets, quantiles
        )


def read_json(document: object) -> Iterator[Group]:
    for resource in _list(_object(document, "the body"), "resourceMetrics"):
        metrics = []
        for scope in _list(resource, "scopeMetrics"):
            metrics += [_json_metric(one) for one in _list(scope, "metrics")]
        yield Group(json_attributes(_object(resource.get("resource") or {}, "resource")), metrics)


def _json_metric(given: Mapping[str, Any]) -> Metric:
    found = Metric(_text(given.get("name")), _text(given.get("unit")), is_json=True)
    for key, kind in _JSON_KINDS.items():
        if given.get(key) is not None:
            data = _object(given[key], key)
            found.kind = kind
            found.points = _list(data, "dataPoints")
            found.temporality = _integer(data.get("aggregationTemporality"))
            found.is_monotonic = data.get("isMonotonic") is True
    return found


def json_attributes(given: Mapping[str, Any]) -> Attributes:
    return dict(_json_pair(one) for one in _list(given, "attributes"))


def _json_pair(given: Mapping[str, Any]) -> tuple[str, str]:
    text = ""
    for kind, inner in _object(given.get("value") or {}, "value").items():
        if kind == "stringValue":
            text = _text(inner)
        elif kind == "boolValue":
            text = "true" if inner is True else "false"
        elif kind == "intValue":
            text = str(_integer(inner))
        elif kind == "doubleValue":
            text = f"{_double(inner):g}"
    return _text(given.get("key")), text


def _json_numbers(points: list[dict[str, Any]]) -> Iterator[Number]:
    for point in points:
        if _integer(point.get("flags")) & NO_VALUE:
            continue
        if point.get("asDouble") is not None:
            value = _double(point["asDouble"])
        elif point.get("asInt") is not None:
            value = _integer(point["asInt"])
        else:
            continue
        labels = tuple([_json_pair(one) for one in _list(point, "attributes")])
        yield Number(labels, _integer(point.get("startTimeUnixNano")), _integer(point.get("timeUnixNano")), value)


def _json_spreads(points: list[dict[str, Any]], kind: str) -> Iterator[Spread]:
    for point in points:
        if _integer(point.get("flags")) & NO_VALUE:
            continue
        bounds, buckets = _json_buckets(point, kind)
        quantiles = _list(point, "quantileValues") if kind == "summary" else []
        yield Spread(
            json_attributes(point),
            _integer(point.get("startTimeUnixNano")),
            _integer(point.get("timeUnixNano")),
            _integer(point.get("count")),
            None if point.get("sum") is None else _double(point["sum"]),
            bounds,
            buckets,
            [(_double(one.get("quantile") or 0), _double(one.get("value") or 0)) for one in quantiles],
        )


def _json_buckets(point: dict[str, Any], kind: str) -> tuple[list[float], list[int]]:
    if kind == "histogram":
        bounds = [_double(one) for one in _repeated(point, "explicitBounds")]
        return bounds, [_integer(one) for one in _repeated(point, "bucketCounts")]
    if kind == "exponential":
        sides = [_object(point.get(name) or {}, name) for name in ("positive", "negative")]
        positive, negative = (
            (_integer(side.get("offset")), [_integer(one) for one in _repeated(side, "bucketCounts")]) for side in sides
        )
        zero = _double(point.get("zeroThreshold") or 0), _integer(point.get("zeroCount"))
        return buckets_of(_integer(point.get("scale")), zero, positive, negative)
    return [], []


def _object(given: object, name: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadInput(f"{name} must be an object")
    return given


def _list(holder: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A repeated field of messages; none at all and null are an empty one."""
    given = _repeated(holder, key)
    if not all(isinstance(one, dict) for one in given):
        raise BadInput(f"{key} must be a list of objects")
    return given


def _repeated(holder: Mapping[str, Any], key: str) -> list[Any]:
    given = holder.get(key)
    if given is not None and not isinstance(given, list):
        raise BadInput(f"{key} must be a list")
    return given or []


def _text(given: object) -> str:
    if given is not None and not isinstance(given, str):
        raise BadInput("names, units, keys and stringValue are texts")
    return given or ""


def _integer(given: object) -> int:
    """An integer as proto3's JSON writes it: a number, or its digits as text."""
    if given is None:
        return 0
    if isinstance(given, str) and len(given) <= 20 and given.isascii() and given.removeprefix("-").isdigit():
        given = int(given)
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if type(given) is not int or not -(2**63) <= given < 2**64:
        raise BadInput("64-bit integers are numbers, or text of their digits; enums are integers")
    return given


def _double(given: object) -> float:
    if isinstance(given, str) and len(given) <= 40:
        try:
            given = float(given)  # also NaN, Infinity and -Infinity
        except ValueError:
            given = None
    if type(given) not in (int, float):
        raise BadInput('a double is a number, or "NaN", "Infinity", "-Infinity"')
    return float(given)  # type: ignore[arg-type] # the type is checked just before


MALFORMED = (StructError, IndexError, ValueError)
