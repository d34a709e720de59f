"""GET /api/cron/sweep: fold what waits into truth. Called by whoever notices that it is due;
the lease keeps it to one."""

from __future__ import annotations

from flask import Response, after_this_request, jsonify

from lib import wiring
from lib.web.guards import cron
from lib.web.handler import after_answer, make_app

app = make_app("sweep")

_told: list[object] = []  # the settings whose clouds the roll-up has been woken for: it writes down which there are


@app.get("/api/cron/sweep")
@cron
def sweep() -> Response:
    services = wiring.services()
    run = services.sweeper.run()
    if run.owed:  # only then: a quiet sweep costs no query more
        run.delivered = services.notifier.run()
    if services.settings.clouds and services.settings not in _told:
        _told[:] = [services.settings]
        run.rollup_due = True
    if run.rollup_due:

        @after_this_request
        def poke(response: Response) -> Response:
            return after_answer(response, lambda: services.poke("/api/cron/rollup"))

    return jsonify(run.answer())
