"""Promises of time, held on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 3
# Time-outs of less than a second are told from "for ever" by this much; how long they are exactly is no matter here.
FOR_EVER = 10.0


def within[T](seconds: float, act: Callable[[], T]) -> T:
    """What `act` gives, which can be done in so many seconds.

    A busy machine takes longer once or twice; what waits for something that never comes takes longer each time. So
    `act` is done again from its beginning while it took too long, three times at most.
    """
    took = []
    for _ in range(TRIES):
        began = time.monotonic()
        given = act()
        took.append(time.monotonic() - began)
        if took[-1] <= seconds:
            return given
    raise AssertionError(f"not within {seconds} s: it took {', '.join(f'{one:.2f}' for one in took)}")
