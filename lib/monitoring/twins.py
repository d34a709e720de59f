"""Two machines under one name: a cloned image, a template's host name, a name that was given twice. Changes the state.

Every machine has something that is its own for as long as it runs, and never comes back once it is gone: when it was
booted, the epoch of its agent's spool, its host id. Two of them seen in turn are two machines. What one machine may do
is no sign: it is booted anew, its agent is installed anew, an old post comes late, its clock is put right; each of
these happens once. Addresses say nothing: behind a NAT many machines have one, and one machine may have several.
"""

from __future__ import annotations

from typing import Any, Literal

from lib.monitoring.state import ServerState

type Sign = Literal["boot", "epoch", "host_id"]

WINDOW_SECONDS = 900  # in which both must be seen
RETURNS = 2  # A, B, A, B: whatever happens once is not it
BOOT_JITTER = 30  # seconds by which one boot's time is told differently: uptimes are rounded, clocks are slewed
MOST_TOKENS = 8


def see_boot(state: ServerState, at: float, booted_at: float, heard_at: float) -> None:
    """A sample of the moment `at` says when its machine was booted. One from before the newest boot is of the life
    before that: a spool is emptied after a reboot too."""
    known = [token for token, _ in state.signs.get("boot", ())]
    newest = max(known, default=booted_at)
    if at <= newest + BOOT_JITTER and booted_at < newest - BOOT_JITTER:
        return
    same = next((token for token in known if abs(token - booted_at) <= BOOT_JITTER), None)
    _see(state, "boot", round(booted_at) if same is None else same, heard_at)


def see(state: ServerState, sign: Sign, token: str, heard_at: float) -> None:
    """A post says what is its sender's own."""
    _see(state, sign, token, heard_at)


def _see(state: ServerState, sign: Sign, token: Any, heard_at: float) -> None:
    seen = [[one, at] for one, at in state.signs.get(sign, ()) if heard_at - at < WINDOW_SECONDS]
    is_back = any(one == token for one, _ in seen) and seen[-1][0] != token
    now = round(heard_at)
    others = [pair for pair in seen if pair[0] != token]
    tokens = [*others[1 - MOST_TOKENS :], [token, now]]
    state.signs = {**state.signs, sign: tokens}
    if is_back:
        _note_return(state, sign, [one for one, _ in tokens], now)


def _note_return(state: ServerState, sign: Sign, tokens: list[Any], now: int) -> None:
    before = state.twins if state.twins.get("by") == sign else {}
    is_going_on = bool(before) and now - before["at"] < WINDOW_SECONDS
    if state.twins and not before and now - state.twins["at"] < WINDOW_SECONDS:
        return  # known already, by another sign
    state.twins = {
        "by": sign,
        "since": before["since"] if is_going_on else now,
        "at": now,
        "returns": before["returns"] + 1 if is_going_on else 1,
        "tokens": tokens,
    }


def told(state: ServerState) -> dict[str, Any] | None:
    """What is known of several machines under this name: `{by, since, at, tokens}`; None where one is alone."""
    twins = state.twins
    if not twins or twins["returns"] < RETURNS or state.heard_at - twins["at"] > WINDOW_SECONDS:
        return None
    return {name: twins[name] for name in ("by", "since", "at", "tokens")}
