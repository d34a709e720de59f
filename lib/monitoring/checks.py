"""Checks: jobs that ping when they begin, end or fail. What a ping changes, and who is missed. Pure.

A ping is in time by the hub's clock, not the job's. It travels through the stream like a post, as a part of its own
form: `["ping", check id, kind, exit code, note]`, and the id of its run where it names one.

Nobody is missed while we were not listening: a ping may have been sent then and lost. Such a check is given one whole
period from the moment that listening began again, and a cron expression its next time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from lib.domain.errors import BadInput
from lib.storage.port import Entry

if TYPE_CHECKING:
    from lib.domain.alerting import Severity  # a ping at the door needs none of alerting's nouns

type PingKind = Literal["start", "success", "fail", "log"]
type CheckStatus = Literal["new", "up", "late", "down", "paused"]

NOTE_CHARACTERS = 10_000
DETAIL_CHARACTERS = 300
MOST_CODE = 255
MOST_RUNS = 50  # of one check that go on at a time
FORGOTTEN_SECONDS = 86_400.0  # a run that told no end in so long is given up, where nothing limits how long one lasts
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_MARK = '["ping",'
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Ping(NamedTuple):
    """One ping as the sweep reads it back; `id` is its entry's."""

    check: str
    id: str
    at: float
    kind: PingKind
    code: int | None
    note: str
    rid: str = ""  # the id of the run that it is about; runs that overlap tell one


@dataclass(frozen=True, slots=True)
class CheckState:
    """What the sweep remembers of a check. Times are epoch seconds by the hub's clock."""

    last_at: float = 0.0  # the newest ping of any kind but `log`
    last_id: str = ""
    ok_at: float = 0.0  # the newest success
    started_at: float | None = None  # of a run that has not ended and has no id
    runs: Mapping[str, float] = field(default_factory=dict)  # of those that have one: id -> began, the oldest first
    failed_at: float | None = None  # since when it fails; None after a success
    code: int | None = None  # of the newest end of a run
    seconds: float | None = None  # it took
    note: str = ""  # what the newest end said, cut
    since_change: float = 0.0  # resumed, or due at other times, since then
    down_since: float | None = None
    down_why: Literal["late", "failed", "overrun"] | None = None

    def to_row(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) != getattr(_FRESH, name)}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> CheckState:
        return cls(**{name: row[name] for name in cls.__slots__ if name in row})

    @property
    def begun(self) -> tuple[float, ...]:
        """When the runs began that go on."""
        return (*self.runs.values(), *(() if self.started_at is None else (self.started_at,)))


_FRESH = CheckState()


