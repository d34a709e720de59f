"""Rules whose question is yes or no: does the server speak, is its clock right, does the monitor hear at all. And what
people's acts and changed rules do to episodes that are under way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.domain.alerting import Rule
from lib.domain.episodes import Change, Episode, advance, dismiss, end, hear, yes_or_no
from lib.domain.telemetry import SKEW_SECONDS
from lib.monitoring.alerts.incidents import DETAILS, Person, incident_id
from lib.monitoring.alerts.threshold import RULES, Moved, Rules, remember
from lib.monitoring.analyzers.errors import NAME as ERRORS
from lib.monitoring.analyzers.errors import ErrorOptions, judge
from lib.monitoring.analyzers.machine import Sign
from lib.monitoring.checks import Check
from lib.monitoring.detection import AnomalyOptions, is_unlike
from lib.monitoring.state import FleetState, ServerState

MOST_DETAIL = 300


def attend(
    memory: dict[str, Any],
    rules: Iterable[Rule],
    subject: str,
    at: float,
    now: float,
    *,
    is_so: bool,
    detail: str = "",
) -> list[Moved]:
    """Tell each of the rules whether it is so at this moment, and what is so in `detail`, remembered for as long as
    it is: later messages tell it as well. Changes the memory; gives what moved."""
    kept = dict(memory.get(RULES) or {})
    details = dict(memory.get(DETAILS) or {})
    moved: list[Moved] = []
    for rule in rules:
        key = f"{rule.id}|{subject}"
        known = kept.get(key)
        if known is None and not is_so:
            continue
        episode = Episode.from_list(known) if known else None
        episode, changes = advance(episode, [(int(at), 1.0 if is_so else 0.0)], yes_or_no(rule))
        remember(kept, key, episode, now)
        if is_so and detail:
            details[key] = detail[:MOST_DETAIL]
        moved += [Moved(rule, subject, change, details.get(key, "")) for change in changes]
    memory[DETAILS] = details
    _keep(memory, kept)
    return moved


def spoke(state: ServerState, rules: Rules, now: float) -> list[Moved]:
    """The server was heard: it is there again, what is known of it is fresh, and its clock shows."""
    is_off = state.skewed or abs(state.clock_offset) > SKEW_SECONDS
    if not is_off and RULES not in state.memory:
        return []
    moved = attend(state.memory, _applying(rules, "heartbeat", state), "", now, now, is_so=False)
    moved += attend(state.memory, _applying(rules, "skew", state), "", now, now, is_so=is_off)
    return moved + _hear(state, rules, now, silent=False)


def silent(state: ServerState, rules: Rules, now: float) -> list[Moved]:
    """The server is offline, and was judged so now or before."""
    moved = attend(state.memory, _applying(rules, "heartbeat", state), "", now, now, is_so=True)
    return moved + _hear(state, rules, now, silent=True)


def excused(state: ServerState, rules: Rules, now: float) -> list[Moved]:
    """The server is offline because somebody stopped it: its silence is no trouble, and what its thresholds have open
    is over, for nothing runs there."""
    moved = attend(state.memory, _applying(rules, "heartbeat", state), "", now, now, is_so=False)
    kept: dict[str, list[Any]] = dict(state.memory.get(RULES) or {})
    for key in list(kept):
        rule_id, _, subject = key.partition("|")
        rule = rules.by_id.get(rule_id)
        if rule is not None and rule.kind == "threshold":
            _, changes = end(Episode.from_list(kept.pop(key)), now, "stopped")
            moved += [
                Moved(rule, subject, change, (state.memory.get(DETAILS) or {}).get(key, "")) for change in changes
            ]
    _keep(state.memory, kept)
    return moved


def erred(state: ServerState, rules: Rules, now: float) -> list[Moved]:
    """Errors that are new or surge, by each rule that asks for them."""
    told: list[Moved] = []
    for rule in _applying(rules, "errors", state):
        try:
            options = ErrorOptions.read(rule.options)
        except (ValueError, TypeError):
            continue  # written by a later version, or by hand
        found = {one.fingerprint: one for one in judge(state.memory.get(ERRORS), now, options)}
        open_now = {key.partition("|")[2] for key in state.memory.get(RULES) or {} if key.startswith(f"{rule.id}|")}
        for subject in sorted({*found, *open_now}):
            one = found.get(subject)
            words = f"{one.source}: {one.pattern}" if one else ""
            told += attend(state.memory, [rule], subject, now, now, is_so=one is not None, detail=words)
    return told


def unlike(
    state: ServerState, rules: Rules, signs: Sequence[tuple[int, Mapping[str, Sign]]], now: float
) -> list[Moved]:
    """Whether the machine is unlike itself, by each rule that asks for it, at each time that its series were judged."""
    wanted = _applying(rules, "anomaly", state)
    if not wanted:
        return []
    moved: list[Moved] = []
    for rule in wanted:
        try:
            options = AnomalyOptions.read(rule.options)
        except (ValueError, TypeError):
            continue  # written by a later version, or by hand
        for at, of_series in signs:
            is_so, found = is_unlike(state.series, of_series, options)
            leading = ", ".join(found.leading[:8])
            moved += attend(state.memory, [rule], "", at, now, is_so=is_so, detail=leading)
    return moved


def deaf(fleet: FleetState, rules: Rules, now: float) -> list[Moved]:
    """Half of the fleet fell silent at once, or does not any more."""
    is_deaf = fleet.deaf_since is not None
    if not is_deaf and RULES not in fleet.memory:
        return []
    return attend(fleet.memory, rules.of_kind("deaf"), "", now, now, is_so=is_deaf)


def forget_checks(memory: dict[str, Any], rules: Rules, checks: Mapping[str, Check], at: float) -> list[Moved]:
    """End what is open of a check that is no more."""
    kept: dict[str, list[Any]] = dict(memory.get(RULES) or {})
    moved: list[Moved] = []
    for key in list(kept):
        rule_id, _, subject = key.partition("|")
        rule = rules.by_id.get(rule_id)
        if rule is not None and rule.kind == "check" and subject not in checks:
            _, changes = end(Episode.from_list(kept.pop(key)), at, "check_removed")
            moved += [Moved(rule, subject, change) for change in changes]
    _keep(memory, kept)
    return moved


def settle(
    name: str | None,
    memory: dict[str, Any],
    rules: Rules,
    people: Mapping[str, Person],
    state: ServerState | None,
    at: float,
) -> list[Moved]:
    """Rules or people have changed something: end what no rule speaks of any more, and heed what people did."""
    kept: dict[str, list[Any]] = dict(memory.get(RULES) or {})
    moved: list[Moved] = []
    for key in list(kept):
        rule_id, _, subject = key.partition("|")
        rule = rules.by_id.get(rule_id)
        episode = Episode.from_list(kept[key])
        applies = rule is not None and rule.enabled
        if applies and rule is not None and state is not None:
            applies = rule.applies(state.name, state.group, state.tags)
        if not applies or rule is None:
            _, changes = end(episode, at, "rule_changed")
            del kept[key]
            detail = (memory.get(DETAILS) or {}).get(key, "")
            moved += [Moved(rule or Rule(rule_id, rule_id), subject, change, detail) for change in changes]
            continue
        person = people.get(incident_id(name, rule_id, subject, episode.since))
        if person is not None and episode.is_open:
            episode.seq = max(episode.seq, person.seq)
            episode.acked = person.acked_by or ""
            kept[key] = (dismiss(episode) if person.why else episode).to_list()
    _keep(memory, kept)
    return moved


def _applying(rules: Rules, kind: str, state: ServerState) -> list[Rule]:
    found = rules.of_kind(kind)
    return [rule for rule in found if rule.applies(state.name, state.group, state.tags)] if found else []


def _hear(state: ServerState, rules: Rules, now: float, *, silent: bool) -> list[Moved]:
    """What thresholds have open is as old as the last word of its server."""
    kept: dict[str, list[Any]] = dict(state.memory.get(RULES) or {})
    moved: list[Moved] = []
    for key, known in kept.items():
        rule_id, _, subject = key.partition("|")
        rule = rules.by_id.get(rule_id)
        if rule is None or rule.kind != "threshold":
            continue
        episode = Episode.from_list(known)
        changes: list[Change] = hear(episode, now, silent=silent)
        if changes:
            kept[key] = episode.to_list()
            moved += [Moved(rule, subject, change) for change in changes]
    _keep(state.memory, kept)
    return moved


def _keep(memory: dict[str, Any], kept: dict[str, list[Any]]) -> None:
    if kept:
        memory[RULES] = kept
    else:
        memory.pop(RULES, None)
    details = {key: text for key, text in (memory.get(DETAILS) or {}).items() if key in kept and kept[key][0] != "calm"}
    if details:
        memory[DETAILS] = details
    else:
        memory.pop(DETAILS, None)
