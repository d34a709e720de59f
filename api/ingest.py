"""POST /api/ingest: samples, processes, errors and events of a server."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, after_this_request, g, jsonify, request

from lib import wiring
from lib.domain import strict_json
from lib.domain.errors import BadInput
from lib.monitoring.collectors import server_stats
from lib.monitoring.ingest import told
from lib.web.guards import agent
from lib.web.handler import after_answer, body_bytes, make_app

app = make_app("ingest")


@app.post("/api/ingest")
@agent("write")
def ingest() -> tuple[Response, int]:
    """The native format. 202 with what was taken, what was refused and why, and what the agent should do next."""
    services = wiring.services()
    principal = g.principal
    storage = services.storage
    now = services.clock() + storage.directory.contents().clock_ahead
    batch = server_stats.decode(strict_json.parse(body_bytes(request)), now)
    if batch.rejected and not batch.accepted and not any(share.extra for share in batch.shares):
        raise BadInput("none of the samples could be taken", errors=told(batch))
    answer = services.ingest.take(batch, principal.id, principal.sight)
    if answer.pokes:

        @after_this_request
        def poke(response: Response) -> Response:
            return after_answer(response, lambda: _poke(services, answer.pokes))

    return jsonify(answer.body), 202


def _poke(services: wiring.Services, paths: Sequence[str]) -> None:
    for path in paths:
        services.poke(path)
