"""Servers called by name: exact or loosely spelled ids, numbers of a group ("웹 1, 2번"), globs, and names nobody has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import pairwise

from lib.mcp.core.patterns import Span
from lib.mcp.npu.inventory import RUN, Inventory, key_of
from lib.mcp.npu.text import Text

_SEPARATOR = re.compile(r"[\s_.:/-]{0,2}")
_PARTICLE = re.compile(
    r"(?:은|는|이|가|을|를|의|도|만|에|에서|에게|와|과|로|으로|랑|이랑|하고|보다|부터|까지|처럼|쪽|꺼|거|것|들|나|이나|라는|이라는|서버|상태|씨피유|메모리|램|디스크|알림|알람|로그|왜|살아|죽|괜찮|어때|지금|현재|좀|요)"
)
_GLOB = re.compile(r"(?<![\w*])[a-z0-9가-힣._-]{1,60}\*[a-z0-9*._-]{0,60}|(?<![\w*])\*[a-z0-9._-]+\*?")
_STARTING = re.compile(
    r"(?<![\w.-])([a-z0-9가-힣][a-z0-9가-힣._-]{0,60}?)(?:으로|로)\s*시작하는|(?:starting|beginning|start|begin|starts) with\s+([a-z0-9가-힣][a-z0-9가-힣._-]*)"
)
_NOT_A_COUNT = r"(?!\s*(?:대|개|명|위|배|분|초|시|일|월|주|년|회|차|건|줄|프로|퍼|퍼센트|도|점|%|ms|gb|mb|tb|s(?![a-z])|h(?![a-z])|m(?![a-z])|min|hour|day|week|°|days|[.:/]\d|\d))"
_JOINED = r"(?:,|·|&|와|과|이랑|랑|하고|이하고|및|이?나|and|or)"
_NUMBERS = re.compile(
    rf"\s*(?:서버|섭|노드|장비|호스트|servers?|nodes?)?\s*[#-]?\s*(0*\d{{1,5}}){_NOT_A_COUNT}(\s*(?:번째?|호기|호))?"
    rf"((?:\s*(?:서버|섭)?\s*{_JOINED}\s*#?0*\d{{1,5}}{_NOT_A_COUNT}(?:\s*(?:번째?|호기|호))?"
    rf"|\s*(?:이|가|은|는)?\s*0*\d{{1,5}}\s*(?:번|호기))*)"
)
_LIST = re.compile(
    rf"(?:\s*번)?(?:\s*{_JOINED}\s*0*\d{{1,5}}{_NOT_A_COUNT}(?:\s*(?:번째?|호기|호))?|\s*번?\s*(?:이|가|은|는)\s*0*\d{{1,5}}\s*(?:번|호기))+"
)
_MORE = re.compile(r"\d{1,5}")
_BEFORE = re.compile(
    r"(0*\d{1,5}(?:\s*(?:,|·|와|과|이랑|랑|하고|및)\s*0*\d{1,5})*)\s*(?:번|호기)\s*(?:째\s*)?(?=[a-z가-힣])"
)
_WELL_FORMED = re.compile(
    r"(?<![\w.*/:-])([a-z가-힣][a-z0-9가-힣]*(?:[-_][a-z0-9가-힣]+)*?[-_]?\d{1,5}[a-z]?)(?![a-z0-9*/:]|[._-][a-z0-9*]|%)"
)
_NOT_A_NAME = re.compile(
    r"(?:top|p|last|past|port|http|ipv|sha|utf|md|python|java|php|worst|bottom|next|first|best|recent|windows|win|ubuntu|debian|rocky|rhel|centos|"
    r"h|q|v|vol|level|code|error|status|under|over|below|above|for|since|by|at|in|on|than|to|from|rule|step|week|day|raid|layer|l|s|ec|k|x|r|ext|usb|covid|"
    r"cpu|mem|memory|ram|disk|swap|load|temp|iowait|inode|latency|gpu|net|traffic|ms|"
    r"[가-힣]*(?:최근|지난|상위|하위|톱|탑|오전|오후|새벽|저녁|밤|아침|앞으로|이상|이하|초과|미만|약|포트|씨피유|메모리|램|디스크|스왑|온도|부하|로드|에러율|응답시간|응답속도|커넥션|연결|중에|에서|로그|마지막|딱|한|제일|기준|을|를|은|는|이|가|도|만|로|으로|까지|부터|상태|에|하고|랑|와|과))[-_]?\d+[a-z]?"
)  # fmt: skip


@dataclass
class Named:
    """What was called by name, and where. `mentions` keeps (span, ids) so that an exclusion can be tied to its names."""

    servers: list[str] = field(default_factory=list)
    globs: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    mentions: list[tuple[Span, tuple[str, ...]]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def add(self, span: Span, ids: tuple[str, ...]) -> None:
        self.mentions.append((span, ids))
        self.spans.append(span)
        self.servers += [one for one in ids if one not in self.servers]


def find(text: Text, fleet: Inventory, hints: tuple[str, ...] = ()) -> Named:
    """Everything called by name, in the order of the text. `hints` are tags named: they settle which of two is meant."""
    named = Named()
    taken = bytearray(len(text.folded))

    def take(span: Span) -> None:
        taken[span[0] : span[1]] = b"\x01" * (span[1] - span[0])

    for hit in _GLOB.finditer(text.folded):
        _keep_glob(text, hit.span(), fleet, named)
        take(hit.span())
    for hit in _STARTING.finditer(text.folded):
        prefix = hit[1] or hit[2]
        if any(one.startswith(prefix) for one in fleet.folded):
            named.globs.append(prefix + "*")
            named.spans.append(hit.span())
            take(hit.span())
    found: list[tuple[Span, tuple[str, ...]]] = []
    for span, ids in _exact(text.folded, fleet, taken):
        found.append((span, ids))
        take(span)
    for span, ids, unknown in _numbered(text.folded, fleet, taken, hints):
        if ids:
            found.append((span, ids))
        named.unknown += [one for one in unknown if one not in named.unknown]
        named.spans.append(span)
        take(span)
    for span, ids in _endings(text.folded, fleet, taken):
        found.append((span, ids))
        take(span)
    for span, ids in _ranges(text.folded, sorted(found), fleet):
        named.add(span, ids)
    for hit in _WELL_FORMED.finditer(text.folded):
        if not any(taken[hit.start() : hit.end()]) and _is_name(hit[1], fleet):
            word = text.shown[hit.start() : hit.end()]
            named.unknown += [word] if word not in named.unknown else []
            named.spans.append(hit.span())
            take(hit.span())
    return named


def _endings(folded: str, fleet: Inventory, taken: bytearray) -> list[tuple[Span, tuple[str, ...]]]:
    """ "gpu-01" where the one that is called so is prod-gpu-01; of several the live ones."""
    found = []
    for hit in _WELL_FORMED.finditer(folded):
        ids = () if any(taken[hit.start() : hit.end()]) else fleet.endings.get(key_of(hit[1]), ())
        if ids:
            found.append((hit.span(), _live(fleet, ids)))
    return found


_UP_TO = re.compile(r"\s*(?:번)?\s*(?:~|부터|에서|to|through|thru)\s*")


def _ranges(
    folded: str, found: list[tuple[Span, tuple[str, ...]]], fleet: Inventory
) -> list[tuple[Span, tuple[str, ...]]]:
    """ "web-01 ~ web-03" has web-02 in it."""
    whole = list(found)
    for (span, ids), (after, others) in pairwise(found):
        first, last = (
            re.fullmatch(r"(.*?)[\s_.-]*0*(\d{1,6})", names[-1 if names is ids else 0].lower())
            for names in (ids, others)
        )
        if first and last and first[1] == last[1] and _UP_TO.fullmatch(folded, span[1], after[0]):
            stem, numbers = key_of(first[1]), range(int(first[2]) + 1, int(last[2]))
            between = [name for number in numbers[:1000] for name in fleet.stems.get((stem, number), ())]
            whole.append(((span[1], span[1]), tuple(between)))
    return sorted(whole)


def _keep_glob(text: Text, span: Span, fleet: Inventory, named: Named) -> None:
    low, shown = text.folded[slice(*span)], text.shown[slice(*span)]
    part = max(low.split("*"), key=len)
    if any(fnmatchcase(name, low) for name in fleet.ids):
        shown = low
    elif any(part in name for name in fleet.folded) and not any(fnmatchcase(name, shown) for name in fleet.ids):
        inside = (f"*{joint}{low}" for joint in "-_.")  # "edge-*" of prod-edge-01, prod-edge-02
        shown = next((one for one in inside if any(fnmatchcase(name, one) for name in fleet.ids)), shown)
    if shown.strip("*-_.") and shown not in named.globs:
        named.globs.append(shown)
        named.spans.append(span)


def _exact(folded: str, fleet: Inventory, taken: bytearray) -> list[tuple[Span, tuple[str, ...]]]:
    """Ids in any spelling: the longest chain of letters and digits from a place that is the key of one."""
    runs = list(RUN.finditer(folded))
    found = []
    reached = 0
    for index, first in enumerate(runs):
        if first.start() < reached or taken[first.start()]:
            continue
        offsets = range(len(first[0])) if first[0][0] >= "가" and len(first[0]) <= 12 else (0,)
        for offset in offsets:
            hit = _longest(folded, runs, index, offset, fleet)
            if hit and not any(taken[hit[0][0] : hit[0][1]]):
                hit = _with_more(folded, hit, fleet)
                found.append(hit)
                reached = hit[0][1]
                break
    return found


def _with_more(folded: str, hit: tuple[Span, tuple[str, ...]], fleet: Inventory) -> tuple[Span, tuple[str, ...]]:
    """ "web 1, 2번": the numbers after a numbered name stand for its neighbours."""
    (start, end), ids = hit
    ending = re.fullmatch(r"(.*?)[\s_.-]*0*\d+", ids[0].lower())
    more = _LIST.match(folded, end)
    if ending is None or more is None:
        return hit
    stem = key_of(ending[1])
    others = [
        name
        for number in _MORE.findall(more[0])
        for name in fleet.stems.get((stem, int(number)), ())
        if name not in ids
    ]
    return ((start, more.end()), (*ids, *others)) if others else hit


def _longest(
    folded: str, runs: list[re.Match[str]], index: int, offset: int, fleet: Inventory
) -> tuple[Span, tuple[str, ...]] | None:
    start = runs[index].start() + offset
    if start and folded[start - 1] in "-_." and folded[start - 2 : start - 1].isalnum() and offset == 0:
        return None
    key, best = "", None
    for count in range(index, min(index + fleet.longest + 1, len(runs))):
        run = runs[count]
        word = run[0][offset:] if count == index else run[0]
        if count > index and not _SEPARATOR.fullmatch(folded, runs[count - 1].end(), run.start()):
            break
        if len(word) >= 40 or key + ("#" if word[0].isdigit() else word[0]) not in fleet.openings:
            break
        if word[0] >= "가":  # a Korean part may carry a particle behind it
            for cut in range(len(word), 0, -1):
                tail = word[cut:]
                ids = fleet.keys.get(key + word[:cut])
                if ids and (not tail or _PARTICLE.match(tail)) and (cut > 1 or key):
                    best = ((start, run.start() + (offset if count == index else 0) + cut), ids)
                    break
        key += f"#{int(word)}" if word[0].isdigit() else word
        ids = fleet.keys.get(key)
        if (
            ids
            and word[0] < "가"
            and _ends(folded, run.end())
            and (word[0].isdigit() or not folded[run.end() : run.end() + 1].isdigit())
        ):
            best = ((start, run.end()), ids)
    return best


def _ends(folded: str, end: int) -> bool:
    following = folded[end : end + 2]
    return (
        not (following[:1] in ("-", "_") and following[1:].isalnum())
        and following[:1] not in ("*",)
        and not (following[:1].isascii() and following[:1].isalpha() and not folded[end - 1].isdigit())
    )


def _numbered(
    folded: str, fleet: Inventory, taken: bytearray, hints: tuple[str, ...]
) -> list[tuple[Span, tuple[str, ...], list[str]]]:
    """ "웹 1, 2번", "2번 결제 서버", "api 1번이 2번보다": a group or the stem of ids, and numbers."""
    found = []
    heads = [(match.start, match.end, match.value) for match in fleet.groups.find(folded)]
    longest = max(map(len, fleet.stem_keys), default=0)
    for run in re.finditer(r"[a-z]+|[가-힣]+", folded):
        for cut in range(min(len(run[0]), longest), 1, -1):
            if run[0][:cut] in fleet.stem_keys and (cut == len(run[0]) or run[0][cut:] in ("서버", "섭")):
                heads.append((run.start(), run.start() + cut, ""))
                break
    for start, end, group in sorted(heads, key=lambda head: (head[0], -head[1])):
        if any(taken[start:end]) or (start > 1 and folded[start - 1] in "-_." and folded[start - 2].isalnum()):
            continue
        hit = _NUMBERS.match(folded, end)
        numbers: list[int] = []
        if hit and (hit[2] or (hit[3] and "번" in hit[3]) or not group or hit.start(1) - end <= 1):
            numbers = [int(hit[1]), *(int(n) for n in _MORE.findall(hit[3] or ""))]
            stop, begin = hit.end(), start
        else:
            before = next(
                (one for one in _BEFORE.finditer(folded, max(0, start - 30), start + 1) if one.end() == start), None
            )
            if before is None:
                continue
            numbers = [int(n) for n in _MORE.findall(before[1])]
            stop, begin = end, before.start()
        stem = key_of(folded[start:end])
        ids: list[str] = []
        unknown = []
        certain = bool(hit and hit[2]) or begin < start
        for number in numbers:
            one = _of_number(fleet, stem, group, number, hints)
            ids += [name for name in one if name not in ids]
            if not one and (certain or (hit and hit.start(1) - end <= 1)):
                unknown.append(
                    folded[start : hit.end(1)].strip() if hit and len(numbers) == 1 else f"{folded[start:end]}-{number}"
                )
        if ids or unknown:
            found.append(((begin, stop), tuple(ids), unknown))
            taken[begin:stop] = b"\x01" * (stop - begin)
    return found


def _of_number(fleet: Inventory, stem: str, group: str, number: int, hints: tuple[str, ...]) -> tuple[str, ...]:
    exact = fleet.stems.get((stem, number), ())
    if exact and not hints:
        return exact
    numbered = [name for (_, own), names in fleet.stems.items() if own == number for name in names]
    wider = [name for name in numbered if group and fleet.group_of[name] == group]
    fitting = [name for name in (*exact, *wider) if name in fleet.tagged(hints)] if hints else []
    if fitting:
        return tuple(dict.fromkeys(fitting))
    return exact or _live(fleet, wider)


def _live(fleet: Inventory, names: Sequence[str]) -> tuple[str, ...]:
    """Those of production, where some of them are."""
    live = [name for name in names if fleet.tags_of[name].get("env") in ("prod", "production", None)]
    return tuple(live or names)


def _is_name(word: str, fleet: Inventory) -> bool:
    """Whether a word with a number at its end looks like the name of a server, known or not."""
    stem = re.sub(r"[-_]?\d+[a-z]?$", "", word)
    if "-" in word and key_of(stem) in fleet.ending_stems:
        return True
    if key_of(stem) in fleet.stem_keys or (fleet.groups.first(stem) is not None and len(stem) > 1):
        return not _NOT_A_NAME.fullmatch(word) or "-" in word
    if _NOT_A_NAME.fullmatch(word) or re.fullmatch(r"[가-힣]+\d+[a-z]?", word):
        return False
    return "-" in word or "_" in word or len(stem) >= 3
