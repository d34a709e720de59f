"""GET /api/health: does the product do its job? 503 when it does not. /api/health/clouds: how reading clouds goes."""

from __future__ import annotations

from flask import Response, jsonify

from lib import wiring
from lib.monitoring.cloud_rounds import sources_told
from lib.web.guards import public, user
from lib.web.handler import make_app

app = make_app("health")


@app.get("/api/health")
@public
def health() -> tuple[Response, int]:
    """Also while both stores are away this answers, within two seconds, and says which."""
    report = wiring.services().health.report()
    return jsonify(report.body), 503 if report.is_down else 200


@app.get("/api/health/clouds")
@user("admin")
def clouds() -> Response:
    """Each source of each cloud account: when it was read, and what to do where it cannot be."""
    return jsonify({"sources": sources_told(wiring.services().storage.clouds)})
