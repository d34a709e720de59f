"""What runs: the processes that use most, where a program runs, who listens on a port. As the agent told it last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.mcp.core.phrases import counted, scope, server_source, server_url, warn_of_age, warn_of_most, warn_of_unknown
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import MOST_READS, Meant, Sources

USUAL_COUNT = 5
MOST = 50
MOST_IN_SENTENCE = 3
OLD_SECONDS = 600
TOP_TOLD = 10  # of each kind, by what the agent sends (docs/agents.md)


@dataclass(frozen=True, slots=True)
class Running:
    server: str
    name: str
    pid: int | None
    user: str | None
    cpu: float | None
    memory: float | None
    ports: tuple[int, ...]


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    name, port = asked.text_of("process"), asked.whole("port")
    lists = sources.process_lists(meant.ids[:MOST_READS], name, port)
    told = [one for one in lists if one["at"] is not None]
    by = next((one for one in asked.metrics if one in {"cpu", "memory"}), "cpu")
    if len(meant.servers) == 1:
        warn_of_age(meant.servers, sources, say)
    if not told:
        _not_collected(asked, meant, sources, say)
        return
    running = sorted(
        (_read(one["server"], row) for one in told for row in one["processes"]),
        key=lambda one: (-(_use(one, by) or 0.0), one.server, one.name, one.pid or 0),
    )
    if name or port is not None:
        _searched(running, told, name, port, asked, meant, say)
    else:
        _top(running, told, by, asked, meant, say)
    _notes(asked, told, meant, sources, say)
    warn_of_most(meant.servers, MOST_READS, say)
    warn_of_unknown(asked, say)
    _beside(running, asked, meant, say)


def _read(server: str, row: Mapping[str, Any]) -> Running:
    return Running(
        server, str(row["name"]), row.get("pid"), row.get("user"), row.get("cpu"), row.get("memory"),
        tuple(row.get("ports") or ()),
    )  # fmt: skip


def _use(one: Running, by: str) -> float | None:
    return one.memory if by == "memory" else one.cpu


# As it is said


def _source(one: Running) -> str:
    return server_source(one.server, "/processes")


def _number(one: Running, what: str, say: Say) -> str:
    value = _use(one, what)
    if value is None:
        return "–"
    return say.number(value, "%", server=one.server, metric=f"process_{what}", source=_source(one))


def _whole(value: int | None, what: str, one: Running, say: Say) -> str:
    return "–" if value is None else say.count(value, what, server=one.server, source=_source(one))


def _ports(one: Running, say: Say) -> str:
    return ", ".join(_whole(port, "port", one, say) for port in one.ports[:5]) or "–"


def _told(one: Running, say: Say, *, with_server: bool) -> str:
    cpu, memory = _number(one, "cpu", say), _number(one, "memory", say)
    pid = _whole(one.pid, "pid", one, say)
    user = say.name(one.user) if one.user else "–"
    where = f"{say.name(one.server)} " if with_server else ""
    ports = say.either(f", 포트 {_ports(one, say)}", f", ports {_ports(one, say)}") if one.ports else ""
    memory_word = say.either("메모리", "memory")
    return f"{where}**{say.name(one.name)}** (pid {pid}, {user}) CPU {cpu}, {memory_word} {memory}{ports}"


def _when(told: Sequence[Mapping[str, Any]], say: Say) -> str:
    """Of the lists: when the newest was made, and the oldest where it is much older."""
    times = [float(one["at"]) for one in told]
    newest = say.moment(max(times), seconds=True)
    if max(times) - min(times) > OLD_SECONDS:
        oldest = say.moment(min(times), seconds=True)
        return say.either(f"({oldest} – {newest} 기준)", f"(as of {oldest} – {newest})")
    return say.either(f"({newest} 기준)", f"(as of {newest})")


def _top(
    running: Sequence[Running], told: Sequence[Mapping[str, Any]], by: str, asked: Asked, meant: Meant, say: Say
) -> None:
    count = min(asked.whole("top_n") or USUAL_COUNT, MOST)
    taken = [one for one in running if _use(one, by) is not None][:count]
    word = "CPU" if by == "cpu" else say.either("메모리", "memory")
    when, what = _when(told, say), scope(asked, meant, say)
    if not taken:
        say.line(f"{what}의 프로세스는 {word} 값을 보내지 않습니다 {when}.", f"The processes of {what} come without {word} {when}.")  # fmt: skip
        return
    several = len(told) > 1
    say.line(
        f"{what}에서 {word}를 가장 많이 쓰는 프로세스: {_told(taken[0], say, with_server=several)} {when}.",
        f"The process on {what} that uses most {word}: {_told(taken[0], say, with_server=several)} {when}.",
    )
    _rest(taken, say, several=several)


def _rest(taken: Sequence[Running], say: Say, *, several: bool) -> None:
    """What follows the first, which the sentence told."""
    if len(taken) > MOST_IN_SENTENCE:
        _table(taken, say, several=several)
    elif len(taken) > 1:
        listed = "; ".join(_told(one, say, with_server=several) for one in taken[1:])
        say.line(f"다음: {listed}.", f"Next: {listed}.")


def _table(taken: Sequence[Running], say: Say, *, several: bool) -> None:
    headers = [say.either("프로세스", "process"), "pid", say.either("사용자", "user"), "CPU", say.either("메모리", "memory"),
               say.either("포트", "ports")]  # fmt: skip
    rows = []
    for one in taken[:MOST]:
        row = [say.name(one.name), _whole(one.pid, "pid", one, say), say.name(one.user) if one.user else "–",
               _number(one, "cpu", say), _number(one, "memory", say), _ports(one, say)]  # fmt: skip
        rows.append([say.name(one.server), *row] if several else row)
    say.table([say.either("서버", "server"), *headers] if several else headers, rows)


def _searched(
    running: Sequence[Running],
    told: Sequence[Mapping[str, Any]],
    name: str | None,
    port: int | None,
    asked: Asked,
    meant: Meant,
    say: Say,
) -> None:
    """Where a program runs, or who listens on a port; or that it is in no list."""
    sought = []
    if name:
        sought.append(say.name(name))
    if port is not None:
        number = say.count(port, "port")
        sought.append(say.either(f"포트 {number}", f"port {number}"))
    what, when, where = " · ".join(sought), _when(told, say), scope(asked, meant, say)
    found = list(dict.fromkeys(one.server for one in running))
    several = len(meant.servers) > 1
    if not running:
        say.line(
            f"{what}: {where}의 프로세스 목록에 없습니다 {when}.",
            f"{what} is in no process list of {where} {when}.",
        )
        say.line(
            "에이전트는 CPU와 메모리를 많이 쓰는 프로세스만 보내므로, 조용한 프로세스는 목록에 없을 수 있습니다.",
            "Agents send the processes that use most CPU or memory, so an idle one may be missing.",
        )
        return
    first = _told(running[0], say, with_server=several)
    if len(running) == 1:
        say.line(f"{what}: {first} {when}.", f"{what}: {first} {when}.")
        return
    processes, servers = say.count(len(running), "processes"), say.count(len(found), "servers_running")
    names = say.names(found)
    if several:
        say.line(
            f"{what}: 서버 {servers}대에서 프로세스 {processes}개가 실행 중입니다 – {names} {when}.",
            f"{what}: {processes} processes on {servers} {counted(len(found), 'server')} – {names} {when}.",
        )
    else:
        say.line(
            f"{what}: 프로세스 {processes}개, 가장 많이 쓰는 것은 {first} {when}.",
            f"{what}: {processes} processes, the busiest {first} {when}.",
        )
    if len(running) > MOST_IN_SENTENCE:
        _table(running, say, several=several)
    else:
        for one in running if several else running[1:]:
            text = _told(one, say, with_server=several)
            say.line(f"{text}.", f"{text}.")


def _notes(asked: Asked, told: Sequence[Mapping[str, Any]], meant: Meant, sources: Sources, say: Say) -> None:
    """Who is missing, and what is old."""
    have = {one["server"] for one in told}
    without = [one.id for one in meant.servers[:MOST_READS] if one.id not in have]
    if without and not meant.is_whole:
        say.line(
            f"프로세스 목록을 보내지 않음(수집되지 않음): {say.names(without)}.",
            f"Process lists are not collected from {say.names(without)}.",
        )
    elif without:
        number = say.count(len(without), "without_list")
        say.line(
            f"{number}대는 프로세스 목록을 보내지 않아 빠졌습니다(수집되지 않음).",
            f"{number} {counted(len(without), 'server sends', 'servers send')} no process list and {counted(len(without), 'is', 'are')} left out (not collected).",
        )
    old = [one for one in told if sources.now - float(one["at"]) > OLD_SECONDS]
    if old:
        say.stale = True
        oldest = min(old, key=lambda one: one["at"])
        ago = say.duration(sources.now - float(oldest["at"]), server=oldest["server"], metric="age")
        say.line(
            f"가장 오래된 목록은 {say.name(oldest['server'])}의 {ago} 전 것입니다.",
            f"The oldest list is that of {say.name(oldest['server'])}, {ago} old.",
        )
    if not asked.whole("top_n") and not asked.text_of("process") and asked.whole("port") is None:
        usual = say.count(USUAL_COUNT, "usual_count")
        by = "CPU" if "memory" not in asked.metrics else say.either("메모리", "memory")
        say.line(f"기본: {by} 순 {usual}개.", f"By default: {usual} by {by}.")


def _not_collected(asked: Asked, meant: Meant, sources: Sources, say: Say) -> None:
    what = scope(asked, meant, say)
    say.line(
        f"{what}에서는 프로세스 목록을 수집하고 있지 않습니다: 받은 목록이 없습니다.",
        f"No process list is collected from {what}: none has been received.",
    )
    warn_of_unknown(asked, say)
    if len(meant.servers) == 1:
        one = meant.servers[0]
        cpu = one.metrics.get("cpu")
        if cpu is not None:
            told = say.number(cpu, "%", server=one.id, metric="cpu", at=one.last_seen, source=server_source(one.id))
            say.line(f"서버 전체의 CPU는 {told}입니다.", f"The CPU of the whole server is at {told}.")
        say.suggest(f"{one.id} 상태", f"Status of {one.id}")
    say.suggest("에이전트 설치 방법 알려줘", "How do I install the agent?")
    others = [it.id for it in sources.fleet if it.id not in meant.ids]
    if others:
        say.suggest("CPU 높은 서버 5대", "Top 5 servers by CPU")


def _beside(running: Sequence[Running], asked: Asked, meant: Meant, say: Say) -> None:
    for name in list(dict.fromkeys(one.server for one in running))[:5]:
        say.evidence("metric", f"{name}/processes", server_url(name))
    first = running[0].server if running else next(iter(meant.ids), None)
    if first:
        say.suggest(f"{first} 메모리 많이 쓰는 프로세스", f"Processes of {first} by memory")
        say.suggest(f"{first} CPU 최근 24시간 추이", f"CPU of {first} over the last 24 hours")
        say.suggest(f"{first} 상태", f"Status of {first}")


QUESTION = Question("process_query", answer)
