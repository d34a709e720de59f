"""What moved with it, and before it: ranked hypotheses for why a series changed, and what was ruled out.

Method. The moment is taken from the target's own change point where it has one near the time asked about. Every other
series is searched for change points; one near that moment counts by its effect, by how it goes together with the target
(lagged rank correlation), and by how unlikely it is that a change of it falls so near by chance, given how often it
changes anyway. Events count likewise: a deploy an hour on a server that is deployed to every hour explains nothing.
False ones among the series named are held to one in a hundred (Benjamini and Hochberg). Pure; nothing here is proof of
a cause, and each hypothesis carries the numbers by which it may be doubted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.monitoring.analyzers.changes import Change, change_points
from lib.monitoring.analyzers.lags import Lagged, lagged
from lib.monitoring.analyzers.performance import worth
from lib.monitoring.analyzers.ranks import false_discoveries, inflation_of, mann_whitney, median, memory_of
from lib.monitoring.analyzers.tracks import Track

NEAR_STEPS = 12  # a change further from the moment is another story
ONSET_STEPS = 30  # an alert comes after its hold: the change is looked for so far before it
SAME_STEPS = 1  # nearer than this nobody can say who was first
FEWEST = 20
Q_MOST = 0.01
CHANCE_MOST = 0.25
R_P_MOST = 0.01
EVENT_SECONDS = 3_600
EVENT_FADES = 1_800.0
MOST_HYPOTHESES = 10
MOST_RULED_OUT = 30

# How likely a thing is to be a cause at all, before its numbers are looked at: a judgement, not a measurement.
EVENT_WEIGHTS = {"deploy": 0.95, "reboot": 0.9, "config": 0.85, "incident": 0.75, "error": 0.7}
OTHER_EVENT = 0.6
OWN_SERVER, SAME_GROUP, ELSEWHERE = 1.0, 0.9, 0.75
ALONGSIDE = 0.8  # it changed at the same time: as likely an effect, or a second effect of one cause
SUSPECTS = (
    "cpu",
    "load1",
    "iowait",
    "steal",
    "memory",
    "swap",
    "disk_busy",
    "net_in",
    "net_out",
    "latency",
    "requests",
)

Key = tuple[str, str]  # (server, series)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, an error or an incident: `kind` as in EVENT_WEIGHTS or any other, `what` those that are one kind of
    thing."""

    at: float
    server: str
    kind: str
    what: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`kind`: metric, or that of the event. `lead` > 0: seconds before the moment. `chance`: that one falls so near
    anyway. Of metrics: medians before and after, Cliff's `delta`, `q`, and `r` at `lag` where it goes along."""

    kind: str
    server: str
    what: str
    at: float
    lead: float
    chance: float
    score: float
    before: float | None = None
    after: float | None = None
    delta: float | None = None
    q: float | None = None
    r: float | None = None
    lag: int | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class RuledOut:
    """`reason`: unchanged, later (it changed after), usual (it changes so often), unmeasured."""

    server: str
    what: str
    reason: str
    lead: float | None = None
    before: float | None = None
    after: float | None = None
    delta: float | None = None
    p: float | None = None
    chance: float | None = None


@dataclass(frozen=True, slots=True)
class Causes:
    """`changed` is the target's own change, None where none was found near the time: then `moment` is the time asked
    about. `peers`: (fellows in which the same series was measured, those of them where it changed then too)."""

    moment: float
    changed: Change | None
    hypotheses: Sequence[Hypothesis]
    ruled_out: Sequence[RuledOut]
    looked_at: int
    peers: tuple[int, int]


def causes(
    target: Key,
    at: float,
    tracks: Mapping[Key, Track],
    step: int,
    happenings: Sequence[Happening] = (),
    groups: Mapping[str, str | None] | None = None,
    history: float = 86_400.0,
) -> Causes:
    """Why `target` changed near `at`. `happenings` reach back `history` seconds; `groups` says which group a server is
    of."""
    own = tracks.get(target, Track())
    changed = _onset(own, target[1], at, step)
    moment = float(changed.at) if changed else at
    found: list[tuple[Key, Change, float]] = []
    excluded: list[RuledOut] = []
    looked_at = 0
    for key, track in sorted(tracks.items()):
        if key == target or len(track) < FEWEST:
            if key != target and key[0] == target[0] and key[1] in SUSPECTS:
                excluded.append(RuledOut(*key, "unmeasured"))
            continue
        looked_at += 1
        least = worth(key[1], median(track.mean))
        changes = change_points(track, least)
        near = [one for one in changes if abs(moment - one.at) <= NEAR_STEPS * step]
        if near:
            best = min(near, key=lambda one: (abs(moment - one.at), one.at))
            found.append((key, best, _chance(len(changes), moment - best.at, step, track.at[-1] - track.at[0])))
        elif key[0] == target[0] and key[1] in SUSPECTS:
            excluded.append(_unchanged(key, track, moment))
    # That it is there by chance, and that it is here of all places.
    adjusted = false_discoveries([one.p * chance for _, one, chance in found] + [1.0] * (looked_at - len(found)))
    named: list[Hypothesis] = []
    for (key, change, chance), q in zip(found, adjusted, strict=False):
        lead = moment - change.at
        if lead < -SAME_STEPS * step:
            excluded.append(_not(key, change, "later", lead, chance))
        elif chance > CHANCE_MOST or q > Q_MOST:
            excluded.append(_not(key, change, "usual" if chance > CHANCE_MOST else "unchanged", lead, chance))
        else:
            together = lagged(tracks[key], own, step) if len(own) else None
            named.append(_metric(target, key, change, lead, chance, q, together, step, groups or {}))
    events, usual = _events(target, moment, step, happenings, groups or {}, history)
    ranked = sorted([*named, *events], key=lambda one: (-one.score, -one.lead, one.server, one.what))
    mine = sorted([*usual, *excluded], key=lambda one: (one.server != target[0], one.reason == "unmeasured", one.what))
    peers = [key for key in tracks if key[1] == target[1] and key != target and len(tracks[key]) >= FEWEST
             and (groups or {}).get(key[0]) == (groups or {}).get(target[0])]  # fmt: skip
    moved = {key for key, change, _ in found if changed is None or (change.delta > 0) == (changed.delta > 0)}
    return Causes(
        moment, changed, ranked[:MOST_HYPOTHESES], mine[:MOST_RULED_OUT], looked_at,
        (len(peers), sum(key in moved for key in peers)),
    )  # fmt: skip


