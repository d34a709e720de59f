"""Finds runbooks by words of either language: by titles, symptoms and what people call the trouble."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

from lib.mcp.knowledge.troubleshooting.form import Runbook
from lib.mcp.npu.text import read
from lib.mcp.npu.topics import topic_of

MOST_FOUND = 8
_MOST_READ = 400  # letters; what comes after them is no search any more
_NAMED = 12.0  # the topic that the question reader itself would take
_KEYWORD = 5.0
_WEIGHTS = {"title": 3.0, "keywords": 2.5, "symptom": 1.0}
_LEAST = 1.2
_WORD = re.compile(r"[a-z0-9][a-z0-9_./-]*|[가-힣]+")
_LATIN_END = re.compile(r"(?:ing|ed|es|s)$")
# Ask for help rather than name a trouble.
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        """
        the a an is are was it its my our your on in at of to for from with and or not no do does did how what why when which who can could should i we you
        me have has be been this that there server servers fix help get show about please problem issue high check runbook keeps keep too up out down
        어떻게 방법 해결 조치 문제 서버 때 알려줘 알려 주세요 해야 하나 하지 뭐 뭘 왜 좀 높을 높아 확인 점검 런북 자꾸 계속 너무
        """,
    )
)


class Index:
    """Weighs each word by how few runbooks have it."""

    def __init__(self, runbooks: Iterable[Runbook]) -> None:
        self._fields: dict[str, dict[str, set[str]]] = {}
        self._phrases: dict[str, list[tuple[str, str]]] = {}
        seen: Counter[str] = Counter()
        for one in runbooks:
            fields = {
                name: _stems(f"{text.ko} {text.en}")
                for name, text in (("title", one.title), ("keywords", one.keywords), ("symptom", one.symptom))
            }
            fields["keywords"] |= _stems(one.topic.replace("_", " "))
            self._fields[one.topic] = fields
            self._phrases[one.topic] = [
                (locale, _packed(phrase))
                for locale, text in (("ko", one.keywords.ko), ("en", one.keywords.en))
                for phrase in (*text.split(","), one.topic.replace("_", " "))
            ]
            seen.update(set().union(*fields.values()))
        self._rare = {stem: math.log(1 + len(self._fields) / count) for stem, count in seen.items()}

    def search(self, words: str, locale: str | None) -> list[str]:
        folded = read(words[:_MOST_READ]).folded
        stems, packed = _stems(folded), _packed(folded)
        named = topic_of(folded)
        scores = {}
        for topic, fields in self._fields.items():
            score = _NAMED if topic == named else 0.0
            score += sum(_WEIGHTS[name] * self._rare[stem] for name, known in fields.items() for stem in stems & known)
            said = [
                _KEYWORD * math.sqrt(len(phrase)) + (0.1 if spoken == locale else 0.0)
                for spoken, phrase in self._phrases[topic]
                if len(phrase) > 1 and _is_said(phrase, packed, folded)
            ]
            score += max(said, default=0.0)
            if score >= _LEAST:
                scores[topic] = score
        best = sorted(scores, key=lambda topic: -scores[topic])[:MOST_FOUND]
        return [topic for topic in best if scores[topic] >= scores[best[0]] / 5]


def _packed(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text.lower())


def _is_said(phrase: str, packed: str, folded: str) -> bool:
    """Short Latin words must stand alone ("fd", "ssh"); longer ones and Korean may be glued to others."""
    if phrase.isascii() and len(phrase) < 5:
        return re.search(rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])", folded) is not None
    return phrase in packed


def _stems(text: str) -> set[str]:
    """Latin words without their endings; of Korean words every beginning of two syllables or more, for particles follow."""
    found: set[str] = set()
    for word in _WORD.findall(text.lower()):
        if word in _EMPTY:
            continue
        if word[0] >= "가":
            found.update(word[:end] for end in range(2, min(len(word), 5) + 1) if word[:end] not in _EMPTY)
        else:
            word = word.strip("./-")
            found.add(_LATIN_END.sub("", word) if len(word) > 4 else word)
    return found
