"""Errors that are new, or come in numbers as never before: what a rule of the kind `errors` is judged by. Pure.

Of each server at most forty fingerprints are remembered, those heard last, each with its counts of this hour and the
one before and what is usual in an hour. Everything is new on a server that was only just heard of, so nothing is called
so in its first hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lib.monitoring.collectors.error_tracker import LEVELS
from lib.monitoring.collectors.fingerprints import fingerprint, masked

NAME = "errors"
HOUR = 3_600
MOST_FINGERPRINTS = 40
PATTERN_CHARACTERS = 120
USUAL_HOURS = 24.0  # the mean of an hour forgets by a 24th each hour
LEARNING_SECONDS = HOUR

# Positions in a fingerprint's row of memory.
_FIRST, _LAST, _HOUR, _NOW, _BEFORE, _USUAL, _LEVEL, _SOURCE, _PATTERN = range(9)


@dataclass(frozen=True, slots=True)
class ErrorOptions:
    """`what` is looked for among errors of `level` or worse. `at_least` so many within an hour, by default 1 of a new
    one and 10 of a surge, which is `factor` times as many as is usual in an hour. A new error is new for `seconds`."""

    what: Literal["new", "surge"] = "new"
    factor: float = 3.0
    at_least: int | None = None
    level: str = "error"
    seconds: int = HOUR

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> ErrorOptions:
        """Unknown options are left out; what cannot be used raises ValueError."""
        read = cls(**{name: options[name] for name in cls.__slots__ if name in options})
        if read.what not in ("new", "surge") or read.level not in LEVELS:
            raise ValueError("`what` is new or surge, `level` one of " + ", ".join(LEVELS))
        if not 1 < read.factor <= 1_000 or not 60 <= read.seconds <= 7 * 86_400:
            raise ValueError("`factor` is above 1, `seconds` from 60 to a week")
        if read.at_least is not None and not 1 <= read.at_least <= 1_000_000:
            raise ValueError("`at_least` is a number from 1")
        return read


@dataclass(frozen=True, slots=True)
class ErrorFinding:
    """`value` are the errors of the last hour, `usual` those of an hour as it mostly is. The fingerprint is what an
    incident is about; `pattern` is for people."""

    fingerprint: str
    pattern: str
    source: str
    error_level: str
    code: Literal["error_new", "error_surge"]
    since: float
    value: float
    usual: float


def fold(
    memory: Mapping[str, Any] | None, errors: Iterable[Sequence[Any]], now: float, known_since: float = 0.0
) -> dict[str, Any]:
    """The memory after these errors ([id, at, level, source, message], as the sweep keeps them). What is older than the
    hour before this one is remembered and not counted: it is old news. `known_since`: of the server."""
    before = memory or {}
    rows: dict[str, list[Any]] = {key: list(row) for key, row in (before.get("of") or {}).items()}
    for _, at, level, source, message in errors:
        pattern = masked(message)
        key = fingerprint(level, source, pattern)
        row = rows.get(key)
        if row is None:
            row = rows[key] = [at, at, int(now) // HOUR, 0, 0, 0.0, level, source[:60], pattern[:PATTERN_CHARACTERS]]
        row[_FIRST], row[_LAST] = min(row[_FIRST], at), max(row[_LAST], at)
        _turn(row, int(now) // HOUR)
        behind = row[_HOUR] - int(at) // HOUR
        if behind <= 0:
            row[_NOW] += 1
        elif behind == 1:
            row[_BEFORE] += 1
    kept = sorted(rows.items(), key=lambda one: (-one[1][_LAST], one[0]))[:MOST_FINGERPRINTS]
    return {"since": round(known_since), "of": dict(kept)}


def _turn(row: list[Any], hour: int) -> None:
    """Let hours pass: what is over for good becomes part of what is usual."""
    passed = hour - row[_HOUR]
    if passed <= 0:
        return
    for index in range(min(passed, 200)):  # after two hundred quiet hours nothing is usual any more
        row[_USUAL] += (row[_BEFORE] - row[_USUAL]) / USUAL_HOURS
        row[_BEFORE], row[_NOW] = (row[_NOW] if index == 0 else 0), 0
    row[_USUAL] = round(row[_USUAL], 4)
    row[_HOUR] = hour


def judge(memory: Mapping[str, Any] | None, now: float, options: ErrorOptions) -> list[ErrorFinding]:
    """What is to be said of these errors now; empty when it is over."""
    if not memory:
        return []
    findings = []
    for key, kept in sorted((memory.get("of") or {}).items()):
        row = list(kept)
        _turn(row, int(now) // HOUR)
        if LEVELS.index(row[_LEVEL]) < LEVELS.index(options.level):
            continue
        passed = now % HOUR / HOUR
        count = row[_NOW] + row[_BEFORE] * (1.0 - passed)
        usual = max(1.0, row[_USUAL])
        if options.what == "new":
            first = float(row[_FIRST])
            known_for = now - first
            is_found = (
                first >= memory.get("since", 0.0) + LEARNING_SECONDS
                and known_for <= options.seconds
                and row[_NOW] + row[_BEFORE] >= (options.at_least or 1)
            )
            since = first
        else:
            is_found = count >= (options.at_least or 10) and count >= options.factor * usual
            since = float(row[_HOUR] * HOUR)
        if is_found:
            code: Literal["error_new", "error_surge"] = "error_new" if options.what == "new" else "error_surge"
            findings.append(
                ErrorFinding(key, row[_PATTERN], row[_SOURCE], row[_LEVEL], code, since, round(count, 1), row[_USUAL])
            )
    return findings
