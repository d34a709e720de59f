"""Which alerts are open, or were: each with its severity, value and level, how long it lasts and who looks after it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.core import alerts as told
from lib.mcp.core.alerts import Alert
from lib.mcp.core.phrases import capital, range_words, scope, severity_word, warn_of_unknown
from lib.mcp.core.question import DAY, Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Sources
from lib.mcp.intents.unknown import tell_unknown

MOST_LINES = 3
MOST_ROWS = 50
LOOKED_BACK = 30 * DAY
_LATEST = re.compile(
    r"마지막(?:으로)?\s?(?:알림|울|온|뜬)|(?:가장|제일)\s?(?:최근|마지막)|최근에?\s?(?:울린|뜬|온)"
    r"|(?<![a-z])(?:last|latest|newest|most recent) (?:alert|alarm|one|page)(?![a-z])",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"(?:알림|알람|경보)(?:이|가|을)?\s?(?:가장|제일|젤)\s?많|(?:가장|제일|젤)\s?(?:많이\s?울|시끄)|(?<![a-z])(?:most|noisiest)(?! recent)(?![a-z])",
    re.IGNORECASE,
)
_STATES = {
    "active": ("열린 알림", "open alerts"),
    "acked": ("확인된 열린 알림", "acknowledged open alerts"),
    "unacked": ("미확인 알림", "alerts that nobody acknowledged"),
    "resolved": ("해결된 알림", "resolved alerts"),
    "silenced": ("음소거 중인 알림", "silenced alerts"),
    "any": ("알림", "alerts"),
}


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    if asked.words("unknown_servers") and not meant.servers:
        tell_unknown(asked, sources, say)
        return
    wanted, when = _state(asked), _when(asked, sources, say)
    those = told.those_of(_read(asked, sources, wanted), asked, meant)
    muted = told.muted(sources, [one for one in those if one["resolved_at_epoch"] is None])
    if wanted == "silenced":
        those = [one for one in those if one["id"] in muted]
    _asked_first(asked, those, meant, sources, say)
    _headline(asked, those, meant, wanted, when, say)
    if wanted == "silenced":
        _silences(meant, sources, say)
    if sources.is_stale:
        say.stale = True
    newest = told.current(sources, those[:MOST_ROWS])
    if 0 < len(those) <= MOST_LINES:
        for one in those:
            line = f"- {told.line_of(one, say, newest, muted)}"
            say.line(line, line)
    warn_of_unknown(asked, say)
    if len(those) > MOST_LINES:
        _table(those, newest, muted, say)
    told.evidence(those, say)
    _suggest(those, wanted, say)


def _asked_first(asked: Asked, those: Sequence[Alert], meant: Meant, sources: Sources, say: Say) -> None:
    """Which alert was the last one, or which server had most, where the sentence asks for that."""
    if _LATEST.search(asked.text) and not asked.entities.get("time"):
        known = told.those_of(told.during(sources, sources.now - LOOKED_BACK, sources.now), asked, meant)
        newest = max(known, key=told.began, default=None)
        if newest is not None:
            line = told.line_of(newest, say, told.current(sources, [newest]))
            say.line(f"가장 최근에 열린 알림: {line}.", f"The last alert to open: {line}.")
    elif _MOST.search(asked.text) and those:
        most = Counter(str(one["server"]) for one in those if one["server"]).most_common(MOST_LINES)
        listed = ", ".join(f"{say.name(name)} {say.count(n, 'alerts', server=name)}" for name, n in most)
        say.line(f"알림이 많은 서버: {listed}.", f"Servers with most alerts: {listed}.")


def _silences(meant: Meant, sources: Sources, say: Say) -> None:
    """What is silenced, by whom and until when, also where no alert is open there."""
    silences = sources.house.quietbook.everything(sources.sight)["silences"]
    those = [one for one in silences if one["state"] != "over" and _may_concern(one["scope"], meant)]
    number = say.count(len(those), "silences", source="/api/rules/silences")
    if not those:
        say.line(f"설정된 음소거도 없습니다({number}건).", f"No silence is set either ({number}).")
        return
    listed = "; ".join(_silence(one, say) for one in those[:MOST_LINES])
    more = say.count(len(those) - MOST_LINES, "more") if len(those) > MOST_LINES else ""
    rest = say.either(f" 외 {more}건", f" and {more} more") if more else ""
    say.line(f"설정된 음소거 {number}건: {listed}{rest}.", f"Silences set: {number} – {listed}{rest}.")


def _may_concern(reach: Mapping[str, Sequence[str]], meant: Meant) -> bool:
    """Whether one of the servers asked about lies in its scope."""
    if meant.is_whole or not any(reach.values()):
        return True
    tags = {f"{key}:{value}" for one in meant.servers for key, value in one.tags.items()}
    groups = {one.group for one in meant.servers}
    return bool(set(reach["servers"]) & set(meant.ids) or set(reach["groups"]) & groups or set(reach["tags"]) & tags)


def _silence(one: Mapping[str, Any], say: Say) -> str:
    """ "web-01 (12-01 10:00–11:00 KST, ada)"."""
    named = [name for names in one["scope"].values() for name in names]
    where = say.names(named, 3) if named else say.either("범위 지정 없음", "any server")
    start, end = one["starts_epoch"], one["until_epoch"] or one["ends_epoch"]
    span = say.span(start, end) if end else say.either(f"{say.moment(start)}부터", f"since {say.moment(start)}")
    state = say.either(", 예정", ", scheduled") if one["state"] == "scheduled" else ""
    return f"{where} ({span}{state}, {say.name(one['by'] or '–')})"


def _state(asked: Asked) -> str:
    wanted = asked.text_of("alert_state")
    if wanted in _STATES:
        return wanted
    return "any" if asked.entities.get("time") else "active"


def _read(asked: Asked, sources: Sources, wanted: str) -> list[Alert]:
    if wanted in {"any", "resolved"}:
        time = asked.range(sources.now, DAY)
        found = told.during(sources, time.start, time.end)
        if wanted == "any":
            return found
        return [one for one in found if one["resolved_at_epoch"] and time.start <= one["resolved_at_epoch"] < time.end]
    found = list(sources.open_alerts())
    if asked.entities.get("time"):
        time = asked.range(sources.now, DAY)
        found = [one for one in found if told.began(one) < time.end]
    if wanted in {"acked", "unacked"}:
        return [one for one in found if (one["acked_at_epoch"] is not None) == (wanted == "acked")]
    return found


def _when(asked: Asked, sources: Sources, say: Say) -> str:
    """ "03:15:12 KST 기준", or the range that was looked at."""
    if asked.entities.get("time") or _state(asked) == "resolved":
        return range_words(asked.range(sources.now, DAY), say)
    now = say.moment(sources.now, seconds=True)
    return say.either(f"{now} 기준", f"as of {now}")


def _headline(asked: Asked, those: Sequence[Alert], meant: Meant, wanted: str, when: str, say: Say) -> None:
    number = say.count(len(those), "alerts", source=told.SOURCE)
    what = say.either(*_STATES[wanted])
    filters = told.filters(asked, say)
    narrowed = say.either(f"{filters} ", f"{filters} ") if filters else ""
    looked_at = scope(asked, meant, say)
    if not those:
        say.line(
            f"{narrowed}{what}이 없습니다({number}건, {when}). 범위: {looked_at}.",
            f"There are no {narrowed}{what} ({number}, {when}). Looked at: {looked_at}.",
        )
        return
    parts = told.by_severity(those, say)
    open_ones = [one for one in those if one["resolved_at_epoch"] is None]
    waiting = say.count(
        sum(one["acked_at_epoch"] is None for one in open_ones), "alerts_unacknowledged", source=told.SOURCE
    )
    ko, en = f", 그중 미확인 {waiting}건", f", {waiting} of them not acknowledged"
    if wanted in {"resolved", "acked", "unacked"}:
        ko = en = ""
    if wanted == "any":
        left = say.count(len(open_ones), "alerts_open", source=told.SOURCE)
        ko, en = f", 아직 열린 것 {left}건{ko}", f", {left} still open{en}"
    say.line(
        f"{looked_at}의 {narrowed}{what}은 {number}건입니다({parts}{ko}, {when}).",
        f"{capital(f'{narrowed}{what}')} on {looked_at}: {number} ({parts}{en}, {when}).",
    )


def _table(those: Sequence[Alert], newest: told.Newest, muted: dict[str, float | None], say: Say) -> None:
    headers = (
        ["심각도", "서버", "규칙", "값 (기준)", "기간", "상태"]
        if say.locale == "ko"
        else ["severity", "server", "rule", "value (level)", "how long", "state"]
    )
    rows = [
        [
            severity_word(one["severity"], say),
            told.where(one, say),
            told.called(one, say),
            told.about(one, say, newest),
            told.lasted(one, say),
            told.state(one, muted, say),
        ]
        for one in those[:MOST_ROWS]
    ]
    say.table(headers, rows)


def _suggest(those: Sequence[Alert], wanted: str, say: Say) -> None:
    first = next((one for one in those if one["server"]), None)
    if first is None:
        if wanted == "active":
            say.suggest("최근 24시간 알림 보여줘", "Show alerts of the last 24 hours")
        say.suggest("전체 서버 상태 요약해줘", "How is the whole fleet?")
        return
    name = first["server"]
    say.suggest(f"{name} 알림 원인 분석해줘", f"Why did the alert on {name} open?")
    if first["resolved_at_epoch"] is None and first["acked_at_epoch"] is None:
        say.suggest(f"{name} 알림 확인 처리해줘", f"Acknowledge the alerts on {name}")
    say.suggest(f"{name} 알림 1시간 꺼줘", f"Mute alerts on {name} for 1 hour")


QUESTION = Question(
    "alert_list",
    answer,
    tool="list_alerts",
    examples=(
        ("지금 열린 알림 보여줘", "Show the open alerts"),
        ("최근 24시간 해결된 알림", "Alerts resolved in the last 24 hours"),
    ),
)
