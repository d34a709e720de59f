"""Arguments held to a tool's schema, in the part of JSON Schema 2020-12 that our tools are written in.

What is wrong is told all at once, with the values that would be right: a language model reads it and tries again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lib.domain.errors import BadInput
from lib.mcp.npu.nearest import nearest

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,), "array": (list,),
    "object": (dict,), "null": (type(None),),
}  # fmt: skip
MOST_FAULTS = 10


def taken(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with defaults for what was left out; null counts as left out. Raises BadInput."""
    given = {name: value for name, value in arguments.items() if value is not None}
    faults = list(_object_faults(schema, given, ""))[:MOST_FAULTS]
    if faults:
        raise BadInput("the arguments are not what this tool takes", errors=faults)
    defaults = {name: one["default"] for name, one in schema.get("properties", {}).items() if "default" in one}
    return {**defaults, **given}


def _faults(schema: Mapping[str, Any], value: Any, at: str) -> Iterator[dict[str, str]]:
    wanted = schema.get("type")
    if wanted is not None and not any(_is(value, one) for one in ([wanted] if isinstance(wanted, str) else wanted)):
        kinds = wanted if isinstance(wanted, str) else " or ".join(wanted)
        yield _fault(at, f"give {_article(kinds)} {kinds}")
        return
    if "enum" in schema and value not in schema["enum"]:
        yield _fault(at, "give one of " + ", ".join(str(one) for one in schema["enum"]))
    elif isinstance(value, str):
        yield from _text_faults(schema, value, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_faults(schema, value, at)
    elif isinstance(value, list):
        yield from _list_faults(schema, value, at)
    elif isinstance(value, dict):
        yield from _object_faults(schema, value, at)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()  # 5.0 is a whole number in JSON
    return isinstance(value, _TYPES[kind])


def _article(word: str) -> str:
    return "an" if word[0] in "aeio" else "a"


def _text_faults(schema: Mapping[str, Any], value: str, at: str) -> Iterator[dict[str, str]]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    if not least <= len(value) <= most:
        yield _fault(at, f"give {least} to {most} characters")


def _number_faults(schema: Mapping[str, Any], value: float, at: str) -> Iterator[dict[str, str]]:
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    if not least <= value <= most:
        above = "" if least == -math.inf else f" from {least}"
        yield _fault(at, f"give a number{above}" + ("" if most == math.inf else f" up to {most}"))


def _list_faults(schema: Mapping[str, Any], value: list[Any], at: str) -> Iterator[dict[str, str]]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if not least <= len(value) <= most:
        yield _fault(at, f"give {least} to {most} of them")
        return
    for place, one in enumerate(value):
        yield from _faults(schema.get("items", {}), one, f"{at}/{place}")


def _object_faults(schema: Mapping[str, Any], value: Mapping[str, Any], at: str) -> Iterator[dict[str, str]]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _fault(f"{at}/{name}", "this is needed")
    for name, one in value.items():
        if name in properties:
            yield from _faults(properties[name], one, f"{at}/{name}")
        elif schema.get("additionalProperties") is False:
            like = nearest(name, properties, 1)
            meant = f"; perhaps `{like[0]}`" if like else ""
            takes = ", ".join(properties) or "nothing"
            yield _fault(f"{at}/{name[:40]}", f"there is no such argument{meant}; there is {takes}")


def _fault(at: str, detail: str) -> dict[str, str]:
    return {"pointer": at, "detail": detail}
