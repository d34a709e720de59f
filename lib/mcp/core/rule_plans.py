"""What a new level means for the rules there are: the one of exactly these servers is changed, else a narrower one is
made. A rule that also holds for others is never changed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.domain.alerting import Scope
from lib.mcp.core.sources import Server

USUAL_HOLD = 300  # seconds, of a rule that is made and is like none there is
_COPIED = ("hold_seconds", "recover_seconds", "aggregation", "over_seconds", "no_data", "no_data_seconds", "options")
PARTS = ("servers", "groups", "tags")

type Rule = Mapping[str, Any]  # as the rulebook shows it


@dataclass(frozen=True, slots=True)
class Plan:
    """`rule` is the one that would be changed, None where one would be made. `set` is what it is told, `was` what it
    says of that now. `others` also hold for some of these servers and stay as they are; `foreign` watch the metric in
    another way (per core, or an aggregate)."""

    series: str
    above: bool
    rule: Rule | None
    set: dict[str, Any]
    was: dict[str, Any]
    others: list[Rule]
    foreign: list[Rule]
    fault: str = ""  # "order": the warning would lie beyond the critical level
    like: dict[str, Any] = field(default_factory=dict)  # of one that is made: what else it says

    @property
    def after(self) -> dict[str, Any]:
        """All levels and times as they would be."""
        kept = self.rule if self.rule is not None else {}
        named = ("warning", "critical", "recovery", "hold_seconds")
        return {**{name: kept.get(name) for name in named}, **self.like, **self.set}


def plan(
    rules: Iterable[Rule], scope: Mapping[str, Sequence[str]], servers: Sequence[Server], series: str, *,
    above: bool, levels: Mapping[str, float], hold: int | None,
) -> Plan:  # fmt: skip
    """`levels` are `{warning or critical: value}` in the unit of the series."""
    watching = [one for one in rules if one["kind"] == "threshold" and one["metric"] == series]
    alike = [one for one in watching if bool(one["above"]) == above and not one["per_core"]]
    exact = [one for one in alike if _is_scope(one, scope)]
    exact.sort(key=lambda one: (not one["enabled"], all(one[name] is None for name in levels), one["id"]))
    rule = exact[0] if exact else None
    others = [one for one in alike if one is not rule and one["enabled"] and _reaches(one, servers)]
    foreign = [one for one in watching if one not in alike and one["enabled"] and _reaches(one, servers)]
    if rule is not None:
        return _changed(rule, series, others, foreign, above=above, levels=levels, hold=hold)
    template = min(others, key=_width, default=None)
    like = {name: template[name] for name in _COPIED} if template else {"hold_seconds": USUAL_HOLD}
    wanted: dict[str, Any] = dict(levels)
    if hold is not None:
        wanted["hold_seconds"] = hold
    if template is not None and (recovery := _recovery(template, levels.values(), above=above)) is not None:
        wanted["recovery"] = recovery
    was = {name: _tightest(others, name, above=above) for name in levels}
    return Plan(series, above, None, wanted, was, others, foreign, _fault(wanted, above=above), like)


def _changed(
    rule: Rule, series: str, others: list[Rule], foreign: list[Rule], *, above: bool, levels: Mapping[str, float],
    hold: int | None,
) -> Plan:  # fmt: skip
    wanted: dict[str, Any] = dict(levels)
    if hold is not None and hold != rule["hold_seconds"]:
        wanted["hold_seconds"] = hold
    if not rule["enabled"]:
        wanted["enabled"] = True
    together = {name: wanted.get(name, rule[name]) for name in ("warning", "critical")}
    turn = 1.0 if above else -1.0
    if rule["recovery"] is not None and rule["recovery"] * turn > _first(together.values(), turn):
        wanted["recovery"] = _recovery(rule, together.values(), above=above)
    was = {name: rule[name] for name in wanted}
    return Plan(series, above, rule, wanted, was, others, foreign, _fault(together, above=above))


def _recovery(rule: Rule, levels: Iterable[float | None], *, above: bool) -> float | None:
    """As far from the first of these levels as the rule's is from its own; None where it has none."""
    if rule["recovery"] is None:
        return None
    turn = 1.0 if above else -1.0
    own = min(rule[name] * turn for name in ("warning", "critical") if rule[name] is not None)
    distance = max(0.0, own - rule["recovery"] * turn)
    made = float((_first(levels, turn) - distance) * turn)
    return round(max(0.0, made) if above else made, 4)


def _first(levels: Iterable[float | None], turn: float) -> float:
    return min(one * turn for one in levels if one is not None)


def _fault(levels: Mapping[str, Any], *, above: bool) -> str:
    warning, critical = levels.get("warning"), levels.get("critical")
    if warning is None or critical is None:
        return ""
    return "order" if (warning > critical if above else warning < critical) else ""


def _is_scope(rule: Rule, scope: Mapping[str, Sequence[str]]) -> bool:
    return all(set(rule["scope"][part]) == set(scope.get(part, ())) for part in PARTS)


def _reaches(rule: Rule, servers: Sequence[Server]) -> bool:
    scope = Scope(*(tuple(rule["scope"][part]) for part in PARTS))
    return any(scope.holds(one.id, one.group, one.tags) for one in servers)


def _width(rule: Rule) -> tuple[int, str]:
    """Named servers before groups and tags, those before everything."""
    scope = rule["scope"]
    return (0 if scope["servers"] else 1 if scope["groups"] or scope["tags"] else 2, rule["id"])


def _tightest(rules: Iterable[Rule], level: str, *, above: bool) -> float | None:
    known = [one[level] for one in rules if one[level] is not None]
    return (min(known) if above else max(known)) if known else None
