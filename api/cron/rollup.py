"""GET /api/cron/rollup: clouds are asked; compaction, roll-ups, retention and forecasts; and secrets, after their key
was rotated."""

from __future__ import annotations

import time

from flask import Response, jsonify

from lib import wiring
from lib.domain.calendars import read_zone
from lib.monitoring.alerts.resealing import reseal
from lib.monitoring.cloud_rounds import RUN_SECONDS as CLOUD_SECONDS
from lib.monitoring.cloud_rounds import CloudRounds
from lib.monitoring.forecasts import RUN_SECONDS, forecast_fleet
from lib.monitoring.rollup import roll_up
from lib.web.guards import cron
from lib.web.handler import make_app

app = make_app("rollup")


@app.get("/api/cron/rollup")
@cron
def rollup() -> Response:
    services = wiring.services()
    settings = services.settings
    end = time.monotonic() + RUN_SECONDS
    rounds = CloudRounds(services.storage, services.ingest, services.door, settings.clouds, services.clock)
    clouds = rounds.run(time.monotonic() + CLOUD_SECONDS)
    rolled = roll_up(services.storage, settings.retention, settings.postgres_quota_mb * 1_000_000, end=end)
    answer = {
        **rolled,
        "clouds": clouds,
        "forecasts": forecast_fleet(services.storage, end, zone=read_zone(settings.timezone)),
    }
    if len(settings.encryption_keys) > 1:  # a rotation is under way
        answer["secrets"] = reseal(services.storage.deliveries, services.vault)
    return jsonify(answer)
