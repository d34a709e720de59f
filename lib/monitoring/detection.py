"""What is unlike itself: each series of a server held against a detector of its own. Pure.

A detector is fed one value a minute, the mean of what came within it; samples that lie further apart are fed as they
come. What it finds lasts from its first sign until the series is itself again, and is told as one anomaly. Nothing here
pages anybody: a rule of the kind `anomaly` may ask how many series are unlike themselves.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import reduce
from itertools import zip_longest
from operator import add
from typing import Any

from lib.monitoring.analyzers import Window, machine
from lib.monitoring.analyzers.anomaly import Detector, from_bytes, new_detector, threshold
from lib.monitoring.analyzers.machine import Sign, View
from lib.monitoring.analyzers.shapes import settled
from lib.monitoring.state import ServerState

NAME = "anomalies"  # in a server's memory: {open: {series: [...]}, hour, accepted: {series: since}}
MINUTE = 60
SPARSE = 45  # samples this far apart are values of their own
MOST_SERIES = 64  # of a server, the first that it told
FAINT = 0.1  # weaker signs do not count
CALM = 0.6  # an anomaly is over below this share of the score that opens one
LOST_SECONDS = 1_800  # nothing came of the series for so long: what lasts of it is closed
NEVER = frozenset({"uptime"})  # it only rises
VERSION = 1

# Places in what is remembered of an open anomaly.
SINCE, LAST, PEAK_AT, SCORE, VALUE, WHY, ABOVE, BELOW, FED = range(9)


@dataclass(frozen=True, slots=True)
class AnomalyOptions:
    """Of a rule of the kind `anomaly`: the mean of the `series` most unlike series is judged, of those that one of the
    globs `metrics` means (none means all), as soon as `sensitivity` says."""

    series: int = machine.SERIES
    metrics: Sequence[str] = ()
    sensitivity: str = "normal"

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> AnomalyOptions:
        """Unknown options are left out; what cannot be used raises ValueError."""
        series, metrics = options.get("series", machine.SERIES), options.get("metrics", ())
        if not isinstance(series, int) or isinstance(series, bool) or not 1 <= series <= MOST_SERIES:
            raise ValueError(f"`series` is a number from 1 to {MOST_SERIES}")
        if (
            not isinstance(metrics, list | tuple)
            or len(metrics) > 20
            or not all(isinstance(one, str) for one in metrics)
        ):
            raise ValueError("`metrics` is a list of at most 20 names or globs")
        sensitivity = options.get("sensitivity", "normal")
        if sensitivity not in machine.THRESHOLDS:
            raise ValueError("`sensitivity` is one of " + ", ".join(machine.THRESHOLDS))
        return cls(series, tuple(metrics), sensitivity)

    def means(self, series: str) -> bool:
        name = series.partition(":")[0]
        return not self.metrics or any(fnmatchcase(series, one) or name == one for one in self.metrics)


@dataclass(slots=True)
class Found:
    """What the commit is told: `anomalies` are rows [series, since, until, peak_at, score, value, why] as they now are,
    `bands` rows [hour, low, high] of real[] literals in the server's columns."""

    anomalies: list[list[Any]] = field(default_factory=list)
    bands: list[list[Any]] = field(default_factory=list)
    signs: list[tuple[int, dict[str, Sign]]] = field(default_factory=list)  # of each time, not committed

    def absorb(self, later: Found) -> None:
        """One statement writes a row once: of each anomaly and hour what was said last holds."""
        self.anomalies = [*{(row[0], row[1]): row for row in [*self.anomalies, *later.anomalies]}.values()]
        self.bands = [*{row[0]: row for row in [*self.bands, *later.bands]}.values()]


