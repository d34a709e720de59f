"""Who may pass. Every route wears exactly one of these; a route without one answers 500.

`agent` lets keys in, `user` people (and keys whose scopes amount to their role), `cron` the clock, `public` everybody,
`sign_in` everybody from where people may sign in. Before any of them the address is looked at. Whoever passed is
`g.principal`.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from typing import Any, Literal

from flask import after_this_request, g, request

from lib import wiring
from lib.auth import agent_keys
from lib.domain.access import Principal, Role, Scope, may_act_as
from lib.domain.errors import Forbidden, NotFound, Throttled, Unauthenticated
from lib.domain.limits import RateClass
from lib.web import limits, logs
from lib.web.addresses import Audience, refuse_unwelcome
from lib.web.client import address_of, is_within
from lib.web.handler import after_answer
from lib.web.refused import attempt

type View = Callable[..., Any]
MOST_PING_ID = 100  # characters


def agent(scope: Scope, refusal: limits.Refusal = Throttled) -> Callable[[View], View]:
    """A key with this scope, from an address it is bound to. `refusal` is what too many posts are told."""
    return _guard(f"agent:{scope}", lambda: _agent(scope), "agent", refusal)


def user(role: Role, limit: RateClass | None = None) -> Callable[[View], View]:
    """A person of this role or a higher one, or a key with the scope that amounts to it. Counted as `limit`, else as a
    read or a write by the request's method."""
    return _guard(f"user:{role}", lambda: _user(role), limit)


def cron(view: View) -> View:
    """The clock: `Authorization: Bearer $CRON_SECRET`."""
    return _guard("cron", _cron, "unlimited")(view)


def public(view: View) -> View:
    """Everybody. Said aloud, so that it is never an oversight."""
    return _guard("public", lambda: _welcome("everybody"))(view)


def pinged(view: View) -> View:
    """Whoever knows the address of a check: `g.principal` is the check. Where the address holds a key that may write,
    as `/ping/<key>/<slug>` does, it is the key. Counted like an agent, by check or key."""
    return _guard("public", _pinged, "agent")(view)


def sign_in(limit: RateClass | None = None) -> Callable[[View], View]:
    """Everybody, from an address that people may come from: they are about to say who they are."""
    return _guard("public", lambda: _welcome("users"), limit)


def _welcome(audience: Audience) -> None:
    settings = wiring.services().settings
    logs.know(settings)
    refuse_unwelcome(request, settings, audience)


def _guard(
    name: str,
    check: Callable[[], Principal | None],
    limit: RateClass | Literal["unlimited"] | None = None,
    refusal: limits.Refusal = Throttled,
) -> Callable[[View], View]:
    def wear(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.principal = check()
            if limit != "unlimited":
                limits.count(limit or limits.usual_class(), g.principal, refusal)
            return view(*args, **kwargs)

        guarded.guard = name  # type: ignore[attr-defined] # read by the app and by the test of the access matrix
        return guarded

    return wear


def _agent(scope: Scope) -> Principal:
    attempt()  # begins here
    _welcome("keys")
    return _scoped_key(_agents_credential(), scope)


def _scoped_key(secret: str, scope: Scope) -> Principal:
    """Notes how far the sender comes, for whoever wonders why nothing arrives."""
    tried = attempt()
    tried.tried(secret)
    principal = _key(secret)
    tried.stage = "scope"
    if scope not in principal.scopes:
        raise Forbidden(f"this key may not {scope}: it was made for {', '.join(principal.scopes) or 'nothing'}")
    tried.stage = "body"
    return principal


def _user(role: Role) -> Principal:
    _welcome("everybody")  # before anything is said about what was sent
    credential = _credential()
    is_key = credential.startswith(agent_keys.PREFIX)
    _welcome("keys" if is_key else "users")
    principal = _key(credential) if is_key else _person(credential)
    if not may_act_as(principal, role):
        raise Forbidden(f"this needs the role {role}")
    return principal


def _person(token: str) -> Principal:
    services = wiring.services()
    # What a token says of itself only chooses who checks it, each by its own issuer, keys and algorithm.
    if services.supabase and services.supabase.is_from_there(token):
        return services.supabase.principal(token)
    return services.accounts.principal(token)


def _cron() -> Principal:
    _welcome("cron")
    secret = wiring.services().settings.cron_secret
    if not secret or not hmac.compare_digest(_credential().encode(), secret.encode()):
        raise Unauthenticated("the cron secret is missing or wrong")
    return Principal("cron", "cron")


def _pinged() -> Principal:
    _welcome("keys")  # jobs run where agents do
    ping_id = str((request.view_args or {}).get("ping_id", ""))
    logs.conceal(ping_id)
    if ping_id.startswith(agent_keys.PREFIX):
        try:
            return _scoped_key(ping_id, "write")
        except Unauthenticated:
            raise NotFound("not found") from None  # as Healthchecks says of every key or slug that it does not know
    check = wiring.services().storage.directory.check(ping_id) if len(ping_id) <= MOST_PING_ID else None
    if check is None:
        raise NotFound("there is no check with this address: it was deleted, or a character was lost")
    return Principal("check", check)


def _credential() -> str:
    given = request.headers.get("Authorization", "")
    scheme, _, credential = given.partition(" ")
    if scheme.lower() in {"bearer", "token"} and credential.strip():
        return credential.strip()
    key = request.headers.get("X-API-Key", "").strip()
    if key:
        return key
    raise Unauthenticated("send `Authorization: Bearer <key or token>`")


def _agents_credential() -> str:
    """As agents of other makers can send a key: besides `Bearer` also as the password or the user of Basic, in other
    headers, or in the address, where nothing else can be set."""
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        return basic.password or basic.username or ""
    for name in ("Api-Key", "X-Auth-Token"):
        if given := request.headers.get(name, "").strip():
            return given
    if "Authorization" not in request.headers and "X-API-Key" not in request.headers:
        for name in ("token", "p"):  # `u` and `p` are InfluxDB's
            if given := request.args.get(name, "").strip():
                logs.conceal(given)
                return given
    return _credential()


def _key(secret: str) -> Principal:
    if not agent_keys.is_well_formed(secret):
        raise Unauthenticated("this is no key of ours: its form or its checksum is wrong, perhaps a character was lost")
    services = wiring.services()
    key = services.storage.directory.key(agent_keys.hash_of(secret))
    if key is None:
        raise Unauthenticated("this key is not known here: it was revoked, has expired, or belongs to another hub")
    tried = attempt()
    tried.stage, tried.key_id = "network", key.id
    if key.cidrs and not is_within(address_of(request, trusted_proxy=services.settings.trusted_proxy), key.cidrs):
        raise Forbidden("this key may not be used from this address")
    if services.keyring.is_note_due(key.id):
        after_this_request(lambda response: after_answer(response, lambda: services.keyring.note(key.id)))
    return Principal("key", key.id, scopes=key.scopes, server=key.server, tags=key.tags)