@dataclass(frozen=True, slots=True)
class Check:
    """A job that is expected every `period_seconds`, or at the times of `cron` in `timezone`; one of both is given.

    It is down when nothing came `grace_seconds` after it was due, when it failed, and when a run that told its start
    lasts longer than `max_run_seconds` (None: as long as it likes).
    """

    id: str
    name: str
    period_seconds: int | None = None
    cron: str | None = None
    timezone: str = "UTC"
    grace_seconds: int = 300
    max_run_seconds: int | None = None
    server: str | None = None
    group: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    paused: bool = False
    severity: Severity = "critical"
    note: str = ""  # what to do: shown with the incident
    state: CheckState = _FRESH

    @classmethod
    def from_row(cls, check_id: str, body: Mapping[str, Any], state: Mapping[str, Any]) -> Check:
        names = {name for name in cls.__slots__ if name not in {"id", "state"}}
        return cls(id=check_id, state=CheckState.from_row(state), **{n: v for n, v in body.items() if n in names})


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What is to be said of a check now: that it is alright, or since when it is not, and why.

    `value` and `level` are seconds missed and allowed (late), seconds run and allowed (overrun), or the exit code.
    """

    check_id: str
    name: str
    server: str | None
    group: str | None
    tags: Mapping[str, str]
    severity: Severity
    since: float
    state: Literal["late", "failed", "overrun", "ok"]
    detail: str = ""
    value: float | None = None
    level: float | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """`changed` are the checks with their new states, `pings` the history that is new: [check, id, at, kind, code,
    seconds, note, run]."""

    checks: Mapping[str, Check]
    changed: Mapping[str, Check]
    pings: Sequence[Sequence[Any]]

    def document(self) -> dict[str, Any]:
        """What the commit is told; nothing where nothing is new."""
        told: dict[str, Any] = {}
        if self.changed:
            told["checks"] = {check.id: check.state.to_row() for check in self.changed.values()}
        if self.pings:
            told["pings"] = list(self.pings)
        return told


# Pings on their way


def encode_ping(check_id: str, kind: PingKind, code: int | None, note: str, rid: str = "") -> str:
    """The part that carries a ping through the stream."""
    return _ENCODE(["ping", check_id, kind, code, note[:NOTE_CHARACTERS], *([rid] if rid else [])])


def is_ping(part: str) -> bool:
    return part.startswith(_MARK)


def pings_of(entries: Iterable[Entry]) -> list[Ping]:
    """The pings among these entries, in their order. One that cannot be read is left out."""
    found = []
    for entry in entries:
        for index, part in enumerate(entry.parts):
            if is_ping(part):
                try:
                    _, check, kind, code, note, *run = json.loads(part)
                except ValueError:
                    continue
                if kind in get_args(PingKind.__value__):
                    ping_id = f"{entry.id}/{index}" if index else entry.id
                    found.append(Ping(check, ping_id, entry.heard_at, kind, code, note, *run[:1]))
    return found


def outcome_of(word: str) -> tuple[PingKind, int | None] | None:
    """What the last piece of a ping's path says: nothing, a word, or an exit code (0-255). None for anything else."""
    if word == "":
        return "success", None
    if word in {"start", "fail", "log"}:
        return word, None  # type: ignore[return-value] # these three are kinds
    if word.isascii() and word.isdigit() and len(word) <= 3 and str(int(word)) == word and int(word) <= MOST_CODE:
        return ("success" if int(word) == 0 else "fail"), int(word)
    return None


def run_of(rid: str | None) -> str:
    """The id of a run in the one form it is compared in; empty for none. Raises BadInput for what is no UUID."""
    if rid is not None and not _UUID.fullmatch(rid):
        raise BadInput("invalid uuid format")
    return (rid or "").lower()


def kind_of(status: str) -> PingKind:
    """What a push monitor's `status` says: everything but `down` means that it is well, as Uptime Kuma has it."""
    return "fail" if status.strip().lower() == "down" else "success"


# Folding and judging


def fold(
    checks: Mapping[str, Check], pings: Iterable[Ping], now: float, listening_since: float, *, complete: bool = True
) -> Folded:
    """What these pings change, and who is missed now. `complete` where every ping heard so far is among them, or was
    before: else nobody is missed yet."""
    present = dict(checks)
    history: list[list[Any]] = []
    for ping in pings:
        check = present.get(ping.check)
        if check is not None:
            state, seconds = _after(check.state, ping, check.max_run_seconds or FORGOTTEN_SECONDS)
            present[check.id] = replace(check, state=state)
            history.append([ping.check, ping.id, ping.at, ping.kind, ping.code, seconds, ping.note, ping.rid])
    for check in present.values():
        state = _judged(check, now, listening_since, complete=complete)
        if state != check.state:
            present[check.id] = replace(check, state=state)
    changed = {check.id: check for check in present.values() if check.state != checks[check.id].state}
    return Folded(present, changed, history)


def _after(state: CheckState, ping: Ping, longest: float) -> tuple[CheckState, float | None]:
    """The state after a ping, and how long the run that it ends took. A ping from before the newest changes nothing."""
    if ping.kind == "log" or ping.at < state.last_at or ping.id == state.last_id:
        return state, None
    state = replace(state, last_at=ping.at, last_id=ping.id)
    if ping.kind == "start":
        if not ping.rid:
            return replace(state, started_at=ping.at), None
        runs = {rid: at for rid, at in state.runs.items() if rid != ping.rid}
        return replace(state, runs=dict([*runs.items(), (ping.rid, ping.at)][-MOST_RUNS:])), None
    state, began = _ended(state, ping, longest)
    seconds = None if began is None else round(ping.at - began, 3)
    state = replace(state, code=ping.code, seconds=seconds, note=ping.note[:DETAIL_CHARACTERS])
    if ping.kind == "fail":
        return replace(state, failed_at=ping.at if state.failed_at is None else state.failed_at), seconds
    return replace(state, ok_at=ping.at, failed_at=None), seconds


