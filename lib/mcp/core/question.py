"""What an intent's file gives, and what it is given: the question as it was understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lib.domain.access import EVERYTHING, Sight

if TYPE_CHECKING:
    from lib.mcp.core.responder import Say
    from lib.mcp.core.sources import Sources

HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` to before `end`, epoch seconds; `is_default` where the question named none."""

    start: float
    end: float
    is_default: bool = False

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Asked:
    """A frame (docs/assistant.md), read for answering. `may_act` is whether the asker may acknowledge and silence."""

    intent: str
    entities: Mapping[str, Any]
    text: str = ""
    confidence: float = 1.0
    reason: str = ""  # why it was refused, or what is not clear
    who: str = ""
    may_act: bool = False
    sight: Sight = EVERYTHING
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def metrics(self) -> list[str]:
        return list(self.entities.get("metrics") or ())

    @property
    def conditions(self) -> list[dict[str, Any]]:
        return list(self.entities.get("conditions") or ())

    def words(self, slot: str) -> list[str]:
        return list(self.entities.get(slot) or ())

    def text_of(self, slot: str) -> str | None:
        value = self.entities.get(slot)
        return str(value) if value else None

    def whole(self, slot: str) -> int | None:
        value = self.entities.get(slot)
        return int(value) if value is not None else None

    def range(self, now: float, default: float = HOUR, slot: str = "time") -> Range:
        """The time asked about, not beyond now; the last `default` seconds where none is named."""
        found = self.entities.get(slot)
        if not found:
            return Range(now - default, now, is_default=True)
        start, end = (datetime.fromisoformat(found[name]).timestamp() for name in ("start", "end"))
        return Range(start, max(start + 1, min(end, now)), bool(found.get("default")))

    def ahead(self, now: float, default: float = DAY) -> Range:
        """The time to come that is asked about."""
        found = self.entities.get("time")
        if not found:
            return Range(now, now + default, is_default=True)
        start, end = (datetime.fromisoformat(found[name]).timestamp() for name in ("start", "end"))
        return Range(max(start, now), max(end, now + 1), bool(found.get("default")))


type AnswerTo = Callable[[Asked, Sources, Say], None]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the assistant. `tool` is the Model Context Protocol tool that serves it, if any; `examples` are
    runnable ones, (Korean, English)."""

    intent: str
    answer: AnswerTo
    tool: str = ""
    examples: Sequence[tuple[str, str]] = ()
