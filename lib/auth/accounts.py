"""Signing in, staying signed in, signing out: who a request comes from, as the store knows it now."""

from __future__ import annotations

import logging
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lib.auth import passwords, sessions
from lib.auth.delays import Delays
from lib.auth.limiter import LocalLimits
from lib.auth.sessions import GRACE_SECONDS, IDLE_SECONDS, MOST_SECONDS, RefreshToken, RefreshTokens
from lib.auth.tokens import SECONDS, AccessTokens
from lib.domain.access import Principal
from lib.domain.audit import Note, noting
from lib.domain.errors import BadInput, Conflict, Forbidden, NotFound, Throttled, Unauthenticated, Unavailable
from lib.storage.port import Access

log = logging.getLogger(__name__)

FRESH_SECONDS = 30.0  # so long an account is believed to be what it was
STALE_SECONDS = 60.0  # and so long while the store does not answer
RETRY_SECONDS = 5.0
MOST_KNOWN = 2_000
MOST_EMAIL = 254

# The same words whatever was wrong: which e-mail addresses have accounts is nobody's business.
_REFUSED = "the e-mail address or the password is wrong"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a browser is given: an access token for its memory and a refresh token for its cookie."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str = field(repr=False)
    refresh_expires_at: float
    user: dict[str, Any]


@dataclass(slots=True)
class _Known:
    account: dict[str, Any] | None
    read_at: float
    ask_at: float


