"""Metrics worked out of what foreign agents tell in pieces: right, in any order and any division into requests."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.components import COUNTERS, Earlier, Told, work_out
from lib.monitoring.collectors.gathering import MOST_CUSTOM, Gathered
from lib.monitoring.composing import HOLDS_UP, QUIET, SETTLES
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.unit.folding import NOW, kept_and_read

GIB = float(1 << 30)


def pot(**told: float) -> dict[str, Told]:
    return {name.replace("__", ":/").replace("_", ".", 1): Told(value, 1) for name, value in told.items()}


def test_cpu_is_what_is_neither_idle_nor_waiting_nor_stolen() -> None:
    before: dict[str, Earlier] = {}
    first = {
        "cpu.idle": Told(100.0, 4),
        "cpu.busy": Told(50.0, 20),
        "cpu.iowait": Told(5.0, 4),
        "cpu.steal": Told(0.0, 4),
    }
    assert work_out(0.0, first, before)[0] == {}
    after = {
        "cpu.idle": Told(124.0, 4),
        "cpu.busy": Told(62.0, 20),
        "cpu.iowait": Told(8.0, 4),
        "cpu.steal": Told(1.0, 4),
    }
    assert work_out(10.0, after, before)[0] == {"cpu": 30.0, "iowait": 7.5, "steal": 2.5}


def test_a_restart_a_gap_a_late_moment_and_half_a_report_give_no_rate() -> None:
    def rate(at: float, value: float, count: int = 2) -> float | None:
        return work_out(at, {"net.in": Told(value, count)}, before)[0].get("net_in")

    before: dict[str, Earlier] = {}
    assert rate(0, 1_000) is None
    assert rate(10, 2_000) == 100
    assert rate(5, 1_500) is None, "late"
    assert rate(20, 500) is None, "restarted"
    assert rate(30, 600) == 10
    assert rate(40, 300, count=1) is None, "only one of two devices"
    assert rate(50, 1_000) == 20, "against the last whole one"
    assert rate(50 + 601, 9_000) is None, "a gap"
    assert rate(700, 9_000, count=3) is None, "a device more"
    assert rate(710, 9_500, count=3) == 50
    assert rate(1_020, 100, count=2) is None, "a device less, for good"
    assert rate(1_030, 200, count=2) == 10


def test_memory_is_what_is_not_available_and_disks_are_as_df_counts() -> None:
    values, sizes = work_out(
        0.0,
        {
            "mem.total": Told(16 * GIB, 1), "mem.available": Told(4 * GIB, 1), "swap.total": Told(GIB, 1),
            "swap.free": Told(GIB / 2, 1),
            "fs.size:/": Told(100 * GIB, 1), "fs.free:/": Told(25 * GIB, 1), "fs.available:/": Told(20 * GIB, 1),
            "fs.files:/": Told(1_000.0, 1), "fs.files_free:/": Told(900.0, 1), "fs.used:/data": Told(30 * GIB, 1),
            "fs.free:/data": Told(10 * GIB, 1), "boot": Told(-500.0, 1), "temperature": Told(61.5, 3),
        },
        {},
    )  # fmt: skip
    assert values == {
        "memory": 75.0, "swap": 50.0,
        "disk:/": pytest.approx(78.9474), "disk:/data": 75.0, "disk": pytest.approx(78.9474),
        "inode:/": 10.0, "inode": 10.0, "uptime": 500.0, "temperature": 61.5,
    }  # fmt: skip
    assert sizes == {"/": [int(100 * GIB), int(20 * GIB)], "/data": [int(40 * GIB), int(10 * GIB)]}
    by_state = {
        f"mem.{name}": Told(value, 1)
        for name, value in (("used", 3.0), ("free", 1.0), ("cached", 4.0), ("buffered", 2.0))
    }
    assert work_out(0.0, by_state, {})[0] == {"memory": 30.0}


def scrape(at: int, step: int) -> list[tuple[int, str, float, bytes]]:
    """What one machine with two CPUs and two disks tells at one moment, 10 s apart."""
    pieces: list[tuple[int, str, float, bytes]] = []
    for cpu in range(2):
        for mode, a_step in (("idle", 6.0), ("iowait", 1.0), ("busy", 2.0), ("busy", 1.0)):
            name = f"cpu.{mode}"
            identity = f"cpu{cpu} {mode} {a_step}".encode()
            pieces.append((at, name, 1_000 * (cpu + 1) + a_step * step, identity))
    for disk, busy in (("sda", 1.0), ("sdb", 4.0)):
        pieces.append((at, f"io.busy:{disk}", busy * step, disk.encode()))
        pieces.append((at, "io.read", 5_000.0 * step, disk.encode()))
    pieces.append((at, "mem.total", 8 * GIB, b"t"))
    pieces.append((at, "mem.available", 6 * GIB, b"a"))
    pieces.append((at, "temperature", 40.0 + step, b"core 0"))
    pieces.append((at, "temperature", 50.0 + step, b"core 1"))
    return pieces


def folded(requests: list[list[tuple[int, str, float, bytes]]], state: ServerState, now: float) -> dict[int, str]:
    heard = []
    for pieces in requests:
        gathered = Gathered("test", now)
        server = gathered.server("box")
        assert server == "box"
        for at, name, value, identity in pieces:
            gathered.component(server, at, name, value, identity)
        (share,) = gathered.done().shares
        heard.append((now, [decode_part(text) for text in encode_parts(share, "key")]))
    return fold_parts(state, heard, now).rows


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_however_a_scrape_is_cut_into_requests_the_row_is_the_same(dice: random.Random, most: int) -> None:
    state = ServerState("box")
    start = int(NOW) - 100
    pieces = [piece for step in range(3) for piece in scrape(start + 10 * step, step)]
    dice.shuffle(pieces)
    requests: list[list[Any]] = [[] for _ in range(most)]
    for piece in pieces:
        dice.choice(requests).append(piece)
    requests = [one for one in requests if one]
    requests.append(requests[0])  # sent again
    rows = {**folded(requests, state, NOW), **folded([], state, NOW + SETTLES)}
    assert dict(zip(state.series, state.values, strict=False)) == {
        "cpu": 30.0, "iowait": 10.0, "disk_read": 1_000.0, "disk_busy": 40.0, "memory": 25.0, "temperature": 52.0,
    }  # fmt: skip
    assert len(rows) == 3


def test_a_moment_that_two_connections_tell_late_is_whole_though_sweeps_come_between() -> None:
    """A sender catches up with an hour: the second connection is a hundred moments behind, sweeps come every 5 s."""
    state = ServerState("box")
    start = int(NOW) - 3_600
    whole = [scrape(start + 10 * step, step) for step in range(360)]
    second = (b"cpu1", b"sdb", b"a", b"core 1")
    firsts = [[piece for piece in pieces if not piece[3].startswith(second)] for pieces in whole]
    seconds = [[piece for piece in pieces if piece[3].startswith(second)] for pieces in whole]
    assert all(len(one) == len(other) for one, other in zip(firsts, seconds, strict=True))
    posts = firsts[:100]
    for first, other in zip(firsts[100:], seconds, strict=False):
        posts += [first, other]
    posts += seconds[-100:]
    rows: dict[int, str] = {}
    for turn in range(0, len(posts), 200):
        rows |= folded(posts[turn : turn + 200], state, NOW + turn / 40)
    assert len(rows) < 360, "the newest wait"
    rows |= folded([], state, NOW + 15 + QUIET)
    assert sorted(rows) == [(start + 10 * step) // 10 * 10 for step in range(360)]
    columns = {name: place for place, name in enumerate(state.series)}
    for at, literal in sorted(rows.items())[1:]:
        values = json.loads(f"[{literal[1:-1]}]")
        assert values[columns["cpu"]] == 30.0, at
        assert values[columns["disk_read"]] == 1_000.0


def test_values_of_a_moment_wait_with_its_pieces() -> None:
    """Else rules would take the series that are put together for ended, whenever a sender catches up."""
    state = ServerState("box")
    start = int(NOW) - 3_600
    gathered = Gathered("test", NOW)
    assert gathered.server("box") == "box"
    for step in range(2):
        gathered.value("box", start + 10 * step, "load1", 0.5)
        for at, name, value, identity in scrape(start + 10 * step, step):
            gathered.component("box", at, name, value, identity)
    (share,) = gathered.done().shares
    heard = [(NOW, [decode_part(text) for text in encode_parts(share, "key")])]
    assert sorted(fold_parts(state, heard, NOW).rows) == [start, start + 10], "history has them at once"
    assert state.folded_at == 0
    folded([], state, NOW + QUIET)
    assert (state.folded_at, state.value("load1"), state.value("cpu")) == (start + 10, 0.5, 30.0)
    assert state.behind == {}


def test_who_fills_in_the_past_holds_up_the_present_for_a_minute_at_most() -> None:
    state = ServerState("box")
    folded([scrape(int(NOW), 0)], state, NOW + 1)
    for second in range(5, 65, 5):
        folded([scrape(int(NOW) - 7_200 + 10 * second, second)], state, NOW + second)
        assert int(NOW) in state.pots
    folded([scrape(int(NOW) - 3_600, 100)], state, NOW + 1 + HOLDS_UP)
    assert state.pots == {}


@pytest.mark.parametrize(("cpus", "each"), [(1, False), (4, False), (4, True)])
def test_cpus_are_counted_also_where_their_time_is_told_together(cpus: int, each: bool) -> None:
    """Else a server of many would pass for one of a single CPU, and its load for too much."""
    state = ServerState("box")
    start = int(NOW) - 100
    for turn in range(3):
        pieces = [
            (start + 10 * turn, name, 1_000 + share * 10 * turn * (1 if each else cpus), f"{name} {cpu}".encode())
            for name, share in (("cpu.idle", 0.7), ("cpu.busy", 0.25), ("cpu.iowait", 0.05))
            for cpu in range(cpus if each else 1)
        ]
        folded([pieces], state, start + 10 * turn + 5)
    folded([], state, NOW)
    assert state.facts["cores"] == cpus
    assert state.value("cpu") == pytest.approx(25.0)


def test_a_sender_that_falls_silent_leaves_nothing_waiting() -> None:
    state = ServerState("box")
    start = int(NOW) - 100
    for turn in range(3):
        folded([scrape(start + 10 * turn, turn)], state, NOW + turn)
    assert len(state.pots) == 3
    folded([], state, NOW + 2 + QUIET)
    assert state.pots == {}
    assert state.value("cpu") == 30.0


def test_what_is_kept_between_sweeps_survives_the_database_and_an_older_state_is_read() -> None:
    state = ServerState("box")
    start = int(NOW) - 30
    folded([scrape(start, 0)], state, start + 5)
    assert start in state.pots
    state = kept_and_read(state)
    folded([], state, start + 20)
    assert state.pots == {}
    state = kept_and_read(state)
    folded([scrape(start + 10, 1)], state, start + 25)
    folded([], state, start + 35)
    assert state.value("cpu") == 30.0
    assert state.sources["test"]["at"] == start + 25
    old = state.to_rows(None)["0"]
    assert '"test"' in old
    shorter = ServerState("box")
    from lib.monitoring.state import LEAST_KEPT, from_row

    body = json.loads(shorter.to_rows(None)["0"].partition("|")[2])[: LEAST_KEPT + 1]
    body[1 + 2] = ["kept"] if isinstance(body[1 + 2], list) else body[1 + 2]
    row = {
        "series": [],
        "facts": {},
        "settings": {},
        "first_seen": 0.0,
        "states": {"0": "1|" + json.dumps(body)},
        "posts": {},
    }
    assert from_row("box", row).pots == {}


def test_what_cannot_be_taken_is_said_and_counted() -> None:
    gathered = Gathered("test", NOW)
    assert gathered.server("a/b") is None
    server = gathered.server("box")
    assert server is not None
    gathered.value(server, NOW, "cpu", 400.0)
    gathered.value(server, NOW, "cpu", float("nan"))
    gathered.value(server, NOW - 8 * 86_400, "cpu", 4.0)
    gathered.value(server, NOW, "nonsense", 1.0)
    for number in range(MOST_CUSTOM + 5):
        gathered.value(server, NOW, f"app.m{number}", 1.0)
    batch = gathered.done()
    (share,) = batch.shares
    assert batch.accepted == MOST_CUSTOM
    assert len(batch.rejected) == 3
    assert share.extra["source"]["unmapped"] == 6
    assert share.extra["source"]["names"][0] == "nonsense"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(COUNTERS)), st.floats(0, 1e15), st.integers(1, 9), st.floats(0, 1e6, allow_nan=False)
        ),
        max_size=30,
    )
)
def test_whatever_is_told_metrics_stay_within_their_bounds(told: list[tuple[str, float, int, float]]) -> None:
    before: dict[str, Earlier] = {}
    for name, value, count, at in told:
        values, _ = work_out(
            at, {name: Told(value, count), "cpu.idle": Told(at, 1), "cpu.busy": Told(value, 1)}, before
        )
        assert all(value >= 0 for value in values.values())
        assert all(values.get(one, 0) <= 100.0 for one in ("cpu", "iowait", "steal", "disk_busy"))
