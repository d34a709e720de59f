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
SPIKED = 2 * HOUR  # one value of api-02


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
                    is_odd = name == "api-02" and ago == SPIKED
                    wobble = (ago // STEP * 7 % 11 - 5) / 10
                    samples.append({
                        "at": int(now) - ago, "cpu": 97 if is_odd else 20 + wobble, "memory": 40 + wobble / 10,
                        "disk": 50.04 if is_odd else 50,
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


@BOTH
def test_one_value_that_was_odd_is_no_time_without_change(short: Hub, locale: str) -> None:
    reply = short.ask("root_cause", locale, servers=["api-02"], metrics=["cpu"])
    first = reply.answer.splitlines()[0]
    assert ("평소와 달랐습니다" if locale == "ko" else "was unlike itself at") in first
    seen, low, high = facts(reply, "cpu", "api-02")[:3]
    assert seen == 97
    assert low < 20 < high < 40
    assert "뚜렷이 바뀐 때가 없" not in reply.answer
    assert "did not clearly change" not in reply.answer
    assert facts(reply, "latency", "api-02") == [pytest.approx(30, abs=1)]  # ruled out


@BOTH
def test_what_was_seen_and_what_was_expected_are_told_apart(short: Hub, locale: str) -> None:
    reply = short.ask("anomaly_list", locale, servers=["api-02"], metrics=["disk"])
    assert facts(reply, "disk", "api-02") == [50.04]
    assert "50.04%" in reply.answer


@BOTH
def test_when_it_was_highest_is_told_where_no_level_changed(short: Hub, locale: str) -> None:
    text = {"ko": "api-01 cpu 언제부터 높았어?", "en": "since when is cpu of api-01 high?"}[locale]
    reply = short.ask("change_correlation", locale, text=text, servers=["api-01"], metrics=["cpu"])
    first = reply.answer.splitlines()[0]
    assert ("올라간 때가 없습니다" if locale == "ko" else "did not go up") in first
    assert ("가장 높았던 때" if locale == "ko" else "It was highest") in first
    assert max(facts(reply, "cpu", "api-01")) == pytest.approx(20.5, abs=0.6)
