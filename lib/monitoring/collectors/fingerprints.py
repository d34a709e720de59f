"""Errors that say the same: a message without what differs each time it is told, and the fingerprint made of it.

Masked are numbers, hexadecimal ids, UUIDs, addresses (IP and e-mail) and what stands in quotes. Masking twice changes
nothing more, never lengthens, and never leaves nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

PATTERN_CHARACTERS = 300
_SPACE = re.compile(r"\s+")
_STEPS = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "@"),
    (re.compile(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "#"),
    (re.compile(r"(?i)(?<![\w:])(?=[0-9a-f:.]*\d)(?:[0-9a-f]{1,4}:|:){2,7}[0-9a-f]{0,4}(?![\w:])"), "#"),
    (re.compile(r"(?i)\b0x[0-9a-f]+\b"), "#"),
    (re.compile(r"(?i)\b(?=[a-f]*\d)[0-9a-f]{8,}\b"), "#"),
    (re.compile(r"\b(?=[A-Za-z0-9]*\d[A-Za-z]+\d)[A-Za-z0-9]{8,}\b"), "#"),  # ids of letters and digits
    (re.compile(r"\d+(?:[.,:]\d+)*"), "#"),
)  # fmt: skip
_QUOTED = (
    (re.compile(r'"[^"\n]+"'), '"*"'),
    # An apostrophe is no quotation mark.
    (re.compile(r"""(?<!\w)'[^'"\n]+'(?!\w)"""), "'*'"),
    (re.compile(r"""`[^`'"\n]+`"""), "`*`"),
)


def masked(message: str) -> str:
    """What stays the same from one time to the next, at most 300 characters."""
    text = _SPACE.sub(" ", message).strip()[:PATTERN_CHARACTERS].strip()
    for pattern, shown in _STEPS:
        text = pattern.sub(shown, text)
    settled = _unquoted(text)
    while settled != text:  # a masked quotation may end one that begins before it
        text, settled = settled, _unquoted(settled)
    return text or "#"


def _unquoted(text: str) -> str:
    for pattern, shown in _QUOTED:
        text = pattern.sub(shown, text)
    return text


def fingerprint(level: str, source: str, pattern: str) -> str:
    """16 hexadecimal digits. `pattern` is a message that is masked."""
    told = "\0".join((level, masked(source), pattern))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def grouped(errors: Iterable[Sequence[Any]]) -> list[list[str]]:
    """[[id, fingerprint, pattern], ...] of errors [id, at, level, source, message]."""
    found = []
    for error_id, _, level, source, message in errors:
        pattern = masked(message)
        found.append([error_id, fingerprint(level, source, pattern), pattern])
    return found
