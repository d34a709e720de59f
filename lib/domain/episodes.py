"""How an incident moves: pending, open (and escalated), recovering, resolved. Pure; no clock but the samples' own.

One `Episode` is what the sweep remembers of one rule on one subject of one server, from the first sample beyond the
level until an hour after its end. What has not lasted for the hold is forgotten at once; what has ends only past the
recovery level, and only when that lasts too. A subject that comes and goes is held open longer each time, so that one
long incident is told instead of many short ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Literal, NamedTuple

from lib.domain.alerting import GRAVITY, Rule, TransitionKind

FLAP_SECONDS = 3_600  # opening again within it is flapping
FLAPS_FREE = 2
LEAST_CALM_SECONDS = 300  # what a flapping subject must be calm for, doubled with each flap
MOST_CALM_SECONDS = 7_200

type Phase = Literal["pending", "open", "recovering", "dismissed", "calm"]


@dataclass(frozen=True, slots=True)
class Levels:
    """A rule's levels for one subject, so turned that larger is worse. `critical` may be infinite, and `warning` too
    where only critical counts."""

    warning: float
    critical: float
    recovery: float
    hold: int = 0
    recover: int = 0


@dataclass(slots=True)
class Episode:
    phase: Phase
    since: int  # the first sample beyond the level
    critical_since: int | None = None
    severity: str = ""  # while it is open
    calm_since: int | None = None  # past the recovery since
    last: float = 0.0
    last_at: int = 0
    peak: float = 0.0
    opened_at: int = 0
    noticed_at: float = 0.0
    seq: int = 0  # of the last transition
    flaps: int = 0
    calm_until: int = 0  # phase `calm`: forgotten then
    acked: str = ""
    no_data: bool = False
    stale: bool = False

    @property
    def is_open(self) -> bool:
        return self.phase in ("open", "recovering")

    def to_list(self) -> list[Any]:
        return list(astuple(self))

    @classmethod
    def from_list(cls, kept: Sequence[Any]) -> Episode:
        return cls(*kept)


class Change(NamedTuple):
    """A transition as the machine sees it, with the episode as it then was: a batch may hold the end of one and the
    beginning of the next. Who and where is added by its caller."""

    kind: TransitionKind
    at: float
    value: float | None
    why: str
    episode: Episode


def advance(
    episode: Episode | None, readings: Iterable[tuple[int, float]], levels: Levels
) -> tuple[Episode | None, list[Change]]:
    """Follow the readings (time, value), oldest first, each newer than all before. Changes and gives the episode, None
    where nothing is worth remembering."""
    changes: list[Change] = []
    for at, value in readings:
        episode = _read(episode, at, value, levels, changes)
    return episode, changes


def _read(episode: Episode | None, at: int, value: float, levels: Levels, changes: list[Change]) -> Episode | None:
    if episode is None:
        if value < levels.warning and value < levels.critical:
            return None
        episode = Episode("pending", at, peak=value, last_at=at)
    elif episode.phase == "calm":
        if value < levels.warning and value < levels.critical:
            return episode if at < episode.calm_until else None
        flaps = episode.flaps if at < episode.calm_until else 0
        episode = Episode("pending", at, peak=value, last_at=at, flaps=flaps, calm_until=episode.calm_until)
    if episode.no_data:
        episode.no_data = False
        _tell(episode, changes, "data_back", at, value)
    episode.last, episode.last_at = value, at
    episode.peak = max(episode.peak, value)
    if episode.phase == "pending":
        return _pending(episode, at, value, levels, changes)
    if episode.phase == "dismissed":
        return _dismissed(episode, at, value, levels)
    return _open(episode, at, value, levels, changes)


def _pending(episode: Episode, at: int, value: float, levels: Levels, changes: list[Change]) -> Episode | None:
    if value < levels.warning and value < levels.critical:
        # A subject that was calm before this spike still is.
        if episode.calm_until > at:
            return Episode("calm", episode.since, flaps=episode.flaps, calm_until=episode.calm_until, last_at=at)
        return None
    _note_critical(episode, at, value, levels)
    if at - episode.since < levels.hold:
        return episode
    is_critical = episode.critical_since is not None and at - episode.critical_since >= levels.hold
    if not is_critical and levels.warning == float("inf"):
        return episode
    episode.phase = "open"
    episode.severity = "critical" if is_critical else "warning"
    episode.opened_at = at
    if episode.calm_until:
        episode.flaps += 1
        episode.calm_until = 0
    _tell(episode, changes, "opened", at, value)
    return episode


def _open(episode: Episode, at: int, value: float, levels: Levels, changes: list[Change]) -> Episode | None:
    _note_critical(episode, at, value, levels)
    if value < levels.recovery:
        if episode.calm_since is None:
            # Past the recovery for the first time. A gap in the samples is no calm: it counts from this one.
            episode.calm_since = at
        if at - episode.calm_since >= _calm_needed(episode, levels):
            return _resolved(episode, at, value, "recovered", changes)
        if episode.phase == "open":
            episode.phase = "recovering"
            _tell(episode, changes, "recovering", at, value)
        return episode
    if episode.phase == "recovering":
        episode.phase = "open"
        episode.flaps += 1
        _tell(episode, changes, "relapsed", at, value)
    episode.calm_since = None
    critical = episode.critical_since
    if episode.severity == "warning" and critical is not None and at - critical >= levels.hold:
        episode.severity = "critical"
        _tell(episode, changes, "escalated", at, value)
    elif episode.severity == "critical" and critical is None and levels.warning != float("inf"):
        episode.severity = "warning"
        _tell(episode, changes, "eased", at, value)
    return episode


def _dismissed(episode: Episode, at: int, value: float, levels: Levels) -> Episode | None:
    """Ended by a person while it lasts: it may open again only after it was over."""
    return None if value < levels.recovery else episode


def _note_critical(episode: Episode, at: int, value: float, levels: Levels) -> None:
    """Since when the critical level counts as reached. Once held it ends only below the warning level."""
    if value >= levels.critical:
        if episode.critical_since is None:
            episode.critical_since = at
    elif episode.critical_since is not None:
        floor = levels.warning if levels.warning != float("inf") else levels.recovery
        held = episode.severity == "critical"
        if not held or value < floor:
            episode.critical_since = None


def _calm_needed(episode: Episode, levels: Levels) -> int:
    excess = episode.flaps - FLAPS_FREE
    if excess <= 0:
        return levels.recover
    return max(levels.recover, min(MOST_CALM_SECONDS, LEAST_CALM_SECONDS << min(excess - 1, 10)))


def _resolved(episode: Episode, at: int, value: float | None, why: str, changes: list[Change]) -> Episode:
    _tell(episode, changes, "resolved", at, value, why)
    return Episode("calm", episode.since, flaps=episode.flaps, calm_until=at + FLAP_SECONDS, last_at=at, seq=0)


# What happens to an episode beside readings. Each changes it and gives what is left of it, like `advance`.


def end(episode: Episode, at: float, why: str) -> tuple[Episode | None, list[Change]]:
    """Its rule, series or server is no more, or no data comes and the rule takes that as its end."""
    changes: list[Change] = []
    if episode.is_open:
        _tell(episode, changes, "resolved", at, None, why)
    return None, changes


def dismiss(episode: Episode) -> Episode:
    """A person ended it (and that is told already): quiet until it is truly over."""
    episode.phase = "dismissed"
    episode.no_data = episode.stale = False  # nothing more is said of it
    return episode


def lose_data(episode: Episode, at: float) -> list[Change]:
    """Nothing comes of this series any more, though its server speaks."""
    if episode.no_data or not episode.is_open:
        return []
    episode.no_data = True
    changes: list[Change] = []
    _tell(episode, changes, "no_data", at, None)
    return changes


def hear(episode: Episode, at: float, *, silent: bool) -> list[Change]:
    """Its server fell silent, or speaks again: what is known of an open incident is old, or is not any more."""
    if episode.stale == silent or not episode.is_open:
        return []
    episode.stale = silent
    changes: list[Change] = []
    _tell(episode, changes, "stale" if silent else "heard", at, None)
    return changes


def _tell(
    episode: Episode, changes: list[Change], kind: TransitionKind, at: float, value: float | None, why: str = ""
) -> None:
    episode.seq += 1
    changes.append(Change(kind, float(at), value, why, replace(episode)))


def levels_of(rule: Rule, scale: float = 1.0) -> Levels:
    """The rule's levels, turned so that larger is worse: of a rule that watches for what is too low, negated."""
    turn = scale if rule.above else -scale
    infinite = float("inf")
    warning = infinite if rule.warning is None else rule.warning * turn
    critical = infinite if rule.critical is None else rule.critical * turn
    first = min(warning, critical)
    recovery = first if rule.recovery is None else min(first, rule.recovery * turn)
    return Levels(warning, critical, recovery, rule.hold_seconds, rule.recover_seconds)


def yes_or_no(rule: Rule) -> Levels:
    """Levels of a rule whose readings are 1 (it is so) and 0."""
    critical = 0.5 if rule.severity == "critical" else float("inf")
    warning = 0.5 if rule.severity != "critical" else float("inf")
    return Levels(warning, critical, 0.5, rule.hold_seconds, rule.recover_seconds)


def gravest(episodes: Iterable[Episode]) -> Episode | None:
    return max((one for one in episodes if one.is_open), key=lambda one: GRAVITY[one.severity], default=None)
