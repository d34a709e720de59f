"""A question of some servers only, by how they are: "CPU 경고 서버들의 평균 디스크는?" asks for the disk of those whose
CPU is at its warning level. The frame names both metrics; here it becomes a question of the one, of servers by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lib.mcp.core import asides
from lib.mcp.core.levels import levels_of
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import as_of, counted, now_of, shown, status_word
from lib.mcp.core.question import Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources

_INTENTS = frozenset({
    "metric_current", "metric_history", "top_n", "compare_periods", "forecast", "uptime_sla", "process_query",
    "log_query",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Kept in a question's options as `narrowed`, and told by `phrases.scope`."""

    statuses: tuple[str, ...]
    of: Measure | None

    def words(self, say: Say) -> str:
        """ "CPU 경고 이상인", "critical"."""
        if self.of is None:
            return say.either("·", " or ").join(status_word(one, say) for one in self.statuses)
        called, level = say.name(self.of.called(say.locale)), status_word(self.statuses[0], say)
        return say.either(f"{called} {level} 기준 이상인", f"with {called} at the {level} level or above")


def narrowed(asked: Asked, sources: Sources) -> Asked:
    """The question, of those servers alone where the sentence means only some; else as it was."""
    if asked.intent not in _INTENTS or not asked.text or asked.conditions:
        return asked
    found = asides.filter_of(asked.text)
    if found is None or (asked.intent == "uptime_sla" and found.statuses == ("offline",)):  # who was down then, not now
        return asked
    servers = sources.meant(asked).servers
    of = measure(found.metric) if found.metric else None
    kept = [one for one in servers if one.status in found.statuses] if of is None else _at(servers, of, found, sources)
    entities = {name: value for name, value in asked.entities.items() if name not in {"groups", "globs", "tags"}}
    entities["servers"] = [one.id for one in kept]
    metrics = [one for one in asked.metrics if one != found.metric]
    metrics = metrics or asides.other_metrics(asked, sources, {found.metric}) or asked.metrics
    if metrics:
        entities["metrics"] = metrics
    options = {**asked.options, "narrowed": Narrowed(found.statuses, of)}
    return replace(asked, entities=entities, options=options)


def tell_who(asked: Asked, say: Say) -> None:
    """Restates of whom the answer is, where it does not do so itself."""
    narrow = asked.options.get("narrowed")
    if not isinstance(narrow, Narrowed):
        return
    words, names = narrow.words(say), asked.words("servers")
    if words not in say.said:
        number = say.count(len(names), "servers", source="/api/servers")
        listed = say.names(names)
        say.line(f"{words} 서버 {number}대: {listed}.", f"{number} {counted(len(names), 'server')} {words}: {listed}.")


def _at(servers: Sequence[Server], of: Measure, found: asides.Filter, sources: Sources) -> list[Server]:
    """Those whose value has reached a level that the rules have for it."""
    newest = sources.latest(servers, [of])
    kept = []
    for one in servers:
        value = now_of(one, of, newest.get(one.id, {})) if one.is_there else None
        levels = [level for severity, level in levels_of(one, of, sources) if severity in found.statuses]
        if value is not None and levels and value[0] >= min(levels):
            kept.append(one)
    return kept


def tell_none(asked: Asked, sources: Sources, say: Say) -> bool:
    """Says so where none is left; gives whether it did."""
    narrow = asked.options.get("narrowed")
    if not isinstance(narrow, Narrowed) or asked.words("servers"):
        return False
    words, told = narrow.words(say), as_of(sources, say)
    number = say.count(0, "servers", source="/api/servers")
    say.line(f"{words} 서버는 {number}대입니다 {told}.", f"There are {number} servers {words} {told}.")
    here = [one for one in sources.fleet if one.is_there]
    newest = sources.latest(here, [narrow.of]) if narrow.of else {}
    known = [(found[0], one) for one in here if narrow.of and (found := now_of(one, narrow.of, newest.get(one.id, {})))]
    if known and narrow.of:
        value, top = max(known, key=lambda it: (it[0], it[1].id))
        high = shown(top, narrow.of, value, say)
        say.line(f"가장 높은 값은 {say.name(top.id)} {high}입니다.", f"The highest is {say.name(top.id)} with {high}.")
    say.suggest("전체 서버 상태 요약해줘", "How is the whole fleet?")
    return True
