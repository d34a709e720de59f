"""Servers that are asked about instead of being heard: a cloud is polled for them. Changes the state.

What a cloud says of a machine stands for the machine's own word only where it has none: where something that runs on it
reports, its figures and its silence count, and the cloud adds what cannot be seen from inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lib.domain.telemetry import PAST_SECONDS, Part
from lib.monitoring.parts import row_texts, values_of
from lib.monitoring.state import ServerState

KEY = "cloud"  # what stands for an agent's key in what a cloud told
# An agent that was silent for so long is gone, rather than missed.
SPEAKS_SECONDS = PAST_SECONDS


def heed(state: ServerState, parts: list[Part], heard_at: float) -> tuple[list[Part], bool]:
    """(what counts of one post, whether it is a sign of life). A cloud tells how often it is asked, and says when a
    machine does not run."""
    polled: dict[str, Any] | None = parts[0].extra.get("polled")
    if polled is None:
        state.spoke_at, state.stopped = heard_at, ""
        return parts, True
    if state.spoke_at and heard_at - state.spoke_at < SPEAKS_SECONDS:
        return [_beside(part) for part in parts], False
    state.stopped = str(polled.get("stopped") or "")
    if state.stopped:
        return parts, False
    state.expected = state.gap = float(polled["every"])
    state.heard_at = round(heard_at, 3)
    return parts, True


def _beside(part: Part) -> Part:
    """Only series of the cloud's own, which have a dot in their names, and nothing that the agent tells too."""
    extra = {name: told for name, told in part.extra.items() if name in ("polled", "source", "events")}
    own = [index for index, name in enumerate(part.series) if "." in name]
    if not own:
        return replace(part, series=[], rows=[], extra=extra)
    rows = [[row[index] for index in own] for row in values_of(part.rows)]
    return replace(
        part,
        series=[part.series[index] for index in own],
        rows=list(zip(_times(part.rows), row_texts(rows), strict=True)),
        extra=extra,
    )


def _times(rows: Sequence[tuple[int, str]]) -> list[int]:
    return [at for at, _ in rows]
