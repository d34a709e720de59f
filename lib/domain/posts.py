"""Which of an agent's numbered posts are stored: all up to n, and a map of later ones.

The agent drops what is stored and nothing else, so this is what an acknowledged sample's life hangs on.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

MAP_BITS = 1_024
GAP_SECONDS = 120  # a hole this old is asked for again: whatever was on its way has arrived or died
MAX_RANGES = 20
_HOLE = re.compile("0+")


@dataclass(slots=True)
class PostMarks:
    """`later` is a bit map: bit k set means post n + 1 + k is stored. Bit 0 is never set.

    A post beyond the map is not known as stored, however often it comes: it is asked for once the map has reached it.
    """

    n: int = 0
    later: int = 0
    top: int = 0  # the highest number heard, in the map or beyond
    gap_at: float | None = None  # since when the hole after n has been one; None when there is none

    def has(self, n: int) -> bool:
        return n <= self.n or (n - self.n <= MAP_BITS and bool(self.later >> (n - self.n - 1) & 1))

    def add(self, n: int, floor: int, now: float) -> None:
        """Mark n as stored. `floor` is the oldest post the agent still holds: below it nothing can come any more."""
        before = self.n
        if floor - 1 > self.n:
            self.later >>= floor - 1 - self.n
            self.n = floor - 1
        if 0 < n - self.n <= MAP_BITS:
            self.later |= 1 << (n - self.n - 1)
        while self.later & 1:
            self.n += 1
            self.later >>= 1
        self.top = max(self.top, n)
        if self.top <= self.n:
            self.gap_at = None
        elif self.gap_at is None or self.n > before:
            self.gap_at = now  # as long as n rises, what is missing is on its way

    def missing(self, now: float) -> list[list[int]] | None:
        """[[from, to], ...] of the holes, once the oldest is two minutes old; None when nothing need be sent again."""
        if self.gap_at is None or now - self.gap_at < GAP_SECONDS:
            return None
        width = min(self.top - self.n, MAP_BITS)
        known = f"{self.later:0{width}b}"[::-1]  # character k is post n + 1 + k
        holes = itertools.islice(_HOLE.finditer(known), MAX_RANGES)
        return [[self.n + 1 + hole.start(), self.n + hole.end()] for hole in holes]

    def to_row(self, now: float) -> list[Any]:
        """[n, "map@since@top", resend]: the form Postgres keeps."""
        later = f"{self.later:x}@{self.gap_at:.0f}@{self.top}" if self.gap_at is not None else ""
        return [self.n, later, self.missing(now)]

    @classmethod
    def from_row(cls, row: list[Any]) -> PostMarks:
        n = int(row[0])
        if not row[1]:
            return cls(n, top=n)
        later, gap_at, top = str(row[1]).split("@")
        return cls(n, int(later, 16), int(top), float(gap_at))
