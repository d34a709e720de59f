"""Two machines under one name are told from one that is booted, reinstalled, late or put right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring import twins
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.fold import fold_parts
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.unit.folding import NOW, heard, kept_and_read

DAY = 86_400


def told(state: ServerState) -> tuple[Any, ...] | None:
    found = twins.told(kept_and_read(state))
    return found and (found["by"], found["since"] - NOW, found["tokens"])


def agents(*posts: tuple[float, str, int]) -> ServerState:
    """(heard at, epoch, number)"""
    state = ServerState("web-1")
    for at, epoch, n in posts:
        fold_parts(state, [heard(NOW + at, {int(NOW + at): {"cpu": 1.0}}, n=n, epoch=epoch)], NOW + at)
    return state


def test_two_agents_with_spools_of_their_own_are_two_machines() -> None:
    state = agents((0, "a", 1), (5, "b", 1), (60, "a", 2), (65, "b", 2))
    assert told(state) == ("epoch", 60, ["a", "b"])
    assert told(agents((0, "a", 1), (5, "b", 1), (60, "a", 2))) is None, "once may be a post that came late"


def test_an_agent_that_begins_anew_is_one_machine_however_often() -> None:
    assert told(agents(*[(n * 30.0, f"epoch {n}", 1) for n in range(30)])) is None


def test_it_is_over_when_one_of_them_is_gone() -> None:
    state = agents(
        (0, "a", 1), (5, "b", 1), (60, "a", 2), (65, "b", 2), *[(120.0 + 60 * n, "b", 3 + n) for n in range(20)]
    )
    assert told(state) is None


def boots(claims: Iterable[tuple[float, float]], source: str = "prometheus", component: str = "boot") -> ServerState:
    """(moment, booted at) as pieces of a foreign agent tell it, each swept when it settled."""
    state = ServerState("web-1")
    for at, booted in claims:
        gathered = Gathered(source, NOW + at)
        gathered.server("web-1")
        value = NOW + booted if component == "boot" else at - booted
        if component == "uptime":
            gathered.value("web-1", NOW + at, "uptime", value)
        else:
            gathered.component("web-1", NOW + at, component, value, b"node")
        (share,) = gathered.done().shares
        parts = [decode_part(text) for text in encode_parts(share, "key")]
        fold_parts(state, [(NOW + at, parts)], NOW + at + 16)
        state = kept_and_read(state)
    return state


def in_turn(first: float, second: float, times: int = 4) -> list[tuple[float, float]]:
    return [(30.0 * n, (first, second)[n % 2]) for n in range(times)]


def test_two_machines_that_were_booted_at_different_times_are_seen_in_turn() -> None:
    for component in ("boot", "up", "uptime"):
        state = boots(in_turn(-DAY, -3_600), component=component)
        found = told(state)
        assert found is not None, component
        assert (found[0], found[2]) == ("boot", [NOW - DAY, NOW - 3_600])


def test_a_machine_that_is_booted_again_and_again_is_one() -> None:
    assert told(boots([(60.0 * n, 60.0 * n - 20) for n in range(30)])) is None


def test_what_was_measured_before_a_reboot_may_come_after_it() -> None:
    """An agent sends what is newest first, and then what waits from before."""
    claims = [(0.0, -DAY), (300.0, 250.0)]
    claims += [one for n in range(10) for one in ((10.0 + 20 * n, -DAY), (310.0 + 10 * n, 250.0))]
    state = ServerState("web-1")
    for n, (at, booted) in enumerate(claims):
        share = heard(NOW + 300 + n, {int(NOW + at): {"cpu": 1.0}}, n=n + 1, host={"boot_at": int(NOW + booted)})
        fold_parts(state, [share], NOW + 300 + n)
    assert told(state) is None


def test_a_clock_that_is_put_right_and_times_that_are_rounded_are_one_machine() -> None:
    assert told(boots([(10.0 * n, -DAY + n % 3 * 9) for n in range(40)])) is None
    assert told(boots([(10.0 * n, -DAY if n < 20 else -DAY + 3_600) for n in range(40)])) is None


def test_several_that_tell_the_uptime_of_one_machine_in_one_request_are_one() -> None:
    state = ServerState("web-1")
    for n in range(6):
        gathered = Gathered("prometheus", NOW + 10 * n)
        gathered.server("web-1")
        for job in (b"node", b"node again"):
            gathered.component("web-1", NOW + 10 * n, "boot", NOW - DAY, job)
        (share,) = gathered.done().shares
        parts = [decode_part(text) for text in encode_parts(share, "key")]
        fold_parts(state, [(NOW + 10 * n, parts)], NOW + 10 * n + 16)
    assert told(state) is None
    assert state.value("uptime") == DAY + 50


def test_two_host_ids_in_turn_are_two_machines_and_one_new_id_is_a_new_machine() -> None:
    def identified(*ids: str) -> ServerState:
        state = ServerState("web-1")
        for n, host_id in enumerate(ids):
            gathered = Gathered("otlp", NOW + 30 * n)
            gathered.server("web-1")
            gathered.identify("web-1", host_id)
            gathered.value("web-1", NOW + 30 * n, "cpu", 1.0)
            (share,) = gathered.done().shares
            parts = [decode_part(text) for text in encode_parts(share, "key")]
            fold_parts(state, [(NOW + 30.0 * n, parts)], NOW + 30 * n)
        return state

    assert told(identified("i-1", "i-2", "i-1", "i-2")) == ("host_id", 60, ["i-1", "i-2"])
    assert told(identified("i-1", "i-1", "i-2", "i-2", "i-3")) is None


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 5_000), max_size=40), st.lists(st.floats(0, 40), max_size=41))
def test_no_single_machine_is_ever_taken_for_two(lives: list[int], jitter: list[float]) -> None:
    """Whenever it reboots and however its uptime is rounded."""
    claims, booted, at = [], -DAY, 0.0
    for n, length in enumerate(lives):
        at += length
        claims.append((at, booted + (jitter[n] if n < len(jitter) else 0) / 2))
        booted = int(at) + 50
    assert told(boots(claims)) is None
