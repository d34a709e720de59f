"""Exponential histograms of OTLP: their buckets, and the 95th percentile that is estimated from them."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.collectors.otlp import PROTOCOL
from lib.monitoring.collectors.otlp_exponential import MOST_BUCKETS, buckets_of
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.protocols.otlp_made import CUMULATIVE, DELTA, JSON, NOW, Made, batch_of, incoming, values


def index_of(value: float, scale: int) -> int:
    """As the specification has it: (base ** index, base ** (index + 1)]."""
    return math.ceil(math.log2(value) * 2.0**scale) - 1


def exponential(observed: list[float], scale: int, kind: int = DELTA, at: float = NOW) -> Made:
    made = Made(at=at, start=NOW - 10)
    data = made.metric("rpc.time").exponential_histogram
    data.aggregation_temporality = kind
    point = data.data_points.add(
        start_time_unix_nano=(NOW - 10) * 10**9,
        time_unix_nano=int(at * 1e9),
        count=len(observed),
        sum=sum(observed),
        scale=scale,
    )
    point.zero_count = sum(value == 0 for value in observed)
    for side, those in (
        (point.positive, [value for value in observed if value > 0]), (point.negative, [-value for value in observed if value < 0])
    ):  # fmt: skip
        indexes = [index_of(value, scale) for value in those]
        if indexes:
            side.offset = min(indexes)
            side.bucket_counts.extend(indexes.count(index) for index in range(min(indexes), max(indexes) + 1))
    return made


def test_an_estimate_is_as_good_as_the_buckets() -> None:
    chance = random.Random(7)
    observed = [chance.lognormvariate(-3, 1) for _ in range(2_000)]
    true = sorted(observed)[int(0.95 * len(observed))]
    for scale in (0, 1, 3, 5):
        found = values(batch_of(exponential(observed, scale)))
        assert found["otel.rpc.time.rate"] == 200.0
        assert found["otel.rpc.time.mean"] == pytest.approx(sum(observed) / len(observed))
        assert found["otel.rpc.time.p95"] == pytest.approx(true, rel=0.2 if scale else 0.4)


def test_both_encodings_say_the_same_and_it_is_the_same_with_another_scale() -> None:
    observed = [0.0, 0.0, -3.0, 0.001, 0.1, 0.1, 0.11, 4.0, 4.0, 17.0]
    finest = exponential(observed, 6)
    found = PROTOCOL.read(incoming(json.dumps(finest.document).encode(), JSON))
    assert isinstance(found, Batch)
    assert values(found) == values(batch_of(finest)) == values(batch_of(exponential(observed, 3)))


def test_of_cumulative_ones_what_came_since_the_last_time_counts() -> None:
    state = ServerState("web-01")
    first, then = [1.0] * 500, [8.0] * 100
    heard = []
    for at, observed in ((NOW - 60, first), (NOW - 50, first + then)):
        (share,) = batch_of(exponential(observed, 4, CUMULATIVE, at)).shares
        heard.append((float(at), [decode_part(text) for text in encode_parts(share, "key")]))
    fold_parts(state, heard, NOW)
    told = dict(zip(state.series, state.values, strict=False))
    assert told["otel.rpc.time.rate"] == 10.0
    assert told["otel.rpc.time.mean"] == 8.0
    assert 8 / math.sqrt(2) < (told["otel.rpc.time.p95"] or 0) <= 8.0


@given(
    st.integers(-2_000_000_000, 2_000_000_000), st.lists(st.integers(0, 2**64 - 1), max_size=60), st.integers(-2**31, 2**31 - 1),
    st.floats(), st.integers(0, 2**64 - 1), st.integers(-2**31, 2**31 - 1), st.lists(st.integers(0, 5), max_size=60),
)  # fmt: skip
def test_whatever_the_buckets_they_are_few_and_in_order(
    offset: int, counts: list[int], scale: int, threshold: float, zeros: int, other: int, negative: list[int]
) -> None:
    for one in (scale, scale % 31 - 10):
        bounds, buckets = buckets_of(one, (threshold, zeros), (offset, counts), (other, negative))
        assert len(buckets) <= MOST_BUCKETS
        assert bounds == sorted(set(bounds))
        assert all(map(math.isfinite, bounds))
        assert not buckets or (len(buckets) == len(bounds) + 1 and sum(buckets) == sum(counts) + sum(negative) + zeros)


def test_no_more_counts_are_read_than_a_sender_has() -> None:
    assert buckets_of(0, (0.0, 0), (0, [1] * 3_000), (0, [])) == ([], [])
