"""Alerts of other monitors, on their way from the door to the sweep: one *word* says that one fires, or is over.

A word travels through the stream like a post, as a part of its own form: `["alert", subject, {field: value}]`. What it
changes is decided by the sweep (alerts/outside.py); at the door nothing is known of what is open.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from lib.domain.access import EVERYTHING, Sight
from lib.storage.port import Entry

MOST_TITLE = 200
MOST_TEXT = 500
MOST_SOURCE = 60
MOST_NAME = 60
MOST_URL = 500
MOST_NOTE = 500
MOST_TAGS = 24
MOST_TAG_KEY = 64
MOST_TAG = 200
MOST_TAGS_CHARACTERS = 1_500
MOST_SERVERS = 8
MOST_SECONDS = 30 * 86_400.0  # nothing holds longer without a further word
MOST_STORY = 6_000  # all that was told, kept once with the incident
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_MARK = '["alert",'


@dataclass(frozen=True, slots=True)
class Word:
    """What an outside monitor says of one alert. `subject` names the alert for ever; `over` is None where only `ends`
    tells. Times are epoch seconds by the source's clock; without `ends` a word holds for `timeout` seconds. `servers`
    are names that it may be of, the likeliest first. `held_to` is the sight of the key it came with."""

    subject: str
    source: str
    title: str
    severity: Literal["info", "warning", "critical"] = "warning"
    over: bool | None = None
    starts: float | None = None
    ends: float | None = None
    timeout: float = 300.0
    servers: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)  # its labels, cut
    text: str = ""
    url: str = ""
    note: str = ""
    story: Mapping[str, Any] = field(default_factory=dict)  # labels and annotations as they came, cut
    held_to: Sight = EVERYTHING
    heard_at: float = 0.0

    def is_over(self) -> bool:
        return self.over if self.over is not None else self.ends is not None and self.ends <= self.heard_at

    def until(self) -> float:
        """How long it holds without a further word."""
        if self.ends is not None and self.ends > self.heard_at:
            return min(self.ends, self.heard_at + MOST_SECONDS)
        return self.heard_at + self.timeout


@dataclass(slots=True)
class Alerts:
    """What one request told, and what of it could not be taken: [{pointer, reason}]."""

    words: list[Word] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)


def subject_of(name: str, *identity: object) -> str:
    """`<name>:<12 hex>`. A silence of the metric `<name>` means every alert of that name, as with a metric's mounts."""
    short = "".join("_" if one in ":|*?[]" else one for one in name[:MOST_NAME]) or "alert"
    told = _ENCODE([one if isinstance(one, str | list) else str(one) for one in identity])
    return f"{short}:{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


_TAIL = re.compile(r":[0-9a-f]{12}$")


def name_of(subject: str) -> str:
    """A subject as people know it; that of a metric stays as it is."""
    return _TAIL.sub("", subject)


_PLAIN = tuple(one.name for one in fields(Word) if one.name not in {"subject", "held_to", "heard_at"})
_BLANK = Word("", "", "")


def encode_word(word: Word, sight: Sight) -> str:
    """The part that carries it. Keys that see alike speak of the same alerts, keys that do not never do."""
    body = {name: told for name in _PLAIN if (told := getattr(word, name)) != getattr(_BLANK, name)}
    subject = word.subject
    if sight != EVERYTHING:
        body["held_to"] = [list(sight.tags), sight.server]
        subject = subject_of(subject.partition(":")[0], subject, sorted(sight.tags), sight.server)
    return _ENCODE(["alert", subject, body])


def is_word(part: str) -> bool:
    return part.startswith(_MARK)


def words_of(entries: Iterable[Entry]) -> list[Word]:
    """The words among these entries, in their order. One that cannot be read is left out."""
    found = []
    for entry in entries:
        for part in entry.parts:
            if is_word(part):
                try:
                    _, subject, body = json.loads(part)
                    held = body.pop("held_to", None)
                    sight = Sight(tuple(held[0]), held[1]) if held else EVERYTHING
                    body["servers"] = tuple(body.get("servers") or ())
                    word = Word(subject=subject, heard_at=entry.heard_at, held_to=sight, **body)
                except (ValueError, TypeError, AttributeError, KeyError, IndexError):
                    continue
                found.append(word)
    return found
