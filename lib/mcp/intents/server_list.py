"""Which servers are there, and how many: all, or those of a group, with a tag, in a state, or with nothing to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from lib.mcp.core import idle
from lib.mcp.core.phrases import as_of, counted, server_url, status_word, warn_of_unknown
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import STATUSES, Server, Sources
from lib.mcp.npu import idleness
from lib.mcp.npu.text import read

MOST_NAMED = 30  # in the sentence; the table has them all
MOST_IN_SENTENCE = 3  # without a table
MOST_COUNTED = 8


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    if idleness.is_asked(read(asked.text).folded, names_a_server=bool(asked.words("servers"))):
        idle.answer(asked, meant, sources, say)
        warn_of_unknown(asked, say)
        return
    statuses = asked.words("statuses")
    found = [one for one in meant.servers if not statuses or one.status in statuses]
    what = _filter(asked, statuses, say)
    number = say.count(len(found), "servers", source="/api/servers")
    total = say.count(len(sources.fleet), "servers_in_all", source="/api/servers")
    told = as_of(sources, say)
    if not what:
        word = counted(len(found), "server is", "servers are")
        say.line(f"등록된 서버는 **{number}대**입니다 {told}.", f"**{number} {word}** registered {told}.")
    else:
        say.line(
            f"{what} 서버는 전체 {total}대 중 **{number}대**입니다 {told}.",
            f"**{number} of {total} servers** {counted(len(found), 'is', 'are')} {what} {told}.",
        )
    if not found:
        _what_there_is(sources, say)
    else:
        if not asked.words("groups") or len(asked.words("groups")) > 1:
            _by_group(found, say)
        if len(statuses) != 1:
            _by_status(found, say)
        _named(found, say)
    warn_of_unknown(asked, say)
    _suggest(found, say)


def _filter(asked: Asked, statuses: Sequence[str], say: Say) -> str:
    """What was asked for, restated: "web 그룹 · env:prod · 정상", "of the group web, with env:prod, ok"."""
    groups, globs, tags, names = (asked.words(slot) for slot in ("groups", "globs", "tags", "servers"))
    parts = []
    if names and not (groups or globs):
        parts.append(say.either("지정한", "among those named"))
    if groups:
        named = ", ".join(say.name(one) for one in groups)
        parts.append(say.either(f"{named} 그룹", f"in the group {named}"))
    if globs:
        named = ", ".join(say.name(one) for one in globs)
        parts.append(say.either(f"이름이 {named}인", f"named {named}"))
    if tags:
        named = ", ".join(say.name(one) for one in tags)
        parts.append(say.either(f"{named} 태그", f"tagged {named}"))
    if statuses:
        named = say.either("·", " or ").join(status_word(one, say) for one in statuses)
        parts.append(say.either(f"{named} 상태", named))
    return say.either(" · ", ", ").join(parts)


def _what_there_is(sources: Sources, say: Say) -> None:
    groups = sorted({one.group for one in sources.fleet if one.group})
    if groups:
        known = say.names(groups, most=12)
        say.line(f"있는 그룹: {known}.", f"Groups there are: {known}.")
    by_status = Counter(one.status for one in sources.fleet)
    parts = ", ".join(f"{status_word(one, say)} {_count(by_status[one], say)}" for one in STATUSES if by_status[one])
    say.line(f"상태별: {parts}.", f"By status: {parts}.")


def _count(number: int, say: Say) -> str:
    return say.count(number, "counted", source="/api/servers")


def _by_group(found: Iterable[Server], say: Say) -> None:
    counts = Counter(one.group for one in found)
    if len(counts) < 2:
        return
    none = say.either("그룹 없음", "no group")
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0] or ""))
    parts = ", ".join(
        f"{say.name(group) if group else none} {_count(number, say)}" for group, number in ordered[:MOST_COUNTED]
    )
    left = len(ordered) - MOST_COUNTED
    more = say.either(f" 외 그룹 {_count(left, say)}개", f" and {_count(left, say)} more groups") if left > 0 else ""
    say.line(f"그룹별: {parts}{more}.", f"By group: {parts}{more}.")


def _by_status(found: Iterable[Server], say: Say) -> None:
    counts = Counter(one.status for one in found)
    parts = ", ".join(
        f"{status_word(one, say)} {_count(counts[one], say)}" for one in reversed(STATUSES) if counts[one]
    )
    say.line(f"상태별: {parts}.", f"By status: {parts}.")


def _named(found: Sequence[Server], say: Say) -> None:
    listed = ", ".join(say.name(one.id) for one in found[:MOST_NAMED])
    left = len(found) - MOST_NAMED
    more = say.either(f" 외 {_count(left, say)}대", f" and {_count(left, say)} more") if left > 0 else ""
    say.line(f"{listed}{more}", f"{listed}{more}")
    if len(found) > MOST_IN_SENTENCE:
        headers = (("서버", "server"), ("상태", "status"), ("그룹", "group"), ("시스템", "system"), ("태그", "tags"))
        say.table([say.either(*one) for one in headers], [_row(one, say) for one in found])
    for one in found[:5]:
        say.evidence("metric", one.id, server_url(one.id))


def _row(one: Server, say: Say) -> list[str]:
    tags = ", ".join(f"{key}:{value}" for key, value in sorted(one.tags.items()))
    return [
        say.name(one.id),
        status_word(one.status, say),
        *(say.name(cell) if cell else "–" for cell in (one.group, one.os, tags)),
    ]


def _suggest(found: Sequence[Server], say: Say) -> None:
    if found:
        first = min(found, key=lambda one: (STATUSES.index(one.status), one.id))
        say.suggest(f"{first.id} 상태", f"Status of {first.id}")
        if first.group:
            say.suggest(f"{first.group} 서버 CPU 평균", f"Average CPU of the {first.group} servers")
    say.suggest("전체 서버 상태 요약해줘", "How is the whole fleet?")


QUESTION = Question(
    "server_list",
    answer,
    tool="list_servers",
    examples=(
        ("서버 목록 보여줘", "List all servers"),
        ("오프라인 서버 있어?", "Which servers are offline?"),
        ("노는 서버 있어?", "Which servers are idle?"),
    ),
)
