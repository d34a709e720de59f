"""A condition of a question held against a value, in the unit the value is stored in; and the levels of rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.alerting import Scope
from lib.mcp.core.measures import Measure
from lib.mcp.core.sources import Server, Sources

TO_BASE = {
    "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40, "S": 1.0,
    "KB/S": 1e3, "MB/S": 1e6, "GB/S": 1e9, "MBPS": 125_000.0, "GBPS": 125_000_000.0, "KBPS": 125.0,
}  # fmt: skip


def holds(condition: Mapping[str, Any], value: float, of: Measure) -> bool:
    level = level_of(condition, "value", of)
    match condition["op"]:
        case "gt":
            return value > level
        case "gte":
            return value >= level
        case "lt":
            return value < level
        case "lte":
            return value <= level
        case "between":
            return level <= value <= level_of(condition, "value2", of)
        case _:
            return round(value) == round(level)


def level_of(condition: Mapping[str, Any], slot: str, of: Measure) -> float:
    """The condition's value in the unit the measure is stored in."""
    value, unit = float(condition[slot]), str(condition.get("unit") or "").upper()
    if of.unit in {"B", "B/s"}:
        return value * TO_BASE.get(unit, 1.0)
    return value * 1_000 if of.unit == "ms" and unit == "S" else value


def levels_of(one: Server, of: Measure, sources: Sources) -> list[tuple[str, float]]:
    """(severity, level) of the rules that watch this measure of that server from below."""
    found = []
    for rule in sources.rules:
        if rule["kind"] != "threshold" or rule["metric"] != of.series[0] or not rule["above"] or not rule["enabled"]:
            continue
        scope = Scope(*(tuple(rule["scope"][part]) for part in ("servers", "groups", "tags")))
        if rule["per_core"] or not scope.holds(one.id, one.group, one.tags):
            continue
        found += [(name, float(rule[name])) for name in ("warning", "critical") if rule[name] is not None]
    return found
