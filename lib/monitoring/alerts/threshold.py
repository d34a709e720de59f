"""Fixed levels with hold and recovery: a short spike tells nobody, and what is found ends only below a lower level.

Levels are the field's stock defaults (node-mixin, Netdata), so that a fresh install says something sensible at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from lib.domain.alerting import Finding
from lib.monitoring.analyzers import Window


@dataclass(frozen=True, slots=True)
class Level:
    """Found at `warning` or `critical` for `hold_seconds`; over below `recovery`."""

    metric: str
    warning: float
    critical: float
    recovery: float
    hold_seconds: int
    per_core: bool = False


LEVELS = (
    Level("cpu", 90, 98, 80, 300),
    Level("memory", 90, 97, 85, 300),
    Level("disk", 90, 95, 88, 0),
    Level("inode", 90, 95, 88, 0),
    Level("load1", 2, 4, 1.5, 300, per_core=True),
)
_BY_METRIC = {level.metric: level for level in LEVELS}
FORGET_SECONDS = 900  # a series that has not been told for so long (an unmounted disk) is in no episode any more


def urgent_limits() -> dict[str, float]:
    """Values at which an agent should post at once rather than at its next turn."""
    return {level.metric: level.warning for level in LEVELS if not level.per_core}


class Thresholds:
    """Memory: {series: [since warning, since critical, last value, when]} of the series in an episode, since epoch
    seconds or None."""

    name = "threshold"

    def fold(self, memory: dict[str, Any], window: Window) -> list[Finding]:
        cores = window.facts.get("cores")
        judged = _judged_columns(tuple(window.series))
        findings = []
        for index, series, level in judged:
            # How much load is much depends on the cores: of a server that does not tell them nothing can be said.
            scale = 1.0 if not level.per_core else float(cores or 0)
            column = window.column(index)
            episode = memory.get(series)
            if not scale or (episode is None and _highest(column) < level.warning * scale):
                continue
            episode = _advance(episode or [None, None, 0.0, 0], level, scale, window.at, column)
            if episode[0] is None or window.at[-1] - episode[3] > FORGET_SECONDS:
                memory.pop(series, None)
                continue
            memory[series] = episode
            finding = _finding(series, level, scale, episode)
            if finding:
                findings.append(finding)
        for series in memory.keys() - {series for _, series, _ in judged}:
            del memory[series]
        return findings


@lru_cache(maxsize=4_096)
def _judged_columns(series: tuple[str, ...]) -> tuple[tuple[int, str, Level], ...]:
    """(column, series, level) of what is judged. The headline `disk` is the fullest mount: where mounts are told one by
    one they speak for themselves."""
    named = [(index, name, *name.partition(":")[::2]) for index, name in enumerate(series)]
    with_subjects = {metric for _, _, metric, subject in named if subject}
    return tuple(
        (index, name, _BY_METRIC[metric])
        for index, name, metric, subject in named
        if metric in _BY_METRIC and (subject or metric not in with_subjects)
    )


def _highest(column: list[float | None]) -> float:
    known = column if None not in column else [value for value in column if value is not None]
    return max(cast(list[float], known), default=-1.0)


def _advance(
    episode: list[Any], level: Level, scale: float, at: Sequence[int], column: Sequence[float | None]
) -> list[Any]:
    warning_since, critical_since, last, last_at = episode
    warning, critical, recovery = level.warning * scale, level.critical * scale, level.recovery * scale
    hold = level.hold_seconds
    for moment, value in zip(at, column, strict=True):
        if value is None:
            continue
        warning_since = _since(warning_since, last_at, hold, value, moment, warning, recovery)
        critical_since = _since(critical_since, last_at, hold, value, moment, critical, warning)
        last, last_at = value, moment
    return [warning_since, critical_since, last, last_at]


def _since(
    since: int | None, last_at: int, hold: int, value: float, moment: int, level: float, recovery: float
) -> int | None:
    """Since when the level counts as reached. What has not lasted for the hold is forgotten at once below the level;
    what has ends only below the recovery."""
    if value >= level:
        return moment if since is None else since
    return since if since is not None and value >= recovery and last_at - since >= hold else None


def _finding(series: str, level: Level, scale: float, episode: list[Any]) -> Finding | None:
    warning_since, critical_since, last, last_at = episode
    if critical_since is not None and last_at - critical_since >= level.hold_seconds:
        return Finding("threshold", series, "critical", last, level.critical * scale, critical_since)
    if warning_since is not None and last_at - warning_since >= level.hold_seconds:
        return Finding("threshold", series, "warning", last, level.warning * scale, warning_since)
    return None