class Accounts:
    """Thread-safe. `first_admin` is (e-mail, password) from the environment: made at the first sign-in ever."""

    def __init__(
        self,
        access: Access,
        secret: str,
        *,
        first_admin: tuple[str, str] | None = None,
        delays: Delays | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._tokens = AccessTokens(secret)
        self._refresh_tokens = RefreshTokens(secret)
        self._first_admin = first_admin
        self._delays = delays or Delays(LocalLimits())
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def ensure_first_admin(self, email: str, password: str | None = None) -> str | None:
        """Create the first account, unless there is one. Gives the password if it had to be generated, else None."""
        if self._access.account_any():
            return None
        address = _email(email)
        chosen = password or passwords.generated()
        with noting(Note("user_added", object_kind="user", detail={"role": "admin", "first": True})):
            created = self._access.account_first(address, address.partition("@")[0], passwords.hash_of(chosen))
        return chosen if created and not password else None

    def login(self, email: str, password: str, *, address: str | None = None, user_agent: str = "") -> SignIn:
        """Raises Unauthenticated for a wrong password and for an account that is not there, after the same time;
        Throttled, without looking at the password, after too many failures."""
        name = clean_email(email) or email[:MOST_EMAIL]
        wait = self._delays.admit(name, address)
        if wait > 0:
            raise Throttled("too many failed attempts to sign in; wait a little", retry_after=wait)
        account = self._account(name)
        if not passwords.matches(password, account["password"] if account else None) or account is None:
            raise Unauthenticated(_REFUSED)
        self._delays.forgive(name, address)
        token = self._refresh_tokens.first()
        expires_at = self._access.session_open({
            "session": token.session, "account": account["id"], "epoch": account["session_epoch"], "hash": token.hash,
            "user_agent": _plain(user_agent), "idle_seconds": IDLE_SECONDS,
        })  # fmt: skip
        if expires_at is None:
            raise Unauthenticated(_REFUSED)
        return self._signed_in(account, token, expires_at)

    def refresh(self, refresh_token: str) -> SignIn:
        """The next pair of tokens. Raises Unauthenticated when the session is over, and when an old token comes again:
        then somebody else has it, and the session is over for both."""
        token = _refresh_token(refresh_token)
        following = self._refresh_tokens.following(token)
        answer = self._access.session_rotate({
            "session": token.session, "hash": token.hash, "next": following.hash,
            "grace_seconds": GRACE_SECONDS, "idle_seconds": IDLE_SECONDS, "most_seconds": MOST_SECONDS,
        })  # fmt: skip
        if answer["outcome"] in {"rotated", "repeated"}:
            return self._signed_in(answer["account"], following, answer["expires_at"])
        self._forget(token.session)
        if answer["outcome"] == "reused":
            log.warning("session %s was ended: an old refresh token came again", token.session)
        raise Unauthenticated("this session is over; sign in again")

    def logout(self, refresh_token: str) -> None:
        """End the session. One that is over already, or never was, is no error."""
        token = sessions.read(refresh_token)
        if token:
            self._access.session_close(token.session, token.hash)
            self._forget(token.session)

    def principal(self, access_token: str) -> Principal:
        """Whose token this is, with the role the account has now (at most 30 s ago; 60 s while the store is away)."""
        claims = self._tokens.read(access_token)
        account = self._session_account(claims.session)
        if account is None or account["id"] != claims.account:
            raise Unauthenticated("this session is over; sign in again")
        return Principal(
            "user", account["id"], role=account["role"], name=account["name"], email=account["email"],
            tags=tuple(account["tags"] or ()), session=claims.session,
        )  # fmt: skip

    def change_password(self, person: Principal, current: str, password: str, *, address: str | None = None) -> None:
        """Ends every session but the one asked from. Raises Forbidden for a wrong current password, Throttled after too
        many, and Conflict when somebody else changed the account meanwhile."""
        wait = self._delays.admit(person.email, address)
        if wait > 0:
            raise Throttled("too many wrong passwords; wait a little", retry_after=wait)
        account = self._access.account_sign_in(person.email)["account"]
        known = account["password"] if account and account["id"] == person.id else None
        if not passwords.matches(current, known) or account is None:
            raise Forbidden("the current password is wrong", pointer="/current")
        self._delays.forgive(person.email, address)
        chosen = passwords.hash_of(password)
        if self._access.account_password(person.id, chosen, account["session_epoch"], person.session) is None:
            raise Conflict("the account was changed at the same moment; sign in again")
        self.forget_account(person.id)

    def end_sessions(self, account: str) -> None:
        """Sign an account out everywhere. Raises NotFound."""
        if not self._access.sessions_end(account):
            raise NotFound("there is no such account")
        self.forget_account(account)

    def forget_account(self, account: str) -> None:
        """Ask the store again about this account's sessions: here at once, elsewhere within half a minute."""
        with self._lock:
            for session in [
                one for one, known in self._known.items() if known.account and known.account["id"] == account
            ]:
                del self._known[session]

    def _account(self, email: str) -> dict[str, Any] | None:
        found = self._access.account_sign_in(email)
        if not found["any"]:
            self._make_first_admin()
            found = self._access.account_sign_in(email)
        account: dict[str, Any] | None = found["account"]
        return account

    def _make_first_admin(self) -> None:
        if not self._first_admin:
            raise Unavailable(
                "nobody has an account yet: set OPENMANAGER_ADMIN_EMAIL and OPENMANAGER_ADMIN_PASSWORD", retry_after=60
            )
        try:
            self.ensure_first_admin(*self._first_admin)
        except BadInput as error:
            raise Unavailable(f"OPENMANAGER_ADMIN_EMAIL or _PASSWORD cannot be used: {error}", retry_after=60) from None

    def _signed_in(self, account: dict[str, Any], refresh_token: RefreshToken, expires_at: float) -> SignIn:
        now = self._monotonic()
        known = {name: value for name, value in account.items() if name != "password"}
        self._remember(refresh_token.session, _Known(known, now, now + FRESH_SECONDS))
        return SignIn(
            access_token=self._tokens.issue(account["id"], refresh_token.session),
            expires_in=SECONDS,
            refresh_token=refresh_token.text,
            refresh_expires_at=expires_at,
            user={name: account[name] for name in ("id", "email", "role", "name", "tags")},
        )

    def _session_account(self, session: str) -> dict[str, Any] | None:
        now = self._monotonic()
        known = self._known.get(session)
        if known and now < known.ask_at:
            return known.account
        try:
            account = self._access.session_account(session)
        except Unavailable:
            if known is None or now - known.read_at >= STALE_SECONDS:
                raise
            known.ask_at = min(now + RETRY_SECONDS, known.read_at + STALE_SECONDS)
            return known.account
        # Dated before the question: the answer may be as old as that.
        self._remember(session, _Known(account, now, now + FRESH_SECONDS))
        return account

    def _remember(self, session: str, known: _Known) -> None:
        with self._lock:
            self._known.pop(session, None)
            self._known[session] = known
            while len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]

    def _forget(self, session: str) -> None:
        with self._lock:
            self._known.pop(session, None)


def clean_email(text: str) -> str | None:
    """The address in the one form it is kept in (NFKC, trimmed, lower case), or None when it can be none."""
    email = unicodedata.normalize("NFKC", text).strip().lower()
    local, at, domain = email.rpartition("@")
    if not (local and at and domain) or len(email) > MOST_EMAIL or not email.isprintable() or " " in email:
        return None
    return email


def _email(text: str) -> str:
    email = clean_email(text)
    if email is None:
        raise BadInput("this is no e-mail address", pointer="/email")
    return email


def _refresh_token(text: str) -> RefreshToken:
    token = sessions.read(text)
    if token is None:
        raise Unauthenticated("there is no session here; sign in")
    return token


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:200]
