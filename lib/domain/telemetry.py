"""What a post carries on its way from the door to the sweep: samples, lists of processes, errors, events.

A post becomes one or more *parts*, each one server's samples in positional form:

    [version, key id, server, post, sent_at, flags, series names, [[at, "12.3,61,null"], ...], extra]

The values of a sample stay text from the door to Postgres (`{12.3,61,null}` is a real[] literal), so that formatting
them, the dearest step, happens once.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PART_VERSION = 1
PART_SAMPLES = 60
PART_CHARACTERS = 16_000
PAST_SECONDS = 7 * 86_400  # how far back an agent may fill in
AHEAD_SECONDS = 300
SKEW_SECONDS = 30  # a clock further off is corrected, and said
TINY = 1e-30

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
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


def clean_name(text: object) -> str | None:
    """The server's name in the one form it is kept in (NFC, trimmed), or None when it may not be one.

    1-100 letters and digits of any script, and space . _ - : @ +; nothing that means something in
    a path or turns text around.
    """
    if not isinstance(text, str) or len(text) > 400:
        return None
    name = unicodedata.normalize("NFC", text).strip()
    return name if _NAME.fullmatch(name) and not _BIDI.search(name) else None


def encode_parts(samples: ServerSamples, key_id: str) -> list[str]:
    """The parts of one server's share as compact JSON, each within 60 samples and about 16 kB; what the post tells
    beside samples goes into the first, however much it is."""
    texts = _texts([values for _, values in samples.rows]) if samples.rows else []
    rows = list(zip((at for at, _ in samples.rows), texts, strict=True))
    head = [PART_VERSION, key_id, samples.server, samples.post, samples.sent_at, int(samples.slotted)]
    width = max(map(len, texts), default=1) + 16
    # Two hundred long names fill a part by themselves: they may take half, or each sample would carry them alone.
    room = max(PART_CHARACTERS // 2, PART_CHARACTERS - sum(len(name) + 3 for name in samples.series))
    size = max(1, min(PART_SAMPLES, room // width))
    chunks: Sequence[list[tuple[int, str]]] = [rows[i : i + size] for i in range(0, len(rows), size)] or [[]]
    return [
        _ENCODE([*head, samples.series if chunk else [], chunk, samples.extra if index == 0 else {}])
        for index, chunk in enumerate(chunks)
    ]


def _texts(rows: Sequence[Sequence[float | None]]) -> list[str]:
    text = _ENCODE(rows)
    if "e-" in text:
        # float4in refuses what underflows a real (SQLSTATE 22003). So near to nothing, it is nothing.
        text = _ENCODE([[0.0 if value and -TINY < value < TINY else value for value in row] for row in rows])
    return text[2:-2].split("],[")


def decode_part(text: str) -> Part:
    """Raises ValueError, TypeError, KeyError or IndexError when this is no part of a version we know."""
    version, key_id, server, post, sent_at, slotted, series, rows, extra = json.loads(text)
    if version != PART_VERSION:
        raise ValueError(f"a part of version {version}")
    return Part(key_id, server, Post(*post) if post else None, sent_at, bool(slotted), series, rows, extra)


def values_of(rows: Sequence[tuple[int, str]]) -> list[list[float | None]]:
    """The rows' values as numbers, in one pass of the JSON parser."""
    parsed: list[list[float | None]] = json.loads("[[" + "],[".join(text for _, text in rows) + "]]")
    return parsed
