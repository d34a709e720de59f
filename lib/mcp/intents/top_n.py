"""Which servers have the most, or the least, of a metric: now, or by their mean over a time. Both ends, another metric
beside it, and what grew most, where that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.mcp.core import asides
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import (
    as_of,
    counted,
    now_of,
    range_words,
    scope,
    server_source,
    server_url,
    shown,
    warn_of_unknown,
)
from lib.mcp.core.question import DAY, Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.intents.growth import tell_growth

USUAL_COUNT = 5
MOST = 50
MOST_IN_SENTENCE = 3
MOST_BESIDE = 3
type Place = tuple[str, float]  # server, value


@dataclass(frozen=True, slots=True)
class Ranking:
    of: Measure
    ranked: list[Place]
    taken: list[Place]
    ascending: bool
    beside: dict[str, str]  # of each server, what else was asked of it

    def told(self, place: Place, say: Say) -> str:
        name, value = place
        told = say.number(value, self.of.unit, server=name, metric=self.of.name, source=server_source(name))
        return f"{told} ({self.beside[name]})" if self.is_short and self.beside.get(name) else told

    @property
    def is_short(self) -> bool:
        return len(self.taken) <= MOST_IN_SENTENCE


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    of = measure(next(iter(asked.metrics), "cpu"))
    grown = asides.growth_of(asked)
    if grown and not of.free_of:
        tell_growth(asked, of, grown, sources, say)
        return
    values, when = _values(asked, of, sources, say)
    both = asides.wants_both_ends(asked) and len(values) > 1
    ascending = asked.text_of("order") == "asc" and not both
    ranked = sorted(values.items(), key=lambda one: (one[1] if ascending else -one[1], one[0]))
    wanted = asked.whole("top_n")
    taken = ranked[: min(wanted or USUAL_COUNT, MOST)]
    what = scope(asked, meant, say)
    if not taken:
        called = say.name(of.called(say.locale))
        say.line(f"{what} 중 {called} 값을 보내는 서버가 없습니다 {when}.", f"None of {what} reports {called} {when}.")
        return
    others = [measure(one) for one in asides.other_metrics(asked, sources, {of.name, "uptime"})][:MOST_BESIDE]
    found = Ranking(of, ranked, taken, ascending, _beside([name for name, _ in taken], others, sources, say))
    _headline(found, what, when, say)
    if both:
        _other_end(found, say)
    _missing(asked, found, len(meant.servers) - len(values), say)
    if not found.is_short:
        _table(found, say, whole=wanted is not None)
    warn_of_unknown(asked, say)
    _after(asked, found, sources, say)


def _headline(found: Ranking, what: str, when: str, say: Say) -> None:
    of, taken = found.of, found.taken
    called = say.name(of.called(say.locale), "이/가" if say.locale == "ko" else "")
    word = say.either(
        "가장 낮은" if found.ascending else "가장 높은", "lowest" if found.ascending else "highest"
    )  # fmt: skip
    lead = say.either(f"{called} {word} 서버는", f"{word.capitalize()} {called}:")
    first, value = taken[0]
    top = found.told(taken[0], say)
    if len(taken) == 1:
        ties = [name for name, other in found.ranked[1:] if other == value]
        more = say.either(f" 같은 값: {say.names(ties)}.", f" The same: {say.names(ties)}.") if ties else ""
        say.line(
            f"{lead} **{say.name(first)}** {top}입니다 {when}.{more}",
            f"{lead} **{say.name(first)}** at {top} {when}.{more}",
        )
        say.line(f"살펴본 범위: {what}.", f"Looked at: {what}.")
    elif found.is_short:
        listed = ", ".join(f"{say.name(one[0])} {found.told(one, say)}" for one in taken)
        say.line(f"{lead} {listed}입니다 {when}. 범위: {what}.", f"{lead} {listed} {when}. Looked at: {what}.")
    else:
        number = say.count(len(taken), "ranked")
        order = "낮은 순" if found.ascending else "상위"
        say.line(
            f"{lead} **{say.name(first)}** {top}이고, {order} {number}대는 다음과 같습니다 {when}. 범위: {what}.",
            f"{lead} **{say.name(first)}** at {top}; the {number} {word} {when}. Looked at: {what}.",
        )


def _other_end(found: Ranking, say: Say) -> None:
    """ "Highest and lowest" asks for both."""
    last = list(reversed(found.ranked))[: min(len(found.taken), MOST_IN_SENTENCE)]
    source = {name: server_source(name) for name, _ in last}
    listed = ", ".join(
        f"{say.name(name)} {say.number(value, found.of.unit, server=name, metric=found.of.name, source=source[name])}"
        for name, value in last
    )
    say.line(f"가장 낮은 쪽은 {listed}입니다.", f"At the other end: {listed}.")


def _missing(asked: Asked, found: Ranking, silent: int, say: Say) -> None:
    wanted = asked.whole("top_n")
    if wanted and len(found.ranked) < wanted:
        there, asked_for = say.count(len(found.ranked), "measured"), say.count(wanted, "asked")
        say.line(
            f"{asked_for}대를 물으셨지만 값을 보내는 서버는 {there}대입니다.",
            f"You asked for {asked_for}; {there} report it.",
        )
    if silent and not asked.entities.get("time"):
        number = say.count(silent, "silent")
        say.line(
            f"{number}대는 지금 값이 없어 빠졌습니다.",
            f"{number} {counted(silent, 'has', 'have')} no current value and {counted(silent, 'is', 'are')} left out.",
        )


def _table(found: Ranking, say: Say, *, whole: bool) -> None:
    beside = found.beside
    rows = []
    for place, one in enumerate(found.taken, 1):
        row = [say.count(place, "rank"), say.name(one[0]), found.told(one, say)]
        rows.append([*row, beside.get(one[0], "–")] if beside else row)
    headers = ["#", say.either("서버", "server"), say.name(found.of.called(say.locale))]
    more = [say.either("그 밖에", "beside")] if beside else []
    say.table([*headers, *more], rows, whole=whole)


def _after(asked: Asked, found: Ranking, sources: Sources, say: Say) -> None:
    of, first = found.of, found.taken[0][0]
    say.first = first
    for name, _ in found.taken[:5]:
        say.evidence("metric", f"{name}/{of.series[0]}", server_url(name))
    time = asked.range(sources.now, DAY)
    say.chart("bar", [{"server": name, "metric": of.name} for name, _ in found.taken], time.start, time.end)
    ko, en = ("낮아", "low") if found.ascending else ("높아", "high")
    say.suggest(f"{first} {of.called('ko')} 왜 {ko}?", f"Why is {of.called('en')} of {first} {en}?")
    say.suggest(f"{first} {of.called('ko')} 최근 24시간 추이", f"{of.called('en')} of {first} over the last 24 hours")
    say.suggest(f"{first} 상태", f"Status of {first}")


def _beside(names: list[str], others: Sequence[Measure], sources: Sources, say: Say) -> dict[str, str]:
    """{server: what else was asked of it}: "CPU top 3 and their disk"."""
    if not others:
        return {}
    servers = [one for one in sources.fleet if one.id in names]
    newest = sources.latest(servers, others)
    found = {}
    for one in servers:
        parts = []
        for of in others:
            value = now_of(one, of, newest.get(one.id, {}))
            told = "–" if value is None else shown(one, of, value[0], say, value[1])
            parts.append(f"{say.name(of.called(say.locale))} {told}")
        found[one.id] = ", ".join(parts)
    return found


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
