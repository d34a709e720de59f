"""Foreign senders whose clocks are off, at the door and on the server's page: told, flagged, and never lost in silence."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.admitted import HIDDEN, Admitted
from tests.protocols import prompb
from tests.protocols.otlp_made import JSON, Made

HOUR = 3_600


def post(hub: Admitted, path: str, data: bytes, who: str = "write key", **headers: str) -> TestResponse:
    from api.ingest import app

    return hub.call(app, "POST", path, who, data=data, headers={**hub.bearer(who), **headers})


def influx(hub: Admitted, server: str, *clocks: float, who: str = "write key") -> TestResponse:
    """One value for each clock, so many seconds from now."""
    lines = "\n".join(f"system,host={server} load1=1.5 {int(time.time() + clock)}000000000" for clock in clocks)
    return post(hub, "/api/v2/write", lines.encode(), who)


def page(hub: Admitted, server: str, who: str = "admin") -> dict[str, Any]:
    from api.servers import app

    hub.services.sweeper.run()
    answer = hub.call(app, "GET", f"/api/servers/{server}", who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def the_source(hub: Admitted, server: str) -> dict[str, Any]:
    (source,) = page(hub, server)["sources"]
    return dict(source)


def test_a_sender_an_hour_ahead_is_told_so_and_its_server_says_so(hub: Admitted) -> None:
    before = hub.services.storage.redis.commands
    answer = influx(hub, "ahead-1", HOUR)
    assert answer.status_code == 400
    assert "in the future" in answer.text
    assert hub.services.storage.redis.commands - before == 1
    found = page(hub, "ahead-1")
    (source,) = found["sources"]
    assert source["ahead"] == pytest.approx(HOUR, abs=3)
    assert source["refused"] == 1
    assert (source["name"], source["key_name"]) == ("influx", "write key")
    assert found["clock_is_off"] is True
    assert (found["status"], found["reason"]["code"]) == ("ok", "skewed"), "it speaks: it is not down"
    assert found["series"] == []


def test_what_is_right_is_kept_beside_what_is_not_and_the_sender_is_told(hub: Admitted) -> None:
    answer = influx(hub, "mixed-1", -20, 2 * HOUR)
    assert answer.status_code == 400
    assert "1 refused, 1 values kept: mixed-1: a sample is " in answer.text
    assert page(hub, "mixed-1")["latest"] == {"load1": 1.5}


def test_a_sender_an_hour_behind_is_kept_and_said_to_be(hub: Admitted) -> None:
    for second in range(3):
        assert influx(hub, "behind-1", second - HOUR).status_code == 204
    found = page(hub, "behind-1")
    assert found["sources"][0]["ahead"] == pytest.approx(-HOUR, abs=5)
    assert (found["clock_is_off"], found["latest"]) == (False, {"load1": 1.5})


@pytest.mark.parametrize("version", [1, 2])
def test_prometheus_is_told_what_was_refused(hub: Admitted, version: int) -> None:
    now = int(time.time() * 1_000) - 20_000  # pieces of one moment are waited for
    server = f"prom-{version}"
    series: list[prompb.Series] = [
        ({"__name__": "node_load1", "instance": f"{server}:9100"}, [(1.0, now)]),
        ({"__name__": "node_load5", "instance": f"{server}:9100"}, [(1.0, now + HOUR * 1_000)]),
    ]
    kind = "application/x-protobuf" + (";proto=io.prometheus.write.v2.Request" if version == 2 else "")
    data = prompb.one(series) if version == 1 else prompb.two(series)
    answer = post(hub, "/api/v1/write", data, **{"Content-Type": kind})
    assert answer.status_code == 400, "for ever refused: 5xx and 429 would be sent again"
    assert "1 refused, 1 values kept" in answer.text
    assert page(hub, server)["latest"] == {"load1": 1.0}


def test_otlp_is_told_by_its_partial_success_and_the_server_says_so(hub: Admitted) -> None:
    body = json.dumps(Made({"host.name": "otel-9"}, at=time.time() + HOUR).gauge("app.queue", 1).document).encode()
    answer = post(hub, "/v1/metrics", body, **{"Content-Type": JSON})
    assert answer.status_code == 200
    told = answer.get_json()["partialSuccess"]
    assert (told["rejectedDataPoints"], "in the future" in told["errorMessage"]) == ("1", True)
    assert the_source(hub, "otel-9")["ahead"] == pytest.approx(HOUR, abs=3)


def test_a_script_of_ones_own_is_told_and_flagged(hub: Admitted) -> None:
    now = int(time.time())
    body = {"server": "script-1", "samples": [{"at": now + HOUR, "cpu": 5}, {"at": now, "cpu": 5}]}
    answer = post(hub, "/api/ingest", json.dumps(body).encode())
    assert answer.status_code == 202
    assert "in the future" in answer.get_json()["rejected"][0]["reason"]
    assert the_source(hub, "script-1")["ahead"] == pytest.approx(HOUR, abs=3)


def test_word_of_a_server_needs_the_same_key_as_its_values(hub: Admitted) -> None:
    assert influx(hub, HIDDEN, HOUR, who="write key of a team").status_code == 403
    assert influx(hub, "new-of-a-team", HOUR, who="write key of a team").status_code == 400
    assert page(hub, "new-of-a-team", "viewer of a team")["tags"] == {"team": "payment"}


def test_two_machines_of_one_name_are_on_the_servers_page(hub: Admitted) -> None:
    boots = {"first": int(time.time()) - 90_000, "second": int(time.time()) - 4_000}
    for n in range(4):
        booted = boots["first" if n % 2 else "second"]
        at = int(time.time()) - 40 + 10 * n
        line = f"system,host=cloned uptime={at - booted}i,load1=1 {at}000000000".encode()
        assert post(hub, "/api/v2/write", line).status_code == 204
        hub.services.sweeper.run()
    twins = page(hub, "cloned")["twins"]
    assert twins["by"] == "boot"
    assert sorted(twins["tokens"]) == sorted(boots.values())
    assert twins["since_epoch"] == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize("stamp", ["1e999", "-1e999", "nan", "1e300", "9" * 400])
def test_a_time_that_no_calendar_has_is_refused_like_any_other(hub: Admitted, stamp: str) -> None:
    """Text forms write times as any number; what is told of them goes to a database, which takes fewer."""
    server = f"timeless-{stamp[:6].strip('-')}"
    assert post(hub, f"/metrics/job/x/instance/{server}", f"node_load1 1.5 {stamp}\n".encode()).status_code == 400
    assert post(hub, "/collectd", f"PUTVAL {server}/load/load interval=10 {stamp}:1:1:1\n".encode()).status_code == 400
    assert post(hub, "/api/v2/write", f"system,host={server} load1=1.5 {stamp}".encode()).status_code == 400
    assert influx(hub, server, -20).status_code == 204  # pieces of one moment are waited for
    found = page(hub, server)
    assert found["latest"] == {"load1": 1.5}
    assert [(source["name"], source["refused"]) for source in found["sources"] if source["refused"]]


def test_a_time_in_another_unit_is_told_from_a_clock_that_is_off(hub: Admitted) -> None:
    seconds = post(hub, "/api/v2/write", f"system,host=units-1 load1=1.5 {int(time.time())}".encode())
    assert "years old: is its time in the right unit" in seconds.text
    body = {"server": "units-1", "samples": [{"at": int(time.time() * 1_000), "cpu": 5}]}
    answer = post(hub, "/api/ingest", json.dumps(body).encode())
    assert "years in the future: is its time in the right unit" in answer.text
