"""From a batch of posts to one commit. Pure: the same states, entries and time give the same document.

Whatever a post holds, it cannot stop the sweep: an entry that cannot be read goes to the dead letters, and a server
whose share cannot be folded loses that share to them and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lib.domain.posts import PostMarks
from lib.domain.telemetry import Part
from lib.monitoring import absence, detection
from lib.monitoring.alerts import presence
from lib.monitoring.alerts.foreseen import foreseen
from lib.monitoring.alerts.incidents import News, open_incidents, worst
from lib.monitoring.alerts.outside import follow
from lib.monitoring.alerts.standing import Alerting
from lib.monitoring.alerts.threshold import RULES
from lib.monitoring.analyzers import Analyzer
from lib.monitoring.analyzers import errors as error_rates
from lib.monitoring.checks import Check, is_ping, judge_checks, pings_of
from lib.monitoring.checks import fold as fold_checks
from lib.monitoring.collectors.fingerprints import grouped
from lib.monitoring.fold import Outcome, fold_parts
from lib.monitoring.outside import is_word, words_of
from lib.monitoring.parts import decode_part
from lib.monitoring.state import SPARK_POINTS, SPARK_STEP, FleetState, ServerState
from lib.storage.port import Entry

FLEET_STEP = SPARK_STEP
FLEET_POINTS = 288
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# What a data error in one entry may raise while it is read or folded. Anything else is our own fault and must be seen.
DATA_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, ZeroDivisionError)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that a decision depends on beside states and entries. `now` is the database's clock."""

    now: float
    swept_at: float | None
    post_every: float  # what agents are told when nobody watches
    drained: bool  # nothing more waits behind this batch
    could_read: bool = True  # Redis answered
    checks: Mapping[str, Check] = field(default_factory=dict)
    utc_offset: int = 0  # seconds that the fleet's local time is ahead: what is usual depends on the hour of the day


@dataclass(slots=True)
class Decision:
    """`document` is the body of the commit (shapes: storage/supabase/queries.py); `changed` are the new states."""

    changed: dict[str, ServerState] = field(default_factory=dict)
    fleet: FleetState = field(default_factory=FleetState)
    document: dict[str, Any] = field(default_factory=dict)
    samples: int = 0
    checks: Mapping[str, Check] = field(default_factory=dict)  # all, as these pings and this time leave them
    alerting: Alerting = field(default_factory=Alerting)
    news: News = field(default_factory=News)


def decide(
    states: Mapping[str, ServerState],
    fleet: FleetState,
    entries: Sequence[Entry],
    given: Circumstances,
    analyzers: Sequence[Analyzer],
    alerting: Alerting | None = None,
) -> Decision:
    """Fold the entries, judge silence, settle who is told what, write down what is to be committed. `states`, `fleet`
    and `alerting` stay as they are."""
    decision = Decision(fleet=fleet.copy(), alerting=alerting or Alerting())
    heard, dead = _by_server(entries)
    outcomes: dict[str, Outcome] = {}
    _settle(states, decision, given.now)
    for server, share in heard.items():
        before = decision.changed.get(server) or states.get(server)
        state = before.copy() if before else ServerState(server, first_seen=given.now)
        judges = Judges(analyzers, decision.alerting, given.now, given.utc_offset)
        try:
            outcomes[server] = _fold(state, share, judges)
        except DATA_ERRORS:
            state, outcomes[server] = _fold_one_by_one(before, server, share, judges, dead)
        decision.changed[server] = state
    for server, state in states.items():
        if server not in heard and (state.slots or state.pots):
            state = (decision.changed.get(server) or state).copy()
            outcomes[server] = _fold(state, [], Judges(analyzers, decision.alerting, given.now, given.utc_offset))
            decision.changed[server] = state
    for server, outcome in outcomes.items():
        decision.news.note(outcome.moved, decision.changed[server], given.now)
    _judge_silence(states, decision, given, outcomes)
    folded = fold_checks(
        given.checks, pings_of(entries), given.now, decision.fleet.listening_since,
        complete=given.drained and given.could_read,
    )  # fmt: skip
    decision.checks = folded.checks
    _judge_checks(decision, given)
    present = {**states, **decision.changed}
    complete = given.drained and given.could_read
    steps = follow(
        decision.fleet, words_of(entries), decision.alerting.rules, present, given.now, complete=complete
    )  # fmt: skip
    decision.news.note_outside(steps, present, given.now)
    _note_fleet(states, decision, given.now)
    decision.document = {**_document(states, decision, outcomes, dead, fleet, given.now), **folded.document()}
    decision.document |= decision.news.documents()
    _tell(states, decision, given.now)
    decision.samples = sum(outcome.samples for outcome in outcomes.values())
    return decision


