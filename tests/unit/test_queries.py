"""The reads: the fleet put together from its snapshot, and a chart's points and holes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.domain.errors import BadInput, NotFound, Unavailable
from lib.monitoring.queries import MOST_POINTS, Queries, plan
from lib.monitoring.snapshot import read, write
from lib.monitoring.state import FleetState, ServerState

NOW = 1_763_900_000.0


def server(name: str, heard: float = NOW, **more: Any) -> ServerState:
    state = ServerState(name, ["cpu"], values=[12.5], heard_at=heard, expected=10.0, folded_at=int(heard))
    for attribute, value in more.items():
        setattr(state, attribute, value)
    return state


def snapshot_of(*states: ServerState, version: int = 7, at: float = NOW, deaf: bool = False) -> str:
    fleet = FleetState(deaf_since=1.0 if deaf else None, cpu=[[1.0, 2.0]], cpu_at=300)
    return write(version, at, {state.name: state for state in states}, fleet, 10.0)


class FakeStorage:
    def __init__(self, body: str | None, *, billed: bool = False) -> None:
        self.body = body
        self.billed = billed
        self.queries = self
        self.now = NOW + 5
        self.swept_at: float | None = None
        self.watched: list[str] = []
        self.fails = False
        self.asked: list[int | None] = []
        self.answer: dict[str, Any] | None = None

    def snapshot(self, have_version: int | None = None) -> dict[str, Any]:
        self.asked.append(have_version)
        version = int(self.body.partition(" ")[0]) if self.body else 0
        body = None if have_version == version else self.body
        return {"version": version, "body": body, "swept_at": self.swept_at, "now": self.now}

    def watch(self, subjects: list[str], seconds: float) -> None:
        self.watched += subjects
        if self.fails:
            raise Unavailable("Postgres is away")

    def series(self, *args: Any) -> dict[str, Any] | None:
        return self.answer

    def server(self, name: str, sight: Any) -> dict[str, Any] | None:
        return self.answer


def queries(storage: FakeStorage) -> Queries:
    return Queries(storage)  # type: ignore[arg-type]


def fleet(storage: FakeStorage, reader: Queries | None = None, **filters: str) -> tuple[dict[str, Any], str]:
    found = (reader or queries(storage)).fleet(filters)
    return json.loads(found.text), found.etag


def test_the_fleet_is_what_was_committed() -> None:
    states = [
        server("web-2", settings={"group": "b"},
               facts={"os": "Debian", "cores": 8, "tags": {"env": "prod"}, "group": "a"}),
        server("web-1", status="critical", since=5.0,
               reason={"code": "threshold", "metric": "disk:/data", "value": 97.0, "level": 95.0, "since": 5.0}),
    ]  # fmt: skip
    body, _ = fleet(FakeStorage(snapshot_of(*states)))
    first, second = body["servers"]
    assert (first["id"], second["id"]) == ("web-1", "web-2")
    assert first["reason"]["text"] == {
        "en": "Disk /data at 97% (level 95%)",
        "ko": "디스크 사용률 /data 97% (기준 95%)",
    }
    assert (second["group"], second["tags"], second["cores"], second["metrics"]) == (
        "b",
        {"env": "prod"},
        8,
        {"cpu": 12.5},
    )
    assert body["fleet"] == {"cpu": {"t": [300], "median": [1.0], "p95": [2.0]}}
    assert (body["version"], body["stale"]) == (7, False)


def test_an_empty_product_has_an_empty_fleet() -> None:
    body, etag = fleet(FakeStorage(None))
    assert body["servers"] == []
    assert etag


def test_the_tag_changes_with_the_commit_with_who_is_stale_and_with_what_was_asked_for() -> None:
    storage = FakeStorage(snapshot_of(server("web-1"), server("web-2", heard=NOW - 20)))
    reader = queries(storage)
    tags = [fleet(storage, reader)[1]]
    assert fleet(storage, reader)[1] == tags[0]
    for now in (NOW + 31, NOW + 51, NOW + 151):  # web-2, then web-1, then it is we who do not look
        storage.now = now
        tags.append(fleet(storage, reader)[1])
    tags.append(fleet(storage, reader, q="web-1")[1])
    storage.body = snapshot_of(server("web-1"), version=8)
    tags.append(fleet(storage, reader)[1])
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize(
    ("now", "deaf", "expected"),
    [(NOW + 50, False, None), (NOW + 51, False, "late"), (NOW + 151, False, "blind"), (NOW + 51, True, "deaf")],
)
def test_a_late_server_is_stale_and_the_reason_says_whose_silence_it_is(
    now: float, deaf: bool, expected: str | None
) -> None:
    storage = FakeStorage(snapshot_of(server("web-1"), server("gone", heard=5.0, status="offline"), deaf=deaf))
    storage.now = now
    gone, found = fleet(storage)[0]["servers"]
    assert gone["status"] == "offline"
    assert (found["status"], found["reason"] and found["reason"]["code"]) == ("stale" if expected else "ok", expected)


def test_quiet_sweeps_count_as_looking_where_the_database_tells_of_them() -> None:
    storage = FakeStorage(snapshot_of(server("web-1")))
    storage.now, storage.swept_at = NOW + 500, NOW + 490
    assert fleet(storage)[0]["servers"][0]["reason"]["code"] == "late"


def test_a_snapshot_is_read_once_a_version() -> None:
    storage = FakeStorage(snapshot_of(server("web-1")))
    reader = queries(storage)
    assert fleet(storage, reader)[0] == fleet(storage, reader)[0]
    assert storage.asked == [None, 7]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "ok"}, ["web-1"]),
        ({"status": "ok,offline"}, ["db-1", "web-1"]),
        ({"status": "stale"}, ["web-2"]),
        ({"group": "web"}, ["web-1", "web-2"]),
        ({"tag": "env"}, ["web-1"]),
        ({"tag": "env:prod"}, ["web-1"]),
        ({"tag": "env:dev"}, []),
        ({"q": "WEB"}, ["web-1", "web-2"]),
        ({"q": "prod"}, ["web-1"]),
        ({"q": "web", "status": "stale"}, ["web-2"]),
    ],
)
def test_filters_choose_among_what_is_shown(filters: dict[str, str], expected: list[str]) -> None:
    storage = FakeStorage(
        snapshot_of(
            server("web-1", facts={"group": "web", "tags": {"env": "prod"}}),
            server("web-2", heard=NOW - 100, facts={"group": "web"}),
            server("db-1", status="offline"),
        )
    )
    assert [one["id"] for one in fleet(storage, **filters)[0]["servers"]] == expected


@pytest.mark.parametrize(("billed", "watched"), [(True, []), (False, [""])])
def test_looking_at_the_fleet_is_told_where_posting_costs_nothing(billed: bool, watched: list[str]) -> None:
    storage = FakeStorage(snapshot_of(server("web-1")), billed=billed)
    reader = queries(storage)
    for _ in range(3):
        body, _ = fleet(storage, reader)
    assert storage.watched == watched
    assert body["watch"]["poll_every"] == (60 if billed else 5)


def test_the_fleet_is_shown_though_nobody_can_be_told_that_it_is_looked_at() -> None:
    storage = FakeStorage(snapshot_of(server("web-1")))
    storage.fails = True
    assert len(fleet(storage)[0]["servers"]) == 1


def test_names_and_facts_cannot_break_the_text() -> None:
    name = 'a"\\웹'
    storage = FakeStorage(snapshot_of(server(name, facts={"os": 'x\n"}]', "tags": {"k\r": "\u2028"}})))
    (found,) = fleet(storage)[0]["servers"]
    assert (found["id"], found["os"], found["tags"]) == (name, 'x\n"}]', {"k\r": "\u2028"})
    assert len(read(storage.body or "").fragments) == 1


def test_one_server_is_its_row_and_its_state() -> None:
    state = server("web-1", series=["cpu", "disk:/"], values=[12.5, 44.0], mounts={"/": [200, 100]}, agent="omv 1")
    storage = FakeStorage(snapshot_of(state))
    storage.answer = {
        "series": state.series, "facts": {}, "settings": {}, "first_seen": 1.0, "history_from": 0.5,
        "processes_at": None, "states": state.to_rows(None),
    }  # fmt: skip
    found = queries(storage).server("web-1")
    assert found["latest"] == {"cpu": 12.5, "disk:/": 44.0}
    assert found["mounts"] == [{"mount": "/", "disk": 44.0, "inode": None, "size_bytes": 200, "free_bytes": 100}]
    assert (found["status"], found["source"]) == ("ok", "agent")
    storage.answer = None
    with pytest.raises(NotFound):
        queries(storage).server("web-9")


@pytest.mark.parametrize(
    ("span", "points", "expected"),
    [
        (3_600, 300, (15, "raw")),
        (600, 300, (10, "raw")),
        (86_400, 300, (300, "5m")),
        (7 * 86_400, 300, (3_600, "1h")),
        (30 * 86_400, 300, (14_400, "1h")),
        (3 * 365 * 86_400, 300, (86_400 * 4, "1h")),
    ],
)
def test_the_tier_is_the_coarsest_that_is_fine_enough(span: int, points: int, expected: tuple[int, str]) -> None:
    assert plan(int(NOW) - span + 1, int(NOW), points) == expected


def test_no_plan_gives_more_points_than_were_asked_for() -> None:
    for span in (11, 599, 3_601, 86_399, 86_401, 700_000, 10**8):
        for points in (2, 7, 300, MOST_POINTS):
            start = int(NOW) - span
            step, _ = plan(start, int(NOW), points)
            assert (int(NOW) - 1) // step - start // step + 1 <= points


def test_a_hole_is_one_null_and_a_slower_sender_is_no_hole() -> None:
    storage = FakeStorage(None)
    rows = [[number, 1.0, 2.0, 3.0, 1] for number in (0, 1, 2, 9, 10, 11, 16, 21, 26, 31)]
    storage.answer = {"from": 1_000, "step": 10, "tier": "raw", "series": {"cpu": rows}}
    found = queries(storage).series("web-1", ["cpu"], 1_000, 2_000)["series"]["cpu"]
    assert found["t"] == [1000, 1010, 1020, 1030, 1090, 1100, 1110, 1160, 1210, 1260, 1310]
    assert found["avg"] == [2.0, 2.0, 2.0, None, *[2.0] * 7]


@pytest.mark.parametrize(
    ("metrics", "start", "end", "points"),
    [(["cpu"], 10, 10, 300), (["cpu"], 10, 5, 300), ([], 0, 10, 300), (["cpu"] * 41, 0, 10, 300), (["cpu"], 0, 10, 1)],
)
def test_a_range_that_is_none_is_bad_input(metrics: list[str], start: int, end: int, points: int) -> None:
    with pytest.raises(BadInput):
        queries(FakeStorage(None)).series("web-1", metrics, start, end, points)
