"""What moved with it, and before it: ranked hypotheses for why a series changed, and what was ruled out.

Method. The moment is taken from the target's own change point where it has one near the time asked about, else from
where it left what it was. Every other series is searched for change points and, for what is over too soon to be a
level, for how far it left what it was (departures.py). What is near that moment counts by how many of its own
deviations it moved, by how it goes together with the target (lagged rank correlation), and by how unlikely it is that
it falls so near by chance, given how often it changes, or how far it goes, anyway. Events count likewise: a deploy an
hour on a server that is deployed to every hour explains nothing. False ones among the changes named are held to one in
a hundred (Benjamini and Hochberg). Pure; nothing here is proof of a cause, and each hypothesis carries the numbers by
which it may be doubted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.monitoring.analyzers.changes import Change, change_points
from lib.monitoring.analyzers.departures import Departure, departure
from lib.monitoring.analyzers.lags import Lagged, lagged
from lib.monitoring.analyzers.performance import worth
from lib.monitoring.analyzers.ranks import false_discoveries, inflation_of, mann_whitney, median, memory_of
from lib.monitoring.analyzers.tracks import Track

NEAR_STEPS = 12  # a change further from the moment is another story
ONSET_STEPS = 30  # an alert comes after its hold: the change is looked for so far before it
SAME_STEPS = 1  # nearer than this nobody can say who was first
REACH_STEPS = 30  # how far behind the moment a departure is measured
STRENGTH_LEAST, STRENGTH_TIMES = 6.0, 2.0  # deviations it must leave by, and how often what is usual of it
STRENGTH_HALF = 8.0  # of so many deviations half a score comes
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
SUSPECTS = (  # told as ruled out, too
    "cpu", "load1", "iowait", "steal", "memory", "swap", "disk_busy", "net_in", "net_out", "latency", "requests",
)  # fmt: skip

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
    anyway. Of metrics: levels before and after, `strength` in deviations of what was before; of a change of level
    Cliff's `delta` and `q`; and `r` at `lag` where it goes along."""

    kind: str
    server: str
    what: str
    at: float
    lead: float
    chance: float
    score: float
    before: float | None = None
    after: float | None = None
    strength: float | None = None
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
class _Moved:
    """A series that changed near the moment: `p` of a change of level, None of a departure."""

    at: int
    before: float
    after: float
    strength: float
    chance: float
    delta: float | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Causes:
    """`changed` is the target's own change, None where none was found near the time: then `moment` is the time asked
    about. `peers`: (fellows of its group in which the same series was measured, those of them where it changed then
    too); a server of no group has none."""

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
    changed, moment = _onset(own, target[1], at, step)
    found: list[tuple[Key, _Moved]] = []
    excluded: list[RuledOut] = []
    looked_at = 0
    for key, track in sorted(tracks.items()):
        is_own = key[0] == target[0] and key[1] in SUSPECTS
        if key == target or len(track) < FEWEST:
            if key != target and is_own:
                excluded.append(RuledOut(*key, "unmeasured"))
            continue
        looked_at += 1
        moved = _moved(key[1], track, moment, step)
        if moved is not None:
            found.append((key, moved))
        elif is_own:
            excluded.append(_unchanged(key, track, moment))
    # That it is there by chance, and that it is here of all places.
    tested = [one.p * one.chance for _, one in found if one.p is not None]
    adjusted = iter(false_discoveries(tested + [1.0] * (looked_at - len(tested))))
    named: list[Hypothesis] = []
    for key, one in found:
        q = None if one.p is None else next(adjusted)
        lead = moment - one.at
        if lead < -SAME_STEPS * step:
            excluded.append(_not(key, one, "later", lead))
        elif one.chance > CHANCE_MOST or (q or 0.0) > Q_MOST:
            excluded.append(_not(key, one, "usual" if one.chance > CHANCE_MOST else "unchanged", lead))
        else:
            together = lagged(tracks[key], own, step) if len(own) else None
            named.append(_metric(target, key, one, lead, q, together, step, groups or {}))
    events, usual = _events(target, moment, step, happenings, groups or {}, history)
    ranked = sorted([*named, *events], key=lambda one: (-one.score, -one.lead, one.server, one.what))
    mine = sorted([*usual, *excluded], key=lambda one: (one.server != target[0], one.reason == "unmeasured", one.what))
    group = (groups or {}).get(target[0])
    peers = [
        key for key in tracks
        if group is not None and key[1] == target[1] and key != target and len(tracks[key]) >= FEWEST
        and (groups or {}).get(key[0]) == group
    ]  # fmt: skip
    alike = {key for key, one in found if changed is None or (one.after > one.before) == (changed.delta > 0)}
    return Causes(
        moment, changed, ranked[:MOST_HYPOTHESES], mine[:MOST_RULED_OUT], looked_at,
        (len(peers), sum(key in alike for key in peers)),
    )  # fmt: skip