def _tell(states: Mapping[str, ServerState], decision: Decision, now: float) -> None:
    """Write down who is told what because of it."""
    rules, fleet = decision.alerting.rules, decision.fleet
    present = {**states, **decision.changed}
    found = lambda: open_incidents(present, fleet, rules, decision.checks)  # noqa: E731 - asked for by whoever tells
    decision.alerting, owed = decision.alerting.tell(decision.news, found, now)
    decision.document |= owed


type Share = list[tuple[float, list[Part]]]


def _by_server(entries: Sequence[Entry]) -> tuple[dict[str, Share], list[list[str]]]:
    heard: dict[str, Share] = {}
    dead: list[list[str]] = []
    for entry in entries:
        try:
            parts = [decode_part(text) for text in entry.parts if not (is_ping(text) or is_word(text))]
        except DATA_ERRORS as error:
            dead.append([_ENCODE(entry), f"{type(error).__name__}: {error}"])
            continue
        shares: dict[str, list[Part]] = {}
        for part in parts:
            shares.setdefault(part.server, []).append(part)
        for server, share in shares.items():
            heard.setdefault(server, []).append((entry.heard_at, share))
    return heard, dead


@dataclass(frozen=True, slots=True)
class Judges:
    """Who looks at what was folded."""

    analyzers: Sequence[Analyzer]
    alerting: Alerting
    now: float
    utc_offset: int = 0


def _fold(state: ServerState, share: Share, judges: Judges) -> Outcome:
    return _judged(state, fold_parts(state, share, judges.now), judges)


def _fold_one_by_one(
    before: ServerState | None, server: str, share: Share, judges: Judges, dead: list[list[str]]
) -> tuple[ServerState, Outcome]:
    """Fold each post by itself, so that one that cannot be folded takes none of the others with it."""
    now = judges.now
    state = before.copy() if before else ServerState(server, first_seen=now)
    outcome = Outcome()
    for one in share:
        trial = state.copy()
        try:
            folded = _fold(trial, [one], judges)
        except DATA_ERRORS as reason:
            dead.append([_ENCODE([asdict(part) for part in one[1]]), f"{type(reason).__name__}: {reason}"])
            folded = Outcome(epochs=_mark(state, one[1], now))
        else:
            state = trial
        outcome.absorb(folded)
    return state, outcome


def _mark(state: ServerState, parts: Sequence[Part], now: float) -> set[str]:
    """A post in the dead letters counts as stored: sent again it would only be refused again."""
    posts = [part.post for part in parts if part.post]
    for post in posts:
        state.posts.setdefault(post.epoch, PostMarks()).add(post.n, post.floor, now)
    return {post.epoch for post in posts}


def set_aside(states: Mapping[str, ServerState], fleet: FleetState, entry: Entry, reason: str, now: float) -> Decision:
    """The commit of one post that the database refuses, or that no sweep survived: a dead letter, and its number."""
    decision = Decision(fleet=fleet.copy())
    outcomes: dict[str, Outcome] = {}
    try:
        parts = [decode_part(text) for text in entry.parts]
    except DATA_ERRORS:
        parts = []
    for part in parts:
        if part.post:
            known = states.get(part.server)
            fresh = known.copy() if known else ServerState(part.server, first_seen=now, heard_at=entry.heard_at)
            state = decision.changed.setdefault(part.server, fresh)
            outcomes[part.server] = Outcome(epochs=_mark(state, [part], now))
    decision.document = _document(states, decision, outcomes, [["\n".join(entry.parts), reason]], fleet, now)
    return decision


