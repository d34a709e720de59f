"""What a road to a store is, and what must not tell one from another: what a call gives and what it raises."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.domain.errors import Conflict, Forbidden, Unavailable
from lib.storage.port import BadData
from lib.storage.supabase.client import Rpc
from tests.real_stores import Pair

HOUR = int(time.time()) // 3600 * 3600
NAME = "웹-서버-01"
HARD_TEXT = 'quote " back \\ slash / \u2028 \u202e \U0001f525 e\u0301 한글 <b> %s $1 {x}\t\n'


@dataclass(frozen=True)
class Road:
    name: str
    rpc: Rpc
    pair: Pair


@dataclass(frozen=True)
class Outcome:
    """What a caller can see of a call."""

    answer: Any = None
    raised: str | None = None
    message: str | None = None


def outcome(call: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(answer=call())
    except (Conflict, Forbidden, Unavailable, BadData, RuntimeError) as error:
        return Outcome(raised=type(error).__name__, message=str(error))


def alike(outcomes: list[Outcome]) -> Outcome:
    masked = [_masked(one) for one in outcomes]
    for other in masked[1:]:
        assert other == masked[0]
    return outcomes[0]


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _masked(value: Any, key: str = "") -> Any:
    """Without what differs from one database to the next: its clock, its size, what it draws by lot."""
    if isinstance(value, Outcome):
        return Outcome(_masked(value.answer), value.raised, value.message)
    if isinstance(value, dict):
        return {name: _masked(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, key) for one in value]
    if key == "bytes" and isinstance(value, int):
        return "<bytes>"
    if isinstance(value, float) and abs(value - time.time()) < 864_000 and not value.is_integer():
        return "<clock>"
    if isinstance(value, str) and key == "id" and (UUID.fullmatch(value) or re.fullmatch("[0-9a-f]{16}", value)):
        return "<id>"
    return value
