"""What an anomaly looks like, in the words of the field: how it opened, and what became of it while it lasted. Pure."""

from __future__ import annotations

from typing import Final

SHAPES: Final = ("spike", "dip", "shift", "drift", "noisy", "frozen")
LASTING: Final = 30  # values beyond what was expected: no spike any more
SWINGS: Final = 8  # values beyond it on either side: no direction any more


def opening(
    kind: str, value: float, usual: float, low: float, high: float, *, calmer: bool = False, gradual: bool = False
) -> str:
    """Of the value that opened it. `kind` as in a detector's explanation; `calmer`: it moves less than it used to;
    `gradual`: it has been about as far away for some values."""
    if kind == "frozen" or (kind == "jitter" and calmer):
        return "frozen"
    if kind == "jitter":
        return "noisy"
    if gradual or low <= value <= high:
        return "drift"  # no value of it is odd by itself, where they went is
    return "spike" if value > usual else "dip"


def settled(opened: str, above: int, below: int, fed: int) -> str:
    """Of `fed` values since, `above` and `below` what had been expected when it opened."""
    if opened == "frozen":
        return opened
    less, more = sorted((above, below))
    if less >= SWINGS and 3 * less >= more:
        return "noisy"
    is_shift = opened != "drift" and more >= LASTING and 2 * more >= fed
    return "shift" if is_shift else opened
