"""Keys for agents and scripts: `omv_live_`, 32 random base62 characters and their CRC32, so that a typo is refused
before any store is asked, and secret scanners know one when they see it. Only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field

PREFIX = "omv_live_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM = 32
_CHECKSUM = 6
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECKSUM}}}")


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A key at the only moment its secret is known."""

    secret: str = field(repr=False)
    secret_hash: str
    prefix: str
    last4: str


def mint() -> MintedKey:
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    secret = f"{PREFIX}{body}{_checksum(body)}"
    return MintedKey(secret, hash_of(secret), secret[: len(PREFIX) + 4], secret[-4:])


def is_well_formed(secret: str) -> bool:
    """Whether this may be a key at all. False for a typo; no store is needed to tell."""
    if not _FORM.fullmatch(secret):
        return False
    body = secret[len(PREFIX) : -_CHECKSUM]
    return secret[-_CHECKSUM:] == _checksum(body)


def hash_of(secret: str) -> str:
    """SHA-256 in hex. Keys hold 190 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(body: str) -> str:
    rest = zlib.crc32((PREFIX + body).encode())
    digits = ""
    for _ in range(_CHECKSUM):
        rest, digit = divmod(rest, 62)
        digits = _ALPHABET[digit] + digits
    return digits
