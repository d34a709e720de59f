"""POST /api/mcp: the Model Context Protocol, streamable HTTP without streams and without sessions, every revision from
2025-03-26 to 2026-07-28. /.well-known/oauth-protected-resource: where tokens for it come from (RFC 9728)."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, g, jsonify, request

from lib import wiring
from lib.domain.errors import Unsupported
from lib.domain.limits import RateClass
from lib.mcp.protocol.house import House
from lib.web import limits
from lib.web.browser import refuse_foreign_origin
from lib.web.guards import public, user
from lib.web.handler import body_bytes, make_app
from lib.web.noted import noted

app = make_app("mcp")
PATH = "/api/mcp"
WELL_KNOWN = "/.well-known/oauth-protected-resource"


@app.before_request
def only_own_pages() -> None:
    """Before anybody is asked who they are: a page elsewhere is not to learn even that."""
    refuse_foreign_origin(request, wiring.services().settings.base_url)


@app.post(PATH)
@user("viewer", "read")
def answer() -> Response:
    """One message, or a batch where the revision has them. Whatever it asks for is a read until a tool acts."""
    if request.mimetype != "application/json":
        raise Unsupported("send `Content-Type: application/json`")
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    told = wiring.services().protocol.answer(body_bytes(request), headers, _house())
    if told.body is None:
        return Response(status=told.status)
    response = jsonify(told.body)
    response.status_code = told.status
    return response


@app.get(WELL_KNOWN)
@app.get(WELL_KNOWN + PATH)
@public
def resource_metadata() -> Response:
    """A key or an access token of the hub is sent as a bearer. Who else issues tokens is told where somebody does."""
    settings = wiring.services().settings
    told: dict[str, Any] = {
        "resource": _base() + PATH,
        "resource_name": "OpenManager Vibe",
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read", "act"],
    }
    if settings.supabase_auth_url:
        told["authorization_servers"] = [settings.supabase_auth_url]
    return jsonify(told)


@app.after_request
def challenge(response: Response) -> Response:
    """RFC 9728, 5.1: a client without credentials learns where to ask for some."""
    if response.status_code == 401:
        where = _base() + WELL_KNOWN + PATH
        response.headers["WWW-Authenticate"] = f'Bearer realm="openmanager", resource_metadata="{where}", scope="read"'
    return response


def _house() -> House:
    services = wiring.services()
    return House(services, g.principal, _base(), time.time(), noted, _count)


def _count(rate_class: RateClass) -> None:
    limits.count(rate_class, g.principal)


def _base() -> str:
    return wiring.services().settings.base_url or request.host_url.rstrip("/")
