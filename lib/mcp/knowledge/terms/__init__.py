"""Terms people ask the meaning of: found by words of either language, else by the metric a question names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lib.domain.metrics import metric_of
from lib.mcp.core.patterns import Lexicon
from lib.mcp.knowledge.terms.figures import FIGURES
from lib.mcp.knowledge.terms.form import Difference, Term
from lib.mcp.knowledge.terms.measures import MEASURES
from lib.mcp.knowledge.terms.pairs import DIFFERENCES
from lib.mcp.knowledge.terms.watching import WATCHING
from lib.mcp.npu.text import read

__all__ = [
    "Difference",
    "Term",
    "compares",
    "difference_for",
    "differences",
    "is_asked",
    "term",
    "term_for",
    "terms",
    "terms_in",
]

_TERMS: dict[str, Term] = {one.key: one for one in (*MEASURES, *FIGURES, *WATCHING)}
_DIFFERENCES = {one.keys: one for one in DIFFERENCES}
# Words that hold a term's and mean something else.
_MASK = "키보드|키워드|로드 밸런서|로드밸런서|load balancers?|다운로드|업로드|프로그램|텔레그램|채널톡|페이로드|워크로드|workload|download|upload|확인해|확인 좀|해결 방법|해결해"
_WORDS: Lexicon[str] = Lexicon([(key, one.words) for key, one in _TERMS.items()], mask=_MASK)
# Names of the question reader that are no catalogue metric.
_FAMILIES = {"load": "load", "load1": "load", "load5": "load", "load15": "load", "memory_free": "memory"}
_ASKED_AFTER = re.compile(
    r"\s*(?:이라는|라는|이라고|라고|이란|이|가|은|는|란)?\s*(?:건|게|것이|말이|말은|말)?\s*(?:뭐|뭔|뭘|무엇|무슨|뜻|의미|개념|정의|설명|알려|mean(?![a-z])|stand for)"
    r"|(?:이란|란)(?![가-힣])"
)
_ASKED_BEFORE = re.compile(
    r"(?:what(?:'s| is| are| does| do)|define|explain|meaning of|definition of|what)\s+(?:the |a |an |is |term |word )*[\"']?$"
)
_DIFFERS = re.compile(r"차이|다른|달라|다르|구분|비교|differ|(?<![a-z])(?:vs|versus|same as)(?![a-z])")
_AGGREGATES = {"avg": "average", "p50": "p50", "p95": "p95", "p99": "p99"}


def terms() -> tuple[str, ...]:
    return tuple(_TERMS)


def differences() -> tuple[Difference, ...]:
    return tuple(_DIFFERENCES.values())


def term(key: str) -> Term:
    """KeyError for what is none; `terms()` has them all."""
    return _TERMS[key]


def term_for(text: str, metrics: Sequence[str] = ()) -> Term | None:
    """The term a question asks about: the one that stands beside "뭐", "뜻", "what is" and the like, else the last that
    is no plain metric ("CPU의 p95"), else the last; else that of the first metric; None where none is known."""
    folded = read(text).folded
    named = _WORDS.find(folded)
    if not named:
        return next((found for one in metrics if (found := _of_metric(one)) is not None), None)
    asked = [one.value for one in named if _ASKED_AFTER.match(folded, one.end)]
    asked += [one.value for one in named if _ASKED_BEFORE.search(folded[max(0, one.start - 30) : one.start])]
    particular = [one.value for one in named if _TERMS[one.value].metric is None]
    return _TERMS[(asked or particular[-1:] or [named[-1].value])[0]]


def terms_in(text: str) -> list[Term]:
    """All terms a text names, in its order."""
    return [_TERMS[key] for key in _WORDS.values(read(text).folded)]


def is_asked(text: str) -> bool:
    """Whether a sentence asks what a term means, or how two that are taken for each other differ."""
    folded = read(text).folded
    if _DIFFERS.search(folded) and difference_for(text) is not None:
        return True
    return any(
        _ASKED_AFTER.match(folded, one.end) or _ASKED_BEFORE.search(folded[max(0, one.start - 30) : one.start])
        for one in _WORDS.find(folded)
    )


def compares(text: str) -> bool:
    """Whether a sentence speaks of a difference at all."""
    return _DIFFERS.search(read(text).folded) is not None


def difference_for(text: str, metrics: Sequence[str] = ()) -> Difference | None:
    """How two terms differ that a question names; None where it does not name two that are taken for each other."""
    named = _WORDS.values(read(text).folded)
    named += [found.key for one in metrics if (found := _of_metric(one)) is not None and found.key not in named]
    pairs = [frozenset((a, b)) for place, a in enumerate(named) for b in named[place + 1 :]]
    return next((_DIFFERENCES[one] for one in pairs if one in _DIFFERENCES), None)


def _of_metric(metric: str) -> Term | None:
    known = metric_of(metric)
    name = known.name if known else metric
    return _TERMS.get(_FAMILIES.get(name, _AGGREGATES.get(name, name)))
