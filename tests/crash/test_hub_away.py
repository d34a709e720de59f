"""The hub is killed and away for an hour, by everybody's clock: afterwards nothing is missing, and nobody was alarmed.

How the hour passes in seconds: the hub runs as `make dev` does, but with its clock an hour behind (shifted_hub.py). It
is killed; the senders, whose clocks can be set, live through 360 rounds of ten seconds; then it is started again over
the same data with the right clock. The agent is our own, with its real spool and its real HTTP: it meets a port where
nobody listens, and for the hour's second half one that answers 503. Prometheus' clock cannot be set; what stands for it
here keeps its queue in two connections, of which one lags behind, and writes with protobuf's own encoder. The real one
is in tests/protocols/test_prometheus_queue.py.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.crash.agent_process import load, value_at
from tests.local.dev_process import Dev, of_this
from tests.protocols.debian_packages import unpacked
from tests.protocols.prompb import Series, one

HOUR, ROUND = 3_600, 10
EMAIL, PASSWORD = "away@example.org", secrets.token_urlsafe(24)
BUSY = (900, 2_400)  # seconds of the hour in which both machines are so busy that a rule speaks of it
SLOT = 10
LAG = 40  # rounds that Prometheus' second connection is behind its first
RECEIVED = 125_000.0  # bytes a second


class Clock:
    """Everybody's but the hub's: `ahead` of the right time, negative while the hour lies before us. Stands still while
    a round is taken."""

    def __init__(self) -> None:
        self.ahead = float(-HOUR)
        self.began_away = 0.0
        self._held: float | None = None

    def wall(self) -> float:
        return time.time() + self.ahead if self._held is None else self._held

    def mono(self) -> float:
        return time.monotonic() + self.ahead + 2 * HOUR

    @contextlib.contextmanager
    def standing(self) -> Iterator[int]:
        self._held = self.wall()
        yield round(self._held)
        self._held = None

    def cpu(self, at: float) -> float:
        """Percent: a function of the time, so that what is stored can be checked against when it is stored."""
        away = at - self.began_away
        return 95.0 + at % 40 / 10 if self.began_away and BUSY[0] <= away < BUSY[1] else 10.0 + at % 300 / 10


class OurAgent:
    """The real agent on a machine made of arithmetic, driven by hand instead of by its threads."""

    name = "by-our-agent"

    def __init__(self, clock: Clock, url: str, key: str, folder: Path) -> None:
        agent = load()
        self.taken: dict[int, dict[str, float]] = {}
        outer = self

        class Arithmetic(agent.Machine):  # type: ignore[misc, name-defined]
            def sample(self, moment: float) -> dict[str, float]:
                at = round(clock.wall())
                outer.taken[at] = {"cpu": clock.cpu(at), "memory": 40 + at % 50 / 10, "load1": value_at(at) / 100}
                return outer.taken[at]

            def processes(self, moment: float) -> list[Any]:
                return []

            def killed_for_memory(self) -> None:
                return None

            def boot_id(self) -> str:
                return "one"

            def facts(self) -> dict[str, Any]:
                return {"cores": 2}

        options = argparse.Namespace(name=self.name, group="", tags={}, log=[], journal=False)
        self._spool = agent.Spool(str(folder))
        self._clock = clock
        hub = agent.Hub(url, lambda: key, timeout=5.0)
        self._agent = agent.Agent(Arithmetic(), self._spool, hub, options, clock.mono, clock.wall)

    def round(self) -> None:
        with self._clock.standing() as at:
            if at not in self.taken:
                self._agent.tick()

    def send(self) -> None:
        self._agent.sender.step()

    def waiting(self) -> int:
        return int(self._spool._one("select (select count(*) from rows) + (select count(*) from posts)"))

    def close(self) -> None:
        self._spool.close()


class Prometheus:
    """What its queue does: every request in order, in each of two connections, and again until it is taken."""

    name = "by-prometheus"

    def __init__(self, clock: Clock, port: int, key: str) -> None:
        self._clock, self._port, self._key = clock, port, key
        self.taken: dict[int, dict[str, float]] = {}
        self.statuses: set[int] = set()
        self._queues: tuple[list[bytes], list[bytes]] = ([], [])
        self._busy = [5_000.0, 7_000.0]
        self._idle = [90_000.0, 80_000.0]
        self._received = 1e9

    def round(self) -> None:
        """As many scrapes as are due, each ten seconds after the one before."""
        now = self._clock.wall()
        at = max(self.taken, default=int(now) - ROUND - int(now) % ROUND) + ROUND
        while at <= now:
            self._scrape(at)
            at += ROUND

    def _scrape(self, at: int) -> None:
        stamp = at * 1_000 + 237  # as a scrape is, somewhere within its second
        share = self._clock.cpu(at) / 100
        self._received += RECEIVED * ROUND
        halves: tuple[list[Series], list[Series]] = ([], [])
        for cpu, half in enumerate(halves):
            self._busy[cpu] += share * ROUND
            self._idle[cpu] += (1 - share) * ROUND
            for mode, seconds in (("user", self._busy[cpu]), ("idle", self._idle[cpu])):
                half.append(self._series("node_cpu_seconds_total", seconds, stamp, cpu=str(cpu), mode=mode))
        halves[0].append(self._series("node_memory_MemTotal_bytes", 16e9, stamp))
        halves[1].append(self._series("node_memory_MemAvailable_bytes", 4e9, stamp))
        halves[0].append(self._series("node_load1", value_at(at) / 100, stamp))
        halves[1].append(self._series("node_network_receive_bytes_total", self._received, stamp, device="eth0"))
        halves[1].append(self._series("shop_orders_total", self._received / 1_000, stamp))
        for queue, half in zip(self._queues, halves, strict=True):
            queue.append(one(half))
        self.taken[at] = {
            "cpu": 100 * share, "memory": 75.0, "load1": value_at(at) / 100, "net_in": RECEIVED,
            "prom.shop_orders_total": RECEIVED / 1_000,
        }  # fmt: skip

    def _series(self, name: str, value: float, stamp: int, **labels: str) -> Any:
        return {"__name__": name, "instance": f"{self.name}:9100", "job": "node", **labels}, [(value, stamp)]

    def send(self) -> None:
        """One of each connection; the second only what is further back, while much waits."""
        first, second = self._queues
        self._send(first)
        if len(second) > len(first) + LAG or not first:
            self._send(second)

    def _send(self, queue: list[bytes]) -> None:
        if not queue:
            return
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        headers = {
            "Authorization": f"Bearer {self._key}", "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0",
        }  # fmt: skip
        try:
            connection.request("POST", "/api/v1/write", queue[0], headers)
            status = connection.getresponse().status
        except OSError:
            return
        finally:
            connection.close()
        self.statuses.add(status)
        if status == 204:
            queue.pop(0)

    def waiting(self) -> int:
        return sum(map(len, self._queues))


@contextlib.contextmanager
def busy_hub(port: int) -> Iterator[None]:
    """Answers 503 to everybody."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(503)
            self.send_header("Retry-After", "5")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", port), Refusing)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class Site:
    """The hub over its data, and who reports to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.clock = Clock()
        self.senders: tuple[OurAgent | Prometheus, ...] = ()
        self._dev = self._started(-HOUR, 0)

    def begin(self) -> None:
        self._key = str(self.ask("POST", "/api/auth/keys", {"name": "away"})["secret"])
        port = self._dev.port
        ours = OurAgent(self.clock, f"http://127.0.0.1:{port}", self._key, self._folder / "spool")
        self.senders = (ours, Prometheus(self.clock, port, self._key))

    def _started(self, shift: int, port: int) -> Dev:
        library = next((unpacked("libfaketime") / "usr/lib").glob("*/faketime/libfaketime.so.1"))
        readable = self._folder / "libfaketime.so.1"  # also for the stores' account
        shutil.copy(library, readable)
        command = ("-m", "tests.crash.shifted_hub", str(shift), str(readable))
        settings = {"OPENMANAGER_ADMIN_EMAIL": EMAIL, "OPENMANAGER_ADMIN_PASSWORD": PASSWORD}
        dev = Dev(self._folder / "data", port=port, command=command, **settings).ready()
        self._bearer = {"Authorization": dev.sign_in(EMAIL, PASSWORD)}
        return dev

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, told = self._dev.ask(method, path, body, **{**self._bearer, **headers})
        assert status < 300, (path, told)
        return told

    def live(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Time passes as it does: a round when one is due, and what is to be sent is sent."""
        ends, due = time.monotonic() + seconds, 0.0
        while time.monotonic() < ends and not until():
            if time.monotonic() >= due:
                due = time.monotonic() + ROUND / 2
                self._round()
            for sender in self.senders:
                sender.send()
            time.sleep(0.02)

    def _round(self) -> None:
        for sender in self.senders:
            sender.round()

    def hour_without(self) -> None:
        port = self._dev.port
        self._dev.process.kill()
        self._dev.process.wait()
        self.clock.began_away = self.clock.wall()
        self._rounds(HOUR // ROUND // 2)
        with busy_hub(port):
            self._rounds(HOUR // ROUND // 2)
        self._dev = self._started(0, port)

    def _rounds(self, count: int) -> None:
        for _ in range(count):
            self.clock.ahead += ROUND
            self._round()
            for sender in self.senders:
                sender.send()

    def roll_up(self) -> None:
        secret = json.loads((self._folder / "data" / "secrets.json").read_text())["CRON_SECRET"]
        while self.ask("GET", "/api/cron/rollup", Authorization=f"Bearer {secret}").get("more"):
            time.sleep(0.1)

    def series(self, server: str, metrics: set[str], start: int, end: int, points: int) -> dict[str, Any]:
        query = f"metrics={','.join(sorted(metrics))}&from={start}&to={end}&points={points}"
        found: dict[str, Any] = self.ask("GET", f"/api/servers/{server}/series?{query}")
        return found

    def close(self) -> None:
        for sender in self.senders:
            if isinstance(sender, OurAgent):
                sender.close()
        self._dev.stop()
        self._dev.close()


@pytest.fixture
def site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="openmanager-away-")).resolve()
    folder.chmod(0o711)  # the stores run as another user where root starts them
    made: Site | None = None
    try:
        made = Site(folder)
        made.begin()
        yield made
    finally:
        if made is not None:
            made.close()
        assert of_this(folder / "data") == []
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.long
def test_an_hour_without_the_hub_is_missing_nowhere(site: Site) -> None:
    site.live(30)
    for sender in site.senders:
        assert site.ask("GET", f"/api/servers/{sender.name}")["status"] == "ok"
    site.hour_without()
    away = int(site.clock.began_away)
    back = int(site.clock.wall())
    assert abs(site.clock.ahead) < 1
    assert all(sender.waiting() > 0 for sender in site.senders)
    site.live(120, until=lambda: site.senders[0].waiting() <= 1 and not site.senders[1].waiting())
    assert site.senders[1].waiting() == 0
    site.live(45)
    site.roll_up()
    for sender in site.senders:
        rounds = {at: values for at, values in sender.taken.items() if away - ROUND < at <= back}
        assert len(rounds) >= HOUR // ROUND
        _is_whole(site, sender, rounds, points=2_000)
        _is_whole(site, sender, {at: v for at, v in rounds.items() if away + 300 <= at < away + HOUR}, points=20)
    assert site.senders[1].statuses == {204, 503}
    # Both were too busy for a while. That is on record as it was, and over; nothing is said of now, nor of silence.
    alerts = site.ask("GET", "/api/alerts")["alerts"]
    assert {alert["server"] for alert in alerts} == {sender.name for sender in site.senders}
    for alert in alerts:
        assert (alert["rule"], alert["state"], alert["why"]) == ("cpu", "resolved", "recovered")
        assert alert["since_epoch"] == pytest.approx(away + BUSY[0], abs=2 * ROUND)
        assert alert["resolved_at_epoch"] < away + HOUR < alert["noticed_at_epoch"]
    for sender in site.senders:
        page = site.ask("GET", f"/api/servers/{sender.name}")
        assert (page["status"], page["clock_is_off"]) == ("ok", False)


def _is_whole(site: Site, sender: OurAgent | Prometheus, rounds: dict[int, dict[str, float]], points: int) -> None:
    """In each bin of the history the least, the mean and the highest are those of all rounds in it."""
    metrics = set(next(iter(rounds.values())))
    step = site.series(sender.name, metrics, min(rounds), max(rounds) + 1, points)["step"]
    start, end = -(-min(rounds) // step) * step, (max(rounds) + 1) // step * step  # whole bins
    found = site.series(sender.name, metrics, start, end, points)
    assert found["step"] == step
    for metric in metrics:
        bins: dict[int, list[float]] = {}
        for at, values in rounds.items():
            if start <= at < end:
                bins.setdefault(at // step * step, []).append(values[metric])
        told = found["series"][metric]
        known = {
            t: told_values
            for t, *told_values in zip(told["t"], told["min"], told["avg"], told["max"], strict=True)
            if told_values[1] is not None
        }
        expected = {t: [min(those), sum(those) / len(those), max(those)] for t, those in bins.items()}
        assert sorted(expected.keys() - known.keys()) == [], metric
        wrong = {t: (known[t], those) for t, those in expected.items() if known[t] != pytest.approx(those, rel=2e-3)}
        assert wrong == {}, metric
