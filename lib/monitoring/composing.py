"""Components of foreign agents, put together: pieces of one moment may come in several requests, so they wait a little,
and then become one row of our metrics. Changes the state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lib.domain.components import HIGHEST, RATE_GAP, Counts, Earlier, Pot, Told, base_of, boot_of, work_out
from lib.monitoring import twins
from lib.monitoring.state import ServerState

SLOT_SECONDS = 10
SETTLES = 15  # seconds after its moment a pot is full,
QUIET = 10  # and so many after it was last heard of: the rest of a moment may be under way in another connection
HOLDS_UP = 60  # seconds after which one that waits is waited for no longer by those behind it
MOST_LATE = 2_000  # that wait: what a sender that catches up has under way is bounded by how fast it is taken
MOST_POTS = 10_000  # of one batch and what waits from before: a day of a sender that asks every ten seconds is 8 640
LEAST_APART = 5  # seconds between two readings that tell how many CPUs' time has passed
_CPU = ("cpu.idle", "cpu.iowait", "cpu.steal", "cpu.busy")
_WHEN = ""  # among a pot's components: {0: [its moment to the millisecond, when it was last heard of]}


def keep(state: ServerState, pots: list[Any], heard_at: float = 0.0) -> None:
    """Note what one post told: [[at, {component: [pid, value, count]}], ...]. The same post again changes nothing."""
    for at, pot in pots:
        kept = state.pots.setdefault(int(at), {})
        kept[_WHEN] = {0: [at, heard_at]}
        for component, (pid, value, count) in pot.items():
            kept.setdefault(component, {})[int(pid)] = [value, count]
    if len(state.pots) > MOST_POTS:
        for at in sorted(state.pots)[:-MOST_POTS]:
            del state.pots[at]


def settled(state: ServerState, now: float) -> list[tuple[int, dict[str, float]]]:
    """(moment of the row, {series: value}) of the pots that nothing more will come for, oldest first."""
    rows = []
    before = {name: Earlier(kept[0], kept[1], int(kept[2])) for name, kept in state.counts.items()}
    for at in _full(state, now):
        pieces = state.pots.pop(at)
        moment = pieces.pop(_WHEN, {0: [at]})[0][0]
        _see_boots(state, moment, pieces)
        pot = {name: _together(name, those) for name, those in pieces.items()}
        _note_facts(state, pot, _cpus(pot, float(moment), before))
        values, sizes = work_out(float(moment), pot, before)
        if sizes:
            state.mounts = sizes
        if values:
            rows.append((at - at % SLOT_SECONDS, values))
    # What was not told for so long gives no rate: series that come and go leave nothing behind.
    newest = max((one.at for one in before.values()), default=0.0)
    kept = {name: one for name, one in before.items() if newest - one.at <= RATE_GAP}
    state.counts = {name: [one.at, one.value, one.count] for name, one in kept.items()}
    return rows


def held_from(state: ServerState, now: float) -> float:
    """From which moment on pieces wait though they might be full; infinite where none do."""
    return min((float(at) for at in state.pots if at + SETTLES <= now), default=math.inf)


def _full(state: ServerState, now: float) -> list[int]:
    """Their seconds, in order: a counter can be worked out in the order of time only, so that one that waits holds up
    those behind it, for a minute at most."""
    due = sorted(at for at in state.pots if at + SETTLES <= now)
    heard = [state.pots[at].get(_WHEN, {0: [0.0, 0.0]})[0][1] for at in due]
    ready = max(0, len(due) - MOST_LATE)
    for place in range(ready, len(due)):
        if heard[place] + HOLDS_UP <= now:
            ready = place + 1
    while ready < len(due) and heard[ready] + QUIET <= now:
        ready += 1
    return due[:ready]


def _see_boots(state: ServerState, at: float, pot: Mapping[str, Mapping[int, list[float]]]) -> None:
    """When it was booted, by each of the requests that say."""
    for name in ("boot", "up"):
        for value, count in pot.get(name, {}).values():
            booted_at = boot_of(at, {name: Told(value, int(count))})
            if booted_at is not None and booted_at > 0:
                twins.see_boot(state, at, booted_at, state.heard_at)


def _cpus(pot: Pot, at: float, before: Counts) -> int:
    """How many there are; 0 where it cannot be said. One counter may be that of all together: then as many seconds of
    theirs pass in a second."""
    told = pot.get("cpu.idle")
    if told is None:
        shares = pot["rate.cpu.idle"].count if "rate.cpu.idle" in pot else 0
        return shares if shares > 1 else 0
    earlier = before.get("cpu.idle")
    if told.count > 1 or earlier is None or not LEAST_APART <= at - earlier.at <= RATE_GAP:
        return told.count if told.count > 1 else 0
    passed = sum(pot[name].value - before[name].value for name in _CPU if name in pot and name in before)
    return max(0, round(passed / (at - earlier.at)))


def _note_facts(state: ServerState, pot: Pot, cpus: int) -> None:
    """How many CPUs there are and how much memory, where nobody says so in words."""
    known = {
        "cores": cpus,
        "memory_bytes": int(pot["mem.total"].value) if "mem.total" in pot else 0,
    }
    more = {name: fact for name, fact in known.items() if fact > (state.facts.get(name) or 0)}
    if more:
        state.facts = {**state.facts, **more}


def _together(name: str, pieces: dict[int, list[float]]) -> Told:
    values = [value for value, _ in pieces.values()]
    whole = max(values) if base_of(name) in HIGHEST else sum(values)
    return Told(whole, int(sum(count for _, count in pieces.values())))
