"""How is this server: up or not, how fresh, what it measures now, what is wrong with it."""

from __future__ import annotations

from lib.mcp.core.alerts import named
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import (
    now_of,
    scope,
    server_source,
    server_url,
    severity_word,
    shown,
    status_word,
    warn_of_unknown,
    why,
)
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources

MEASURES = ("cpu", "memory", "disk", "load")
MOST_SINGLE = 2
DAY = 86_400


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    if not meant.servers:
        say.line("그 조건에 맞는 서버가 없습니다.", "There is no such server.")
        return
    if len(meant.servers) <= MOST_SINGLE:
        for one in meant.servers:
            _one(one, sources, say)
    else:
        what = scope(asked, meant, say)
        troubled = [one for one in meant.servers if one.status != "ok"]
        number = say.count(len(troubled), "troubled", source="/api/servers")
        say.line(f"{what} 중 {number}대가 정상이 아닙니다.", f"Of {what}, {number} are not ok.")
        ordered = sorted(meant.servers, key=lambda one: (one.status == "ok", one.id))
        say.table(
            [
                say.either("서버", "server"),
                say.either("상태", "status"),
                *(measure(one).called(say.locale) for one in MEASURES),
            ],
            [_row(one, say) for one in ordered],
        )
    warn_of_unknown(asked, say)
    first = meant.servers[0]
    say.chart(
        "line", [{"server": first.id, "metric": one} for one in ("cpu", "memory")], sources.now - DAY, sources.now
    )
    say.suggest(f"{first.id} 최근 24시간 CPU 추이", f"CPU of {first.id} over the last 24 hours")
    say.suggest(f"{first.id} 프로세스 보여줘", f"Processes on {first.id}")
    say.suggest(f"{first.id} 디스크 언제 꽉 차?", f"When will the disk of {first.id} be full?")


def _row(one: Server, say: Say) -> list[str]:
    cells = [say.name(one.id), status_word(one.status, say)]
    for name in MEASURES:
        found = now_of(one, measure(name), {})
        cells.append("–" if found is None else shown(one, measure(name), found[0], say, found[1]))
    return cells


def _one(one: Server, sources: Sources, say: Say) -> None:
    seen = say.moment(one.last_seen, seconds=True) if one.last_seen else "–"
    ago = say.duration(sources.now - one.last_seen, server=one.id, metric="age") if one.last_seen else "–"
    reason = why(one, say)
    because = f" – {reason}" if reason else ""
    state = status_word(one.status, say)
    say.line(
        f"{say.name(one.id, '은/는')} **{state}** 상태입니다{because}. 마지막 보고 {seen} ({ago} 전).",
        f"{say.name(one.id)} is **{state}**{because}. Last report {seen} ({ago} ago).",
    )
    values = []
    for name in MEASURES:
        of = measure(name)
        found = now_of(one, of, {})
        if found is not None:
            values.append(f"{of.called(say.locale)} {shown(one, of, found[0], say, found[1])}")
    if one.cores and "load1" in one.metrics:
        cores = say.number(one.cores, "", server=one.id, metric="cores", source=server_source(one.id))
        values.append(say.either(f"코어 {cores}개", f"{cores} cores"))
    if one.is_there and one.metrics.get("uptime"):
        up = say.duration(one.metrics["uptime"], server=one.id, metric="uptime", source=server_source(one.id))
        values.append(say.either(f"가동 {up}", f"up {up}"))
    if values:
        head = say.either("현재", "Now") if one.is_there else say.either("마지막 값", "Last known")
        say.line(f"{head}: {', '.join(values)}.", f"{head}: {', '.join(values)}.")
    say.evidence("metric", one.id, server_url(one.id))
    alerts = sources.open_alerts(one.id)
    number = say.count(len(alerts), "alerts", server=one.id, source="/api/alerts")
    if alerts:
        said = "; ".join(f"{severity_word(alert['severity'], say)} {named(alert, say)}" for alert in alerts[:3])
        say.line(f"활성 알림 {number}건: {said}.", f"Active alerts: {number} – {said}.")
        for alert in alerts[:3]:
            say.evidence("alert", alert["id"], f"/#/alerts/{alert['id']}")
    else:
        say.line(f"활성 알림은 {number}건입니다.", f"Active alerts: {number}.")


QUESTION = Question("server_status", answer, tool="get_server")
