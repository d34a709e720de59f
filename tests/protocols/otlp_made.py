"""Requests of OTLP as the official messages write them, in both encodings."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from lib.monitoring.collectors.otlp import PROTOCOL
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.collectors.server_stats import Batch

NOW = 1_795_600_000
PROTOBUF, JSON = "application/x-protobuf", "application/json"
DELTA, CUMULATIVE = 1, 2


def attributes(given: dict[str, Any]) -> list[KeyValue]:
    found = []
    for key, value in given.items():
        pair = KeyValue(key=key)
        kind = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}[type(value)]
        setattr(pair.value, kind, value)
        found.append(pair)
    return found


class Made:
    """A request under construction: one resource, one scope."""

    def __init__(self, resource: dict[str, Any] | None = None, at: float = NOW, start: float = NOW - 1_000) -> None:
        self.message = ExportMetricsServiceRequest()
        self.at, self.start = at, start
        self._group = self.message.resource_metrics.add()
        self._group.resource.attributes.extend(attributes({"host.name": "web-01"} if resource is None else resource))
        self._scope = self._group.scope_metrics.add()

    def metric(self, name: str, unit: str = "") -> Metric:
        found: Metric = self._scope.metrics.add(name=name, unit=unit)
        return found

    def gauge(self, name: str, value: float, **labels: Any) -> Made:
        self._number(self.metric(name).gauge.data_points.add(), value, labels)
        return self

    def sum(self, name: str, value: float, *, monotonic: bool = True, kind: int = CUMULATIVE, **labels: Any) -> Made:
        data = self.metric(name).sum
        data.aggregation_temporality, data.is_monotonic = kind, monotonic
        point = data.data_points.add(start_time_unix_nano=int(self.start * 1e9))
        self._number(point, value, labels)
        return self

    def histogram(
        self, name: str, bounds: list[float], counts: list[int], total: float, *, kind: int = CUMULATIVE, **labels: Any
    ) -> Made:
        data = self.metric(name).histogram
        data.aggregation_temporality = kind
        point = data.data_points.add(
            start_time_unix_nano=int(self.start * 1e9), time_unix_nano=int(self.at * 1e9), count=sum(counts), sum=total,
            explicit_bounds=bounds, bucket_counts=counts,
        )  # fmt: skip
        point.attributes.extend(attributes(plain(labels)))
        return self

    def _number(self, point: Any, value: float, labels: dict[str, Any]) -> None:
        point.time_unix_nano = int(self.at * 1e9)
        setattr(point, "as_int" if isinstance(value, int) else "as_double", value)
        point.attributes.extend(attributes(plain(labels)))

    @property
    def body(self) -> bytes:
        return self.message.SerializeToString()

    @property
    def document(self) -> dict[str, Any]:
        """As OTLP's JSON: enums as integers."""
        found: dict[str, Any] = MessageToDict(self.message, use_integers_for_enums=True)
        return found


def plain(labels: dict[str, Any]) -> dict[str, Any]:
    """`cpu__mode` is written `cpu.mode`, for Python has no dots in names."""
    return {key.replace("__", "."): value for key, value in labels.items()}


def incoming(body: bytes, media_type: str = PROTOBUF, now: float = NOW, path: str = "/v1/metrics") -> Incoming:
    return Incoming("POST", path, body, now, headers={"content-type": media_type})


def batch_of(made: Made, now: float = NOW) -> Batch:
    found = PROTOCOL.read(incoming(made.body, now=now))
    assert isinstance(found, Batch)
    return found


def values(found: Batch) -> dict[str, float | None]:
    """Of the one row of the one server."""
    (share,) = found.shares
    if not share.rows:
        return {}
    ((_, row),) = share.rows
    return dict(zip(share.series, row, strict=True))


def pot(found: Batch) -> dict[str, float]:
    (share,) = found.shares
    ((_, told),) = share.extra["pots"]
    return {name: piece[1] for name, piece in told.items()}
