"""Every error as problem+json (RFC 9457), in one shape: `{type, title, status, detail, instance, errors?}`.

The catch-all lives here and nowhere else: what nobody foresaw is logged with its traceback and told as a plain 500.
"""

from __future__ import annotations

import json
import logging
import math
from http import HTTPStatus

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from lib.domain.errors import DomainError, Unavailable
from lib.web import logs

log = logging.getLogger(__name__)

STATUS = {
    "bad-input": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not-found": 404,
    "conflict": 409,
    "too-large": 413,
    "unsupported": 415,
    "throttled": 429,
    "unavailable": 503,
}
RETRY_SECONDS = 5  # for a store that is away: long enough to matter, short enough for a spool to drain soon


def answer_errors_as_problems(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    code: str = "about:blank",
    errors: list[dict[str, str]] | None = None,
    retry_after: float | None = None,
) -> Response:
    body: dict[str, object] = {
        "type": code, "title": title, "status": status, "detail": detail,
        "instance": logs.concealed(request.path), "request_id": g.get("request_id"),
    }  # fmt: skip
    if errors:
        body["errors"] = errors
    if request.path.startswith("/api/push/"):  # its callers were written for Uptime Kuma, and look for these
        body |= {"ok": False, "msg": detail}
    # What was sent may be quoted, also what cannot be written as UTF-8.
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    response = Response(text, status, mimetype="application/problem+json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    response.headers["Cache-Control"] = "no-store"
    return response


def _domain(error: DomainError) -> Response:
    status = STATUS.get(error.code, 500)
    retry_after = error.retry_after
    if isinstance(error, Unavailable):
        log.warning("%s %s: %s", request.method, _route(), error.detail)
        retry_after = retry_after or RETRY_SECONDS
    response = problem(
        status,
        error.title,
        error.detail,
        code=f"urn:openmanager:{error.code}",
        errors=error.errors,
        retry_after=retry_after,
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="openmanager"'
    return response


def _http(error: HTTPException) -> Response:
    """Werkzeug's own refusals: no such path, method not allowed, body too large."""
    status = error.code or 500
    phrase = HTTPStatus(status).phrase
    response = problem(status, phrase, error.description or phrase)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unforeseen(error: Exception) -> Response:
    log.error("%s %s failed", request.method, _route(), exc_info=error)
    return problem(
        500, "Internal error", "This is a fault of the product, not of the request; its log has the details."
    )


def _route() -> str:
    """The path's form, not the path: that may hold a secret (pings), and is whatever a stranger sends."""
    return str(request.url_rule) if request.url_rule is not None else "(no route)"
