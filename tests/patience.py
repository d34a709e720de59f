"""Promises of time, held on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 3
# Time-outs of less than a second are told from "for ever" by this much; how long they are exactly is no matter here.
FOR_EVER = 10.0


def wait_for_the_next(period: int, left: float) -> None:
    """Until the next hour (or what else lasts `period` seconds) where less than `left` seconds of this one are left.

    For what counts on one hour from its beginning to its end, by a clock that no test can hold: the database's.
    """
    remains = period - time.time() % period
    if remains < left:
        time.sleep(remains + 0.1)


def within[T](seconds: float, act: Callable[[], T]) -> T:
    """What `act` gives, which can be done in so many seconds.

    A busy machine takes longer once or twice; what waits for something that never comes takes longer each time. So
    `act` is done again from its beginning while it took too long, three times at most.
    """
    given: list[T] = []

    def measure() -> float:
        began = time.monotonic()
        given.append(act())
        return time.monotonic() - began

    soonest(seconds, measure)
    return given[-1]


def soonest(seconds: float, measure: Callable[[], float]) -> None:
    """As `within`, where there is more to do than what is measured: `measure` gives the seconds that count."""
    took: list[float] = []
    while len(took) < TRIES:
        took.append(measure())
        if took[-1] <= seconds:
            return
    raise AssertionError(f"not within {seconds} s: it took {', '.join(f'{one:.2f}' for one in took)}")
