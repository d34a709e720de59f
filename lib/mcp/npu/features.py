"""A sentence as the classifier sees it: a skeleton in which names, metrics, times and levels are single signs, and cues.

The same code makes the features of the corpus and of a question, so what is learned is what is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from zlib import crc32

from lib.mcp.core.patterns import Match
from lib.mcp.npu import cues, ranking
from lib.mcp.npu.extractor import Extraction

VERSION = 2
BUCKETS = 1 << 16
_READ = 400  # letters of a skeleton that are looked at: of a longer one the beginning and the end
_GRAMS = (2, 3, 4, 5)
_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_GLUE = re.compile(r" (?=[가-힣])|(?<=[가-힣]) ")
_TOKEN = re.compile(r"[a-z]{3,}|[가-힣]{2,}")
_WORD = re.compile(r"[a-z']+|[가-힣ㄱ-ㅎㅏ-ㅣ]+|[A-Z]|[^\sa-z가-힣A-Z]")
_TAIL = re.compile(r"(?:[\s.!?~;^]|[ㅋㅎㅠㅜ](?=[ㅋㅎㅠㅜ\s.!?~]*$))+$")


@dataclass(frozen=True, slots=True)
class Features:
    """Bucket numbers in three blocks that are weighed apart: letters, words, structure."""

    letters: list[int]
    words: list[int]
    structure: list[int]
    cues: list[Match[str]]
    flags: list[str]
    skeleton: str


def skeleton_of(found: Extraction) -> str:
    """The folded sentence with S for a server, G group or tag, M metric, P past and F future time, D duration, L level, N number."""
    text = found.rest
    marks: list[tuple[int, int, str]] = []
    if len(text) == len(found.text.folded):
        marks += [(start, end, "S") for start, end in found.targets.named_spans]
        marks += [(start, end, "G") for start, end in found.targets.word_spans]
    marks += [(one.start, one.end, "F" if one.range[1] > found.now else "P") for one in found.whens]
    marks += [(start, end, "D") for start, end, _ in found.lengths]
    marks += [(one.start, one.end, "M") for one in found.measured.mentions]
    for level in found.levels:
        end = _number_end(text, level.start)
        marks.append((level.start, end, "L" if level.unit else "N"))
    marks.sort(key=lambda mark: (mark[0], -mark[1]))
    parts: list[str] = []
    reached = 0
    for start, end, sign in marks:
        if start < reached or end <= start or end > len(text):
            continue
        parts += [text[reached:start], sign]
        reached = end
    parts.append(text[reached:])
    whole = " ".join(_NUMBER.sub("N", "".join(parts)).split())
    if len(text) != len(found.text.folded):
        whole = "S" * bool(found.targets.named_spans) + "G" * bool(found.targets.word_spans) + " " + whole
    whole = _TAIL.sub("", whole) or whole
    return whole if len(whole) <= _READ else whole[: _READ // 2] + whole[-_READ // 2 :]


def _number_end(text: str, start: int) -> int:
    number = _NUMBER.match(text, start)
    end = number.end() if number else start + 1
    unit = re.compile(r"\s*(?:%|퍼센트|프로|퍼|percent|ms|초|gb|기가|도|°c)").match(text, end)
    return unit.end() if unit else end


def _few(count: int) -> str:
    return str(min(count, 3))


def flags_of(found: Extraction, skeleton: str) -> list[str]:
    """What was read, as claims that are true or not there."""
    targets, names = found.targets, found.measured.names
    flags = []
    for name, count in (
        ("servers", len(targets.servers)),
        ("groups", len(targets.groups)),
        ("tags", len(targets.tags)),
        ("unknown", len(targets.unknown)),
        ("globs", len(targets.globs)),
        ("metrics", len(names)),
        ("past", sum(one.range[1] <= found.now for one in found.whens)),
        ("future", sum(one.range[1] > found.now for one in found.whens)),
        ("lengths", len(found.lengths)),
        ("compared", sum(one.op is not None for one in found.levels)),
        ("bare", sum(one.op is None for one in found.levels)),
        ("severity", len(found.severity)),
        ("statuses", len(found.statuses)),
    ):
        if count:
            flags.append(f"{name}{_few(count)}" if name in ("servers", "groups", "tags", "past", "metrics") else name)
    flags += [f"m:{name}" for name in names[:3]] + [f"soft:{name}" for name in found.measured.soft[:2]]
    for name, value in (
        ("agg", found.measured.agg),
        ("port", found.port),
        ("process", found.process),
        ("keyword", found.keyword),
        ("state", found.alert_state),
        ("free", found.measured.free),
        ("count", ranking.count_of(found.bare)[0]),
        ("single", ranking.is_single(found.bare)),
    ):
        if value:
            flags.append(name)
    if not (targets.servers or targets.groups or targets.tags or targets.unknown or targets.globs):
        flags.append("no-target")
    if not names:
        flags.append("no-metric")
    if not found.whens:
        flags.append("no-time")
    if "?" in found.rest[-4:]:
        flags.append("asks")
    words = len(skeleton.split())
    flags.append(
        "len:" + ("1" if words < 2 else "3" if words < 4 else "7" if words < 8 else "15" if words < 16 else "long")
    )
    flags.append("ko" if _HANGUL.search(skeleton) else "latin")
    return flags


def tokens_of(skeleton: str) -> list[str]:
    """What makes a sentence of its own words: Latin words, and the first two syllables of Korean ones."""
    return [word[:2] if word[0] >= "가" else word for word in _TOKEN.findall(skeleton)]


def place_of(token: str) -> int:
    return crc32(token.encode()) % BUCKETS


def _strangeness(skeleton: str, known: bytes) -> list[str]:
    """How many of its words no question about a fleet has used: the world talks of other things."""
    tokens = tokens_of(skeleton)
    strange = sum(not known[place >> 3] >> (place & 7) & 1 for place in map(place_of, tokens))
    if not tokens:
        return ["strange:none"]
    share = strange / len(tokens)
    return [
        f"strange:{min(strange, 4)}",
        "strange:" + ("no" if not strange else "some" if share < 0.3 else "half" if share < 0.6 else "most"),
    ]


def features_of(found: Extraction, known: bytes, before: str | None = None) -> Features:
    """Of the sentence by itself, or as said after an answer to a question of the intent `before`.

    `known` has a bit for the place of each word that questions about a fleet use (`place_of`)."""
    skeleton = skeleton_of(found)
    said = cues.find(found.rest)
    flags = flags_of(found, skeleton) + _strangeness(skeleton, known)
    glued = "^" + _GLUE.sub("", skeleton) + "$"
    letters = {glued[at : at + size] for size in _GRAMS for at in range(len(glued) - size + 1)}
    tokens = ["^", *_WORD.findall(skeleton), "$"]
    words = set(tokens) | {f"{a} {b}" for a, b in pairwise(tokens)}
    words.add(f"all {glued}")
    words |= {f"{a} {b} {c}" for a, b, c in zip(tokens, tokens[1:], tokens[2:], strict=False)}
    named = list(dict.fromkeys(one.value for one in said))
    claims = [f"c:{name}" for name in named[:10]] + [f"f:{name}" for name in flags]
    structure = set(claims)
    structure |= {f"{a}&{b}" for a, b in combinations(sorted(claims)[:24], 2)}
    structure |= {f"{a}>{b}" for a, b in pairwise(named)}
    if before:
        structure |= {f"p:{before}&{one}" for one in claims} | {f"p:{before}"}
    if named:
        structure |= {f"first:{named[0]}", f"last:{named[-1]}"}
    return Features(_hashed("l", letters), _hashed("w", words), _hashed("s", structure), said, flags, skeleton)


def _hashed(block: str, names: set[str]) -> list[int]:
    return sorted({crc32(f"{block}\t{name}".encode()) % BUCKETS for name in names})
