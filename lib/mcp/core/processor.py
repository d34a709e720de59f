"""Reads a question: which intent, which servers, metrics and times. Until a classifier is trained it asks back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.mcp.npu.extractor import extract
from lib.mcp.npu.frames import entities_for


def parse(
    text: str, now: str, servers: Sequence[dict[str, Any]], history: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """`{intent, confidence, entities, alternatives, explain}`."""
    entities = entities_for("clarify", extract(text, now, servers))
    return {"intent": "clarify", "confidence": 1.0, "entities": entities, "alternatives": [], "explain": {}}
