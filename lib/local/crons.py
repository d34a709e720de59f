"""The clock: GETs the cron paths with the secret, as the platform does, only more often than Hobby's once a day."""

from __future__ import annotations

import http.client
import json
import logging
import threading
import time

log = logging.getLogger(__name__)

SWEEP_SECONDS = 5.0
ROLLUP_SECONDS = 600.0
TIMEOUT_SECONDS = 60.0  # the functions' own maxDuration


class CronLoop:
    """Sweeps every few seconds; rolls up every ten minutes and whenever a sweep says that it is due."""

    def __init__(self, port: int, secret: str, *, sweep_every: float = SWEEP_SECONDS) -> None:
        self._port = port
        self._secret = secret
        self._sweep_every = sweep_every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-crons", daemon=True)
        self._rollup: threading.Thread | None = None
        self._failing: set[str] = set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Does not wait for a call that is under way: the server's end cuts it, and both paths may be repeated."""
        self._stopping.set()

    def _run(self) -> None:
        rolled_at = float("-inf")
        while not self._stopping.is_set():
            answer = self._call("/api/cron/sweep")
            if answer.get("rollup_due") or time.monotonic() - rolled_at >= ROLLUP_SECONDS:
                rolled_at = time.monotonic()
                self._start_rollup()
            self._stopping.wait(self._sweep_every)

    def _start_rollup(self) -> None:
        """In a thread of its own, as it is a function of its own on the platform: a long one holds up no sweep."""
        if self._rollup is None or not self._rollup.is_alive():
            arguments = ("/api/cron/rollup",)
            self._rollup = threading.Thread(target=self._call, args=arguments, name="local-rollup", daemon=True)
            self._rollup.start()

    def _call(self, path: str) -> dict[str, object]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self._secret}"})
            response = connection.getresponse()
            body = json.loads(response.read())
            if response.status == 200 and isinstance(body, dict):
                self._failing.discard(path)
                return body
            trouble = f"{response.status}: {str(body)[:300]}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            trouble = f"{type(error).__name__}: {error}"
        finally:
            connection.close()
        if path not in self._failing and not self._stopping.is_set():
            self._failing.add(path)  # say it once, not every five seconds
            log.warning("GET %s failed: %s", path, trouble)
        return {}
