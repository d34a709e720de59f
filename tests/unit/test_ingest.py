"""The door: what is appended, what the sender is told, and who is woken."""

from __future__ import annotations

from typing import Any

import pytest

from lib.domain.access import Sight
from lib.domain.errors import BadInput, Forbidden, TooLarge
from lib.domain.telemetry import Post, ServerSamples
from lib.monitoring.collectors.server_stats import Batch, decode
from lib.monitoring.ingest import Cadence, Ingest, Pokes
from lib.storage.port import Contents

NOW = 1_763_900_000.0


class FakeStorage:
    """Remembers what was appended; the directory says what it was given."""

    def __init__(self, *, billed: bool = False, **contents: Any) -> None:
        self.billed = billed
        self.directory = self
        self.appended: list[list[str]] = []
        self._contents = Contents(swept_at=NOW, **contents)

    def contents(self) -> Contents:
        return self._contents

    def append(self, parts: list[str], cursor: str) -> str:
        self.appended.append(parts)
        return "1-0"


def take(storage: FakeStorage, document: dict[str, Any], only_server: str | None = None) -> dict[str, Any]:
    ingest = Ingest(storage, lambda: NOW)  # type: ignore[arg-type]
    return ingest.take(decode({"server": "web-1", **document}, NOW), "key", Sight(server=only_server)).body


SAMPLES = [{"at": NOW, "cpu": 1.0}]


def test_a_post_is_one_append_and_its_answer_says_what_to_do_next() -> None:
    storage = FakeStorage(stored={"web-1": {"e": [409, [[398, 401]]]}})
    body = take(storage, {"samples": SAMPLES, "post": {"epoch": "e", "n": 412, "floor": 398}})
    assert len(storage.appended) == 1
    assert (body["accepted"], body["rejected"]) == (1, [])
    assert body["next"] == {
        "sample_every": 10, "post_every": 10, "limits": {"cpu": 90, "memory": 90, "disk": 90, "inode": 90},
        "time": NOW, "stored": 409, "resend": [[398, 401]],
    }  # fmt: skip


def test_of_an_epoch_nobody_knows_nothing_is_stored() -> None:
    body = take(FakeStorage(stored={"web-1": {"e": [409, None]}}), {"samples": SAMPLES, "post": {"epoch": "f", "n": 1}})
    assert (body["next"]["stored"], body["next"]["resend"]) == (0, [])


def test_without_a_number_nothing_is_said_of_numbers() -> None:
    assert "stored" not in take(FakeStorage(), {"samples": SAMPLES})["next"]


@pytest.mark.parametrize(
    ("billed", "watched", "servers", "every"),
    [
        (False, "", 1, 5),
        (False, "web-1", 1, 5),
        (False, "web-2", 1, 10),
        (True, "", 1, 60),  # looking at the fleet makes nobody post more often
        (True, "web-1", 1, 10),
        (True, "web-1", 9, 10),
        (True, "web-1", 10, 64),  # the month's commands would not last
        (True, "", 100, 648),
    ],
)
def test_how_often_an_agent_posts_follows_price_and_onlookers(
    billed: bool, watched: str, servers: int, every: int
) -> None:
    stored = {f"web-{number}": {"e": [1, None]} for number in range(1, servers + 1)}
    storage = FakeStorage(billed=billed, stored=stored, watch={watched: NOW + 60})
    assert take(storage, {"samples": SAMPLES})["next"]["post_every"] == every


def test_an_onlooker_who_left_no_longer_counts() -> None:
    storage = FakeStorage(watch={"": NOW - 1})
    assert take(storage, {"samples": SAMPLES})["next"]["post_every"] == 10


def test_a_key_of_one_server_speaks_for_no_other() -> None:
    storage = FakeStorage()
    with pytest.raises(Forbidden, match="web-2"):
        take(storage, {"samples": SAMPLES}, "web-2")
    assert storage.appended == []
    take(storage, {"samples": SAMPLES}, "web-1")


