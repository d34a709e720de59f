"""Why a server is silent: what it said last, who fell silent with it, and how little that proves."""

from __future__ import annotations

from lib.mcp.core import happenings
from lib.mcp.core.hypotheses import confidence
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import server_source, server_url, warn_of_age
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources
from lib.mcp.knowledge import troubleshooting as kb

HOUR = 3_600
TOGETHER = 180.0  # seconds: who fell silent within them did so for one reason, likely
LAST = ("cpu", "memory", "swap", "disk", "iowait")
EXHAUSTED = {"memory": 95.0, "disk": 99.0, "swap": 90.0}
OTHERS, FULL, UNKNOWN = 0.6, 0.45, 0.2  # scores, of judgement: what is said last proves little


def explain(one: Server, sources: Sources, say: Say) -> None:
    warn_of_age([one], sources, say)
    if one.last_seen is None:
        return
    name, seen = say.name(one.id), one.last_seen
    values = sources.house.queries.stretches([one.id], LAST, int(seen) - HOUR, int(seen) + 60, 60, sources.sight)
    last: dict[str, float] = {}
    for series, rows in (values[one.id]["series"] if one.id in values else {}).items():
        if rows and series in LAST:
            last[series] = float(rows[-1][2])
    told = ", ".join(
        f"{say.name(measure(series).called(say.locale))} "
        + say.number(
            last[series], measure(series).unit, server=one.id, metric=series, at=seen, source=server_source(one.id)
        )
        for series in LAST
        if series in last
    )
    happened = happenings.read(sources, [one.id], seen - HOUR, seen + 60)
    what = "; ".join(happenings.told(it, say) for it in happened[:3]) or say.either(
        "이벤트와 오류 없음", "no events, no errors"
    )
    say.line(
        f"마지막으로 보낸 값: {told or '–'}. 그 전 한 시간: {what}.",
        f"What it sent last: {told or '–'}. In the hour before: {what}.",
    )
    together = [
        it.id
        for it in sources.fleet
        if it.id != one.id and not it.is_there and it.last_seen and abs(it.last_seen - seen) <= TOGETHER
    ]
    number, all_ = say.count(len(together), "silent_together"), say.count(len(sources.fleet) - 1, "others")
    named = f" ({say.names(together)})" if together else ""
    say.line(
        f"같은 때 조용해진 다른 서버: {all_}대 중 {number}대{named}.",
        f"Others that fell silent at that time: {number} of {all_}{named}.",
    )
    _guess(last, bool(together), say)
    runbook = say.name(kb.runbook("server_unreachable").title.of(say.locale))
    say.line(
        f"다음 확인: {name}에 접속되는지, 되면 에이전트가 도는지. 런북 “{runbook}”.",
        f"Next: whether {name} can be reached, and if so whether its agent runs. The runbook “{runbook}”.",
    )
    say.evidence("metric", one.id, server_url(one.id), (seen - HOUR, seen))
    happenings.evidence(happened, say, 3)
    say.chart("line", [{"server": one.id, "metric": series} for series in ("cpu", "memory")], seen - HOUR, sources.now)
    say.suggest("서버가 응답하지 않을 때 해결 방법", "How to fix a server that is unreachable?")
    say.suggest(f"{one.id} 에러 로그 보여줘", f"Show error logs of {one.id}")
    say.suggest("전체 서버 상태 요약해줘", "How is the whole fleet?")


def _guess(last: dict[str, float], together: bool, say: Say) -> None:
    """One hypothesis, and what would show it to be wrong."""
    full = [series for series, level in EXHAUSTED.items() if last.get(series, 0.0) >= level]
    if together:
        how = confidence(OTHERS, say)
        say.line(
            f"가장 유력: 여럿에 공통된 것(네트워크, 전원, 호스트) ({how}). 그중 하나라도 접속되면 틀린 것입니다.",
            f"Most likely: something they share, as the network, power or a host ({how}). Wrong if one of them can be "
            "reached.",
        )
    elif full:
        what, how = say.name(measure(full[0]).called(say.locale)), confidence(FULL, say)
        say.line(
            f"가장 유력: {what} 소진 ({how}). 커널 로그에 흔적이 없으면 틀린 것입니다.",
            f"Most likely: {what} ran out ({how}). Wrong if the kernel's log shows no trace of it.",
        )
    else:
        how = confidence(UNKNOWN, say)
        say.line(
            f"서버 꺼짐, 에이전트 중단, 네트워크 단절은 기록만으로 구분할 수 없습니다 ({how}).",
            f"Whether it is off, its agent stopped or its network is cut cannot be told from the record ({how}).",
        )
