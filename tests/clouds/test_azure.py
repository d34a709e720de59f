"""Azure, played by a fake of its public REST shapes: machines and what was measured of them become servers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.clouds.azure_twin import METRICS, SECRET, SUBSCRIPTION, AzureTwin, azure
from tests.clouds.cloud_hub import CloudHub, fives
from tests.clouds.rest_twin import Asked
from tests.real_stores import Pair, ServicesFactory

SOURCE = f"azure:az:{SUBSCRIPTION}"


@pytest.fixture
def twin() -> Iterator[AzureTwin]:
    with azure() as running:
        yield running


@pytest.fixture
def hub(twin: AzureTwin, fresh_stores: Pair, make_services: ServicesFactory) -> CloudHub:
    return CloudHub.of(make_services(fresh_stores), fresh_stores, [twin.account()])


def test_a_machine_is_a_server_with_its_facts_and_what_was_measured(twin: AzureTwin, hub: CloudHub) -> None:
    instance = twin.start("web-01", tags={"env": "prod", "팀": "결제"})
    at = fives(3)
    twin.measure("web-01", "Percentage CPU", *((moment, 10.0 + index) for index, moment in enumerate(at)))
    twin.measure("web-01", "Network In Total", (at[2], 300_000.0))
    twin.measure("web-01", "Disk Write Operations/Sec", (at[2], 12.5))
    twin.measure("web-01", "Available Memory Percentage", (at[2], 38.5))
    twin.measure("web-01", "VmAvailabilityMetric", (at[2], 1.0))
    twin.measure("web-01", "CPU Credits Remaining", (at[2], 576.0))
    told = hub.ask()
    assert (told["sources"], told["failed"], told["servers"]) == (1, 0, 1), hub.source(SOURCE)
    found = hub.server("web-01")
    assert found["latest"] == {
        "cpu": 12.0, "net_in": 1_000.0, "azure.disk_write_ops": 12.5, "memory": 61.5, "azure.vm_available": 1.0,
        "azure.cpu_credits_remaining": 576.0,
    }  # fmt: skip
    assert hub.series("web-01", "cpu", at[0]) == [(moment + 300, 10.0 + n) for n, moment in enumerate(at)]
    assert (found["facts"]["os"], found["facts"]["model"]) == ("Linux", "Standard_B2s")
    assert found["tags"] == {
        "cloud": "azure", "account": "az", "subscription": SUBSCRIPTION, "region": "koreacentral", "zone": "1",
        "instance": instance, "type": "Standard_B2s", "resource_group": "RG-Web", "env": "prod", "팀": "결제",
    }  # fmt: skip


def test_pages_of_machines_in_two_regions_are_all_read(twin: AzureTwin, hub: CloudHub) -> None:
    at = fives(1)
    for number in range(7):
        twin.start(f"web-{number}", region=("koreacentral", "japaneast")[number % 2])
        twin.measure(f"web-{number}", "Percentage CPU", (at[0], float(number)))
    assert hub.ask()["servers"] == 7
    assert [hub.server(f"web-{number}")["latest"]["cpu"] for number in range(7)] == [float(n) for n in range(7)]
    assert sum(one.path.endswith("getBatch") for one in twin.rest.asked) == 2  # a call a region
    assert {scope: len(tokens) for scope, tokens in twin.tokens.items()} == {
        METRICS: 1, "https://management.azure.com/.default": 1,
    }  # fmt: skip


def test_a_token_is_renewed_when_it_is_refused(twin: AzureTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    twin.measure("web-01", "Percentage CPU", (fives(1)[0], 50.0))
    revoked: list[Asked] = []

    def instead(asked: Asked) -> tuple[int, object] | None:
        if asked.path.endswith("getBatch") and not revoked:
            revoked.append(asked)
            twin.tokens[METRICS].append("another's")
            return 401, {"error": {"code": "ExpiredAuthenticationToken"}}
        return None

    twin.rest.instead = instead
    assert hub.ask()["failed"] == 0
    assert hub.server("web-01")["latest"]["cpu"] == 50.0


@pytest.mark.parametrize("power", ["stopped", "deallocated", "deallocating"])
def test_a_stopped_machine_is_offline_and_asked_for_nothing(twin: AzureTwin, hub: CloudHub, power: str) -> None:
    twin.start("web-01", power=power)
    hub.ask()
    found = hub.server("web-01")
    assert (found["status"], found["reason"]["word"]) == ("offline", "stopped")
    assert not any(one.path.endswith("getBatch") for one in twin.rest.asked)
    twin.power = dict.fromkeys(twin.power, "running")
    hub.ask()
    assert hub.server("web-01")["status"] == "ok"


def test_only_machines_with_the_accounts_tags_are_read(twin: AzureTwin, hub: CloudHub) -> None:
    twin.start("web-01", tags={"감시": "예", "x": "y"})
    twin.start("web-02", tags={"감시": "아니오"})
    hub.with_accounts(twin.account(tags={"감시": "예"})).ask()
    assert hub.names() == ["web-01"]


def test_a_machine_made_anew_under_its_name_is_the_same_server(twin: AzureTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    hub.ask()
    old = twin.machines.pop()
    new = twin.start("web-01-new", computer="web-01")
    twin.machines[-1] |= {"name": "web-01"}
    twin.machines[-1]["properties"]["vmId"] = new = new.replace("4444", "5555", 1)
    hub.ask()
    assert old["properties"]["vmId"] != new
    assert hub.names() == ["web-01"]
    assert hub.server("web-01")["tags"]["instance"] == new


def test_a_next_page_elsewhere_is_not_followed(twin: AzureTwin, hub: CloudHub) -> None:
    twin.start("web-01")
    elsewhere = {"value": [], "nextLink": "http://169.254.169.254/metadata"}
    twin.rest.instead = lambda asked: (200, elsewhere) if asked.path.endswith("virtualMachines") else None
    hub.ask()
    assert "not at its own address" in hub.source(SOURCE)["detail"]


@pytest.mark.parametrize(
    ("path", "status", "body", "failing", "words"),
    [
        (
            "/virtualMachines",
            403,
            {"error": {"code": "AuthorizationFailed"}},
            True,
            "Microsoft.Compute/virtualMachines/read",
        ),
        ("/metrics:getBatch", 403, {"error": {"code": "AuthorizationFailed"}}, True, "role Monitoring Reader"),
        ("/metrics:getBatch", 429, {"error": {"code": "TooManyRequests"}}, False, "throttled"),
        ("/virtualMachines", 503, {}, False, "down (503)"),
        ("/virtualMachines", 404, {"error": {"code": "SubscriptionNotFound"}}, True, "there is no subscription"),
        ("/token", 401, {"error": "invalid_client"}, True, "has run out"),
        ("/token", 400, {"error": "unauthorized_client"}, True, "no such application"),
        ("/virtualMachines", 401, {"error": {"code": "InvalidAuthenticationToken"}}, True, "its own token"),
    ],
)
def test_an_error_says_what_to_do(
    twin: AzureTwin, hub: CloudHub, path: str, status: int, body: dict[str, object], failing: bool, words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    twin.start("web-01")
    told = {**body, "error_description": SECRET}
    twin.rest.instead = lambda asked: (status, told) if asked.path.endswith(path) else None
    hub.ask()
    found = hub.source(SOURCE)
    assert words in found["detail"]
    assert (found["failing"], found["fails"]) == (failing, 1)
    kept = json.dumps(hub.pair.rows("select detail, memory::text from omv.cloud_source")) + caplog.text
    assert SECRET not in kept
    assert not any(token in kept for tokens in twin.tokens.values() for token in tokens)
