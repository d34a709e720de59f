"""What a sentence says, whatever it asks: servers, metrics, levels, times, numbers and labels, read once for any intent.

`extract` gathers everything; `frames.entities_for` picks from it what an intent wants to know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.mcp.core.patterns import blank
from lib.mcp.npu import conditions, labels, metrics, targets, times, typos
from lib.mcp.npu.conditions import Level
from lib.mcp.npu.inventory import Inventory, inventory_of
from lib.mcp.npu.metrics import Measured
from lib.mcp.npu.nearest import nearest
from lib.mcp.npu.targets import Targets
from lib.mcp.npu.text import Text, read
from lib.mcp.npu.times import When


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything found in one sentence. `rest` is the folded text without the names of servers, its typos mended;
    `bare` also without times. Both keep the places of `text.folded` only up to the first mended word."""

    text: Text
    now: datetime
    rest: str
    bare: str
    targets: Targets
    measured: Measured
    whens: list[When]
    lengths: list[tuple[int, int, float]]
    levels: list[Level]

    @property
    def severity(self) -> list[str]:
        return labels.severity_of(self.rest)

    @property
    def statuses(self) -> list[str]:
        return labels.statuses_of(self.rest)

    @property
    def alert_state(self) -> str | None:
        return labels.alert_state_of(self.rest)

    @property
    def port(self) -> int | None:
        return labels.port_of(self.bare)

    @property
    def process(self) -> str | None:
        return labels.process_of(self.rest)

    @property
    def keyword(self) -> str | None:
        return labels.keyword_of(self.text, self.bare)


def extract(raw: str, now: str | datetime, servers: Sequence[Mapping[str, Any]]) -> Extraction:
    """Reads one sentence. Never fails, whatever the text; `now` carries the fleet's offset."""
    moment = datetime.fromisoformat(now) if isinstance(now, str) else now
    return extract_from(read(raw), moment, inventory_of(servers))


def extract_from(text: Text, now: datetime, fleet: Inventory) -> Extraction:
    named = targets.find(text, fleet)
    own = blank(text.folded, named.named_spans)
    # A group such as "gpu 서버" or "로그 서버" is no metric and no log.
    rest = typos.mended(own)
    grouped = typos.mended(blank(own, named.word_spans))
    whens = times.find(rest, now)
    timeless = blank(grouped if len(grouped) == len(rest) else rest, [(one.start, one.end) for one in whens])
    spans = times.lengths(timeless)
    bare = blank(timeless, [(start, end) for start, end, _ in spans])
    measured = metrics.find(timeless, fleet.custom)
    levels = conditions.find(_without(timeless, spans, measured), measured.mentions)
    said = blank(rest, [(one.start, one.end) for one in whens])
    return Extraction(text, now, said, bare, named, measured, whens, spans, levels)


def _without(text: str, spans: Sequence[tuple[int, int, float]], measured: Measured) -> str:
    """Durations blanked for the reading of levels, but not a latency's "2초", which is a level."""
    slow = any(one.value == "latency" for one in measured.mentions)
    short = [(start, end) for start, end, seconds in spans if not (slow and seconds < 60)]
    return blank(text, short)


def suggestions(extraction: Extraction, fleet: Inventory, count: int = 3) -> dict[str, list[str]]:
    """For every unknown name the known ones nearest to it."""
    return {name: nearest(name, fleet.ids, count) for name in extraction.targets.unknown}
