"""Secrets that the product must be able to read again (of channels and webhooks), sealed before Postgres sees them.

Fernet: AES-128-CBC with HMAC-SHA256, from `cryptography`. What only has to be recognised again (passwords, keys,
refresh tokens) is hashed instead and never comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from lib.domain.errors import Unavailable

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class Vault:
    """Seals under the first key and opens what any of them sealed, so that keys can be rotated with an overlap. Without
    keys it can be made, and says what is missing when it is used."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises Unavailable when none of the keys opens it: the key is gone, or somebody changed what was stored."""
        return self._tried(sealed, self._fernet.decrypt).decode()

    def reseal(self, sealed: str) -> str:
        """The same secret under the newest key. Once all are, the older keys can go."""
        return self._tried(sealed, self._fernet.rotate).decode()

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key opens it, so that there is nothing to reseal."""
        from cryptography.fernet import Fernet, InvalidToken

        self._tried(sealed, self._fernet.decrypt)
        try:
            Fernet(self._keys[0]).decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def _tried(self, sealed: str, use: Callable[[str], bytes]) -> bytes:
        from cryptography.fernet import InvalidToken

        try:
            return use(sealed)
        except (InvalidToken, ValueError) as error:
            raise Unavailable(
                "a stored secret cannot be opened with the keys in OPENMANAGER_ENCRYPTION_KEYS; set it anew"
            ) from error

    @cached_property
    def _fernet(self) -> MultiFernet:
        if not self._keys:
            raise Unavailable(
                "secrets cannot be stored: OPENMANAGER_ENCRYPTION_KEYS is not set;"
                " `openssl rand -base64 32 | tr '+/' '-_'` makes a key"
            )
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(key) for key in self._keys])
