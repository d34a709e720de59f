"""The sweep's course: batches, losers, refusals, a store that is away. The real stores have their own tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lib.domain.errors import Conflict, Unavailable
from lib.monitoring.state import FleetState
from lib.monitoring.sweep import FATAL_TRIES, MOST_ENTRIES, MOST_SAMPLES, Run, Sweeper
from lib.storage.port import BadData, Entry
from tests.unit.folding import NOW, entry


class FakeStorage:
    """A stream, an inbox and a database that keeps versions as the real one does."""

    def __init__(self) -> None:
        self.queries = self
        self.stream: list[Entry] = []
        self.inbox: list[Entry] = []
        self.cursor = "0-0"
        self.version = 0
        self.tries = 0
        self.now = float(NOW)
        self.swept_at: float | None = None
        self.dirty = False
        self.busy = False
        self.documents: list[dict[str, Any]] = []
        self.published: list[str] = []
        self.counts: list[int] = []
        self.released = 0
        self.begun: list[int | None] = []
        self.before_commit: Callable[[dict[str, Any]], None] = lambda document: None
        self.before_read: Callable[[int], None] = lambda count: None
        self.before_begin: Callable[[], None] = lambda: None
        self.emergencies = 1

    def sweep_begin(self, owner: str, have_version: int | None, have_rules: int | None = None) -> dict[str, Any]:
        self.before_begin()
        self.begun.append(have_version)
        if self.busy:
            return {"busy": True, "version": self.version}
        self.tries += 1
        inbox = self.inbox[: max(1, 200 >> min(self.tries - 1, 8))]
        return {
            "busy": False, "now": self.now, "version": self.version, "rules_version": 0, "cursor": self.cursor,
            "tries": self.tries - 1, "swept_at": self.swept_at, "rollup_due": False, "fleet": None,
            "inbox": [[one.id.removeprefix("inbox:"), one.heard_at, one.parts] for one in inbox],
            "servers": None if have_version == self.version else self.servers(),
        }  # fmt: skip

    def sweep_commit(self, document: dict[str, Any]) -> dict[str, Any]:
        self.before_commit(document)
        if document["version"] != self.version:
            raise Conflict("another sweep committed first")
        self.documents.append(document)
        self.version += 1
        self.tries = 0
        self.cursor, self.swept_at = document["cursor"], self.now
        self.inbox = [one for one in self.inbox if one.id.removeprefix("inbox:") not in document["inbox"]]
        dirty, self.dirty = self.dirty, False
        return {"version": self.version, "dirty": dirty, "now": self.now}

    def sweep_release(self, owner: str) -> None:
        self.released += 1
        self.tries = max(0, self.tries - 1)

    def read(self, cursor: str, count: int) -> list[Entry]:
        self.counts.append(count)
        self.before_read(count)
        return [one for one in self.stream if int(one.id.split("-")[0]) > int(cursor.split("-")[0])][:count]

    def publish(self, snapshot: str) -> None:
        self.published.append(snapshot)

    def first_emergency_this_hour(self) -> bool:
        self.emergencies -= 1
        return self.emergencies >= 0

    def servers(self) -> dict[str, Any]:
        """What all commits together have made of the servers, in the form the database gives it."""
        found: dict[str, Any] = {}
        for document in self.documents:
            for name, told in document["servers"].items():
                found.setdefault(name, {"first_seen": NOW, "settings": {}, "states": {}, "posts": {}}).update(told)
            for name, states in document["states"].items():
                found[name]["states"].update(states)
            for name, posts in document["posts"].items():
                found[name]["posts"].update({epoch: [*row[:2], self.now] for epoch, row in posts.items() if row})
        return found

    def samples(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for document in self.documents:
            for server, rows in document["samples"].items():
                found.setdefault(server, []).extend(at for at, _ in rows)
        return found


@pytest.fixture
def storage() -> FakeStorage:
    return FakeStorage()


def sweeper(storage: FakeStorage, **more: Any) -> Sweeper:
    return Sweeper(storage, lambda servers: 60.0, **more)  # type: ignore[arg-type]


def sweep(storage: FakeStorage) -> Run:
    return sweeper(storage).run()


def fill(storage: FakeStorage, count: int, samples: int = 1) -> None:
    for index in range(count):
        rows = {NOW + index * samples + step: {"cpu": 1.0} for step in range(samples)}
        storage.stream.append(entry(NOW + index, rows, n=index + 1, floor=1))


def test_a_quiet_sweep_is_one_read_and_one_commit_and_one_snapshot_a_minute(storage: FakeStorage) -> None:
    one = sweeper(storage)
    for step in range(6):
        storage.now = NOW + 15.0 * step
        one.run()
    assert len(storage.counts) == len(storage.documents) == 6
    assert len(storage.published) == 2
    assert storage.begun == [None, 1, 2, 3, 4, 5]
    assert all(document["done"] for document in storage.documents)


def test_all_that_waits_is_committed_in_batches_with_the_place_in_the_stream(storage: FakeStorage) -> None:
    fill(storage, 2 * MOST_ENTRIES + 10)
    run = sweep(storage)
    assert (run.swept, run.commits) == (2 * MOST_ENTRIES + 10, 3)
    assert storage.cursor == storage.stream[-1].id
    assert [document["done"] for document in storage.documents] == [False, False, True]
    assert ["snapshot" in document for document in storage.documents] == [False, False, True]


def test_a_commit_holds_no_more_samples_than_the_database_takes_in_its_time(storage: FakeStorage) -> None:
    fill(storage, 100, samples=60)
    sweep(storage)
    sizes = [sum(len(rows) for rows in document["samples"].values()) for document in storage.documents]
    assert max(sizes) <= MOST_SAMPLES + 60
    assert sum(sizes) == 6_000


def test_posts_in_the_inbox_are_taken_first_and_removed_with_the_commit(storage: FakeStorage) -> None:
    fill(storage, 3)
    storage.inbox = [Entry(f"inbox:{one.id.split('-')[0]}", one.heard_at, one.parts) for one in storage.stream[:2]]
    storage.stream = storage.stream[2:]
    sweep(storage)
    assert storage.inbox == []
    assert storage.samples() == {"web-1": [NOW, NOW + 1, NOW + 2]}


def test_a_loser_begins_again_with_what_is_committed_now(storage: FakeStorage) -> None:
    fill(storage, 1)

    def lose_once(document: dict[str, Any]) -> None:
        storage.before_commit = lambda document: None
        storage.version += 1

    storage.before_commit = lose_once
    run = sweep(storage)
    assert run.swept == 1
    assert storage.begun == [None, None]


def test_whoever_loses_every_time_gives_up(storage: FakeStorage) -> None:
    def lose(document: dict[str, Any]) -> None:
        storage.version += 1

    storage.before_commit = lose
    assert sweep(storage).commits == 0
    assert len(storage.begun) == 5


def test_a_busy_lease_ends_the_run_without_a_read(storage: FakeStorage) -> None:
    storage.busy = True
    assert sweep(storage).busy
    assert storage.counts == []


def test_asked_for_another_round_it_goes_round_again(storage: FakeStorage) -> None:
    storage.dirty = True
    assert sweep(storage).commits == 2


def refuse(*values: str) -> Callable[[dict[str, Any]], None]:
    def check(document: dict[str, Any]) -> None:
        if any(value in str(document["samples"]) for value in values):
            raise BadData("22003: out of range")

    return check


def test_a_post_the_database_refuses_is_found_and_set_aside_and_the_others_are_stored(storage: FakeStorage) -> None:
    fill(storage, 20)
    storage.stream[7] = entry(NOW + 7, {NOW + 7: {"cpu": 66.6}}, n=8)
    storage.before_commit = refuse("66.6")
    run = sweep(storage)
    assert (run.dead, run.swept) == (1, 19)
    assert storage.samples()["web-1"] == [NOW + index for index in range(20) if index != 7]
    assert [len(document["dead"]) for document in storage.documents].count(1) == 1
    assert storage.documents[-1]["posts"]["web-1"]["e"][0] == 20
    assert storage.documents[-1]["done"]
    assert storage.released == 1


def test_the_last_post_refused_still_ends_the_lease_and_writes_the_snapshot(storage: FakeStorage) -> None:
    storage.stream = [entry(NOW, {NOW: {"cpu": 66.6}}, n=1)]
    storage.before_commit = refuse("66.6")
    assert sweep(storage).dead == 1
    assert storage.documents[-1]["done"]
    assert len(storage.published) == 1


def test_an_outage_of_the_database_puts_nothing_aside_and_counts_no_try(storage: FakeStorage) -> None:
    fill(storage, 1)

    def away(document: dict[str, Any]) -> None:
        raise Unavailable("57014")

    storage.before_commit = away
    one = sweeper(storage)
    for _ in range(FATAL_TRIES + 5):
        with pytest.raises(Unavailable):
            one.run()
    assert (storage.tries, storage.documents) == (0, [])
    storage.before_commit = lambda document: None
    assert one.run().swept == 1


def test_a_post_that_kills_its_sweeper_is_met_with_smaller_batches_and_ends_alone(storage: FakeStorage) -> None:
    fill(storage, 300)
    storage.stream[150] = entry(NOW + 150, {NOW + 150: {"cpu": 66.6}}, n=151)

    def die(document: dict[str, Any]) -> None:
        if "66.6" in str(document["samples"]):
            raise MemoryError

    storage.before_commit = die
    deaths = 0
    for _ in range(60):
        try:
            sweep(storage)
        except MemoryError:
            deaths += 1
        else:
            break
    assert deaths < 60
    assert [len(document["dead"]) for document in storage.documents].count(1) == 1
    assert len(storage.samples()["web-1"]) == 299
    assert storage.cursor == storage.stream[-1].id


def test_redis_away_the_inbox_is_swept_and_silence_is_not_judged(storage: FakeStorage) -> None:
    fill(storage, 1)
    storage.inbox = [Entry("inbox:9", NOW, storage.stream[0].parts)]

    def away(count: int) -> None:
        raise Unavailable("Redis does not answer")

    storage.before_read = away
    run = sweep(storage)
    assert run.swept == 1
    assert FleetState.from_text(storage.documents[0]["fleet"]).listening_since == pytest.approx(NOW, abs=5)


def test_an_answer_too_large_for_its_time_is_asked_for_in_small_bites(storage: FakeStorage) -> None:
    fill(storage, 50)

    def slow(count: int) -> None:
        if count > 20:
            raise Unavailable("time-out")

    storage.before_read = slow
    assert sweep(storage).swept == 50


def test_when_the_database_stays_away_somebody_is_told_once(
    storage: FakeStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [0.0]
    monkeypatch.setattr("lib.monitoring.sweep.time.monotonic", lambda: moment[0])
    told: list[str] = []

    def away() -> None:
        raise Unavailable("no route")

    storage.before_begin = away
    one = sweeper(storage, emergency=told.append)
    for moment[0] in (1.0, 60.0, 180.0, 181.5, 300.0):
        with pytest.raises(Unavailable):
            one.run()
    assert told == ["OpenManager cannot reach its database for 180 s: no route"]


def test_after_each_commit_it_says_that_it_lives(storage: FakeStorage) -> None:
    fill(storage, MOST_ENTRIES + 1)
    lives: list[int] = []
    sweeper(storage, alive=lambda: lives.append(1)).run()
    assert len(lives) == 2
