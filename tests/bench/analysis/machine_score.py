"""How well scores of a machine find what was amiss, and name the metric behind it. Own code, from the papers named
below.

VUS-PR (Paparrizos et al., "Volume Under the Surface: A New Accuracy Evaluation Measure for Time-Series Anomaly
Detection", PVLDB 15(11), 2022): the area under the range-aware precision-recall curve, averaged over buffers l = 0
... L. For a buffer each labelled range gets ramps of sqrt(1 - distance / l) over l / 2 rows on both sides; with the
softened labels s,

    precision = sum of s over rows at or above the threshold / number of these rows
    recall    = sum of s over them / ((labelled rows + sum of s) / 2), at most 1, times the share of ranges touched.

Alerts: runs of rows at or above a threshold, less than half an hour apart are one. An alert that touches no event (up
to five minutes after its end) is a false alarm, and every further hour it lasts is one more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.monitoring.analyzers.machine import SERIES, Sign, view
from tests.bench.analysis.series import Machine

BUFFER_ROWS, BUFFERS, THRESHOLDS = 100, 11, 200
TOGETHER_MINUTES, AGAIN_MINUTES, LATE_MINUTES = 30, 60, 5
DAY = 86_400.0

Scores = NDArray[np.float64]
Range = tuple[int, int]


def ranges(mask: NDArray[np.bool_] | NDArray[np.int64]) -> list[Range]:
    """Where it holds, first and last row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, dtype=np.int8), [0]])))
    return [(int(begin), int(end) - 1) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def of_machine(scores: Scores, most: int) -> Scores:
    """The mean of the highest `most` metrics, row by row."""
    if scores.shape[1] <= most:
        return np.asarray(scores.mean(axis=1))
    return np.asarray(np.partition(scores, -most, axis=1)[:, -most:].mean(axis=1))


def vus_pr(label: NDArray[np.int64], score: Scores, buffer: int = BUFFER_ROWS) -> float:
    rows = len(label)
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    thresholds = np.unique(falling[np.linspace(0, rows - 1, THRESHOLDS).astype(int)])[::-1]
    flagged = np.searchsorted(-falling, -thresholds, side="right")
    found = ranges(label)
    areas = []
    for length in np.linspace(0, buffer, BUFFERS).astype(int):
        soft = label.astype(np.float64)
        half = int(length) // 2
        ramp = np.sqrt(1.0 - np.arange(1, half + 1) / max(1, length))
        widened = np.zeros(rows, dtype=bool)
        for first, last in found:
            before, after = min(half, first), min(half, rows - 1 - last)
            left, right = soft[first - before : first][::-1], soft[last + 1 : last + 1 + after]
            np.maximum(left, ramp[:before], out=left)
            np.maximum(right, ramp[:after], out=right)
            widened[max(0, first - half) : last + half + 1] = True
        peaks = np.sort([score[first : last + 1].max() for first, last in ranges(widened)])
        touched = 1.0 - np.searchsorted(peaks, thresholds, side="left") / len(peaks)
        caught = np.cumsum(soft[order])[flagged - 1]
        recall = np.minimum(1.0, caught / ((label.sum() + soft.sum()) / 2.0)) * touched
        areas.append(float(np.sum(np.diff(recall, prepend=0.0) * caught / flagged)))
    return float(np.mean(areas))


@dataclass(frozen=True)
class Alerts:
    """How alerts are counted, in rows of a step."""

    together: int
    again: int
    late: int

    @classmethod
    def of_step(cls, seconds: float) -> Alerts:
        return cls(
            *(max(1, round(60 * minutes / seconds)) for minutes in (TOGETHER_MINUTES, AGAIN_MINUTES, LATE_MINUTES))
        )

    def runs(self, mask: NDArray[np.bool_]) -> list[Range]:
        joined: list[Range] = []
        for first, last in ranges(mask):
            if joined and first - joined[-1][1] <= self.together:
                joined[-1] = (joined[-1][0], last)
            else:
                joined.append((first, last))
        return joined

    def number(self, mask: NDArray[np.bool_]) -> int:
        return sum(1 + (last - first) // self.again for first, last in self.runs(mask))

    def events(self, label: NDArray[np.int64]) -> list[Range]:
        return [(first, min(len(label) - 1, last + self.late)) for first, last in ranges(label)]

    def count(self, mask: NDArray[np.bool_], events: list[Range]) -> tuple[int, int]:
        """(events found, false alarms)"""
        found: set[int] = set()
        false = 0
        for first, last in self.runs(mask):
            touched = [
                number
                for number, (begin, end) in enumerate(events)
                if first <= end and last >= begin and mask[max(first, begin) : min(last, end) + 1].any()
            ]
            found.update(touched)
            within = sum(min(last, events[one][1]) - max(first, events[one][0]) + 1 for one in touched)
            false += (last - first + 1 - within) // self.again if touched else 1 + (last - first) // self.again
        return len(found), false


@dataclass(frozen=True)
class Found:
    """Over all machines of a source: `recall` at the best threshold with at most one false alarm a server-day,
    `calibrated` and its false alarms a day with the threshold that kept to this on unlabelled rows, and the shares of
    events found whose first metric, or one of whose first three, is of the causes."""

    vus_pr: float
    recall: float
    calibrated: float
    calibrated_false: float
    cause_1: float
    cause_3: float
    events: int


def found(
    machines: list[Machine],
    scores: dict[str, Scores],
    usual: dict[str, Scores],
    step: float,
    most: int = SERIES,
    budget: float = 1.0,
) -> Found:
    """`scores` of all metrics, rows of train and test; `usual`: how high they usually are, as far as a method knows."""
    alerts = Alerts.of_step(step)
    joint = {one.name: of_machine(scores[one.name], most) for one in machines}
    tested = {one.name: joint[one.name][len(one.train) :] for one in machines}
    learnt = {one.name: joint[one.name][len(one.train) // 2 : len(one.train)] for one in machines}
    events = {one.name: alerts.events(one.label) for one in machines}
    number = max(1, sum(map(len, events.values())))
    tested_days = sum(map(len, tested.values())) * step / DAY
    learnt_days = sum(map(len, learnt.values())) * step / DAY

    def at(threshold: float) -> tuple[float, float]:
        counts = [alerts.count(tested[one.name] >= threshold, events[one.name]) for one in machines]
        return sum(count[0] for count in counts) / number, sum(count[1] for count in counts) / tested_days

    everything = np.concatenate(list(tested.values()))
    thresholds = np.unique(np.quantile(everything, np.concatenate([1 - np.geomspace(0.3, 2e-6, 160), [1.0]])))
    thresholds = thresholds[thresholds > 0]
    kept = [(*at(threshold), float(threshold)) for threshold in thresholds]
    best = max((one for one in kept if one[1] <= budget), key=lambda one: one[0], default=(0.0, 0.0, 1.1))
    calibrated = 1.1
    for threshold in thresholds[::-1]:
        if sum(alerts.number(rows >= threshold) for rows in learnt.values()) / learnt_days > budget:
            break
        calibrated = float(threshold)
    named = [
        hit
        for one in machines
        for hit in _named(one, scores[one.name], usual[one.name], tested[one.name], events[one.name], best[2], most)
    ]
    return Found(
        float(np.mean([vus_pr(one.label, tested[one.name]) for one in machines])),
        best[0],
        *at(calibrated),
        sum(hit[0] for hit in named) / max(1, len(named)),
        sum(any(hit) for hit in named) / max(1, len(named)),
        len(named),
    )


def _named(
    machine: Machine, scores: Scores, usual: Scores, joint: Scores, events: list[Range], threshold: float, most: int
) -> list[list[bool]]:
    """Of each event found and with known causes: whether those that the product names at its first row are of them."""
    answers = []
    for first, last in events:
        rows = np.flatnonzero(joint[first : last + 1] >= threshold)
        causes = set().union(*(of for begin, end, of in machine.causes if begin <= last and end >= first))
        if len(rows) and causes:
            row = len(machine.train) + first + int(rows[0])
            signs = {str(n): Sign(float(scores[row, n]), float(usual[row, n])) for n in range(scores.shape[1])}
            answers.append([int(name) in causes for name in view(signs, most).leading[:3]])
    return answers
