"""Samples read by place are what they are when each is read by itself, whatever they look like."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.collectors.samples import Samples, read_samples

NOW = 1_795_600_000

odd = st.sampled_from([101, -1, None, True, "7", [1], {}])
numbers = st.sampled_from([0, 1, 42.5, 99.9])
mostly = numbers | numbers | numbers | odd
states = st.sampled_from([
    {"disk": 1.5}, {"inode": 2.5}, {"disk": 3.5, "inode": 4}, {"inode": 5, "disk": 6.5}, 7, None, {"disk": 101},
    {"disk": 8, "size_bytes": 10, "free_bytes": 9}, {"disk": 9, "size_bytes": 10, "free_bytes": -1}, ["disk", "inode"],
    {"x": 1, "y": 2}, "xy",
])  # fmt: skip
metrics = st.sampled_from([
    {"app.a": 1}, {"app.b": 2.5}, {"app.a": 3, "app.b": 4}, {"app.b": 5, "app.a": 6}, {"cpu": 7}, {"disk:/": 8},
    {"nope": 9}, {"app.a": "x"}, {},
])  # fmt: skip
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "cpu": mostly, "memory": numbers, "disk:/": numbers,
    "mounts": st.dictionaries(st.sampled_from(["/", "/var", "/데이터"]), states, max_size=2) | odd,
    "metrics": metrics | metrics | odd,
}  # fmt: skip


@st.composite
def posts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Samples of one or two sets of members, so that many are read by the place of another's."""
    kinds = draw(st.lists(st.lists(st.sampled_from([*MEMBERS]), unique=True), min_size=1, max_size=2))
    return [
        {"at": NOW - 60 + number, **{member: draw(MEMBERS[member]) for member in draw(st.sampled_from(kinds))}}
        for number in range(draw(st.integers(1, 6)))
    ]


def read(given: list[dict[str, Any]]) -> tuple[Samples, list[tuple[str, str, int]]]:
    refused: list[tuple[str, str, int]] = []
    return read_samples(given, NOW, lambda *told: refused.append(told)), refused


def named(found: Samples) -> list[tuple[int, dict[str, float]]]:
    return [
        (at, {name: value for name, value in zip(found.series, row, strict=True) if value is not None})
        for at, row in found.rows
    ]


@given(posts())
def test_many_at_once_are_what_each_is_alone(post: list[dict[str, Any]]) -> None:
    together, refused = read(post)
    alone, refused_alone, sizes = [], [], {}
    for index, sample in enumerate(post):
        one, why = read([sample])
        alone += named(one)
        sizes = one.mounts or sizes
        refused_alone += [(where.replace("/samples/0", f"/samples/{index}"), reason, index) for where, reason, _ in why]
    assert named(together) == alone
    assert sorted(refused, key=lambda one: one[2]) == refused_alone
    assert together.mounts == sizes
    assert all(len(row) == len(together.series) for _, row in together.rows)


def test_a_mount_that_comes_or_goes_is_kept_under_its_own_name() -> None:
    at_a = {"at": NOW - 3, "mounts": {"/a": {"disk": 1.5}, "/b": {"disk": 2.5}}}
    found, refused = read([at_a, at_a, {"at": NOW - 2, "mounts": {"/b": {"disk": 3.5}, "/a": {"disk": 4.5}}}])
    assert not refused
    assert named(found)[1:] == [
        (NOW - 3, {"disk:/a": 1.5, "disk:/b": 2.5}),
        (NOW - 2, {"disk:/a": 4.5, "disk:/b": 3.5}),
    ]
