"""Fixed levels: what is found, after how long, and until when."""

from __future__ import annotations

from typing import Any

import pytest

from lib.monitoring.alerts.threshold import FORGET_SECONDS, LEVELS, Thresholds, urgent_limits
from lib.monitoring.analyzers import Window


def found(
    values: dict[int, float | None], series: str = "cpu", memory: dict[str, Any] | None = None, cores: int | None = 4
) -> list[tuple[str, float]]:
    window = Window("web-1", [series], list(values), [[value] for value in values.values()], {"cores": cores})
    findings = Thresholds().fold({} if memory is None else memory, window)
    return [(finding.severity, finding.since) for finding in findings]


def every(step: int, *values: float | None) -> dict[int, float | None]:
    return {index * step: value for index, value in enumerate(values)}


@pytest.mark.parametrize(
    ("series", "values", "expected"),
    [
        ("cpu", every(60, 95, 95, 95, 95, 95, 95), [("warning", 0)]),
        ("cpu", every(60, 95, 95, 95, 95, 95), []),  # not yet held
        ("cpu", every(60, 95, 85, 85, 85, 85, 85, 85), []),  # a spike, then high but below the level
        ("cpu", every(60, 95, 85, 95, 95, 95, 95, 95), []),
        ("cpu", every(60, *[95] * 6, 85), [("warning", 0)]),  # found: ends only below the recovery
        ("cpu", every(60, *[95] * 6, 79), []),
        ("cpu", every(60, *[99] * 6), [("critical", 0)]),
        ("cpu", every(60, *[95] * 6, 99), [("warning", 0)]),
        ("cpu", every(60, *[99] * 6, 92), [("critical", 0)]),
        ("cpu", every(60, *[99] * 6, 89), [("warning", 0)]),
        ("cpu", every(60, *[95] * 5, None, 95), [("warning", 0)]),
        ("cpu", every(60, 95, None, None, None, None, None, None), []),  # one value does not last
        ("cpu", every(300, 90, 90), [("warning", 0)]),
        ("cpu", every(300, 89.9, 89.9), []),
        ("disk", every(10, 90), [("warning", 0)]),
        ("disk", every(10, 95), [("critical", 0)]),
        ("disk:/data", every(10, 96, 89), [("warning", 0)]),
        ("disk:/data", every(10, 96, 87), []),
        ("inode:/", every(10, 99), [("critical", 0)]),
        ("load1", every(300, 8, 8), [("warning", 0)]),
        ("load1", every(300, 16, 16), [("critical", 0)]),
        ("load1", every(300, 7.9, 7.9), []),
        ("net_in", every(300, 1e9, 1e9), []),
        ("app.cpu", every(300, 99, 99), []),
    ],
)
def test_a_level_is_found_after_its_hold_and_until_its_recovery(
    series: str, values: dict[int, float | None], expected: list[tuple[str, float]]
) -> None:
    assert found(values, series) == expected
    memory: dict[str, Any] = {}
    last: list[tuple[str, float]] = []
    for at, value in values.items():  # sample by sample it is the same
        last = found({at: value}, series, memory)
    assert last == expected


def test_load_is_judged_only_where_the_cores_are_known() -> None:
    assert found(every(300, 50, 50), "load1", cores=None) == []


def test_an_episode_that_is_over_leaves_no_memory() -> None:
    memory: dict[str, Any] = {}
    found(every(60, *[95] * 6), memory=memory)
    assert list(memory) == ["cpu"]
    found({400: 50}, memory=memory)
    assert memory == {}


def test_a_mount_that_is_gone_is_not_full_for_ever() -> None:
    memory: dict[str, Any] = {}
    window = Window("w", ["disk:/usb", "cpu"], [0], [[99.0, 1.0]], {})
    assert len(Thresholds().fold(memory, window)) == 1
    later = Window("w", ["disk:/usb", "cpu"], [FORGET_SECONDS], [[None, 1.0]], {})
    assert len(Thresholds().fold(memory, later)) == 1
    gone = Window("w", ["disk:/usb", "cpu"], [FORGET_SECONDS + 1], [[None, 1.0]], {})
    assert Thresholds().fold(memory, gone) == []
    assert memory == {}


def test_where_mounts_are_told_one_by_one_the_headline_says_nothing_twice() -> None:
    memory: dict[str, Any] = {}
    assert [f.series for f in Thresholds().fold(memory, Window("w", ["disk"], [0], [[99.0]], {}))] == ["disk"]
    both = Window("w", ["disk", "disk:/"], [10], [[99.0, 99.0]], {})
    assert [finding.series for finding in Thresholds().fold(memory, both)] == ["disk:/"]
    assert list(memory) == ["disk:/"]


def test_agents_are_told_the_levels_that_do_not_depend_on_the_machine() -> None:
    assert urgent_limits() == {"cpu": 90, "memory": 90, "disk": 90, "inode": 90}
    assert all(level.recovery < level.warning < level.critical for level in LEVELS)
