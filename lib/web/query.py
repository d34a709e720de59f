"""Query parameters: times and numbers, refused with a word on what they should be."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from flask import request

from lib.domain.errors import BadInput


def moment(name: str, default: float) -> int:
    """A query parameter that is epoch seconds or ISO 8601 with an offset."""
    text = request.args.get(name)
    if text is None:
        return int(default)
    try:
        seconds = float(text)
    except ValueError:
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            raise BadInput(f"`{name}` is seconds since 1970 or an ISO 8601 time") from None
        seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    if not 0 <= seconds < 4e9:
        raise BadInput(f"`{name}` lies outside of any history")
    return int(seconds)


def whole(name: str, default: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 10):
        raise BadInput(f"`{name}` is a whole number from 1")
    return int(text)


def number(name: str) -> float | None:
    """A query parameter that is any finite number; None where it is left out."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"`{name}` is a number")
    return value
