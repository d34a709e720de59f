"""A post on its way from the door to the sweep: what went in comes out, in parts of a bearable size."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.telemetry import Post, ServerSamples
from lib.monitoring.parts import (
    PART_CHARACTERS,
    PART_SAMPLES,
    PART_VERSION,
    TINY,
    decode_part,
    encode_parts,
    values_of,
)

VALUES = st.none() | st.floats(-1e15, 1e15) | st.integers(-(10**15), 10**15)


@given(
    st.integers(1, 40).flatmap(
        lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1, max_size=150)
    )
)
def test_what_is_encoded_is_read_back_in_order(rows: list[list[float | None]]) -> None:
    names = [f"app.m{index}" for index in range(len(rows[0]))]
    share = ServerSamples("web", names, [(at, row) for at, row in enumerate(rows)], Post("e", 3, 1), 12.5)
    share.extra = {"agent": "x"}
    parts = [decode_part(text) for text in encode_parts(share, "key")]
    assert [at for part in parts for at, _ in part.rows] == list(range(len(rows)))
    assert all(len(part.rows) <= PART_SAMPLES for part in parts)
    assert [part.extra for part in parts] == [{"agent": "x"}] + [{}] * (len(parts) - 1)
    heads = {(part.post, part.sent_at, part.server, part.key_id) for part in parts}
    assert heads == {(("e", 3, 1), 12.5, "web", "key")}
    read = [row for part in parts for row in values_of(part.rows)]
    assert read == [[0 if value and -TINY < value < TINY else value for value in row] for row in rows]


@pytest.mark.parametrize("tiny", [5e-324, 1e-320, -1e-50, 9e-31])
def test_what_a_real_cannot_hold_for_smallness_is_nothing(tiny: float) -> None:
    part = decode_part(encode_parts(ServerSamples("web", ["a.b", "a.c"], [(1, [tiny, 2e-5])]), "key")[0])
    assert values_of(part.rows) == [[0.0, 2e-5]]


def test_two_hundred_long_names_do_not_leave_each_sample_alone_with_them() -> None:
    names = [f"app.{index:03}" + "x" * 90 for index in range(200)]
    parts = encode_parts(ServerSamples("web", names, [(at, [1.5] * 200) for at in range(60)]), "key")
    assert len(parts) <= 8
    assert max(map(len, parts)) < 2 * PART_CHARACTERS


def test_each_part_says_which_series_are_counts_and_when_its_own_were_read() -> None:
    names = [f"prom.{index:03}_total" for index in range(100)]
    share = ServerSamples("web", names, [(at, [float(at)] * 100) for at in range(200)])
    share.extra = {
        "counters": dict.fromkeys(names), "counted": [[at, at + 0.25] for at in range(200)], "source": {"name": "x"},
    }  # fmt: skip
    parts = [decode_part(text) for text in encode_parts(share, "key")]
    assert len(parts) > 3
    for part in parts:
        assert part.extra["counters"] == dict.fromkeys(names)
        assert part.extra["counted"] == [[at, at + 0.25] for at, _ in part.rows]
    assert ["source" in part.extra for part in parts] == [True] + [False] * (len(parts) - 1)
    assert max(map(len, encode_parts(share, "key"))) < 1.5 * PART_CHARACTERS


def test_a_post_without_samples_is_one_part_with_what_else_it_tells() -> None:
    (text,) = encode_parts(ServerSamples("web", [], [], extra={"events": [["i", 1, "deploy", "v2"]]}), "key")
    part = decode_part(text)
    assert (part.rows, part.series, part.extra["events"]) == ([], [], [["i", 1, "deploy", "v2"]])


def test_a_part_of_another_version_is_no_part() -> None:
    body = json.loads(encode_parts(ServerSamples("web", ["cpu"], [(1, [1.0])]), "key")[0])
    body[0] = PART_VERSION + 1
    with pytest.raises(ValueError, match="version"):
        decode_part(json.dumps(body))


def test_what_is_no_number_is_no_value() -> None:
    rows: list[tuple[int, list[float | None]]] = [(1, [float("nan"), float("inf"), None, 1.0])]
    (text,) = encode_parts(ServerSamples("web", ["a.a", "a.b", "a.c", "a.d"], rows), "key")
    assert values_of(decode_part(text).rows) == [[None, None, None, 1.0]]
