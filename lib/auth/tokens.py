"""Access tokens: short-lived JWTs that say who and which session; role and rights are asked of the store."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from lib.auth import jwt_form
from lib.domain.errors import Unauthenticated

SECONDS = 600
LEEWAY_SECONDS = 10
SHORTEST_SECRET = 32  # characters: HS256 wants a key no shorter than its hash (RFC 7518, 3.2)
ISSUER = "openmanager-vibe"
AUDIENCE = "openmanager-vibe:api"
_ALGORITHM = "HS256"
_REQUIRED = ("exp", "iat", "sub", "aud", "iss", "jti", "sid")


@dataclass(frozen=True, slots=True)
class Claims:
    account: str
    session: str


class AccessTokens:
    """Signs with the first secret and reads what any of them signed, so that secrets can be rotated with an overlap."""

    def __init__(self, *signing: str) -> None:
        if not signing or any(len(secret) < SHORTEST_SECRET for secret in signing):
            raise ValueError(f"access tokens need a secret of {SHORTEST_SECRET} characters or more")
        self._keys: Mapping[str, str] = {_key_id(secret): secret for secret in signing}
        self._newest = _key_id(signing[0])

    def issue(self, account: str, session: str) -> str:
        """A token for ten minutes."""
        import jwt

        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": account, "sid": session, "iat": now, "exp": now + SECONDS,
            "jti": secrets.token_hex(8),
        }  # fmt: skip
        return jwt.encode(claims, self._keys[self._newest], _ALGORITHM, headers={"kid": self._newest})

    def read(self, token: str) -> Claims:
        """What the token claims. Raises Unauthenticated unless one of our secrets signed it, for us, for now."""
        header, _ = jwt_form.read(token)
        import jwt

        try:
            # Only the key's name is believed before the signature is checked, and only if it is one of ours; which
            # algorithm it is checked with is never the token's to say.
            secret = self._keys.get(str(header.get("kid")))
            if secret is None:
                raise Unauthenticated("this access token was not signed here")
            claims = jwt.decode(
                token, secret, algorithms=[_ALGORITHM], audience=AUDIENCE, issuer=ISSUER, leeway=LEEWAY_SECONDS,
                options={"require": list(_REQUIRED), "strict_aud": True},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("this access token has expired; refresh it") from None
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise Unauthenticated("this access token is not valid") from None
        if jwt_form.lifetime(claims) > SECONDS or not isinstance(claims["sid"], str):
            raise Unauthenticated("this access token is not valid")
        return Claims(claims["sub"], claims["sid"])


def _key_id(secret: str) -> str:
    return hashlib.sha256(f"kid {secret}".encode()).hexdigest()[:8]
