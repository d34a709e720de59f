"""Which servers have the most, or the least, of a metric: now, or by their mean over a time."""

from __future__ import annotations

from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import as_of, now_of, range_words, scope, server_source, server_url, warn_of_unknown
from lib.mcp.core.question import DAY, Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

USUAL_COUNT = 5
MOST = 50


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    of = measure(next(iter(asked.metrics), "cpu"))
    ascending = asked.text_of("order") == "asc"
    wanted = asked.whole("top_n")
    values, when = _values(asked, of, sources, say)
    ranked = sorted(values.items(), key=lambda one: (one[1] if ascending else -one[1], one[0]))
    count = min(wanted or USUAL_COUNT, MOST)
    taken = ranked[:count]
    what = scope(asked, meant, say)
    called = say.name(of.called(say.locale))
    if not taken:
        say.line(f"{what} 중 {called} 값을 보내는 서버가 없습니다 {when}.", f"None of {what} reports {called} {when}.")
        return

    def told(name: str, value: float) -> str:
        return say.number(value, of.unit, server=name, metric=of.name, source=server_source(name))

    first, value = taken[0]
    word = say.either("가장 낮은" if ascending else "가장 높은", "lowest" if ascending else "highest")
    lead = say.either(f"{called} {word} 서버는", f"{word.capitalize()} {called}:")
    if len(taken) == 1:
        ties = [name for name, other in ranked[1:] if other == value]
        more = say.either(f" 같은 값: {say.names(ties)}.", f" The same: {say.names(ties)}.") if ties else ""
        say.line(
            f"{lead} **{say.name(first)}** {told(first, value)}입니다 {when}.{more}",
            f"{lead} **{say.name(first)}** at {told(first, value)} {when}.{more}",
        )
        say.line(f"살펴본 범위: {what}.", f"Looked at: {what}.")
    elif len(taken) <= 3:
        listed = ", ".join(f"{say.name(name)} {told(name, it)}" for name, it in taken)
        say.line(f"{lead} {listed}입니다 {when}. 범위: {what}.", f"{lead} {listed} {when}. Looked at: {what}.")
    else:
        number = say.count(len(taken), "ranked")
        say.line(
            f"{lead} **{say.name(first)}** {told(first, value)}이고, 상위 {number}대는 다음과 같습니다 {when}. 범위: {what}."
            if not ascending
            else f"{lead} **{say.name(first)}** {told(first, value)}이고, 낮은 순 {number}대는 다음과 같습니다 {when}. 범위: {what}.",
            f"{lead} **{say.name(first)}** at {told(first, value)}; the {number} {word} {when}. Looked at: {what}.",
        )
    if wanted and len(ranked) < wanted:
        there, asked_for = say.count(len(ranked), "measured"), say.count(wanted, "asked")
        say.line(
            f"{asked_for}대를 물으셨지만 값을 보내는 서버는 {there}대입니다.",
            f"You asked for {asked_for}; {there} report it.",
        )
    silent = len(meant.servers) - len(values)
    if silent and not asked.entities.get("time"):
        number = say.count(silent, "silent")
        say.line(f"{number}대는 지금 값이 없어 빠졌습니다.", f"{number} have no current value and are left out.")
    if len(taken) > 3:
        rows = [[str(place), say.name(name), told(name, it)] for place, (name, it) in enumerate(taken, 1)]
        for place in range(1, len(taken) + 1):
            say.count(place, "rank")
        say.table(["#", say.either("서버", "server"), called], rows, whole=wanted is not None)
    warn_of_unknown(asked, say)
    for name, _ in taken[:5]:
        say.evidence("metric", f"{name}/{of.series[0]}", server_url(name))
    time = asked.range(sources.now, DAY)
    say.chart("bar", [{"server": name, "metric": of.name} for name, _ in taken], time.start, time.end)
    say.suggest(f"{first} {of.called('ko')} 왜 높아?", f"Why is {of.called('en')} of {first} high?")
    say.suggest(f"{first} {of.called('ko')} 최근 24시간 추이", f"{of.called('en')} of {first} over the last 24 hours")
    say.suggest(f"{first} 상태", f"Status of {first}")


def _values(asked: Asked, of: Measure, sources: Sources, say: Say) -> tuple[dict[str, float], str]:
    """({server: value}, of when they are)."""
    meant = sources.meant(asked)
    if asked.entities.get("time"):
        time = asked.range(sources.now)
        over = sources.stretches(meant.ids, of, time.start, time.end)
        words = say.either(f"({range_words(time, say)} 평균)", f"(average of {range_words(time, say)})")
        return {name: one.mean for name, one in over.items()}, words
    here = [one for one in meant.servers if one.is_there]
    newest = sources.latest(here, [of])
    values = {one.id: found[0] for one in here if (found := now_of(one, of, newest.get(one.id, {})))}
    if of.free_of == "disk":
        values = free_space(list(values), sources)
    return values, as_of(sources, say)


def free_space(names: list[str], sources: Sources) -> dict[str, float]:
    """Bytes free on all mounts together, of those that tell sizes."""
    found = {}
    for name in names:
        free = [it["free_bytes"] for it in sources.server(name)["mounts"] if it["free_bytes"] is not None]
        if free:
            found[name] = float(sum(free))
    return found


QUESTION = Question("top_n", answer, tool="top_servers", examples=(("CPU 높은 서버 5대", "Top 5 servers by CPU"),))