def _onset(own: Track, series: str, at: float, step: int) -> tuple[Change | None, float]:
    """The target's change that the time asked about most likely means: the nearest, before it rather than after it; and
    the moment of it, else that at which it left what it was, else the time asked about."""
    least = worth(series, median(own.mean))
    near = [one for one in change_points(own, least) if at - ONSET_STEPS * step <= one.at <= at + NEAR_STEPS * step]
    best = min(near, key=lambda one: abs(at - one.at) + (NEAR_STEPS * step if one.at > at + step else 0), default=None)
    if best is not None:
        return best, float(best.at)
    left = departure(own, at, ONSET_STEPS * step, NEAR_STEPS * step, least)
    return None, float(left.at) if left is not None and _is_far(left) else at


def _moved(series: str, track: Track, moment: float, step: int) -> _Moved | None:
    """Its change of level that is nearest to the moment, or how it left what it was; None where it did neither."""
    least = worth(series, median(track.mean))
    changes = change_points(track, least)
    near = [one for one in changes if abs(moment - one.at) <= NEAR_STEPS * step]
    left = departure(track, moment, NEAR_STEPS * step, REACH_STEPS * step, least)
    if near:
        best = min(near, key=lambda one: (abs(moment - one.at), one.at))
        chance = _chance(len(changes), moment - best.at, step, track.at[-1] - track.at[0])
        strength = left.strength if left is not None else 0.0
        return _Moved(best.at, best.before, best.after, strength, chance, best.delta, best.p)
    if left is None or left.strength < STRENGTH_LEAST:
        return None
    chance = 0.0 if _is_far(left) else 1.0  # what goes half as far anyway explains nothing
    return _Moved(left.at, left.before, left.after, left.strength, chance)


def _is_far(left: Departure) -> bool:
    return left.strength >= max(STRENGTH_LEAST, STRENGTH_TIMES * left.usual)


def _chance(count: int, distance: float, step: int, span: float) -> float:
    """That at least one of `count` changes in `span` falls within `distance` either side, were they anywhere."""
    return -math.expm1(-count * 2 * (abs(distance) + step / 2) / max(span, float(step)))


def _metric(
    target: Key, key: Key, moved: _Moved, lead: float, q: float | None, together: Lagged | None, step: int,
    groups: Mapping[str, str | None],
) -> Hypothesis:  # fmt: skip
    goes_along = together is not None and together.p <= R_P_MOST and together.lag >= -SAME_STEPS * step
    r = together.r if together is not None and goes_along else None
    effect = max(moved.strength, 1.0) / (max(moved.strength, 1.0) + STRENGTH_HALF)
    score = _place(target[0], key[0], groups) * effect * (1 - moved.chance) * (0.75 + 0.25 * abs(r or 0.0))
    if lead <= SAME_STEPS * step and not (r is not None and together is not None and together.lag > 0):
        score *= ALONGSIDE
    return Hypothesis(
        "metric", *key, float(moved.at), lead, moved.chance, round(score, 3), moved.before, moved.after, moved.strength,
        moved.delta, q, r, together.lag if r is not None and together is not None else None,
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


def _not(key: Key, one: _Moved, reason: str, lead: float) -> RuledOut:
    return RuledOut(*key, reason, lead, one.before, one.after, one.delta, one.p, one.chance)


def _events(
    target: Key, moment: float, step: int, happenings: Sequence[Happening], groups: Mapping[str, str | None],
    history: float,
) -> tuple[list[Hypothesis], list[RuledOut]]:  # fmt: skip
    """Of each kind of thing the one nearest before the moment; what falls into the bin that begins with it still counts
    as at the same time."""
    kinds: dict[tuple[str, str, str], list[Happening]] = {}
    for one in happenings:
        # Titles of deploys name versions: one kind of thing is the kind. Errors are told apart by what they say.
        what = one.what if one.kind in ("error", "incident") else ""
        kinds.setdefault((one.server, one.kind, what), []).append(one)
    named, excluded = [], []
    for (server, kind, _), members in sorted(kinds.items()):
        near = [one for one in members if -step < moment - one.at <= EVENT_SECONDS]
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
