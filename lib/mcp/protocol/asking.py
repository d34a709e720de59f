"""Questions back to the person or the client, as 2026-07-28 has them (multi round-trip requests): the answer says what
is needed, and the client sends the request again with it. What we want to remember meanwhile travels with the client,
sealed: nothing is kept here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.domain.errors import BadInput
from lib.mcp.protocol.messages import INVALID_PARAMS, MISSING_CAPABILITY, Message, RpcError

METHODS = frozenset({"tools/call", "prompts/get", "resources/read"})
LASTS_SECONDS = 600
MOST_STATE = 8_000  # characters
# Which capability of the client a question needs.
NEEDS = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}


class InputRequired(Exception):
    """Raised by what runs: `requests` are the protocol's own, by names of our choice; `state` is any JSON."""

    def __init__(self, requests: Mapping[str, Mapping[str, Any]], state: Any = None) -> None:
        super().__init__("more is needed from the client")
        self.requests = requests
        self.state = state


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a client can be asked for, and what it brought when it was. `state` is what we sealed for this very request
    of this very caller; None where there is none."""

    capabilities: Mapping[str, Any] = field(default_factory=dict)
    responses: Mapping[str, Any] = field(default_factory=dict)
    state: Any = None

    def can(self, method: str) -> bool:
        declared = self.capabilities.get(NEEDS[method])
        if declared is None:
            return False
        # Of elicitation there are two modes; nothing said means forms.
        return method != "elicitation/create" or not declared or "form" in declared

    def accepted(self, name: str) -> Mapping[str, Any] | None:
        """What a person filled into a form; None where they did not, or said no."""
        found = self.responses.get(name)
        if found is None or found.get("action") != "accept":
            return None
        content = found.get("content")
        return content if isinstance(content, dict) else {}

    def was_refused(self, name: str) -> bool:
        found = self.responses.get(name)
        return found is not None and found.get("action") in {"decline", "cancel"}


def form(message: str, properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    """A question to the person at the client."""
    schema = {"type": "object", "properties": dict(properties), "required": list(required)}
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}


class Seal:
    """Keeps state whole that travels with clients: bound to the caller, the request and ten minutes."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"model context protocol state", "sha256")

    def inputs(self, message: Message, capabilities: Mapping[str, Any], caller: str, now: float) -> Inputs:
        """Raises BadInput for responses that are none, RpcError for a state that is not ours."""
        if message.method not in METHODS:
            return Inputs()
        responses = message.params.get("inputResponses", {})
        if not isinstance(responses, dict) or not all(isinstance(one, dict) for one in responses.values()):
            raise BadInput("`inputResponses` are an object of objects", pointer="/inputResponses")
        state = message.params.get("requestState")
        return Inputs(capabilities, responses, None if state is None else self._opened(state, message, caller, now))

    def asked(self, needed: InputRequired, message: Message, inputs: Inputs, caller: str, now: float) -> dict[str, Any]:
        """The result that asks, for what the client can do. Raises RpcError where it can do none of it."""
        requests = {name: dict(one) for name, one in needed.requests.items() if inputs.can(one["method"])}
        if needed.requests and not requests:
            missing: dict[str, Any] = {NEEDS[one["method"]]: {} for one in needed.requests.values()}
            raise RpcError(MISSING_CAPABILITY, "Missing required client capability", {"requiredCapabilities": missing})
        told: dict[str, Any] = {"inputRequests": requests} if requests else {}
        if needed.state is not None or not requests:
            told["requestState"] = self._sealed(needed.state, message, caller, now)
        return told

    def _sealed(self, state: Any, message: Message, caller: str, now: float) -> str:
        payload = json.dumps([state, int(now) + LASTS_SECONDS], ensure_ascii=False).encode()
        return f"{_text(payload)}.{_text(self._mark(payload, message, caller))}"

    def _opened(self, sealed: object, message: Message, caller: str, now: float) -> Any:
        try:
            if not isinstance(sealed, str) or len(sealed) > MOST_STATE:
                raise ValueError
            payload, _, mark = sealed.partition(".")
            raw = _bytes(payload)
            if not hmac.compare_digest(_bytes(mark), self._mark(raw, message, caller)):
                raise ValueError
            state, until = json.loads(raw)
        except (ValueError, binascii.Error):
            raise RpcError(INVALID_PARAMS, "`requestState` is not what was given for this request") from None
        if now >= until:
            raise RpcError(INVALID_PARAMS, "`requestState` is too old; begin anew without it")
        return state

    def _mark(self, payload: bytes, message: Message, caller: str) -> bytes:
        """Of everything that the state is good for: another argument, caller or tool is another request."""
        params = {name: message.params.get(name) for name in ("name", "uri", "arguments")}
        about = json.dumps([caller, message.method, params], sort_keys=True, ensure_ascii=False).encode()
        return hmac.digest(self._key, hashlib.sha256(about).digest() + payload, "sha256")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
