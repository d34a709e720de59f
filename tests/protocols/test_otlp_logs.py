"""OTLP's logs become the errors of their server; what is no error is counted, traces are refused kindly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from lib.domain.errors import BadInput
from lib.monitoring.collectors.otlp_logs import NO_TRACES, PROTOCOL
from lib.monitoring.collectors.protocols import Reply
from lib.monitoring.collectors.server_stats import Batch
from tests.protocols.otlp_made import JSON, NOW, PROTOBUF, attributes, incoming

Row = tuple[int, str, dict[str, Any]]


def made(*rows: Row, at: float = NOW, **resource: Any) -> ExportLogsServiceRequest:
    found = ExportLogsServiceRequest()
    group = found.resource_logs.add()
    group.resource.attributes.extend(attributes(resource or {"host.name": "web-01", "service.name": "shop"}))
    scope = group.scope_logs.add()
    scope.scope.name = "shop.orders"
    for severity, text, labels in rows:
        record = scope.log_records.add(time_unix_nano=int(at * 1e9), severity_number=severity)
        record.body.string_value = text
        record.attributes.extend(attributes(labels))
    return found


def both(message: ExportLogsServiceRequest) -> list[Batch | Reply]:
    document = MessageToDict(message, use_integers_for_enums=True)
    bodies = [(message.SerializeToString(), PROTOBUF), (json.dumps(document).encode(), JSON)]
    return [PROTOCOL.read(incoming(body, kind, path="/v1/logs")) for body, kind in bodies]


def test_warnings_and_worse_are_errors_and_the_rest_is_counted() -> None:
    labels = {"exception.type": "ValueError", "exception.message": "no such order"}
    rows: list[Row] = [(9, "started", {}), (13, "slow", {}), (17, "failed", labels), (21, "gone", {})]
    for batch in both(made(*rows)):
        assert isinstance(batch, Batch)
        (share,) = batch.shares
        assert [one[1:] for one in share.extra["errors"]] == [
            [NOW, "warning", "shop/shop.orders", "slow"],
            [NOW, "error", "shop/shop.orders", "failed | ValueError: no such order"],
            [NOW, "critical", "shop/shop.orders", "gone"],
        ]
        assert share.extra["source"] == {"name": "otlp_logs", "unmapped": 1, "names": ["log records below WARN"]}
        assert share.server == "web-01"


def test_a_record_sent_again_is_one_and_two_of_a_second_are_two() -> None:
    first, again = (both(made((17, "failed", {})))[0] for _ in range(2))
    later = both(made((17, "failed", {}), at=NOW + 0.25))[0]
    ids = [one.shares[0].extra["errors"][0][0] for one in (first, again, later) if isinstance(one, Batch)]
    assert ids[0] == ids[1] != ids[2]


def test_what_is_structured_is_told_as_json() -> None:
    message = made((17, "", {}))
    values = message.resource_logs[0].scope_logs[0].log_records[0].body.kvlist_value.values
    values.extend(attributes({"order": 7, "why": "gone"}))
    protobuf, _ = both(message)
    assert isinstance(protobuf, Batch)
    assert protobuf.shares[0].extra["errors"][0][4] == '{"order": 7, "why": "gone"}'


def test_too_many_at_once_and_nobody_s_are_refused_and_counted() -> None:
    many: list[Row] = [(17, f"failed {number}", {}) for number in range(520)]
    batch = both(made(*many))[0]
    assert isinstance(batch, Batch)
    assert len(batch.shares[0].extra["errors"]) == 500
    assert batch.refused == 20
    nobody = both(made((17, "failed", {}), **{"os.type": "linux"}))[0]
    assert isinstance(nobody, Reply)
    assert ExportLogsServiceResponse.FromString(nobody.body).partial_success.rejected_log_records == 1


def test_traces_are_not_kept_and_say_so() -> None:
    told = PROTOCOL.read(incoming(b"", JSON, path="/v1/traces"))
    assert isinstance(told, Reply)
    assert json.loads(told.body)["partialSuccess"] == {"rejectedSpans": "0", "errorMessage": NO_TRACES}


def test_every_record_of_nobody_is_counted() -> None:
    records = [{"severityNumber": number, "body": {"stringValue": "x"}} for number in (17, 17, 5)]
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
    told = PROTOCOL.read(incoming(json.dumps(body).encode(), JSON, path="/v1/logs"))
    assert isinstance(told, Reply)
    said = json.loads(told.body)["partialSuccess"]
    assert said["rejectedLogRecords"] == "3"
    assert "host.name" in said["errorMessage"]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["resource", "attributes", "key", "value", "stringValue", "kvlistValue", "values", "arrayValue",
                         "scope", "name", "body", "severityNumber", "severityText", "timeUnixNano"]), inner, max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@settings(max_examples=150)
@given(st.binary(max_size=300), ANY)
def test_whatever_comes_is_read_or_refused(body: bytes, inner: object) -> None:
    host = {"attributes": [{"key": "host.name", "value": {"stringValue": "a"}}]}
    records = [{"resource": host, "scopeLogs": [{"logRecords": [{"severityNumber": 17, "body": inner}, inner]}]}]
    documents = ({"resourceLogs": inner}, {"resourceLogs": [inner]}, {"resourceLogs": records}, inner)
    for data, kind in [(body, PROTOBUF), (body, JSON), *((json.dumps(one).encode(), JSON) for one in documents)]:
        try:
            PROTOCOL.read(incoming(data, kind, path="/v1/logs"))
        except BadInput:
            continue


def test_a_broken_request_is_bad_input() -> None:
    with pytest.raises(BadInput):
        PROTOCOL.read(incoming(b"nonsense", path="/v1/logs"))
