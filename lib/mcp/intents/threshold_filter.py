"""Which servers meet a condition on their metrics, or several at once; where none does, who comes nearest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.mcp.core import asides
from lib.mcp.core.levels import holds, level_of
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import (
    aggregate_word,
    as_of,
    capital,
    condition_words,
    now_of,
    range_words,
    scope,
    server_source,
    server_url,
    warn_of_unknown,
)
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.intents.metric_current import aggregate
from lib.mcp.intents.top_n import free_space

type Table = dict[str, dict[str, float]]  # {measure: {server: value}}


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    conditions = asked.conditions
    if not conditions:
        say.line(
            "어떤 조건인지 알 수 없습니다. 예: 메모리 80% 이상 서버.",
            "Which condition? For example: servers with memory above 80%.",
        )
        say.suggest("메모리 80% 이상 서버", "servers with memory at least 80%")
        return
    table, when = values_of(asked, sources, say)
    is_either = len(conditions) > 1 and asides.wants_either(asked)
    enough = any if is_either else all
    matching = [
        one.id
        for one in meant.servers
        if enough(
            one.id in table[str(it["metric"])]
            and holds(it, table[str(it["metric"])][one.id], measure(str(it["metric"])))
            for it in conditions
        )
    ]
    first = conditions[0]
    of = measure(str(first["metric"]))
    joint = say.either(" 또는 ", " or ") if is_either else say.either(" 그리고 ", " and ")
    words = joint.join(condition_words(it, say) for it in conditions)
    number = say.count(len(matching), "matching", source="/api/servers")
    what = scope(asked, meant, say)
    falling = first["op"] in {"lt", "lte"}
    ordered = sorted(matching, key=lambda name: _place(table[of.name].get(name), falling))
    names = list(
        dict.fromkeys([*(str(it["metric"]) for it in conditions), *(one for one in asked.metrics if one in table)])
    )

    def told(name: str) -> str:
        cells = (
            say.number(table[one][name], measure(one).unit, server=name, metric=one, source=server_source(name))
            for one in names
            if name in table[one]
        )
        return f"{say.name(name)} {' · '.join(cells)}"

    if matching:
        _summed_up(asked, matching, table, words, say)
    if not matching:
        near = _nearest(first, table[of.name])
        closest = say.either(f" 가장 가까운 값은 {told(near)}입니다.", f" The nearest is {told(near)}.") if near else ""
        say.line(
            f"조건 {words}: 해당 서버가 없습니다({number}대).{closest} {when} 범위: {what}.",
            f"Condition {words}: {number} servers match.{closest} {when} Looked at: {what}.",
        )
    elif len(matching) <= 3:
        listed = ", ".join(told(name) for name in ordered)
        say.line(f"조건 {words}: {number}대 – {listed}. {when}", f"Condition {words}: {number} – {listed}. {when}")
        rest = {name: value for name, value in table[of.name].items() if name not in matching}
        near = _nearest(first, rest)
        if near and len(conditions) == 1:
            say.line(
                f"다음으로 가까운 서버는 {told(near)}입니다. 범위: {what}.",
                f"Next nearest: {told(near)}. Looked at: {what}.",
            )
        else:
            say.line(f"범위: {what}.", f"Looked at: {what}.")
    else:
        say.line(
            f"조건 {words}: {number}대입니다. {when} 범위: {what}.",
            f"Condition {words}: {number} servers. {when} Looked at: {what}.",
        )
        headers = [say.either("서버", "server"), *(say.name(measure(one).called(say.locale)) for one in names)]
        rows = []
        for name in ordered:
            cells = [
                say.number(table[one][name], measure(one).unit, server=name, metric=one, source=server_source(name))
                if name in table[one]
                else "–"
                for one in names
            ]
            rows.append([say.name(name), *cells])
        say.table(headers, rows)
    warn_of_unknown(asked, say)
    for name in ordered[:5]:
        say.evidence("metric", f"{name}/{of.series[0]}", server_url(name))
    if ordered:
        say.chart("bar", [{"server": name, "metric": of.name} for name in ordered[:20]], sources.now, sources.now,
                  threshold=float(first["value"]))  # fmt: skip
        say.suggest(f"{ordered[0]} {of.called('ko')} 왜 이래?", f"Why is {of.called('en')} of {ordered[0]} like this?")
        say.suggest(f"{ordered[0]} 상태", f"Status of {ordered[0]}")
    say.suggest(f"{of.called('ko')} 높은 서버 5대", f"Top 5 servers by {of.called('en')}")


def _place(value: float | None, falling: bool) -> float:
    """By the first condition; who does not tell that metric stands last."""
    return float("inf") if value is None else value if falling else -value


def _summed_up(asked: Asked, matching: list[str], table: Table, words: str, say: Say) -> None:
    """ "The average disk of servers with memory above 80 %": that is what was asked."""
    how = asides.aggregate_of(asked)
    held = {str(one["metric"]) for one in asked.conditions}
    for name in [one for one in asked.metrics if one not in held and one in table]:
        known = [table[name][server] for server in matching if server in table[name]]
        if not how or how == "count" or not known:
            continue
        of = measure(name)
        called, word = say.name(of.called(say.locale)), aggregate_word(how, say)
        value = say.number(aggregate(how, known), of.unit, metric=f"{name}_{how}", source="/api/servers")
        number = say.count(len(known), "measured", source="/api/servers")
        say.line(
            f"{words}인 서버 {number}대의 {called} {word}: **{value}**.",
            f"{capital(word)} {called} of the {number} with {words}: **{value}**.",
        )


def values_of(asked: Asked, sources: Sources, say: Say) -> tuple[Table, str]:
    """({measure: {server: value}}, of when) for every measure of the conditions and the metrics asked beside."""
    meant = sources.meant(asked)
    names = list(dict.fromkeys([*(str(it["metric"]) for it in asked.conditions), *asked.metrics]))
    measures = [measure(name) for name in names]
    if asked.entities.get("time"):
        time = asked.range(sources.now)
        table = {
            of.name: {name: one.mean for name, one in sources.stretches(meant.ids, of, time.start, time.end).items()}
            for of in measures
        }
        words = range_words(time, say)
        return table, say.either(f"({words} 평균)", f"(average of {words})")
    here = [one for one in meant.servers if one.is_there]
    newest = sources.latest(here, measures)
    table = {}
    for of in measures:
        known = {one.id: found[0] for one in here if (found := now_of(one, of, newest.get(one.id, {})))}
        table[of.name] = free_space([one.id for one in here], sources) if of.free_of == "disk" else known
    return table, as_of(sources, say)


def _nearest(condition: Mapping[str, Any], values: Mapping[str, float]) -> str | None:
    of = measure(str(condition["metric"]))
    return min(values, key=lambda name: (abs(values[name] - level_of(condition, "value", of)), name), default=None)


QUESTION = Question("threshold_filter", answer, tool="list_servers")
