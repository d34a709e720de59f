"""Availability against a count of single seconds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.availability import availability

SPANS = st.lists(
    st.tuples(st.floats(0, 1_000), st.one_of(st.none(), st.floats(0, 300))).map(
        lambda it: (it[0], None if it[1] is None else it[0] + it[1])
    ),
    max_size=6,
)


@given(SPANS, st.integers(0, 500), st.integers(0, 400), st.integers(1, 600))
def test_it_is_the_share_of_seconds_without_silence(
    spans: list[tuple[float, float | None]], first_seen: int, start: int, length: int
) -> None:
    end = start + length
    found = availability(first_seen, spans, start, end)
    begun = max(start, first_seen)
    seconds = range(begun, end)
    silent = [
        second
        for second in seconds
        if any(math.floor(since) <= second < (end if until is None else math.ceil(until)) for since, until in spans)
    ]
    assert found.down == len(silent)
    assert found.seconds == len(seconds)
    assert all(one.end < two.start for one, two in zip(found.outages, found.outages[1:], strict=False))
    if seconds:
        assert found.percent == pytest.approx(100 * (1 - len(silent) / len(seconds)))
    else:
        assert found.percent is None


def test_what_lasts_ends_where_the_look_ends() -> None:
    (outage,) = availability(0, [(40.2, None), (60, 70)], 0, 100).outages
    assert (outage.start, outage.end, outage.lasts) == (40, 100, True)