@dataclass(slots=True)
class _Bench:
    """The detectors of a server while a batch is folded, and the minute that is not over."""

    detectors: dict[int, Detector] = field(default_factory=dict)
    last_at: int = 0
    minute: int = 0
    sums: dict[int, list[float]] = field(default_factory=dict)  # column -> [sum, count]

    def steps(self, window: Window, columns: Sequence[int]) -> Iterator[tuple[int, dict[int, float]]]:
        """(time, {column: value}) of what is ready to be fed, in the order of time."""
        by_column = list(zip_longest(*window.rows))
        watched = [column for column in columns if column < len(by_column)]
        first, times = 0, window.at
        while first < len(times):
            at = times[first]
            if at < self.last_at or at - self.last_at >= SPARSE:
                if at > self.last_at:
                    yield from self.flush()
                    self.last_at = at
                yield at, {one: value for one in watched if (value := by_column[one][first]) is not None}
                first += 1
                continue
            if at // MINUTE != self.minute:
                yield from self.flush()
                self.minute = at // MINUTE
            end = first + 1
            while end < len(times) and times[end] // MINUTE == self.minute and 0 < times[end] - times[end - 1] < SPARSE:
                end += 1
            self._gather(by_column, watched, first, end)
            self.last_at = times[end - 1]
            first = end

    def _gather(
        self, by_column: Sequence[Sequence[float | None]], watched: Sequence[int], first: int, end: int
    ) -> None:
        for column in watched:
            values = [value for value in by_column[column][first:end] if value is not None]
            if values:
                known = self.sums.setdefault(column, [0.0, 0])
                known[0] = reduce(add, values, known[0])  # `sum` compensates, and so depends on how they are cut
                known[1] += len(values)

    def flush(self) -> Iterator[tuple[int, dict[int, float]]]:
        if self.sums:
            yield self.last_at, {column: total / count for column, (total, count) in self.sums.items()}
            self.sums = {}

    def to_text(self) -> str:
        head = [VERSION, self.last_at, self.minute, [[column, *known] for column, known in self.sums.items()]]
        packed = b"".join(
            bytes([column]) + len(body).to_bytes(2, "big") + body
            for column, body in ((column, one.to_bytes()) for column, one in sorted(self.detectors.items()))
        )
        return json.dumps(head, separators=(",", ":")) + "|" + base64.b64encode(packed).decode()

    @classmethod
    def from_text(cls, text: str) -> _Bench:
        """Of a form we do not know: nothing, learning begins anew."""
        head, _, packed = text.partition("|")
        version, *rest = json.loads(head) if head else (VERSION, 0, 0, [])
        if version != VERSION:
            return cls()
        last_at, minute, sums = rest
        return cls(dict(_unpacked(base64.b64decode(packed))), last_at, minute, {one: [a, b] for one, a, b in sums})


def _unpacked(packed: bytes) -> Iterator[tuple[int, Detector]]:
    place = 0
    while place < len(packed):
        column, length = packed[place], int.from_bytes(packed[place + 1 : place + 3], "big")
        yield column, from_bytes(packed[place + 3 : place + 3 + length])
        place += 3 + length


def fold(state: ServerState, windows: Sequence[Window], offset: int = 0) -> Found:
    """Let the detectors see the new rows. `offset` are the seconds that local time is ahead of UTC. Changes the state's
    `detection` and memory."""
    if not windows:
        return Found()
    memory: dict[str, Any] = state.memory.get(NAME) or {}
    lasting: dict[str, list[Any]] = {series: _resumed(kept) for series, kept in (memory.get("open") or {}).items()}
    bench = _Bench.from_text(state.detection)
    columns = [one for one, name in enumerate(state.series) if name not in NEVER][:MOST_SERIES]
    found = Found()
    accepted = _accept(state, memory, bench, lasting, found, offset)
    levels = [_level(state, name) for name in state.series]
    touched: set[str] = set()
    hour: int = memory.get("hour") or 0
    for window in windows:
        for at, values in bench.steps(window, columns):
            if at // 3_600 > hour:
                hour = at // 3_600
                found.bands += _bands(bench, len(state.series), hour * 3_600, offset)
            for column, value in values.items():
                detector = bench.detectors.get(column)
                if detector is None:
                    detector = bench.detectors[column] = new_detector()
                detector.update(at, value, offset)
                _judge(state.series[column], at, value, detector, levels[column], lasting, touched, found)
            found.signs.append((at, _signs(state, bench, levels)))
    _lose(state, lasting, touched, found)
    found.absorb(Found([_row(series, lasting[series], None) for series in sorted(touched & lasting.keys())]))
    state.detection = bench.to_text()
    state.memory[NAME] = {"open": lasting, "hour": hour, "accepted": accepted}
    return found


def _signs(state: ServerState, bench: _Bench, levels: Sequence[float | None]) -> dict[str, Sign]:
    return {
        state.series[column]: Sign.of(one)
        for column, one in bench.detectors.items()
        if one.hold >= FAINT and levels[column] is not None
    }


def is_unlike(series: Sequence[str], signs: Mapping[str, Sign], options: AnomalyOptions) -> tuple[bool, View]:
    """Whether the machine with these series is, and who leads. A rule that means fewer series than it judges together
    judges those."""
    meant = sum(1 for name in series if name not in NEVER and options.means(name))
    judged = max(1, min(options.series, meant))
    found = machine.view({name: sign for name, sign in signs.items() if options.means(name)}, judged)
    return found.score >= machine.threshold(options.sensitivity, judged), found


