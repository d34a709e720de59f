"""Incidents made of what moved: each episode that opened has an id, its transitions have numbers, and both are the same
however often a sweep must begin again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lib.domain.alerting import GRAVITY, Incident, Rule, Severity, Transition
from lib.domain.episodes import Change, Episode, levels_of
from lib.domain.metrics import HEADLINE
from lib.monitoring.alerts.outside import Step, shown, told_of
from lib.monitoring.alerts.threshold import RULES, Moved, Rules
from lib.monitoring.checks import Check, CheckFinding, judge_checks
from lib.monitoring.state import FleetState, ServerState

DETAILS = "details"  # what a server's memory keeps of what is open: {key of the episode: what is so}
_COLUMNS = ("id", "rule_id", "server", "subject", "kind", "severity", "state", "opened_at", "noticed_at", "resolved_at")


@dataclass(frozen=True, slots=True)
class Person:
    """What people did to an incident: acknowledged it, or ended it (`why`)."""

    acked_by: str | None
    why: str | None
    seq: int


@dataclass(slots=True)
class News:
    """What one decision says of incidents, in the order it happened."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    told: list[tuple[Incident, Transition]] = field(default_factory=list)
    evidence: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(
        self, moved: Iterable[Moved], state: ServerState | None, now: float, about: CheckFinding | None = None
    ) -> None:
        for rule, subject, change, detail in moved:
            incident = replace(incident_of(rule, subject, change.episode, state, now), detail=detail)
            if about is not None:
                incident = _of_check(incident, about)
            self._add(incident, change, rule, now)
            if change.kind == "opened" and state is not None:
                self.evidence[incident.id] = _evidence(state)

    def note_fleet(
        self, moved: Iterable[Moved], memory: Mapping[str, Any], states: Mapping[str, ServerState], now: float
    ) -> None:
        """What rules and people did to episodes in the fleet's memory."""
        told = told_of(memory)
        for one in moved:
            if one.subject in told:
                self.note_outside([Step(one, told[one.subject])], states, now)
            else:
                self.note([one], None, now)

    def note_outside(self, steps: Iterable[Step], states: Mapping[str, ServerState], now: float) -> None:
        """What happened to alerts of other monitors. All that was told of one is kept with it once."""
        for (rule, subject, change, _), told, word in steps:
            incident = shown(incident_of(rule, subject, change.episode, None, now), told, states)
            self._add(incident, change, rule, now)
            if change.kind == "opened":
                state = states.get(told.server or "")
                seen = _evidence(state) if state is not None else {}
                self.evidence[incident.id] = {**seen, **({"outside": dict(word.story)} if word else {})}

    def _add(self, incident: Incident, change: Change, rule: Rule, now: float) -> None:
        if change.kind == "resolved":
            incident = replace(incident, state="resolved", resolved_at=change.at, resolved_why=change.why)
        self.incidents[incident.id] = incident
        self.told.append((incident, _transition(incident, change, rule, now)))

    def documents(self) -> dict[str, Any]:
        """What the commit is to write; empty where nothing moved."""
        if not self.told:
            return {}
        return {
            "incidents": [_row(one, self.evidence.get(one.id)) for one in self.incidents.values()],
            "transitions": [
                [step.incident, step.seq, step.kind, step.at, step.noticed_at, step.severity, step.value, step.actor,
                 step.note] for _, step in self.told
            ],
        }  # fmt: skip


