"""Rules held against series: what is found, after how long, and until when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lib.domain.alerting import Rule, Schedule, Scope
from lib.monitoring.alerts.incidents import open_of, worst
from lib.monitoring.alerts.threshold import RULES, SUMS, Rules
from lib.monitoring.analyzers import Window
from lib.monitoring.ingest import URGENT
from lib.monitoring.state import ServerState
from tests.unit.folding import BRISK, NOW

HOUR = 3_600


def server(*series: str, **facts: Any) -> ServerState:
    return ServerState("web-1", list(series), {"cores": 4, **facts})


def fold(state: ServerState, rules: Rules, values: dict[int, float | None], column: int = 0) -> list[str]:
    """What moved, as `<subject> <kind> <severity>`."""
    rows = [[None] * column + [value] for value in values.values()]
    state.folded_at = max(values)
    moved = rules.fold(state, [Window(state.name, state.series, list(values), rows, state.facts)], float(max(values)))
    return [f"{one.subject} {one.change.kind} {one.change.episode.severity}" for one in moved]


def found(
    values: dict[int, float | None], series: str = "cpu", state: ServerState | None = None, rules: Rules | None = None
) -> list[tuple[str, float]]:
    state = state or server(series)
    fold(state, rules or Rules(BRISK), values)
    return [(episode.severity, episode.since) for _, episode in open_of(state.memory)]


def every(step: int, *values: float | None) -> dict[int, float | None]:
    return {index * step: value for index, value in enumerate(values)}


@pytest.mark.parametrize(
    ("series", "values", "expected"),
    [
        ("cpu", every(60, 95, 95, 95, 95, 95, 95), [("warning", 0)]),
        ("cpu", every(60, 95, 95, 95, 95, 95), []),  # not yet held
        ("cpu", every(60, 95, 85, 85, 85, 85, 85, 85), []),  # a spike, then high but below the level
        ("cpu", every(60, 95, 85, 95, 95, 95, 95, 95), []),
        ("cpu", every(60, *[95] * 6, 85), [("warning", 0)]),  # open: ends only below the recovery
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
def test_a_level_opens_after_its_hold_and_lasts_until_its_recovery(
    series: str, values: dict[int, float | None], expected: list[tuple[str, float]]
) -> None:
    assert found(values, series) == expected
    state, rules = server(series), Rules(BRISK)
    for at, value in values.items():  # sample by sample it is the same
        last = found({at: value}, series, state, rules)
    assert last == expected


def test_load_is_judged_only_where_the_cores_are_known() -> None:
    assert found(every(300, 50, 50), "load1", server("load1", cores=None)) == []


def test_an_episode_that_is_over_is_forgotten_once_it_cannot_flap_any_more() -> None:
    state, rules = server("cpu"), Rules(BRISK)
    fold(state, rules, every(60, *[95] * 6))
    assert list(state.memory[RULES]) == ["cpu|cpu"]
    assert fold(state, rules, {400: 50}) == ["cpu resolved warning"]
    assert state.memory[RULES]["cpu|cpu"][0] == "calm"
    fold(state, rules, {400 + HOUR: 50})
    assert RULES not in state.memory


def test_a_mount_that_is_gone_is_not_full_for_ever() -> None:
    state, rules = server("disk:/usb", "cpu"), Rules(BRISK)
    assert fold(state, rules, {0: 99.0}) == ["disk:/usb opened critical"]
    assert fold(state, rules, {900: 1.0}, column=1) == []
    assert fold(state, rules, {901: 1.0}, column=1) == ["disk:/usb resolved critical"]
    assert RULES not in state.memory


def test_where_a_rule_says_so_no_data_keeps_what_is_open_and_says_so() -> None:
    state = server("app.queue", "cpu")
    rules = Rules([Rule("q", "Queue", metric="app.queue", warning=10)])
    assert fold(state, rules, {0: 11.0}) == ["app.queue opened warning"]
    assert fold(state, rules, {901: 1.0}, column=1) == ["app.queue no_data warning"]
    assert fold(state, rules, {911: 1.0}, column=1) == []
    assert fold(state, rules, {921: 12.0}) == ["app.queue data_back warning"]


def test_where_mounts_are_told_one_by_one_the_headline_says_nothing_twice() -> None:
    state, rules = server("disk"), Rules(BRISK)
    assert fold(state, rules, {0: 99.0}) == ["disk opened critical"]
    state.series = ["disk", "disk:/"]
    moved = rules.fold(state, [Window("web-1", state.series, [10], [[99.0, 99.0]], state.facts)], 10.0)
    assert [(one.subject, one.change.kind, one.change.why) for one in moved] == [
        ("disk:/", "opened", ""), ("disk", "resolved", "rule_changed"),
    ]  # fmt: skip


def test_free_space_is_judged_in_bytes_and_not_on_small_mounts() -> None:
    rule = Rule("free", "Free", metric="disk_free", above=False, warning=5e9, critical=1e9, recovery=6e9,
                options={"least_size_bytes": 2e10})  # fmt: skip
    rules = Rules([rule])
    state = server("disk:/", "disk:/boot")
    state.mounts = {"/": [100_000_000_000, 0], "/boot": [1_000_000_000, 0]}
    assert fold(state, rules, {0: 94.9}) == []
    assert fold(state, rules, {10: 95.5}) == ["disk_free:/ opened warning"]
    incident = worst(state, rules)
    assert incident is not None
    assert (incident.value, incident.level, incident.subject) == (pytest.approx(4.5e9), 5e9, "disk_free:/")
    assert fold(state, rules, {20: 99.5}) == ["disk_free:/ escalated critical"]
    assert fold(state, rules, {30: 94.5}) == ["disk_free:/ eased warning"]
    assert fold(state, rules, {40: 93.0}) == ["disk_free:/ resolved warning"]
    assert fold(state, rules, {50: 100.0}, column=1) == []


def test_what_is_too_low_is_a_rule_too() -> None:
    rules = Rules([Rule("r", "Requests", metric="requests", above=False, warning=10, recovery=20)])
    state = server("requests")
    assert fold(state, rules, {0: 50.0, 10: 10.0}) == ["requests opened warning"]
    assert fold(state, rules, {20: 19.0}) == []
    assert fold(state, rules, {30: 21.0}) == ["requests resolved warning"]


@pytest.mark.parametrize(("aggregation", "opens"), [("avg", True), ("max", True), ("min", False), ("last", False)])
def test_an_aggregate_is_judged_once_its_window_is_covered(aggregation: str, opens: bool) -> None:
    rule = Rule("a", "A", metric="cpu", warning=90, over_seconds=120, aggregation=aggregation)  # type: ignore[arg-type] # from the table
    values: dict[int, float | None] = {10 * index: 100.0 if index % 10 else 60.0 for index in range(12)}
    state, rules = server("cpu"), Rules([replace(rule, aggregation="avg") if aggregation == "last" else rule])
    assert found({0: 100.0, 10: 100.0}, state=server("cpu"), rules=rules) == []  # not covered yet
    if aggregation == "last":
        values = dict.fromkeys(values, 60.0)
    assert bool(found(values, state=state, rules=rules)) is opens
    assert len(state.memory[SUMS]["a|cpu"]) <= 13


def test_out_of_its_hours_a_rule_opens_nothing_but_lets_end_what_is_open() -> None:
    day = NOW - NOW % 86_400
    rule = Rule("n", "N", metric="cpu", warning=90, schedule=Schedule(start="09:00", until="18:00"))
    state, rules = server("cpu"), Rules([rule])
    assert fold(state, rules, {day + 8 * HOUR: 99.0}) == []
    assert fold(state, rules, {day + 9 * HOUR: 99.0}) == ["cpu opened warning"]
    assert fold(state, rules, {day + 19 * HOUR: 50.0}) == ["cpu resolved warning"]


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (Scope(), True),
        (Scope(servers=("web-*",)), True),
        (Scope(servers=("db-*",)), False),
        (Scope(groups=("shop",)), True),
        (Scope(groups=("shop",), tags=("team:pay",)), False),
        (Scope(tags=("team:web", "team:pay")), True),
        (Scope(tags=("team",)), True),
        (Scope(tags=("env",)), False),
    ],
)
def test_a_rule_watches_whom_it_is_meant_for(scope: Scope, holds: bool) -> None:
    state = server("disk:/", group="shop", tags={"team": "web"})
    rules = Rules([Rule("d", "D", metric="disk", warning=90, scope=scope)])
    assert bool(fold(state, rules, {0: 99.0})) is holds
    state.settings = {"group": "another"}
    if scope.groups and holds:
        assert fold(state, rules, {10: 99.0}) == ["disk:/ resolved warning"]


def test_globs_and_single_series() -> None:
    state = server("app.a.queue", "app.b.queue", "disk:/data", "disk:/")
    rules = Rules([Rule("q", "Q", metric="app.*.queue", warning=1), Rule("d", "D", metric="disk:/data", warning=1)])
    assert {watch.subject for watch in rules.watched(state)} == {"app.a.queue", "app.b.queue", "disk:/data"}


def test_only_critical_may_count() -> None:
    rules = Rules([Rule("c", "C", metric="cpu", critical=95, recovery=90, hold_seconds=60)])
    state = server("cpu")
    assert fold(state, rules, {0: 94.0, 60: 96.0, 120: 96.0}) == ["cpu opened critical"]
    assert fold(state, rules, {180: 89.0}) == ["cpu resolved critical"]


def test_agents_are_told_the_levels_that_do_not_depend_on_the_machine() -> None:
    assert URGENT == {"cpu": 90, "memory": 90, "disk": 90, "inode": 90}
