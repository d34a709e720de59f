"""Cursors: where a list goes on. Whoever is given one sends it back as it is."""

from __future__ import annotations

import base64
import binascii
import json

from lib.domain.errors import BadInput

MOST = 600  # characters


def write(kind: str, place: str | int) -> str:
    return base64.urlsafe_b64encode(json.dumps([kind, place]).encode()).decode().rstrip("=")


def read[Place: str | int](kind: str, cursor: str | None, form: type[Place]) -> Place | None:
    """The place that `write` was given; None for no cursor. Raises BadInput for what is no cursor of this list."""
    if cursor is None:
        return None
    try:
        if len(cursor) > MOST:
            raise ValueError
        found = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        if isinstance(found, list) and len(found) == 2 and found[0] == kind and isinstance(found[1], form):
            return found[1]
    except (ValueError, binascii.Error, RecursionError):
        pass
    raise BadInput("this cursor is not one that was given for this list; begin anew without one", pointer="/cursor")
