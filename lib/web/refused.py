"""Remembers why a sender was refused, once the answer is on its way: the page for adding servers tells it."""

from __future__ import annotations

from flask import Flask, Response, g, request

from lib import wiring
from lib.auth import attempts
from lib.auth.attempts import Attempt, Refused
from lib.web import logs
from lib.web.client import address_of
from lib.web.handler import after_answer


def attempt() -> Attempt:
    """The attempt that this request is."""
    found: Attempt = g.setdefault("attempt", Attempt())
    return found


def client() -> str | None:
    """What the sender calls itself, without what stands in brackets."""
    told = request.headers.get("User-Agent", "").partition("(")[0]
    return "".join(one for one in told if one.isprintable()).strip()[: attempts.CLIENT_CHARACTERS] or None


def remember_refusals(app: Flask) -> None:
    """Of this function. To be called last: then it sees a refusal before it is put into a protocol's own form."""
    app.after_request(_remember)


def _remember(response: Response) -> Response:
    known: Attempt | None = g.get("attempt")
    reason = attempts.reason_of(known, response.status_code) if known else None
    if known is None or reason is None:
        return response
    services = wiring.services()
    address = address_of(request, trusted_proxy=services.settings.trusted_proxy)
    refused = Refused(
        at=services.clock(),
        reason=reason,
        status=response.status_code,
        path=str(request.url_rule),
        detail=logs.concealed(known.kept_nothing or _detail(response))[: attempts.DETAIL_CHARACTERS],
        address=None if address is None else str(address),
        client=client(),
        key=known.hint,
        key_id=known.key_id,
        off=known.off,
        names=list(known.names)[: attempts.MOST_NAMES],
    )
    store, local, billed = services.storage.refusals, services.limits.local, services.storage.billed
    return after_answer(response, lambda: attempts.note(store, local, refused, billed=billed))


def _detail(response: Response) -> str:
    problem = response.get_json() if response.mimetype == "application/problem+json" else {}
    whole = str(problem.get("detail", ""))
    first = next((str(one["detail"]) for one in problem.get("errors", ())), "")
    return f"{whole}: {first}" if first and first not in whole else whole
