"""What alerting stands on between two commits: the rules in force, and what people did since the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lib.monitoring.alerts.incidents import Person
from lib.monitoring.alerts.rules import rules_of
from lib.monitoring.alerts.threshold import Rules


@dataclass(frozen=True, slots=True)
class Alerting:
    """`is_new` until the first decision after any of it has changed: then episodes under way are brought into line."""

    rules: Rules = field(default_factory=Rules)
    people: Mapping[str, Person] = field(default_factory=dict)
    is_new: bool = False
    version: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any], version: int) -> Alerting:
        """What `omv_sweep_begin` gives as `alerting`."""
        people = {one[0]: Person(one[1], one[2], one[3] or 0) for one in document["people"]}
        return cls(Rules(rules_of(document["rules"])), people, is_new=True, version=version)

    def settled(self) -> Alerting:
        return replace(self, people={}, is_new=False) if self.is_new else self
