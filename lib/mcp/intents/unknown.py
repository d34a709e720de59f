"""A server is asked for that is none: its nearest names, whatever else was asked; or servers of a kind there are none of."""

from __future__ import annotations

from lib.mcp.core.question import Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.npu.nearest import nearest

NEAREST = 3


def tell_unknown(asked: Asked, sources: Sources, say: Say) -> None:
    unknown = asked.words("unknown_servers")
    near = list(
        dict.fromkeys(one for name in unknown for one in nearest(name, [it.id for it in sources.fleet], NEAREST))
    )
    named = say.names(unknown)
    last = say.name(unknown[-1], "은/는") if len(unknown) == 1 else f"{named}은(는)"
    if near:
        shown = ", ".join(say.name(one) for one in near[:NEAREST])
        say.line(
            f"{last} 등록된 서버가 아닙니다. 비슷한 이름: {shown}. 어느 서버를 볼까요?",
            f"{named} is not a registered server. Similar names: {shown}. Which one shall I look at?",
        )
    else:
        say.line(
            f"{last} 등록된 서버가 아닙니다. 서버 목록에서 이름을 확인해 주세요.",
            f"{named} is not a registered server. The list of servers has the names.",
        )
    for one in near[:NEAREST]:
        say.suggest(f"{one} 상태", f"status of {one}")
    if not near:
        say.suggest("서버 목록 보여줘", "List all servers")


def tell_nobody(asked: Asked, sources: Sources, say: Say) -> None:
    """Of the names, groups and tags that the question gives, where no server has them all."""
    given = [one for slot in ("servers", "globs", "groups", "tags") for one in asked.words(slot)]
    number, there = say.count(0, "servers", source="/api/servers"), say.count(len(sources.fleet), "all_servers")
    said = say.names(given)
    say.line(
        f"{said}에 해당하는 서버가 없습니다(전체 {there}대 중 {number}대).",
        f"No server fits {said} ({number} of {there}).",
    )
    say.suggest("서버 목록 보여줘", "List all servers")
