"""The demo fleet: plainly made up, the same each time it is asked, and within what ingest takes."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from lib.local.demo import DemoFleet, _times
from lib.local.demo_fleet import DAY, FLEET, HOUR, Host, errors, events, facts, processes, sample
from lib.monitoring.collectors.server_stats import decode
from tests.real_stores import Pair, ServicesFactory

NOW = 1_780_000_000  # a Friday, 05:26 in Seoul
BY_TRAIT = {host.trait: host for host in FLEET}


def test_there_are_24_servers_and_each_says_that_it_is_made_up() -> None:
    assert len({host.name for host in FLEET}) == 24
    assert all(host.name.startswith("demo-") and facts(host, NOW)["tags"]["demo"] == "true" for host in FLEET)
    assert len({host.group for host in FLEET}) >= 6
    assert len({host.region for host in FLEET}) >= 4
    assert len([host for host in FLEET if not host.name.isascii()]) >= 3


@pytest.mark.parametrize("host", FLEET, ids=lambda host: host.name)
def test_ingest_takes_all_that_a_server_tells(host: Host) -> None:
    times = range(NOW - 6 * DAY, NOW, 1_800)
    document = {
        "server": host.name, "host": facts(host, NOW), "samples": [sample(host, at, NOW) for at in times],
        "errors": errors(host, NOW - 6 * DAY, NOW)[:500], "events": events(host, NOW - 6 * DAY, NOW),
        "processes": processes(host, NOW),
    }  # fmt: skip
    batch = decode(json.loads(json.dumps(document)), float(NOW))
    assert batch.rejected == []
    assert batch.accepted == len(times)


def test_asked_again_it_tells_the_same() -> None:
    for host in FLEET:
        assert sample(host, NOW, NOW - DAY) == sample(host, NOW, NOW - DAY)
        whole = errors(host, NOW - DAY, NOW)
        assert whole == errors(host, NOW - DAY, NOW - HOUR) + errors(host, NOW - HOUR, NOW)
        assert events(host, NOW - DAY, NOW) == events(host, NOW - DAY, NOW - 7) + events(host, NOW - 7, NOW)


def test_its_days_have_a_rhythm_and_its_servers_their_troubles() -> None:
    calm = FLEET[0]
    afternoon = NOW - NOW % DAY + 7 * HOUR  # 16:00 in Seoul
    assert sample(calm, afternoon, NOW)["cpu"] > 1.7 * sample(calm, afternoon + 12 * HOUR, NOW)["cpu"]
    spiking = [sample(BY_TRAIT["spikes"], at, NOW)["cpu"] for at in range(NOW - 2 * DAY, NOW, 300)]
    assert max(spiking) > 75
    disk = [sample(BY_TRAIT["fills"], at, NOW)["mounts"]["/data"]["disk"] for at in range(NOW, NOW + 2 * DAY, HOUR)]
    assert disk == sorted(disk)
    assert 85 < disk[0] < 90 < 95 < disk[-1]
    assert sample(BY_TRAIT["hot"], NOW, NOW)["cpu"] >= 91
    told = Counter(host.name for host in FLEET for _ in errors(host, NOW - 7 * DAY, NOW))
    assert told.most_common(1)[0][0] == BY_TRAIT["errors"].name
    assert 50 < sum(told.values()) < 1_000
    kinds = Counter(one["kind"] for host in FLEET for one in events(host, NOW - 7 * DAY, NOW))
    assert kinds["deploy"] >= 50
    assert kinds["reboot"] in (4, 5)


def test_the_older_the_sparser() -> None:
    times = _times(NOW - 7 * DAY, NOW, NOW)
    distances = Counter(after - before for before, after in itertools.pairwise(times))
    assert max(distances) == 300
    assert distances[10] >= 359
    assert distances[300] >= 1_900
    assert len(times) < 3_000
    assert _times(NOW, NOW + 25, NOW + 25) == [NOW + 10, NOW + 20]


class Hub(HTTPServer):
    """Takes posts like the product's, or answers 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.posts: list[dict[str, Any]] = []
        self.is_down = False
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class HubHandler(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.is_down:
            self.server.posts.append(json.loads(body))
        answer = json.dumps({"next": {"post_every": 60}}).encode()
        self.send_response(503 if self.server.is_down else 202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        return


def test_what_an_unreachable_hub_missed_is_sent_later(
    fresh_stores: Pair, make_services: ServicesFactory, tmp_path: Path
) -> None:
    hub = Hub()
    try:
        now = int(time.time()) // 10 * 10 - 120
        fleet = DemoFleet(make_services(fresh_stores), hub.server_port, tmp_path / "demo.key")
        fleet._key = "a key"
        hub.is_down = True
        assert fleet._send(FLEET[0], now, now + 60, now) == now
        hub.is_down = False
        assert fleet._send(FLEET[0], now, now + 120, now) == now + 120
        assert [one["at"] for one in hub.posts[0]["samples"]] == list(range(now + 10, now + 130, 10))
        assert fleet._post_every == 60
    finally:
        hub.shutdown()
        hub.server_close()


def test_a_second_start_goes_on_where_the_first_ended(
    fresh_stores: Pair, make_services: ServicesFactory, tmp_path: Path
) -> None:
    services = make_services(fresh_stores)
    host, now = FLEET[0], int(time.time())
    samples = [sample(host, at, now - 900) for at in range(now - 600, now - 290, 10)]
    services.ingest.take(decode({"server": host.name, "samples": samples}, now), "demo")
    services.sweeper.run()
    began, sent = DemoFleet(services, 1, tmp_path / "demo.key")._known(now)
    assert sent == {host.name: pytest.approx(time.time(), abs=60)}
    assert began == pytest.approx(now, abs=60)
