"""Clouds as the clock reads them: through the roll-up's own path, woken by the sweep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clouds.azure_twin import SUBSCRIPTION, AzureTwin, azure
from tests.clouds.cloud_hub import fives
from tests.real_stores import CRON_SECRET, Pair, ServicesFactory

CLOCK = {"Authorization": f"Bearer {CRON_SECRET}"}


@pytest.fixture
def twin() -> Iterator[AzureTwin]:
    with azure() as running:
        yield running


def test_the_sweep_wakes_the_roll_up_which_reads_the_clouds(
    twin: AzureTwin, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    from api.cron.rollup import app as rollup
    from api.cron.sweep import app as sweep

    services = make_services(fresh_stores, install=True, clouds=(twin.account(),))
    twin.start("web-01")
    twin.measure("web-01", "Percentage CPU", (fives(1)[0], 42.0))
    first = sweep.test_client().get("/api/cron/sweep", headers=CLOCK)
    assert first.json is not None
    assert first.json["rollup_due"] is True
    rolled = rollup.test_client().get("/api/cron/rollup", headers=CLOCK)
    assert rolled.json is not None
    assert rolled.json["clouds"] == {"sources": 1, "failed": 0, "servers": 1, "points": 1, "more": False}
    again = sweep.test_client().get("/api/cron/sweep", headers=CLOCK)
    assert again.json is not None
    assert (again.json["rollup_due"], again.json["swept"]) == (False, 1)
    assert services.queries.server("web-01")["latest"] == {"cpu": 42.0}


def test_a_second_roll_up_at_the_same_time_asks_nobody_twice(
    twin: AzureTwin, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    services = make_services(fresh_stores)
    clouds = services.storage.clouds
    claimed = clouds.clouds_claim([f"azure:az:{SUBSCRIPTION}"], "one", 60)
    assert claimed is not None
    assert clouds.clouds_claim([f"azure:az:{SUBSCRIPTION}"], "two", 60) is None


def test_a_hub_without_accounts_asks_nobody(fresh_stores: Pair, make_services: ServicesFactory) -> None:
    from api.cron.rollup import app as rollup

    make_services(fresh_stores, install=True)
    answer = rollup.test_client().get("/api/cron/rollup", headers=CLOCK)
    assert answer.json is not None
    assert answer.json["clouds"] == {"sources": 0, "failed": 0, "servers": 0, "points": 0, "more": False}
