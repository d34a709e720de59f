"""While the database is away people still see the fleet as it was last committed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

from lib.domain.errors import Unavailable
from lib.monitoring.queries import Queries
from lib.monitoring.snapshot import write
from lib.monitoring.state import FleetState, ServerState
from lib.storage.port import Storage


def away(*_: object) -> Any:
    raise Unavailable("Postgres does not answer")


def test_the_fleet_is_shown_from_the_copy_although_nobody_can_note_that_it_is_watched() -> None:
    body = write(7, 1_000.0, {"web-01": ServerState("web-01", heard_at=1_000.0)}, FleetState(), 60.0)
    copy = {"version": 7, "body": body, "swept_at": None, "now": 1_010.0, "fallback": True}
    storage = SimpleNamespace(billed=False, snapshot=lambda have: copy, queries=SimpleNamespace(watch=away))

    shown = Queries(cast(Storage, storage)).fleet({})

    assert shown.stale
    assert [server["id"] for server in json.loads(shown.text)["servers"]] == ["web-01"]
