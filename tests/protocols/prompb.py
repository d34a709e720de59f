"""Prometheus' messages, written by protobuf's own encoder from the published definitions of remote_write 1.0 and 2.0."""

from __future__ import annotations

from typing import Any

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
type Labels = dict[str, str]
type Series = tuple[Labels, list[tuple[float, int]]]


def _messages(package: str, fields: dict[str, list[tuple[str, int, int, bool, str]]]) -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, those in fields.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated, of in those:
            made = message.field.add(name=field, number=number, type=kind)
            made.label = F.LABEL_REPEATED if repeated else F.LABEL_OPTIONAL
            if of:
                made.type_name = f".{package}.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in fields}


ONE = _messages(
    "prometheus",
    {
        "Label": [("name", 1, F.TYPE_STRING, False, ""), ("value", 2, F.TYPE_STRING, False, "")],
        "Sample": [("value", 1, F.TYPE_DOUBLE, False, ""), ("timestamp", 2, F.TYPE_INT64, False, "")],
        "TimeSeries": [("labels", 1, F.TYPE_MESSAGE, True, "Label"), ("samples", 2, F.TYPE_MESSAGE, True, "Sample")],
        "Metadata": [("type", 1, F.TYPE_INT32, False, ""), ("metric_family_name", 2, F.TYPE_STRING, False, "")],
        "WriteRequest": [
            ("timeseries", 1, F.TYPE_MESSAGE, True, "TimeSeries"),
            ("metadata", 3, F.TYPE_MESSAGE, True, "Metadata"),
        ],
    },
)
TWO = _messages(
    "v2",
    {
        "Sample": [
            ("value", 1, F.TYPE_DOUBLE, False, ""),
            ("timestamp", 2, F.TYPE_INT64, False, ""),
            ("start_timestamp", 3, F.TYPE_INT64, False, ""),
        ],
        "TimeSeries": [("labels_refs", 1, F.TYPE_UINT32, True, ""), ("samples", 2, F.TYPE_MESSAGE, True, "Sample")],
        "Request": [("symbols", 4, F.TYPE_STRING, True, ""), ("timeseries", 5, F.TYPE_MESSAGE, True, "TimeSeries")],
    },
)


def one(series: list[Series], metadata: int = 0) -> bytes:
    request = ONE["WriteRequest"]()
    for labels, samples in series:
        made = request.timeseries.add()
        for name, value in sorted(labels.items()):
            made.labels.add(name=name, value=value)
        for value, at in samples:
            made.samples.add(value=value, timestamp=at)
    for number in range(metadata):
        request.metadata.add(type=1, metric_family_name=f"m{number}")
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def two(series: list[Series]) -> bytes:
    symbols: dict[str, int] = {"": 0}
    request = TWO["Request"]()
    for labels, samples in series:
        made = request.timeseries.add()
        for pair in sorted(labels.items()):
            made.labels_refs.extend(symbols.setdefault(text, len(symbols)) for text in pair)
        for value, at in samples:
            made.samples.add(value=value, timestamp=at)
    request.symbols.extend(symbols)
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))
