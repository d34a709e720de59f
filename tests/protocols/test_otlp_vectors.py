"""What OpenTelemetry's own SDK sent (tests/data/protocols), from its bytes to the server's values: expected by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.monitoring.collectors import otlp, otlp_logs
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.protocols.otlp_made import incoming

VECTORS = Path(__file__).resolve().parents[1] / "data" / "protocols"
SENT = 1_795_669_325


def batch(name: str, path: str) -> Batch:
    spoken = otlp_logs.PROTOCOL if path.endswith("logs") else otlp.PROTOCOL
    found = spoken.read(incoming((VECTORS / name).read_bytes(), now=SENT + 5, path=path))
    assert isinstance(found, Batch)
    assert found.refused == 0
    return found


def test_the_sdk_s_metrics_are_the_server_s() -> None:
    state = ServerState("vector-01")
    heard = []
    for number in (1, 2):
        (share,) = batch(f"otlp-sdk-metrics-{number}.bin", "/v1/metrics").shares
        assert share.server == "vector-01"
        heard.append((SENT - 10.0 + 10 * number, [decode_part(text) for text in encode_parts(share, "key")]))
    fold_parts(state, heard[:1], SENT - 9.0)
    fold_parts(state, heard[1:], SENT + 1.0)
    fold_parts(state, [], SENT + 60.0)
    assert {name: state.value(name) for name in state.series} == {
        "cpu": 20.0,  # 2 s of user beside 8 s idle
        "otel.shop.orders:shop:book": pytest.approx(10 / 10.0124, rel=1e-4),
        "otel.shop.queue.depth:shop": 5.0,
        "otel.http.server.request.duration.rate:shop:cart": 0.3995,
        "otel.http.server.request.duration.mean:shop:cart": 0.21,
        # All lie in the first bucket above nought, which ends at 5: the SDK's bounds are made for milliseconds.
        "otel.http.server.request.duration.p95:shop:cart": 4.75,
    }
    assert state.tags == {"service": "shop", "env": "test"}


def test_the_sdk_s_log_record_is_an_error() -> None:
    (share,) = batch("otlp-sdk-logs.bin", "/v1/logs").shares
    ((_, _, level, source, message),) = share.extra["errors"]
    assert (level, source) == ("error", "shop/shop.cart")
    assert message == "could not load the cart | KeyError: order-7"
    assert share.extra["host"]["tags"] == {"service": "shop", "env": "test"}


@pytest.mark.parametrize("name", ["otlp-sdk-metrics-1.bin", "otlp-sdk-logs.bin"])
def test_what_was_cut_off_is_refused_or_read_in_part(name: str) -> None:
    from lib.domain.errors import BadInput

    whole = (VECTORS / name).read_bytes()
    spoken = otlp_logs.PROTOCOL if "logs" in name else otlp.PROTOCOL
    for size in range(len(whole)):
        try:
            spoken.read(incoming(whole[:size], now=SENT + 5))
        except BadInput:
            continue
