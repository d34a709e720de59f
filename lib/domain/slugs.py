"""What a check is called in an address: its slug, made of its name, and which checks of one slug a key may mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lib.domain.access import Sight

MOST_SLUG = 100  # characters
_DROPPED = re.compile(r"[^\w\s-]")
_JOINED = re.compile(r"[-\s]+")


@dataclass(frozen=True, slots=True)
class NamedCheck:
    """A check as whoever pings it by its slug may know it."""

    id: str
    server: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def slug_of(name: str) -> str:
    """`Nightly backup: DB 1` -> `nightly-backup-db-1`, as Healthchecks makes them (Django's slugify); but letters that
    have no Latin form, as those of Korean, stay what they are. Empty for a name without any letter or digit. A slug's
    own slug is itself."""
    letters = []
    for letter in unicodedata.normalize("NFC", name):
        latin = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
        letters.append(latin or letter)
    words = _DROPPED.sub("", "".join(letters).lower())
    return unicodedata.normalize("NFC", _JOINED.sub("-", words))[:MOST_SLUG].strip("-_")


def in_sight(checks: Iterable[NamedCheck], sight: Sight, tagged: Mapping[str, Sequence[str]]) -> list[str]:
    """The ids of those that may be seen: by their own tags, or by their server and its (`tagged`)."""
    return [
        check.id
        for check in checks
        if (sight.server is None or check.server == sight.server)
        and (
            not sight.tags
            or not set(sight.tags).isdisjoint(f"{key}:{value}" for key, value in check.tags.items())
            or not set(sight.tags).isdisjoint(tagged.get(check.server or "", ()))
        )
    ]
