"""JSON-RPC 2.0 as the protocol uses it: what a message is, and the errors that answer one.

Codes -32020 to -32022 are the protocol's own since 2026-07-28; -32002 was "resource not found" before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022

# What is not here is answered 200: the error then is the answer of a request that was understood.
HTTP_STATUS = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    METHOD_NOT_FOUND: 404,
    HEADER_MISMATCH: 400,
    MISSING_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
}
MOST_ID = 200  # characters
_MEMBERS = {"jsonrpc", "id", "method", "params", "result", "error"}

type RequestId = str | int


class RpcError(Exception):
    """An error in the protocol's words. `data` is for programs, `message` for people."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def answer(self, request_id: RequestId | None) -> dict[str, Any]:
        """The message that tells it. Where the request had no id that could be read there is none."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = dict(self.data)
        told: dict[str, Any] = {"jsonrpc": "2.0"}
        if request_id is not None:
            told["id"] = request_id
        return {**told, "error": error}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a client. `id` is None but for requests and responses."""

    kind: Literal["request", "notification", "response"]
    method: str = ""
    id: RequestId | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def meta(self) -> Mapping[str, Any] | None:
        """What it says about itself, None where it says nothing that could be read."""
        found = self.params.get("_meta")
        return found if isinstance(found, dict) else None


def id_of(document: object) -> RequestId | None:
    """The id of what may be no good message otherwise."""
    found = document.get("id") if isinstance(document, dict) else None
    return found if _is_id(found) else None


def _is_id(found: object) -> bool:
    if isinstance(found, str):
        return len(found) <= MOST_ID
    return isinstance(found, int) and not isinstance(found, bool)


def read(document: object) -> Message:
    """Raises RpcError (invalid request) that says what is wrong."""
    if not isinstance(document, dict) or document.get("jsonrpc") != "2.0":
        raise _invalid('a message is an object with "jsonrpc": "2.0"')
    unknown = sorted(set(document) - _MEMBERS)
    if unknown:
        raise _invalid(f"a message has no member {unknown[0][:40]!r}")
    if "id" in document and not _is_id(document["id"]):
        raise _invalid(f"an id is a text of at most {MOST_ID} characters or a whole number")
    if "method" not in document:
        if "id" in document and ("result" in document) != ("error" in document):
            return Message("response", id=document["id"])
        raise _invalid("a message has a method")
    method, params = document["method"], document.get("params", {})
    if not isinstance(method, str) or not 0 < len(method) <= MOST_ID:
        raise _invalid("a method is a text")
    if not isinstance(params, dict):
        raise _invalid("params are an object")
    if "result" in document or "error" in document:
        raise _invalid("a message is a request or a response, not both")
    if "id" in document:
        return Message("request", method, document["id"], params)
    return Message("notification", method, None, params)


def _invalid(text: str) -> RpcError:
    return RpcError(INVALID_REQUEST, text)
