"""How a server, a group and the fleet do in a window, against how they did before: the performance analysis.

Saturation after Gregg's USE method (utilisation, queueing, errors), shifts against the same hours of an earlier time
with a test and an effect size, imbalance within a group, and the size that would do. Every statement carries its
numbers; what cannot be known is not said. Pure: tracks come in, data goes out, words are the page's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lib.domain.metrics import metric_of
from lib.monitoring.analyzers.changes import Change, change_points
from lib.monitoring.analyzers.hours import HourOf, utc_hour
from lib.monitoring.analyzers.ranks import (
    Compared,
    false_discoveries,
    inflation_of,
    median,
    memory_of,
    quantile,
    spread,
    stratified,
    student_two_sided,
)
from lib.monitoring.analyzers.tracks import DAY, Machine, Stretch, Track
from lib.monitoring.analyzers.wellbeing import Health, health, levels

FEWEST = 12  # bins in the window, and in what it is compared with
Q_MOST = 0.01
DAYS_P_MOST = 0.05
EFFECT_LEAST = 0.33  # Cliff's delta: medium
SIZE_SECONDS = 6 * DAY  # of its life: a size is advised where nearly a week is known
ROOM = 0.6  # of the cores in use at the 95th percentile
MEMORY_ROOM = 0.8
IMBALANCE_LEAST = 3  # servers
IMBALANCE_POINTS = 15.0


@dataclass(frozen=True, slots=True)
class Level:
    """One series in the window."""

    series: str
    n: int
    mean: float
    median: float
    p95: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shift:
    """Against the baseline. `delta` is Cliff's, `p` the test within hours of the day, `q` corrected for the series
    tried, `days_p` how unusual the window's level is among those of `days` earlier copies of it (None: fewer than
    three). `verdict`: higher, lower, same, or unknown where too little was measured."""

    series: str
    before: float
    after: float
    before_p95: float
    after_p95: float
    delta: float
    p: float
    n: int
    m: int
    days: int
    days_p: float | None
    verdict: str = "same"
    q: float = 1.0


@dataclass(frozen=True, slots=True)
class Statement:
    """`code` says what, `numbers` by which figures; `severity` is bad, warn or note."""

    code: str
    severity: str
    series: str
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Size:
    """What would do: `verdict` is smaller, larger, fits or unknown (`why`: short, unmeasured, cores, noisy)."""

    resource: str
    verdict: str
    p95: float | None = None
    has: float | None = None
    needs: float | None = None
    days: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Performance:
    """One server."""

    machine: Machine
    measured: float
    health: Health
    levels: Sequence[Level] = ()
    shifts: Sequence[Shift] = ()
    changes: Mapping[str, Sequence[Change]] = field(default_factory=dict)
    statements: Sequence[Statement] = ()
    sizes: Sequence[Size] = ()


def performance(
    machine: Machine,
    window: Stretch,
    baseline: Sequence[tuple[int, Stretch]] = (),
    incidents: Mapping[str, int] | None = None,
    *,
    is_brief: bool = False,
    hour_of: HourOf = utc_hour,
) -> Performance:
    """`baseline` holds (start, stretch) of one or more earlier times, copies of the window or not. `is_brief`: only
    the series of the baseline are compared, and nobody looks for change points, for a fleet is read at once."""
    known = {series for _, one in baseline for series in one.tracks}
    tracks = {series: one for series, one in window.tracks.items() if series in known or not is_brief}
    shifts = compared(Stretch(window.start, window.end, window.step, tracks), baseline, hour_of)
    changes = {
        series: found
        for series in (() if is_brief else window.tracks)
        if (found := change_points(window.of(series), worth(series)))
    }
    judged = _of_its_life(window, baseline)
    return Performance(
        machine,
        judged.measured,
        health(judged, machine, incidents),
        [level_of(series, track) for series, track in sorted(window.tracks.items()) if len(track)],
        shifts,
        changes,
        statements(machine, window, shifts),
        [size_of_cpu(machine, judged), size_of_memory(machine, judged)],
    )


def _of_its_life(window: Stretch, baseline: Sequence[tuple[int, Stretch]]) -> Stretch:
    """Without the time before its first value, where the baseline knows nothing either: to be young is no gap."""
    is_young = bool(baseline) and not any(len(track) for _, one in baseline for track in one.tracks.values())
    return replace(window, start=max(window.start, window.begun)) if is_young else window


def level_of(series: str, track: Track) -> Level:
    mean = math.fsum(track.mean) / len(track)
    return Level(
        series, len(track), mean, median(track.mean), quantile(track.mean, 0.95), min(track.low), max(track.high)
    )


def worth(series: str, level: float = 0.0) -> float:
    """The least difference worth naming: two points of a percentage, else a tenth of the level."""
    metric = metric_of(series)
    return 2.0 if metric is not None and metric.unit == "%" else 0.1 * abs(level)


# Against an earlier time


def compared(window: Stretch, baseline: Sequence[tuple[int, Stretch]], hour_of: HourOf = utc_hour) -> list[Shift]:
    """Every series of the window against the baseline, largest effect first; the false ones among those called higher
    or lower are held to one in a hundred (Benjamini and Hochberg)."""
    found = [
        shift_of(series, track, [one.of(series) for _, one in baseline], _apart(window, series, baseline), hour_of)
        for series, track in sorted(window.tracks.items())
        if len(track) and series != "uptime"
    ]
    tested = [one for one in found if one.verdict != "unknown"]
    given = dict(zip((one.series for one in tested), false_discoveries([one.p for one in tested]), strict=True))
    judged = [one if one.series not in given else _judged(replace(one, q=given[one.series])) for one in found]
    return sorted(judged, key=lambda one: (one.verdict in ("same", "unknown"), -abs(one.delta), one.series))


def _apart(window: Stretch, series: str, baseline: Sequence[tuple[int, Stretch]]) -> list[list[float]]:
    """How far the window lies from the newest copy, that one from the one before it and so on, bin by bin."""
    copies = [(start, one.of(series)) for start, one in [(window.start, window), *baseline]]
    found = []
    for (start, later), (begun, earlier) in itertools.pairwise(one for one in copies if len(one[1]) >= FEWEST):
        then = dict(zip(earlier.at, earlier.mean, strict=True))
        back = start - begun
        both = zip(later.at, later.mean, strict=True)
        found.append([value - then[at - back] for at, value in both if at - back in then])
    return found


def shift_of(
    series: str,
    window: Track,
    before: Sequence[Track],
    apart: Sequence[Sequence[float]] = (),
    hour_of: HourOf = utc_hour,
) -> Shift:
    """Not yet judged: `verdict` is same or unknown. `apart`: the distances of each copy from the one before it, bin by
    bin, which tell how much a bin remembers of the last one without the day's course, for all copies have that. They
    are asked together: of one day by the hour alone, chance can make a memory that hides any shift."""
    known = [track for track in before if len(track) >= FEWEST]
    values = [value for track in known for value in track.mean]
    if len(window) < FEWEST or not values:
        return Shift(series, median(values), median(window.mean), quantile(values, 0.95), quantile(window.mean, 0.95),
                     0.0, 1.0, len(window), len(values), len(known), None, "unknown")  # fmt: skip
    by_hour: dict[int, tuple[list[float], list[float]]] = {}
    for track, place in [(window, 0), *((one, 1) for one in known)]:
        for at, value in zip(track.at, track.mean, strict=True):
            by_hour.setdefault(hour_of(at), ([], []))[place].append(value)
    matched = sum(len(ours) for ours, theirs in by_hour.values() if theirs)
    strata = list(by_hour.values()) if matched >= len(window) / 2 else [(list(window.mean), values)]
    bins = sum(map(len, apart))
    if bins >= FEWEST:
        memory = memory_of(*apart)
        memory = min(0.97, memory + (1 + 3 * memory) / bins)  # short series seem to forget sooner: Kendall 1954
    else:
        memory = max(map(memory_of, [window.mean, *(one.mean for one in known)]))
    inflation = inflation_of(memory)
    test = stratified(strata, inflation)
    return Shift(series, median(values), median(window.mean), quantile(values, 0.95), quantile(window.mean, 0.95),
                 test.delta, test.p, len(window), len(values), len(known), _among_days(window, known))  # fmt: skip


def _among_days(window: Track, copies: Sequence[Track]) -> float | None:
    """Days differ among themselves by more than their own bins tell: the window's median as one more draw from
    theirs."""
    if len(copies) < 3:
        return None
    medians = [median(one.mean) for one in copies]
    n = len(medians)
    mean = math.fsum(medians) / n
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in medians) / (n - 1))
    off = abs(median(window.mean) - mean)
    if deviation <= 1e-9 * max(1.0, abs(mean)):
        return 0.0 if off > 1e-9 * max(1.0, abs(mean)) else 1.0
    return student_two_sided(off / (deviation * math.sqrt(1 + 1 / n)), n - 1)


def _judged(one: Shift) -> Shift:
    is_shift = (
        one.q <= Q_MOST
        and abs(one.delta) >= EFFECT_LEAST
        and abs(one.after - one.before) >= worth(one.series, one.before)
        and (one.after > one.before) == (one.delta > 0)
        and (one.days_p is None or one.days_p <= DAYS_P_MOST)
    )
    return replace(one, verdict=("higher" if one.delta > 0 else "lower") if is_shift else "same")


# What is wrong

SATURATION = (  # (code, resource, from which 95th percentile, from which it is bad)
    ("cpu_saturated", "cpu", 85.0, 95.0),
    ("cpu_queue", "load", 1.5, 4.0),
    ("disk_wait", "iowait", 15.0, 40.0),
    ("noisy_neighbour", "steal", 5.0, 20.0),
    ("disk_full", "disk", 85.0, 95.0),
    ("inodes_full", "inode", 85.0, 95.0),
    ("errors", "error_rate", 1.0, 5.0),
)


def statements(machine: Machine, window: Stretch, shifts: Sequence[Shift]) -> list[Statement]:
    """Worst first."""
    now = levels(window, machine)
    moved = {one.series: one for one in shifts}
    found = []
    for code, resource, limit, worse in SATURATION:
        if resource in now and now[resource][1] >= limit:
            series, level = now[resource]
            numbers = {"p95": level, "limit": limit, **_over(window, series, limit, machine)}
            found.append(Statement(code, "bad" if level >= worse else "warn", series, numbers))
    found += _memory(now, moved) + _slow_disk(now, moved)
    return sorted(found, key=lambda one: (("bad", "warn", "note").index(one.severity), one.code))


def _over(window: Stretch, series: str, limit: float, machine: Machine) -> dict[str, float]:
    track = window.of(series)
    scale = float(machine.cores or 1) if series == "load5" else 1.0
    over = sum(value / scale >= limit for value in track.mean)
    return {"share": over / len(track), "n": float(len(track))}


def _memory(now: Mapping[str, tuple[str, float]], moved: Mapping[str, Shift]) -> list[Statement]:
    """Full memory alone is not pressure: swap in use and growing, or disk reads up, say that it is."""
    if "memory" not in now or now["memory"][1] < 85.0:
        return []
    level = now["memory"][1]
    swap = now.get("swap", ("swap", 0.0))[1]
    pressing = [one for one in ("swap", "disk_read") if one in moved and moved[one].verdict == "higher"]
    numbers = {"p95": level, "swap_p95": swap, **{f"{one}_delta": moved[one].delta for one in pressing}}
    if pressing or swap >= 25.0 or level >= 97.0:
        return [Statement("memory_pressure", "bad" if level >= 95.0 else "warn", "memory", numbers)]
    return [Statement("memory_full_calm", "note", "memory", numbers)]


def _slow_disk(now: Mapping[str, tuple[str, float]], moved: Mapping[str, Shift]) -> list[Statement]:
    """Busy while it moves no more than usual: the disk is slow; busy with more: it is in demand."""
    if "disk_busy" not in now or now["disk_busy"][1] < 80.0:
        return []
    level = now["disk_busy"][1]
    more = [one for one in ("disk_read", "disk_write") if one in moved and moved[one].verdict == "higher"]
    is_known = any(one in moved and moved[one].verdict != "unknown" for one in ("disk_read", "disk_write"))
    is_slow = is_known and not more and "disk_busy" in moved and moved["disk_busy"].verdict == "higher"
    code = "disk_slow" if is_slow else "disk_busy"
    return [Statement(code, "bad" if level >= 95.0 else "warn", "disk_busy", {"p95": level, "limit": 80.0})]


# The size that would do


def size_of_cpu(machine: Machine, window: Stretch) -> Size:
    """Cores so that the 95th percentile would use 60 % of them; smaller is said only where half or fewer would do."""
    track = window.of("cpu")
    days = (window.end - window.start) / DAY
    if not track or not machine.cores:
        return Size("cpu", "unknown", days=days, why="unmeasured" if not track else "cores")
    if window.end - window.start < SIZE_SECONDS or window.measured < 0.5:
        return Size("cpu", "unknown", days=days, why="short")
    if "steal" in window.tracks and quantile(window.of("steal").mean, 0.95) >= 5.0:
        return Size("cpu", "unknown", days=days, why="noisy")  # what it would use undisturbed is not known
    p95 = quantile(track.mean, 0.95)
    needs = float(max(1, math.ceil(machine.cores * p95 / 100 / ROOM)))
    verdict = "smaller" if needs <= machine.cores / 2 else "larger" if needs > machine.cores and p95 >= 80 else "fits"
    return Size("cpu", verdict, p95, float(machine.cores), needs, days)


def size_of_memory(machine: Machine, window: Stretch) -> Size:
    """Bytes so that the highest bin would use 80 % of them; swap in use asks for as much more as is swapped at most."""
    track = window.of("memory")
    days = (window.end - window.start) / DAY
    if not track or not machine.memory_bytes:
        return Size("memory", "unknown", days=days, why="unmeasured")
    if window.end - window.start < SIZE_SECONDS or window.measured < 0.5:
        return Size("memory", "unknown", days=days, why="short")
    highest = max(track.mean)
    needs = machine.memory_bytes * highest / 100 / MEMORY_ROOM
    is_short = quantile(track.mean, 0.95) >= 90
    verdict = "smaller" if needs <= machine.memory_bytes / 2 else "larger" if is_short else "fits"
    return Size("memory", verdict, quantile(track.mean, 0.95), float(machine.memory_bytes), needs, days)


# A group


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A server that carries more or less than the others of its group: its median, that of the others', and the
    effect."""

    server: str
    series: str
    median: float
    others: float
    z: float
    delta: float
    p: float


