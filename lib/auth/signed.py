"""Documents that go out and come back as they were: `<document>.<signature>`, fit for an address, nothing kept here.

Each purpose has a key of its own, derived from the secret that all instances share.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from lib.domain.errors import Forbidden


class Signed:
    """`refusal` is what somebody is told whose text is not ours, was changed, or is longer than any of ours."""

    def __init__(self, secret: str, purpose: bytes, most_length: int, refusal: str) -> None:
        self._key = hmac.new(secret.encode(), purpose, hashlib.sha256).digest()
        self._most_length = most_length
        self._refusal = refusal

    def write(self, document: Sequence[Any]) -> str:
        body = _text(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{body}.{_text(self._signature(body))}"

    def read(self, token: str) -> list[Any]:
        """The document. Raises Forbidden."""
        if len(token) > self._most_length or not token.isascii():
            raise self.refused()
        body, _, signature = token.partition(".")
        try:
            given = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise self.refused() from None
        if not hmac.compare_digest(given, self._signature(body)):
            raise self.refused()
        # Signed by us, so it has our form.
        return list(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))

    def refused(self) -> Forbidden:
        return Forbidden(self._refusal)

    def _signature(self, body: str) -> bytes:
        return hmac.new(self._key, body.encode(), hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
