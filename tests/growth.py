"""How work grows with what is given: compared with itself, so that no machine is too slow or too busy for it."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 8  # what is compared is so many times as much
LINEAR = 24.0  # linear is some 8, quadratic 64; what lies between is noise
LEAST_SECONDS = 0.002  # less than this is no measure of anything


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as long `work(size)` takes as `work(size / 8)`, in this thread's own processor time."""
    return _least(work, size) / max(_least(work, size // TIMES), LEAST_SECONDS)


def _least(work: Callable[[int], object], size: int) -> float:
    taken = []
    for _ in range(3):
        began = time.thread_time()
        work(size)
        taken.append(time.thread_time() - began)
    return min(taken)
