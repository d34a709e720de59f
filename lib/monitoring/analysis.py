"""The performance analysis on request: reads what it needs in one call, in bounds, and tells what the analyzer found.

A window of up to two days is looked at in quarter hours, a longer one in hours, and compared by default with the same
hours of the seven days before, or where it is longer than two days with the stretch of the same length before it. A
fleet is looked at in hours, beyond nine days in quarter days, and under three hours in quarter hours.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.calendars import read_zone
from lib.domain.errors import BadInput, NotFound
from lib.domain.metrics import metric_of
from lib.domain.moments import told
from lib.monitoring.analyzers.hours import HourOf, copies, hours_in
from lib.monitoring.analyzers.performance import Performance, Shift, compared, imbalances, performance
from lib.monitoring.analyzers.ranks import median
from lib.monitoring.analyzers.tracks import DAY, Machine, Stretch, track
from lib.monitoring.analyzers.wellbeing import fleet_score
from lib.monitoring.queries import Queries
from lib.storage.port import Storage

HOUR = 3_600
SHORTEST, LONGEST = HOUR, 62 * DAY
FINE_UP_TO = 2 * DAY
DAYS_BEFORE = 7
MOST_SERVERS = 100
METRICS = (
    "cpu", "iowait", "steal", "load5", "memory", "swap", "disk", "inode", "disk_read", "disk_write", "disk_busy",
    "net_in", "net_out", "connections", "latency", "error_rate", "requests",
)  # fmt: skip
FLEET_FINE_UP_TO = 9 * DAY
FLEET_QUARTERS_UNDER = 3 * HOUR  # so few hours are no level; and no more quarters than are compared with nothing
FLEET_THIN = 120  # of what is not rolled up yet a sample every two minutes is enough for the mean of an hour
FLEET_SHIFTS = ("cpu", "memory", "iowait", "disk_busy")
MOST_OF_A_ROW = 3
FLEET_METRICS = ("cpu", "iowait", "steal", "load5", "memory", "swap", "disk", "inode", "disk_busy", "error_rate")


class Analysis:
    """Thread-safe; a server out of sight is none."""

    def __init__(self, storage: Storage, queries: Queries, clock: Callable[[], float], timezone: str = "UTC") -> None:
        self._storage = storage
        self._queries = queries
        self._clock = clock
        self._zone = read_zone(timezone)  # whose hours are meant by "the same hours before"

    def of_server(
        self, name: str, start: int, end: int, baseline: tuple[int, int] | None = None, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """Raises NotFound, and BadInput for times that are none."""
        start, end, step = _window(start, end)
        before = [_chosen(baseline, step, LONGEST)] if baseline else self._usual(start, end, step)
        machine = self._machines(sight).get(name)
        if machine is None:
            raise NotFound(f'there is no server "{name}"')
        window, *others = _stretches(
            self._storage, [(name, *span) for span in [(start, end), *before]], METRICS, step, sight
        )
        if window is None:
            raise NotFound(f'there is no server "{name}"')
        known = [(one.start, one) for one in others if one is not None]
        incidents, now = self._incidents(sight, name).get(name), self._clock()
        found = performance(machine, _so_far(window, now), known, incidents, hour_of=hours_in(self._zone))
        return {**_head(window, now), "baseline": _spans(before), **_server(found)}

    def of_fleet(
        self,
        start: int,
        end: int,
        group: str | None = None,
        sight: Sight = EVERYTHING,
        baseline: tuple[int, int] | None = None,
    ) -> dict[str, Any]:
        """All servers in sight, or those of a group: at most 100, `left_out` says how many more there are."""
        start, end, step = _window(start, end)
        machines = [one for one in self._machines(sight).values() if group is None or one.group == group]
        if group is not None and not machines:
            raise NotFound(f'there is no group "{group[:100]}"')
        taken = sorted(machines, key=lambda one: one.name)[:MOST_SERVERS]
        if end - start >= FLEET_QUARTERS_UNDER:
            step = HOUR if end - start <= FLEET_FINE_UP_TO else 6 * HOUR
        start, end = _whole(start, end, step)
        longest = max(FLEET_FINE_UP_TO, end - start)
        spans = [_chosen(baseline, step, longest)] if baseline else self._usual(start, end, step)
        asked_at = self._clock()
        read = self._fleet(taken, start, end, FLEET_METRICS, step, sight)
        now = {name: _so_far(one, asked_at) for name, one in read.items()}
        ago = self._fleet(taken, spans[-1][0], spans[0][1], FLEET_SHIFTS, max(step, HOUR), sight)
        incidents, hour_of = self._incidents(sight), hours_in(self._zone)
        found = {
            one.name: performance(
                one, now[one.name], _split(ago.get(one.name), spans), incidents.get(one.name), is_brief=True
            )
            for one in taken
            if one.name in now
        }
        head = Stretch(start, end, step)
        servers = [_row(one) for one in found.values()]
        return {
            **_head(head, asked_at),
            "baseline": _spans(spans),
            "group": group,
            "score": fleet_score([one.health.score for one in found.values()]),
            "servers": sorted(servers, key=lambda one: (one["score"] is None, one["score"], one["server"])),
            "left_out": len(machines) - len(taken),
            "groups": [
                {
                    "group": name,
                    "servers": len(them),
                    "score": fleet_score([one.health.score for one in them.values()]),
                    "shifts": [
                        _shift(one)
                        for one in _together(them, now, ago, spans, hour_of)
                        if one.verdict in ("higher", "lower")
                    ],
                }
                for name, them in sorted(_by_group(found).items())
            ],
            "shifts": [_shift(one) for one in _together(found, now, ago, spans, hour_of)],
            "imbalances": _imbalances(taken, now),
            "sizes": [
                {"server": name, **_size(size)}
                for name, one in sorted(found.items())
                for size in one.sizes
                if size.verdict in ("smaller", "larger")
            ],
        }

    def _fleet(
        self, taken: Sequence[Machine], start: int, end: int, series: Sequence[str], step: int, sight: Sight
    ) -> dict[str, Stretch]:
        """{server: its means}; who has none of the series is there without them."""
        reads = [(one.name, start, end) for one in taken]
        found = _stretches(self._storage, reads, series, step, sight, FLEET_THIN)
        return {one.name: it for one, it in zip(taken, found, strict=False) if it is not None}

    def _usual(self, start: int, end: int, step: int) -> list[tuple[int, int]]:
        return copies(start, end, DAYS_BEFORE if end - start <= FINE_UP_TO else 1, self._zone, step)

    def _machines(self, sight: Sight) -> dict[str, Machine]:
        return machines(self._queries, sight)

    def _incidents(self, sight: Sight, server: str | None = None) -> dict[str, Counter[str]]:
        filters = {"state": "open", "server": server, "severity": None, "since": None, "before": None, "most": 500}
        found: dict[str, Counter[str]] = {}
        for alert in self._storage.incidents.incident_list(filters, sight)["alerts"]:
            if alert["server"] is not None:
                found.setdefault(alert["server"], Counter())[alert["severity"]] += 1
        return found


def machines(queries: Queries, sight: Sight) -> dict[str, Machine]:
    """{name: what the snapshot says of it} of every server in sight."""
    snapshot, now, _ = queries.snapshot()
    found = {}
    for text in snapshot.answer(now)[0]:
        row = json.loads(text)
        if sight.shows(row["id"], row["tags"] or {}):
            found[row["id"]] = Machine(
                row["id"], row["group"], row["cores"], row["memory_bytes"], row["status"], row["tags"] or {}
            )
    return found


def read_stretch(found: Mapping[str, Any], start: int, end: int) -> Stretch:
    """Of one answer of `analysis_series`. Where mounts speak for themselves the headline disk is left out. Of means
    alone the mean is also the lowest and the highest."""
    begun, step = int(found["from"]), int(found["step"])
    tracks = {
        series: track(
            (begun + int(place) * step, bin[0], bin[1] if len(bin) > 1 else bin[0], bin[2 if len(bin) > 1 else 0])
            for place, *bin in rows
        )
        for series, rows in found["series"].items()
    }
    for headline in ("disk", "inode"):
        if any(series.startswith(f"{headline}:") for series in tracks):
            tracks.pop(headline, None)
    return Stretch(start, end, step, tracks)


def _stretches(
    storage: Storage,
    reads: Sequence[tuple[str, int, int]],
    series: Sequence[str],
    step: int,
    sight: Sight,
    thin: int = 0,
) -> list[Stretch | None]:
    tier = "5m" if step < HOUR else "1h"
    found = storage.analysis.analysis_series(reads, series, step, tier, thin=thin, sight=sight)
    return [
        None if one is None else read_stretch(one, start, end)
        for one, (_, start, end) in zip(found, reads, strict=False)
    ]


def _window(start: int, end: int) -> tuple[int, int, int]:
    """(from, to, step), whole bins."""
    if not SHORTEST <= end - start <= LONGEST:
        raise BadInput("a window lasts from an hour to 62 days")
    step = HOUR // 4 if end - start <= FINE_UP_TO else HOUR
    return *_whole(start, end, step), step


def _whole(start: int, end: int, step: int) -> tuple[int, int]:
    """The bins that a stretch of time lies in."""
    return start // step * step, -(-end // step) * step


def _chosen(baseline: tuple[int, int], step: int, longest: int) -> tuple[int, int]:
    """In whole bins, as the window is: one that begins between them would share no bin with it."""
    since, to = baseline
    if not 0 < to - since <= longest:
        raise BadInput(f"a baseline ends after it begins, and lasts at most {longest // DAY} days here")
    return _whole(since, to, step)


def _so_far(window: Stretch, now: float) -> Stretch:
    """Without what is to come, which is no gap; nor is a bin that began just now and has nothing yet."""
    begun = int(now) // window.step * window.step
    is_heard = any(len(one) and one.at[-1] >= begun for one in window.tracks.values())
    end = min(window.end, begun + window.step if is_heard else begun)
    return replace(window, end=max(end, window.start + window.step))


def _split(ago: Stretch | None, spans: Sequence[tuple[int, int]]) -> list[tuple[int, Stretch]]:
    """The copies of the window that lie in what was read of the time before it."""
    return [] if ago is None else [(since, ago.between(since, to)) for since, to in spans]


def _by_group(found: Mapping[str, Performance]) -> dict[str, dict[str, Performance]]:
    """Without those that are of none."""
    groups: dict[str, dict[str, Performance]] = {}
    for name, one in found.items():
        if one.machine.group is not None:
            groups.setdefault(one.machine.group, {})[name] = one
    return groups


def _together(
    names: Iterable[str],
    now: Mapping[str, Stretch],
    ago: Mapping[str, Stretch],
    spans: Sequence[tuple[int, int]],
    hour_of: HourOf,
) -> list[Shift]:
    """The medians over the servers that were there both times, bin by bin, against what they were."""
    both = [name for name in names if name in now and name in ago]
    if not both:
        return []
    window, before = (_middle([side[name] for name in both]) for side in (now, ago))
    return compared(window, _split(before, spans), hour_of)


def _middle(stretches: Sequence[Stretch]) -> Stretch:
    found = {}
    for series in FLEET_SHIFTS:
        values: dict[int, list[float]] = {}
        for one in stretches:
            for at, value in zip(one.of(series).at, one.of(series).mean, strict=True):
                values.setdefault(at, []).append(value)
        found[series] = track((at, min(one), median(one), max(one)) for at, one in values.items())
    return Stretch(stretches[0].start, stretches[0].end, stretches[0].step, found)


def _imbalances(taken: Sequence[Machine], now: Mapping[str, Stretch]) -> list[dict[str, Any]]:
    groups: dict[str, dict[str, Stretch]] = {}
    for one in taken:
        if one.group is not None and one.name in now:
            groups.setdefault(one.group, {})[one.name] = now[one.name]
    return [
        {"group": group, **_rounded(asdict(one))} for group, them in sorted(groups.items()) for one in imbalances(them)
    ]


# As answers tell it


def _head(window: Stretch, now: float) -> dict[str, Any]:
    return {
        **told("as_of", round(now, 1)), **told("from", window.start), **told("to", window.end), "step": window.step,
    }  # fmt: skip


def _spans(found: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    return [{**told("from", since), **told("to", to)} for since, to in found]


def _server(one: Performance) -> dict[str, Any]:
    return {
        "server": one.machine.name,
        "group": one.machine.group,
        "measured": round(one.measured, 3),
        "health": {"score": one.health.score, "reasons": [_rounded(asdict(why)) for why in one.health.reasons]},
        "statements": [{**asdict(it), "numbers": _rounded(it.numbers)} for it in one.statements],
        "levels": [_rounded(asdict(it)) for it in one.levels],
        "shifts": [_shift(it) for it in one.shifts],
        "changes": [
            {"series": series, **told("at", it.at), **{k: v for k, v in _rounded(asdict(it)).items() if k != "at"}}
            for series, them in sorted(one.changes.items())
            for it in them
        ],
        "sizes": [_size(it) for it in one.sizes],
    }


def _row(one: Performance) -> dict[str, Any]:
    middle = {it.series: it for it in one.levels}
    return {
        "server": one.machine.name,
        "group": one.machine.group,
        "score": one.health.score,
        "measured": round(one.measured, 3),
        "reasons": [_rounded(asdict(why)) for why in one.health.reasons[:MOST_OF_A_ROW]],
        "statements": [{**asdict(it), "numbers": _rounded(it.numbers)} for it in one.statements[:MOST_OF_A_ROW]],
        "shifts": [_shift(it) for it in one.shifts if it.verdict in ("higher", "lower")][:MOST_OF_A_ROW],
        "p95": {name: _figure(middle[name].p95) for name in ("cpu", "memory") if name in middle},
    }


def _shift(one: Any) -> dict[str, Any]:
    unmeasured = {} if one.m else {"before": None, "before_p95": None}
    return {**_rounded(asdict(one)), **unmeasured, "unit": unit_of(one.series)}


def unit_of(series: str) -> str:
    metric = metric_of(series)
    return metric.unit if metric is not None else ""


def _size(one: Any) -> dict[str, Any]:
    return {**_rounded(asdict(one)), "why": one.why or None}


def _rounded(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _figure(value) if isinstance(value, float) else value for name, value in found.items()}


def _figure(value: float) -> float:
    """Four digits that count: more would be noise, and small p values stay what they are."""
    return float(f"{value:.4g}") if abs(value) < 1_000 else round(value, 1)
