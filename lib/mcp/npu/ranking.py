"""How many and from which end: "상위 5대", "least loaded", "톱텐", "the two with the lowest"."""

from __future__ import annotations

import re

from lib.mcp.npu.numbers import DIGITS, ENGLISH, NUMBER, value_of

_COUNTER = (
    r"(?:대(?!비|역|기|응|용|체|략)|개(?!월|선|발|인|편)|가지|곳|놈|마리|명|건|줄|위까지|위(?=\s|만|$)|녀석|군데)"
)
_COUNTED = re.compile(
    rf"(?:상위|하위|탑|톱|top|worst|bottom|best|first|last|마지막|최근|tail|head|limit|topn)[\s-]*({DIGITS}|{ENGLISH}|한|두|세|네|다섯|열|텐|파이브|쓰리)(?!\s*(?:%|퍼|시간|분|초|일|hours?|hrs?|days?|min|weeks?|months?|[hdm](?![a-z])|\d))"
    rf"|({NUMBER})\s*{_COUNTER}"
    rf"|(?:상위|하위)\s*({DIGITS})\s*위"
    rf"|(?<![a-z])(?:the|give me|show me|just|only|any|which|list|pick|name|get|top)\s+({ENGLISH}|\d{{1,3}})(?=\s+(?:[a-z]+\s+)?(?:servers?|hosts?|boxes|nodes?|machines?|busiest|slowest|hottest|biggest|largest|highest|lowest|least|most|with|worst|instances|processes|lines|vms))"
    rf"|(?<![a-z])({ENGLISH}|\d{{1,3}})\s+(?:busiest|slowest|hottest|biggest|largest|highest|lowest|least|most|worst|heaviest|fullest|coolest|fastest|smallest|servers|hosts|boxes|machines|nodes|processes|instances)(?![a-z])"
    rf"|(?:give me|show me|just|only|pick)\s+({ENGLISH}|\d{{1,3}})(?=\s*(?:$|[.,?!]|please))"
    rf"|(?:서버|노드|놈|거|것|장비|딱)\s*(하나)(?![가-힣]씩)"
    rf"|({DIGITS})\s*(?:log\s+)?(?:lines|entries|rows|줄|건|라인)"
)
_NAMES = {"하나": 1, "텐": 10, "파이브": 5, "쓰리": 3}
_LINES = re.compile(
    rf"(?:last|tail|마지막|최근|latest)\s*-?n?\s*({DIGITS})(?!\s*(?:%|시간|분|초|일|hours?|hrs?|days?|min|weeks?|months?))"
)
_SUPERLATIVE = re.compile(
    r"제일|가장|젤|최고로|1등|일등|(?<![a-z])(?:the\s+)?(?:most|least|highest|lowest|biggest|largest|smallest|slowest|fastest|busiest|idlest|hottest|coolest|fullest|emptiest|worst|heaviest|hungriest|fewest|max)(?![a-z])"
)
_MANY = re.compile(
    r"순으로|순서|순(?=\s|$|\d)|순위|랭킹|정렬|들(?=\s|이|은|을|만|$|의)|목록|리스트|(?<![a-z])(?:servers|hosts|boxes|machines|nodes|processes|rank|ranking|ranked|sort|sorted|order|consumers|ones|who are|are the|instances)(?![a-z])"
)
_ASC = re.compile(
    r"낮은|낮게|낮아|적은|적게|작은|여유|널널|널럴|한가|노는|놀고|덜\s|최저|최소|오름차순|하위|빠른|가벼운|시원|(?<![a-z])(?:lowest|least|fewest|smallest|bottom|coolest|coldest|emptiest|idle|idlest|headroom|spare|room|quietest|fastest|lightest|ascending|asc|minimum|low|free|freest|best)(?![a-z])"
)
_DESC = re.compile(
    r"높은|높게|많은|많이|큰|크게|최고|최대|내림차순|상위|빡센|느린|무거운|뜨거운|심한|(?<![a-z])(?:highest|most|biggest|largest|descending|desc|hottest|slowest|busiest|heaviest|worst|high|top|maximum|fullest)(?![a-z])"
)
_FREE = re.compile(
    r"여유|남은|남아|비어|빈 공간|널널|널럴|잔여|(?<![a-z])(?:free|available|headroom|spare|remaining|room|left)(?![a-z])"
)
_LITTLE = re.compile(
    r"적은|적게|없는|부족|낮은|작은|모자란|(?<![a-z])(?:lowest|least|little|smallest|fewest|less|tightest|low)(?![a-z])"
)


# "Top 5 least loaded" counts the least: the word before the number says no end then.
_TOP_OF = re.compile(
    r"(?<![a-z])top(?:\s+\w+)?\s+(?=(?:least|lowest|fewest|smallest|quietest|idlest|emptiest|coolest|lightest)(?![a-z]))"
)


def count_of(text: str) -> tuple[int | None, tuple[int, int] | None]:
    """(how many were asked for, where it says so); (None, None) where nothing does."""
    for hit in _COUNTED.finditer(text):
        written = next(group for group in hit.groups() if group)
        number = _NAMES.get(written) or int(min(value_of(written), 10_000))
        if number > 0:
            return number, hit.span()
    return None, None


def lines_of(text: str) -> int | None:
    """How many log lines: "last 100", "tail 30"."""
    found = _LINES.search(text)
    number = int(min(value_of(found[1]), 100_000)) if found else 0
    return number or count_of(text)[0]


def is_single(text: str) -> bool:
    """Whether one is asked for by a superlative ("제일 높은 서버") and not a whole order."""
    return bool(_SUPERLATIVE.search(text)) and not _MANY.search(text)


def order_of(text: str) -> str:
    """ "asc" or "desc" of the metric's value: plenty left means little used. Without a cue "desc"."""
    if _FREE.search(text):
        return "desc" if _LITTLE.search(text) else "asc"
    text = _TOP_OF.sub("", text)
    low, high = _ASC.search(text), _DESC.search(text)
    if low and high:
        first_wins = "first" in text
        return "asc" if (low.start() < high.start()) != first_wins or low.start() < high.start() else "desc"
    return "asc" if low else "desc"
