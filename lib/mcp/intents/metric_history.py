"""How was a metric over a time: extremes and when, mean, what is missing; a chart of it."""

from __future__ import annotations

from lib.mcp.core import asides
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import aggregate_word, range_words, scope, server_source, server_url, warn_of_unknown
from lib.mcp.core.question import DAY, HOUR, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.core.spans import Stretch
from lib.mcp.intents.behind import tell_cause

MOST_SINGLE = 2
MOST_SERVERS = 100
MOST_IN_CHART = 5
WEEK = 7


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    time = asked.range(sources.now, HOUR)
    measures = [measure(name) for name in asked.metrics or ("cpu",)][:3]
    names = meant.ids[:MOST_SERVERS]
    for of in measures:
        found = sources.stretches(names, of, time.start, time.end)
        if not found:
            what = scope(asked, meant, say)
            say.line(
                f"{what}의 {of.called('ko')} 데이터가 없습니다 ({range_words(time, say)}).",
                f"There is no data of {of.called('en')} for {what} ({range_words(time, say)}).",
            )
        elif len(found) <= MOST_SINGLE and len(names) <= MOST_SINGLE:
            for name in names:
                if name in found:
                    _single(name, of, found[name], time, asked, sources, say)
                else:
                    say.line(f"{say.name(name)}: 데이터가 없습니다.", f"{say.name(name)}: no data.")
        else:
            _many(asked, of, found, time, sources, say)
    warn_of_unknown(asked, say)
    if names:
        step = next(iter(sources.stretches(names[:1], measures[0], time.start, time.end).values()), None)
        say.chart(
            "line",
            [
                {"server": name, "metric": series}
                for name in names[:MOST_IN_CHART]
                for of in measures
                for series in of.series
            ],
            time.start,
            time.end,
            step.step if step else 0,
        )
        called = measures[0].called(say.locale)
        say.suggest(f"{names[0]} {called} 지난주와 비교", f"Compare {called} of {names[0]} with last week")
        say.suggest(f"{names[0]} {called} 왜 변했어?", f"Why did {called} of {names[0]} change?")
        say.suggest(f"{names[0]} 이상 징후 있어?", f"Any anomalies on {names[0]}?")


def _single(name: str, of: Measure, found: Stretch, time: Range, asked: Asked, sources: Sources, say: Say) -> None:
    called = say.name(of.called(say.locale))
    source = server_source(name, "/series")

    def told(value: float, at: float | None = None, what: str = "") -> str:
        return say.number(value, of.unit, server=name, metric=f"{of.name}{what}", at=at, source=source)

    (low, low_at), (high, high_at) = found.low, found.high
    far = time.length > DAY
    how = asked.text_of("agg")
    head = f"{say.name(name)} {called} {range_words(time, say)}"
    if how and how != "count":
        at = {"max": high_at, "min": low_at}.get(how)
        when = f" ({say.moment(at, day=far, zone=False)})" if at is not None else ""
        value = told(found.aggregate(how), at, f"_{how}")
        say.line(
            f"{head}: {aggregate_word(how, say)} **{value}**{when}.",
            f"{head}: {aggregate_word(how, say)} **{value}**{when}.",
        )
    low_told, high_told, mean, last = told(low, low_at), told(high, high_at), told(found.mean), told(found.last)
    lowest, highest = say.moment(low_at, day=far, zone=False), say.moment(high_at, day=far, zone=False)
    lead = "" if how else f"{head}: "
    say.line(
        f"{lead}최소 {low_told}({lowest}), 평균 {mean}, 최대 {high_told}({highest}), 마지막 {last}.",
        f"{lead}min {low_told} ({lowest}), average {mean}, max {high_told} ({highest}), last {last}.",
    )
    if not of.is_plain:
        say.line(
            "합산 값이므로 최소와 최대는 구간 평균 기준입니다.",
            "A sum of series: extremes are those of the bins' means.",
        )
    if asides.wants_cause(asked) and asked.text_of("agg") in {None, "max", "min"}:
        tell_cause(name, of, low_at if how == "min" else high_at, sources, say)
    _gaps(found, say)
    say.evidence("metric", f"{name}/{of.series[0]}", server_url(name), (time.start, time.end))
    if of.is_filling:
        _growth(name, of, found, sources, say)


