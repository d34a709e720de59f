"""Rounds: which window is asked for, what a death in the middle leaves, and whose turn it is. The cloud is a list."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from lib.domain.clouds import CloudAccount
from lib.monitoring.cloud_rounds import FIRST_SECONDS, MOST_SECONDS, OVERLAP
from lib.monitoring.collectors.clouds import Asker, Busy, Instance, Point
from lib.monitoring.rollup import roll_up
from tests.clouds.cloud_hub import CloudHub
from tests.real_stores import Pair, ServicesFactory

SOURCE = "aws:listed:ap-northeast-2"


@dataclass
class Listed:
    """A cloud of so many machines, each of which had the same value in every five minutes."""

    count: int = 3
    windows: list[tuple[int, int]] = field(default_factory=list)
    dies_at: str = ""
    busy: bool = False

    def instances(self, asker: Asker) -> list[Instance]:
        if self.busy:
            raise Busy("busy", "바쁨")
        return [Instance(f"i-{number:03}", f"web-{number:03}") for number in range(self.count)]

    def points(
        self, asker: Asker, instances: Sequence[Instance], start: int, end: int, memory: dict[str, Any]
    ) -> Iterator[Point]:
        self.windows.append((start, end))
        for one in instances:
            if one.id == self.dies_at:
                raise KeyboardInterrupt  # as a function that is cut off: nothing is settled
            for at in range(start - start % 300 + 300, end + 1, 300):
                yield Point(one.id, "cpu", at, 5.0)


@dataclass
class Clock:
    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def cloud() -> Listed:
    return Listed()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(cloud: Listed, clock: Clock, fresh_stores: Pair, make_services: ServicesFactory) -> CloudHub:
    account = CloudAccount("aws", "listed", ("ap-northeast-2",), {})
    services = make_services(fresh_stores, clock=clock)
    return CloudHub.of(services, fresh_stores, [account], lambda name: cloud, chunk=2)


def lengths(cloud: Listed) -> list[int]:
    found = [round(end - start, -2) for start, end in cloud.windows]  # a busy machine may take seconds between two
    cloud.windows.clear()
    return found


def test_the_first_window_is_an_hour_and_each_begins_before_the_end_of_the_last(cloud: Listed, hub: CloudHub) -> None:
    hub.ask()
    assert lengths(cloud) == [FIRST_SECONDS] * 2  # of three machines, two at a time
    hub.ask()
    assert lengths(cloud) == [OVERLAP] * 2


@pytest.mark.parametrize(("away", "read"), [(6 * 3_600, 6 * 3_600 + OVERLAP), (9 * 86_400, MOST_SECONDS)])
def test_after_an_outage_what_was_missed_is_read_up_to_a_day(
    cloud: Listed, hub: CloudHub, clock: Clock, away: int, read: int
) -> None:
    clock.ahead = -away
    hub.ask()
    lengths(cloud)
    clock.ahead = 0.0
    hub.ask()
    assert lengths(cloud) == [read] * 2
    roll_up(hub.services.storage, hub.services.settings.retention)  # what is so late waits for it
    stored = hub.series("web-000", "cpu", int(time.time()) - read)
    assert len(stored) == pytest.approx(read // 300, abs=2)


def test_a_round_that_fails_leaves_its_window_for_the_next(cloud: Listed, hub: CloudHub, clock: Clock) -> None:
    clock.ahead = -1_800.0
    hub.ask()
    lengths(cloud)
    cloud.busy = True
    clock.ahead = -900.0
    hub.ask()
    assert lengths(cloud) == []
    cloud.busy, clock.ahead = False, 0.0
    hub.ask()
    assert lengths(cloud) == [1_800 + OVERLAP] * 2


def test_a_round_that_was_cut_off_is_done_again_and_nothing_is_twice(cloud: Listed, hub: CloudHub) -> None:
    cloud.dies_at = "i-002"
    with pytest.raises(KeyboardInterrupt):
        hub.rounds.run(time.monotonic() + 20)
    assert hub.rounds.run(time.monotonic() + 20)["sources"] == 0  # its lease still runs
    cloud.dies_at = ""
    hub.ask()
    assert hub.names() == ["web-000", "web-001", "web-002"]
    assert [len(hub.series(name, "cpu", int(time.time()) - 3_600)) for name in hub.names()] == pytest.approx(
        [12] * 3, abs=1
    )
    assert hub.source(SOURCE)["fails"] == 0


def test_four_hundred_machines_take_as_many_posts_as_there_are_chunks(
    cloud: Listed, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    services = make_services(fresh_stores)
    cloud.count = 400
    hub = CloudHub.of(services, fresh_stores, [CloudAccount("aws", "listed", ("r",), {})], lambda name: cloud)
    before = services.storage.redis.commands
    told = hub.rounds.run(time.monotonic() + 60)
    assert (told["servers"], told["more"]) == (400, False)
    assert services.storage.redis.commands - before <= 11  # ten posts, and a look at the snapshot
