"""One measure of one server over a time: its extremes, its mean, what is missing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.mcp.core.measures import Measure

GAP_STEPS = 2.5
LEAST_GAP = 180.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """`points` are (at, min, mean, max, samples) of each bin that has any, oldest first. Where several series are added
    up, minimum and maximum are those of the bins' means."""

    start: float
    end: float
    step: int
    points: list[tuple[float, float, float, float, int]]

    @property
    def low(self) -> tuple[float, float]:
        """(value, at)"""
        one = min(self.points, key=lambda point: point[1])
        return one[1], one[0]

    @property
    def high(self) -> tuple[float, float]:
        one = max(self.points, key=lambda point: point[3])
        return one[3], one[0]

    @property
    def mean(self) -> float:
        weight = sum(point[4] for point in self.points)
        return sum(point[2] * point[4] for point in self.points) / weight

    @property
    def first(self) -> float:
        return self.points[0][2]

    @property
    def last(self) -> float:
        return self.points[-1][2]

    @property
    def samples(self) -> int:
        return sum(point[4] for point in self.points)

    def quantile(self, share: float) -> float:
        """Of the bins' means: `share` 0.95 is p95."""
        ordered = sorted(point[2] for point in self.points)
        place = share * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)

    def aggregate(self, how: str) -> float:
        """`how` is avg, max, min, sum, p50, p95, p99 or last; anything else is the mean."""
        if how == "max":
            return self.high[0]
        if how == "min":
            return self.low[0]
        if how in {"p50", "p95", "p99"}:
            return self.quantile(int(how[1:]) / 100)
        if how == "sum":
            return self.mean * self.step * len(self.points)
        return self.last if how == "last" else self.mean

    def gaps(self) -> list[tuple[float, float]]:
        """(from, to) of what is missing between two bins, and before the end; not before the first."""
        usual = max(self.step * GAP_STEPS, LEAST_GAP)
        found = [
            (one[0] + self.step, two[0])
            for one, two in zip(self.points, self.points[1:], strict=False)
            if two[0] - one[0] > usual
        ]
        if self.end - self.points[-1][0] > usual + self.step:
            found.append((self.points[-1][0] + self.step, self.end))
        return found


def stretch_of(one: Measure, found: Mapping[str, Any], start: int, end: int) -> Stretch | None:
    """Of what the query layer gives of a server; None where nothing was measured."""
    begun, step, series = int(found["from"]), int(found["step"]), found["series"]
    if one.is_plain:
        rows = _headline(series, one.series[0])
        points = [(float(begun + n * step), low, mean, high, int(count)) for n, low, mean, high, count in rows]
    else:
        points = _added([series.get(name, []) for name in one.series], begun, step)
    inside = [point for point in points if start - step < point[0] < end]
    return Stretch(float(start), float(end), step, inside) if inside else None


def _headline(series: Mapping[str, Sequence[Sequence[float]]], name: str) -> Sequence[Sequence[float]]:
    return series.get(name, [])


def _added(
    tracks: Sequence[Sequence[Sequence[float]]], begun: int, step: int
) -> list[tuple[float, float, float, float, int]]:
    columns = [{int(row[0]): row for row in rows} for rows in tracks]
    shared = sorted(set(columns[0]).intersection(*columns[1:])) if columns else []
    points = []
    for place in shared:
        mean = sum(float(column[place][2]) for column in columns)
        count = min(int(column[place][4]) for column in columns)
        points.append((float(begun + place * step), mean, mean, mean, count))
    return points
