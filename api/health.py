"""GET /api/health: does the product do its job? 503 when it does not."""

from __future__ import annotations

from flask import Response, jsonify

from lib import wiring
from lib.web.guards import public
from lib.web.handler import make_app

app = make_app("health")


@app.get("/api/health")
@public
def health() -> tuple[Response, int]:
    """Also while both stores are away this answers, within two seconds, and says which."""
    report = wiring.services().health.report()
    return jsonify(report.body), 503 if report.is_down else 200
