"""/api/auth: signing in and out, who I am, the people, and the keys of agents and scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, g, jsonify, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from lib import wiring
from lib.auth.accounts import SignIn
from lib.auth.keyring import MOST_OVERLAP_SECONDS, OVERLAP_SECONDS
from lib.domain import strict_json
from lib.domain.access import Principal
from lib.domain.errors import BadInput, Forbidden, Unsupported
from lib.web import addresses, logs
from lib.web.browser import clear_refresh_cookie, refresh_cookie, refuse_foreign_pages, set_refresh_cookie
from lib.web.client import address_of
from lib.web.guards import sign_in, user
from lib.web.handler import body_bytes, make_app

app = make_app("auth")
SCHEME = "Bearer"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Credentials(_Body):
    email: str = Field(min_length=1, max_length=1_000)
    password: str = Field(min_length=1, max_length=1_000)


class WantedKey(_Body):
    name: str = Field(max_length=200)
    scopes: list[str] = Field(default=["write"], max_length=10)
    server: str | None = Field(default=None, max_length=400)
    tags: list[str] | None = Field(default=None, max_length=100)
    cidrs: list[str] = Field(default=[], max_length=100)
    expires_at: AwareDatetime | None = Field(default=None, strict=False)


class KeyChange(_Body):
    name: str = Field(default="", max_length=200)
    tags: list[str] | None = Field(default=None, max_length=100)
    cidrs: list[str] = Field(default=[], max_length=100)
    expires_at: AwareDatetime | None = Field(default=None, strict=False)


class Rotation(_Body):
    overlap_seconds: int = Field(default=OVERLAP_SECONDS, ge=0, le=MOST_OVERLAP_SECONDS)


class WantedUser(_Body):
    email: str = Field(max_length=1_000)
    role: str = Field(max_length=20)
    name: str = Field(default="", max_length=200)
    tags: list[str] | None = Field(default=None, max_length=100)
    password: str | None = Field(default=None, min_length=1, max_length=1_000)


class UserChange(_Body):
    name: str = Field(default="", max_length=200)
    role: str = Field(default="", max_length=20)
    tags: list[str] | None = Field(default=None, max_length=100)
    disabled: bool = False


class WantedPassword(_Body):
    password: str | None = Field(default=None, min_length=1, max_length=1_000)


class PasswordChange(_Body):
    current: str = Field(min_length=1, max_length=1_000)
    password: str = Field(min_length=1, max_length=1_000)


@app.post("/api/auth/login")
@sign_in("login")
def login() -> Response:
    services = wiring.services()
    refuse_foreign_pages(request, services.settings.base_url)
    given = read(Credentials)
    signed_in = services.accounts.login(
        given.email, given.password, address=_address(), user_agent=request.headers.get("User-Agent", "")
    )
    return _answer(signed_in)


@app.post("/api/auth/refresh")
@sign_in()
def refresh() -> Response:
    services = wiring.services()
    refuse_foreign_pages(request, services.settings.base_url)
    return _answer(services.accounts.refresh(refresh_cookie(request)))


@app.post("/api/auth/logout")
@sign_in()
def logout() -> Response:
    services = wiring.services()
    refuse_foreign_pages(request, services.settings.base_url)
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
    services.accounts.change_password(person, given.current, given.password, address=_address())
    return "", 204


@app.post("/api/auth/sessions/end")
@user("viewer")
def sign_out_everywhere() -> Response:
    wiring.services().accounts.end_sessions(_person().id)
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
    account, password = wiring.services().people.create(
        wanted.email, wanted.role, name=wanted.name, tags=wanted.tags, password=wanted.password
    )
    return jsonify({"user": account, "password": password}), 201


@app.patch("/api/auth/users/<user_id>")
@user("admin")
def change_user(user_id: str) -> Response:
    _person()
    return jsonify({"user": wiring.services().people.change(user_id, _given(read(UserChange)))})


@app.delete("/api/auth/users/<user_id>")
@user("admin")
def delete_user(user_id: str) -> tuple[str, int]:
    _person()
    wiring.services().people.delete(user_id)
    return "", 204


@app.post("/api/auth/users/<user_id>/password")
@user("admin")
def set_password(user_id: str) -> Response:
    """For somebody who lost theirs: given or generated. It ends their sessions."""
    _person()
    return jsonify({"password": wiring.services().people.set_password(user_id, read(WantedPassword).password)})


@app.post("/api/auth/users/<user_id>/sessions/end")
@user("admin")
def end_sessions(user_id: str) -> tuple[str, int]:
    _person()
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
    changes = _given(read(KeyChange))
    if changes.get("expires_at") is not None:
        changes["expires_at"] = changes["expires_at"].timestamp()
    return jsonify({"key": wiring.services().keyring.change(key_id, changes)})


@app.post("/api/auth/keys/<key_id>/rotate")
@user("admin")
def rotate_key(key_id: str) -> tuple[Response, int]:
    """201 with the key and its new secret. The one until now stays good for the overlap."""
    _person()
    key, secret = wiring.services().keyring.rotate(key_id, read(Rotation).overlap_seconds)
    return jsonify({"key": key, "secret": secret}), 201


@app.delete("/api/auth/keys/<key_id>")
@user("admin")
def revoke_key(key_id: str) -> tuple[str, int]:
    _person()
    wiring.services().keyring.revoke(key_id)
    return "", 204


@app.get("/api/auth/addresses")
@user("admin")
def address_lists() -> Response:
    """Who may come from where. They are settings of the environment, so they are shown here and changed there."""
    _person()
    return jsonify(addresses.shown(request, wiring.services().settings))


def read[Model: _Body](model: type[Model]) -> Model:
    """The body as this model. Raises BadInput that points at every field that is wrong."""
    if request.mimetype != "application/json":
        raise Unsupported("send `Content-Type: application/json`")
    document = strict_json.parse(body_bytes(request))
    if isinstance(document, dict):
        logs.conceal(*(text for name in ("password", "current") if isinstance(text := document.get(name), str)))
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = [
            {"pointer": "".join(f"/{place}" for place in one["loc"]), "detail": one["msg"]}
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise BadInput("the body is not what this call takes", errors=found) from None


def _given(change: _Body) -> dict[str, Any]:
    """What was sent, null too; what was left out is not in it. Raises BadInput where that is nothing."""
    given = {name: getattr(change, name) for name in change.model_fields_set}
    if not given:
        raise BadInput("send at least one of " + ", ".join(type(change).model_fields), pointer="")
    return given


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
