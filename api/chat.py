"""POST /api/chat: a question in Korean or English, answered from the data with its evidence. Asking does nothing; what
an answer proposed is done by POST /api/chat/confirm."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify
from pydantic import BaseModel, ConfigDict, Field

from lib import wiring
from lib.auth.confirmations import LAST_SECONDS, MOST_LENGTH
from lib.domain.access import Principal, may_act_as
from lib.domain.calendars import read_zone
from lib.domain.errors import BadInput, Conflict
from lib.mcp.core.actions import By, perform, told
from lib.mcp.core.assistant import Turn
from lib.web.body import read
from lib.web.guards import user
from lib.web.handler import make_app
from lib.web.noted import noted

app = make_app("chat")

MOST_TEXT = 20_000  # of it the first and the last 2 000 characters are read


class Said(BaseModel):
    """One turn of a conversation that the caller keeps itself."""

    model_config = ConfigDict(extra="ignore", strict=True)

    role: Literal["user", "assistant"]
    text: str = Field(default="", max_length=MOST_TEXT)
    intent: str | None = Field(default=None, max_length=40)
    entities: dict[str, Any] = Field(default={}, max_length=30)


class Named(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    id: str = Field(min_length=1, max_length=200)
    group: str | None = Field(default=None, max_length=200)
    tags: dict[str, str] = Field(default={}, max_length=50)
    metrics: list[str] = Field(default=[], max_length=500)


class Question(BaseModel):
    """`now` and `servers` are honoured with `dry_run` alone: a question is then read, and nothing is done."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: str = Field(max_length=MOST_TEXT)
    conversation: str | None = Field(default=None, max_length=40)
    locale: Literal["ko", "en"] | None = None
    history: list[Said] | None = Field(default=None, max_length=40)
    now: str | None = Field(default=None, max_length=40)
    servers: list[Named] | None = Field(default=None, max_length=2_000)
    dry_run: bool = False
    debug: bool = False


class Confirmed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(min_length=1, max_length=MOST_LENGTH)
    locale: Literal["ko", "en"] = "en"


@app.post("/api/chat")
@user("viewer", "chat")
def ask() -> Response:
    asked = read(Question)
    principal: Principal = g.principal
    turn = Turn(
        message=asked.message,
        who=principal.id,
        sight=principal.sight,
        may_act=may_act_as(principal, "operator"),
        locale=asked.locale,
        conversation=asked.conversation,
        history=None if asked.history is None else [_said(one) for one in asked.history],
        now=_moment(asked.now) if asked.dry_run else None,
        servers=[one.model_dump() for one in asked.servers] if asked.dry_run and asked.servers is not None else None,
        dry_run=asked.dry_run,
    )
    reply = wiring.services().assistant.reply(turn)
    if not asked.debug:
        reply["nlu"] = {name: value for name, value in reply["nlu"].items() if name != "explain"}
    return jsonify(reply)


@app.post("/api/chat/confirm")
@user("operator")
def confirm() -> Response:
    """What an answer proposed to whoever asks now is done, once. While nobody knows whether it was, nothing is."""
    asked = read(Confirmed)
    principal: Principal = g.principal
    services = wiring.services()
    kind, params = services.confirmations.read(asked.token, principal.id)
    if not services.storage.chats.first_use(asked.token, LAST_SECONDS):
        raise Conflict("this was confirmed already: ask again to do it once more")
    name = principal.email or principal.name or principal.id
    by = By(name, principal.sight, services.clock(), read_zone(services.settings.timezone), noted)
    done = perform(kind, params, services, by)
    return jsonify(told(kind, done, asked.locale, lambda *act: services.confirmations.sign(principal.id, *act)))


def _said(one: Said) -> dict[str, Any]:
    return {name: value for name, value in one.model_dump().items() if value is not None}


def _moment(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("`now` is ISO 8601 with an offset", pointer="/now") from None
    if moment.tzinfo is None:
        raise BadInput("`now` has no offset", pointer="/now")
    return text
