"""The rows of the bench about causes: does what the product names first belong to what people say was behind an event?

The sets of machines name the metrics behind each event. Asked is as the product asks (lib/monitoring/causes.py): 180
bins before and 60 after, five bins after the event began, once of the machine as a whole, as an alert that is about no
series does, and once for each of up to five of the metrics behind it: then the right answers are the others. Beside it:
the metric whose median moved most in units of its own spread, the one whose highest deviation is largest, and one drawn
by lot. A right answer is one of several, so look at all rows beside the lot's. A third of the machines is held out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.monitoring.analyzers.correlation import causes
from lib.monitoring.analyzers.tracks import track
from tests.bench.analysis import series as sources
from tests.bench.analysis.figures import Figure
from tests.bench.analysis.series import Machine

PART = "causes"
BEFORE, AFTER, LATE = 180, 60, 5  # bins
MOST_TARGETS = 5
STEADY = 1e-3  # the least spread a series is taken to have: what never moved has none

Rows = NDArray[np.float64]
Rank = Callable[[Rows, int], Sequence[int]]  # (rows about the moment, the moment's row) -> columns, likeliest first


@dataclass
class Tally:
    """Shares of questions, by method: whose first, or one of whose first three, is right."""

    asked: int = 0
    first: dict[str, float] = field(default_factory=dict)
    three: dict[str, float] = field(default_factory=dict)
    named: int = 0
    right: int = 0
    silent: int = 0

    def add(self, method: str, first: float, three: float) -> None:
        self.first[method] = self.first.get(method, 0.0) + first
        self.three[method] = self.three.get(method, 0.0) + three


def figures(data: Path) -> Iterator[Figure]:
    for source in ("smd", "asd"):
        machines = sources.machines(data / source)
        if not machines:
            continue
        step = int(sources.STEP_SECONDS[source])
        held = sources.held_out(one.name for one in machines)
        asked = {part: (Tally(), Tally()) for part in ("all", "tuned", "held")}
        for machine in machines:
            parts = [asked["all"], asked["held" if machine.name in held else "tuned"]]
            for first, _, behind in machine.causes:
                _event(machine, first, behind, step, parts)
        for place, name in enumerate(("of the machine", "of a metric behind it")):
            yield from _told(f"{source.upper()} {name}", *(asked[part][place] for part in ("all", "tuned", "held")))


def _event(machine: Machine, first: int, behind: set[int], step: int, parts: list[tuple[Tally, Tally]]) -> None:
    everything = np.concatenate([machine.train, machine.test])
    begun = len(machine.train) + first
    start = max(0, begun + LATE - BEFORE)
    rows, moment = everything[start : begun + LATE + AFTER], begun - start
    _ask(rows, moment, None, behind, step, [whole for whole, _ in parts])
    for target in sorted(behind)[:MOST_TARGETS]:
        if len(behind) > 1:
            _ask(rows, moment, target, behind - {target}, step, [one for _, one in parts])


def _ask(rows: Rows, moment: int, target: int | None, right: set[int], step: int, tallies: list[Tally]) -> None:
    own = _named(rows, moment, target, step)
    orders = {
        "own": own,
        "shift": _without(_by_shift(rows, moment), target),
        "z": _without(_by_deviation(rows, moment), target),
    }
    others = rows.shape[1] - (target is not None)
    wrong = others - len(right)
    none_of_three = float(np.prod([(wrong - n) / (others - n) for n in range(min(3, others))]))
    for tally in tallies:
        tally.asked += 1
        tally.named += len(own)
        tally.right += len(right.intersection(own))
        tally.silent += not own
        for method, order in orders.items():
            tally.add(method, float(bool(order) and order[0] in right), float(bool(right.intersection(order[:3]))))
        tally.add("lot", len(right) / others, 1.0 - none_of_three)


def _named(rows: Rows, moment: int, target: int | None, step: int) -> list[int]:
    """What the product names, likeliest first."""
    times = [step * row for row in range(len(rows))]
    tracks = {
        ("machine", f"m.{column}"): track((at, value, value, value) for at, value in zip(times, kept, strict=True))
        for column, kept in enumerate(rows.T.tolist())
    }
    asked = ("machine", "" if target is None else f"m.{target}")
    found = causes(asked, float(step * (moment + LATE)), tracks, step)
    return [int(one.what.partition(".")[2]) for one in found.hypotheses if one.kind == "metric"]


def _by_shift(rows: Rows, moment: int) -> list[int]:
    before, after = rows[:moment], rows[moment:]
    spread = 1.4826 * np.median(np.abs(before - np.median(before, axis=0)), axis=0)
    moved = np.abs(np.median(after, axis=0) - np.median(before, axis=0)) / np.maximum(spread, STEADY)
    return [int(column) for column in np.argsort(-moved, kind="stable")]


def _by_deviation(rows: Rows, moment: int) -> list[int]:
    before, after = rows[:moment], rows[moment:]
    deviation = np.max(np.abs(after - before.mean(axis=0)), axis=0) / np.maximum(before.std(axis=0), STEADY)
    return [int(column) for column in np.argsort(-deviation, kind="stable")]


def _without(order: list[int], target: int | None) -> list[int]:
    return [column for column in order if column != target]


def _told(name: str, tally: Tally, tuned: Tally, held: Tally) -> Iterator[Figure]:
    if not tally.asked:
        return
    for words, share in {
        "first is right": lambda one, method: one.first.get(method, 0.0) / max(1, one.asked),
        "one of three is": lambda one, method: one.three.get(method, 0.0) / max(1, one.asked),
    }.items():
        yield Figure(
            PART,
            f"{name}, {words}",
            share(tally, "own"),
            held_out=share(held, "own"),
            tuned=share(tuned, "own"),
            baselines={method: share(tally, method) for method in ("shift", "z", "lot")},
            note=f"{tally.asked} questions",
        )
    yield Figure(
        PART, f"{name}, of all named right", tally.right / max(1, tally.named), tuned=tuned.right / max(1, tuned.named),
        held_out=held.right / max(1, held.named),
        note=f"{tally.named / tally.asked:.1f} a question; {tally.silent} of {tally.asked} with none",
    )  # fmt: skip
