"""What the assistant proposes is done only when it is confirmed: a signed token names the act, who may confirm it and
until when. Nothing is kept until then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lib.auth.signed import Signed
from lib.domain.errors import Forbidden

LAST_SECONDS = 600
MOST_LENGTH = 8_000


class Confirmations:
    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        refusal = "this confirmation is not one of ours, or was cut"
        self._signed = Signed(secret, b"openmanager confirmations v1", MOST_LENGTH, refusal)
        self._clock = clock

    def sign(self, who: str, kind: str, params: Mapping[str, Any]) -> str:
        return self._signed.write([who, kind, dict(params), int(self._clock()) + LAST_SECONDS])

    def read(self, token: str, who: str) -> tuple[str, dict[str, Any]]:
        """(kind, params). Raises Forbidden for one that is not ours, is somebody else's, or is over."""
        owner, kind, params, expires = self._signed.read(token)
        if owner != who:
            raise Forbidden("this confirmation was made for somebody else: ask again")
        if expires <= self._clock():
            raise Forbidden("this confirmation is older than ten minutes: ask again")
        return str(kind), dict(params)
