"""The hub is killed while the real Prometheus writes to it, for as many rounds as an hour has, and is started again:
Prometheus' own queue and log bring every one of them.

Its clock cannot be set, so the rounds are a second apart instead of ten: 360 of them, of a real node_exporter's some
hundred series, are what an hour brings. An hour by the clock is in tests/crash/test_hub_away.py.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.local.dev_process import Dev
from tests.protocols.live_hub import Kernel
from tests.protocols.prometheus_process import configuration, free_port, node_exporter, own_metric, prometheus

ROUNDS = 360
PLACES = 12  # a slot of ten seconds has at most eleven rounds: none covers another
NAME = "queued"
EMAIL, PASSWORD = "queue@example.org", secrets.token_urlsafe(24)


class Rounds:
    """A page that tells each time it is asked how often it was, under one of twelve names in turn."""

    def __init__(self) -> None:
        self.count = 0
        outer = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.count += 1
                text = f'round{{place="{outer.count % PLACES}"}} {outer.count}\nrounds_total {outer.count}\n'
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, count: int) -> None:
        until = time.monotonic() + 5 * ROUNDS
        while self.count < count:
            assert time.monotonic() < until, self.count
            time.sleep(0.2)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Hub:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.start(0)
        _, key = self._dev.ask("POST", "/api/auth/keys", {"name": "queue"}, **self._bearer)
        self.key, self.port = str(key["secret"]), self._dev.port

    def start(self, port: int) -> None:
        settings = {"OPENMANAGER_ADMIN_EMAIL": EMAIL, "OPENMANAGER_ADMIN_PASSWORD": PASSWORD}
        self._dev = Dev(self._folder / "data", port=port, **settings).ready()
        self._bearer = {"Authorization": self._dev.sign_in(EMAIL, PASSWORD)}

    def kill(self) -> None:
        self._dev.process.kill()
        self._dev.process.wait()

    def series(self, metrics: list[str], since: float, until: float) -> dict[str, dict[int, float]]:
        query = f"metrics={','.join(metrics)}&from={since:.0f}&to={until:.0f}&points=1000"
        status, told = self._dev.ask("GET", f"/api/servers/{NAME}/series?{query}", **self._bearer)
        assert status == 200, told
        return {
            metric: {t: v for t, v in zip(found["t"], found["avg"], strict=True) if v is not None}
            for metric, found in told["series"].items()
        }

    def rounds(self, since: float) -> set[int]:
        """Which rounds are stored."""
        names = [f"prom.round:{place}" for place in range(PLACES)]
        return {int(value) for found in self.series(names, since, time.time() + 1).values() for value in found.values()}

    def close(self) -> None:
        self._dev.stop()
        self._dev.close()


@contextmanager
def a_hub() -> Iterator[Hub]:
    folder = Path(tempfile.mkdtemp(prefix="openmanager-queue-")).resolve()
    folder.chmod(0o711)  # the stores run as another user where root starts them
    hub: Hub | None = None
    try:
        hub = Hub(folder)
        yield hub
    finally:
        if hub is not None:
            hub.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.long
def test_what_an_hour_brings_waits_in_prometheus_own_queue(tmp_path: Path) -> None:
    rounds, began = Rounds(), time.time()
    exporter = free_port()
    with a_hub() as hub, node_exporter(tmp_path, exporter):
        targets = {f"{NAME}:9100": exporter, f"{NAME}:8080": rounds.port}
        with prometheus(tmp_path, configuration(hub.port, hub.key, targets, "1s")) as own:
            rounds.wait(20)
            hub.kill()
            away, first, kernel = time.time(), rounds.count, Kernel()
            rounds.wait(first + ROUNDS)
            assert own_metric(own, "prometheus_remote_storage_samples_pending") > 0
            hub.start(hub.port)
            last, back, busy = rounds.count, time.time(), kernel.told()["cpu"]
            until = time.monotonic() + 180
            while max(hub.rounds(began)) < last + 20:
                assert time.monotonic() < until, (max(hub.rounds(began)), last)
                time.sleep(2)
            assert own_metric(own, "prometheus_remote_storage_samples_failed_total") == 0
            assert own_metric(own, "prometheus_remote_storage_samples_dropped_total") == 0
            assert own_metric(own, "prometheus_remote_storage_samples_retried_total") > 0
            taken = own_metric(own, "prometheus_remote_storage_samples_total")
        known = hub.rounds(began)
        assert sorted(set(range(1, last + 1)) - known) == []
        found = hub.series(["prom.rounds_total", "cpu", "memory"], away + 15, back)
    rounds.close()
    assert taken > ROUNDS * 500, "of a real exporter"
    slots = range(int(away) // 10 * 10 + 20, int(back) // 10 * 10, 10)
    for metric, told in found.items():
        assert [at for at in slots if at not in told] == [], metric
    rates = list(found["prom.rounds_total"].values())
    assert min(rates) > 0, "also over the moments at which the hub went and came"
    assert sum(rates) / len(rates) == pytest.approx((last - first) / (back - away), rel=0.1)
    assert sum(found["cpu"].values()) / len(found["cpu"]) == pytest.approx(busy, abs=15), "one second of each ten"
