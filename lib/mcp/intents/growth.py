"""Which servers' values grew most over a time, or fell: a ranking by the change and not by the value."""

from __future__ import annotations

from lib.mcp.core.differences import Difference, told
from lib.mcp.core.measures import Measure
from lib.mcp.core.phrases import (
    capital,
    counted,
    range_words,
    scope,
    server_source,
    server_url,
    warn_of_most,
    warn_of_unknown,
)
from lib.mcp.core.question import DAY, Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import MOST_READS, Sources
from lib.mcp.core.spans import Stretch

USUAL_COUNT = 5
MOST = 50
POINTS = 60
MOST_IN_SENTENCE = 3
SHARE = 0.1  # of the time, from which its beginning and its end are each taken as a mean


def tell_growth(asked: Asked, of: Measure, way: int, sources: Sources, say: Say) -> None:
    """`way` is 1 for what grew, -1 for what fell."""
    meant = sources.meant(asked)
    time = asked.range(sources.now, DAY)
    names = meant.ids[:MOST_READS]
    stretches = sources.stretches(names, of, time.start, time.end, POINTS)
    changed = {name: found for name, one in stretches.items() if (found := _moved(one)) is not None}
    ranked = sorted(changed, key=lambda name: (-way * changed[name].change, name))
    moved = [name for name in ranked if way * changed[name].change > 0 and not changed[name].is_same]
    taken = moved[: min(asked.whole("top_n") or USUAL_COUNT, MOST)]
    what, when, called = scope(asked, meant, say), range_words(time, say), say.name(of.called(say.locale))
    grew = say.either("늘어난", "grew") if way > 0 else say.either("줄어든", "fell")

    def figures(name: str) -> tuple[str, str, str]:
        found, source = changed[name], server_source(name, "/series")
        before, after = (
            say.number(value, of.unit, server=name, metric=of.name, source=source)
            for value in (found.before, found.after)
        )
        return before, after, told(of, found, say, name)

    if not taken:
        measured = say.count(len(changed), "measured")
        say.line(
            f"{called} 값이 {grew} 서버가 없습니다 ({when}, 측정 {measured}대). 범위: {what}.",
            f"{capital(called)} {grew} on none of the {measured} {counted(len(changed), 'server')} measured ({when}). Looked at: {what}.",
        )
    else:
        before, after, change = figures(taken[0])
        say.line(
            f"{called} 값이 가장 많이 {grew} 서버는 **{say.name(taken[0])}**, {before} → {after} ({change})입니다 ({when}). 범위: {what}.",
            f"{capital(called)} {grew} most on **{say.name(taken[0])}**: {before} → {after} ({change}), {when}. Looked at: {what}.",
        )
        if len(taken) > MOST_IN_SENTENCE:
            headers = [say.either(*one) for one in (("서버", "server"), ("처음", "first"), ("끝", "last"))]
            rows = [[say.name(name), *figures(name)] for name in taken]
            say.table([*headers, say.either("변화", "change")], rows, whole=asked.whole("top_n") is not None)
        elif len(taken) > 1:
            rest = []
            for name in taken[1:]:
                before, after, change = figures(name)
                rest.append(f"{say.name(name)} {before} → {after} ({change})")
            listed = ", ".join(rest)
            say.line(f"다음: {listed}.", f"Next: {listed}.")
        share = say.number(100 * SHARE, "%", metric="share_of_time")
        say.line(
            f"기간의 처음 {share}와 끝 {share}의 평균을 비교했습니다.",
            f"Compared are the means of the first and the last {share} of the time.",
        )
    warn_of_most(meant.servers, MOST_READS, say)
    warn_of_unknown(asked, say)
    for name in taken[:5]:
        say.evidence("metric", f"{name}/{of.series[0]}", server_url(name), (time.start, time.end))
    first = taken[0] if taken else next(iter(meant.ids), None)
    if first:
        series = [{"server": name, "metric": one} for name in taken[:5] or [first] for one in of.series]
        say.chart("line", series, time.start, time.end)
        say.suggest(f"{first} {of.called('ko')} 왜 변했어?", f"Why did {of.called('en')} of {first} change?")
        say.suggest(f"{first} {of.called('ko')} 언제 꽉 차?", f"When will {of.called('en')} of {first} be full?")
        say.suggest(f"{first} 상태", f"Status of {first}")


def _moved(one: Stretch) -> Difference | None:
    """From the beginning of the time to its end; None where too little of it is known to say."""
    count = max(1, int(len(one.points) * SHARE))
    if len(one.points) < 2:
        return None
    first, last = one.points[:count], one.points[-count:]
    return Difference(sum(point[2] for point in first) / count, sum(point[2] for point in last) / count)
