"""/api/auth: signing in and out, who I am, the people, and the keys of agents and scripts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response, g, jsonify, request

from lib import wiring
from lib.auth import attempts
from lib.auth.accounts import SignIn, clean_email
from lib.auth.bodies import (
    Credentials,
    KeyChange,
    PasswordChange,
    Rotation,
    UserChange,
    WantedKey,
    WantedPassword,
    WantedUser,
)
from lib.domain.access import Principal
from lib.domain.errors import BadInput, Forbidden, Unauthenticated
from lib.monitoring import arrivals
from lib.web import addresses
from lib.web.body import given, read
from lib.web.browser import clear_refresh_cookie, refresh_cookie, refuse_foreign_pages, set_refresh_cookie
from lib.web.client import address_of
from lib.web.guards import sign_in, user
from lib.web.handler import make_app
from lib.web.noted import note, noted
from lib.web.query import whole

app = make_app("auth")
SCHEME = "Bearer"
MOST_FILTER = 300


@app.post("/api/auth/login")
@sign_in("login")
def login() -> Response:
    services = wiring.services()
    refuse_foreign_pages(request, services.settings.base_url)
    given = read(Credentials)
    try:
        with noted("sign_in"):
            signed_in = services.accounts.login(
                given.email, given.password, address=_address(), user_agent=request.headers.get("User-Agent", "")
            )
    except Unauthenticated:
        services.audit.add(note("sign_in_failed"), email=clean_email(given.email) or "")
        raise
    return _answer(signed_in)


@app.post("/api/auth/refresh")
@sign_in()
def refresh() -> Response:
    services = wiring.services()
    refuse_foreign_pages(request, services.settings.base_url)
    with noted("session_reused"):
        return _answer(services.accounts.refresh(refresh_cookie(request)))


@app.post("/api/auth/logout")
@sign_in()
def logout() -> Response:
    services = wiring.services()
    refuse_foreign_pages(request, services.settings.base_url)
    with noted("sign_out"):
        services.accounts.logout(refresh_cookie(request))
    response = Response(status=204)
    clear_refresh_cookie(response)
    return response


@app.get("/api/auth/me")
@user("viewer")
def me() -> Response:
    person = _person()
    return jsonify({
        "user": {
            "id": person.id, "email": person.email, "role": person.role, "name": person.name,
            "tags": list(person.tags) or None,
        }
    })  # fmt: skip


@app.post("/api/auth/password")
@user("viewer")
def change_password() -> tuple[str, int]:
    """My own. Every session but this one is over."""
    services = wiring.services()
    person = _person()
    given = read(PasswordChange)
    with noted("password_changed", "user", person.id):
        services.accounts.change_password(person, given.current, given.password, address=_address())
    return "", 204


@app.post("/api/auth/sessions/end")
@user("viewer")
def sign_out_everywhere() -> Response:
    person = _person()
    with noted("sessions_ended", "user", person.id):
        wiring.services().accounts.end_sessions(person.id)
    response = Response(status=204)
    clear_refresh_cookie(response)
    return response


@app.get("/api/auth/users")
@user("admin")
def users() -> Response:
    _person()
    return jsonify({"users": wiring.services().people.everybody()})


@app.post("/api/auth/users")
@user("admin")
def create_user() -> tuple[Response, int]:
    """201 with the account, and its password where it was generated: never shown again."""
    _person()
    wanted = read(WantedUser)
    with noted("user_added", "user", role=wanted.role, tags=wanted.tags):
        account, password = wiring.services().people.create(
            wanted.email, wanted.role, name=wanted.name, tags=wanted.tags, password=wanted.password
        )
    return jsonify({"user": account, "password": password}), 201


@app.patch("/api/auth/users/<user_id>")
@user("admin")
def change_user(user_id: str) -> Response:
    _person()
    changes = given(read(UserChange))
    with noted("user_changed", "user", user_id, **changes):
        return jsonify({"user": wiring.services().people.change(user_id, changes)})


@app.delete("/api/auth/users/<user_id>")
@user("admin")
def delete_user(user_id: str) -> tuple[str, int]:
    _person()
    with noted("user_removed", "user", user_id):
        wiring.services().people.delete(user_id)
    return "", 204


@app.post("/api/auth/users/<user_id>/password")
@user("admin")
def set_password(user_id: str) -> Response:
    """For somebody who lost theirs: given or generated. It ends their sessions."""
    _person()
    wanted = read(WantedPassword)
    with noted("password_changed", "user", user_id):
        return jsonify({"password": wiring.services().people.set_password(user_id, wanted.password)})


@app.post("/api/auth/users/<user_id>/sessions/end")
@user("admin")
def end_sessions(user_id: str) -> tuple[str, int]:
    _person()
    with noted("sessions_ended", "user", user_id):
        wiring.services().people.end_sessions(user_id)
    return "", 204


@app.get("/api/auth/keys")
@user("admin")
def keys() -> Response:
    _person()
    return jsonify({"keys": wiring.services().keyring.keys()})


@app.post("/api/auth/keys")
@user("admin")
def create_key() -> tuple[Response, int]:
    """201 with the key and its secret, which is never shown again."""
    person = _person()
    wanted = read(WantedKey)
    expires_at: datetime | None = wanted.expires_at
    detail = {name: value for name, value in wanted.model_dump(mode="json").items() if value and name != "name"}
    with noted("key_added", "key", **detail):
        key, secret = wiring.services().keyring.create(
            wanted.name,
            scopes=wanted.scopes,
            server=wanted.server,
            tags=wanted.tags,
            cidrs=wanted.cidrs,
            expires_at=None if expires_at is None else expires_at.timestamp(),
            created_by=person.id,
        )
    return jsonify({"key": key, "secret": secret}), 201


@app.patch("/api/auth/keys/<key_id>")
@user("admin")
def change_key(key_id: str) -> Response:
    _person()
    changes = given(read(KeyChange))
    if changes.get("expires_at") is not None:
        changes["expires_at"] = changes["expires_at"].timestamp()
    with noted("key_changed", "key", key_id, **changes):
        return jsonify({"key": wiring.services().keyring.change(key_id, changes)})


@app.post("/api/auth/keys/<key_id>/rotate")
@user("admin")
def rotate_key(key_id: str) -> tuple[Response, int]:
    """201 with the key and its new secret. The one until now stays good for the overlap."""
    _person()
    overlap = read(Rotation).overlap_seconds
    with noted("key_rotated", "key", key_id, overlap_seconds=overlap):
        key, secret = wiring.services().keyring.rotate(key_id, overlap)
    return jsonify({"key": key, "secret": secret}), 201


@app.get("/api/auth/keys/<key_id>/arrivals")
@user("admin")
def key_arrivals(key_id: str) -> Response:
    """What came by this key in the last minutes, or after a place in the stream; and who was refused."""
    _person()
    services = wiring.services()
    key = services.keyring.key(key_id)
    now = services.clock()
    found = arrivals.read(services.storage, key["id"], now, request.args.get("after"))
    refused = [arrivals.refusal_told(asdict(one), key) for one in attempts.recent(services.storage.refusals)]
    return jsonify({**found, "key": key, "refused": [one for one in refused if one is not None]})


@app.delete("/api/auth/keys/<key_id>")
@user("admin")
def revoke_key(key_id: str) -> tuple[str, int]:
    _person()
    with noted("key_revoked", "key", key_id):
        wiring.services().keyring.revoke(key_id)
    return "", 204


@app.get("/api/auth/audit")
@user("admin")
def audit() -> Response:
    """Who did what, newest first."""
    _person()
    before = whole("before", 0) or None
    filters = {name: request.args.get(name) for name in ("action", "actor")}
    for name, text in filters.items():
        if text is not None and not 0 < len(text) <= MOST_FILTER:
            raise BadInput(f"`{name}` has 1 to {MOST_FILTER} characters")
    return jsonify(wiring.services().audit.entries(most=whole("limit", 50), before=before, **filters))


@app.get("/api/auth/addresses")
@user("admin")
def address_lists() -> Response:
    """Who may come from where. They are settings of the environment, so they are shown here and changed there."""
    _person()
    return jsonify(addresses.shown(request, wiring.services().settings))


def _address() -> str | None:
    address = address_of(request, trusted_proxy=wiring.services().settings.trusted_proxy)
    return None if address is None else str(address)


def _answer(signed_in: SignIn) -> Response:
    body: dict[str, Any] = {
        "access_token": signed_in.access_token,
        "token_type": SCHEME,
        "expires_in": signed_in.expires_in,
        "user": signed_in.user,
    }
    response = jsonify(body)
    set_refresh_cookie(response, signed_in.refresh_token, signed_in.refresh_expires_at)
    return response


def _person() -> Principal:
    """Keys are nobody's hands: whatever their scopes, they deal neither with keys nor with people."""
    principal: Principal = g.principal
    if principal.kind != "user":
        raise Forbidden("a key cannot do this; sign in")
    return principal
