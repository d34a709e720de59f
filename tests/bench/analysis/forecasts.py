"""The rows of the bench about forecasts: hourly means of every source, foreseen at five moments of each series, beside
simple methods; and the time to a level, asked every eleven hours of the memory of machines.

MASE is the mean error over the mean change from hour to hour of the history (Hyndman and Koehler 2006); the ratio is
the geometric mean of MASE + 0.05 over that of "as it is now" + 0.05, which is what a forecast has to be better than.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from lib.monitoring.analyzers.crossing import crossing
from lib.monitoring.analyzers.forecast import HISTORY, foresee
from tests.bench.analysis.figures import Figure

PART = "forecast"
DAY = 24
HORIZONS = (1, 6, 24)
ORIGINS, APART = 5, 25
ALONG = 197  # hours between the moments all along a series, where intervals are looked at once more
LEAST_HISTORY = 150
COLUMNS = {0: "cpu", 1: "load1", 5: "memory", 12: "disk_busy", 18: "net_in", 25: "connections"}  # of a machine of SMD
ROWS_AN_HOUR = {"smd": 60, "asd": 12, "services": 12}
GOALS = {"smd": 0.62, "nab": 0.90}
WITHIN = 72
TO_LEVEL_EVERY = 11

type Method = Callable[[list[float], int], tuple[Sequence[float], Sequence[float], Sequence[float]]]


@dataclass(frozen=True)
class Hours:
    """One metric by the hour. `is_held_out`: a third, by the hash of its server's name, fixed before any tuning."""

    name: str
    values: list[float]

    @property
    def is_held_out(self) -> bool:
        return sha256(self.name.partition(":")[0].encode()).digest()[0] % 3 == 0


def figures(data: Path) -> Iterator[Figure]:
    ratios = {}
    for source in ("smd", "nab", "asd", "services", "mscloud"):
        series = read(data, source)
        if series:
            found = list(_of_source(source, series))
            ratios[source] = found[0].value
            yield from found
    if ratios:
        worst = max(ratios, key=lambda one: ratios[one])
        yield Figure(PART, "worst 24 h ratio of any source", ratios[worst], 1.02, more_is_better=False, note=worst)
    memory = [one for one in read(data, "smd") if one.name.endswith(":memory")]
    if memory:
        yield from _times_to_level(memory)
    yield from _cost()


def read(data: Path, source: str) -> list[Hours]:
    """Hourly means; a machine's rows are put together from the first on, as these sets have no clock."""
    if source == "nab":
        files = sorted((data / "nab" / "data" / "realAWSCloudwatch").glob("*.csv"))
        return _clocked(files, lambda file: file.stem, "timestamp", "value")
    if source == "mscloud":
        files = sorted((data / "mscloud").glob("*/*.csv"))
        return _clocked(files, lambda file: f"{file.parent.name}/{file.stem}", "TimeStamp", "Value")
    found = []
    for path in sorted((data / source).glob("*.npz")):
        with np.load(path, allow_pickle=False) as kept:
            rows = np.vstack([kept["train"], kept["test"]]).astype(np.float64)
        size = ROWS_AN_HOUR[source]
        hours = len(rows) // size
        for column in COLUMNS if source == "smd" else range(rows.shape[1]):
            name = COLUMNS[column] if source == "smd" else str(column)
            means = rows[: hours * size, column].reshape(hours, size).mean(1)
            found.append(Hours(f"{path.stem}:{name}", means.tolist()))
    return found


def _clocked(files: Sequence[Path], name: Callable[[Path], str], at: str, value: str) -> list[Hours]:
    found = []
    for file in files:
        with file.open() as opened:
            rows = [(_moment(row[at]), float(row[value])) for row in csv.DictReader(opened) if row[value]]
        times = np.array([row[0] for row in rows])
        hour = ((times - times[0]) // 3_600).astype(int)
        count = np.bincount(hour)
        if (count == 0).mean() > 0.1:
            continue
        means = np.bincount(hour, weights=[row[1] for row in rows]) / np.maximum(count, 1)
        known = np.flatnonzero(count)
        found.append(Hours(name(file), np.interp(np.arange(len(means)), known, means[known]).tolist()))
    return found


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.strip().rstrip("Z")).replace(tzinfo=UTC).timestamp()