def imbalances(group: Mapping[str, Stretch], series: Sequence[str] = ("cpu", "memory")) -> list[Imbalance]:
    """Of a group of three or more: whose level lies far from its fellows', beyond how those differ among themselves."""
    found = []
    for one in series:
        known = {name: stretch.of(one) for name, stretch in sorted(group.items()) if len(stretch.of(one)) >= FEWEST}
        if len(known) < IMBALANCE_LEAST:
            continue
        medians = {name: median(track.mean) for name, track in known.items()}
        for name, track in known.items():
            rest = [level for other, level in medians.items() if other != name]
            middle = median(rest)
            z = (medians[name] - middle) / max(spread(rest), 5.0)
            if abs(medians[name] - middle) < IMBALANCE_POINTS or abs(z) < 3.0:
                continue
            test = _among_fellows(track, [it for other, it in known.items() if other != name])
            if test.p <= Q_MOST:
                found.append(Imbalance(name, one, medians[name], middle, z, test.delta, test.p))
    return sorted(found, key=lambda one: (-abs(one.z), one.server))


def _among_fellows(own: Track, fellows: Sequence[Track]) -> Compared:
    """Bin by bin, so that the day's course, which all of them have, is no difference."""
    there: dict[int, list[float]] = {}
    for one in fellows:
        for at, value in zip(one.at, one.mean, strict=True):
            there.setdefault(at, []).append(value)
    both = [(value, there[at]) for at, value in zip(own.at, own.mean, strict=True) if at in there]
    apart = [value - median(others) for value, others in both]
    return stratified([([value], others) for value, others in both], inflation_of(memory_of(apart)))
