"""What did not happen: servers that fell silent, told apart from a monitor that could not hear.

A heartbeat is the moment a post was heard by the hub's clock, never the time its samples claim. Silence is counted from
the later of the last heartbeat and the moment we are sure to have listened since.
"""

from __future__ import annotations

from collections.abc import Iterable

from lib.monitoring.state import FleetState, ServerState

GRACE_SECONDS = 30
STALE_INTERVALS = 2
OFFLINE_INTERVALS = 3
SWEEP_GAP_SECONDS = 150  # a longer pause between sweeps means that it was we who did not listen
DEAF_AT_LEAST = 3
DEAF_AT_MOST_SECONDS = 600
TOGETHER_SECONDS = 180


def stale_after(expected: float, post_every: float) -> float:
    """Seconds of silence after which a server's values are called stale. Readers use it too."""
    return STALE_INTERVALS * max(expected, post_every) + GRACE_SECONDS


def offline_after(expected: float, post_every: float) -> float:
    return OFFLINE_INTERVALS * max(expected, post_every) + GRACE_SECONDS


def listen(fleet: FleetState, now: float, swept_at: float | None, *, could_read: bool) -> None:
    """Restart the clocks of silence where this sweep cannot vouch for the time before it."""
    if not could_read or swept_at is None or now - swept_at > SWEEP_GAP_SECONDS:
        fleet.listening_since = now


def judge(servers: Iterable[ServerState], fleet: FleetState, now: float, post_every: float) -> list[ServerState]:
    """The servers that are to be called offline now. Sets `fleet.deaf_since` when the silence is rather our own.

    Half of the fleet, and at least three, falling silent within three minutes of one another (or a turn of posting) is
    our own deafness, until others have been heard for ten minutes since: then the silent ones are truly away.
    """
    living = [state for state in servers if state.status != "offline" and state.heard_at]
    silent = [
        (now - max(state.heard_at, fleet.listening_since), state)
        for state in living
        if now - max(state.heard_at, fleet.listening_since) > stale_after(state.expected, post_every)
    ]
    if len(silent) >= DEAF_AT_LEAST and 2 * len(silent) >= len(living) and _together(silent, post_every):
        if fleet.deaf_since is None:
            fleet.deaf_since = now
        others_heard = any(now - state.heard_at < post_every + GRACE_SECONDS for state in living)
        if not others_heard or now - fleet.deaf_since < DEAF_AT_MOST_SECONDS:
            return []
    else:
        fleet.deaf_since = None
    return [state for silence, state in silent if silence > offline_after(state.expected, post_every)]


def _together(silent: list[tuple[float, ServerState]], post_every: float) -> bool:
    heard = [state.heard_at for _, state in silent]
    turn = max(post_every, *(state.expected for _, state in silent))
    return max(heard) - min(heard) <= max(TOGETHER_SECONDS, turn + GRACE_SECONDS)