def _gaps(found: Stretch, say: Say) -> None:
    gaps = found.gaps()
    late = found.points[0][0] - found.start
    if late > max(2 * found.step, 600):
        first = say.moment(found.points[0][0])
        say.line(f"데이터는 {first}부터 있습니다.", f"There is data from {first} on only.")
    if gaps:
        start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
        length, number = say.duration(end - start, metric="gap"), say.count(len(gaps), "gaps")
        say.line(
            f"수집 누락 {number}회, 가장 긴 것은 {say.span(start, end)} ({length}).",
            f"Gaps: {number}, the longest {say.span(start, end)} ({length}).",
        )


def _growth(name: str, of: Measure, found: Stretch, sources: Sources, say: Say) -> None:
    """What it grew, beside what a day of the week before brought."""
    days = (found.points[-1][0] - found.points[0][0]) / DAY
    if days < 0.5:
        return
    before = sources.stretches([name], of, found.start - WEEK * DAY, found.start).get(name)
    grown = say.number(found.last - found.first, _points(say), server=name, metric=f"{of.name}_growth", signed=True)
    if before is None or before.points[-1][0] - before.points[0][0] < 2 * DAY:
        say.line(f"이 기간 증가분은 {grown}입니다.", f"It moved by {grown} over this time.")
        return
    usual = (before.last - before.first) / ((before.points[-1][0] - before.points[0][0]) / DAY)
    per_day = say.number(usual, _points(say), server=name, metric=f"{of.name}_usual_growth", signed=True, decimals=2)
    week = say.duration(WEEK * DAY, source="default")
    say.line(
        f"이 기간 증가분은 {grown}, 직전 {week} 동안은 하루 평균 {per_day}였습니다.",
        f"It moved by {grown}; over the {week} before by {per_day} a day.",
    )


def _points(say: Say) -> str:
    return say.either("%p", "pp")


def _many(asked: Asked, of: Measure, found: dict[str, Stretch], time: Range, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    how = asked.text_of("agg") or "avg"
    weights = {name: one.samples for name, one in found.items()}
    peak_name = max(found, key=lambda name: found[name].high[0])
    peak, peak_at = found[peak_name].high
    if how in {"max", "min"}:
        extreme = peak_name if how == "max" else min(found, key=lambda name: found[name].low[0])
        value = found[extreme].aggregate(how)
    elif how == "avg":
        value = sum(one.mean * weights[name] for name, one in found.items()) / sum(weights.values())
    else:
        value = sum(one.aggregate(how) for one in found.values()) / len(found)
    what = scope(asked, meant, say)
    called = say.name(of.called(say.locale))
    told = say.number(value, of.unit, metric=f"{of.name}_{how}", source="/api/servers")
    say.line(
        f"{what} {called} {range_words(time, say)}: {aggregate_word(how, say)} **{told}**.",
        f"{called} of {what}, {range_words(time, say)}: {aggregate_word(how, say)} **{told}**.",
    )
    top = say.number(
        peak, of.unit, server=peak_name, metric=of.name, at=peak_at, source=server_source(peak_name, "/series")
    )
    at = say.moment(peak_at, day=time.length > DAY, zone=False)
    say.line(
        f"최고는 {say.name(peak_name)} {top} ({at})입니다.", f"The peak was {top} on {say.name(peak_name)} at {at}."
    )
    say.evidence("metric", f"{peak_name}/{of.series[0]}", server_url(peak_name), (time.start, time.end))
    ordered = sorted(found, key=lambda name: -found[name].aggregate(how))
    columns = [how, *(one for one in ("min", "max", "avg") if one != how)][:3]
    headers = [say.either("서버", "server"), *(aggregate_word(one, say) for one in columns)]
    rows = []
    for name in ordered:
        cells = (
            say.number(
                found[name].aggregate(one), of.unit, server=name, metric=of.name, source=server_source(name, "/series")
            )
            for one in columns
        )
        rows.append([say.name(name), *cells])
    say.table(headers, rows)


QUESTION = Question("metric_history", answer, tool="query_metrics")
