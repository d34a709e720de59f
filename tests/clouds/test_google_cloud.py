"""Google Cloud, played by a fake of its public REST shapes: machines and what was measured of them become servers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from lib.monitoring.collectors.server_stats import decode
from tests.clouds.cloud_hub import CloudHub, fives
from tests.clouds.google_twin import PEM, PROJECT, GoogleTwin, google
from tests.clouds.rest_twin import Asked
from tests.real_stores import Pair, ServicesFactory

SOURCE = f"google:gcp:{PROJECT}"
CPU = "compute.googleapis.com/instance/cpu/utilization"


@pytest.fixture
def twin() -> Iterator[GoogleTwin]:
    with google() as running:
        yield running


@pytest.fixture
def hub(twin: GoogleTwin, fresh_stores: Pair, make_services: ServicesFactory) -> CloudHub:
    return CloudHub.of(make_services(fresh_stores), fresh_stores, [twin.account()])


def test_a_machine_is_a_server_with_its_facts_and_what_was_measured(twin: GoogleTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01", labels={"env": "prod", "팀": "결제"})
    at = fives(3)
    twin.measure(instance, CPU, *((moment, 0.1 + index / 10) for index, moment in enumerate(at)))
    twin.measure(instance, "compute.googleapis.com/instance/network/received_bytes_count", (at[2], 1_000.5))
    twin.measure(instance, "compute.googleapis.com/instance/disk/write_ops_count", (at[2], 12.0))
    twin.measure(instance, "compute.googleapis.com/instance/uptime_total", (at[2], 86_400))
    twin.measure(instance, "agent.googleapis.com/memory/percent_used", (at[2], 61.5))
    for device, value in (("sda1", 40.0), ("sdb", 88.0)):
        twin.measure(instance, "agent.googleapis.com/disk/percent_used", (at[2], value), label=device)
    told = hub.ask()
    assert (told["sources"], told["failed"], told["servers"]) == (1, 0, 1), hub.source(SOURCE)
    found = hub.server("web-01")
    assert found["latest"] == {
        "cpu": 30.0, "net_in": 1_000.5, "google.disk_write_ops": 12.0, "uptime": 86_400.0, "memory": 61.5,
        "disk:sda1": 40.0, "disk:sdb": 88.0, "disk": 88.0,
    }  # fmt: skip
    assert hub.series("web-01", "cpu", at[0] - 300) == [(moment, 10.0 + 10 * n) for n, moment in enumerate(at)]
    assert found["facts"]["model"] == "e2-medium"
    assert found["facts"]["arch"] == "x86_64"
    assert found["tags"] == {
        "cloud": "google", "account": "gcp", "project": PROJECT, "region": "asia-northeast3",
        "zone": "asia-northeast3-a",
        "instance": instance, "type": "e2-medium", "private_ip": "10.178.0.2", "env": "prod", "팀": "결제",
    }  # fmt: skip


def test_pages_of_machines_and_of_series_are_all_read(twin: GoogleTwin, hub: CloudHub) -> None:
    at = fives(1)
    for number in range(7):
        twin.measure(twin.start(f"web-{number}", zone="abc"[number % 3]), CPU, (at[0], number / 100))
    assert hub.ask()["servers"] == 7
    assert [hub.server(f"web-{number}")["latest"]["cpu"] for number in range(7)] == [float(n) for n in range(7)]


def test_what_nobody_tells_is_asked_for_once_an_hour(twin: GoogleTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    hub.ask()
    hub.ask()
    agents = [one for one in twin.rest.asked if "agent.googleapis.com" in one.one("filter")]
    assert len(agents) == 3


def test_a_token_serves_a_whole_round_and_is_renewed_when_it_is_refused(twin: GoogleTwin, hub: CloudHub) -> None:
    at = fives(1)
    twin.measure(twin.start("web-01"), CPU, (at[0], 0.5))
    hub.ask()
    assert len(twin.tokens) == 1
    revoked: list[Asked] = []

    def instead(asked: Asked) -> tuple[int, object] | None:
        if asked.path.endswith("/timeSeries") and not revoked:
            revoked.append(asked)
            twin.tokens.append("another's")  # what we hold is no longer the newest
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}
        return None

    twin.rest.instead = instead
    assert hub.ask()["failed"] == 0
    assert hub.server("web-01")["latest"]["cpu"] == 50.0
    twin.rest.instead = lambda asked: (401, {"error": {}}) if asked.path != "/token" else None
    hub.ask()
    assert "does not accept the service account" in hub.source(SOURCE)["detail"]


def test_a_stopped_machine_is_offline_and_one_that_is_gone_is_said_to_be(twin: GoogleTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    twin.start("web-02", status="TERMINATED")
    hub.ask()
    assert (hub.server("web-02")["status"], hub.server("web-02")["reason"]["word"]) == ("offline", "stopped")
    twin.instances.pop(0)
    hub.ask()
    assert (hub.server("web-01")["status"], hub.server("web-01")["reason"]["word"]) == ("offline", "terminated")


def test_a_zone_that_is_out_of_reach_makes_no_machine_pass_for_deleted(twin: GoogleTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    hub.ask()
    twin.instances.clear()
    twin.unreachable = "asia-northeast3-a"
    hub.ask()
    assert hub.server("web-01")["status"] == "ok"
    assert "asia-northeast3-a" in hub.source(SOURCE)["detail"]


def test_only_machines_with_the_accounts_labels_are_read(twin: GoogleTwin, hub: CloudHub) -> None:
    twin.start("web-01", labels={"monitor": "yes"})
    twin.start("web-02")
    hub.with_accounts(twin.account(tags={"monitor": "yes"})).ask()
    assert hub.names() == ["web-01"]


@pytest.mark.parametrize(
    ("path", "status", "reason", "failing", "words"),
    [
        ("/aggregated/instances", 403, "forbidden", True, "compute.instances.list is not allowed in the project"),
        ("/aggregated/instances", 403, "accessNotConfigured", True, "gcloud services enable compute.googleapis.com"),
        ("/timeSeries", 403, "", True, "roles/monitoring.viewer"),
        ("/timeSeries", 429, "", False, "monitoring.timeSeries.list is throttled"),
        ("/aggregated/instances", 403, "rateLimitExceeded", False, "throttled"),
        ("/timeSeries", 503, "", False, "down (503)"),
        ("/token", 400, "", True, "gives no token for the service account"),
    ],
)
def test_an_error_says_what_to_do(
    twin: GoogleTwin, hub: CloudHub, path: str, status: int, reason: str, failing: bool, words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    twin.start("web-01")
    body = {"error": {"code": status, "message": PEM[40:80], "errors": [{"reason": reason}]}}
    twin.rest.instead = lambda asked: (status, body) if asked.path.endswith(path) else None
    hub.ask()
    found = hub.source(SOURCE)
    assert words in found["detail"]
    assert (found["failing"], found["fails"]) == (failing, 1)
    kept = json.dumps(hub.pair.rows("select detail, memory::text from omv.cloud_source")) + caplog.text
    assert PEM[40:80] not in kept
    assert not any(token in kept for token in twin.tokens)


def test_answers_of_another_shape_fail_the_source_and_nothing_else(twin: GoogleTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    for odd in ([], {"items": [1]}, {"items": {"zones/a": {"instances": [{"name": 5}]}}}):
        twin.rest.instead = lambda asked, odd=odd: (200, odd) if asked.path.endswith("instances") else None
        assert hub.ask()["failed"] == 1
    assert hub.source(SOURCE)["failing"]
    assert hub.names() == []


def test_a_machine_that_our_agent_reports_by_the_same_name_stays_one_server(twin: GoogleTwin, hub: CloudHub) -> None:
    now = time.time()
    hub.services.ingest.take(decode({"server": "web-01", "samples": [{"at": now, "cpu": 7.0}]}, now), "key")
    hub.services.sweeper.run()
    twin.measure(twin.start("web-01"), CPU, (fives(1)[0], 0.9))
    hub.ask()
    assert hub.names() == ["web-01"]
    assert hub.server("web-01")["latest"]["cpu"] == 7.0
