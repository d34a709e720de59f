"""The analysis on a real database: a fleet with a past, a day that was different, and a cause that was planted."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lib import wiring
from lib.domain.access import Sight
from lib.domain.errors import BadInput, NotFound
from lib.monitoring.analysis import Analysis
from lib.monitoring.collectors.server_stats import decode
from tests.history.past import HOUR, Past
from tests.real_stores import Pair, ServicesFactory

DAY = 24 * HOUR
NAMES = ("cpu", "memory", "disk", "disk:/", "iowait", "latency")
DAYS = 9


class Hub:
    def __init__(self, pair: Pair, services: wiring.Services) -> None:
        self.past = Past(pair, hour_left=60.0)
        self.services = services
        self.now = self.past.hour
        self.moment = self.now - 30 * 60  # db-1 waits from three minutes before it

    def plant(self) -> None:
        """Nine days in five minutes, the last four hours in minutes; web-1's CPU is 20 points up in the last day."""
        for place, name in enumerate(("web-1", "web-2", "web-3", "db-1")):
            chance = random.Random(place)
            times = [*range(self.now - DAYS * DAY, self.now - 4 * HOUR, 300), *range(self.now - 4 * HOUR, self.now, 60)]
            self.past.commit({name: {at: self.sample(name, at, chance) for at in times}}, NAMES)

    def sample(self, name: str, at: int, chance: random.Random) -> list[float]:
        cpu = 30 + 10 * math.sin(at % DAY / DAY * 2 * math.pi) + chance.gauss(0, 2)
        if name == "web-1" and at >= self.now - DAY:
            cpu += 20
        wait = 5 + chance.random() + (40 if name == "db-1" and at >= self.moment - 180 else 0)
        slow = 100 + chance.gauss(0, 5) + (300 if name == "web-2" and at >= self.moment else 0)
        return [cpu, 50 + chance.gauss(0, 1), 91.5, 91.5, wait, slow]

    def post(self) -> None:
        """Each server says who it is, web-2 of its deploy, and the sweep makes it the fleet."""
        for name in ("web-1", "web-2", "web-3", "db-1"):
            body = {
                "server": name,
                "host": {"cores": 4, "group": name.partition("-")[0]},
                "samples": [{"at": int(time.time()), "cpu": 40.0, "mounts": {"/": 50.0}}],
                "events": [{"id": "d-1", "at": self.moment - 60, "kind": "deploy", "title": "shop v9"}],
            }
            if name != "web-2":
                del body["events"]
            self.services.ingest.take(decode(body, time.time()), "nobody's")
        assert self.services.sweeper.run().swept


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Hub]:
    factory = ServicesFactory()
    made = Hub(module_stores, factory(module_stores, install=True))
    made.past.hot_from(made.past.hour - 6 * HOUR)
    made.plant()
    made.past.roll_up()
    made.post()
    try:
        yield made
    finally:
        made.past.close()
        factory.close()


def _day(hub: Hub, name: str, **given: Any) -> dict[str, Any]:
    return hub.services.analysis.of_server(name, hub.now - DAY, hub.now, **given)


def test_a_day_unlike_the_seven_before_is_told_with_its_numbers(hub: Hub) -> None:
    found = _day(hub, "web-1")
    cpu = next(one for one in found["shifts"] if one["series"] == "cpu")
    assert cpu["verdict"] == "higher"
    assert cpu["after"] - cpu["before"] == pytest.approx(20, abs=2)
    assert (cpu["days"], cpu["n"]) == (7, 96)
    assert len(found["baseline"]) == 7
    quiet = _day(hub, "web-3")
    assert [one["series"] for one in quiet["shifts"] if one["verdict"] in ("higher", "lower")] == []


def test_the_score_has_its_reasons(hub: Hub) -> None:
    """The disk at 91.5 %: 25 * 6.5 / 13 = 12.5 points, told of the mount and not twice."""
    found = _day(hub, "web-3")["health"]
    assert [(one["code"], one["series"], one["points"]) for one in found["reasons"]] == [("disk", "disk:/", 12.5)]
    assert found["score"] == 88


def test_a_baseline_may_be_chosen(hub: Hub) -> None:
    found = _day(hub, "web-1", baseline=(hub.now - DAY, hub.now))
    assert {one["verdict"] for one in found["shifts"]} == {"same"}


def test_a_chosen_baseline_counts_in_the_bins_of_the_window(hub: Hub) -> None:
    """One that begins between them would share none with it, and could not be compared bin by bin."""
    whole, within = ((hub.now - 2 * DAY + off, hub.now - DAY - off) for off in (0, 60))
    found = _day(hub, "web-1", baseline=within)
    assert found["baseline"][0]["from_epoch"] == whole[0]
    assert found["shifts"] == _day(hub, "web-1", baseline=whole)["shifts"]


def test_62_days_may_begin_after_clocks_were_changed(hub: Hub) -> None:
    """Their copy begins before, and is an hour longer."""
    analysis = Analysis(hub.services.storage, hub.services.queries, time.time, "Europe/Berlin")
    begun = int(datetime(2025, 12, 1, 0, 30, tzinfo=UTC).timestamp())
    [before] = analysis.of_server("web-1", begun, begun + 62 * DAY)["baseline"]
    assert (before["from"], before["to"]) == ("2025-09-29T23:00:00+00:00", "2025-12-01T00:00:00+00:00")


def test_what_is_to_come_is_no_gap(hub: Hub) -> None:
    found = hub.services.analysis.of_server("web-3", hub.now - DAY, hub.now + 3 * DAY)
    assert found["measured"] > 0.95
    assert [one["code"] for one in found["health"]["reasons"]] == ["disk"]
    ahead = hub.services.analysis.of_server("web-3", hub.now + DAY, hub.now + 2 * DAY)
    assert (ahead["health"]["score"], ahead["measured"]) == (None, 0.0)