def incident_id(server: str | None, rule: str, subject: str, since: int) -> str:
    text = "\0".join((server or "", rule, subject, str(since)))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def incident_of(rule: Rule, subject: str, episode: Episode, state: ServerState | None, now: float) -> Incident:
    """The incident that this episode, which opened, is."""
    server = state.name if state is not None else None
    turn = 1.0 if rule.above else -1.0  # episodes keep readings so that larger is worse
    severity: Severity = "critical" if episode.severity == "critical" else "warning"
    if rule.kind != "threshold":
        severity = rule.severity
    level = None
    if rule.kind == "threshold":
        cores = float((state.facts.get("cores") if state else 0) or 1) if rule.per_core else 1.0
        found = levels_of(rule, cores)
        turned = found.critical if severity == "critical" else found.warning
        level = None if turned == float("inf") else turned * turn
    return Incident(
        id=incident_id(server, rule.id, subject, episode.since),
        rule_id=rule.id, rule_version=rule.version, rule_name=rule.name, kind=rule.kind,
        server=server, subject=subject, severity=severity,
        opened_at=float(episode.opened_at or episode.since), noticed_at=episode.noticed_at or now,
        since=float(episode.since),
        group=state.group if state else None, tags=state.tags if state else {},
        value=episode.last * turn if rule.kind == "threshold" else None, level=level,
        peak=episode.peak * turn if rule.kind == "threshold" else None,
        state="recovering" if episode.phase == "recovering" else "open",
        no_data=episode.no_data, stale=episode.stale, flaps=episode.flaps, acked_by=episode.acked or None,
        note=rule.note,
    )  # fmt: skip


def _of_check(incident: Incident, about: CheckFinding) -> Incident:
    """A check has its own name, severity and place."""
    return replace(
        incident, rule_name=about.name, severity=about.severity, server=about.server, group=about.group,
        tags=about.tags, value=about.value, level=about.level,
        detail=" ".join(filter(None, [about.state, about.detail])),
    )  # fmt: skip


def open_incidents(
    states: Mapping[str, ServerState], fleet: FleetState, rules: Rules, checks: Mapping[str, Check]
) -> list[Incident]:
    """Every incident that is open, from what the states remember."""
    holders: list[tuple[ServerState | None, Mapping[str, Any]]] = [(None, fleet.memory)]
    holders += [(state, state.memory) for state in states.values() if RULES in state.memory]
    told = told_of(fleet.memory)
    found = []
    for state, memory in holders:
        for key, episode in open_of(memory):
            rule_id, _, subject = key.partition("|")
            if rule_id not in rules.by_id:
                continue
            incident = incident_of(rules.by_id[rule_id], subject, episode, state, episode.noticed_at)
            incident = replace(incident, detail=(memory.get(DETAILS) or {}).get(key, ""))
            if incident.kind == "check" and subject in checks:
                (about,) = judge_checks({subject: checks[subject]}, episode.last_at, 0.0)
                incident = _of_check(incident, about)
            elif state is None and subject in told:
                incident = shown(incident, told[subject], states)
            found.append(incident)
    return found


def open_of(memory: Mapping[str, Any]) -> list[tuple[str, Episode]]:
    """[(key, episode)] of what is open in a memory."""
    return [
        (key, Episode.from_list(kept))
        for key, kept in (memory.get(RULES) or {}).items()
        if kept[0] in ("open", "recovering")
    ]


def worst(state: ServerState, rules: Rules) -> Incident | None:
    """The gravest of what thresholds found and is open: what the server's status says."""
    found = None
    for key, episode in open_of(state.memory):
        rule_id, _, subject = key.partition("|")
        rule = rules.by_id.get(rule_id)
        if rule is not None and rule.kind == "threshold":
            incident = incident_of(rule, subject, episode, state, state.heard_at)
            if found is None or GRAVITY[incident.severity] > GRAVITY[found.severity]:
                found = incident
    return found


def _transition(incident: Incident, change: Change, rule: Rule, now: float) -> Transition:
    value = change.value if rule.above or change.value is None else -change.value
    if rule.kind != "threshold":
        value = None
    seq, kind = change.episode.seq, change.kind
    return Transition(incident.id, seq, kind, change.at, now, incident.severity, value, note=change.why)


def _row(incident: Incident, evidence: dict[str, Any] | None) -> dict[str, Any]:
    whole = asdict(incident)
    row = {name: whole.pop(name) for name in _COLUMNS}
    row["rule"], row["why"] = row.pop("rule_id"), whole.pop("resolved_why")
    whole.pop("acked_by")  # that is people's column
    row["body"] = whole
    if evidence is not None:
        row["evidence"] = evidence
    return row


def _evidence(state: ServerState) -> dict[str, Any]:
    """What the server's other figures were when it opened."""
    latest: Sequence[tuple[str, float | None]] = [(name, state.value(name)) for name in HEADLINE]
    return {"at": state.folded_at, "values": {name: value for name, value in latest if value is not None}}
