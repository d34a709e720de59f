"""People who signed in at Supabase: who they are here, and what they may do, is our own table's to say.

An account with the token's e-mail address must exist and be enabled; a stranger with a good token is a stranger.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.auth.accounts import FRESH_SECONDS, MOST_KNOWN, clean_email
from lib.auth.supabase_tokens import SupabaseTokens
from lib.domain.access import Principal
from lib.domain.errors import Forbidden
from lib.storage.port import Access


@dataclass(frozen=True, slots=True)
class _Known:
    account: dict[str, Any] | None
    read_at: float


class SupabaseAccounts:
    """Thread-safe."""

    def __init__(
        self, tokens: SupabaseTokens, access: Access, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._tokens = tokens
        self._access = access
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def is_from_there(self, token: str) -> bool:
        return self._tokens.is_from_there(token)

    def principal(self, token: str) -> Principal:
        """Who this is here, with the role the account has now (at most 30 s ago). Raises Unauthenticated for a bad
        token, Forbidden for somebody without an account."""
        given = self._tokens.email(token)
        email = clean_email(given)
        # Supabase takes an address as it is: of two that we would write alike it may have given each to somebody else.
        if email is None or email != (given.lower() if given.isascii() else given):
            raise Forbidden("this e-mail address cannot be used here")
        account = self._account(email)
        if account is None:
            raise Forbidden("there is no account for this e-mail address here; an administrator can make one")
        return Principal(
            "user", account["id"], role=account["role"], name=account["name"], email=account["email"],
            tags=tuple(account["tags"] or ()),
        )  # fmt: skip

    def _account(self, email: str) -> dict[str, Any] | None:
        now = self._monotonic()
        known = self._known.get(email)
        if known is None or now - known.read_at >= FRESH_SECONDS:
            found = self._access.account_sign_in(email)["account"]
            account = {name: value for name, value in found.items() if name != "password"} if found else None
            known = _Known(account, now)
            with self._lock:
                self._known.pop(email, None)
                self._known[email] = known
                while len(self._known) > MOST_KNOWN:
                    del self._known[next(iter(self._known))]
        return known.account
