"""The analyzers: each sees the rows that are new, keeps a small memory, and says what it finds.

A new analyzer is one file and one line in `ANALYZERS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from lib.domain.alerting import Finding


@dataclass(frozen=True, slots=True)
class Window:
    """A server's new rows, oldest first, in the columns of `series`; every row is newer than all before it."""

    server: str
    series: Sequence[str]
    at: Sequence[int]
    rows: Sequence[Sequence[float | None]]
    facts: dict[str, Any]

    def column(self, index: int) -> list[float | None]:
        try:
            return list(map(itemgetter(index), self.rows))
        except IndexError:  # rows of before the series was known end earlier
            return [row[index] if index < len(row) else None for row in self.rows]


class Analyzer(Protocol):
    """Pure: the same memory and window give the same findings. `memory` is JSON and may be changed in place."""

    name: str

    def fold(self, memory: dict[str, Any], window: Window) -> list[Finding]:
        """What holds at the end of the window."""


def analyzers() -> tuple[Analyzer, ...]:
    """All of them, in the order their findings are told. Fixed levels are no analyzer: they are rules (alerts/)."""
    return ()
