"""The other end of web push: a browser with its keys, and what its push service looks at before it takes a message.

Written from RFC 8291 and RFC 8292 for the receiver's side; it shares no code with what sends.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.channels.receiver import Request

TOPIC = 32


def unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def padded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869) for up to one block."""
    return hmac.digest(key, info + b"\x01", hashlib.sha256)[:length]


class Browser:
    def __init__(self, private: ec.EllipticCurvePrivateKey | None = None, auth: bytes | None = None) -> None:
        self._private = private or ec.generate_private_key(ec.SECP256R1())
        self._auth = auth or secrets.token_bytes(16)
        self._public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, endpoint: str) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` gives it."""
        return {"endpoint": endpoint, "expirationTime": None, "keys": self.keys}

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": unpadded(self._public), "auth": unpadded(self._auth)}

    def decrypt(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size, "more than one record"
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._private.exchange(ec.ECDH(), other)
        mixed = hmac.digest(self._auth, shared, hashlib.sha256)
        secret = _expand(mixed, b"WebPush: info\x00" + self._public + sender, 32)
        key = hmac.digest(salt, secret, hashlib.sha256)
        content = AESGCM(_expand(key, b"Content-Encoding: aes128gcm\x00", 16)).decrypt(
            _expand(key, b"Content-Encoding: nonce\x00", 12), sealed, None
        )
        text, mark, padding = content.rpartition(b"\x02")
        assert mark, "no delimiter of the last record"
        assert not padding.strip(b"\x00")
        return text

    def read(self, request: Request) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.decrypt(request.body))
        return found


def checked(request: Request, origin: str, public_key: str, now: float | None = None) -> dict[str, Any]:
    """What a push service refuses otherwise: 400 for headers, 401 or 403 for who sends. Gives the token's claims."""
    now = time.time() if now is None else now
    assert request.headers["content-encoding"] == "aes128gcm"
    assert 0 <= int(request.headers["ttl"]) <= 2_419_200
    assert request.headers["urgency"] in ("very-low", "low", "normal", "high")
    topic = request.headers["topic"]
    assert 0 < len(topic) <= TOPIC
    assert all(one.isalnum() or one in "-_" for one in topic)
    assert len(request.body) <= 4_096
    scheme, _, rest = request.headers["authorization"].partition(" ")
    assert scheme == "vapid"
    given = dict(one.strip().split("=", 1) for one in rest.split(","))
    assert given["k"] == public_key, "not the key that was subscribed with"
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), padded(given["k"]))
    options: Any = {"verify_exp": False}
    claims: dict[str, Any] = jwt.decode(given["t"], key, algorithms=["ES256"], audience=origin, options=options)
    assert now < claims["exp"] <= now + 86_400
    assert claims["sub"].startswith(("mailto:", "https://"))
    return claims
