"""What people see with the thresholds as shipped: how often a series or a machine is called unlike itself where
nothing is labelled, on its first day and later, and how many events are met.

Counted as the product does: from a threshold on until the score is below a share of it. Rows within half an hour of a
label are neither. What is not labelled may well have been odd.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.monitoring.analyzers import machine as product
from lib.monitoring.analyzers.anomaly import threshold
from lib.monitoring.detection import CALM
from tests.bench.analysis.machine_score import DAY, Scores, of_machine, ranges
from tests.bench.analysis.series import Machine

AROUND_SECONDS = 1_800.0


@dataclass(frozen=True)
class Marks:
    """False ones a server-day; shares of events during which the score reached the threshold."""

    series_first_day: float
    series_later: float
    machine_first_day: float
    machine_later: float
    events_series: float
    events_machine: float


def begins(scores: Scores, level: float) -> NDArray[np.int64]:
    """The rows at which it is called unlike itself anew."""
    found: list[int] = []
    is_so = False
    for row, score in enumerate(scores.tolist()):
        if is_so:
            is_so = score >= CALM * level
        elif score >= level:
            is_so = True
            found.append(row)
    return np.array(found, dtype=np.int64)


def marks(machines: list[Machine], scores: Mapping[str, Scores], step: float) -> Marks:
    of_series, of_all = threshold("normal"), product.threshold("normal")
    around, day = round(AROUND_SECONDS / step), round(DAY / step)
    counts = np.zeros((2, 2))  # series, machine x first day, later
    days = np.zeros(2)
    met, events = np.zeros(2), 0
    for one in machines:
        joint = of_machine(scores[one.name], product.SERIES)
        label = np.concatenate([np.zeros(len(one.train), dtype=np.int64), one.label])
        calm = np.convolve(label, np.ones(2 * around + 1), "same") == 0
        days += [min(day, calm[:day].sum()) / day, calm[day:].sum() / day]
        for kind, columns, level in ((0, scores[one.name].T, of_series), (1, joint[None], of_all)):
            begun = np.concatenate([begins(column, level) for column in columns])
            begun = begun[calm[begun]]
            counts[kind] += [(begun < day).sum(), (begun >= day).sum()]
        for first, last in ranges(label):
            events += 1
            met += [scores[one.name][first : last + 1].max() >= of_series, joint[first : last + 1].max() >= of_all]
    rates = counts / np.maximum(days, 1e-9)
    return Marks(*rates[0], *rates[1], *(met / max(1, events)))
