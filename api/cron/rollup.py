"""GET /api/cron/rollup: compaction, roll-ups and retention."""

from __future__ import annotations

from flask import Response, jsonify

from lib import wiring
from lib.monitoring.rollup import roll_up
from lib.web.guards import cron
from lib.web.handler import make_app

app = make_app("rollup")


@app.get("/api/cron/rollup")
@cron
def rollup() -> Response:
    services = wiring.services()
    settings = services.settings
    return jsonify(roll_up(services.storage, settings.retention, settings.postgres_quota_mb * 1_000_000))
