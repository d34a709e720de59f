"""How to mend what goes wrong: the runbook of the topic, with the commands of the server's system and its values now."""

from __future__ import annotations

from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import server_url, shown
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.mcp.intents.known import highest, state, tell_live
from lib.mcp.knowledge import troubleshooting as kb

EXAMPLES = (
    ("디스크 꽉 찼을 때 해결 방법", "How do I fix a full disk?"),
    ("CPU 높을 때 조치 방법", "How do I fix high CPU?"),
)
# Told is how long a server has been silent, not a metric of it.
_SILENT = frozenset({"server_unreachable", "agent_not_reporting"})
# Of these the first metric is the trouble itself: which server has most of it is worth saying.
_MEASURED = frozenset({
    "high_cpu", "high_load", "high_memory", "oom", "memory_leak", "swap", "disk_full", "inode_full", "disk_io", "log_rotation",
    "http_5xx", "db_connections", "file_descriptors",
})  # fmt: skip


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
    one = _worst(book, meant.servers, sources) if meant.servers and not meant.is_whole else None
    title = book.title.of(say.locale)
    state(say, title, f"kb:{topic}")
    say.line(f"{title}의 점검과 조치 순서입니다.", f"What to check and do, in order: {title}.")
    values = {"process": asked.text_of("process") or "", "port": str(asked.whole("port") or "")}
    if one is not None:
        values |= {"server": one.id, "host": one.id, **_tell_of(topic, book, one, sources, say)}
    elif topic in _MEASURED:
        tell_live(meant.servers, book.metrics[0], sources, say, is_named=False)
    told = {name: value for name, value in values.items() if value}
    for name in ("server", "mount", "process"):
        if name in told:
            say.name(told[name])
    text = kb.markdown(book, say.locale, kb.family_of(one.os if one else None), told)
    _, _, body = text.partition("\n\n")  # its heading is the first line already
    state(say, body, f"kb:{topic}")
    say.line(f"\n{body}", f"\n{body}")
    say.evidence("kb", f"runbook/{topic}", "")
    _suggest(book, one, say)


def topic_of(asked: Asked) -> str | None:
    """The topic the question was read as, else what its words speak of, else that of its metric."""
    named = asked.text_of("topic")
    if named in kb.topics():
        return named
    found = next(iter(kb.search(asked.text)), None)
    of_metric = next((topic for one in asked.metrics if (topic := kb.for_metric(one)) is not None), None)
    return found or of_metric or ("service_down" if asked.text_of("process") else None)


def _worst(book: kb.Runbook, servers: list[Server], sources: Sources) -> Server:
    """Of several the one that has most of the trouble."""
    found = highest(servers, measure(book.metrics[0]), sources) if book.metrics and len(servers) > 1 else None
    return found[0] if found else servers[0]


def _tell_of(topic: str, book: kb.Runbook, one: Server, sources: Sources, say: Say) -> dict[str, str]:
    """One line of how the server stands now; the slots of the runbook that this fills."""
    name = say.name(one.id)
    if topic in _SILENT:
        if one.last_seen is not None:
            ago, when = (
                say.duration(sources.now - one.last_seen, server=one.id, metric="age"),
                say.moment(one.last_seen),
            )
            say.line(f"{name}의 마지막 보고: {when} ({ago} 전).", f"Last report of {name}: {when} ({ago} ago).")
        return {}
    if topic == "time_drift":
        offset = sources.server(one.id).get("clock_offset")
        if offset:
            off = say.number(abs(float(offset)), "s", server=one.id, metric="clock_offset")
            say.line(f"{name}의 시계 차이: {off}.", f"The clock of {name} is off by {off}.")
        return {}
    if not book.metrics or not one.is_there:
        return {}
    of = measure(book.metrics[0])
    newest = sources.latest([one], [of]).get(one.id, {})
    series = max(newest, key=lambda series: (newest[series][1], ":" in series), default=None)
    if series is None:
        return {}
    at, value = newest[series]
    mount = series.partition(":")[2]
    told, moment = shown(one, of, value, say, at), say.moment(at, seconds=True)
    called = say.name(of.called(say.locale))
    where = f" ({say.name(mount)})" if mount else ""
    say.line(
        f"지금 {name}의 {called}{where}: {told} ({moment} 기준).",
        f"{called[:1].upper() + called[1:]} of {name}{where} now: {told} (as of {moment}).",
    )
    say.evidence("metric", f"{one.id}/{series}", server_url(one.id), (at, at))
    return {"mount": mount}


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
