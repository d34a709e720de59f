"""The entry in the audit log that belongs to a request: who, from where, under which request id."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from flask import g, request

from lib import wiring
from lib.domain.audit import Note, noting
from lib.web.client import address_of


def note(action: str, kind: str | None = None, object_id: str | None = None, **detail: Any) -> Note:
    """`kind` and `object_id` name what it is done to; `detail` says what changed, never a secret."""
    principal = g.get("principal")
    address = address_of(request, trusted_proxy=wiring.services().settings.trusted_proxy)
    return Note(
        action,
        actor_kind=principal.kind if principal else "nobody",
        actor_id=principal.id if principal else "",
        object_kind=kind,
        object_id=object_id,
        address=None if address is None else str(address),
        request_id=g.get("request_id"),
        detail=detail,
    )


def noted(
    action: str, kind: str | None = None, object_id: str | None = None, **detail: Any
) -> AbstractContextManager[Note]:
    """The change made within is recorded with it, in one transaction, or neither takes place."""
    return noting(note(action, kind, object_id, **detail))
