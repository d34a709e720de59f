"""Words of the calendar in both languages: each names days, parts of a day, hours or a stretch of time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lib.mcp.npu.numbers import NUMBER, value_of

DAY = timedelta(days=1)
Range = tuple[datetime, datetime]


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def month_start(moment: datetime, months: int = 0) -> datetime:
    """The first of the month so many months on."""
    count = moment.year * 12 + moment.month - 1 + months
    return midnight(moment).replace(year=count // 12, month=count % 12 + 1, day=1)


def day(now: datetime, offset: int) -> Range:
    start = midnight(now) + offset * DAY
    return (start, now) if offset == 0 else (start, start + DAY)


def week(now: datetime, offset: int) -> Range:
    start = midnight(now) - now.weekday() * DAY + 7 * offset * DAY
    return (start, now) if offset == 0 else (start, start + 7 * DAY)


def month(now: datetime, offset: int) -> Range:
    return (month_start(now), now) if offset == 0 else (month_start(now, offset), month_start(now, offset + 1))


def quarter(now: datetime, offset: int) -> Range:
    start = month_start(now, -((now.month - 1) % 3) + 3 * offset)
    return (start, now) if offset == 0 else (start, month_start(start, 3))


def year(now: datetime, offset: int) -> Range:
    start = month_start(now, 1 - now.month + 12 * offset)
    return (start, now) if offset == 0 else (start, month_start(start, 12))


def overnight(now: datetime) -> Range:
    return midnight(now) - timedelta(hours=6), midnight(now) + timedelta(hours=6)


def weekend(now: datetime, offset: int) -> Range:
    start = week(now, offset)[0] + 5 * DAY
    return start, start + 2 * DAY


def weekday(now: datetime, wanted: int, ahead: bool) -> Range:
    """The most recent past such day, or the next one when the sentence looks ahead."""
    offset = (wanted - now.weekday()) % 7
    offset = (offset or 7) if ahead else offset - 7
    return day(now, offset)


def date(now: datetime, month_no: int, day_no: int, ahead: bool, year_no: int | None = None) -> Range | None:
    """That day of this year, or of the year that lies on the side the sentence looks to; None where there is none."""
    try:
        start = midnight(now).replace(year=year_no or now.year, month=month_no, day=day_no)
        if year_no is None and not ahead and start > now:
            start = start.replace(year=now.year - 1)
        elif year_no is None and ahead and start + DAY <= now:
            start = start.replace(year=now.year + 1)
    except (ValueError, OverflowError):
        return None
    return start, start + DAY


@dataclass(frozen=True, slots=True)
class Said:
    """A day (or a whole stretch), a part of a day, or a point on the clock, at text[start:end].

    `current`: a stretch that reaches to now (today, this week). `period` names its kind, for the one before it.
    """

    start: int
    end: int
    days: Range | None = None
    part: tuple[int, int] | None = None  # hours of a day
    clock: int | None = None  # minutes of a day
    half_day: bool = False  # the clock said a.m. or p.m., or is past noon
    period: tuple[str, int] | None = None
    fuzzy: bool = False
    day_no: int = 0  # a day without its month
    ends: bool = False  # "end of this month": the moment meant is where the stretch ends


Reader = Callable[[re.Match[str], datetime, bool], Said | None]
_RULES: list[tuple[re.Pattern[str], Sequence[str], Reader]] = []

KINDS: dict[str, Callable[[datetime, int], Range]] = {
    "day": day,
    "week": week,
    "month": month,
    "quarter": quarter,
    "year": year,
}


def _rule(pattern: str, *ends: str) -> Callable[[Reader], Reader]:
    """Without one of `ends`, where there are any, a text cannot match: it need not be looked through."""

    def keep(reader: Reader) -> Reader:
        _RULES.append((re.compile(pattern), ends, reader))
        return reader

    return keep


def _period(pattern: str, kind: str, offset: int) -> None:
    def read(found: re.Match[str], now: datetime, ahead: bool) -> Said:
        return Said(*found.span(), days=KINDS[kind](now, offset), period=(kind, offset))

    _RULES.append((re.compile(pattern), (), read))


_WEEKDAYS_KO = "월화수목금토일"
_WEEKDAYS_EN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS_EN = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EN_DAY = r"(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|rs|rsday|r|urday)?"
_EN_MONTH = r"(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|tember|ober|ember)?"


# The end of a stretch.
@_rule(r"연말|올해\s*말|(?:the\s+)?end of (?:the|this) year|year end|월말|이번?\s*달\s*말|(?:the\s+)?end of (?:the|this) month|month end|이번?\s*주\s*말까지|(?:the\s+)?end of (?:the|this) week|분기\s*말|(?:the\s+)?end of (?:the|this) quarter")  # fmt: skip
def _end_of(found: re.Match[str], now: datetime, ahead: bool) -> Said:
    words = found[0]
    long = "year" in words or "연말" in words or "올해" in words
    kind = (
        year
        if long
        else quarter
        if "quarter" in words or "분기" in words
        else week
        if "week" in words or "주" in words
        else month
    )
    cut = len("까지") if words.endswith("까지") else 0
    start = kind(now, 0)[0]
    return Said(found.start(), found.end() - cut, days=(start, kind(now, 1)[0]), ends=True)


@_rule(
    r"(?:지난\s*밤|어젯\s*밤|어제\s*밤)(?!\s*\d{1,2}\s*시)|간\s*밤|밤\s*새|밤\s*사이"
    r"|(?:자는|잠든|자던)\s*(?:동안|사이|새)|자고\s*일어(?:나|났)"
    r"|(?<![a-z])(?:last night(?! at \d)|over\s*night|while (?:i|we) (?:slept|(?:was|were) (?:asleep|sleeping)))(?![a-z])"
)
def _overnight(found: re.Match[str], now: datetime, ahead: bool) -> Said:
    return Said(*found.span(), days=overnight(now))


@_rule(r"어제\s*(?:와|하고|랑|,)?\s*오늘(?=\s*(?:사이|중|동안|간|무슨|뭔|뭐|별))", "오늘")
def _since_yesterday(found: re.Match[str], now: datetime, ahead: bool) -> Said:
    return Said(*found.span(), days=(midnight(now) - DAY, now))


@_rule(r"(지난|저번)\s*주말|(?<![가-힣])주말(?=\s*(?:에|동안|사이|내내))|(?<![a-z])(last|past|over the) weekend")
def _weekend(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    is_last = bool(found[1] or found[2]) or now.weekday() < 5
    return (
        None if ahead and not (found[1] or found[2]) else Said(*found.span(), days=weekend(now, -1 if is_last else 0))
    )


_WEEKS = ((("지지", "저저"), -2), (("지", "저", "last"), -1), (("다", "담", "next"), 1))


@_rule(
    rf"(지지난\s*주|저저번\s*주|지난\s*주|저번\s*주|이번\s*주|금주|다음\s*주|담주)\s*(?:의\s*)?([{_WEEKDAYS_KO}])요일|(?<![a-z])(last|this|next)\s+week\s+{_EN_DAY}(?![a-z])"
)
def _day_of_week(found: re.Match[str], now: datetime, ahead: bool) -> Said:
    words = found[1] or found[3]
    offset = next((number for starts, number in _WEEKS if words.startswith(starts)), 0)
    number = _WEEKDAYS_KO.index(found[2]) if found[2] else _WEEKDAYS_EN.index(found[4])
    start = week(now, offset)[0] + number * DAY
    return Said(*found.span(), days=(start, start + DAY))


@_rule(rf"(다음\s*)?(?<![가-힣])([{_WEEKDAYS_KO}])요일|(?<![a-z])(next\s+|last\s+)?{_EN_DAY}(?![a-z])")
def _weekday(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    if found[4] and found[0].strip() in ("sun", "sat", "mon", "wed"):
        return None
    coming = bool(found[1]) or (found[3] or "").startswith("next") or (ahead and not found[3])
    number = _WEEKDAYS_KO.index(found[2]) if found[2] else _WEEKDAYS_EN.index(found[4])
    return Said(*found.span(), days=weekday(now, number, coming))


@_rule(r"(?<!\d)(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})(?!\d)\s*일?")
def _full_date(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    days = date(now, int(found[2]), int(found[3]), ahead, int(found[1]))
    return Said(*found.span(), days=days) if days else None


@_rule(r"(?<![\d.])(\d{1,2})\s*월\s*(\d{1,2})\s*일|(?<![\d./])(\d{1,2})/(\d{1,2})(?![\d/])")
def _date(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    days = date(now, int(found[1] or found[3]), int(found[2] or found[4]), ahead)
    return Said(*found.span(), days=days) if days else None


@_rule(
    rf"(?<![a-z]){_EN_MONTH}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s+(\d{{4}}))?|(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_EN_MONTH}(?![a-z])"
)
def _english_date(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    name, number = (found[1], found[2]) if found[1] else (found[5], found[4])
    days = date(now, _MONTHS_EN.index(name[:3]) + 1, int(number), ahead, int(found[3]) if found[3] else None)
    return Said(*found.span(), days=days) if days else None


@_rule(r"(?<![\d.])(\d{1,2})일(?=\s*(?:부터|까지|에|자|날|의|새벽|오전|오후|아침|저녁))")
def _day_of_month(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    days = date(now, now.month, int(found[1]), True)
    if days and days[0] > now and not ahead:
        before = month_start(now, -1)
        days = date(now, before.month, int(found[1]), True, before.year)
    return Said(*found.span(), days=days, day_no=int(found[1])) if days else None


def _months_to(number: int, year_no: str | None, now: datetime, ahead: bool) -> int:
    """How many months from this one to that: of the year named, else the latest (`ahead`: the next) of its name."""
    offset = number - now.month
    if year_no:
        return offset + 12 * (int(year_no) - now.year)
    return offset - 12 if offset > 0 and not ahead else offset + 12 if offset < 0 and ahead else offset


@_rule(r"(?:(20\d\d)\s*년\s*)?(?<![\d.])(\d{1,2})월(?:달|\s*한\s*달)?(?!\s*\d)")
def _whole_month(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    number = int(found[2])
    if not 1 <= number <= 12:
        return None
    offset = _months_to(number, found[1], now, ahead)
    return Said(*found.span(), days=month(now, offset), period=("month", offset))


# Without a day only the long names, and neither "may" nor "march": those say other things as well.
@_rule(
    r"(?<![a-z])(january|february|april|june|july|august|september|october|november|december)(?:,?\s+(?:of\s+)?(20\d\d))?(?![a-z\d]|\s+\d)"
)
def _english_month(found: re.Match[str], now: datetime, ahead: bool) -> Said:
    offset = _months_to(_MONTHS_EN.index(found[1][:3]) + 1, found[2], now, ahead)
    return Said(*found.span(), days=month(now, offset), period=("month", offset))


@_rule(
    rf"({NUMBER})\s*(일|주|달|개월)\s*전|(사흘|나흘|이틀|하루|열흘|보름|일주일|닷새|엿새)\s*전|(?<![a-z])({NUMBER}|an?)\s+(day|week|month)s?\s+ago",
    "전",
    "ago",
)
def _ago(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    if found[3]:
        count, unit = _NAMED_DAYS[found[3]], "day"
    else:
        count = int(min(value_of(found[1] or found[4]), 3650))
        unit = {"일": "day", "주": "week", "달": "month", "개월": "month"}.get(found[2] or "", found[5] or "day")
    if unit == "month":
        start = midnight(now)
        try:
            start = start.replace(year=month_start(now, -count).year, month=month_start(now, -count).month)
        except ValueError:
            start = month_start(now, -count + 1) - DAY
        return Said(*found.span(), days=(start, start + DAY))
    return Said(*found.span(), days=day(now, -count * (7 if unit == "week" else 1)))


_NAMED_DAYS = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "일주일": 7, "열흘": 10, "보름": 15}

_period(r"그끄저께|그끄제|3일\s*전날", "day", -3)
_period(r"그저께|그제(?!서|야)|엊그제|엊그저께|(?<![a-z])(?:the )?day before yesterday", "day", -2)
_period(
    r"어저께|어제|어젯(?=\s*밤)|(?<![a-z])last night(?= at \d)|전날|전일(?!까)|(?<![a-z])(?:yesterday(?:'s)?|(?:the )?(?:previous|prior) day|the day before)(?![a-z])",
    "day",
    -1,
)
_period(r"오늘|금일|당일|(?<![a-z])today(?:'s)?(?![a-z])", "day", 0)
_period(r"내일\s*모레|모레|(?<![a-z])(?:the )?day after tomorrow", "day", 2)
_period(r"내일|명일|익일|(?<![a-z])tomorrow(?:'s)?(?![a-z])", "day", 1)
_period(r"지지난\s*주|저저번\s*주|(?<![a-z])(?:the )?week before last", "week", -2)
_period(
    r"(?:지난|저번)\s*주(?!말|석)|전주(?!시)|(?<![a-z])(?:last|previous|prior) week(?:'s)?(?![a-z])|the week before",
    "week",
    -1,
)
_period(r"이번\s*주|금주|(?<![a-z])this week(?:'s)?(?![a-z])", "week", 0)
_period(r"(?:다음|담|내)\s*주(?=[\s에까는도의\W]|$)|다음\s*주|(?<![a-z])next week(?:'s)?(?![a-z])", "week", 1)
_period(
    r"작년\s*(?:같은\s*달|이맘\s*때|동월)|전년\s*동월|(?<![a-z])(?:the )?same month (?:of )?last year|this month last year",
    "month",
    -12,
)
_period(r"지지난\s*달|저저번\s*달|(?<![a-z])the month before last", "month", -2)
_period(
    r"(?:지난|저번)\s*달|전월|(?<![a-z])(?:last|previous|prior) month(?:'s)?(?![a-z])|the month before", "month", -1
)
_period(r"이번?\s*달|이달|금월|당월|(?<![a-z])this month(?:'s)?(?![a-z])|month to date", "month", 0)
_period(r"(?:다음|담)\s*달|(?<![a-z])next month(?:'s)?(?![a-z])", "month", 1)
_period(r"(?:지난|저번|전)\s*분기|(?<![a-z])(?:last|previous) quarter", "quarter", -1)
_period(r"이번\s*분기|금분기|(?<![a-z])this quarter(?:'s)?(?![a-z])", "quarter", 0)
_period(r"다음\s*분기|(?<![a-z])next quarter", "quarter", 1)
_period(r"작년|지난\s*해|전년|(?<![a-z])(?:last|previous) year(?:'s)?(?![a-z])", "year", -1)
_period(r"올해|금년|올\s*한\s*해|이번\s*해|(?<![a-z])this year(?:'s)?(?![a-z])|year to date", "year", 0)
_period(r"내년|다음\s*해|(?<![a-z])next year(?:'s)?(?![a-z])", "year", 1)


@_rule(
    r"(?<![가-힣])방금(?:\s*전)?|(?<![a-z])just now(?![a-z])|(?<![a-z])a moment ago|조금\s*전|좀\s*전|아까|(?<![a-z])earlier(?![a-z])"
)
def _fuzzy(found: re.Match[str], now: datetime, ahead: bool) -> Said:
    minutes = 360 if found[0].startswith(("아까", "earlier")) else 15
    return Said(*found.span(), days=(now - timedelta(minutes=minutes), now), fuzzy=True)


_HALF = r"오전|오후|새벽|아침|저녁|밤|낮|점심"


@_rule(
    rf"(?:({_HALF})\s*)?(?<![\d.:])(\d{{1,2}}|열두|열한|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉)\s*시(?!간|스|작|점|도|험)(?:\s*(\d{{1,2}})\s*분|\s*(반))?"
)
def _korean_clock(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    hour, half = int(value_of(found[2])), found[1]
    minute = 30 if found[4] else int(found[3] or 0)
    if hour > 24 or minute > 59:
        return None
    if (
        half in ("오후", "저녁", "밤", "낮", "점심")
        and hour < 12
        and not (half == "밤" and hour < 6)
        and not (half == "낮" and hour > 9)
    ):
        hour += 12
    elif half in ("오전", "새벽", "밤") and hour == 12:
        hour = 24 if half == "밤" and ahead else 0  # "오늘 밤 12시까지" ends where today ends
    return Said(*found.span(), clock=hour * 60 + minute, half_day=half is not None or hour > 12)


@_rule(
    r"(?<![\d.:])(\d{1,2})(?::(\d{2}))?\s*(a\.?m\.?|p\.?m\.?)(?![a-z])|(?<![\d.:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])|(?<![a-z])(noon|midday|midnight)(?![a-z])|(정오|자정)|(?<![a-z\d.])(?:at|until|till|since|around)\s+(\d{1,2})\s*o'?clock"
)
def _clock(found: re.Match[str], now: datetime, ahead: bool) -> Said | None:
    if found[1]:
        hour, minute = int(found[1]), int(found[2] or 0)
        if hour > 12 or minute > 59:
            return None
        hour = hour % 12 + (12 if found[3].startswith("p") else 0)
    elif found[4]:
        hour, minute = int(found[4]), int(found[5])
    elif found[8]:
        hour, minute = int(found[8]), 0
        if hour > 24:
            return None
    else:
        hour, minute = (12, 0) if (found[6] or found[7]) in ("noon", "midday", "정오") else (24 if ahead else 0, 0)
    return Said(*found.span(), clock=hour * 60 + minute, half_day=not found[8])


@_rule(
    r"새벽|오전|아침|오후|저녁|(?<![가-힣])밤(?=에|\s|$)|점심|(?<![a-z])(?:(?:this |in the |the )?(?:early )?morning|(?:this |in the )?(?:afternoon|evening)|tonight|at night)(?![a-z])"
)
def _part(found: re.Match[str], now: datetime, ahead: bool) -> Said:
    words = found[0]
    table = (
        ("새벽", (0, 6)),
        ("early", (0, 6)),
        ("점심", (11, 14)),
        ("오전", (6, 12)),
        ("아침", (6, 12)),
        ("morning", (6, 12)),
        ("오후", (12, 18)),
        ("afternoon", (12, 18)),
    )
    hours = next((hours for word, hours in table if word in words), (18, 24))
    return Said(*found.span(), days=day(now, 0) if words == "tonight" else None, part=hours)


def said(text: str, now: datetime, ahead: bool) -> list[Said]:
    """All words of the calendar in a folded text, left to right; at one place the earlier rule above wins."""
    taken = bytearray(len(text))
    found: list[Said] = []
    for pattern, ends, reader in _RULES:
        if ends and not any(one in text for one in ends):
            continue
        for hit in pattern.finditer(text):
            if not any(taken[hit.start() : hit.end()]):
                one = reader(hit, now, ahead)
                if one is not None:
                    taken[one.start : one.end] = b"\x01" * (one.end - one.start)
                    found.append(one)
    return sorted(found, key=lambda one: one.start)
