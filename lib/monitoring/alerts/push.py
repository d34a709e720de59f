"""Web push without a vendor: what a browser's push service must be sent so that only that browser can read it.

Encryption is RFC 8291 (aes128gcm of RFC 8188, one record), identification is VAPID, RFC 8292. Both are a few lines over
`cryptography`: docs/decisions/dependencies.md says why no package does it.
"""

from __future__ import annotations

import base64
import binascii
import os
from functools import cached_property
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MOST_CONTENT = 3_993  # what every push service takes: a body of 4096 bytes less header, tag and delimiter
POINT_BYTES = 65
AUTH_BYTES = 16
RECORD_SIZE = 4_096
TOKEN_SECONDS = 12 * 3_600  # RFC 8292 allows a day
_CURVE = ec.SECP256R1()
# The order of the curve's group: a private key is 1 to this less one.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def text_of(raw: bytes) -> str:
    """base64url without padding, as everything in web push is written."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text: str, length: int) -> bytes:
    """Raises ValueError for anything that is not exactly so many bytes."""
    try:
        raw = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url") from None
    if len(raw) != length:
        raise ValueError(f"not {length} bytes")
    return raw


def public_point(text: str) -> ec.EllipticCurvePublicKey:
    """A browser's `p256dh`. Raises ValueError when it is no point of P-256."""
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, bytes_of(text, POINT_BYTES))


def encrypt(
    content: bytes,
    p256dh: str,
    auth: str,
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message. `salt` and `sender` are made anew for each; tests give those of the RFC."""
    if len(content) > MOST_CONTENT:
        raise ValueError(f"more than {MOST_CONTENT} bytes")
    receiver = public_point(p256dh)
    salt = os.urandom(16) if salt is None else salt
    sender = ec.generate_private_key(_CURVE) if sender is None else sender
    mine, theirs = _point(sender.public_key()), _point(receiver)
    shared = sender.exchange(ec.ECDH(), receiver)
    secret = _derived(shared, bytes_of(auth, AUTH_BYTES), b"WebPush: info\0" + theirs + mine, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, content + b"\x02", None)  # 2: this is the last record
    return salt + RECORD_SIZE.to_bytes(4) + bytes([len(mine)]) + mine + sealed


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class PushKey:
    """Who we are to push services. A browser's subscription is bound to the public key it was made with."""

    def __init__(self, number: int, subject: str) -> None:
        self._private = ec.derive_private_key(number, _CURVE)
        self._subject = subject

    @classmethod
    def from_text(cls, text: str, subject: str) -> PushKey:
        """From the 32 bytes that web push tools write as base64url. Raises ValueError for what is no private key."""
        number = int.from_bytes(bytes_of(text, 32))
        if not 0 < number < _ORDER:
            raise ValueError("not a private key of P-256")
        return cls(number, subject)

    @classmethod
    def from_secret(cls, secret: str, subject: str) -> PushKey:
        """The key that a shared secret always gives: nothing more to be set up, and it changes with the secret."""
        raw = HKDF(hashes.SHA256(), 48, None, b"openmanager web push v1").derive(secret.encode())
        return cls(int.from_bytes(raw) % (_ORDER - 1) + 1, subject)

    @cached_property
    def public(self) -> str:
        """What the page subscribes with, as `applicationServerKey`."""
        return text_of(_point(self._private.public_key()))

    def authorization(self, endpoint: str, at: float) -> str:
        """The header that says who sends, for the push service of this address."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(at) + TOKEN_SECONDS, "sub": self._subject}
        return f"vapid t={jwt.encode(claims, self._private, algorithm='ES256')}, k={self.public}"
