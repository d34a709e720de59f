"""Somebody watches the watcher: what a hub that lives tells, and what one that lost its database cries for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lib.domain.errors import Unavailable
from lib.monitoring.sweep import EMERGENCY_AFTER_SECONDS
from tests.real_stores import Pair, ServicesFactory


@dataclass
class Receiver:
    url: str
    heard: list[tuple[str, str, Any]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody else's service: it notes (method, path, JSON) of what comes."""

    class Handler(BaseHTTPRequestHandler):
        def _note(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            heard.append((self.command, self.path, json.loads(self.rfile.read(length) or b"null")))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _note

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    heard = found.heard
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_hub_that_commits_says_so_once_a_minute(
    fresh_stores: Pair, make_services: ServicesFactory, receiver: Receiver
) -> None:
    services = make_services(fresh_stores, deadman_url=receiver.url + "/alive")
    for _ in range(3):
        services.sweeper.run()
    assert receiver.heard == [("GET", "/alive", None)]


def test_a_hub_without_its_database_cries_after_three_minutes_and_once_an_hour(
    fresh_stores: Pair, make_services: ServicesFactory, receiver: Receiver
) -> None:
    gone = replace(fresh_stores, database_url="postgresql://nobody@127.0.0.1:1/none")
    services = make_services(gone, emergency_webhook=receiver.url + "/cry")
    sweeper = services.sweeper
    with pytest.raises(Unavailable):
        sweeper.run()
    assert receiver.heard == []
    assert sweeper._failing_since is not None
    sweeper._failing_since -= EMERGENCY_AFTER_SECONDS  # as if it had begun three minutes ago
    for _ in range(3):
        with pytest.raises(Unavailable):
            sweeper.run()
    [(method, path, told)] = receiver.heard
    assert (method, path) == ("POST", "/cry")
    assert "cannot reach its database for 180 s" in told["text"]


def test_a_watcher_that_is_away_keeps_no_sweep_from_its_work(
    fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    services = make_services(fresh_stores, deadman_url="http://127.0.0.1:1/alive")
    assert services.sweeper.run().commits == 1
