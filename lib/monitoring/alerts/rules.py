"""Rules as documents: how they lie in the database and in a file, and back. What people send is checked before it
becomes one (api/rules.py), so reading one here takes it at its word."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from lib.domain.alerting import EVERYWHERE, Rule, Schedule, Scope
from lib.domain.calendars import holds

log = logging.getLogger(__name__)

_DEFAULTS = {one.name: getattr(Rule("", ""), one.name) for one in fields(Rule)}


def scope_of(document: Mapping[str, Any] | None) -> Scope:
    if not document:
        return EVERYWHERE
    return Scope(*(tuple(document.get(name) or ()) for name in ("servers", "groups", "tags")))


def schedule_of(document: Mapping[str, Any] | None) -> Schedule | None:
    if not document:
        return None
    schedule = Schedule(**{**document, "days": tuple(document["days"])}) if "days" in document else Schedule(**document)
    holds(schedule, 0.0)  # that it can be asked is found out here
    return schedule


def rule_of(document: Mapping[str, Any]) -> Rule:
    """Raises TypeError, KeyError or ValueError for what is no rule."""
    known = {name: value for name, value in document.items() if name in _DEFAULTS}
    known["scope"] = scope_of(known.get("scope"))
    known["schedule"] = schedule_of(known.get("schedule"))
    rule = Rule(**known)
    for name in ("warning", "critical", "recovery"):
        value = getattr(rule, name)
        if value is not None and not isinstance(value, int | float):
            raise TypeError(f"{name} is no number")
    return rule


def rules_of(documents: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """All that can be read. One that cannot (written by a later version) must not stop the sweep."""
    rules = []
    for document in documents:
        try:
            rules.append(rule_of(document))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            log.error("rule %s cannot be read and is left out: %s", document.get("id"), error)
    return rules


def document_of(rule: Rule) -> dict[str, Any]:
    """The rule without what it would have anyway, without id and version: the form that is stored and exported."""
    document = asdict(rule)
    document["scope"] = {name: list(listed) for name, listed in document["scope"].items() if listed}
    if document["schedule"]:
        document["schedule"]["days"] = list(document["schedule"]["days"])
    kept = {"name": rule.name, "kind": rule.kind}
    for name, value in document.items():
        if name in {"id", "version", "name", "kind"} or (name == "scope" and not value):
            continue
        if name == "scope" or value != _DEFAULTS[name]:
            kept[name] = value
    return kept