def _ended(state: CheckState, ping: Ping, longest: float) -> tuple[CheckState, float | None]:
    """The state without the run that this ping ends, and when that began.

    An end without an id may be that of any run, so that none goes on after it. Runs that lasted longer than they may,
    as those that were killed do, are given up when one that began later ends well.
    """
    if not ping.rid:
        return replace(state, started_at=None, runs={}), state.started_at
    began = state.runs.get(ping.rid)
    given_up = -1.0 if began is None or ping.kind == "fail" else min(began, ping.at - longest)
    runs = {rid: at for rid, at in state.runs.items() if rid != ping.rid and at >= given_up}
    started_at = None if state.started_at is not None and state.started_at < given_up else state.started_at
    return replace(state, runs=runs, started_at=started_at), began


def _judged(check: Check, now: float, listening_since: float, *, complete: bool) -> CheckState:
    state = check.state
    why, since = _trouble(check, now, listening_since, complete=complete)
    if why == state.down_why:
        return state
    return replace(state, down_why=why, down_since=since)


def _trouble(
    check: Check, now: float, listening_since: float, *, complete: bool
) -> tuple[Literal["late", "failed", "overrun"] | None, float | None]:
    state = check.state
    if check.paused:
        return None, None
    if state.failed_at is not None:
        return "failed", state.failed_at
    if not complete:  # what ends it may be waiting still, and what begins it is not known to be missing
        is_well_again = state.down_why == "failed"  # a success came, be it in the same moment
        ended = state.down_why is not None and (is_well_again or state.last_at > (state.down_since or 0.0))
        return (None, None) if ended else (state.down_why, state.down_since)
    if check.max_run_seconds is not None and state.begun:
        began = min(state.begun)
        over_at = max(began, listening_since, state.since_change) + check.max_run_seconds
        if now > over_at or (state.down_why == "overrun" and now > began + check.max_run_seconds):
            return "overrun", over_at
    if (
        state.down_why == "late"
        and state.last_at <= (state.down_since or 0.0)
        and state.since_change <= (state.down_since or 0.0)
    ):
        return "late", state.down_since  # nothing came since: however we listen, it is still missing
    due = due_at(check, listening_since)
    if due is not None and now > due + check.grace_seconds:
        return "late", due
    return None, None


def due_at(check: Check, listening_since: float = 0.0) -> float | None:
    """When the next ping is due, without the grace; None for a check that never pinged, or has no next time."""
    state = check.state
    if not state.last_at:
        return None
    base = max(state.ok_at, *state.begun, state.failed_at or 0.0, state.since_change, listening_since)
    if check.period_seconds is not None:
        return base + check.period_seconds
    return _next_after(check.cron or "", check.timezone, base)


def _next_after(cron: str, timezone: str, base: float) -> float | None:
    from lib.domain.calendars import next_after  # a ping at the door needs no time zones

    return next_after(cron, base, timezone)


def judge_checks(checks: Mapping[str, Check], now: float, listening_since: float) -> list[CheckFinding]:
    """One finding of every check: what is wrong with it by its state as folded, or that nothing is."""
    findings = []
    for check in checks.values():
        state = check.state
        why, since = state.down_why, state.down_since or 0.0
        value: float | None = None
        level: float | None = None
        if why == "late":
            value, level = max(0.0, now - since), float(check.grace_seconds)
        elif why == "overrun" and state.begun:
            value, level = max(0.0, now - min(state.begun)), float(check.max_run_seconds or 0)
        elif why == "failed":
            value, level = None if state.code is None else float(state.code), 0.0
        findings.append(
            CheckFinding(
                check.id, check.name, check.server, check.group, check.tags, check.severity,
                since if why else state.last_at, why or "ok", state.note if why == "failed" else "", value, level,
            )
        )  # fmt: skip
    return findings


def status_of(check: Check, now: float, listening_since: float = 0.0) -> CheckStatus:
    """What people are shown. `late` is past due but within its grace."""
    if check.paused:
        return "paused"
    if check.state.down_why:
        return "down"
    if not check.state.last_at:
        return "new"
    due = due_at(check, listening_since)
    return "late" if due is not None and now > due else "up"
