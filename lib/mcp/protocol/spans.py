"""Times and metrics as arguments of tools, read and refused with a word on what they should be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lib.domain.errors import BadInput
from lib.domain.metrics import METRICS, bounds_of
from lib.mcp.npu.nearest import nearest
from lib.mcp.protocol import shapes as s
from lib.mcp.protocol.house import House

HOUR = 3_600
MOST_HOURS = 24 * 400


def span_takes(hours: int) -> dict[str, Any]:
    """The arguments that `span_of` reads."""
    time = {"type": ["string", "number"], "maxLength": 40}
    return {
        "from": {**time, "description": "ISO 8601 with an offset, or seconds since 1970; else `hours` before `to`"},
        "to": {**time, "description": "the same; else now"},
        "hours": s.number("how far back from `to`", minimum=0.1, maximum=MOST_HOURS, default=hours),
    }


def span_of(house: House, args: Mapping[str, Any], ahead: float = 0.0) -> tuple[int, int]:
    """(from, to) in epoch seconds. Where no end is said it lies `ahead` of now: what is told by clocks of servers may
    come early. Raises BadInput."""
    end = _moment(args.get("to"), "to", house.now + ahead)
    start = _moment(args.get("from"), "from", end - args["hours"] * HOUR)
    if start >= end:
        raise BadInput("`from` lies before `to`", pointer="/from")
    return int(start), int(end)


def _moment(value: object, name: str, default: float) -> float:
    if value is None:
        return default
    try:
        seconds = float(value) if isinstance(value, int | float) else _parsed(str(value))
    except (ValueError, OverflowError):
        raise BadInput("give ISO 8601 with an offset, or seconds since 1970", pointer=f"/{name}") from None
    if not 0 <= seconds < 4e9:
        raise BadInput("this time lies outside of any history", pointer=f"/{name}")
    return seconds


def _parsed(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise
        return found.timestamp()


_ALIASES = {alias.casefold(): one.name for one in METRICS.values() for alias in one.aliases}


def series_of(name: str, pointer: str = "/metric") -> str:
    """A series that may exist: a metric of the catalogue, one of a mount, a name with a dot. Raises BadInput that names
    what was perhaps meant."""
    if bounds_of(name) is not None:
        return name
    meant = _ALIASES.get(name.casefold())
    like = [meant] if meant else nearest(name, METRICS, 3)
    perhaps = f"perhaps {', '.join(like)}; " if like else ""
    raise BadInput(
        f'there is no metric "{name[:60]}": {perhaps}catalog://metrics has all; of a mount it is disk:/data, a name of'
        " one's own contains a dot",
        pointer=pointer,
    )
