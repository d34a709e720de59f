"""Refresh tokens: opaque to the browser, used once, kept as a hash; a family of them is one session.

The next token of a family is computed from the one before and a secret, not drawn. So two tabs that send the same
token at the same moment are given the same next one, and so is a browser whose first answer was lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import uuid
from dataclasses import dataclass, field

IDLE_SECONDS = 14 * 86_400
MOST_SECONDS = 90 * 86_400
GRACE_SECONDS = 10
_FORM = re.compile(r"omvr_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class RefreshToken:
    session: str  # the family's id, a UUID
    text: str = field(repr=False)

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class RefreshTokens:
    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"openmanager refresh tokens", "sha256")

    def first(self) -> RefreshToken:
        """The first token of a new family."""
        return _token(uuid.uuid4(), secrets.token_bytes(32))

    def following(self, token: RefreshToken) -> RefreshToken:
        """The one and only successor of a token."""
        return _token(uuid.UUID(token.session), hmac.digest(self._key, token.text.encode(), "sha256"))


def read(text: str) -> RefreshToken | None:
    """The token, if it has the form of one; no store is needed to tell."""
    found = _FORM.fullmatch(text)
    return RefreshToken(str(uuid.UUID(found[1])), text) if found else None


def _token(session: uuid.UUID, random: bytes) -> RefreshToken:
    return RefreshToken(str(session), f"omvr_{session.hex}_{base64.urlsafe_b64encode(random).rstrip(b'=').decode()}")
