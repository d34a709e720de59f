"""Real labelled series from disk, and which of them are held out: what the bench of analysis reads.

The layouts are those of the public sets: `nab/` (CSV `timestamp,value`, windows in labels/combined_windows.json),
`smd/`, `asd/` and `services/` (npz with train, test, label and interp, a row a step, a column a metric), `mscloud/`
(CSV `TimeStamp,Value,Label`). A folder that is not there is left out.
"""

from __future__ import annotations

import csv
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MIDNIGHT = 1_577_836_800.0  # the sets of machines have no clock: they begin at an arbitrary midnight
STEP_SECONDS = {"smd": 60.0, "asd": 300.0, "services": 300.0}


@dataclass(frozen=True)
class Series:
    """One metric. `windows` are ranges of rows, both ends within, in which something was amiss."""

    name: str
    at: list[float]
    values: list[float]
    windows: list[tuple[int, int]]

    @property
    def category(self) -> str:
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Machine:
    """Many metrics of one server. Learnt from `train` alone, scored on `test`; `causes` tell which metrics (from 0)
    were behind the rows `first` to `last` of test."""

    name: str
    train: NDArray[np.float64]
    test: NDArray[np.float64]
    label: NDArray[np.int64]
    causes: list[tuple[int, int, set[int]]]


def held_out(names: Iterable[str]) -> set[str]:
    """The third of a source's series with the lowest hashes of their names, rounded up. Fixed before anything was
    tuned: the constants of the detector were chosen on the other two thirds only."""
    by_hash = sorted(names, key=lambda name: sha256(name.encode()).hexdigest())
    return set(by_hash[: -(-len(by_hash) // 3)])


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.strip().rstrip("Z")).replace(tzinfo=UTC).timestamp()


def nab(folder: Path) -> list[Series]:
    labels = folder / "labels" / "combined_windows.json"
    found = []
    for name, windows in sorted((json.loads(labels.read_text()) if labels.exists() else {}).items()):
        path = folder / "data" / name
        if not path.exists():
            continue
        with path.open() as file:
            rows = [(_moment(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
        at = [row[0] for row in rows]
        ranges = [(bisect_left(at, _moment(a)), bisect_right(at, _moment(b)) - 1) for a, b in windows]
        found.append(
            Series(name.removesuffix(".csv"), at, [row[1] for row in rows], sorted(r for r in ranges if r[0] <= r[1]))
        )
    return found


def machines(folder: Path) -> list[Machine]:
    found = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as kept:
            causes = _causes(str(kept["interp"])) if "interp" in kept.files else []
            found.append(
                Machine(
                    path.stem,
                    kept["train"].astype(np.float64),
                    kept["test"].astype(np.float64),
                    kept["label"].astype(np.int64),
                    causes,
                )
            )
    return found


def _causes(text: str) -> list[tuple[int, int, set[int]]]:
    found = []
    for line in text.splitlines():
        rows, colon, metrics = line.partition(":")
        if colon:
            first, _, last = rows.partition("-")
            found.append((int(first), int(last), {int(metric) - 1 for metric in metrics.split(",") if metric.strip()}))
    return found


def labelled(folder: Path) -> list[tuple[str, list[float], list[float], NDArray[np.int64]]]:
    """(name, at, values, label) of the series that say of every row whether it is amiss; without empty rows."""
    found = []
    for path in sorted(folder.glob("*/*.csv")):
        with path.open() as file:
            rows = [row for row in csv.DictReader(file) if row["Value"]]
        at = [_moment(row["TimeStamp"]) for row in rows]
        label = np.array([int(float(row["Label"] or 0)) for row in rows])
        found.append((f"{path.parent.name}/{path.stem}", at, [float(row["Value"]) for row in rows], label))
    return found
