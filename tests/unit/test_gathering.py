"""Values that come together are kept as each of them is by itself, whatever they are and whatever came before."""

from __future__ import annotations

from functools import cache

from hypothesis import example, given
from hypothesis import strategies as st

from lib.domain.telemetry import AHEAD_SECONDS, PAST_SECONDS
from lib.monitoring.collectors.gathering import MOST_CUSTOM, Gathered, plan_of
from lib.monitoring.collectors.server_stats import Batch

NOW = 1_795_600_000

names = st.sampled_from(["cpu", "load1", "memory", "disk:/", "app.a", "app.b", "app.c", "app.d", "nope", "no such.x"])
many = tuple(f"app.m{number}" for number in range(MOST_CUSTOM - 1))
layouts = st.lists(names, min_size=1, max_size=4).map(tuple) | st.just(many)
values = st.sampled_from([0.0, 1.5, 42.0, 99.0, 1e3, -1.0, 4e14, -9e14, 1e15, -1e15, 1.1e15, -1.1e15, 1e300])
seconds = st.sampled_from([-1.0, -0.5, -10.0, 0.25, -2.0 * PAST_SECONDS, 2.0 * AHEAD_SECONDS])
together = st.tuples(seconds, layouts, st.lists(values, min_size=4, max_size=4))


def gathered(told: list[tuple[float, tuple[str, ...], list[float]]], *, at_once: bool) -> Batch:
    found = Gathered("influx", NOW)
    server = found.server("web")
    assert server is not None
    plan = cache(plan_of)
    for second, series, some in told:
        those = [some[place % len(some)] for place in range(len(series))]
        if at_once and len(series) > 1:
            found.values(server, NOW + second, plan(series), those)
        else:
            for name, value in zip(series, those, strict=True):
                found.value(server, NOW + second, name, value)
    return found.done()


@given(st.lists(together, max_size=8))
@example([(-1.0, ("app.a", "app.b"), [1.0, 2.0]), (-1.0, ("app.b",), [3.0]), (-1.0, ("app.a", "app.b"), [4.0, 5.0])])
@example([(-1.0, ("app.a", "app.b", "app.a"), [1.0, 2.0, 3.0]), (-1.0, ("app.b", "app.a"), [4.0, 5.0])])
@example([(-1.0, ("app.a",), [1.0]), (-1.0, ("app.b", "app.c"), [2.0, 3.0]), (-1.0, ("app.c", "app.a"), [4.0, 5.0])])
@example([(-1.0, many, [1.0]), (-1.0, ("app.a", "app.b"), [2.0, 3.0])])
def test_at_once_is_one_by_one(told: list[tuple[float, tuple[str, ...], list[float]]]) -> None:
    assert gathered(told, at_once=True) == gathered(told, at_once=False)
