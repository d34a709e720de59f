"""Which servers have next to nothing to do, by what was measured over a week, and which would do with half their cores.

Idle is said of what computes and talks next to nothing, nearly always: what a server is for, or whether it stands by
for another one, no figure tells. Consoles of clouds draw the line for the processor at the same 5 %; theirs for the
network is lower than what an agent itself sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import scope, server_source, server_url, warn_of_most
from lib.mcp.core.question import DAY, HOUR, Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import MOST_READS, Meant, Server, Sources
from lib.mcp.core.spans import Stretch
from lib.monitoring.analyzers.performance import size_of_cpu
from lib.monitoring.analyzers.tracks import Machine, Track, track
from lib.monitoring.analyzers.tracks import Stretch as Week

DAYS, LEAST_DAYS = 7, 3
HOURS = DAYS * 24
CPU_MOST = 5.0  # %, of the hours' means at the 95th percentile
NETWORK_MOST = 20_000.0  # bytes a second, in and out together, likewise
MOST_TOLD = 3
MOST_SMALLER = 5

type Smaller = tuple[str, int, int]  # (server, cores it has, cores that would do)


@dataclass(frozen=True, slots=True)
class Load:
    """How busy one server was, at the 95th percentile of its hours; `network` None where it is not measured."""

    server: str
    cpu: float
    network: float | None
    hours: int

    @property
    def is_idle(self) -> bool:
        return self.cpu <= CPU_MOST and (self.network is None or self.network <= NETWORK_MOST)


def loads(cpu: Mapping[str, Stretch], network: Mapping[str, Stretch]) -> list[Load]:
    """Of those measured for at least LEAST_DAYS, the least busy first."""
    found = [
        Load(name, one.quantile(0.95), network[name].quantile(0.95) if name in network else None, len(one.points))
        for name, one in cpu.items()
        if len(one.points) * one.step >= LEAST_DAYS * DAY
    ]
    return sorted(found, key=lambda one: (one.cpu, one.network or 0.0, one.server))


def answer(asked: Asked, meant: Meant, sources: Sources, say: Say) -> None:
    """Those of the servers asked about that are idle, what that means, and the honest doubt."""
    measures = [measure(name) for name in ("cpu", "network", "steal")]
    start, end = sources.now - DAYS * DAY, sources.now
    read = sources.stretches_of(meant.ids[:MOST_READS], measures, start, end, HOURS)
    known = loads(read["cpu"], read["network"])
    idle = [one for one in known if one.is_idle]
    where, total = scope(asked, meant, say), say.count(len(known), "measured", source="/api/servers")
    days, least = say.count(DAYS, "days"), say.count(LEAST_DAYS, "days")
    if not known:
        say.line(
            f"{where}: 노는지 판단할 만큼({least}일 이상) 측정된 서버가 아직 없습니다.",
            f"{where}: none was measured for long enough ({least} days) to be called idle.",
        )
        return
    if len(meant.servers) == 1:
        _one(known[0], say)
    else:
        number = say.count(len(idle), "idle", source="/api/servers")
        say.line(
            f"{where} 중 노는 서버는 **{number}대**입니다(최근 {days}일, 판단할 수 있는 {total}대 중).",
            f"Idle over the last {days} days: **{number}** of the {total} that can be judged ({where}).",
        )
    cpu = say.number(CPU_MOST, "%", metric="cpu_most", source="/api/servers")
    network = say.number(NETWORK_MOST, "B/s", metric="network_most", source="/api/servers")
    say.line(
        f"기준: 한 시간 평균의 p95가 CPU {cpu} 이하, 네트워크(수신+송신) {network} 이하, {least}일 이상 측정됨.",
        f"Idle means here: of its hours' means the p95 is at most {cpu} of CPU and {network} of network (in and out),"
        f" measured for {least} days or more.",
    )
    if len(meant.servers) > 1:
        _list(idle, known, say)
    are_idle = {one.server for one in idle}
    busy = [one for one in meant.servers if one.id in read["cpu"] and one.id not in are_idle]
    _smaller(sizes(busy, read, int(start), int(end)), say)
    say.line(
        "지표로는 그 서버의 역할을 알 수 없습니다. 대기(standby)·백업·가끔 도는 작업용인지 먼저 확인하세요.",
        "No figure tells what a server is for: look first whether it stands by, keeps backups or works now and then.",
    )
    warn_of_most(meant.servers, MOST_READS, say)
    _beside([one.server for one in (idle or known)[:MOST_TOLD]], (start, end), say)


def _beside(names: Sequence[str], span: tuple[float, float], say: Say) -> None:
    for name in names:
        say.evidence("metric", f"{name}/cpu", server_url(name), span)
    say.chart("line", [{"server": name, "metric": "cpu"} for name in names], *span)
    say.suggest(f"{names[0]} 프로세스 보여줘", f"Processes of {names[0]}")
    say.suggest(f"{names[0]} 네트워크 최근 7일 추이", f"Network of {names[0]} over the last 7 days")


def _list(idle: Sequence[Load], known: Sequence[Load], say: Say) -> None:
    """The idle ones, and where there is none those that come nearest."""
    listed = ", ".join(f"{say.name(one.server)} ({_figures(one, say)})" for one in (idle or known)[:MOST_TOLD])
    if idle:
        say.line(f"가장 한가한 순서: {listed}.", f"The least busy first: {listed}.")
    else:
        say.line(f"그나마 한가한 서버: {listed}.", f"The least busy there are: {listed}.")
    if len(idle) > MOST_TOLD:
        headers = (("서버", "server"), ("CPU p95", "CPU p95"), ("네트워크 p95", "network p95"))
        say.table([say.either(*one) for one in headers], [[say.name(one.server), *_both(one, say)] for one in idle])


def _one(found: Load, say: Say) -> None:
    name, figures = found.server, _figures(found, say)
    if found.is_idle:
        ko = f"{say.name(name, '은/는')} 최근 {DAYS}일 동안 거의 놀고 있습니다: {figures} (p95)."
        en = f"{say.name(name)} was idle over the last {DAYS} days: {figures} (p95)."
    else:
        ko = f"{say.name(name, '은/는')} 놀고 있지 않습니다: 최근 {DAYS}일 {figures} (p95)."
        en = f"{say.name(name)} is not idle: {figures} (p95 of the last {DAYS} days)."
    say.line(ko, en)


def _figures(one: Load, say: Say) -> str:
    cpu, network = _both(one, say)
    return say.either(f"CPU {cpu}, 네트워크 {network}", f"CPU {cpu}, network {network}")


def _both(one: Load, say: Say) -> tuple[str, str]:
    source = server_source(one.server, "/series")
    cpu = say.number(one.cpu, "%", server=one.server, metric="cpu_p95", source=source)
    if one.network is None:
        return cpu, "–"
    return cpu, say.number(one.network, "B/s", server=one.server, metric="network_p95", source=source)


def sizes(servers: Sequence[Server], read: Mapping[str, Mapping[str, Stretch]], start: int, end: int) -> list[Smaller]:
    """Of these, where half the cores or fewer would do, as the performance page says it; most to gain first."""
    found = []
    for one in servers:
        tracks = {name: _track(read[name][one.id]) for name in ("cpu", "steal") if one.id in read[name]}
        machine = Machine(one.id, cores=int(one.cores) if one.cores else None)
        size = size_of_cpu(machine, Week(start, end, HOUR, tracks))
        if size.verdict == "smaller" and size.has is not None and size.needs is not None:
            found.append((one.id, int(size.has), int(size.needs)))
    return sorted(found, key=lambda one: (one[2] - one[1], one[0]))


def _track(one: Stretch) -> Track:
    return track((int(at), low, mean, high) for at, low, mean, high, _ in one.points)


def _smaller(smaller: Sequence[Smaller], say: Say) -> None:
    """Not idle, but more than it needs."""
    if not smaller:
        return
    parts = []
    for server, *cores in smaller[:MOST_SMALLER]:
        has, needs = (
            say.count(one, "cores", server=server, source=server_source(server, "/performance")) for one in cores
        )
        parts.append(f"{say.name(server)} {has} → {needs}")
    left = len(smaller) - MOST_SMALLER
    more = say.count(left, "smaller_left", source="/api/servers") if left > 0 else ""
    listed = ", ".join(parts)
    say.line(
        f"놀지는 않지만 코어를 절반 이하로 줄여도 되는 서버: {listed}{f' 외 {more}대' if more else ''} (코어).",
        f"Not idle, but half the cores or fewer would do: {listed}{f' and {more} more' if more else ''} (cores).",
    )
