"""Error events and markers (deploys, reboots) as a post carries them: checked, cut to size, each with its id.

The id is the sender's own; without one it is made from the content, so that the same event sent twice stays one.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from typing import Any

from lib.domain.telemetry import AHEAD_SECONDS, PAST_SECONDS

LEVELS = ("debug", "info", "warning", "error", "critical")
_LEVEL_NAMES = {
    "warn": "warning",
    "err": "error",
    "fatal": "critical",
    "crit": "critical",
    "emerg": "critical",
    "alert": "critical",
    "notice": "info",
}
MAX_ERRORS = 500
MAX_EVENTS = 100
MESSAGE_CHARACTERS = 2_000
MESSAGES_CHARACTERS = 100_000  # of all errors of a post together
Reject = Callable[[str, str], None]


def read_text(value: object, most: int) -> str | None:
    """Text without control or direction-turning characters, NFC, at most `most` characters; None when none is left."""
    if not isinstance(value, str):
        return None
    text = unicodedata.normalize("NFC", value[: most * 4])
    if text.isprintable():  # nearly all is: nothing is to be taken out, and looking at each letter is dear
        return text.strip()[:most] or None
    text = "".join(
        " " if character in "\t\r\n" else character
        for character in text
        if character in "\t\r\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return text.strip()[:most] or None


def read_note(raw: bytes, most: int = 10_000) -> str:
    """What a job printed: the first `most` bytes as text with its line breaks, without other control characters."""
    text = unicodedata.normalize("NFC", raw[:most].decode("utf-8", "replace").replace("\r\n", "\n"))
    return "".join(
        character
        for character in text
        if character in "\t\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    ).strip()


def read_errors(given: object, now: float, reject: Reject) -> list[list[Any]]:
    """[[id, at, level, source, message], ...]. `now` is the sender's clock. Many errors are told more briefly each, so
    that a post stays within what Redis takes in one command."""
    kept = []
    rows = _rows(given, "/errors", MAX_ERRORS, reject)
    most = min(MESSAGE_CHARACTERS, MESSAGES_CHARACTERS // max(1, len(rows)))
    for index, row in enumerate(rows):
        message = read_text(row.get("message"), most)
        at = _at(row.get("at"), now)
        level = str(row.get("level", "error")).lower()[:20]
        level = _LEVEL_NAMES.get(level, level)
        if message is None or at is None or level not in LEVELS:
            what = "message" if message is None else "at" if at is None else "level"
            reject(
                f"/errors/{index}/{what}",
                "an error has a message, a time within the last 7 days, and a level of " + ", ".join(LEVELS),
            )
            continue
        source = read_text(row.get("source"), 100) or "unknown"
        kept.append([_id(row.get("id"), at, source, message), at, level, source, message])
    return kept


def read_events(given: object, now: float, reject: Reject) -> list[list[Any]]:
    """[[id, at, kind, title], ...]. `now` is the sender's clock."""
    kept = []
    for index, row in enumerate(_rows(given, "/events", MAX_EVENTS, reject)):
        kind, title, at = read_text(row.get("kind"), 40), read_text(row.get("title"), 200), _at(row.get("at"), now)
        if kind is None or title is None or at is None:
            what = "kind" if kind is None else "title" if title is None else "at"
            reject(f"/events/{index}/{what}", "an event has a kind, a title, and a time within the last 7 days")
            continue
        kept.append([_id(row.get("id"), at, kind, title), at, kind, title])
    return kept


def _rows(given: object, pointer: str, most: int, reject: Reject) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        reject(pointer, "must be a list")
        return []
    if len(given) > most:
        reject(pointer, f"only the first {most} were taken")
    return [row if isinstance(row, dict) else {} for row in given[:most]]


def _at(value: object, now: float) -> int | None:
    if value is None:
        return int(now)
    if type(value) not in (int, float) or not now - PAST_SECONDS <= value <= now + AHEAD_SECONDS:  # type: ignore[operator] # the type is checked first
        return None
    return int(value)  # type: ignore[call-overload,no-any-return] # as above


def _id(value: object, at: int, *content: str) -> str:
    text = read_text(value, 80)
    return text or hashlib.sha256("\0".join((str(at), *content)).encode()).hexdigest()[:24]