def test_an_hour_is_enough_for_a_score_and_too_little_to_be_compared(hub: Hub) -> None:
    found = hub.services.analysis.of_fleet(hub.now - HOUR, hub.now)
    assert found["step"] == HOUR // 4
    assert {one["server"]: one["score"] for one in found["servers"]}["web-3"] == 88
    assert found["score"] is not None
    assert {(one["verdict"], one["before"], one["before_p95"]) for one in found["shifts"]} == {("unknown", None, None)}


def test_the_fleet_is_held_against_a_baseline_that_is_chosen(hub: Hub) -> None:
    def moved(since: int, to: int) -> dict[str, list[str]]:
        found = hub.services.analysis.of_fleet(hub.now - DAY, hub.now, baseline=(since, to))
        assert [(one["from_epoch"], one["to_epoch"]) for one in found["baseline"]] == [(since, to)]
        return {one["server"]: [it["series"] for it in one["shifts"]] for one in found["servers"]}

    assert moved(hub.now - 3 * DAY, hub.now - 2 * DAY)["web-1"] == ["cpu"]
    assert moved(hub.now - DAY, hub.now)["web-1"] == []
    with pytest.raises(BadInput):
        hub.services.analysis.of_fleet(hub.now - DAY, hub.now, baseline=(hub.now - 11 * DAY, hub.now - DAY))


def test_the_fleet_and_a_group_of_it(hub: Hub) -> None:
    found = hub.services.analysis.of_fleet(hub.now - DAY, hub.now)
    assert {one["server"] for one in found["servers"]} == {"web-1", "web-2", "web-3", "db-1"}
    assert found["left_out"] == 0
    assert found["score"] is not None
    assert [(one["group"], one["servers"]) for one in found["groups"]] == [("db", 1), ("web", 3)]
    moved = {one["server"]: [(it["series"], it["verdict"]) for it in one["shifts"]] for one in found["servers"]}
    assert moved["web-1"] == [("cpu", "higher")]
    assert moved["web-3"] == []
    group = hub.services.analysis.of_fleet(hub.now - DAY, hub.now, "web")
    assert len(group["servers"]) == 3
    assert [(one["group"], one["server"], one["series"]) for one in group["imbalances"]] == [("web", "web-1", "cpu")]
    with pytest.raises(NotFound):
        hub.services.analysis.of_fleet(hub.now - DAY, hub.now, "nobody's")


def test_fresh_samples_are_thinned_for_a_fleet_without_moving_its_means(hub: Hub) -> None:
    reads = [("web-1", hub.now - 3 * HOUR, hub.now), ("nobody", hub.now - HOUR, hub.now)]
    whole, thinned = (
        hub.services.storage.analysis.analysis_series(reads, ["cpu"], HOUR, "1h", thin=thin) for thin in (0, 240)
    )
    assert whole[1] is thinned[1] is None
    assert whole[0] is not None
    assert thinned[0] is not None
    assert [len(row) for row in thinned[0]["series"]["cpu"]] == [2, 2, 2]
    for all_of, some in zip(whole[0]["series"]["cpu"], thinned[0]["series"]["cpu"], strict=True):
        assert (all_of[0], all_of[4]) == (some[0], 60)
        assert some[1] == pytest.approx(all_of[2], abs=2)  # 15 values of a spread of two points
        assert some[1] != all_of[2]


def test_the_server_that_waited_first_and_the_deploy_are_named(hub: Hub) -> None:
    found = hub.services.why.of_server("web-2", "latency", hub.now - 10 * 60)
    assert found["moment_epoch"] == pytest.approx(hub.moment, abs=60)
    named = [(one["kind"], one["server"], one["what"]) for one in found["hypotheses"]]
    assert set(named) == {("deploy", "web-2", "shop v9"), ("metric", "db-1", "iowait")}
    waited = next(one for one in found["hypotheses"] if one["kind"] == "metric")
    assert waited["lead"] == pytest.approx(180, abs=60)
    assert {one["what"] for one in found["ruled_out"] if one["server"] == "web-2"} >= {"cpu", "memory", "iowait"}
    assert found["peers"] == {"measured": 2, "changed": 0}


def test_what_is_out_of_sight_is_neither_told_nor_named(hub: Hub) -> None:
    only = Sight((), "web-2")
    found = hub.services.why.of_server("web-2", "latency", hub.now - 10 * 60, only)
    assert {one["server"] for one in found["hypotheses"]} == {"web-2"}
    assert found["looked_at"]["servers"] == 1
    assert len(hub.services.analysis.of_fleet(hub.now - DAY, hub.now, None, only)["servers"]) == 1
    for ask in (
        lambda: _day(hub, "db-1", sight=only),
        lambda: hub.services.why.of_server("db-1", "cpu", hub.now, only),
    ):
        with pytest.raises(NotFound):
            ask()


def test_times_that_are_none_are_refused(hub: Hub) -> None:
    with pytest.raises(BadInput):
        hub.services.analysis.of_server("web-1", hub.now, hub.now - DAY)
    with pytest.raises(BadInput):
        _day(hub, "web-1", baseline=(hub.now, hub.now - DAY))
    with pytest.raises(BadInput):
        hub.services.why.of_server("web-1", "nonsense", hub.now)


def test_a_month_of_a_server_is_read_by_the_hour(hub: Hub) -> None:
    """Which bounds what it costs; `make bench ARGS=analysis` tells how much."""
    assert hub.services.analysis.of_server("web-1", hub.now - 30 * DAY, hub.now)["step"] == HOUR
