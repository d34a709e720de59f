"""The same servers at two times: what has become more, what less, and whose change it was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lib.mcp.core import counted_errors
from lib.mcp.core.differences import Difference, told
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import (
    aggregate_word,
    capital,
    scope,
    server_source,
    server_url,
    warn_of_most,
    warn_of_unknown,
)
from lib.mcp.core.question import DAY, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import MOST_READS, Meant, Sources, points_for
from lib.mcp.core.spans import Stretch

USUAL = ("cpu", "memory", "disk")
MOST_MEASURES = 3
MOST_MOVERS = 3
PARTIAL = 0.98  # a recent time shorter than so much of the other is not like it
LATE = 0.1  # data that begins after so much of a time does not stand for all of it
type Pairs = dict[str, tuple[Stretch, Stretch]]  # {server: (recent, baseline)}


@dataclass(frozen=True, slots=True)
class Periods:
    recent: Range
    baseline: Range

    @property
    def is_default(self) -> bool:
        return self.recent.is_default or self.baseline.is_default

    def alike(self, sources: Sources) -> Periods | None:
        """Of the baseline as much as there is of the recent time so far: today until now beside yesterday until then.
        None where the recent one is over, or does not begin at the same time of day: an hour beside a day is meant so."""
        recent, baseline = self.recent, self.baseline
        if recent.end < sources.now - 1 or recent.length >= PARTIAL * baseline.length:
            return None
        if abs(_of_its_day(recent.start, sources) - _of_its_day(baseline.start, sources)) >= 1:
            return None
        same = Range(baseline.start, baseline.start + recent.length, baseline.is_default)
        return replace(self, baseline=same)


def _of_its_day(at: float, sources: Sources) -> float:
    return at - sources.midnight(at)


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    periods = periods_of(asked, sources)
    if counted_errors.are_asked(asked):
        both = periods.alike(sources) or periods
        counted_errors.compare(asked, meant, both.recent, both.baseline, sources, say)
        warn_of_unknown(asked, say)
        return
    measures = [measure(name) for name in asked.metrics or USUAL][:MOST_MEASURES]
    names = meant.ids[:MOST_READS]
    whole, alike = periods, periods.alike(sources)
    periods = alike or whole
    pairs = _pairs(names, measures, periods, sources)
    if alike is not None and not any(pairs.values()):
        periods, pairs = whole, _pairs(names, measures, whole, sources)
    recent, baseline = (say.span(one.start, one.end) for one in (periods.recent, periods.baseline))
    known = [of for of in measures if pairs[of.name]]
    usual = say.either(", 기본 기간", ", the usual times") if periods.is_default else ""
    if known:
        _late(pairs[known[0].name], periods, say)
    else:
        _nothing(measures, names, periods, asked, meant, sources, say)
    for place, of in enumerate(known):
        _one(of, pairs[of.name], f"{recent} ↔ {baseline}{usual}" if place == 0 else "", asked, meant, sources, say)
    if known:
        if alike is not None:
            _not_over(alike, whole, say, is_cut=periods is alike)
        _coverage(pairs[known[0].name], len(names), say)
    moved = [*names]
    if known and len(pairs[known[0].name]) > 1:
        moved = _movers(known[0], pairs[known[0].name], asked, say)
    warn_of_most(meant.servers, MOST_READS, say)
    warn_of_unknown(asked, say)
    _beside((known or measures)[0], moved, periods, say)


def periods_of(asked: Asked, sources: Sources) -> Periods:
    """Today and all of yesterday where nothing is named; beside one alone the one before it, of the same length."""
    now = sources.now
    if asked.entities.get("time2"):
        baseline = asked.range(now, DAY, "time2")
        recent = asked.range(now, baseline.length)
        return Periods(recent, baseline)
    if not asked.entities.get("time"):
        today = sources.midnight(now)
        return Periods(Range(today, now, True), Range(sources.midnight(today - 1), today, True))
    recent = asked.range(now)
    shift = math.ceil(recent.length / DAY) * DAY
    return Periods(recent, Range(recent.start - shift, recent.end - shift, True))


def _pairs(names: Sequence[str], measures: Sequence[Measure], periods: Periods, sources: Sources) -> dict[str, Pairs]:
    """{measure: those measured both times}."""
    points = points_for(names)
    recent, baseline = periods.recent, periods.baseline
    now = sources.stretches_of(names, measures, recent.start, recent.end, points)
    then = sources.stretches_of(names, measures, baseline.start, baseline.end, points)
    return {
        one: {name: (now[one][name], then[one][name]) for name in names if name in now[one] and name in then[one]}
        for one in now
    }


def _between(pairs: Mapping[str, tuple[Stretch, Stretch]], how: str) -> Difference:
    """From the baseline to the recent time; of many the mean of their values."""
    count = len(pairs)
    after = sum(one.aggregate(how) for one, _ in pairs.values()) / count
    before = sum(one.aggregate(how) for _, one in pairs.values()) / count
    return Difference(before, after)


def _figures(of: Measure, found: Difference, how: str, say: Say, server: str | None) -> tuple[str, str, str]:
    source = server_source(server, "/series") if server else "/api/servers"
    before, after = (
        say.number(value, of.unit, server=server, metric=f"{of.name}_{how}", source=source)
        for value in (found.before, found.after)
    )
    return before, after, told(of, found, say, server)


def _one(of: Measure, pairs: Pairs, spans: str, asked: Asked, meant: Meant, sources: Sources, say: Say) -> None:
    how = asked.text_of("agg") or "avg"
    found = _between(pairs, how)
    server = next(iter(pairs)) if len(pairs) == 1 else None
    before, after, change = _figures(of, found, how, say, server)
    called = say.name(of.called(say.locale))
    word = aggregate_word(how, say)
    if found.is_same:
        verdict = say.either("변화가 없습니다", "no change")
    elif before == after:
        verdict = say.either("거의 그대로입니다", "about the same")
    elif found.change > 0:
        verdict = say.either("늘었습니다" if of.unit != "ms" else "느려졌습니다", "up" if of.unit != "ms" else "slower")
    else:
        verdict = say.either(
            "줄었습니다" if of.unit != "ms" else "빨라졌습니다", "down" if of.unit != "ms" else "faster"
        )
    if not spans:
        told_ = f"{before} → **{after}** ({change})"
        say.line(f"{called} {word}: {told_}.", f"{capital(called)}, {word}: {told_}.")
        return
    what = scope(asked, meant, say) if server is None or len(meant.servers) > 1 else say.name(server)
    say.line(
        f"{what} {called} {word}: {before} → **{after}**, {verdict} ({change}). 최근 ↔ 기준: {spans}.",
        f"{capital(called)} of {what}, {word}: {before} → **{after}**, {verdict} ({change}). Recent ↔ baseline: {spans}.",
    )


def _not_over(alike: Periods, whole: Periods, say: Say, *, is_cut: bool) -> None:
    same = say.span(alike.baseline.start, alike.baseline.end)
    if is_cut:
        end = say.moment(whole.baseline.end, day=True)
        say.line(
            f"최근 기간은 아직 끝나지 않아, 기준 기간({end}까지)도 같은 구간만 비교했습니다.",
            f"The recent time is not over: of the baseline, which goes on until {end}, the same part is compared.",
        )
    else:
        say.line(
            f"최근 기간은 아직 끝나지 않았고, 같은 구간({same})의 데이터는 없어 기준 기간 전체와 비교했습니다.",
            f"The recent time is not over, and of the same part of the baseline ({same}) there is no data: it is"
            " compared with all of it.",
        )


def _late(pairs: Pairs, periods: Periods, say: Say) -> None:
    """Data that begins well after the baseline does stands for its end only."""
    first = min(then.points[0][0] for _, then in pairs.values())
    if first - periods.baseline.start > LATE * periods.baseline.length:
        since = say.moment(first, day=True)
        say.line(
            f"기준 기간의 데이터는 {since}부터만 있습니다.",
            f"Of the baseline there is data from {since} on only.",
        )


def _coverage(pairs: Pairs, asked_for: int, say: Say) -> None:
    if asked_for > len(pairs):
        both, all_ = say.count(len(pairs), "measured_both_times"), say.count(asked_for, "servers")
        say.line(
            f"두 기간 모두 데이터가 있는 {both}대로 비교했습니다(대상 {all_}대).",
            f"Compared over the {both} of {all_} that were measured both times.",
        )


def _movers(of: Measure, pairs: Pairs, asked: Asked, say: Say) -> list[str]:
    """Gives the servers, whoever moved most first."""
    how = asked.text_of("agg") or "avg"
    moved = {name: _between({name: pair}, how) for name, pair in pairs.items()}
    ordered = sorted(moved, key=lambda name: (-abs(moved[name].change), name))
    called = say.name(of.called(say.locale))
    if len(ordered) <= MOST_MOVERS:
        parts = []
        for name in ordered:
            before, after, change = _figures(of, moved[name], how, say, name)
            parts.append(f"{say.name(name)} {before} → {after} ({change})")
        listed = ", ".join(parts)
        say.line(f"변화가 큰 순서: {listed}.", f"The biggest movers: {listed}.")
    else:
        first = ordered[0]
        by = told(of, moved[first], say, first)
        say.line(f"가장 크게 변한 서버는 {say.name(first)} ({by})입니다.", f"The biggest mover is {say.name(first)} ({by}).")  # fmt: skip
        headers = [say.either(*one) for one in (("서버", "server"), ("기준", "baseline"), ("최근", "recent"))]
        rows = []
        for name in ordered:
            before, after, change = _figures(of, moved[name], how, say, name)
            rows.append([say.name(name), before, after, change])
        say.table([*headers, f"{called} {say.either('변화', 'change')}"], rows)
    for name in ordered[:5]:
        say.evidence("metric", f"{name}/{of.series[0]}", server_url(name))
    return ordered


def _nothing(
    measures: Sequence[Measure],
    names: Sequence[str],
    periods: Periods,
    asked: Asked,
    meant: Meant,
    sources: Sources,
    say: Say,
) -> None:
    """Says of which of the two times there is nothing."""
    of = measures[0]
    called = say.name(of.called(say.locale))
    what = scope(asked, meant, say)
    now = sources.stretches(names, of, periods.recent.start, periods.recent.end)
    then = sources.stretches(names, of, periods.baseline.start, periods.baseline.end)
    if not now and not then:
        spans = [say.span(one.start, one.end) for one in (periods.recent, periods.baseline)]
        say.line(
            f"{what}의 {called} 데이터가 두 기간 모두 없습니다 ({spans[0]} ↔ {spans[1]}).",
            f"There is no data of {called} for {what} in either time ({spans[0]} ↔ {spans[1]}).",
        )
        return
    lacking, there, found = (periods.baseline, periods.recent, now) if now else (periods.recent, periods.baseline, then)
    how = asked.text_of("agg") or "avg"
    value = sum(one.aggregate(how) for one in found.values()) / len(found)
    mean = say.number(value, of.unit, metric=f"{of.name}_{how}", source="/api/servers")
    usual = say.either(" (기본 기간)", " (the usual times)") if periods.is_default else ""
    gap, span = f"{say.span(lacking.start, lacking.end)}{usual}", say.span(there.start, there.end)
    say.line(
        f"{what}의 {called} 데이터가 {gap}에는 없어 비교할 수 없습니다.",
        f"{capital(called)} of {what} cannot be compared: there is no data for {gap}.",
    )
    say.line(f"{span}: {aggregate_word(how, say)} {mean}.", f"{span}: {aggregate_word(how, say)} {mean}.")


def _beside(of: Measure, names: Sequence[str], periods: Periods, say: Say) -> None:
    if not names:
        return
    recent, baseline = periods.recent, periods.baseline
    start = min(baseline.start, recent.start)
    say.chart("line", [{"server": name, "metric": series} for name in names[:5] for series in of.series], start, recent.end)  # fmt: skip
    if len(names) == 1:
        say.evidence("metric", f"{names[0]}/{of.series[0]}", server_url(names[0]), (start, recent.end))
    called = of.called(say.locale)
    say.suggest(f"{names[0]} {called} 왜 변했어?", f"Why did {called} of {names[0]} change?")
    say.suggest(f"{names[0]} {called} 최근 7일 추이", f"{called} of {names[0]} over the last 7 days")
    say.suggest(f"{called} 높은 서버 5대", f"Top 5 servers by {called}")


QUESTION = Question(
    "compare_periods",
    answer,
    tool="compare",
    examples=(("오늘 CPU 어제와 비교", "Compare CPU today with yesterday"),),
)