def _judged(state: ServerState, outcome: Outcome, judges: Judges) -> Outcome:
    """Let the analyzers and the rules see the new rows, and let the gravest of what is open be the server's status."""
    state.line = ""
    rules, now = judges.alerting.rules, judges.now
    if outcome.errors:
        state.memory[error_rates.NAME] = error_rates.fold(
            state.memory.get(error_rates.NAME), outcome.errors, now, state.first_seen
        )
    if outcome.heard:
        outcome.moved += presence.spoke(state, rules, now) + presence.erred(state, rules, now)
        outcome.moved += foreseen(state, rules, judges.alerting.prospects, now)
    if state.skewed:
        _set_status(state, "ok", {"code": "skewed"}, state.heard_at)
        return outcome
    for analyzer in judges.analyzers if outcome.windows else ():
        memory = dict(state.memory.get(analyzer.name) or {})
        for window in outcome.windows:
            analyzer.fold(memory, window)
        if memory:
            state.memory[analyzer.name] = memory
        else:
            state.memory.pop(analyzer.name, None)
    found = detection.fold(state, outcome.windows, judges.utc_offset)
    outcome.found.absorb(found)
    outcome.moved += rules.fold(state, outcome.windows, now)
    outcome.moved += presence.unlike(state, rules, found.signs, now)
    if state.stopped:
        since = state.since if state.status == "offline" else now
        _set_status(state, "offline", {"code": "stopped", "word": state.stopped, "since": since}, now)
    elif outcome.heard or state.status != "offline":
        _show(state, judges.alerting)
    return outcome


def _show(state: ServerState, alerting: Alerting) -> None:
    gravest = worst(state, alerting.rules) if RULES in state.memory else None
    if gravest is None or gravest.severity == "info":
        _set_status(state, "ok", None, float(state.folded_at))
        return
    reason = {
        "code": "threshold", "metric": gravest.subject, "value": gravest.value, "level": gravest.level,
        "since": gravest.since, "incident": gravest.id,
    }  # fmt: skip
    _set_status(state, gravest.severity, reason, gravest.since)


def _settle(states: Mapping[str, ServerState], decision: Decision, now: float) -> None:
    """Once after rules were changed or people did something: bring the episodes under way into line."""
    alerting = decision.alerting
    if not alerting.is_new:
        return
    for name, state in states.items():
        if RULES not in state.memory:
            continue
        after = state.copy()
        moved = presence.settle(name, after.memory, alerting.rules, alerting.people, after, now)
        if after.memory != state.memory:
            after.line = ""
            if after.status != "offline":
                _show(after, alerting)
            decision.changed[name] = after
            decision.news.note(moved, after, now)
    if RULES in decision.fleet.memory:
        moved = presence.settle(None, decision.fleet.memory, alerting.rules, alerting.people, None, now)
        decision.news.note_fleet(moved, decision.fleet.memory, {**states, **decision.changed}, now)


def _set_status(state: ServerState, status: str, reason: dict[str, Any] | None, since: float) -> None:
    if state.status != status:
        state.since = since
    state.status, state.reason = status, reason


def _judge_silence(
    states: Mapping[str, ServerState], decision: Decision, given: Circumstances, outcomes: dict[str, Outcome]
) -> None:
    absence.listen(decision.fleet, given.now, given.swept_at, could_read=given.could_read)
    if not (given.drained and given.could_read):
        return
    present = {**states, **decision.changed}
    for state in absence.judge(present.values(), decision.fleet, given.now, given.post_every):
        gone = decision.changed.get(state.name) or state.copy()
        _set_status(gone, "offline", {"code": "silent", "since": gone.heard_at}, given.now)
        decision.changed[state.name] = gone
    rules = decision.alerting.rules
    for name, state in {**states, **decision.changed}.items():
        if state.status == "offline":
            gone = state.copy()
            moved = (presence.excused if gone.stopped else presence.silent)(gone, rules, given.now)
            outcomes.setdefault(name, Outcome()).found.absorb(detection.lost(gone, given.now))
            if name in decision.changed or gone.memory != state.memory:
                gone.line = ""
                decision.changed[name] = gone
                decision.news.note(moved, gone, given.now)
    decision.news.note(presence.deaf(decision.fleet, rules, given.now), None, given.now)


