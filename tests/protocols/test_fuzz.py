"""Whatever comes in at the doors is taken or refused in the form its sender reads, and never an internal error."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from werkzeug.test import TestResponse

from lib.monitoring.collectors import OPEN_TO_ALL, PROTOCOLS
from tests.api.admitted import Admitted, admitted, unhashed
from tests.protocols.hostile import Door, doors, sent
from tests.protocols.otlp_made import JSON, PROTOBUF
from tests.real_stores import Pair, ServicesFactory

DOORS = doors(int(time.time()))
INFLUX = {path.partition(" ")[2] for path in PROTOCOLS["influx"]}
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        yield admitted(module_stores, factory(module_stores, install=True, posts_per_minute=10**9))
    finally:
        patch.undo()
        factory.close()


def knock(hub: Admitted, door: Door, body: bytes, headers: dict[str, str]) -> None:
    from api.ingest import app

    answer = app.test_client(use_cookies=False).open(
        door.path, method=door.method, data=body, headers={**hub.bearer("write key"), **headers}
    )
    # Who shows no key, as at /ping, is counted by his network.
    taken = {200, 202, 204, 400, 413, 415, *([429] if f"{door.method} {door.path}" in OPEN_TO_ALL else [])}
    assert answer.status_code in taken, (answer.status_code, answer.get_data())
    is_in_their_form(door, headers.get("Content-Type", ""), answer)


def is_in_their_form(door: Door, media_type: str, answer: TestResponse) -> None:
    media_type = media_type.partition(";")[0]
    is_error = answer.status_code >= 400
    if "/v1/" in door.path and door.path.endswith(("metrics", "logs", "traces")) and media_type in {JSON, PROTOBUF}:
        assert answer.mimetype == media_type
        if media_type == JSON:
            told = answer.get_json()
            assert set(told) == {"code", "message"} if is_error else set(told) <= {"partialSuccess"}
        elif is_error:  # google.rpc.Status begins as this does: a number and a text
            assert ExportMetricsPartialSuccess.FromString(answer.get_data()).error_message
        else:
            ExportMetricsServiceResponse.FromString(answer.get_data())
    elif is_error and answer.mimetype == JSON:
        if door.path in INFLUX:
            assert set(answer.get_json()) == {"code", "message", "error"}, "of both versions"
        else:  # Alertmanager's own form
            assert door.path in ("/api/v2/alerts", "/api/v2/status")
            assert answer.get_json()
    elif is_error:
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["status"] == answer.status_code
        assert answer.get_json()["detail"]


def test_every_real_body_is_taken(hub: Admitted) -> None:
    for door in DOORS:
        for body in door.bodies:
            if not (door.path.endswith(("logs", "traces")) and door.media_type == PROTOBUF):
                knock(hub, door, body, {"Content-Type": door.media_type})


@settings(FUZZ, max_examples=300)
@given(st.data())
def test_whatever_is_sent_is_answered(hub: Admitted, data: st.DataObject) -> None:
    door = data.draw(st.sampled_from(DOORS))
    knock(hub, door, *data.draw(sent(door)))


@pytest.mark.long
@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.path} {door.media_type}")
def test_whatever_is_sent_for_long_is_answered(hub: Admitted, door: Door) -> None:
    @settings(FUZZ, max_examples=1_500, database=None)
    @given(sent(door))
    def fuzz(one: tuple[bytes, dict[str, str]]) -> None:
        knock(hub, door, *one)

    fuzz()
