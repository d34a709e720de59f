"""What the assistant proposes is done only when it is confirmed: a signed token names the act, who may confirm it and
until when. Nothing is kept until then.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from lib.domain.errors import Forbidden

LAST_SECONDS = 600
MOST_LENGTH = 8_000
_PURPOSE = b"openmanager confirmations v1"


class Confirmations:
    """Signs and reads with a key of its own, derived from the secret that all instances share."""

    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        self._key = hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()
        self._clock = clock

    def sign(self, who: str, kind: str, params: Mapping[str, Any]) -> str:
        document = [who, kind, dict(params), int(self._clock()) + LAST_SECONDS]
        body = _text(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{body}.{_text(self._signature(body))}"

    def read(self, token: str, who: str) -> tuple[str, dict[str, Any]]:
        """(kind, params). Raises Forbidden for one that is not ours, is somebody else's, or is over."""
        if len(token) > MOST_LENGTH or not token.isascii():
            raise _refused()
        body, _, signature = token.partition(".")
        try:
            given = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _refused() from None
        if not hmac.compare_digest(given, self._signature(body)):
            raise _refused()
        # Signed by us, so it has our form.
        owner, kind, params, expires = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if owner != who:
            raise Forbidden("this confirmation was made for somebody else: ask again")
        if expires <= self._clock():
            raise Forbidden("this confirmation is older than ten minutes: ask again")
        return str(kind), dict(params)

    def _signature(self, body: str) -> bytes:
        return hmac.new(self._key, body.encode(), hashlib.sha256).digest()


def _refused() -> Forbidden:
    return Forbidden("this confirmation is not one of ours, or was cut")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
