"""Two values beside each other: how far apart they are, absolutely and in proportion, as a sentence says it."""

from __future__ import annotations

from dataclasses import dataclass

from lib.mcp.core.measures import Measure
from lib.mcp.core.responder import Say

SAME = 0.0005  # of the larger one: less is no difference


@dataclass(frozen=True, slots=True)
class Difference:
    """From `before` to `after`. `share` is in percent of `before`, None where that is nothing."""

    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def share(self) -> float | None:
        return 100 * self.change / abs(self.before) if abs(self.before) > 1e-9 else None

    @property
    def is_same(self) -> bool:
        return abs(self.change) <= SAME * max(abs(self.before), abs(self.after))


def unit_of_change(of: Measure, say: Say) -> str:
    """Of a percentage a difference is in points."""
    if of.unit == "%":
        return say.either("%p", "pp")
    return of.unit


def told(of: Measure, found: Difference, say: Say, server: str | None = None) -> str:
    """ "+1.9%p, +4.2%": in points or the measure's unit, and in proportion."""
    decimals = 1 if abs(found.change) >= 0.1 or found.is_same else 3
    change = say.number(
        found.change, unit_of_change(of, say), server=server, metric=f"{of.name}_change", signed=True, decimals=decimals
    )
    if found.share is None:
        return change
    share = say.number(found.share, "%", server=server, metric=f"{of.name}_change_share", signed=True)
    return f"{change}, {share}"
