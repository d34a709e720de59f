"""A post on its way through the stream: *parts*, each one server's samples in positional form, as compact JSON.

    [version, key id, server, post, sent_at, flags, series names, [[at, "12.3,61,null"], ...], extra]

The values of a sample stay text from the door to Postgres (`{12.3,61,null}` is a real[] literal), so that formatting
them, the dearest step, happens once. orjson does that step, and reading them back: it takes a tenth and a third of the
standard library's time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from lib.domain.telemetry import Part, Post, ServerSamples

PART_VERSION = 1
PART_SAMPLES = 60
PART_CHARACTERS = 16_000
TINY = 1e-30

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def encode_parts(samples: ServerSamples, key_id: str) -> list[str]:
    """The parts of one server's share, each within 60 samples and about 16 kB; what the post tells beside samples goes
    into the first, however much it is. What says how samples are to be read goes into each: it is read by itself."""
    texts = _texts([values for _, values in samples.rows])
    rows = list(zip((at for at, _ in samples.rows), texts, strict=True))
    head = [PART_VERSION, key_id, samples.server, samples.post, samples.sent_at, int(samples.slotted)]
    width = max(map(len, texts), default=1) + 16
    # Two hundred long names fill a part by themselves: they may take half, or each sample would carry them alone.
    names = sum(len(name) + 3 for name in samples.series) + sum(len(name) + 8 for name in _counters(samples.extra))
    room = max(PART_CHARACTERS // 2, PART_CHARACTERS - names)
    size = max(1, min(PART_SAMPLES, room // width))
    chunks: Sequence[list[tuple[int, str]]] = [rows[i : i + size] for i in range(0, len(rows), size)] or [[]]
    return [
        _ENCODE([*head, samples.series if chunk else [], chunk, _extra(samples.extra, chunk, is_first=index == 0)])
        for index, chunk in enumerate(chunks)
    ]


def _counters(extra: Mapping[str, Any]) -> Mapping[str, float | None]:
    found: Mapping[str, float | None] = extra.get("counters", {})
    return found


def _extra(extra: Mapping[str, Any], chunk: Sequence[tuple[int, str]], *, is_first: bool) -> dict[str, Any]:
    """`counters` are the series whose values are counts, and `counted` when exactly those of a second were read."""
    told = dict(extra) if is_first else {}
    if _counters(extra):
        seconds = {at for at, _ in chunk}
        told["counters"] = extra["counters"]
        told["counted"] = [one for one in extra.get("counted", ()) if one[0] in seconds]
    return told


def _texts(rows: Sequence[Sequence[float | None]]) -> list[str]:
    texts = row_texts(rows)
    if any("e-" in text for text in texts):
        # float4in refuses what underflows a real (SQLSTATE 22003). So near to nothing, it is nothing.
        texts = row_texts([[0.0 if value and -TINY < value < TINY else value for value in row] for row in rows])
    return texts


def row_texts(rows: Sequence[Sequence[float | None]]) -> list[str]:
    """Each row as the inside of a JSON list, which is the inside of a real[] literal too. What is no number is null."""
    return orjson.dumps(rows).decode()[2:-2].split("],[") if rows else []


def decode_part(text: str) -> Part:
    """Raises ValueError, TypeError, KeyError or IndexError when this is no part of a version we know."""
    version, key_id, server, post, sent_at, slotted, series, rows, extra = json.loads(text)
    if version != PART_VERSION:
        raise ValueError(f"a part of version {version}")
    return Part(key_id, server, Post(*post) if post else None, sent_at, bool(slotted), series, rows, extra)


def values_of(rows: Sequence[tuple[int, str]]) -> list[list[float | None]]:
    """The rows' values as numbers, in one pass of the parser. Raises ValueError when they are not."""
    parsed: list[list[float | None]] = orjson.loads("[[" + "],[".join(text for _, text in rows) + "]]")
    return parsed
