"""Figures with their goals, and whose processor time they are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figure:
    """One line of the table. `most` is the goal, where there is one."""

    group: str
    name: str
    value: float
    unit: str
    most: float | None = None

    @property
    def verdict(self) -> str:
        return "" if self.most is None else "ok" if self.value <= self.most else "MISSED"


@dataclass
class Spent:
    """Seconds of processor time: ours, Valkey's, Postgres'; and of the wall clock."""

    ours: float = 0.0
    valkey: float = 0.0
    postgres: float = 0.0
    wall: float = 0.0


@dataclass
class Meter:
    """Reads what the stores have used from /proc; where there is none (macOS) the stores' figures are nought."""

    valkey: int
    postgres: int
    spent: dict[str, Spent] = field(default_factory=dict)

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Add what is used inside to what was used under this name before."""
        total = self.spent.setdefault(what, Spent())
        before = (time.process_time(), _used(self.valkey), _used(self.postgres), time.perf_counter())
        yield
        total.ours += time.process_time() - before[0]
        total.valkey += _used(self.valkey) - before[1]
        total.postgres += _used(self.postgres) - before[2]
        total.wall += time.perf_counter() - before[3]


def _used(pid: int) -> float:
    """Of this process, its living children and those it has buried."""
    ticks = 0
    for child in (pid, *_children(pid)):
        try:
            stat = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, stat[11:15] if child == pid else stat[11:13]))
    return ticks / TICK


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def best(times: int, run: Callable[[], object]) -> float:
    """Milliseconds of the quickest of several runs: what the work takes when nobody else disturbs it."""
    quickest = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        run()
        quickest = min(quickest, time.perf_counter() - began)
    return quickest * 1_000
