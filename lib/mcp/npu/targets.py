"""Which servers a sentence speaks of: names, globs, groups and tags together, less what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from lib.mcp.core.patterns import Match, Span, blank
from lib.mcp.npu import names
from lib.mcp.npu.inventory import Inventory, needs_noun, noun_after
from lib.mcp.npu.text import Text

_LEFT_OUT_AFTER = re.compile(
    r"\s*(?:서버|섭|환경|그룹|노드|장비|쪽|리전|팀|servers?|hosts?|nodes?|boxes|environment)*\s*(?:들)?\s*(?:은|는|을|를|만)?\s*(?:빼고|빼곤|빼면|뺀|제외|말고|외에|이외|아닌|없이|excluded|제외하)"
)
_LEFT_OUT_BEFORE = re.compile(
    r"(?<![a-z])(?:except(?:\s+for)?|excluding|exclude|without|other than|apart from|outside(?:\s+of)?|(?:but|and) not|not\s+(?:in|on|including)|minus|ignoring|aside from|everything but|all but|non)[\s-]+(?:the\s+|those\s+in\s+)?$"
)
_LIST = re.compile(r"\s*(?:,|와|과|이랑|랑|하고|및|and|or|&)?\s*(?:the\s+)?")


@dataclass
class Targets:
    servers: list[str] = field(default_factory=list)
    globs: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    named_spans: list[Span] = field(default_factory=list)  # names, globs, unknown names
    word_spans: list[Span] = field(default_factory=list)  # groups and tags

    def entities(self) -> dict[str, list[str]]:
        pairs = (("servers", self.servers), ("globs", self.globs), ("groups", self.groups), ("tags", self.tags))
        return {key: value for key, value in (*pairs, ("unknown_servers", self.unknown)) if value}


def find(text: Text, fleet: Inventory) -> Targets:
    """Everything in the sentence that says which servers. What is left out makes the rest a plain list of ids."""
    hints = tuple(match.value for match in fleet.tags.find(text.folded) if match.value.startswith("env:"))
    named = names.find(text, fleet, hints)
    rest = blank(text.folded, named.spans)
    groups = [_with_noun(rest, match) for match in fleet.groups.find(rest)]
    groups = [match for match in groups if match.end >= 0 and not _is_term(rest, match)]
    tags = fleet.tags.find(blank(rest, [match.span for match in groups if noun_after(rest, match.start) >= 0]))
    groups = [
        one
        for one in groups
        if not any(tag.start <= one.start < tag.end and tag.value.startswith("env:") for tag in tags)
    ]
    out_ids, kept_mentions = _split(rest, text, [(span, ids) for span, ids in named.mentions])
    out_groups, kept_groups = _split(rest, text, [(match.span, match.value) for match in groups])
    out_tags, kept_tags = _split(rest, text, [(match.span, match.value) for match in tags])
    found = Targets(
        servers=list(dict.fromkeys(one for ids in kept_mentions for one in ids)),
        globs=named.globs,
        groups=list(dict.fromkeys(kept_groups)),
        tags=list(dict.fromkeys(kept_tags)),
        unknown=named.unknown,
        named_spans=named.spans,
        word_spans=[match.span for match in (*groups, *tags)],
    )
    # "디비 서버 pay-db-1": the group only says again what the named one is.
    said = {fleet.group_of[one] for one in found.servers}
    between = [group for group in found.groups if group not in said]
    found.groups = between if found.servers else found.groups
    keys = [tag.split(":", 1)[0] for tag in found.tags]
    if len(set(keys)) < len(keys):  # "운영이랑 스테이징": either will do
        _either(found, fleet)
    if out_ids or out_groups or out_tags:
        _leave_out(found, fleet, {one for ids in out_ids for one in ids}, out_groups, out_tags)
    return found


def _with_noun(rest: str, match: Match[str]) -> Match[str]:
    """The match, with the word for servers behind it; end -1 when it needs one and there is none."""
    word = rest[match.start : match.end]
    end = noun_after(rest, match.end)
    if end < 0 and needs_noun(word, match.value):
        return Match(match.start, -1, match.value)
    return Match(match.start, match.end, match.value)


_TERM_AFTER = re.compile(r"\s*(?:가|이|는|란|이란)?\s*(?:뭐야|뭐지|무슨 뜻|란 무엇)")


def _is_term(rest: str, match: Match[str]) -> bool:
    return _TERM_AFTER.match(rest, match.end) is not None


def _split[T](rest: str, text: Text, mentions: Sequence[tuple[Span, T]]) -> tuple[list[T], list[T]]:
    """(left out, kept). A list such as "except a and b" or "a랑 b 빼고" is left out whole."""
    out: list[T] = []
    kept: list[T] = []
    folded = text.folded
    flags = [
        bool(_LEFT_OUT_AFTER.match(folded, span[1]) or _LEFT_OUT_BEFORE.search(folded[max(0, span[0] - 30) : span[0]]))
        for span, _ in mentions
    ]
    for index in range(1, len(mentions)):
        before = _LEFT_OUT_BEFORE.search(folded[max(0, mentions[index - 1][0][0] - 30) : mentions[index - 1][0][0]])
        if flags[index - 1] and before and _LIST.fullmatch(folded, mentions[index - 1][0][1], mentions[index][0][0]):
            flags[index] = True
    for index in range(len(mentions) - 2, -1, -1):
        joint = re.fullmatch(
            r"\s*(?:,|와|과|이랑|랑|하고|및)\s*", folded[mentions[index][0][1] : mentions[index + 1][0][0]]
        )
        if flags[index + 1] and joint and not _LEFT_OUT_BEFORE.search(folded[: mentions[index + 1][0][0]]):
            flags[index] = True
    for flag, (_, value) in zip(flags, mentions, strict=True):
        (out if flag else kept).append(value)
    return out, kept


def resolved(found: Targets, fleet: Inventory) -> set[str]:
    """The ids meant; all of the fleet when nothing is said."""
    ids = set(found.servers) | fleet.members(found.groups)
    ids |= {one for one in fleet.ids if any(fnmatchcase(one, glob) for glob in found.globs)}
    if not (found.servers or found.groups or found.globs):
        ids = set(fleet.ids)
    return ids & fleet.tagged(found.tags) if found.tags else ids


def _either(found: Targets, fleet: Inventory) -> None:
    """Of several values of one tag a server needs to have one: said as a plain list of ids."""
    by_key: dict[str, set[str]] = {}
    for tag in found.tags:
        by_key.setdefault(tag.split(":", 1)[0], set()).update(fleet.tagged([tag]))
    found.tags = []
    left = resolved(found, fleet).intersection(*by_key.values())
    found.servers, found.globs, found.groups = [one for one in fleet.ids if one in left], [], []


def _leave_out(found: Targets, fleet: Inventory, ids: set[str], groups: list[str], tags: list[str]) -> None:
    gone = ids | fleet.members(groups) | {one for tag in tags for one in fleet.tagged([tag])}
    left = resolved(found, fleet) - gone
    found.servers, found.globs, found.groups, found.tags = [one for one in fleet.ids if one in left], [], [], []
