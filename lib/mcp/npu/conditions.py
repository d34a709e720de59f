"""Levels in a sentence: which metric, compared how, with what value and unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lib.mcp.core.patterns import Match
from lib.mcp.npu.numbers import DIGITS, value_of

_UNIT = r"(?:퍼센트|프로(?!세|그)|퍼(?!센)|%p|%|percent(?:age)?(?: points?)?(?![a-z])|pct(?![a-z])|밀리초|milliseconds?|millis?(?![a-z])|ms(?![a-z])|초(?!과|당)|seconds?(?![a-z])|secs?(?![a-z])|s(?![a-z])|gib(?![a-z])|gb(?![a-z])|기가(?:바이트)?|기가|mb(?![a-z])|mib(?![a-z])|메가(?:바이트)?|tb(?![a-z])|테라(?:바이트)?|°\s*c|°|도(?![가-힣]*면)|도(?=\s*(?:이|넘|초|찍|가))|degrees?(?: celsius)?(?![a-z])|celsius|개|건|g(?![a-z]))"
_UNITS = (
    ("%", ("퍼", "프", "%", "pe", "pc")),
    ("ms", ("밀리", "mil", "ms")),
    ("GB", ("gi", "gb", "기가", "g")),
    ("MB", ("mb", "mib", "메가")),
    ("TB", ("tb", "테라")),
    ("°C", ("°", "도", "deg", "cel")),
    ("s", ("초", "s")),
)
_NATURAL = {
    "temperature": "°C",
    "latency": "ms",
    "load": "",
    "connections": "",
    "requests": "",
    "network": "",
    "net_in": "",
    "net_out": "",
    "disk_io": "",
}
_NUMBER = re.compile(rf"({DIGITS})\s*({_UNIT})?")
_PARTICLE = r"\s*(?:을|를|이|가|은|는|로|으로|선|대|정도|근처|라인|에|보다|개|건)?\s*"
_AFTER: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (op, re.compile(_PARTICLE + words))
    for op, words in (
        ("gte", r"(?:이상|찍|or (?:more|above|higher|over|greater)|\+|and (?:above|up|over)|도달|에 달|이르|터치|부터 위)"),
        ("lte", r"(?:이하|or (?:less|below|lower|under|fewer)|and (?:below|under)|까지만)"),
        ("gt", r"(?:초과|넘|over(?![a-z])|above(?![a-z])|웃도|웃돈|상회|돌파|위로|위인|보다 (?:높|크|많|큰)|이상을 넘|뚫|오버|up(?![a-z]))"),
        ("lt", r"(?:미만|under(?![a-z])|below(?![a-z])|밑|아래|못\s*미치|안\s*되|안되|도 안|못 되|밖에|하회|보다 (?:낮|작|적)|언더|못\s*넘|이 안|내려가|떨어지)"),
    )
)  # fmt: skip
_BEFORE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (op, re.compile(rf"(?<![a-z]){words}\s*(?:the\s+|about\s+|around\s+|up\s+)?$"))
    for op, words in (
        ("gte", r"(?:at least|no less than|not less than|greater than or equal to|at or (?:above|over)|minimum(?: of)?|reach(?:es|ed|ing)?|hits?|hitting|touch(?:es)?|more than or equal to|starting at|from|>=|≥)"),
        ("lte", r"(?:at most|no more than|not more than|less than or equal to|at or (?:below|under)|up to|maximum of|no higher than|<=|≤)"),
        ("gt", r"(?:over|above|exceed(?:s|ed|ing)?|more than|greater than|higher than|beyond|past|pass(?:es)?|cross(?:es|ed)?|hotter than|busier than|larger than|bigger than|slower than|longer than|goes over|rises? to|climbs? (?:to|over|above)|warmer than|fuller than|>)"),
        ("lt", r"(?:under|below|less than|lower than|fewer than|smaller than|faster than|cooler than|beneath|drops? (?:to|under|below)|falls? (?:to|under|below)|shorter than|<)"),
    )
)  # fmt: skip
# Half of something, where it is compared; the number takes no more room than the word.
_HALF = re.compile(
    r"(절반도?)(?=\s*(?:을|이|은)?\s*(?:이상|넘|이하|밑|미만|초과|안\s*되|아래))|((?<![a-z])(?:over|above|more than|less than|under|below|at least)\s+)half(?![a-z]|\s+an?\s)"
)
_RANGE = re.compile(
    rf"({DIGITS})\s*({_UNIT})?\s*(?:에서|부터|~|-|and|to|과|와)\s*({DIGITS})\s*({_UNIT})?\s*(?:까지)?\s*(사이|구간|범위)?"
)
_CHANGE = re.compile(
    rf"(?:({DIGITS})\s*({_UNIT})?\s*(?:에서|->|→|to)\s*|from\s+({DIGITS})\s*({_UNIT})?\s+to\s+)({DIGITS})\s*({_UNIT})?"
)
_BETWEEN = re.compile(r"(?<![a-z])(?:between|from|within)\s+$")
_FREE = re.compile(r"여유|남은|남아|남는|남음|잔여|(?<![a-z])(?:free|available|left|remaining|spare|headroom)(?![a-z])")
_CAPACITY = frozenset({"memory", "disk", "inode", "swap"})
MOST_LEVELS = 12
_MIRROR = {"gt": "lt", "gte": "lte", "lt": "gt", "lte": "gte"}


@dataclass(frozen=True, slots=True)
class Level:
    """A condition and where it stands. `op` None: a bare level ("90으로"), to be read as the intent wants it."""

    start: int
    end: int
    metric: str | None
    op: str | None
    value: float
    value2: float | None = None
    unit: str = ""

    def condition(self, metric: str, default_op: str = "gt") -> dict[str, Any]:
        made: dict[str, Any] = {"metric": metric, "op": self.op or default_op, "value": self.value}
        if self.value2 is not None:
            made["value2"] = self.value2
        made["unit"] = self.unit or _NATURAL.get(metric, "%" if "." not in metric else "")
        return made


def _unit(written: str | None) -> str:
    low = (written or "").replace(" ", "")
    return next((unit for unit, starts in _UNITS if low.startswith(starts)), "") if low else ""


def find(text: str, mentions: list[Match[str]]) -> list[Level]:
    """All levels in a folded text, each tied to the metric named nearest before it, else nearest after."""
    text = _HALF.sub(lambda hit: ("50%" if len(hit[1]) > 2 else "50") if hit[1] else f"{hit[2]}50% ", text)
    found: list[Level] = []
    position = 0
    while len(found) < MOST_LEVELS and (hit := _NUMBER.search(text, position)):
        level = _changed(text, hit) or _ranged(text, hit) or _compared(text, hit)
        found.append(level)
        position = max(level.end, hit.end())
    return [tied for one in found if (tied := _tied(text, one, mentions, found)) is not None]


def _changed(text: str, hit: re.Match[str]) -> Level | None:
    """ "80에서 90으로", "from 80 to 90": the second is meant."""
    begin = hit.start() - (5 if text[max(0, hit.start() - 5) : hit.start()] == "from " else 0)
    change = _CHANGE.match(text, begin)
    if change is None or not (re.match(r"\s*(?:으?로|선으로)(?![가-힣]*\s*사이)", text[change.end() :]) or change[3]):
        return None
    if change[3] and re.match(r"\s*(?:percent|%)?\s*(?:cpu|memory|disk)", text[change.end() :]):
        return None
    return Level(begin, change.end(), None, None, value_of(change[5]), unit=_unit(change[6] or change[2] or change[4]))


def _ranged(text: str, hit: re.Match[str]) -> Level | None:
    pair = _RANGE.match(text, hit.start())
    if pair is None or not (pair[5] or _BETWEEN.search(text[max(0, hit.start() - 12) : hit.start()])):
        return None
    low, high = sorted((value_of(pair[1]), value_of(pair[3])))
    return Level(hit.start(), pair.end(), None, "between", low, high, _unit(pair[4] or pair[2]))


def _compared(text: str, hit: re.Match[str]) -> Level:
    end, op = hit.end(), None
    for name, pattern in _AFTER:
        after = pattern.match(text, end)
        if after:
            op, end = name, after.end()
            break
    before = text[max(0, hit.start() - 30) : hit.start()]
    for name, pattern in _BEFORE:
        if pattern.search(before) and (op is None or name in ("gte", "lte")):
            op = name
            break
    return Level(hit.start(), end, None, op, value_of(hit[1]), unit=_unit(hit[2]))


def _tied(text: str, level: Level, mentions: list[Match[str]], levels: list[Level]) -> Level | None:
    if level.op is None and not level.unit and not mentions:
        return Level(level.start, level.end, None, None, level.value, level.value2, level.unit)
    before = [one for one in mentions if one.end <= level.start]
    after = [one for one in mentions if one.start >= level.end]
    others = [one for one in levels if one is not level]
    free_before = [
        one for one in before if not any(other.start >= one.end and other.end <= level.start for other in others)
    ]
    free_after = [
        one for one in after if not any(other.start >= level.end and other.end <= one.start for other in others)
    ]
    metric = next(iter(free_before[-1:] or free_after[:1] or before[-1:] or after[:1]), None)
    name = metric.value if metric else _by_unit(level.unit)
    op, value, unit = level.op, level.value, level.unit
    left = max((one.end for one in levels if one.end <= level.start), default=0)
    right = min((one.start for one in levels if one.start >= level.end), default=len(text))
    if name in _CAPACITY and _FREE.search(text, left, right):
        if unit in ("", "%"):
            value, op = round(100 - value, 6), _MIRROR.get(op or "", op)
        elif unit in ("GB", "MB", "TB"):
            name += "_free"
    if unit == "TB":
        value, unit = value * 1024, "GB"
    return Level(level.start, level.end, name, op, value, level.value2, unit)


_JOINT = re.compile(r"\s*(?:사용률|사용량|usage)?\s*(?:이?랑|와|과|하고|이?나|,|/|&|및|and|or|또는|혹은)\s*(?:the\s+)?")
_TO_LEVEL = re.compile(
    r"\s*(?:사용률|사용량|usage)?\s*(?:이|가|은|는|도)?\s*(?:(?:둘|셋)\s*(?:다|중)(?:\s*하나(?:라도|가|만)?)?|모두|다|전부|각각|both|all|each|are|is)?"
    r"\s*(?:both|all|각각)?\s*(?:over|above|under|below|at least|at most|more than|less than|exceeding|>=?|<=?|≥|≤)?\s*"
)


def sharing(text: str, level: Level, mentions: list[Match[str]]) -> list[str]:
    """Every metric that a level is said of: "cpu랑 메모리 둘 다 50% 넘는"."""
    before = [one for one in mentions if one.end <= level.start]
    if not before or before[-1].value != level.metric or not _TO_LEVEL.fullmatch(text, before[-1].end, level.start):
        return [level.metric] if level.metric else []
    shared = [before[-1]]
    for one in reversed(before[:-1]):
        if not _JOINT.fullmatch(text, one.end, shared[0].start):
            break
        shared.insert(0, one)
    return list(dict.fromkeys(one.value for one in shared))


def _by_unit(unit: str) -> str | None:
    return {"°C": "temperature", "ms": "latency"}.get(unit)