def _onset(own: Track, series: str, at: float, step: int) -> Change | None:
    """The target's change that the time asked about most likely means: the nearest, before it rather than after it."""
    changes = change_points(own, worth(series, median(own.mean)))
    near = [one for one in changes if at - ONSET_STEPS * step <= one.at <= at + NEAR_STEPS * step]
    return min(near, key=lambda one: abs(at - one.at) + (NEAR_STEPS * step if one.at > at + step else 0), default=None)


def _chance(count: int, distance: float, step: int, span: float) -> float:
    """That at least one of `count` changes in `span` falls within `distance` either side, were they anywhere."""
    return -math.expm1(-count * 2 * (abs(distance) + step / 2) / max(span, float(step)))


def _metric(
    target: Key, key: Key, change: Change, lead: float, chance: float, q: float, together: Lagged | None, step: int,
    groups: Mapping[str, str | None],
) -> Hypothesis:  # fmt: skip
    goes_along = together is not None and together.p <= R_P_MOST and together.lag >= -SAME_STEPS * step
    r = together.r if together is not None and goes_along else None
    score = _place(target[0], key[0], groups) * abs(change.delta) * (1 - chance) * (0.75 + 0.25 * abs(r or 0.0))
    if lead <= SAME_STEPS * step and not (r is not None and together is not None and together.lag > 0):
        score *= ALONGSIDE
    return Hypothesis(
        "metric", *key, float(change.at), lead, chance, round(score, 3), change.before, change.after, change.delta, q,
        r, together.lag if r is not None and together is not None else None,
    )  # fmt: skip


def _place(server: str, other: str, groups: Mapping[str, str | None]) -> float:
    if server == other:
        return OWN_SERVER
    group = groups.get(server)
    return SAME_GROUP if group is not None and groups.get(other) == group else ELSEWHERE


def _unchanged(key: Key, track: Track, moment: float) -> RuledOut:
    before = [value for at, value in zip(track.at, track.mean, strict=True) if at < moment]
    after = [value for at, value in zip(track.at, track.mean, strict=True) if at >= moment]
    test = mann_whitney(after, before, inflation_of(memory_of(track.mean)))
    reason = "unchanged" if before and after else "unmeasured"
    return RuledOut(*key, reason, None, median(before), median(after), test.delta, test.p)


def _not(key: Key, change: Change, reason: str, lead: float, chance: float) -> RuledOut:
    return RuledOut(*key, reason, lead, change.before, change.after, change.delta, change.p, chance)


def _events(
    target: Key, moment: float, step: int, happenings: Sequence[Happening], groups: Mapping[str, str | None],
    history: float,
) -> tuple[list[Hypothesis], list[RuledOut]]:  # fmt: skip
    """Of each kind of thing the one nearest before the moment; a bin's width after it still counts as at the same
    time."""
    kinds: dict[tuple[str, str, str], list[Happening]] = {}
    for one in happenings:
        # Titles of deploys name versions: one kind of thing is the kind. Errors are told apart by what they say.
        what = one.what if one.kind in ("error", "incident") else ""
        kinds.setdefault((one.server, one.kind, what), []).append(one)
    named, excluded = [], []
    for (server, kind, _), members in sorted(kinds.items()):
        near = [one for one in members if -step <= moment - one.at <= EVENT_SECONDS]
        if not near:
            after = [one for one in members if 0 < one.at - moment <= EVENT_SECONDS]
            if after and server == target[0]:
                one = min(after, key=lambda one: one.at)
                excluded.append(RuledOut(server, one.what, "later", moment - one.at))
            continue
        one = max(near, key=lambda one: one.at) if kind != "error" else min(near, key=lambda one: one.at)
        lead = moment - one.at
        chance = -math.expm1(-len(members) * (abs(lead) + step) / max(history, float(step)))
        if chance > CHANCE_MOST:
            excluded.append(RuledOut(server, one.what, "usual", lead, chance=chance))
            continue
        weight = EVENT_WEIGHTS.get(kind, OTHER_EVENT) * _place(target[0], server, groups)
        score = weight * (1 - chance) * math.exp(-max(0.0, lead) / EVENT_FADES)
        named.append(Hypothesis(kind, server, one.what, one.at, lead, chance, round(score, 3), id=one.id))
    return named, excluded
