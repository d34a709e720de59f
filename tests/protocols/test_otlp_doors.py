"""OTLP at the door: each sender is answered in the encoding it spoke, also where it is refused."""

from __future__ import annotations

import gzip
import io
import json
import time

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

from lib import wiring
from tests.api.admitted import HIDDEN, SEEN, Admitted
from tests.protocols.otlp_made import JSON, PROTOBUF, Made
from tests.protocols.test_doors import post
from tests.real_stores import Pair, ServicesFactory


def made(server: str = "otel-1") -> Made:
    return Made({"host.name": server}, at=time.time()).gauge("system.cpu.load_average.1m", 1.5)


def partial(data: bytes) -> tuple[int, str]:
    found = ExportMetricsServiceResponse.FromString(data).partial_success
    return found.rejected_data_points, found.error_message


@pytest.mark.parametrize("path", ["/v1/metrics", "/otlp/v1/metrics"])
def test_what_is_taken_is_answered_with_nothing(hub: Admitted, path: str) -> None:
    key = hub.bearer("write key")
    answer = post(path, made().body, {**key, "Content-Type": PROTOBUF})
    assert (answer.status_code, answer.get_data(), answer.mimetype) == (200, b"", PROTOBUF)
    body = gzip.compress(json.dumps(made().document).encode())
    answer = post(path, body, {**key, "Content-Type": "application/json; charset=utf-8", "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.get_json(), answer.mimetype) == (200, {}, JSON)
    hub.services.sweeper.run()
    assert [one["name"] for one in hub.services.queries.server("otel-1")["sources"]] == ["otlp"]


def test_what_was_refused_is_counted_and_not_to_be_sent_again(hub: Admitted) -> None:
    mixed = made()
    mixed.message.resource_metrics.extend(
        Made({"host.name": "otel-1"}, at=time.time() - 8 * 86_400).gauge("a.b", 1).message.resource_metrics
    )
    headers = {**hub.bearer("write key"), "Content-Type": PROTOBUF}
    answer = post("/v1/metrics", mixed.body, headers)
    assert answer.status_code == 200
    count, why = partial(answer.get_data())
    assert count == 1
    assert "8.0 days old" in why
    answer = post("/v1/metrics", json.dumps(mixed.document).encode(), {**headers, "Content-Type": JSON})
    assert answer.get_json()["partialSuccess"] == {"rejectedDataPoints": "1", "errorMessage": why}
    nobody = post("/v1/metrics", Made({}).gauge("a.b", 1).body, headers)
    assert nobody.status_code == 200
    assert partial(nobody.get_data())[0] == 1
    assert post("/v1/metrics", b"", headers).status_code == 200


def status(data: bytes) -> tuple[int, str]:
    """google.rpc.Status {int32 code = 1; string message = 2} has the form of a partial success."""
    return partial(b"\x0a" + bytes([len(data) & 127 | 128, len(data) >> 7]) + data)


def test_errors_are_told_in_the_sender_s_encoding(hub: Admitted) -> None:
    key = hub.bearer("write key")
    answer = post("/v1/metrics", b"nonsense", {**key, "Content-Type": PROTOBUF})
    assert (answer.status_code, answer.mimetype) == (400, PROTOBUF)
    assert status(answer.get_data()) == (3, "the body is no ExportMetricsServiceRequest")
    answer = post("/v1/metrics", b"{", {**key, "Content-Type": JSON})
    assert (answer.status_code, answer.get_json()["code"]) == (400, 3)
    answer = post("/v1/metrics", made().body, {"Content-Type": PROTOBUF})
    assert (answer.status_code, status(answer.get_data())[0]) == (401, 16)
    bomb = gzip.compress(b"\0" * 50_000_000)
    answer = post("/v1/metrics", bomb, {**key, "Content-Type": PROTOBUF, "Content-Encoding": "gzip"})
    assert (answer.status_code, status(answer.get_data())[0]) == (413, 8)
    answer = post("/v1/metrics", b"a 1", {**key, "Content-Type": "text/plain"})
    assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")


def test_while_the_stores_are_away_senders_are_told_to_come_back_in_their_encoding(hub: Admitted) -> None:
    factory = ServicesFactory()
    nowhere = Pair("postgresql://nobody@127.0.0.1:1/none", "", "redis://127.0.0.1:1/0")
    known = hub.services.storage.directory.contents()
    try:
        services = factory(nowhere, install=True)
        for knows_keys in (False, True):
            if knows_keys:  # as after an outage that began a moment ago
                services.storage.directory._contents, services.storage.directory._read_at = known, time.monotonic()
            for path in ("/v1/metrics", "/v1/logs")[: 1 if knows_keys else 2]:
                for media_type, body in ((PROTOBUF, made().body), (JSON, json.dumps(made().document).encode())):
                    answer = post(path, body, {**hub.bearer("write key"), "Content-Type": media_type})
                    assert (answer.status_code, answer.mimetype) == (503, media_type), answer.get_data()
                    assert int(answer.headers["Retry-After"]) >= 1
                    code = answer.get_json()["code"] if media_type == JSON else status(answer.get_data())[0]
                    assert code == 14
    finally:
        factory.close()
        wiring.use(hub.services)


def test_keys_report_what_they_may(hub: Admitted) -> None:
    headers = {**hub.bearer("write key of a server"), "Content-Type": PROTOBUF}
    assert post("/v1/metrics", made(SEEN).body, headers).status_code == 200
    assert post("/v1/metrics", made(HIDDEN).body, headers).status_code == 403


def test_a_body_may_come_in_chunks(hub: Admitted) -> None:
    """JavaScript's exporter says no length."""
    from api.ingest import app

    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = app.test_client(use_cookies=False).post(
        "/v1/metrics", input_stream=io.BytesIO(made().body), environ_overrides=environ,
        headers={**hub.bearer("write key"), "Content-Type": PROTOBUF},
    )  # fmt: skip
    assert answer.status_code == 200