@pytest.mark.parametrize("document", [{}, {"samples": []}, {"samples": [{"at": NOW, "cpu": -1}]}, {"host": {}}])
def test_a_post_of_nothing_is_not_kept(document: dict[str, Any]) -> None:
    storage = FakeStorage()
    with pytest.raises(BadInput) as caught:
        take(storage, document)
    assert caught.value.errors
    assert storage.appended == []


def test_a_numbered_post_stays_whole_or_is_refused_and_others_are_split() -> None:
    rows: list[tuple[int, list[float | None]]] = [(at, [1.234567] * 200) for at in range(600)]
    names = [f"app.m{index}" for index in range(200)]
    storage = FakeStorage()
    ingest = Ingest(storage, lambda: NOW)  # type: ignore[arg-type]
    with pytest.raises(TooLarge):
        ingest.take(Batch([ServerSamples("w", names, rows, Post("e", 1, 1))]), "key")
    assert storage.appended == []
    ingest.take(Batch([ServerSamples("w", names, rows)]), "key")
    assert len(storage.appended) == 2
    assert max(sum(len(part.encode()) for part in entry) for entry in storage.appended) <= 900_000


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def share(value: float, server: str = "web-1") -> list[ServerSamples]:
    return [ServerSamples(server, ["memory", "cpu"], [(1, [1.0, value])])]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_sweep_that_is_due_is_poked_once_in_a_while(clock: Clock) -> None:
    pokes = Pokes(60.0, 20.0, clock)
    contents = Contents(swept_at=NOW)
    assert pokes.due(contents, share(1), NOW + 59) == []
    assert pokes.due(contents, share(1), NOW + 60) == ["/api/cron/sweep"]
    clock.now += 19
    assert pokes.due(contents, share(1), NOW + 79) == []
    clock.now += 1
    assert pokes.due(contents, share(1), NOW + 80) == ["/api/cron/sweep"]
    assert pokes.due(Contents(swept_at=None), share(1), NOW) == []
    clock.now += 20
    assert pokes.due(Contents(swept_at=None), share(1), NOW) == ["/api/cron/sweep"]


def test_a_value_at_its_limit_makes_a_sweep_due_at_once_but_not_again_and_again(clock: Clock) -> None:
    pokes = Pokes(60.0, 20.0, clock)
    contents = Contents(swept_at=NOW)
    assert pokes.due(contents, share(89.9), NOW) == []
    assert pokes.due(contents, share(90), NOW) == ["/api/cron/sweep"]
    clock.now += 60
    assert pokes.due(contents, share(99), NOW) == [], "it is known"
    assert pokes.due(contents, share(99, "web-2"), NOW) == ["/api/cron/sweep"]
    clock.now += 1
    assert pokes.due(contents, share(99, "web-3"), NOW) == [], "two seconds apart"


def test_a_storm_of_breaches_pokes_six_times_a_minute(clock: Clock) -> None:
    pokes = Pokes(60.0, 20.0, clock)
    woken = 0
    for number in range(29):
        woken += len(pokes.due(Contents(swept_at=NOW), share(99, f"web-{number}"), NOW))
        clock.now += 2
    assert woken == 6


def test_the_roll_up_is_woken_once_a_minute_when_it_is_due(clock: Clock) -> None:
    pokes = Pokes(60.0, 20.0, clock)
    contents = Contents(swept_at=NOW, rollup_due=True)
    assert pokes.due(contents, share(1), NOW) == ["/api/cron/rollup"]
    clock.now += 59
    assert pokes.due(contents, share(1), NOW) == []
    clock.now += 1
    assert pokes.due(contents, share(1), NOW) == ["/api/cron/rollup"]


def test_cadence_never_spends_more_than_the_months_commands() -> None:
    for servers in (1, 10, 100, 1_000):
        every = Cadence(billed=True).post_every(servers)
        assert servers * 2_592_000 / every <= 400_000 * 1.02