def own(y: list[float], horizon: int) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
    found = foresee(y, horizon)
    assert found is not None
    return found.mid, found.low, found.high


def _yesterday(y: list[float], horizon: int) -> tuple[list[float], list[float], list[float]]:
    said = [y[len(y) - DAY + n % DAY] for n in range(horizon)]
    return said, said, said


def _line(y: list[float], horizon: int) -> tuple[list[float], list[float], list[float]]:
    slope, start = np.polyfit(range(DAY), y[-DAY:], 1)
    said = [float(start + slope * (DAY + n)) for n in range(horizon)]
    return said, said, said


BASELINES: dict[str, Method] = {"yesterday": _yesterday, "line of a day": _line}


@dataclass(frozen=True)
class Scored:
    """Of one forecast, for 1, 6 and 24 hours: MASE, that of "as it is now", and the share within the interval."""

    mase: tuple[float, ...]
    naive: tuple[float, ...]
    covered: tuple[float, ...]


def at_the_end(hours: int) -> Iterable[int]:
    """The moments of the scorers: the last days of a series."""
    return [hours - DAY - APART * number for number in range(ORIGINS)]


def all_along(hours: int) -> Iterable[int]:
    return range(LEAST_HISTORY, hours - DAY - APART * ORIGINS, ALONG)


def scored(
    series: Sequence[Hours], method: Method, moments: Callable[[int], Iterable[int]] = at_the_end
) -> dict[str, list[Scored]]:
    found: dict[str, list[Scored]] = {}
    for one in series:
        for origin in moments(len(one.values)):
            if origin < LEAST_HISTORY:
                continue
            history, came = one.values[max(0, origin - HISTORY) : origin], np.array(one.values[origin : origin + DAY])
            change = float(np.abs(np.diff(history)).mean())
            if change == 0 or change < 1e-3 * (float(np.ptp(one.values)) + 1e-12):
                continue  # (nearly) constant: nothing to foresee
            mid, low, high = (np.array(path) for path in method(history, DAY))
            error, naive = np.abs(came - mid) / change, np.abs(came - history[-1]) / change
            inside = (came >= low) & (came <= high)
            found.setdefault(one.name, []).append(
                Scored(*(tuple(float(path[:k].mean()) for k in HORIZONS) for path in (error, naive, inside)))
            )
    return found


def ratio(of: dict[str, list[Scored]], place: int) -> float:
    logs = [math.log((x.mase[place] + 0.05) / (x.naive[place] + 0.05)) for many in of.values() for x in many]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def _mean(of: dict[str, list[Scored]], what: Callable[[Scored], float]) -> float:
    values = [what(one) for many in of.values() for one in many]
    return sum(values) / len(values) if values else math.nan


def _of_source(source: str, series: Sequence[Hours]) -> Iterator[Figure]:
    hidden = {one.name for one in series if one.is_held_out}
    reached = scored(series, own)
    held = {name: many for name, many in reached.items() if name in hidden}
    tuned = {name: many for name, many in reached.items() if name not in hidden}
    others = {name: scored(series, method) for name, method in BASELINES.items()}
    note = f"{sum(map(len, reached.values()))} forecasts"
    for place in (2, 1, 0):
        yield Figure(
            PART, f"{source} {HORIZONS[place]} h error over as it is now", ratio(reached, place),
            GOALS.get(source) if place == 2 else None, more_is_better=False,
            held_out=ratio(held, place) if held else None, tuned=ratio(tuned, place) if tuned else None,
            baselines={name: ratio(one, place) for name, one in others.items()}, note=note,
        )  # fmt: skip
    yield Figure(
        PART, f"{source} 24 h MASE", _mean(reached, lambda one: one.mase[2]), more_is_better=False,
        held_out=_mean(held, lambda one: one.mase[2]) if held else None,
        tuned=_mean(tuned, lambda one: one.mase[2]) if tuned else None,
        baselines={"as it is now": _mean(reached, lambda one: one.naive[2])},
    )  # fmt: skip
    along = scored(series, own, all_along)
    for title, every, goal in (("", reached, 0.02), (" all along", along, None)):
        covered = _covered(every)
        apart = {name: many for name, many in every.items() if name in hidden}
        known = {name: many for name, many in every.items() if name not in hidden}
        yield Figure(
            PART, f"{source} 24 h interval{title}, how far from 90 %", abs(covered - 0.9), goal, more_is_better=False,
            held_out=abs(_covered(apart) - 0.9) if apart else None,
            tuned=abs(_covered(known) - 0.9) if known else None,
            note=f"{covered:.3f} within" + (f", held out {_covered(apart):.3f}" if apart else ""),
        )  # fmt: skip


