"""/api/status: what an admin made public, as JSON and as badges, and the making public itself."""

from __future__ import annotations

from flask import Response, jsonify, request

from lib import wiring
from lib.domain.errors import BadInput
from lib.monitoring.public_status import ComponentChange, WantedComponent
from lib.web.badge import WORDS, badge
from lib.web.body import given, read
from lib.web.guards import public, user
from lib.web.handler import make_app
from lib.web.noted import noted

app = make_app("status")

CACHED = "public, max-age=15, s-maxage=30, stale-while-revalidate=300, stale-if-error=900"


@app.get("/api/status")
@public
def status() -> Response:
    return _cached(jsonify(wiring.services().public_status.page()))


@app.get("/api/status/badge/<component>.svg")
@public
def status_badge(component: str) -> Response:
    """Of one component, or of `all`."""
    locale = request.args.get("locale", "en")
    if locale not in WORDS:
        raise BadInput("`locale` is one of " + ", ".join(WORDS))
    name, state = wiring.services().public_status.one(component)
    return _cached(Response(badge(name, state, locale), mimetype="image/svg+xml"))


@app.get("/api/status/components")
@user("admin")
def components() -> Response:
    return jsonify(wiring.services().public_status.components())


@app.post("/api/status/components")
@user("admin")
def create_component() -> tuple[Response, int]:
    wanted = read(WantedComponent)
    with noted("component_added", "component", name=wanted.name, of=f"{wanted.kind} {wanted.target}"):
        made = wiring.services().public_status.create(wanted)
    return jsonify({"component": made}), 201


@app.patch("/api/status/components/<component>")
@user("admin")
def change_component(component: str) -> Response:
    changes = given(read(ComponentChange))
    with noted("component_changed", "component", component, **changes):
        return jsonify({"component": wiring.services().public_status.change(component, changes)})


@app.delete("/api/status/components/<component>")
@user("admin")
def delete_component(component: str) -> tuple[str, int]:
    with noted("component_removed", "component", component):
        wiring.services().public_status.delete(component)
    return "", 204


def _cached(response: Response) -> Response:
    """Kept near its readers; pages elsewhere may show it."""
    response.headers["Cache-Control"] = CACHED
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
