"""Rules as people keep them: what a rule may be, and how they are made, changed, exported and imported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lib.domain.alerting import Rule, RuleKind
from lib.domain.calendars import read_zone
from lib.domain.errors import BadInput, NotFound
from lib.domain.metrics import DERIVED, bounds_of
from lib.domain.moments import told
from lib.monitoring.alerts.rules import document_of, rule_of
from lib.monitoring.analyzers.errors import ErrorOptions
from lib.monitoring.analyzers.prospects import ForecastOptions
from lib.monitoring.collectors.error_tracker import read_text
from lib.monitoring.detection import AnomalyOptions
from lib.storage.port import RuleStore

DAY = 86_400
MOST_RULES = 500
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_GLOB = re.compile(r"[A-Za-z][A-Za-z0-9_.:/*-]{0,99}")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class WantedScope(_Body):
    servers: list[str] = Field(default=[], max_length=50)
    groups: list[str] = Field(default=[], max_length=50)
    tags: list[str] = Field(default=[], max_length=50)


class WantedSchedule(_Body):
    days: list[int] = Field(default=[0, 1, 2, 3, 4, 5, 6], min_length=1, max_length=7)
    start: str = Field(default="00:00", pattern=f"^({_CLOCK})$")
    until: str = Field(default="24:00", pattern=f"^({_CLOCK})$")
    timezone: str = Field(default="UTC", max_length=60)


class WantedRule(_Body):
    """What may be said of a rule (domain/alerting.py explains it). What is left out is as usual."""

    name: str = Field(min_length=1, max_length=100)
    kind: RuleKind = "threshold"
    enabled: bool = True
    scope: WantedScope = Field(default_factory=WantedScope)
    metric: str = Field(default="", max_length=100)
    above: bool = True
    warning: float | None = Field(default=None, allow_inf_nan=False)
    critical: float | None = Field(default=None, allow_inf_nan=False)
    recovery: float | None = Field(default=None, allow_inf_nan=False)
    hold_seconds: int = Field(default=0, ge=0, le=DAY)
    recover_seconds: int = Field(default=0, ge=0, le=DAY)
    aggregation: Literal["last", "avg", "min", "max"] = "last"
    over_seconds: int = Field(default=0, ge=0, le=DAY)
    per_core: bool = False
    no_data: Literal["keep", "resolve", "warning", "critical"] = "keep"
    no_data_seconds: int = Field(default=900, ge=60, le=DAY)
    severity: Literal["info", "warning", "critical"] = "warning"
    schedule: WantedSchedule | None = None
    note: str = Field(default="", max_length=2_000)
    options: dict[str, Any] = Field(default={}, max_length=10)


class RuleFile(_Body):
    """Rules as a file. With `prune`, what is not in it is removed."""

    version: Literal[1] = 1
    rules: list[dict[str, Any]] = Field(max_length=MOST_RULES)
    prune: bool = False
    dry_run: bool = False


class Rulebook:
    def __init__(self, rules: RuleStore) -> None:
        self._rules = rules

    def everything(self) -> dict[str, Any]:
        return {"rules": [shown(one) for one in self._rules.rule_list()]}

    def one(self, rule_id: str, at: float | None = None) -> dict[str, Any]:
        """The rule, as it was in force at that time where one is given. Raises NotFound."""
        found = self._rules.rule(rule_id, at)
        if found is None:
            raise _nobody(rule_id)
        return found

    def create(self, wanted: WantedRule) -> dict[str, Any]:
        return shown(self._rules.rule_create(body_of(wanted)))

    def change(self, rule_id: str, wanted: WantedRule, version: int | None = None) -> dict[str, Any]:
        """Put another in its place, under the same id. Raises NotFound, and Conflict where it is not that version."""
        changed = self._rules.rule_change(rule_id, body_of(wanted), version)
        if changed is None:
            raise _nobody(rule_id)
        return shown(changed)

    def delete(self, rule_id: str) -> None:
        if not self._rules.rule_delete(rule_id):
            raise _nobody(rule_id)

    def exported(self) -> dict[str, Any]:
        """A file that can be imported: here it changes nothing, elsewhere it makes the same rules."""
        own = {"version", "origin", "created_at", "updated_at"}
        rules = [{name: value for name, value in one.items() if name not in own} for one in self._rules.rule_list()]
        return {"version": 1, "rules": rules}

    def imported(self, file: RuleFile, wanted: Mapping[str, WantedRule]) -> dict[str, Any]:
        """`{added, changed, removed, unchanged}`, ids. A dry run only says what it would do."""
        bodies = {rule_id: body_of(one) for rule_id, one in wanted.items()}
        kept = {one["id"] for one in self._rules.rule_list()} if file.prune else set()
        found = self._rules.rule_import(bodies, sorted(kept - bodies.keys()), dry_run=file.dry_run)
        return {**found, "dry_run": file.dry_run}


def known_id(text: object, pointer: str) -> str:
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise BadInput("a rule's id has 1 to 40 of a-z, 0-9 and -", pointer=pointer)
    return text


def body_of(wanted: WantedRule) -> dict[str, Any]:
    """The rule as it is stored. Raises BadInput for what fits its fields and makes no sense."""
    document = wanted.model_dump()
    name, note = read_text(wanted.name, 100), read_text(wanted.note, 2_000)
    if name is None:
        raise BadInput("a rule has a name", pointer="/name")
    document |= {"name": name, "note": note or "", "id": "-"}
    if wanted.schedule is not None:
        _check_schedule(wanted.schedule)
    rule = rule_of(document)
    _check(rule, wanted.options)
    return document_of(rule)


def _check_schedule(schedule: WantedSchedule) -> None:
    try:
        read_zone(schedule.timezone)
    except ValueError as error:
        raise BadInput(str(error), pointer="/schedule/timezone") from None
    if not all(0 <= day <= 6 for day in schedule.days):
        raise BadInput("days are 0 (Monday) to 6", pointer="/schedule/days")


def _check(rule: Rule, options: Mapping[str, Any]) -> None:
    for part in ("servers", "groups", "tags"):
        if any(read_text(one, 200) != one for one in getattr(rule.scope, part)):
            raise BadInput("names have 1 to 200 characters and none that steer", pointer=f"/scope/{part}")
    readers = {"errors": ErrorOptions.read, "forecast": ForecastOptions.read, "anomaly": AnomalyOptions.read}
    if rule.kind in readers:
        try:
            readers[rule.kind](options)
        except (ValueError, TypeError) as error:
            raise BadInput(str(error), pointer="/options") from None
    if rule.kind == "threshold":
        _check_levels(rule)
    elif rule.kind == "forecast":
        _check_prospect(rule)
    elif rule.metric or rule.warning is not None or rule.critical is not None:
        raise BadInput(f"a rule of the kind {rule.kind} has no metric and no levels", pointer="/metric")


def _check_prospect(rule: Rule) -> None:
    if not is_metric(rule.metric) or rule.metric.partition(":")[0] in DERIVED:
        raise BadInput("there is no such metric to foresee; a name of your own contains a dot", pointer="/metric")
    if rule.warning is not None or rule.critical is not None:
        raise BadInput("the level that will be crossed stands in the options", pointer="/warning")


def _check_levels(rule: Rule) -> None:
    if not is_metric(rule.metric):
        raise BadInput("there is no such metric; a name of your own contains a dot", pointer="/metric")
    given: Sequence[tuple[str, float]] = [
        (name, value) for name in ("recovery", "warning", "critical") if (value := getattr(rule, name)) is not None
    ]
    if not any(name != "recovery" for name, _ in given):
        raise BadInput("give `warning`, `critical` or both", pointer="/warning")
    ordered = [value for _, value in given]
    if ordered != sorted(ordered, reverse=not rule.above):
        way = "recovery <= warning <= critical" if rule.above else "recovery >= warning >= critical"
        raise BadInput(f"levels are in order: {way}", pointer="/recovery")
    if rule.over_seconds and rule.aggregation == "last":
        raise BadInput("`over_seconds` needs an aggregation: avg, min or max", pointer="/aggregation")
    if rule.aggregation != "last" and not rule.over_seconds:
        raise BadInput(f"{rule.aggregation} over how long? give `over_seconds`", pointer="/over_seconds")
    if rule.per_core and not rule.metric.startswith("load"):
        raise BadInput("only loads are judged per core", pointer="/per_core")


def is_metric(text: str) -> bool:
    """A metric of the catalogue, a series of it, a name of one's own, or a glob over such."""
    if "*" in text:
        return bool(_GLOB.fullmatch(text))
    return bounds_of(text) is not None or text.partition(":")[0] in DERIVED


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as people are shown it: with what it has not said, and its times."""
    rule = rule_of(row)
    whole = {name: getattr(rule, name) for name in WantedRule.model_fields}
    whole["options"] = dict(rule.options)
    whole["scope"] = {name: list(getattr(rule.scope, name)) for name in ("servers", "groups", "tags")}
    if rule.schedule is not None:
        whole["schedule"] = {**asdict(rule.schedule), "days": list(rule.schedule.days)}
    return {
        **whole, "id": row["id"], "version": row["version"], "origin": row["origin"],
        **told("created_at", row["created_at"]), **told("updated_at", row["updated_at"]),
    }  # fmt: skip


def _nobody(rule_id: str) -> NotFound:
    return NotFound(f'there is no rule "{rule_id[:60]}"')
