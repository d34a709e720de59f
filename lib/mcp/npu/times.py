"""When: every expression of time in a sentence as half-open ranges in the fleet's own time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lib.mcp.npu.calendar_words import DAY, KINDS, Range, Said, date, midnight, said
from lib.mcp.npu.numbers import NUMBER, value_of

_AHEAD = re.compile(
    r"까지|예측|예상|전망|앞으로|향후|언제쯤|버틸|버티|될까|찰까|찰지|모자랄|부족할|(?<![a-z])(?:until|till|till|by|will|forecast|predict|expected|projected)(?![a-z])"
)
_FROM_TO = re.compile(r"부터[^.?!]{1,30}까지|(?<![a-z])(?:from|between)[^.?!]{1,40}?(?:to|until|till|and)(?![a-z])")
_TILL_NOW = re.compile(r"(?:지금|현재|이제|여태)\s*까지|(?:until|till|up to|to) now")
_SECONDS = {
    "초": 1, "s": 1, "sec": 1, "second": 1, "분": 60, "m": 60, "min": 60, "minute": 60, "시간": 3600, "h": 3600,
    "hr": 3600, "hour": 3600, "일": 86400, "d": 86400, "day": 86400, "주": 604800, "주일": 604800, "주간": 604800,
    "w": 604800, "week": 604800, "달": 2592000, "개월": 2592000, "month": 2592000, "mo": 2592000, "년": 31536000,
    "year": 31536000, "fortnight": 1209600,
}  # fmt: skip
_UNIT = r"(?:시간|분|초|주일|주간|주|일|개월|달|년|(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|fortnights?|months?|years?|[smhdw])(?![a-z]))"
_WORDS = {
    "반나절": 43200, "한나절": 43200, "하루": 86400, "이틀": 172800, "사흘": 259200, "나흘": 345600, "닷새": 432000,
    "엿새": 518400, "일주일": 604800, "열흘": 864000, "보름": 1296000, "한달": 2592000, "한 달": 2592000,
}  # fmt: skip
_WORD = "|".join(_WORDS)
_HALF = r"half\s+an?\s+hour|half\s+hour|(?:an?|one)\s+hour\s+and\s+a\s+half"
# One length of time; each form is read in `_seconds`.
LENGTH = rf"(?:{_HALF}|(?:{_WORD})|(?:{NUMBER}|(?<![a-z])an?\s)\s*(?:and\s+a\s+half\s+)?-?{_UNIT}(?:\s*반(?![가-힣])|\s*반(?=\s*(?:만|동안|정도|간|전))|\s+and\s+a\s+half)?(?:\s*\d{{1,2}}\s*(?:분|m(?:in)?s?(?![a-z])))?)"
_PARTS = re.compile(
    rf"({NUMBER}|(?<![a-z])an?\s)\s*(and\s+a\s+half\s+)?-?({_UNIT})(\s*반|\s+and\s+a\s+half)?(?:\s*(\d{{1,2}})\s*(?:분|m(?:in)?s?(?![a-z])))?"
)
_BACK = re.compile(
    rf"(?:최근|지난|근래|직전|과거|이전)\s*({LENGTH})(?:\s*(?:간|동안|치|분)(?![가-힣]))?"
    rf"|(?<![a-z])(?:(?:in|over|for|during|within)\s+)?(?:the\s+)?(?:last|past|previous|recent)\s+((?:{LENGTH})|(?:hour|day|fortnight|minute)(?![a-z])|(?<=past\s)(?:week|month|year)(?![a-z]))"
    rf"|({LENGTH})\s*(?:간의?|동안의?|치|짜리)(?![가-힣])"
    rf"|((?:{NUMBER})\s*(?:분|시간))\s*전(?:부터)?(?![가-힣]|\s*까지)"
)
_FORWARD = re.compile(
    rf"(?:앞으로|향후|다음|이후)\s*({LENGTH})(?:\s*(?:간|동안|치|뒤|후|안|내)(?![가-힣]))?"
    rf"|(?<![a-z])(?:(?:in|over|for|during|within)\s+)?(?:the\s+)?(?:next|coming|following)\s+((?:{LENGTH}))"
    rf"|({LENGTH})\s*(?:뒤|후)(?![가-힣])"
)
_SPANS = re.compile(LENGTH)
_LATIN = re.compile("[a-z]")
MAX_SECONDS = 3650 * 86400.0


@dataclass(frozen=True, slots=True)
class When:
    """One range said at text[start:end]. `until`: now to its end was meant. `period` (kind, offset) where it is a whole one."""

    start: int
    end: int
    range: Range
    period: tuple[str, int] | None = None
    until: bool = False
    fuzzy: bool = False


def seconds_of(written: str) -> float:
    """A length of time in seconds ("두 시간 반" 9000, "half an hour" 1800); at most ten years."""
    text = written.strip()
    if re.fullmatch(r"half\s+(?:an?\s+)?hour", text):
        return 1800.0
    if text.endswith("hour and a half"):
        return 5400.0
    if text in _WORDS:
        return float(_WORDS[text])
    found = _PARTS.match(text)
    if found is None:
        return 0.0
    unit = found[3] if found[3] in _SECONDS else found[3].rstrip("s")
    one = float(_SECONDS.get(unit, 0))
    half = one / 2 if found[2] or found[4] else 0.0
    return min(value_of(found[1]) * one + half + 60.0 * int(found[5] or 0), MAX_SECONDS)


def lengths(text: str) -> list[tuple[int, int, float]]:
    """(start, end, seconds) of every length of time named."""
    found = ((hit.start(), hit.end(), seconds_of(hit[0])) for hit in _SPANS.finditer(text))
    return [one for one in found if one[2] > 0]


def _rolling(text: str, now: datetime) -> list[When]:
    found = []
    if not (_SPANS.search(text) or _LATIN.search(text)):
        return []  # each of these holds a length of time, or an English unit alone
    for pattern, sign in ((_BACK, -1), (_FORWARD, 1)):
        for hit in pattern.finditer(text):
            written = next(group for group in hit.groups() if group)
            length = seconds_of(written) or seconds_of("1 " + written)
            if not length or re.match(r"(?:다음|지난|이전)\s*(?:주|달|년)", hit[0]):
                continue
            edge = now + timedelta(seconds=sign * length)
            found.append(When(*hit.span(), (edge, now) if sign < 0 else (now, edge)))
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[When] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


_JOINT = re.compile(r"\s*(?:의|에|날|자|,|in the|the|at|on|around|about|around|from|between)?\s*")
_FROM_WITHIN = re.compile(r"(?<![a-z])(?:from|between)\s")


@dataclass(frozen=True, slots=True)
class _Moment:
    """Calendar words that belong together, read as one: a stretch, and the point in it where a clock was said."""

    start: int
    end: int
    range: Range
    point: datetime | None = None
    named_day: bool = False
    period: tuple[str, int] | None = None
    fuzzy: bool = False
    ends: bool = False


def _is_day(one: Said) -> bool:
    return one.days is not None and not one.ends and not one.fuzzy


def _clustered(text: str, words: list[Said]) -> list[list[Said]]:
    """Neighbours such as "어제 / 오후 / 3시" or "3pm / yesterday" in one group; each kind at most once in it."""
    groups: list[list[Said]] = []
    for one in words:
        group = groups[-1] if groups else []
        kind = 0 if _is_day(one) else 1 if one.part else 2 if one.clock is not None else 3
        kinds = {0 if _is_day(w) else 1 if w.part else 2 if w.clock is not None else 3 for w in group}
        near = bool(group) and _JOINT.fullmatch(text, group[-1].end, one.start) is not None
        if near and kind != 3 and 3 not in kinds and kind not in kinds:
            group.append(one)
        else:
            groups.append([one])
    return groups


def _moment(group: list[Said], now: datetime, base: datetime | None, until: bool) -> _Moment:
    start, end = group[0].start, group[-1].end
    days = next((w for w in group if w.days), None)
    part = next((w.part for w in group if w.part), None)
    clock = next((w for w in group if w.clock is not None), None)
    anchor = days.days[0] if days and days.days else base or midnight(now)
    if clock is not None and clock.clock is not None:
        minutes = clock.clock
        if part and part[0] >= 12 and minutes < 720:
            minutes += 720
        point = midnight(anchor) + timedelta(minutes=minutes)
        settled = clock.half_day or part is not None
        if until and days is None and point <= now:
            point += timedelta(hours=12) if not settled and point + timedelta(hours=12) > now else DAY
        elif (
            until and not settled and days and days.period == ("day", 0) and point <= now < point + timedelta(hours=12)
        ):
            point += timedelta(hours=12)
        elif not until and days is None and base is None and point > now:
            point -= DAY
        half = timedelta(minutes=30)
        return _Moment(start, end, (point - half, point + half), point, days is not None)
    if part is not None:
        from_hour = midnight(anchor) + timedelta(hours=part[0])
        whole = from_hour, midnight(anchor) + timedelta(hours=part[1])
        if days is None and from_hour > now and not until:
            whole = whole[0] - DAY, whole[1] - DAY
        if whole[0] < now < whole[1] and not until:
            whole = whole[0], now
        return _Moment(start, end, whole, None, days is not None)
    if days is None or days.days is None:
        raise ValueError("calendar words that name neither day nor hour")
    return _Moment(start, end, days.days, None, True, days.period, days.fuzzy, days.ends)


_FROM_AFTER = re.compile(r"\s*(?:에서?)?\s*(?:부터|이후(?:로|에)?|이래|뒤로|-|~)")
_FROM_BEFORE = re.compile(r"(?<![a-z])(?:since|from|after|starting|between)\s+(?:the\s+)?$")
_TO_AFTER = re.compile(r"\s*(?:날)?\s*까지|\s*이내|\s*전까지")
_TO_BEFORE = re.compile(r"(?<![a-z])(?:until|till|til|by|before|to|through)\s+(?:the\s+)?$")
_BETWEEN = re.compile(r"\s*(?:에서?\s*)?(?:부터|~|-|에서|to|until|till|and|through)\s*(?:the\s+)?")


def _start_of(moment: _Moment) -> datetime:
    return moment.point or moment.range[0]


def _end_of(moment: _Moment) -> datetime:
    return moment.point or moment.range[1]


def _whole(one: _Moment, now: datetime) -> _Moment:
    """ "오늘까지" ends where today ends, not now."""
    if one.period and one.period[1] == 0:
        kind = KINDS[one.period[0]]
        return replace(one, range=(one.range[0], kind(now, 1)[0]))
    return one


def _stretch(one: _Moment, following: list[Said], now: datetime) -> Range | None:
    """From one moment to the next one said; None where that would be backwards."""
    base = midnight(_start_of(one)) if one.named_day or one.point else None
    later = next((word.days[0] for word in following if word.days), None)
    if one.point and not one.named_day and later:  # "from 9am to 11am yesterday"
        point = midnight(later) + (one.point - midnight(one.point))
        one = replace(one, point=point, range=(point, point))
    other = _whole(_moment(following, now, base, False), now)
    first = one.range[0]
    if following[0].day_no and (there := date(first, first.month, following[0].day_no, True, first.year)):
        other = replace(other, range=there)
    opened, closed = _start_of(one), _end_of(other)
    if closed <= opened and other.point and not other.named_day:
        closed += timedelta(hours=12) if closed.hour < 12 and closed + timedelta(hours=12) > opened else DAY
    if opened >= closed:
        return None
    return opened, now if opened < now < closed and closed - now < DAY else closed


def find(text: str, now: datetime) -> list[When]:
    """All ranges said in a folded text, in the order of the text. `now` decides what "today" is and where it lies."""
    try:
        return _find(text, now)
    except (OverflowError, ValueError):  # a calendar outside the years there are
        return []


def _find(text: str, now: datetime) -> list[When]:
    rolling = _rolling(text, now)
    taken = [(one.start, one.end) for one in rolling]
    rest = "".join(text)
    for start, end in taken:
        rest = rest[:start] + "\x00" * (end - start) + rest[end:]
    groups = _clustered(rest, said(rest, now, bool(_AHEAD.search(_TILL_NOW.sub(" ", _FROM_TO.sub(" ", rest))))))
    found = list(rolling)
    skip = False
    for index, group in enumerate(groups):
        if skip:
            skip = False
            continue
        before, after = rest[max(0, group[0].start - 24) : group[0].start], group[-1].end
        until = bool(_TO_AFTER.match(rest, after) or _TO_BEFORE.search(before)) and not _FROM_BEFORE.search(before)
        one = _moment(group, now, None, until)
        within = rest[group[0].start : after]
        opens = bool(_FROM_AFTER.match(rest, after) or _FROM_BEFORE.search(before) or _FROM_WITHIN.search(within))
        following = groups[index + 1] if index + 1 < len(groups) else None
        hours = following and all(any(word.clock is not None for word in part) for part in (group, following))
        if (
            following
            and (opens or hours)
            and (joint := _BETWEEN.match(rest, after))
            and joint.end() == following[0].start
        ):
            stretch = _stretch(one, following, now)
            if stretch:
                found.append(When(one.start, following[-1].end, stretch))
                skip = True
                continue
        if opens and _start_of(one) < now and not until:
            found.append(When(one.start, one.end, (_start_of(one), now), one.period))
        elif until and _end_of(_whole(one, now)) > now:
            found.append(When(one.start, one.end, (now, _end_of(_whole(one, now))), until=True))
        elif one.ends:
            found.append(When(one.start, one.end, (now, one.range[1]), until=True))
        else:
            found.append(When(one.start, one.end, one.range, one.period, fuzzy=one.fuzzy))
    return sorted(found, key=lambda when: when.start)
