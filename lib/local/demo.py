"""`OPENMANAGER_DEMO=1`: posts what a made-up fleet would measure, a week back and then live, as real agents would.

Everything goes through POST /api/ingest with a key of its own; nothing is written past the product.
"""

from __future__ import annotations

import http.client
import json
import logging
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.domain.errors import DomainError, NotFound
from lib.local.agent import KeyRevoked, agent_key
from lib.local.demo_fleet import DAY, FLEET, HOUR, MINUTE, Host, errors, events, facts, processes, sample

if TYPE_CHECKING:
    from lib.wiring import Services

log = logging.getLogger(__name__)

KEY_NAME = "demo fleet (make dev)"
SAMPLE_SECONDS = 10
HISTORY = 7 * DAY - 10 * MINUTE  # what ingest takes is a week; sending it takes a while
RECENT = 8 * HOUR
FIRST_SILENCE = 25 * MINUTE
PROCESSES_EVERY = 5 * MINUTE
SAMPLES_A_POST = 1_000
TIMEOUT_SECONDS = 30.0


def start_demo(services: Services, port: int, key_file: Path, running: ExitStack) -> None:
    """Start the fleet; `running` ends it. Without a key there is no fleet, and the reason is said."""
    fleet = DemoFleet(services, port, key_file)
    try:
        fleet.start()
    except (KeyRevoked, DomainError) as error:
        log.warning("the demo fleet is not started: %s", error)
        return
    running.callback(fleet.stop)


class DemoFleet:
    """Sends in a thread of its own until stopped. A hub that does not answer is sent the rest later."""

    def __init__(self, services: Services, port: int, key_file: Path) -> None:
        self._services = services
        self._port = port
        self._key_file = key_file
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-fleet", daemon=True)
        self._post_every = SAMPLE_SECONDS
        self._told_of_processes: dict[str, int] = {}
        self._connection: http.client.HTTPConnection | None = None

    def start(self) -> None:
        """Raises Unavailable, or KeyRevoked when somebody took the demo's key away."""
        agent_key(self._services.keyring, self._key_file, KEY_NAME)
        self._key = self._key_file.read_text(encoding="utf-8").strip()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        now = int(time.time())
        began, sent = self._known(now)
        new = [host for host in FLEET if host.name not in sent]
        for host in FLEET:
            if host in new:
                # The silent one is heard of once, and never again.
                until = now - FIRST_SILENCE if host.trait == "silent" else now
                sent[host.name] = self._send(host, now - RECENT, until, began)
            elif host.trait != "silent":
                sent[host.name] = self._send(host, sent[host.name], now, began)
        for host in new:  # what people look at first is there: now the rest of the week
            self._send(host, now - HISTORY, now - RECENT, began)
        while not self._stopping.wait(1.0):
            for turn, host in enumerate(FLEET):
                now = int(time.time()) - turn * SAMPLE_SECONDS // len(FLEET)
                if host.trait != "silent" and now - sent[host.name] >= self._post_every:
                    sent[host.name] = self._send(host, sent[host.name], now, began)

    def _known(self, now: int) -> tuple[int, dict[str, int]]:
        """When the demo began, and until when each server was heard: a second start goes on where the first ended."""
        began, sent = now, {}
        for host in FLEET:
            try:
                known = self._services.queries.server(host.name)
            except NotFound:
                continue
            began = min(began, int(known["first_seen_epoch"]))
            sent[host.name] = max(now - HISTORY, int(known["last_seen_epoch"] or began))
        return began, sent

    def _send(self, host: Host, since: int, until: int, anchor: int) -> int:
        """Tell what happened in (since, until]; gives until when the hub has it."""
        times = _times(since, until)
        for first in range(0, len(times), SAMPLES_A_POST):
            chunk = times[first : first + SAMPLES_A_POST]
            document: dict[str, Any] = {
                "server": host.name,
                "samples": [sample(host, at, anchor) for at in chunk],
                "errors": errors(host, since + 1, chunk[-1] + 1),
                "events": events(host, since + 1, chunk[-1] + 1),
            }
            if until - self._told_of_processes.get(host.name, 0) >= PROCESSES_EVERY:
                document["host"] = facts(host, until)
                document["processes"] = processes(host, until)
                self._told_of_processes[host.name] = until
            if self._stopping.is_set() or not self._post(document):
                return since
            since = chunk[-1]
        return since

    def _post(self, document: dict[str, Any]) -> bool:
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        self._connection = None
        try:
            connection.request("POST", "/api/ingest", body=body, headers=headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            log.debug("the demo fleet's post failed: %s: %s", type(error).__name__, error)
            return False
        self._connection = connection
        if response.status != 202:
            log.warning("the demo fleet's post was refused (%s): %s", response.status, str(answer)[:300])
            return False
        self._post_every = max(SAMPLE_SECONDS, int(answer["next"]["post_every"]))
        return True


def _times(since: int, until: int, now: float | None = None) -> list[int]:
    """When samples are taken in (since, until]: the older the sparser. Five minutes are enough for last week."""
    now = time.time() if now is None else now
    times = []
    at = since - since % SAMPLE_SECONDS + SAMPLE_SECONDS
    while at <= until:
        age = now - at
        step = SAMPLE_SECONDS if age < HOUR else MINUTE if age < RECENT else 5 * MINUTE
        if at % step == 0:
            times.append(at)
        at += SAMPLE_SECONDS
    return times
