"""Who feeds a server: what each sender is, since when and by which key, how far its clock is off, and what of it could
not be kept. Changes the state.

A foreign sender's clock is seen by its newest samples alone. Ahead of ours they can be by its clock only; behind ours
they are also when it tells late, so only what lags each time counts, and is said as either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.metrics import MAX_SERIES_PER_SERVER, metric_of
from lib.domain.moments import told
from lib.domain.telemetry import BEHIND_SECONDS, SKEW_SECONDS, Part
from lib.monitoring import twins
from lib.monitoring.collectors.gathering import MOST_CUSTOM
from lib.monitoring.state import ServerState

LAGS = 6  # requests: the newest sample of any of them is as near to now as its clock is
LEAST_LAGS = 3
FORGET_SECONDS = 3_600  # what could not be kept is named for so long
MOST_NAMES = 40


def note(state: ServerState, parts: Sequence[Part], heard_at: float) -> None:
    """One post was heard."""
    part = parts[0]
    word: dict[str, Any] = dict(part.extra.get("source") or {})
    name = word.pop("name", "") or ("agent" if part.post else "push")
    before = state.sources.get(name, {})
    now = round(heard_at)
    entry: dict[str, Any] = {"at": now, "since": before.get("since", now), "key": part.key_id}
    client = word.get("client") or part.extra.get("agent") or before.get("client")
    if client:
        entry["client"] = client
    if word.get("unmapped"):
        entry["unmapped"] = word["unmapped"]
    for kind in ("names", "over"):
        fresh = dict.fromkeys(word.get(kind, ()), now)
        kept = {one: at for one, at in before.get(kind, {}).items() if now - at < FORGET_SECONDS and one not in fresh}
        kept |= fresh
        if kept:
            entry[kind] = dict([*kept.items()][-MOST_NAMES:])
    refused = word.get("refused") or 0
    if refused or now - before.get("refused_at", 0) < FORGET_SECONDS:
        entry["refused"] = before.get("refused", 0) + refused
        entry["refused_at"] = now if refused else before["refused_at"]
    lag = _lag(parts, word, heard_at)
    if lag is not None:
        is_said = part.sent_at is not None  # what its clock shows needs no second look
        entry["lags"] = [lag] * LEAST_LAGS if is_said else [*before.get("lags", ()), lag][-LAGS:]
    state.sources = {**state.sources, name: entry}


def _lag(parts: Sequence[Part], word: Mapping[str, Any], heard_at: float) -> int | None:
    """Seconds that the newest sample is ahead of us; None where that says nothing of a clock."""
    part = parts[0]
    if part.post is not None or "polled" in part.extra:
        return None  # our agents say what their clock shows, and are put right by it; a cloud is asked about the past
    told = [at for one in parts for at, _ in one.rows] + [at for at, _ in part.extra.get("pots", ())]
    newest = (
        part.sent_at if part.sent_at is not None else max([*told, *filter(None, [word.get("newest")])], default=None)
    )
    return None if newest is None else round(newest - heard_at)


def ahead_of(entry: Mapping[str, Any]) -> int:
    """Seconds by which this sender's times are ahead of the hub's, negative for behind; 0 where they are right, or too
    little is known."""
    lags = entry.get("lags") or [0]
    lately, least = max(lags[-2:]), max(lags)
    if lately > SKEW_SECONDS:
        return int(lately)
    return int(least) if len(lags) >= LEAST_LAGS and least < -BEHIND_SECONDS else 0


def is_ahead(state: ServerState) -> bool:
    """Whether the post that was heard last is of a clock that is ahead, and nobody numbers posts who knows better."""
    if "agent" in state.sources and state.heard_at - state.sources["agent"]["at"] < FORGET_SECONDS:
        return False
    return any(
        state.heard_at - entry["at"] < FORGET_SECONDS and ahead_of(entry) > SKEW_SECONDS
        for entry in state.sources.values()
    )


def shown(state: ServerState, keys: Mapping[str, str], now: float) -> dict[str, Any]:
    """`{sources, twins, limit}` as the server's page has them. `keys` is {id: name}."""
    found = twins.told(state)
    return {
        "sources": [_shown(state, name, keys) for name in sorted(state.sources)],
        "twins": found and {**found, **told("since", found["since"]), **told("at", found["at"])},
        "limit": {
            "series": len(state.series), "most": MAX_SERIES_PER_SERVER,
            "custom": sum(metric_of(series) is None for series in state.series), "custom_a_request": MOST_CUSTOM,
            "beyond": sorted(name for name, at in state.beyond.items() if now - at < FORGET_SECONDS),
        },
    }  # fmt: skip


def _shown(state: ServerState, name: str, keys: Mapping[str, str]) -> dict[str, Any]:
    entry = state.sources[name]
    return {
        "name": name, "client": entry.get("client"),
        "key": entry.get("key"), "key_name": keys.get(entry.get("key") or ""),
        **told("at", entry["at"]), **told("since", entry.get("since")),
        "ahead": -state.clock_offset if name == "agent" else ahead_of(entry),
        "refused": entry.get("refused", 0), "unmapped": entry.get("unmapped", 0),
        "names": sorted(entry.get("names", ())), "over": sorted(entry.get("over", ())),
    }  # fmt: skip
