"""What was unlike itself, and over too soon to be another level: what is meant where a question asks why, and nothing
changed for long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.core import hypotheses as words
from lib.mcp.core.question import DAY, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.monitoring.anomalies import LONGEST_SECONDS


def most_unlike(
    sources: Sources, server: Server, series: Sequence[str], time: Range | None
) -> Mapping[str, Any] | None:
    """When one of the series was most unlike itself, of the last day or the time asked about."""
    end = int(sources.now if time is None else time.end) + 1
    start = max(end - DAY if time is None else int(time.start), end - LONGEST_SECONDS)
    found = sources.house.anomalies.of_server(server.id, start, end, sight=sources.sight)["anomalies"]
    those = [one for one in found if one["series"].partition(":")[0] in series and one["expected_by"] is None]
    return max(those, key=lambda one: float(one["score"]), default=None)


def tell(odd: Mapping[str, Any], subject: str, say: Say) -> None:
    seen = words.value(odd["value"], odd["server"], odd["series"], say)
    ko = en = ""
    if odd["low"] is not None:
        low, high = (words.value(odd[one], odd["server"], odd["series"], say) for one in ("low", "high"))
        ko, en = f" (예상 {low}~{high})", f" (expected {low} to {high})"
    at = say.moment(odd["since_epoch"])
    say.line(
        f"{subject}: {at}에 평소와 달랐습니다 – **{seen}**{ko}.",
        f"{subject} was unlike itself at {at}: **{seen}**{en}.",
    )
