"""What rises or falls steadily, which no change of level shows: a leak, a disk that fills. Found, and explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lib.mcp.core.differences import unit_of_change
from lib.mcp.core.hypotheses import called, confidence, top_process, value
from lib.mcp.core.measures import measure
from lib.mcp.core.movement import Key
from lib.mcp.core.phrases import capital, server_url
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.knowledge import troubleshooting as kb
from lib.monitoring.analyzers.performance import worth
from lib.monitoring.analyzers.ranks import median, trend
from lib.monitoring.analyzers.tracks import Track

HOUR = 3_600
MOST_VALUES = 72  # pairs of them are compared
FEWEST = 12
STEADY = 0.6  # Kendall's tau
P_MOST = 0.001
LEAST = 1.5  # times what is worth naming
STARTED = 0.1  # of the way: from there on it is said to rise
FILLING, LEAKING = ("disk", "inode"), ("memory", "swap")
LIKELY, UNSURE = 0.5, 0.3  # scores, of judgement: a slope alone proves little


@dataclass(frozen=True, slots=True)
class Drift:
    server: str
    series: str
    since: float
    until: float
    before: float
    after: float
    is_from_start: bool  # it was on its way already when what was looked at began

    @property
    def per_hour(self) -> float:
        return (self.after - self.before) / max(1.0, (self.until - self.since) / HOUR)

    @property
    def size(self) -> float:
        return abs(self.after - self.before) / max(worth(self.series, self.before), 1e-9)


def drifts(tracks: Mapping[Key, Track]) -> list[Drift]:
    """Those that go one way all the time, the largest first. Pure."""
    found = [one for (server, series), track in tracks.items() if (one := _drift(server, series, track)) is not None]
    return sorted(found, key=lambda one: (-one.size, one.server, one.series))


def _drift(server: str, series: str, track: Track) -> Drift | None:
    size = max(1, -(-len(track) // MOST_VALUES))
    times = list(track.at)[::size]
    values = [median(track.mean[place : place + size]) for place in range(0, len(track), size)]
    if len(values) < FEWEST:
        return None
    _, tau, p = trend([at / HOUR for at in times], values)
    if p > P_MOST or abs(tau) < STEADY:
        return None
    edge = max(3, len(values) // 10)
    before, after = median(values[:edge]), median(values[-edge:])
    level = before + STARTED * (after - before)
    rises = after > before
    calm = [place for place, it in enumerate(values) if (it <= level if rises else it >= level)]
    first = calm[-1] if calm else 0
    is_from_start = first <= len(values) // 5
    since = times[0 if is_from_start else first]
    found = Drift(server, series, float(since), float(times[-1]), before, after, is_from_start)
    return found if found.size >= LEAST else None


def explain(one: Drift, sources: Sources, say: Say, choice: str = "") -> None:
    """`choice` says by what this was chosen, where the question left that open."""
    of, subject = measure(one.series), f"{say.name(one.server)} {called(one.series, say)}"
    before, after = (value(it, one.server, one.series, say) for it in (one.before, one.after))
    since = say.moment(one.since)
    rate = say.number(
        one.per_hour,
        unit_of_change(of, say),
        server=one.server,
        metric=f"{one.series}_per_hour",
        signed=True,
        decimals=2,
    )
    ko, en = ("오르고", "has risen") if one.after > one.before else ("내리고", "has fallen")
    earlier = say.either(" 또는 그 전", " or earlier") if one.is_from_start else ""
    say.line(
        f"{subject}: {since}{earlier}부터 꾸준히 {ko} 있습니다 – **{before} → {after}**, 시간당 {rate}. "
        "한 번에 바뀐 때는 없습니다.",
        f"{subject} {en} steadily since {since}{earlier}: **{before} → {after}**, {rate} an hour. "
        "There is no moment at which it changed at once.",
    )
    if choice:
        say.line(choice, choice)
    _guess(one, say)
    process = top_process(one.server, one.series, None, sources, say)
    if process:
        say.line(f"{process}.", f"{capital(process)}.")
    topic = "memory_leak" if one.series in LEAKING else kb.for_metric(one.series)
    if topic is not None:
        title = say.name(kb.runbook(topic).title.of(say.locale))
        say.line(
            f"다음 확인: 그때 시작하거나 배포된 것, 런북 “{title}”. 상관관계는 원인이 아닙니다.",
            f"Next: what was started or deployed then, the runbook “{title}”. Correlation is not cause.",
        )
    say.evidence("metric", f"{one.server}/{one.series}", server_url(one.server), (one.since, one.until))
    say.chart("line", [{"server": one.server, "metric": one.series}], one.since - HOUR, one.until)
    say.suggest(f"{one.server} {of.called('ko')} 언제 꽉 차?", f"When will {of.called('en')} of {one.server} be full?")
    say.suggest(f"{one.server} 프로세스 보여줘", f"Processes on {one.server}")
    say.suggest(
        f"{one.server} {of.called('ko')} 높을 때 해결 방법", f"How to fix high {of.called('en')} on {one.server}?"
    )


def _guess(one: Drift, say: Say) -> None:
    name = one.series.partition(":")[0]
    rises = one.after > one.before
    if name in LEAKING and rises:
        how = confidence(LIKELY, say)
        say.line(
            f"가장 유력: 메모리 누수 ({how}). 프로세스를 다시 시작한 뒤 같은 기울기로 오르지 않으면 틀린 것입니다.",
            f"Most likely: a memory leak ({how}). Wrong if it does not rise again like that after its process was "
            "restarted.",
        )
    elif name in FILLING and rises:
        how = confidence(LIKELY, say)
        say.line(
            f"가장 유력: 지워지지 않는 로그나 데이터 ({how}). 큰 디렉터리가 그만큼 늘지 않았으면 틀린 것입니다.",
            f"Most likely: logs or data that nobody deletes ({how}). Wrong if no directory grew by that much.",
        )
    else:
        how = confidence(UNSURE, say)
        say.line(
            f"가장 유력: 부하가 서서히 변함 ({how}). 요청 수나 연결 수가 그대로면 틀린 것입니다.",
            f"Most likely: the load changes slowly ({how}). Wrong if requests and connections stayed as they were.",
        )
