"""What a compound question says beside its frame: which of the servers it means, a second metric, an aggregate, both
ends of a ranking, growth, a cause. Frames hold one question; these are its other halves, read from the sentence."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from lib.mcp.core.question import Asked
from lib.mcp.core.sources import Sources
from lib.mcp.npu import metrics
from lib.mcp.npu.extractor import extract

_SERVERS = r"(?:서버|섭(?!씨)|호스트|노드|장비|애들|(?<![a-z])(?:servers?|hosts?|nodes?|machines?|boxes)(?![a-z]))"
_WORDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("critical", "warning", "stale", "offline"), r"비정상|문제 ?있는|(?<![a-z])(?:unhealthy|troubled)"),
    (("ok",), r"(?<!비)정상|멀쩡|건강|(?<![a-z])(?:healthy|ok)(?![a-z])"),
    (("warning",), r"경고|주의|(?<![a-z])warnings?(?![a-z])"),
    (("critical",), r"위험|심각|크리티컬|(?<![a-z])critical(?![a-z])"),
    (("offline",), r"오프라인|꺼진|다운된|(?<![a-z])offline(?![a-z])"),
)
_BETWEEN = r"\s*(?:상태|수준)?\s*(?:이상)?\s*(?:인|한|의|에 있는)?\s*"
_BEFORE = [(kept, re.compile(rf"(?:{words}){_BETWEEN}{_SERVERS}")) for kept, words in _WORDS]
_WITH = (
    r"\s+(?:with|in|at|whose|that (?:are|is)|which are|having)\s+(?:an?\s+)?"
    r"(?P<of>[a-z /]{2,14}?\s+(?:is\s+|at\s+|in\s+)?)?"
)
_AFTER = [(kept, re.compile(rf"{_SERVERS}{_WITH}(?:{words})")) for kept, words in _WORDS]
_NEAR = 3  # signs between a metric and the level word that is its own: "CPU가 경고인"

# Words of one end only. "Room" and "free" may be much or little, and "top 5 least loaded" is one end.
_HIGH = (
    r"높|많|큰|최고|최대|바쁜|빡센|뜨거|느린|"
    r"(?<![a-z])(?:highest|most|max|busiest|heaviest|hottest|slowest|fullest)(?![a-z])"
)
_LOW = (
    r"낮|적은|적게|작은|최저|최소|한가|널널|노는|시원|빠른|"
    r"(?<![a-z])(?:lowest|least|min|idlest|quietest|coolest|fastest|emptiest|lightest)(?![a-z])"
)
_ENDS = ((_HIGH, _LOW), ("상위", "하위"), (r"(?<![a-z])top(?![a-z])", r"(?<![a-z])bottom(?![a-z])"), ("best", "worst"))
_BOTH_ENDS = re.compile(
    # "Top 5 least loaded" is one end, "top 5 and also the lowest 5" are both.
    r"(?<![a-z])top .{1,24}(?<![a-z])(?:and|also|plus)(?![a-z]).{0,12}(?:lowest|least|bottom)(?![a-z])|"
    + "|".join(rf"(?:{one}).{{0,24}}(?:{other})|(?:{other}).{{0,24}}(?:{one})" for one, other in _ENDS)
)
_GROWN = re.compile(
    r"급증|급상승|증가|늘어|늘었|늘고|올라간|오른|올랐|상승|불어|(?<![a-z])(?:grow(?:s|ing|n)?|grew|growth|ris(?:e|es|ing|en)|rose|"
    r"increas(?:e|ed|es|ing)|climb(?:ed|ing)?|fill(?:s|ed|ing)? (?:up )?fast\w*)(?![a-z])"
)
_SHRUNK = re.compile(
    r"감소|줄어|줄었|내려간|하락|떨어|(?<![a-z])(?:shr[iau]nk(?:s|ing)?|fell|fall(?:s|ing|en)?|drop(?:s|ped|ping)?|decreas(?:e|ed|es|ing))(?![a-z])"
)
_EITHER = re.compile(
    r"(?:이?거나|또는|혹은|아니면)(?=[^.?!]{0,60}\d)|(?:둘|셋)\s*중\s*(?:하나|아무)|하나라도|(?:cpu|씨피유|메모리|램|디스크|스왑)\s?이?나\s"
    r"|(?<![a-z])(?:either(?![a-z])"
    r"|or(?![a-z])(?! (?:more|less|above|below|over|under|higher|lower|greater|fewer|better|worse|so)(?![a-z])))"
)
_HOW_MANY = re.compile(
    r"(?:서버|대수|호스트|노드)(?:가|는|수가|\s*수는)?\s*(?:더\s*)?(?:많|적)|몇\s*대|"
    r"(?<![a-z])(?:more|fewer|most|fewest) (?:servers|hosts|nodes)"
)
_CAUSE = re.compile(
    r"원인|범인|때문|누가|누구|왜|뭐가 그랬|"
    r"(?<![a-z])(?:caus(?:e|ed|es|ing)|culprit|who|why|responsible|behind|because)(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Servers in one of the `statuses`; of a `metric` those that are at the level of that severity."""

    statuses: tuple[str, ...]
    metric: str = ""


def filter_of(text: str) -> Filter | None:
    """ "CPU 경고 서버들", "critical servers", "servers with memory warnings"."""
    folded = text.casefold()
    for (kept, before), (_, after) in zip(_BEFORE, _AFTER, strict=True):
        hit = before.search(folded)
        if hit:
            return Filter(kept, _metric_at_the_end(folded[: hit.start()]) if kept[0] in _LEVELS else "")
        hit = after.search(folded)
        if hit:
            return Filter(kept, _metric_at_the_end(hit["of"] or "") if kept[0] in _LEVELS else "")
    return None


_LEVELS = {"warning", "critical"}


def _metric_at_the_end(text: str) -> str:
    mentions = metrics.find(text, {}).mentions
    return mentions[-1].value if mentions and len(text) - mentions[-1].end <= _NEAR else ""


def other_metrics(asked: Asked, sources: Sources, but: Collection[str]) -> list[str]:
    """The metrics that the sentence names besides those, in its order."""
    if not asked.text:
        return []
    now = datetime.fromtimestamp(int(sources.now), UTC)
    found = extract(asked.text, now, sources.inventory()).measured
    return [one for one in found.names if one not in but]


def aggregate_of(asked: Asked) -> str | None:
    """ "평균", "average": how values are to be summed up, where the frame has no place for it."""
    return asked.text_of("agg") or metrics.find(asked.text.casefold(), {}).agg


def wants_both_ends(asked: Asked) -> bool:
    return bool(_BOTH_ENDS.search(asked.text.casefold()))


def growth_of(asked: Asked) -> int:
    """1 where it is asked what grew, -1 where what shrank, else 0."""
    text = asked.text.casefold()
    return 1 if _GROWN.search(text) else -1 if _SHRUNK.search(text) else 0


def wants_either(asked: Asked) -> bool:
    """Whether one of several conditions will do."""
    return bool(_EITHER.search(asked.text.casefold()))


def wants_count(asked: Asked) -> bool:
    """Whether groups are compared by how many servers they have."""
    return bool(_HOW_MANY.search(asked.text.casefold()))


def wants_cause(asked: Asked) -> bool:
    return bool(_CAUSE.search(asked.text.casefold()))