def _judge_checks(decision: Decision, given: Circumstances) -> None:
    rules, fleet, now = decision.alerting.rules, decision.fleet, given.now
    wanted = rules.of_kind("check")
    for finding in judge_checks(decision.checks, now, fleet.listening_since):
        missed = finding.state != "ok"
        if missed or RULES in fleet.memory:
            moved = presence.attend(fleet.memory, wanted, finding.check_id, now, now, is_so=missed)
            decision.news.note(moved, None, now, about=finding)
    decision.news.note(presence.forget_checks(fleet.memory, rules, decision.checks, now), None, now)


def _note_fleet(states: Mapping[str, ServerState], decision: Decision, now: float) -> None:
    """The fleet's CPU, median and 95th percentile, once every five minutes for a day.

    What servers told late, also from before the first sweep, corrects the last three hours.
    """
    step = int(now) - int(now) % FLEET_STEP
    fleet = decision.fleet
    if step <= fleet.cpu_at:
        return
    present = {**states, **decision.changed}.values()
    values = sorted(
        value for state in present if state.status != "offline" and (value := state.value("cpu")) is not None
    )
    if fleet.cpu_at:
        missed = min((step - fleet.cpu_at) // FLEET_STEP - 1, FLEET_POINTS)
        fleet.cpu += [[None, None]] * missed
    median = _rank(values, 0.5)
    known = [*fleet.cpu, [median, _rank(values, 0.95)]]
    told = _told_late(present, step)
    blank: list[list[float | None]] = [[None, None]] * max(0, max(told, default=0) + 1 - len(known))
    known = blank + known
    for back, pair in told.items():
        known[-1 - back] = pair
    fleet.cpu = known[-FLEET_POINTS:]
    fleet.cpu_at = step


def _told_late(states: Iterable[ServerState], step: int) -> dict[int, list[float | None]]:
    """How many steps ago -> [median, p95] of what servers measured then, as far back as sparklines reach."""
    values: dict[int, list[float]] = {}
    for state in states:
        total, count = state.spark_sum
        newest = total / count if count else None
        for index, value in enumerate([newest, *reversed(state.spark)]):
            back = (step - state.spark_at) // FLEET_STEP + index
            if value is not None and 0 < back <= SPARK_POINTS:
                values.setdefault(back, []).append(value)
    ordered = {back: sorted(those) for back, those in values.items()}
    return {back: [_rank(those, 0.5), _rank(those, 0.95)] for back, those in ordered.items()}


def _rank(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


def _document(
    states: Mapping[str, ServerState],
    decision: Decision,
    outcomes: Mapping[str, Outcome],
    dead: list[list[str]],
    fleet: FleetState,
    now: float,
) -> dict[str, Any]:
    changed = decision.changed
    document: dict[str, Any] = {
        "servers": {
            name: {"series": state.series, "facts": state.facts}
            for name, state in changed.items()
            if name not in states or states[name].series != state.series or states[name].facts != state.facts
        },
        "samples": {name: list(outcome.rows.items()) for name, outcome in outcomes.items() if outcome.rows},
        "states": {name: state.to_rows(states.get(name)) for name, state in changed.items()},
        "posts": {
            name: {epoch: _marks(changed[name], epoch, now) for epoch in sorted(outcome.epochs)}
            for name, outcome in outcomes.items()
            if outcome.epochs
        },
        "processes": {name: list(outcome.processes.items()) for name, outcome in outcomes.items() if outcome.processes},
        "error_groups": {name: grouped(outcome.errors) for name, outcome in outcomes.items() if outcome.errors},
        "errors": {name: outcome.errors for name, outcome in outcomes.items() if outcome.errors},
        "events": {name: outcome.events for name, outcome in outcomes.items() if outcome.events},
        "dead": dead,
    }
    for name in ("anomalies", "bands"):
        told = {server: rows for server, outcome in outcomes.items() if (rows := getattr(outcome.found, name))}
        if told:
            document[name] = told
    if decision.fleet != fleet:
        document["fleet"] = decision.fleet.to_text()
    return document


def _marks(state: ServerState, epoch: str, now: float) -> list[Any] | None:
    """The marks as they are kept; None for an epoch that is no longer."""
    return state.posts[epoch].to_row(now) if epoch in state.posts else None
