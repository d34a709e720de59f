"""A rule held against history: when it would have fired, and why it did or did not at some moment.

It runs the very `advance()` that the sweep runs. Where only five-minute or hourly values are left, the worst of each
stands for it, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.alerting import Rule
from lib.domain.calendars import holds
from lib.domain.episodes import Episode, advance
from lib.domain.errors import BadInput, NotFound
from lib.domain.moments import told
from lib.monitoring.alerts.threshold import Rules, Watch, aggregated
from lib.monitoring.queries import Queries
from lib.monitoring.state import ServerState

MOST_SERVERS = 10
MOST_WATCHES = 20
POINTS = 2_000
BEFORE_SECONDS = 3_600
AFTER_SECONDS = 600


def preview(
    queries: Queries, rule: Rule, servers: Sequence[str], start: int, end: int, sight: Sight = EVERYTHING
) -> dict[str, Any]:
    """`{from, to, step, tier, incidents, servers}`: each episode that would have opened, longest first; of each server
    how many, how long together, and how often it flapped. Raises BadInput, NotFound."""
    _check_kind(rule, "tried on history", "/rule/kind")
    if not 1 <= len(servers) <= MOST_SERVERS:
        raise BadInput(f"try a rule on 1 to {MOST_SERVERS} servers", pointer="/servers")
    found: list[dict[str, Any]] = []
    totals = []
    step, tier = 0, "raw"
    for name in servers:
        state = _state(queries, name, sight)
        own: list[dict[str, Any]] = []
        flaps = 0
        for watch in _watches(rule, state):
            readings, step, tier = _readings(queries, state.name, watch, start, end, sight)
            episodes, more = _episodes(watch, readings, end)
            own += [{"server": name, "subject": watch.subject, **one} for one in episodes]
            flaps += more
        seconds = sum(one["seconds"] for one in own)
        totals.append({"server": name, "incidents": len(own), "seconds": seconds, "flaps": flaps})
        found += own
    found.sort(key=lambda one: (-one["seconds"], one["server"], one["subject"]))
    return {
        **told("from", float(start)), **told("to", float(end)), "step": step, "tier": tier,
        "reduced": tier != "raw" or step > 60, "incidents": found[:200], "more": max(0, len(found) - 200),
        "servers": totals,
    }  # fmt: skip


def explain(
    queries: Queries, rule: Rule, server: str, at: int, now: float, sight: Sight = EVERYTHING
) -> dict[str, Any]:
    """`{server, at, applies, subjects: [{subject, phase, why, ...}]}`: how the rule stood on each subject then."""
    state = _state(queries, server, sight)
    _check_kind(rule, "explained from history", "/rule")
    whole = {"server": server, **told("at", float(at)), "rule_version": rule.version}
    if not rule.enabled or not rule.scope.holds(state.name, state.group, state.tags):
        why = "the rule is switched off" if not rule.enabled else "the rule is not meant for this server"
        return {**whole, "applies": False, "why": why, "subjects": []}
    watches = _watches(rule, state)
    if not watches:
        return {**whole, "applies": False, "why": "this server reports nothing that the rule watches", "subjects": []}
    start = at - BEFORE_SECONDS - rule.hold_seconds - rule.recover_seconds - rule.over_seconds
    subjects = []
    for watch in watches:
        readings, step, tier = _readings(queries, server, watch, start, min(at + AFTER_SECONDS, int(now)), sight)
        subjects.append({**_at(watch, readings, at), "step": step, "tier": tier, "reduced": tier != "raw" or step > 60})
    return {**whole, "applies": True, "why": "", "subjects": subjects}


def _check_kind(rule: Rule, what: str, pointer: str) -> None:
    if rule.kind == "forecast":
        word = "what was foreseen then is not kept; the forecast of the server says why now, and how it did"
        raise BadInput(f"rules on forecasts cannot be {what}: {word}", pointer=pointer)
    if rule.kind != "threshold":
        raise BadInput(f"only rules on metrics can be {what}", pointer=pointer)


def _at(watch: Watch, readings: Sequence[tuple[int, float]], at: int) -> dict[str, Any]:
    rule = watch.rule
    turn = 1.0 if rule.above else -1.0
    before = [reading for reading in readings if reading[0] <= at]
    episode, changes = advance(None, before, watch.levels)
    levels = {name: _level(getattr(watch.levels, name), turn) for name in ("warning", "critical", "recovery")}
    told_at = {
        "subject": watch.subject, "levels": levels, "hold_seconds": rule.hold_seconds,
        "changes": [{"kind": change.kind, **told("at", change.at)} for change in changes],
        "value": before[-1][1] * turn if before else None,
        **told("value_at", float(before[-1][0]) if before else None),
    }  # fmt: skip
    if not before:
        return {**told_at, "phase": "no data", "why": "nothing was measured in the hour before"}
    if rule.schedule is not None and not holds(rule.schedule, at):
        return {**told_at, "phase": "out of hours", "why": "the rule opens nothing at this time of the week"}
    return {**told_at, **_phase(episode, watch, at)}


def _phase(episode: Episode | None, watch: Watch, at: int) -> dict[str, Any]:
    if episode is None or episode.phase == "calm":
        return {"phase": "fine", "why": "the value was not beyond the level"}
    since = told("since", float(episode.since))
    if episode.phase == "pending":
        left = watch.levels.hold - (episode.last_at - episode.since)
        return {
            "phase": "pending",
            **since,
            "why": f"beyond the level, but {left} s short of lasting {watch.levels.hold} s",
        }
    if episode.phase == "recovering":
        return {"phase": "recovering", **since, "why": "past the recovery, but that has not lasted yet"}
    return {"phase": "open", **since, "severity": episode.severity, "why": "beyond the level for long enough"}


def _episodes(watch: Watch, readings: Sequence[tuple[int, float]], end: int) -> tuple[list[dict[str, Any]], int]:
    turn = 1.0 if watch.rule.above else -1.0
    found: dict[int, dict[str, Any]] = {}
    flaps = 0
    _, changes = advance(None, _in_hours(watch.rule, readings), watch.levels)
    for change in changes:
        since = change.episode.since
        if change.kind == "opened":
            found[since] = {"severity": change.episode.severity, "opened_at": change.at, "resolved_at": None}
        elif change.kind == "escalated":
            found[since]["severity"] = "critical"
        elif change.kind == "relapsed":
            flaps += 1
        found[since]["peak"] = change.episode.peak * turn
        if change.kind == "resolved":
            found[since]["resolved_at"] = change.at
    reopened = sum(1 for change in changes if change.kind == "opened" and change.episode.flaps)
    return [_shown(one, end) for one in found.values()], flaps + reopened


def _shown(one: dict[str, Any], end: int) -> dict[str, Any]:
    seconds = (one["resolved_at"] or end) - one["opened_at"]
    return {
        **one, "seconds": round(seconds),
        **told("opened_at", one["opened_at"]), **told("resolved_at", one["resolved_at"]),
    }  # fmt: skip


def _in_hours(rule: Rule, readings: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
    if rule.schedule is None:
        return list(readings)
    schedule = rule.schedule
    return [(at, value) for at, value in readings if holds(schedule, at)]


def _state(queries: Queries, name: str, sight: Sight) -> ServerState:
    found = queries.state_of(name, sight)
    if found is None:
        raise NotFound(f'there is no server "{name}"')
    return found


def _watches(rule: Rule, state: ServerState) -> list[Watch]:
    watched = Rules([replace(rule, enabled=True)]).watched(state)
    return list(watched)[:MOST_WATCHES]


def _readings(
    queries: Queries, server: str, watch: Watch, start: int, end: int, sight: Sight
) -> tuple[list[tuple[int, float]], int, str]:
    """(readings as the machine takes them, step, tier). Of a reduced step the worst value stands for it."""
    series = f"disk:{watch.subject.partition(':')[2]}" if watch.subject.startswith("disk_free:") else watch.subject
    found = queries.series(server, [series], start, end, POINTS, sight)
    columns: Mapping[str, Sequence[float | None]] = found["series"].get(series) or {"t": [], "min": [], "max": []}
    worst = columns["max"] if watch.slope > 0 else columns["min"]
    readings = [
        (int(at), watch.slope * value + watch.base)
        for at, value in zip(columns["t"], worst, strict=True)
        if at is not None and value is not None
    ]
    if watch.rule.over_seconds:
        _, readings = aggregated([], readings, watch.rule)
    return readings, found["step"], found["tier"]


def _level(turned: float, turn: float) -> float | None:
    return None if turned == float("inf") else turned * turn
