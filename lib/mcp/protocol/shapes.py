"""The JSON Schemas that several tools share, and what they cut texts and numbers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.metrics import METRICS, metric_of

MOST_TEXT = 500  # characters of what a stranger wrote


def takes(properties: Mapping[str, Any] | None = None, required: Sequence[str] = ()) -> dict[str, Any]:
    """Arguments: an object that takes nothing else."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties or {}), "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def gives(properties: Mapping[str, Any], optional: Sequence[str] = ()) -> dict[str, Any]:
    """An answer: an object with all of these, but for what is optional."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
    }


def text(description: str = "", most: int = 0, **more: Any) -> dict[str, Any]:
    return _said({"type": "string", **({"maxLength": most} if most else {}), **more}, description)


def number(description: str = "", **more: Any) -> dict[str, Any]:
    return _said({"type": "number", **more}, description)


def whole(description: str = "", **more: Any) -> dict[str, Any]:
    return _said({"type": "integer", **more}, description)


def flag(description: str, **more: Any) -> dict[str, Any]:
    return _said({"type": "boolean", **more}, description)


def several(items: Mapping[str, Any], description: str = "", **more: Any) -> dict[str, Any]:
    return _said({"type": "array", "items": dict(items), **more}, description)


def some(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def anything(description: str) -> dict[str, Any]:
    """An object that is told as the page is told it."""
    return {"type": "object", "description": description}


def _said(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description} if description else schema


AS_OF = text("when this was true, ISO 8601 in UTC")
URL = text("the page of the dashboard about it")
SERVER = text("a server's name", 400)
CURSOR = text("`next_cursor` of the answer before, to go on", 600)
NEXT = some(text("give it as `cursor` for what follows; null at the end"))
WORDS = gives({"en": text(), "ko": text()})
UNITS = _said({"type": "object", "additionalProperties": {"type": "string"}}, "the unit of each metric")


def units(series: Sequence[str]) -> dict[str, str]:
    """{series: unit}; a metric of one's own has the unit ""."""
    return {name: metric.unit if (metric := metric_of(name)) else "" for name in series}


def cut(value: object, most: int = MOST_TEXT) -> str:
    found = str(value)
    return found if len(found) <= most else found[: most - 1] + "…"


def rounded(value: float | None) -> float | None:
    """Six digits: all that a sample keeps."""
    return None if value is None else float(f"{value:.6g}")


CATALOGUE = ", ".join(METRICS)