def _judge(
    series: str, at: int, value: float, detector: Detector, level: float | None, lasting: dict[str, list[Any]],
    touched: set[str], found: Found,
) -> None:  # fmt: skip
    kept = lasting.get(series)
    if kept is None:
        if level is not None and detector.hold >= level:
            lasting[series] = [at, at, at, round(detector.hold, 3), value, detector.explain(), 0, 0, 0]
            touched.add(series)
        return
    kept[LAST] = at
    if _lasts(kept, value):
        touched.add(series)
    if level is None or detector.hold < CALM * level:
        found.anomalies.append(_row(series, lasting.pop(series), at))
        touched.discard(series)
    elif detector.hold > kept[SCORE] + 0.001:  # what was expected stays what it was before this began
        kept[PEAK_AT], kept[SCORE], kept[VALUE] = at, round(detector.hold, 3), value
        touched.add(series)


def _resumed(kept: Sequence[Any]) -> list[Any]:
    """As it is kept now; earlier versions did not count what came since."""
    return [*kept, 0, 0, 0][: FED + 1]


def _lasts(kept: list[Any], value: float) -> bool:
    """Whether the anomaly took another shape with this value."""
    why = kept[WHY]
    kept[FED] += 1
    if "shape" not in why:
        return False
    kept[ABOVE] += value > why["high"]
    kept[BELOW] += value < why["low"]
    shape = settled(why["shape"], kept[ABOVE], kept[BELOW], kept[FED])
    if shape == why["shape"]:
        return False
    kept[WHY] = {**why, "shape": shape}
    return True


def _accept(
    state: ServerState,
    memory: Mapping[str, Any],
    bench: _Bench,
    lasting: dict[str, list[Any]],
    found: Found,
    offset: int,
) -> dict[str, int]:
    """People said that something was to be expected: its detector learns it, once."""
    heeded: dict[str, int] = memory.get("accepted") or {}
    wanted: dict[str, dict[str, Any]] = state.settings.get("accepted") or {}
    for series, one in wanted.items():
        if heeded.get(series) == one["since"] or series not in state.series:
            continue
        detector = bench.detectors.get(state.series.index(series))
        if detector is not None:
            detector.accept(one["at"], one["value"], offset)
        if series in lasting and lasting[series][SINCE] == one["since"]:
            kept = lasting.pop(series)
            found.anomalies.append(_row(series, kept, kept[LAST]))
    return {series: one["since"] for series, one in wanted.items()}


def _lose(state: ServerState, lasting: dict[str, list[Any]], touched: set[str], found: Found) -> None:
    for series in [one for one, kept in lasting.items() if state.folded_at - kept[LAST] > LOST_SECONDS]:
        kept = lasting.pop(series)
        found.anomalies.append(_row(series, kept, kept[LAST]))
        touched.discard(series)


def lost(state: ServerState, now: float) -> Found:
    """Of a server that is silent: what lasts of a series is closed as where a series alone is. Changes its memory."""
    memory: dict[str, Any] = state.memory.get(NAME) or {}
    lasting: dict[str, list[Any]] = memory.get("open") or {}
    gone = {series: _resumed(kept) for series, kept in lasting.items() if now - kept[LAST] > LOST_SECONDS}
    if gone:
        state.memory[NAME] = {**memory, "open": {one: kept for one, kept in lasting.items() if one not in gone}}
    return Found([_row(series, kept, kept[LAST]) for series, kept in gone.items()])


def _row(series: str, kept: Sequence[Any], until: int | None) -> list[Any]:
    return [series, kept[SINCE], until, kept[PEAK_AT], kept[SCORE], kept[VALUE], kept[WHY]]


def _level(state: ServerState, series: str) -> float | None:
    """The score from which on a series is unlike itself; None where nobody wants to know."""
    wanted = state.settings.get("sensitivity") or {}
    named = wanted.get(series) or wanted.get(series.partition(":")[0]) or wanted.get("*") or "normal"
    return None if named == "off" else threshold(named)


def _bands(bench: _Bench, columns: int, hour: int, offset: int) -> list[list[Any]]:
    """What the detectors expect of this hour, before they have seen it."""
    low, high = ["null"] * columns, ["null"] * columns
    is_any = False
    for column, detector in bench.detectors.items():
        band = detector.band(hour + 1_800, offset)
        if band is not None and column < columns:
            low[column], high[column] = f"{band[0]:.6g}", f"{band[1]:.6g}"
            is_any = True
    return [[hour, "{" + ",".join(low) + "}", "{" + ",".join(high) + "}"]] if is_any else []
