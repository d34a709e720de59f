"""What senders of OTLP are told: that it was taken, in part or not at all, in the encoding they spoke."""

from __future__ import annotations

import json

from lib.domain.errors import Unsupported
from lib.monitoring.collectors.protobuf_wire import written
from lib.monitoring.collectors.protocols import Reply

JSON, PROTOBUF = "application/json", "application/x-protobuf"
# google.rpc.Code, by HTTP's status.
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 415: 3, 429: 8, 503: 14}
_UNKNOWN = 2


def encoding_of(media_type: str) -> str:
    if media_type == JSON:
        return JSON
    if media_type in {PROTOBUF, "application/protobuf"}:
        return PROTOBUF
    raise Unsupported(f"OTLP comes as {PROTOBUF} or {JSON}: set the header Content-Type")


def accepted(media_type: str, rejected: int, why: str, what: str) -> Reply:
    """An Export...ServiceResponse; `what` is "DataPoints", "LogRecords" or "Spans"."""
    if encoding_of(media_type) == JSON:
        told = {"partialSuccess": {f"rejected{what}": str(rejected), "errorMessage": why}} if why else {}
        return Reply(200, json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), JSON)
    return Reply(200, written(1, _told(rejected, why)) if why else b"", PROTOBUF)


def refused(media_type: str, status: int, why: str) -> tuple[bytes, str] | None:
    """The body of an error, and its media type; None where the sender spoke neither encoding."""
    code = _CODES.get(status, _UNKNOWN)
    if media_type == JSON:
        return json.dumps({"code": code, "message": why}, ensure_ascii=False).encode("utf-8", "replace"), JSON
    return (_told(code, why), PROTOBUF) if media_type == PROTOBUF else None


def _told(number: int, text: str) -> bytes:
    """Both google.rpc.Status and the partial successes are a number and a text."""
    return written(1, number) + written(2, text.encode("utf-8", "replace"))