def _covered(of: dict[str, list[Scored]]) -> float:
    return _mean(of, lambda one: one.covered[2])


type Dated = Callable[[list[float], float], float | None]


def _times_to_level(series: Sequence[Hours]) -> Iterator[Figure]:
    hidden = [one for one in series if one.is_held_out]
    methods: dict[str, Dated] = {
        "own": lambda y, level: crossing(y, level).hours,
        "line of a day": _line_reaches,
        "Theil-Sen and usual day": _theil_reaches,
    }
    reached = {name: _dated(series, method) for name, method in methods.items()}
    held = _dated(hidden, methods["own"]) if hidden else None
    others = [one for one in series if not one.is_held_out]
    tuned = _dated(others, methods["own"]) if others else None
    for place, (title, goal) in enumerate((("F1", 0.80), ("share of dates right within half", 0.75))):
        yield Figure(
            PART, f"memory reaches a level in 72 h, {title}", reached["own"][place], goal,
            held_out=held[place] if held else None, tuned=tuned[place] if tuned else None,
            baselines={name: one[place] for name, one in reached.items() if name != "own"},
            note=f"of {len(series)}",
        )  # fmt: skip


def _dated(series: Sequence[Hours], method: Dated) -> tuple[float, float]:
    """(F1 of "it will be reached", share of those right whose time is right within half of itself). The level is a
    quarter of the history's range above now."""
    right = near = false = missed = 0
    for one in series:
        for origin in range(HISTORY, len(one.values) - WITHIN, TO_LEVEL_EVERY):
            history = one.values[origin - HISTORY : origin]
            width = max(history) - min(history)
            if width <= 1e-9:
                continue
            level = history[-1] + width / 4
            came = next((n + 1 for n in range(WITHIN) if one.values[origin + n] >= level), None)
            said = method(history, level)
            if said is None:
                missed += came is not None
            elif came is None:
                false += 1
            else:
                right += 1
                near += abs(said - came) <= 0.5 * came
    return 2 * right / max(1, 2 * right + false + missed), near / max(1, right)


def _line_reaches(y: list[float], level: float) -> float | None:
    said, _, _ = _line(y, WITHIN)
    return next((n + 1.0 for n, value in enumerate(said) if value >= level), None)


def _theil_reaches(y: list[float], level: float) -> float | None:
    usual = [float(np.median(y[hour::DAY])) for hour in range(DAY)]
    lately = [y[len(y) - DAY + n] - usual[(len(y) - DAY + n) % DAY] for n in range(DAY)]
    slopes = [(lately[b] - lately[a]) / (b - a) for a in range(DAY) for b in range(a + 1, DAY)]
    slope, base = float(np.median(slopes)), float(np.median(lately))
    return next(
        (n + 1.0 for n in range(WITHIN) if usual[(len(y) + n) % DAY] + base + slope * (n + DAY / 2) >= level), None
    )


def _cost() -> Iterator[Figure]:
    dice = np.random.default_rng(7)
    hours = np.arange(HISTORY)
    y = (50 + 20 * np.sin(2 * np.pi * hours / DAY) + dice.normal(0, 3, HISTORY)).tolist()
    taken = []
    for _ in range(10):
        start = time.process_time()
        own(y, DAY)
        taken.append(time.process_time() - start)
    yield Figure(
        PART, "processor ms a forecast of 14 days (median of 10)", 1e3 * sorted(taken)[5], 60.0, more_is_better=False
    )
