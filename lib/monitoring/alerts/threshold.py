"""Rules held against what servers tell: each new sample moves the episodes of the rules that watch its series.

What is remembered lies in the server's memory under `rules`: {"<rule>|<subject>": episode}, and under `sums` the
buckets of rules that judge an aggregate. Both are JSON and are replaced, never changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, NamedTuple, cast

from lib.domain.alerting import Rule
from lib.domain.calendars import holds
from lib.domain.episodes import Change, Episode, Levels, advance, end, levels_of, lose_data
from lib.monitoring.analyzers import Window
from lib.monitoring.state import ServerState

RULES = "rules"
SUMS = "sums"
BUCKETS = 12  # an aggregate's window is kept in so many pieces


class Moved(NamedTuple):
    """A change of one rule's episode on one subject of a server."""

    rule: Rule
    subject: str
    change: Change
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """One rule on one column. `slope * value + base` is what the levels are held against: larger is worse."""

    column: int
    subject: str
    rule: Rule
    levels: Levels
    slope: float = 1.0
    base: float = 0.0

    @property
    def key(self) -> str:
        return f"{self.rule.id}|{self.subject}"


class Rules:
    """All rules of one version, made ready to be asked. Thread-safe after it is made."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.all = tuple(rules)
        self.by_id: Mapping[str, Rule] = {rule.id: rule for rule in self.all}
        self._watched: dict[str, tuple[Any, tuple[Watch, ...]]] = {}

    @cached_property
    def _by_kind(self) -> dict[str, list[Rule]]:
        found: dict[str, list[Rule]] = {}
        for rule in self.all:
            if rule.enabled:
                found.setdefault(rule.kind, []).append(rule)
        return found

    def of_kind(self, kind: str) -> list[Rule]:
        """Those that are switched on."""
        return self._by_kind.get(kind, [])

    def watched(self, state: ServerState) -> tuple[Watch, ...]:
        """What is to be watched of this server, remembered until something of it changes."""
        facts = (len(state.series), state.facts, state.settings, state.mounts)
        known = self._watched.get(state.name)
        if known is not None and known[0] == facts:
            return known[1]
        if len(self._watched) > 10_000:
            self._watched.clear()
        found = tuple(self._watches(state))
        self._watched[state.name] = (facts, found)
        return found

    def _watches(self, state: ServerState) -> Iterable[Watch]:
        group, tags, series = state.group, state.tags, state.series
        with_subjects = {name.partition(":")[0] for name in series if ":" in name}
        for rule in self.of_kind("threshold"):
            if not rule.applies(state.name, group, tags):
                continue
            # How much load is much depends on the cores: of a server that does not tell them nothing can be said.
            scale = float(state.facts.get("cores") or 0) if rule.per_core else 1.0
            if not scale:
                continue
            levels = levels_of(rule, scale)
            if rule.metric.partition(":")[0] == "disk_free":
                yield from _free_space(rule, state, levels)
                continue
            for column, name in enumerate(series):
                if is_meant(rule.metric, name, with_subjects):
                    yield Watch(column, name, rule, levels, 1.0 if rule.above else -1.0)

    def fold(self, state: ServerState, windows: Sequence[Window], now: float) -> list[Moved]:
        """Let the rules see the new rows. Changes the state's memory; gives what moved, in the order it happened."""
        if not windows:
            return []
        kept: dict[str, list[Any]] = dict(state.memory.get(RULES) or {})
        sums: dict[str, Any] = dict(state.memory.get(SUMS) or {})
        moved: list[Moved] = []
        watched = self.watched(state)
        for window in windows:
            extremes: dict[int, tuple[float, float]] = {}
            for watch in watched:
                self._look(watch, window, extremes, kept, sums, moved, now)
        self._tidy(state, watched, kept, sums, moved)
        _keep(state, RULES, kept)
        _keep(state, SUMS, sums)
        return moved

    def _look(
        self,
        watch: Watch,
        window: Window,
        extremes: dict[int, tuple[float, float]],
        kept: dict[str, list[Any]],
        sums: dict[str, Any],
        moved: list[Moved],
        now: float,
    ) -> None:
        rule, key = watch.rule, watch.key
        known = kept.get(key)
        if known is None and not rule.over_seconds:
            if watch.column not in extremes:
                extremes[watch.column] = _extremes(window, watch.column)
            low, high = extremes[watch.column]
            worst = watch.slope * (high if watch.slope > 0 else low) + watch.base
            if not (worst >= watch.levels.warning or worst >= watch.levels.critical):
                return
        readings: Iterable[tuple[int, float]] = [
            (at, watch.slope * value + watch.base)
            for at, value in zip(window.at, window.column(watch.column), strict=True)
            if value is not None
        ]
        if rule.over_seconds:
            sums[key], readings = aggregated(sums.get(key) or [], readings, rule)
        if rule.schedule is not None and (known is None or Episode.from_list(known).phase == "pending"):
            # Out of its hours a rule opens nothing; what is open ends as ever.
            readings = [(at, value) for at, value in readings if holds(rule.schedule, at)]
        episode, changes = advance(Episode.from_list(known) if known else None, readings, watch.levels)
        remember(kept, key, episode, now)
        moved += [Moved(rule, watch.subject, change) for change in changes]

    def _tidy(
        self,
        state: ServerState,
        watched: Sequence[Watch],
        kept: dict[str, list[Any]],
        sums: dict[str, Any],
        moved: list[Moved],
    ) -> None:
        """End what no rule watches any more, and what no data comes of."""
        by_key = {watch.key: watch for watch in watched} if kept else {}
        for key in list(kept):
            rule_id, _, subject = key.partition("|")
            rule = self.by_id.get(rule_id)
            if rule is not None and rule.kind != "threshold":
                continue  # its own kind looks after it
            episode = Episode.from_list(kept[key])
            watch = by_key.get(key)
            if watch is None:
                _, changes = end(episode, state.folded_at, "rule_changed")
                del kept[key]
                moved += [Moved(rule or Rule(rule_id, rule_id), subject, change) for change in changes]
                continue
            if state.folded_at - episode.last_at <= watch.rule.no_data_seconds or episode.phase == "calm":
                if episode.phase == "calm" and state.folded_at >= episode.calm_until:
                    del kept[key]
                continue
            if watch.rule.no_data == "resolve" or not episode.is_open:
                _, changes = end(episode, state.folded_at, "no_data")
                del kept[key]
            else:
                changes = lose_data(episode, state.folded_at)
                kept[key] = episode.to_list()
            moved += [Moved(watch.rule, watch.subject, change) for change in changes]
        for key in sums.keys() - by_key.keys() if kept else sums.keys() - {watch.key for watch in watched}:
            del sums[key]


