"""What is known of the senders that feed a server: clocks, keys, and what of them could not be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lib.domain.metrics import MAX_SERIES_PER_SERVER
from lib.monitoring import sources
from lib.monitoring.collectors.gathering import MOST_CUSTOM, Gathered
from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.unit.folding import NOW, heard, kept_and_read

type Fill = Callable[[Gathered, float], None]


def feed(state: ServerState, at: float, fill: Fill, source: str = "influx", key: str = "key-1") -> ServerState:
    """One request of a foreign sender, heard at this moment and swept; `fill` is told the time."""
    gathered = Gathered(source, NOW + at)
    gathered.server(state.name)
    fill(gathered, NOW + at)
    (share,) = gathered.done().shares
    parts = [decode_part(text) for text in encode_parts(share, key)]
    fold_parts(state, [(NOW + at, parts)], NOW + at + 30)
    return kept_and_read(state)


def cpu(clock: float) -> Fill:
    """A sender whose clock is so many seconds ahead."""
    return lambda gathered, now: gathered.value("web-1", now + clock, "cpu", 5.0)


def shown(state: ServerState, at: float = 0.0, **keys: str) -> dict[str, Any]:
    return sources.shown(state, keys, NOW + at)


def fed(clock: float, *, every: int = 10, times: int = 6, fill: Callable[[float], Fill] = cpu) -> ServerState:
    state = ServerState("web-1")
    for n in range(times):
        state = feed(state, n * every, fill(clock))
    return state


def test_a_source_says_what_it_is_since_when_and_by_which_key() -> None:
    state = feed(ServerState("web-1"), 0, cpu(0))
    state = feed(state, 600, cpu(0), key="key-2")
    state = feed(state, 610, cpu(0), source="prometheus")
    prometheus, influx = sorted(shown(state, **{"key-2": "Telegraf"})["sources"], key=lambda one: one["key"])
    assert (influx["name"], influx["since_epoch"], influx["at_epoch"]) == ("influx", NOW, NOW + 600)
    assert (influx["key"], influx["key_name"]) == ("key-2", "Telegraf")
    assert (prometheus["name"], prometheus["key_name"], prometheus["ahead"]) == ("prometheus", None, 0)


def test_our_own_agent_is_a_source_too() -> None:
    state = ServerState("web-1")
    fold_parts(state, [heard(NOW, {NOW: {"cpu": 1.0}}, n=1, agent="openmanager-agent/1.4")], NOW)
    fold_parts(state, [heard(NOW + 60, {NOW + 60: {"cpu": 1.0}}, n=2)], NOW + 60)
    fold_parts(state, [heard(NOW + 90, {NOW + 90: {"cpu": 1.0}})], NOW + 90)
    agent, push = shown(state)["sources"]
    assert (agent["name"], agent["client"], agent["since_epoch"], agent["at_epoch"]) == (
        "agent", "openmanager-agent/1.4", NOW, NOW + 60,
    )  # fmt: skip
    assert push["name"] == "push"


@pytest.mark.parametrize(
    ("clock", "ahead"),
    [(0, 0), (20, 0), (-60, 0), (45, 45), (290, 290), (3_600, 3_600), (-3_600, -3_600), (-100, 0), (-600, -600)],
)
def test_a_clock_that_is_off_is_measured(clock: int, ahead: int) -> None:
    (source,) = shown(fed(clock))["sources"]
    assert source["ahead"] == ahead


def test_pieces_show_the_clock_as_well_as_whole_values() -> None:
    def piece(clock: float) -> Fill:
        return lambda gathered, now: gathered.component("web-1", now + clock, "mem.total", 8e9, b"x")

    state = fed(120, fill=piece)
    assert shown(state)["sources"][0]["ahead"] == 120
    assert state.skewed


def test_one_late_request_is_no_clock_and_a_queue_that_is_emptied_is_right_when_it_ends() -> None:
    state = fed(0)
    state = feed(state, 70, cpu(-3_600))
    assert shown(state)["sources"][0]["ahead"] == 0
    state = ServerState("web-1")
    for n in range(8):  # an hour waits; ten minutes of it come each time
        state = feed(state, n, cpu(-3_600 + 600 * n if n < 6 else 0))
    assert shown(state)["sources"][0]["ahead"] == 0


def test_a_sender_an_hour_ahead_loses_nothing_in_silence() -> None:
    state = fed(3_600, times=3)
    (source,) = shown(state)["sources"]
    assert (source["ahead"], source["refused"]) == (3_600, 3)
    assert state.skewed
    assert state.heard_at == NOW + 20, "it is there, whatever its clock says"
    state = feed(feed(state, 30, cpu(0)), 40, cpu(0))
    (source,) = shown(state, 40)["sources"]
    assert (source["ahead"], source["refused"]) == (0, 3), "put right, and what was refused is told for an hour"
    assert not state.skewed
    state = feed(state, 4_000, cpu(0))
    assert shown(state, 4_000)["sources"][0]["refused"] == 0


def test_the_clock_of_a_server_that_numbers_its_posts_is_its_agents() -> None:
    state = ServerState("web-1")
    fold_parts(state, [heard(NOW, {NOW: {"cpu": 1.0}}, n=1, sent_at=float(NOW))], NOW)
    state = feed(state, 5, cpu(200))
    assert not state.skewed
    assert {one["name"]: one["ahead"] for one in shown(state)["sources"]} == {"agent": 0, "influx": 200}


def test_the_clock_of_our_agent_is_told_as_those_of_others_are() -> None:
    state = ServerState("web-1")
    fold_parts(state, [heard(NOW, {NOW - 600: {"cpu": 1.0}}, n=1, sent_at=float(NOW - 600))], NOW)
    assert shown(state)["sources"][0]["ahead"] == -600
    assert state.values == [1.0]
    assert state.folded_at == NOW, "it is put right"


def test_a_cloud_is_asked_about_the_past_and_has_no_clock_here() -> None:
    def word(gathered: Gathered, now: float) -> None:
        gathered.polled("web-1", 300)
        gathered.value("web-1", now - 600, "aws.credits", 5.0)

    state = ServerState("web-1")
    for n in range(5):
        state = feed(state, n * 300, word, source="aws")
    assert shown(state)["sources"][0]["ahead"] == 0


def test_what_is_no_metric_here_is_named_for_an_hour() -> None:
    def weird(name: str) -> Fill:
        def fill(gathered: Gathered, now: float) -> None:
            gathered.unmapped("web-1", name)
            cpu(0)(gathered, now)

        return fill

    state = feed(ServerState("web-1"), 0, weird("win.weird"))
    state = feed(state, 60, weird("other thing"))
    state = feed(state, 60, cpu(0))
    (source,) = shown(state)["sources"]
    assert source["names"] == ["other thing", "win.weird"]
    state = feed(state, 3_640, cpu(0))
    assert shown(state)["sources"][0]["names"] == ["other thing"]


def test_custom_series_beyond_the_limit_of_a_request_are_told_apart() -> None:
    def many(gathered: Gathered, now: float) -> None:
        for n in range(MOST_CUSTOM + 3):
            gathered.value("web-1", now, f"app.m{n:03}", 1.0)
        gathered.unmapped("web-1", "no metric")

    state = feed(ServerState("web-1"), 0, many)
    answer = shown(state)
    (source,) = answer["sources"]
    assert (source["over"], source["names"], source["unmapped"]) == (
        ["app.m100", "app.m101", "app.m102"],
        ["no metric"],
        4,
    )
    assert (
        answer["limit"] | {"series": 100, "custom": 100, "most": MAX_SERIES_PER_SERVER, "beyond": []} == answer["limit"]
    )


def test_series_beyond_the_limit_of_a_server_are_named() -> None:
    state = ServerState("web-1")
    for batch in range(3):

        def fill(gathered: Gathered, now: float, batch: int = batch) -> None:
            for n in range(80):
                gathered.value("web-1", now, f"app.b{batch}m{n:02}", 1.0)

        state = feed(state, batch * 10, fill)
    limit = shown(state, 30)["limit"]
    assert (limit["series"], limit["custom"], limit["most"]) == (200, 200, 200)
    assert limit["beyond"] == [f"app.b2m{n:02}" for n in range(40, 80)]
    assert shown(state, 3_700)["limit"]["beyond"] == []


def test_a_script_some_of_whose_times_are_wrong_is_flagged() -> None:
    """Where all of them are, it is told so and nothing is kept."""
    wrong: dict[str, Any] = {"at": NOW + 7_200, "cpu": 1}
    assert not decode({"server": "web-1", "samples": [wrong]}, NOW).shares[0].holds
    batch = decode({"server": "web-1", "samples": [wrong, {"at": NOW - 5, "cpu": 1}, {"at": "x", "cpu": 1}]}, NOW)
    (share,) = batch.shares
    parts = [decode_part(text) for text in encode_parts(share, "key")]
    state = ServerState("web-1")
    fold_parts(state, [(float(NOW), parts)], NOW)
    (source,) = shown(state)["sources"]
    assert (source["name"], source["ahead"], source["refused"]) == ("push", 7_200, 2)
    assert state.skewed
