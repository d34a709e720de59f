"""What a hub that cannot take anything says at the doors: come back, and never what makes a sender drop what it has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from werkzeug.test import TestResponse

from lib import wiring
from lib.domain.limits import POLICIES, Claim
from lib.monitoring.collectors import PROTOCOLS
from tests.protocols.hostile import Door, doors
from tests.real_stores import ServicesFactory, migrated_template, temporary_stores

type Knock = tuple[Door, bytes]


class Hub:
    def __init__(self, services: wiring.Services, running: ExitStack) -> None:
        self.services, self._running = services, running
        _, self._secret = services.keyring.create("senders", scopes=("write",))
        services.storage.directory._read_at = None

    def lose_its_stores(self) -> None:
        self._running.close()

    def take(self, door: Door, body: bytes) -> TestResponse:
        from api.ingest import app

        headers = {"Content-Type": door.media_type, "Authorization": f"Bearer {self._secret}"}
        return app.test_client(use_cookies=False).open(door.path, method=door.method, data=body, headers=headers)

    def kept(self) -> list[Knock]:
        """What is kept, of what is known to come at the doors."""
        found = []
        for door in doors(int(time.time())):
            for body in door.bodies:
                before = self.services.storage.redis.commands
                status = self.take(door, body).status_code
                if status < 300 and self.services.storage.redis.commands > before:
                    found.append((door, body))
        return found


@pytest.fixture
def hub() -> Iterator[Hub]:
    factory = ServicesFactory()
    with ExitStack() as running:
        pair = migrated_template(running.enter_context(temporary_stores()))
        try:
            yield Hub(factory(pair, install=True), running)
        finally:
            factory.close()


def test_while_the_stores_are_away_and_when_it_is_too_much(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    knocks = hub.kept()
    without = {"GET /ping", "GET /health", "GET /query", "POST /query", "GET /api/v2/status"}
    paths = {path for those in PROTOCOLS.values() for path in those if not path.startswith("DELETE")} - without
    reached = {f"{door.method} {door.path}" for door, _ in knocks}
    told = {path.replace("<path:grouping>", "YS9i/instance/a") for path in paths if not path.endswith("traces")}
    assert told <= reached, "each door that keeps anything"
    (key,) = hub.services.keyring.keys()
    hub.lose_its_stores()
    for door, body in knocks:
        answer = hub.take(door, body)
        assert (answer.status_code, door.path) == (503, door.path)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    stands = time.monotonic()
    monkeypatch.setattr(hub.services.limits.local, "_monotonic", lambda: stands)  # nothing comes back meanwhile
    claim = [Claim(f"agent key {key['id']}", POLICIES["agent"])]
    while hub.services.limits.local.take(claim)[0].admitted:
        pass
    for door, body in knocks:
        answer = hub.take(door, body)
        is_ours = door.path == "/api/ingest"
        assert (answer.status_code, door.path) == (429 if is_ours else 503, door.path), "429 makes Prometheus drop it"
        assert "RateLimit" in answer.headers, "it is the limit that speaks"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
