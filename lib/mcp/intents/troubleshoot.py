"""How to mend what goes wrong: the runbook of the topic, with the commands of the server's system and its values now."""

from __future__ import annotations

from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import shown
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.mcp.intents.known import highest, state, tell_live
from lib.mcp.knowledge import troubleshooting as kb

EXAMPLES = (
    ("디스크 꽉 찼을 때 해결 방법", "How do I fix a full disk?"),
    ("CPU 높을 때 조치 방법", "How do I fix high CPU?"),
)
# A runbook whose value is how long a server has been silent, not a metric of it.
_SILENT = frozenset({"server_unreachable", "agent_not_reporting"})


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    topic = topic_of(asked)
    if topic is None:
        say.line("어떤 문제를 해결하려 하시나요?", "What is it that goes wrong?")
        for ko, en in (*EXAMPLES, ("서비스가 안 뜰 때 조치 방법", "How do I fix a service that won't start?")):
            say.suggest(ko, en)
        return
    say.is_long = True
    book = kb.runbook(topic)
    meant = sources.meant(asked)
    is_named = bool(meant.servers) and not meant.is_whole
    values = {"process": asked.text_of("process") or "", "port": str(asked.whole("port") or "")}
    one = meant.servers[0] if is_named else None
    title = book.title.of(say.locale)
    state(say, title, f"kb:{topic}")
    say.line(f"{title}의 점검과 조치 순서입니다.", f"What to check and do, in order: {title}.")
    if one is not None:
        one = _worst(book, meant.servers, sources) or one
        values |= _live(topic, book, one, sources, say)
    elif book.metrics and topic not in _SILENT:
        tell_live(meant.servers, book.metrics[0], sources, say, is_named=False)
    told = {name: value for name, value in values.items() if value}
    for name in ("server", "mount", "process"):
        if name in told:
            say.name(told[name])
    family = kb.family_of(one.os if one else None)
    state(say, kb.markdown(book, say.locale, family), f"kb:{topic}")
    text = kb.markdown(book, say.locale, family, told)
    say.line("", "")
    say.line(text, text)
    say.evidence("kb", f"runbook/{topic}", "")
    _suggest(book, one, say)


def topic_of(asked: Asked) -> str | None:
    """The topic the question was read as, else what its words speak of, else that of its metric."""
    named = asked.text_of("topic")
    if named in kb.topics():
        return named
    return next(iter(kb.search(asked.text)), None) or next(
        (topic for one in asked.metrics if (topic := kb.for_metric(one)) is not None), None
    )


def _worst(book: kb.Runbook, servers: list[Server], sources: Sources) -> Server | None:
    found = highest(servers, measure(book.metrics[0]), sources) if book.metrics and len(servers) > 1 else None
    return found[0] if found else None


def _live(topic: str, book: kb.Runbook, one: Server, sources: Sources, say: Say) -> dict[str, str]:
    """What the runbook's slots stand for on this server. Its value becomes a fact by being told."""
    values = {"server": one.id, "host": one.id}
    if topic in _SILENT:
        if one.last_seen is not None:
            values["value"] = say.duration(sources.now - one.last_seen, server=one.id, metric="age")
    elif topic == "time_drift":
        offset = sources.server(one.id).get("clock_offset")
        if offset:
            values["value"] = say.number(abs(float(offset)), "s", server=one.id, metric="clock_offset")
    elif book.metrics and book.live is not None:
        of = measure(book.metrics[0])
        newest = sources.latest([one], [of]).get(one.id, {})
        series = max(newest, key=lambda name: (newest[name][1], ":" in name), default=None)
        if series is not None and one.is_there:
            at, value = newest[series]
            values["value"] = shown(one, of, value, say, at)
            values["mount"] = series.partition(":")[2]
    return values


def _suggest(book: kb.Runbook, one: Server | None, say: Say) -> None:
    if one is not None:
        say.suggest(f"{one.id} 왜 이래?", f"Why is {one.id} like this?")
        say.suggest(f"{one.id} 상태", f"Status of {one.id}")
    for topic in book.related[:3]:
        other = kb.question(topic)
        say.suggest(other.ko, other.en)
    if book.metrics and book.topic not in _SILENT:
        called = measure(book.metrics[0]).called(say.locale)
        say.suggest(f"{called} 높은 서버 5대", f"Top 5 servers by {called}")


QUESTION = Question("troubleshoot", answer, tool="search_runbooks", examples=EXAMPLES)
