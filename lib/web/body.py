"""The JSON body of a call as a pydantic model, refused with a pointer at every field that is wrong."""

from __future__ import annotations

from typing import Any

from flask import request
from pydantic import BaseModel, ValidationError

from lib import strict_json
from lib.domain.errors import BadInput, Unsupported
from lib.web import logs
from lib.web.handler import body_bytes


def read[Model: BaseModel](model: type[Model]) -> Model:
    """The body as this model. Raises BadInput that points at every field that is wrong."""
    if request.mimetype != "application/json":
        raise Unsupported("send `Content-Type: application/json`")
    document = strict_json.parse(body_bytes(request))
    if isinstance(document, dict):
        logs.conceal(*(text for name in ("password", "current") if isinstance(text := document.get(name), str)))
    return checked(model, document)


def checked[Model: BaseModel](model: type[Model], document: object, at: str = "") -> Model:
    """A document, or the piece of one that stands at this pointer, as the model. Raises BadInput like `read`."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = [
            {"pointer": at + "".join(f"/{place}" for place in one["loc"]), "detail": one["msg"]}
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise BadInput("the body is not what this call takes", errors=found) from None


def given(change: BaseModel) -> dict[str, Any]:
    """What was sent, null too; what was left out is not in it. Raises BadInput where that is nothing."""
    sent = {name: getattr(change, name) for name in change.model_fields_set}
    if not sent:
        raise BadInput("send at least one of " + ", ".join(type(change).model_fields), pointer="")
    return sent
