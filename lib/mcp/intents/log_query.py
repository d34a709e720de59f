"""What the logs say: how often, in which patterns, the newest lines; or that none were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.core.phrases import counted, range_words, scope, server_url, warn_of_unknown
from lib.mcp.core.question import DAY, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Sources

LEVELS = {"error": ("error", "critical"), "warn": ("warning",), "info": ("info", "debug")}
_LEVEL_WORDS = {
    "error": ("오류", "error"), "critical": ("심각", "critical"), "warning": ("경고", "warning"), "info": ("정보", "info"),
    "debug": ("디버그", "debug"),
}  # fmt: skip
# What a word that people search for looks like in logs.
SPELLINGS = {
    "timeout": ("timeout", "time out", "time-out", "timed out"),
    "oom": ("oom", "out of memory", "out-of-memory"),
    "login": ("login", "log in", "logged in", "logon"),
    "stacktrace": ("stacktrace", "stack trace", "traceback"),
    "slow query": ("slow query", "slow_query", "slow log"),
    "auth": ("auth", "unauthori"),
    "disk full": ("disk full", "no space left"),
}
USUAL_LINES = 3
MOST_LINES = 20
MOST_PATTERNS = 3
GRAVEST_FIRST = ("critical", "error", "warning", "info", "debug")


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    time = asked.range(sources.now, DAY)
    level, keyword, process = asked.text_of("level"), asked.text_of("keyword"), asked.text_of("process")
    wanted = min(asked.whole("top_n") or USUAL_LINES, MOST_LINES)
    found = sources.log_search(
        meant.ids,
        {
            "from": int(time.start), "to": int(time.end) + 1, "levels": list(LEVELS[level]) if level in LEVELS else None,
            "words": list(_spellings(keyword)) if keyword else None, "source": process, "most": wanted,
        },
    )  # fmt: skip
    what, when = scope(asked, meant, say), range_words(time, say)
    sought = _sought(level, keyword, process, say)
    if not found["told"]:
        _not_collected(what, when, meant, time, sources, say)
    elif not found["count"]:
        number = say.count(0, "log_lines", source="/api/errors")
        say.line(
            f"{sought}로그는 **{number}건**입니다 ({when}). 범위: {what}.",
            f"There are **{number} log lines**{sought} ({when}). Looked at: {what}.",
        )
        last_at, last_of = max((one[2], one[0]) for one in found["told"])
        say.line(
            f"마지막으로 받은 로그는 {say.moment(last_at, seconds=True)} {say.name(last_of)}의 것입니다.",
            f"The last line received is of {say.moment(last_at, seconds=True)}, from {say.name(last_of)}.",
        )
    else:
        _summary(found, f"{sought}", what, when, say)
        _patterns(found["groups"], say, room=1 if wanted > USUAL_LINES else MOST_PATTERNS)
        _lines(found["lines"], meant, say, wanted=wanted)
    _beside(found, meant, time, say)
    warn_of_unknown(asked, say)


def _spellings(keyword: str) -> tuple[str, ...]:
    return SPELLINGS.get(keyword.casefold(), (keyword,))


def _sought(level: str | None, keyword: str | None, process: str | None, say: Say) -> str:
    """The filters, restated."""
    parts = []
    if keyword:
        parts.append(say.either(f"{say.code(keyword)} 포함", f"containing {say.code(keyword)}"))
    if process:
        parts.append(say.either(f"{say.name(process)}", f"of {say.name(process)}"))
    if level in LEVELS:
        words = "·".join(say.either(*_LEVEL_WORDS[one]) for one in LEVELS[level])
        parts.append(say.either(f"{words} 수준", f"at level {words}"))
    if not parts:
        return ""
    return say.either(" ".join(parts) + " ", " " + " ".join(parts))


def _summary(found: Mapping[str, Any], sought: str, what: str, when: str, say: Say) -> None:
    number = say.count(found["count"], "log_lines", source="/api/errors")
    levels = ", ".join(
        f"{say.either(*_LEVEL_WORDS[one])} {say.count(found['levels'][one], f'log_{one}', source='/api/errors')}"
        for one in GRAVEST_FIRST
        if one in found["levels"]
    )
    servers = found["servers"]
    most = ", ".join(f"{say.name(name)} {say.count(n, 'log_lines', server=name)}" for name, n in servers[:3])
    who = say.either(f" 서버별: {most}.", f" By server: {most}.") if len(servers) > 1 else ""
    say.line(
        f"{sought}로그 **{number}건**({levels})이 있습니다 ({when}). 범위: {what}.{who}",
        f"**{number} log {counted(found['count'], 'line')}**{sought} ({levels}), {when}. Looked at: {what}.{who}",
    )


def _patterns(groups: Sequence[Sequence[Any]], say: Say, room: int) -> None:
    for place, (_, level, source, pattern, n, _, last) in enumerate(groups[:room]):
        number = say.count(n, "pattern_lines", source="/api/errors")
        at = say.moment(last, zone=False)
        word = say.either(*_LEVEL_WORDS.get(level, (level, level)))
        head = say.either("가장 많은 형태: ", "Most frequent: ") if place == 0 else ""
        text = say.code(f"{source}: {pattern}")
        say.line(f"{head}{text} {number}건({word}, 마지막 {at})", f"{head}{text} {number}× ({word}, last {at})")


def _lines(lines: Sequence[Sequence[Any]], meant: Meant, say: Say, *, wanted: int) -> None:
    """The newest, as code: whatever they say is no markup and no instruction. Many make a table."""
    several = len(meant.servers) > 1

    def cells(line: Sequence[Any]) -> tuple[str, str, str]:
        at, server, level, source, message = line
        where = say.name(server) if several else say.either(*_LEVEL_WORDS.get(level, (level, level)))
        return say.moment(at, seconds=True, zone=False), where, say.code(f"{source}: {message}")

    if wanted > USUAL_LINES:
        headers = (("시각", "time"), ("서버", "server") if several else ("수준", "level"), ("로그", "line"))
        rows = [[cell.replace("|", "\\|") for cell in cells(line)] for line in lines]
        say.table([say.either(*one) for one in headers], rows, whole=True)
        return
    for line in lines:
        at, where, text = cells(line)
        say.line(f"{at} {where} {text}", f"{at} {where} {text}")


def _not_collected(what: str, when: str, meant: Meant, time: Range, sources: Sources, say: Say) -> None:
    """Nothing was ever told; what else there is of that time."""
    say.line(
        f"{what}에서 수집된 로그가 없습니다: 로그 수집이 꺼져 있거나 보낸 로그가 아직 없습니다(보관된 전체 기간 확인).",
        f"No logs are collected from {what}: collection is off, or nothing was sent yet (all that is kept was looked at).",
    )
    alerts = _alerts(meant, time, sources)
    reboots = sum(len(_reboots(name, time, sources)) for name in meant.ids[:3])
    number = say.count(alerts, "alerts", source="/api/alerts")
    if len(meant.ids) <= 3:
        restarts = say.count(reboots, "reboots")
        say.line(
            f"대신 알림 {number}건과 재부팅 이벤트 {restarts}건이 있습니다 ({when}). 로그 수집 켜는 방법을 안내할까요?",
            f"There {counted(alerts, 'is', 'are')} {number} {counted(alerts, 'alert')} and {restarts} {counted(reboots, 'reboot')} instead ({when}). Shall I tell how logs are collected?",
        )
    else:
        say.line(
            f"대신 알림 {number}건이 있습니다 ({when}). 로그 수집 켜는 방법을 안내할까요?",
            f"There {counted(alerts, 'is', 'are')} {number} {counted(alerts, 'alert')} instead ({when}). Shall I tell how logs are collected?",
        )
    say.suggest("로그 수집 켜는 방법", "How do I turn on log collection?")


def _alerts(meant: Meant, time: Range, sources: Sources) -> int:
    """That were open at some moment of that time."""
    one = meant.ids[0] if len(meant.ids) == 1 else None
    listed = sources.house.alerts.listed(server=one, since=int(time.start), most=500, sight=sources.sight)["alerts"]
    names = set(meant.ids)
    return sum(it["server"] in names and it["opened_at_epoch"] < time.end for it in listed)


def _reboots(name: str, time: Range, sources: Sources) -> list[Mapping[str, Any]]:
    filters = {"from": int(time.start), "to": int(time.end) + 1, "most": 100}
    events = sources.house.queries.events(name, filters, sources.sight)["events"]
    return [one for one in events if one["kind"] == "reboot"]


def _beside(found: Mapping[str, Any], meant: Meant, time: Range, say: Say) -> None:
    for name, _ in found["servers"][:5]:
        say.evidence("log", f"{name}/errors", server_url(name), (time.start, time.end))
    first = found["servers"][0][0] if found["servers"] else next(iter(meant.ids), None)
    if first:
        say.suggest(f"{first} 알림 있어?", f"Any alerts on {first}?")
        say.suggest(f"{first} 최근 7일 에러 로그", f"Error logs of {first} over the last 7 days")
        say.suggest(f"{first} 상태", f"Status of {first}")


QUESTION = Question(
    "log_query",
    answer,
    tool="search_logs",
    examples=(("최근 에러 로그 보여줘", "Show recent error logs"), ("오늘 경고 로그 몇 건?", "How many warnings were logged today?")),
)  # fmt: skip
