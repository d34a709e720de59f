"""What a post carries on its way from the door to the sweep: samples, lists of processes, errors, events."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PAST_SECONDS = 7 * 86_400  # how far back an agent may fill in
AHEAD_SECONDS = 300
YEAR_SECONDS = 31_556_952
SKEW_SECONDS = 30  # a clock further off is corrected, and said
BEHIND_SECONDS = 180  # where nothing but samples shows a clock: senders gather for a minute or so before they send

# What `clean_name` takes, for whoever gave something else.
NAMES = "1-100 letters, digits, spaces or _ . - : @ +, the first of them a letter, a digit or _"
_NAME = re.compile(r"[\w][\w .:@+-]{0,99}")
_BIDI = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Post(NamedTuple):
    """An agent's own number for a post: it is re-sent under the same number until it is stored."""

    epoch: str
    n: int
    floor: int  # the oldest number the agent still holds


@dataclass(slots=True)
class ServerSamples:
    """One server's share of a post. `series[i]` names column i; a row is (at, values) with None for no value."""

    server: str
    series: list[str]
    rows: list[tuple[int, list[float | None]]]
    post: Post | None = None
    sent_at: float | None = None
    slotted: bool = False  # partial rows of a foreign agent: merged in slots of ten seconds before they are folded
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether there is anything to keep: not only word of a sender of whom nothing could be taken."""
        return bool(self.rows or self.extra.keys() - {"source"})


@dataclass(frozen=True, slots=True)
class Part:
    """A part as the sweep reads it back; `rows` still hold their values as text."""

    key_id: str
    server: str
    post: Post | None
    sent_at: float | None
    slotted: bool
    series: list[str]
    rows: list[tuple[int, str]]
    extra: dict[str, Any]

    @property
    def holds(self) -> bool:
        return bool(self.rows or self.extra.keys() - {"source"})


def untimely(at: float, now: float) -> str:
    """Why a sample of that moment is refused: "3.2 hours in the future: ...". No clock is ten years off: then what was
    said in one unit is read in another."""
    age = now - at
    if abs(age) > 10 * YEAR_SECONDS:
        away = f"{abs(age) / YEAR_SECONDS:.0f} years {'old' if age > 0 else 'in the future'}"
        return f"{away}: is its time in the right unit, seconds or milliseconds or nanoseconds?"
    if age > 0:
        return f"{age / 86_400:.1f} days old: at most 7 days back are taken"
    return f"{-age:.0f} s in the future: check its clock"


def clean_name(text: object) -> str | None:
    """The server's name in the one form it is kept in (NFC, trimmed), or None when it may not be one.

    1-100 letters and digits of any script, and space . _ - : @ +; nothing that means something in
    a path or turns text around.
    """
    if not isinstance(text, str) or len(text) > 400:
        return None
    name = unicodedata.normalize("NFC", text).strip()
    return name if _NAME.fullmatch(name) and not _BIDI.search(name) else None
