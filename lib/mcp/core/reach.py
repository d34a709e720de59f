"""Which servers an act is to hold for, in the words of rules and silences; and what every preview of one says alike."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.domain.access import EVERYTHING
from lib.mcp.core.phrases import scope as scope_words
from lib.mcp.core.question import Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Sources
from lib.mcp.npu.leader import POINTED

MOST_NAMES = 50  # of each list of a scope
MOST_BYTES = 4_000  # of what a confirmation carries
_EVERYTHING = re.compile(
    r"모든|모두|전부|전체|전 서버|다 (?:꺼|끄|확인)|싹"
    r"|(?<![a-z])(?:all|every|everything|everywhere|fleet|whole)(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reach:
    """`scope` as a silence or a rule has it: `servers`, `groups`, `tags`, none of them for every server."""

    scope: Mapping[str, list[str]]
    meant: Meant

    @property
    def is_too_wide(self) -> bool:
        return any(len(names) > MOST_NAMES for names in self.scope.values())


def reach_of(asked: Asked, sources: Sources) -> Reach:
    """A group or a tag stands for the servers it will have too; where it cannot be said so, and for whoever does not
    see every server, each is named."""
    meant = sources.meant(asked)
    names, groups, tags = [*asked.words("servers"), *asked.words("globs")], asked.words("groups"), asked.words("tags")
    carried = all(one.tags.get(key) == value for key, _, value in (tag.partition(":") for tag in tags)
                  for one in meant.servers)  # fmt: skip
    can_be_said = sources.sight == EVERYTHING and not (names and groups) and len(tags) <= 1 and carried
    if meant.is_whole and sources.sight == EVERYTHING:
        return Reach({}, meant)
    if not can_be_said or asked.words("unknown_servers"):
        return Reach({"servers": meant.ids}, meant)
    said = {"servers": names, "groups": groups, "tags": tags}
    return Reach({part: those for part, those in said.items() if those}, meant)


def names_everything(asked: Asked) -> bool:
    """Whether the question says "all": an act on everything is proposed only then."""
    return bool(_EVERYTHING.search(asked.text))


def points_at_one(asked: Asked) -> bool:
    """Whether the question says "that server": where nothing tells which, it is not all of them."""
    return POINTED.search(asked.text.casefold()) is not None


def words_of(asked: Asked, reach: Reach, say: Say) -> str:
    """The servers; of a group or a tag the name too, for it stands for the servers it will have as well."""
    kinds = [part for part in ("groups", "tags") if reach.scope.get(part)]
    if not kinds:
        return scope_words(asked, reach.meant, say)
    named = " · ".join(say.name(name) for part in kinds for name in reach.scope[part])
    number = say.count(len(reach.meant.servers), "servers", source="/api/servers")
    return say.either(f"{named} 서버 전체(지금 {number}대)", f"every server of {named} ({number} now)")


def propose(asked: Asked, say: Say, kind: str, params: Mapping[str, Any], label: tuple[str, str]) -> bool:
    """Offer the act, or say why not: whether it is offered. Nothing is done before somebody confirms it."""
    if len(json.dumps(params, ensure_ascii=False).encode()) > MOST_BYTES:
        say.line(
            "한 번에 확인하기에는 대상이 너무 많습니다. 그룹이나 태그로 좁혀 주세요.",
            "That is too much for one confirmation: narrow it down to a group or a tag.",
        )
        return False
    say.action(kind, params, *label)
    return True


def close(asked: Asked, say: Say, undo: tuple[str, str]) -> None:
    """How it is undone, and who may do it."""
    if asked.may_act:
        say.line(
            f"확인을 눌러야 적용됩니다. {undo[0]}",
            f"Nothing changes until you confirm. {undo[1]}",
        )
    else:
        say.line(
            f"미리보기입니다. 적용하려면 operator 권한이 있는 사람이 확인해야 합니다. {undo[0]}",
            f"This is a preview: somebody with the operator role has to do it. {undo[1]}",
        )


def tell_nobody(asked: Asked, say: Say) -> None:
    say.line("그 조건에 맞는 서버가 없습니다.", "There is no such server.")
    say.suggest("서버 목록 보여줘", "List all servers")


def tell_too_wide(say: Say) -> None:
    number = say.count(MOST_NAMES, "most")
    say.line(
        f"서버 이름은 한 번에 {number}개까지 쓸 수 있습니다. 그룹이나 태그로 좁혀 주세요.",
        f"At most {number} servers can be named at once: narrow it down to a group or a tag.",
    )
