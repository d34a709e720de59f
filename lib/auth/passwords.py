"""Passwords: argon2id at 19 MiB, two passes, one lane, and the same cost for people who do not exist."""

from __future__ import annotations

import functools
import secrets
import threading
import unicodedata
from typing import TYPE_CHECKING

from lib.domain.errors import BadInput, Throttled

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 10, 200
AT_ONCE = 4  # verifications side by side: each takes 19 MiB and most of a core
PATIENCE_SECONDS = 3.0

# Of a password nobody kept, with the parameters of `_hasher`: what an unknown e-mail address is checked against.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$vB9t39BiU0uAIcBK05KEfQ$yqpiDqWE8MfOR/myMMdcn5zYQR4mFXpTHadfHnO3ldE"

_GENERATED = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_slots = threading.BoundedSemaphore(AT_ONCE)


@functools.cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, Type

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


def hash_of(password: str) -> str:
    """The password's hash in PHC form. Raises BadInput for one that may not be chosen."""
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise BadInput(f"a password has {SHORTEST} to {LONGEST} characters", pointer="/password")
    return _hasher().hash(text)


def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password. False, after as long a time, when there is none (`stored` None).

    Raises Throttled when too many are being checked already.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    if not _slots.acquire(timeout=PATIENCE_SECONDS):
        raise Throttled("many people sign in at this moment; try again in a few seconds", retry_after=PATIENCE_SECONDS)
    try:
        _hasher().verify(stored or NOBODY, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _slots.release()
    return stored is not None


def generated() -> str:
    """A password to be shown once: 20 characters in four groups, 100 bits."""
    return "-".join("".join(secrets.choice(_GENERATED) for _ in range(5)) for _ in range(4))


def _normal(password: str) -> str:
    # Keyboards differ in how they compose characters (RFC 8265 asks for NFC; NFKC also folds full-width forms, which
    # Korean and Japanese input methods produce by accident).
    return unicodedata.normalize("NFKC", password)