def remember(kept: dict[str, list[Any]], key: str, episode: Episode | None, now: float) -> None:
    """Keep the episode under its key, with the moment it was first seen to be open."""
    if episode is None:
        kept.pop(key, None)
        return
    if episode.is_open and not episode.noticed_at:
        episode.noticed_at = round(now, 1)
    kept[key] = episode.to_list()


def _keep(state: ServerState, name: str, value: dict[str, Any]) -> None:
    if value:
        state.memory[name] = value
    else:
        state.memory.pop(name, None)


def is_meant(metric: str, series: str, with_subjects: set[str]) -> bool:
    """Whether a rule on `metric` watches this series. The headline `disk` is the fullest mount: where mounts are told
    one by one they speak for themselves."""
    if metric == series:
        return series not in with_subjects
    if "*" in metric:
        return fnmatchcase(series, metric)
    return ":" in series and series.partition(":")[0] == metric


def _free_space(rule: Rule, state: ServerState, levels: Levels) -> Iterable[Watch]:
    """`disk_free`: bytes, from a mount's size and how full it is told to be. Mounts so small that the level would be
    most of them are not meant (`least_size_bytes`)."""
    _, _, wanted = rule.metric.partition(":")
    least = float(rule.options.get("least_size_bytes") or 0)
    for mount, (size, *_) in state.mounts.items():
        series = f"disk:{mount}"
        if series in state.series and size >= least and wanted in ("", mount):
            column = state.series.index(series)
            turn = -1.0 if not rule.above else 1.0
            yield Watch(column, f"disk_free:{mount}", rule, levels, -turn * size / 100, turn * size)


def _extremes(window: Window, column: int) -> tuple[float, float]:
    values = window.column(column)
    known = cast(list[float], values) if None not in values else [value for value in values if value is not None]
    return (min(known), max(known)) if known else (float("nan"), float("nan"))


def aggregated(
    buckets: Sequence[list[float]], readings: Iterable[tuple[int, float]], rule: Rule
) -> tuple[list[list[float]], list[tuple[int, float]]]:
    """(buckets, readings): each reading becomes the aggregate of the seconds up to it, once they are covered."""
    width = max(1, rule.over_seconds // BUCKETS)
    kept = [list(bucket) for bucket in buckets]  # [start, sum, count, least, most]
    found: list[tuple[int, float]] = []
    for at, value in readings:
        start = at - at % width
        if kept and kept[-1][0] == start:
            last = kept[-1]
            kept[-1] = [start, last[1] + value, last[2] + 1, min(last[3], value), max(last[4], value)]
        else:
            kept.append([start, value, 1, value, value])
        covered = kept[0][0] <= at - rule.over_seconds + width
        kept = [bucket for bucket in kept if bucket[0] > at - rule.over_seconds - width]
        if covered:
            found.append((at, _aggregate(kept, rule)))
    return kept, found


def _aggregate(buckets: Sequence[Sequence[float]], rule: Rule) -> float:
    if rule.aggregation == "avg":
        return sum(bucket[1] for bucket in buckets) / sum(bucket[2] for bucket in buckets)
    # Readings are turned so that larger is worse: of a rule that looks below, the least value is the largest reading.
    if (rule.aggregation == "max") == rule.above:
        return max(bucket[4] for bucket in buckets)
    return min(bucket[3] for bucket in buckets)
