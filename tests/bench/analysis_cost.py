"""What analysis adds to a sweep: time, and the bytes of the detectors' states that it reads and writes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lib.monitoring import decide, detection
from lib.monitoring.analyzers import Window
from lib.monitoring.state import DETECTION_PART, ServerState
from tests.bench.meter import Figure

SERVERS, SERIES, SAMPLES, EVERY = 100, 20, 6, 10
LEARNT_MINUTES = 160
MEASURED = 10


def detectors() -> Iterator[Figure]:
    """One sweep's share of 100 servers with 20 series that post six samples a minute, once they have learnt."""
    dice = random.Random(5)
    states = [ServerState(f"server-{n}", [f"app.m{one}" for one in range(SERIES)]) for n in range(SERVERS)]
    best, written = float("inf"), 0
    for minute in range(LEARNT_MINUTES + MEASURED):
        start = 1_800_000_000 + minute * 60
        at = [start + n * EVERY for n in range(SAMPLES)]
        rows = [[[dice.gauss(50, 1) for _ in range(SERIES)] for _ in at] for _ in states]
        before = [state.copy() for state in states]
        began = time.process_time()
        for state, told in zip(states, rows, strict=True):
            state.folded_at = at[-1]
            detection.fold(state, [Window(state.name, state.series, at, told, {})])
        if minute >= LEARNT_MINUTES:
            best = min(best, time.process_time() - began)
            written = sum(_kept(state, old) for state, old in zip(states, before, strict=True))
    group = f"analysis in a sweep, {SERVERS} servers x {SERIES} series x {SAMPLES} samples"
    yield Figure(group, "CPU of the detectors", best * 1e3, "ms", most=150.0)
    yield Figure(group, "states written, kB a sweep", written / 1e3, "kB")
    yield Figure(
        group, "states read after another's commit, kB", sum(_kept(state, None) for state in states) / 1e3, "kB"
    )


def _kept(state: ServerState, before: ServerState | None) -> int:
    return sum(len(text) for part, text in state.to_rows(before).items() if int(part) >= DETECTION_PART)


@contextmanager
def apart(spent: list[float]) -> Iterator[None]:
    """Counts the detectors' processor time within sweeps, so that it can be told beside the rest."""
    fold: Callable[..., Any] = detection.fold

    def counted(*given: Any) -> Any:
        began = time.process_time()
        try:
            return fold(*given)
        finally:
            spent.append(time.process_time() - began)

    decide.detection.fold = counted  # type: ignore[assignment]
    try:
        yield
    finally:
        decide.detection.fold = fold  # type: ignore[assignment]
