"""Supabase Auth's access tokens: whether one is good, and whose e-mail address it vouches for.

Which algorithm holds is the configuration's to say, never the token's: with the project's secret HS256, without it
ES256 by the keys that the project publishes. The header names at most a key (`kid`), looked up among those; addresses
in it (`jku`, `x5u`) and keys (`jwk`) are not looked at. Of the claims only those that the project itself sets are
read: what a user may write (`user_metadata`) says nothing here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from lib import strict_json
from lib.auth import jwt_form
from lib.domain.errors import BadInput, Unauthenticated, Unavailable

log = logging.getLogger(__name__)

AUDIENCE = "authenticated"
LEEWAY_SECONDS = 10
LONGEST_SECONDS = 7 * 86_400  # what a project may set at most
FRESH_SECONDS = 600.0  # as long as Supabase's own edge keeps the published keys
STALE_SECONDS = 3_600.0  # so long they are believed while the project does not answer
RETRY_SECONDS = 30.0  # tokens with invented key names make us ask no more often than this
SHORTEST_SECRET = 32
MOST_KEYS = 20
_REQUIRED = ["exp", "iat", "sub", "aud", "iss", "email"]

type Fetch = Callable[[str], tuple[int, bytes]]


class SupabaseTokens:
    """`issuer` is `<SUPABASE_URL>/auth/v1`; `fetch` gives (status, body) of an address."""

    def __init__(
        self,
        issuer: str,
        fetch: Fetch,
        *,
        secret: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if secret is not None and len(secret) < SHORTEST_SECRET:
            raise ValueError(f"the project's JWT secret has {SHORTEST_SECRET} characters or more")
        self._issuer = issuer
        self._secret = secret
        self._published = _PublishedKeys(f"{issuer}/.well-known/jwks.json", fetch, monotonic)

    def is_from_there(self, token: str) -> bool:
        """Whether a token says it is the project's. Only for choosing who checks it: nothing is checked here."""
        try:
            return bool(jwt_form.read(token)[1].get("iss") == self._issuer)
        except Unauthenticated:
            return False

    def email(self, token: str) -> str:
        """Whose token this is. Raises Unauthenticated unless the project signed it, for a signed-in user, for now;
        Unavailable when its keys cannot be had."""
        header, _ = jwt_form.read(token)
        import jwt

        algorithm = "HS256" if self._secret else "ES256"
        if header.get("alg") != algorithm:
            raise Unauthenticated("this access token is not signed the way this hub accepts")
        key = self._secret or self._published.key(header.get("kid"))
        try:
            claims = jwt.decode(
                token, key, algorithms=[algorithm], audience=AUDIENCE, issuer=self._issuer, leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED, "strict_aud": True},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("this access token has expired; refresh it") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise Unauthenticated("this access token is not valid") from None
        return _email(claims)


def _email(claims: jwt_form.Document) -> str:
    """A guest has an address of nobody's choosing, and a service's token is no person."""
    email = claims["email"]
    if claims.get("role") != "authenticated" or claims.get("is_anonymous") not in (None, False):
        raise Unauthenticated("this access token is not a signed-in user's")
    if jwt_form.lifetime(claims) > LONGEST_SECONDS or not isinstance(email, str) or not email:
        raise Unauthenticated("this access token is not valid")
    return email


class _PublishedKeys:
    def __init__(self, url: str, fetch: Fetch, monotonic: Callable[[], float]) -> None:
        self._url = url
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: Mapping[str, Any] = {}
        self._read_at = float("-inf")
        self._asked_at = float("-inf")
        self._lock = threading.Lock()

    def key(self, kid: object) -> Any:
        """The published key of this name."""
        if not isinstance(kid, str):
            raise Unauthenticated("this access token does not name its key")
        with self._lock:  # one asks, the others wait for the answer
            now = self._monotonic()
            is_fresh = now - self._read_at < FRESH_SECONDS and kid in self._keys
            if not is_fresh and now - self._asked_at >= RETRY_SECONDS:
                self._asked_at = now
                self._ask(now)
            if now - self._read_at >= STALE_SECONDS:
                raise Unavailable("Supabase's signing keys cannot be had", retry_after=RETRY_SECONDS)
            found = self._keys.get(kid)
        if found is None:
            raise Unauthenticated("this access token was signed with a key that is not (any longer) published")
        return found

    def _ask(self, now: float) -> None:
        """What cannot be had changes nothing: the keys that are known hold for an hour."""
        try:
            status, body = self._fetch(self._url)
            keys = _signing_keys(body) if status == 200 else {}
        except (Unavailable, BadInput) as error:
            log.warning("Supabase's signing keys cannot be had: %s", error)
            return
        if keys:
            self._keys, self._read_at = keys, now
        else:
            log.warning("Supabase publishes no signing key that can be used: HTTP %s, %s bytes", status, len(body))


def _signing_keys(body: bytes) -> dict[str, Any]:
    """The P-256 keys in a key set, by name. What else is in there is not for us."""
    import jwt

    document = strict_json.parse(body)
    listed = document.get("keys") if isinstance(document, dict) else None
    found = {}
    for one in listed[:MOST_KEYS] if isinstance(listed, list) else []:
        if not isinstance(one, dict) or not isinstance(one.get("kid"), str):
            continue
        # One with its private half in public is nobody's signature any more.
        if (one.get("kty"), one.get("crv")) != ("EC", "P-256") or "d" in one:
            continue
        if one.get("alg", "ES256") != "ES256" or one.get("use", "sig") != "sig":
            continue
        try:
            found[one["kid"]] = jwt.PyJWK(one, "ES256").key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
    return found
