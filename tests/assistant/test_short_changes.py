"""A change that was over soon: what is said to be explained is what was found, and never that nothing changed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lib.monitoring.collectors.server_stats import decode
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.assistant.known_fleet import HOUR, ZONE, Hub, facts
from tests.real_stores import Pair, ServicesFactory, fresh_pair

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
STEP = 300
BEGAN, LASTED = 3 * HOUR, 20 * 60


@pytest.fixture(scope="module")
def short(embedded: EmbeddedStores, stores: Pair) -> Iterator[Hub]:
    factory = ServicesFactory()
    try:
        with fresh_pair(embedded) as pair:
            services = factory(pair, install=True, timezone=ZONE)
            now = time.time()
            for name in ("api-01", "api-02"):
                samples = []
                for ago in range(10 * HOUR, 0, -STEP):
                    is_slow = name == "api-01" and BEGAN - LASTED < ago <= BEGAN
                    wobble = (ago // STEP * 7 % 11 - 5) / 10
                    samples.append({
                        "at": int(now) - ago, "cpu": 20 + wobble, "memory": 40 + wobble / 10, "disk": 50,
                        "metrics": {"latency": (270.0 if is_slow else 30.0) + wobble},
                    })  # fmt: skip
                host = {"os": "Debian 12", "cores": 4, "group": "api", "tags": {"env": "prod"}}
                services.ingest.take(decode({"server": name, "host": host, "samples": samples}, now), "nobody's")
                services.sweeper.run()
            yield Hub(services, pair, now)
    finally:
        factory.close()


@BOTH
def test_the_change_that_was_found_is_told(short: Hub, locale: str) -> None:
    reply = short.ask("root_cause", locale, servers=["api-01"], metrics=["latency"])
    first = reply.answer.splitlines()[0]
    before, after = facts(reply, "latency", "api-01")[:2]
    assert before == pytest.approx(30, abs=0.5)
    assert after == pytest.approx(270, abs=0.5)
    assert " ms → " in first
    assert "뚜렷이 바뀐 때가 없" not in reply.answer
    assert "did not clearly change" not in reply.answer
