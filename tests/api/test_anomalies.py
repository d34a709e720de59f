"""Anomalies from a post to the page: found by the sweep, shown, expected by somebody, asked for by a rule."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.admitted import Admitted, admitted, unhashed
from tests.real_stores import Pair, ServicesFactory

OWN, CALM = "unlike-1", "calm-1"
NOW = int(time.time()) - 120
BEFORE = NOW - 400 * 60


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        made = admitted(module_stores, factory(module_stores, install=True))
        rule = {"name": "unlike itself", "kind": "anomaly", "options": {"series": 2}, "hold_seconds": 120}
        made.services.storage.rules.rule_create(rule)
        for server in (OWN, CALM):
            report(made, server, BEFORE, NOW - 600)
        report(made, OWN, NOW - 600, NOW, cpu=97.0, memory=92.0)
        yield made
    finally:
        patch.undo()
        factory.close()


def report(hub: Admitted, server: str, begin: int, end: int, **high: float) -> None:
    noise = random.Random(server)
    usual = {"cpu": 20.0, "memory": 40.0, "load1": 0.5, "swap": 0.0}
    samples = [
        {
            "at": at,
            **{name: high.get(name, value) + abs(noise.gauss(0, 0.02 * value + 0.01)) for name, value in usual.items()},
        }
        for at in range(begin, end, 60)
    ]
    from api.ingest import app

    for first in range(0, len(samples), 200):
        body = {"server": server, "samples": samples[first : first + 200]}
        assert hub.call(app, "POST", "/api/ingest", "write key", json=body).status_code == 202
    hub.services.sweeper.run()


def ask(hub: Admitted, path: str, who: str = "viewer", method: str = "GET", **more: Any) -> TestResponse:
    from api.servers import app

    return hub.call(app, method, path, who, **more)


def found(hub: Admitted, path: str = f"/api/servers/{OWN}/anomalies", who: str = "viewer") -> list[dict[str, Any]]:
    answer = ask(hub, path, who)
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["anomalies"])


def test_what_is_unlike_itself_is_shown_with_what_was_expected(hub: Admitted) -> None:
    (cpu,) = [one for one in found(hub) if one["series"] == "cpu"]
    assert NOW - 600 <= cpu["since_epoch"] <= NOW - 400
    assert cpu["until"] is None
    assert (cpu["direction"], cpu["with"]) == ("up", ["memory"])
    assert cpu["value"] > 90
    assert cpu["low"] < 20 < cpu["high"] < 60
    for one, other in (("cpu", "memory"), ("memory", "cpu")):  # one of them is the newest
        (alone,) = found(hub, f"/api/servers/{OWN}/anomalies?metrics={one}&limit=1")
        assert (alone["series"], alone["with"]) == (one, [other])
    bands = ask(hub, f"/api/servers/{OWN}/anomalies?metrics=cpu").get_json()["bands"]
    assert list(bands) == ["cpu"]
    assert all(low < 20 < high for low, high in zip(bands["cpu"]["low"], bands["cpu"]["high"], strict=True))


def test_nobody_is_told_of_what_they_do_not_see(hub: Admitted) -> None:
    assert {one["server"] for one in found(hub, "/api/anomalies?open=1")} == {OWN}
    assert ask(hub, f"/api/servers/{CALM}/anomalies", "viewer of a team").status_code == 404
    assert ask(hub, "/api/servers/nobody/anomalies").status_code == 404
    assert ask(hub, f"/api/servers/{OWN}/anomalies?from=5&to=4").status_code == 400


def test_a_rule_that_asks_for_it_opens_an_incident(hub: Admitted) -> None:
    from api.alerts import app

    alerts = hub.call(app, "GET", "/api/alerts", "viewer").get_json()["alerts"]
    (alert,) = [one for one in alerts if one["kind"] == "anomaly"]
    assert (alert["server"], alert["state"]) == (OWN, "open")
    names = {language: set(text.partition(": ")[2].split(", ")) for language, text in alert["text"].items()}
    assert names == {"en": {"CPU", "Memory"}, "ko": {"CPU 사용률", "메모리 사용률"}}


def test_what_somebody_expected_is_learnt_by_the_next_sweep(hub: Admitted) -> None:
    (cpu,) = [one for one in found(hub) if one["series"] == "cpu"]
    path = f"/api/servers/{OWN}/anomalies/expected"
    body = {"series": "cpu", "since": cpu["since_epoch"]}
    assert ask(hub, path, "viewer", "POST", json=body).status_code == 403
    assert ask(hub, path, "operator", "POST", json={**body, "since": 5}).status_code == 404
    said = ask(hub, path, "operator", "POST", json=body)
    assert said.get_json()["anomaly"]["expected_by"] == "operator@example.org"
    report(hub, OWN, NOW, NOW + 60, cpu=97.0, memory=92.0)
    (cpu,) = [one for one in found(hub) if one["series"] == "cpu"]
    assert cpu["until"] is not None
    assert cpu["expected_by"] == "operator@example.org"


def test_sensitivity_is_set_for_a_metric_or_all(hub: Admitted) -> None:
    path = f"/api/servers/{CALM}"
    kept = ask(hub, path, "operator", "PATCH", json={"sensitivity": {"*": "low", "cpu": "off"}}).get_json()
    assert kept["settings"]["sensitivity"] == {"*": "low", "cpu": "off"}
    for wrong in ("low", {"cpu": "loud"}, {"cpu": None}, [1], {"": "low"}):
        assert ask(hub, path, "operator", "PATCH", json={"sensitivity": wrong}).status_code == 400, wrong
    assert "sensitivity" not in ask(hub, path, "operator", "PATCH", json={"sensitivity": {}}).get_json()["settings"]


def test_what_is_asked_in_another_way_than_the_paper_s_is_refused(hub: Admitted) -> None:
    assert ask(hub, "/api/anomalies?open=yes").status_code == 400
    assert ask(hub, "/api/anomalies?open=1&open=2").status_code == 400


def test_nothing_impossible_is_expected(hub: Admitted) -> None:
    """What hardly uses its swap is expected as far below nothing as above it, and no swap is less than unused."""
    report(hub, "idle-1", BEFORE, NOW)
    swap = ask(hub, "/api/servers/idle-1/anomalies?metrics=swap").get_json()["bands"]["swap"]
    assert set(swap["low"]) == {0}
    assert min(swap["high"]) > 0
    report(hub, "idle-1", NOW, NOW + 60, swap=60.0)
    (swap,) = found(hub, "/api/servers/idle-1/anomalies?metrics=swap")
    assert swap["low"] == 0 <= swap["expected"] < swap["high"] < 60
