"""Servers beside each other, or groups of them: who has more of it, by how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lib.mcp.core import asides
from lib.mcp.core.differences import Difference, told
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import (
    aggregate_word,
    as_of,
    capital,
    now_of,
    range_words,
    scope,
    server_source,
    server_url,
    warn_of_age,
    warn_of_unknown,
)
from lib.mcp.core.question import DAY, HOUR, Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources, points_for
from lib.mcp.intents.top_n import free_space
from lib.mcp.npu.nearest import nearest

USUAL = ("cpu", "memory", "disk", "load")
MOST_MEASURES = 6
MOST_IN_SENTENCE = 3
MOST_IN_CHART = 5
_MORE = {
    "latency": ("느립니다", "slower"),
    "load": ("많습니다", "higher"),
    "temperature": ("뜨겁습니다", "hotter"),
}
type Values = dict[str, dict[str, float]]  # {measure: {server: value}}


@dataclass(frozen=True, slots=True)
class Side:
    """What is held against others: a server, or several under one name."""

    name: str
    servers: Sequence[Server]
    is_group: bool

    def value(self, values: Mapping[str, float]) -> float | None:
        known = [values[one.id] for one in self.servers if one.id in values]
        return sum(known) / len(known) if known else None


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    sides, is_peers = sides_of(asked, sources)
    measures = [measure(name) for name in asked.metrics or USUAL][:MOST_MEASURES]
    everyone = list({one.id: one for side in sides for one in side.servers}.values())
    if len(sides) < 2:
        _too_few(sides, asked, sources, say)
        return
    warn_of_age([] if asked.entities.get("time") else everyone, sources, say)
    values, when = _values(everyone, measures, asked, sources, say)
    known = [of for of in measures if any(side.value(values[of.name]) is not None for side in sides)]
    if not known:
        called = ", ".join(say.name(of.called(say.locale)) for of in measures)
        say.line(
            f"비교할 {called} 값이 없습니다: 어느 서버도 보내지 않습니다(수집되지 않음).",
            f"There is nothing to compare: none of them reports {called} (not collected).",
        )
        warn_of_unknown(asked, say)
        return
    by_count = sides[0].is_group and asides.wants_count(asked)
    if by_count:
        _counts(sides, say)
    if not by_count or asked.metrics:
        for of in known[:MOST_IN_SENTENCE]:
            _verdict(of, sides, values[of.name], when, say, is_first=of is known[0])
        _notes(asked, measures, sides, values, say, is_peers=is_peers)
    _table(known, sides, values, say, written=len(sides) > 2 or len(known) > 1 or sides[0].is_group)
    warn_of_unknown(asked, say)
    _beside(asked, sides, known[0], everyone, sources, say)


def sides_of(asked: Asked, sources: Sources) -> tuple[list[Side], bool]:
    """(what is compared, whether it is one server with the others of its group)."""
    meant = sources.meant(asked)
    groups = asked.words("groups")
    if len(groups) > 1 and not asked.words("servers") and not asked.words("globs"):
        by_group = [Side(name, [one for one in meant.servers if one.group == name], True) for name in groups]
        return [side for side in by_group if side.servers], False
    alike = _by_tag(meant.servers, sources) if meant.is_named else []
    if alike:
        return alike, False
    if len(meant.servers) == 1 and meant.servers[0].group and not meant.unknown:
        one = meant.servers[0]
        peers = [other for other in sources.fleet if other.group == one.group and other is not one]
        if peers:
            return [Side(one.id, [one], False), Side(str(one.group), peers, True)], True
    return [Side(one.id, [one], False) for one in meant.servers], False


def _by_tag(servers: Sequence[Server], sources: Sources) -> list[Side]:
    """Two values of one tag come as a list of all who have either ("prod and staging"): told from names that somebody
    listed by being all of both, and more than anybody lists."""
    if len(servers) < 4:
        return []
    for key in sorted({key for one in servers for key in one.tags}):
        values = sorted({one.tags.get(key, "") for one in servers})
        if "" in values or not 2 <= len(values) <= 3:
            continue
        if len(servers) == sum(other.tags.get(key) in values for other in sources.fleet):
            return [
                Side(f"{key}:{value}", [one for one in servers if one.tags[key] == value], True) for value in values
            ]
    return []


def _too_few(sides: Sequence[Side], asked: Asked, sources: Sources, say: Say) -> None:
    if sides:
        name = say.name(sides[0].name)
        say.line(
            f"비교하려면 서버나 그룹이 둘 이상 필요합니다. {say.name(sides[0].name, '을/를')} 무엇과 비교할까요?",
            f"Comparing takes two servers or groups. What shall I hold against {name}?",
        )
    else:
        say.line("비교할 서버가 없습니다.", "There is no server to compare.")
    warn_of_unknown(asked, say)
    names = [one.id for one in sources.fleet]
    first = sides[0].name if sides else next(iter(names), "")
    near = [one for name in asked.words("unknown_servers") for one in nearest(name, names, 2)]
    if near:
        listed = say.names(list(dict.fromkeys(near)))
        say.line(f"비슷한 이름: {listed}.", f"Similar names: {listed}.")
    for other in [one for one in dict.fromkeys([*near, *names]) if one != first][:2]:
        say.suggest(f"{first} {other} 비교", f"Compare {first} and {other}")


def _values(
    servers: Sequence[Server], measures: Sequence[Measure], asked: Asked, sources: Sources, say: Say
) -> tuple[Values, str]:
    """({measure: {server: value}}, of when they are)."""
    names = [one.id for one in servers]
    if asked.entities.get("time") or asked.text_of("agg"):
        time = asked.range(sources.now, HOUR)
        how = asked.text_of("agg") or "avg"
        read = sources.stretches_of(names, measures, time.start, time.end, points_for(names))
        found = {of: {name: one.aggregate(how) for name, one in those.items()} for of, those in read.items()}
        words, word = range_words(time, say), aggregate_word(how, say)
        return found, say.either(f"({words} {word})", f"({word} of {words})")
    newest = sources.latest(servers, measures)
    found = {}
    for of in measures:
        known = {one.id: it[0] for one in servers if (it := now_of(one, of, newest.get(one.id, {})))}
        found[of.name] = free_space(names, sources) if of.free_of == "disk" else known
    return found, as_of(sources, say)


def _shown(of: Measure, side: Side, value: float, say: Say) -> str:
    if side.is_group:
        return say.number(value, of.unit, metric=f"{of.name}_avg:{side.name}", source="/api/servers")
    return say.number(value, of.unit, server=side.name, metric=of.name, source=server_source(side.name))


def _verdict(
    of: Measure, sides: Sequence[Side], values: Mapping[str, float], when: str, say: Say, *, is_first: bool
) -> None:
    ranked = sorted(
        ((value, side) for side in sides if (value := side.value(values)) is not None),
        key=lambda one: (-one[0], one[1].name),
    )
    called = say.name(of.called(say.locale))
    tail = f" {when}" if is_first and when else ""
    if len(ranked) < 2:
        who = f"{say.name(ranked[0][1].name)} {_shown(of, ranked[0][1], ranked[0][0], say)}"
        say.line(
            f"{called}: 한쪽만 값을 보냅니다 – {who}{tail}.",
            f"{capital(called)}: only one side reports it – {who}{tail}.",
        )
        return
    (high, most), (low, least) = ranked[0], ranked[-1]
    apart = Difference(low, high)
    mean = say.either(" 평균", " on average") if most.is_group or least.is_group else ""
    high_told, low_told = _shown(of, most, high, say), _shown(of, least, low, say)
    if apart.is_same:
        say.line(
            f"{called}: {say.name(most.name, '과/와')} {say.name(least.name)}의 값이 같습니다 – {high_told}{tail}.",
            f"{capital(called)}: {say.name(most.name)} and {say.name(least.name)} are equal at {high_told}{tail}.",
        )
        return
    by = told(of, apart, say)
    more = _MORE.get(of.name, ("높습니다", "higher"))
    if len(ranked) == 2:
        say.line(
            f"{called}{mean}: **{say.name(most.name)}** {high_told}, {say.name(least.name)} {low_told} – {say.name(most.name, '이/가')} 더 {more[0]} ({by}){tail}.",
            f"{capital(called)}{mean}: **{say.name(most.name)}** is {more[1]} at {high_told}, {say.name(least.name)} at {low_told} ({by}){tail}.",
        )
    else:
        say.line(
            f"{called}{mean}: **{say.name(most.name)}** {high_told} 최고, {say.name(least.name)} {low_told} 최저 – 차이 {by}{tail}.",
            f"{capital(called)}{mean}: highest **{say.name(most.name)}** at {high_told}, lowest {say.name(least.name)} at {low_told} – apart {by}{tail}.",
        )


def _counts(sides: Sequence[Side], say: Say) -> None:
    """ "Which group has more servers?" """
    ranked = sorted(sides, key=lambda side: (-len(side.servers), side.name))
    told_ = ", ".join(f"{say.name(side.name)} {_count(len(side.servers), say)}" for side in ranked)
    first, last = ranked[0], ranked[-1]
    apart = len(first.servers) - len(last.servers)
    if not apart:
        say.line(f"서버 수가 같습니다: {told_}.", f"They have as many servers: {told_}.")
        return
    more = say.count(apart, "servers_apart")
    say.line(
        f"서버는 **{say.name(first.name)}** 그룹이 더 많습니다: {told_} (차이 {more}대).",
        f"**{say.name(first.name)}** has more servers: {told_} ({more} more).",
    )


def _notes(
    asked: Asked, measures: Sequence[Measure], sides: Sequence[Side], values: Values, say: Say, *, is_peers: bool
) -> None:
    """What was chosen for whoever asked, and what is missing."""
    parts = []
    if is_peers:
        peers = say.count(len(sides[1].servers), "peers", source="/api/servers")
        parts.append(
            say.either(
                f"비교 대상이 하나여서 같은 그룹의 나머지 {peers}대 평균과 비교했습니다",
                f"only one was named, so it is held against the mean of the other {peers} of its group",
            )
        )
    if not asked.metrics:
        called = ", ".join(say.name(of.called(say.locale)) for of in measures)
        parts.append(say.either(f"기본 지표: {called}", f"by default: {called}"))
    missing = [
        f"{say.name(side.name)} {say.name(of.called(say.locale))}"
        for of in measures
        for side in sides
        if side.value(values[of.name]) is None
    ]
    if missing and asked.metrics:
        listed = ", ".join(missing[:4])
        parts.append(say.either(f"수집되지 않음: {listed}", f"not collected: {listed}"))
    if parts:
        text = ". ".join(capital(part) for part in parts)
        say.line(f"{text}.", f"{text}.")


def _table(measures: Sequence[Measure], sides: Sequence[Side], values: Values, say: Say, *, written: bool) -> None:
    grouped = any(side.is_group for side in sides)
    columns: list[tuple[str, Callable[[Side], str]]] = []
    if grouped:
        columns.append((say.either("대수", "servers"), lambda side: _count(len(side.servers), say)))
        columns.append(
            (
                say.either("정상 아님", "not ok"),
                lambda side: _count(sum(one.status != "ok" for one in side.servers), say),
            )
        )
    for of in measures:
        columns.append((say.name(of.called(say.locale)), _cell(of, values[of.name], say)))
    if len(measures) == 1:
        columns.append((say.either("최고와의 차이", "from the highest"), _apart(measures[0], sides, values, say)))
    rows = [[say.name(side.name), *(cell(side) for _, cell in columns)] for side in sides]
    title = say.either("그룹", "group") if grouped else say.either("서버", "server")
    say.table([title, *(name for name, _ in columns)], rows, written=written)


def _apart(of: Measure, sides: Sequence[Side], values: Values, say: Say) -> Callable[[Side], str]:
    highest = max((value for side in sides if (value := side.value(values[of.name])) is not None), default=0.0)

    def cell(side: Side) -> str:
        value = side.value(values[of.name])
        if value is None or value == highest:
            return "–"
        return told(of, Difference(highest, value), say, None if side.is_group else side.name)

    return cell


def _count(number: int, say: Say) -> str:
    return say.count(number, "servers", source="/api/servers")


def _cell(of: Measure, values: Mapping[str, float], say: Say) -> Callable[[Side], str]:
    def cell(side: Side) -> str:
        value = side.value(values)
        return "–" if value is None else _shown(of, side, value, say)

    return cell


def _beside(
    asked: Asked, sides: Sequence[Side], of: Measure, everyone: Sequence[Server], sources: Sources, say: Say
) -> None:
    if len(sides) > MOST_IN_CHART or sides[0].is_group:
        what = scope(asked, sources.meant(asked), say)
        say.line(f"살펴본 범위: {what}.", f"Looked at: {what}.")
    time = asked.range(sources.now, DAY)
    names = [one.id for one in everyone[:MOST_IN_CHART]]
    say.chart("line", [{"server": name, "metric": series} for name in names for series in of.series], time.start, time.end)  # fmt: skip
    for name in names:
        say.evidence("metric", f"{name}/{of.series[0]}", server_url(name), (time.start, time.end))
    called = of.called(say.locale)
    say.suggest(f"{names[0]} {called} 최근 24시간 추이", f"{called} of {names[0]} over the last 24 hours")
    say.suggest(f"{names[0]} {called} 어제와 비교", f"Compare {called} of {names[0]} with yesterday")
    say.suggest(f"{names[0]} {called} 왜 이래?", f"Why is {called} of {names[0]} like this?")


QUESTION = Question("compare_servers", answer, tool="compare")
