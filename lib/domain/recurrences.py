"""Windows that recur: a part of RFC 5545's RRULE, beside cron expressions (calendars.py).

Understood are FREQ DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY (with
ordinals by month and year), BYHOUR and BYMINUTE; weeks begin on Monday. What is not is refused, never passed over. The
night that clocks are set is as for cron: a time left out happens as much later, one that comes twice happens once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from lib.domain.calendars import next_after, read_zone

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = frozenset(
    ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "WKST")
)
_BY_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
MOST_COUNT = 1_000
MOST_INTERVAL = 1_000
_MOST_PERIODS = {"DAILY": 9 * 366, "WEEKLY": 520, "MONTHLY": 240, "YEARLY": 40}  # without an occurrence: there is none
_LAST_YEAR = 9_000


@dataclass(frozen=True, slots=True)
class RRule:
    frequency: str
    interval: int = 1
    count: int | None = None
    until: str = ""
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    days: tuple[tuple[int, int], ...] = ()  # (ordinal or 0, weekday)
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()


def recurs_after(recurrence: str, after: float, timezone: str, starts: float) -> float | None:
    """The first occurrence later than `after`, none of them before `starts` (DTSTART of an RRULE); None where there is
    none any more. Raises ValueError for a recurrence or a zone that is none."""
    if "=" not in recurrence:
        return next_after(recurrence, max(after, starts - 1), timezone)
    rule, zone = read_rrule(recurrence), read_zone(timezone)
    first = datetime.fromtimestamp(int(starts), zone).replace(tzinfo=None)
    last = _until(rule.until, timezone) if rule.until else None
    begin = 0
    if rule.count is None and after > starts:
        reached = datetime.fromtimestamp(after, zone).date() - timedelta(days=1)
        begin = max(0, _periods_between(rule.frequency, first.date(), reached) // rule.interval)
    for counted, local in enumerate(_occurrences(rule, first, begin), 1):
        at = local.replace(tzinfo=zone).timestamp()
        if last is not None and at > last:
            return None
        if rule.count is not None and counted > rule.count:
            return None
        if at > after:
            return at
    return None


@lru_cache(maxsize=256)
def read_rrule(text: str) -> RRule:
    """Raises ValueError, with a sentence for whoever wrote it."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            raise ValueError(f'"{part[:40]}" is not understood in an RRULE: there are {", ".join(sorted(_PARTS))}')
        if name in parts:
            raise ValueError(f"an RRULE says {name} once")
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES:
        raise ValueError(f"FREQ of an RRULE is one of {', '.join(FREQUENCIES)}")
    if parts.get("WKST", "MO") != "MO":
        raise ValueError("weeks begin on Monday here: leave WKST out")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("an RRULE ends by COUNT or by UNTIL, not by both")
    days = tuple(_weekday(word) for word in parts["BYDAY"].split(",")) if "BYDAY" in parts else ()
    if frequency == "WEEKLY" and "BYMONTHDAY" in parts:
        raise ValueError("BYMONTHDAY is for FREQ DAILY, MONTHLY or YEARLY")
    if any(ordinal for ordinal, _ in days) and frequency not in ("MONTHLY", "YEARLY"):
        raise ValueError("BYDAY with a number is for FREQ MONTHLY or YEARLY")
    if "UNTIL" in parts:
        _until(parts["UNTIL"], "UTC")
    return RRule(
        frequency,
        _one(parts, "INTERVAL", 1, MOST_INTERVAL) or 1,
        _one(parts, "COUNT", 1, MOST_COUNT),
        parts.get("UNTIL", ""),
        _numbers(parts, "BYMONTH", 1, 12),
        _numbers(parts, "BYMONTHDAY", -31, 31, zero=False),
        days,
        _numbers(parts, "BYHOUR", 0, 23),
        _numbers(parts, "BYMINUTE", 0, 59),
    )


def _occurrences(rule: RRule, first: datetime, begin: int) -> Iterator[datetime]:
    hours, minutes = rule.hours or (first.hour,), rule.minutes or (first.minute,)
    empty, index = 0, begin
    while empty < _MOST_PERIODS[rule.frequency]:
        found = _days_of(rule, first.date(), index * rule.interval)
        if found is None:
            return
        empty += 1
        for day in found:
            for hour in hours:
                for minute in minutes:
                    local = datetime(day.year, day.month, day.day, hour, minute, first.second)  # noqa: DTZ001 - a wall clock's
                    if local >= first:
                        empty = 0
                        yield local
        index += 1


def _days_of(rule: RRule, first: date, step: int) -> list[date] | None:
    """The days of the period that is `step` periods after the first one's; None beyond all calendars."""
    if rule.frequency in ("DAILY", "WEEKLY"):
        week = rule.frequency == "WEEKLY"
        start = first - timedelta(days=first.weekday() if week else 0)
        if (start.toordinal() + step * 7) > date(_LAST_YEAR, 1, 1).toordinal():
            return None
        start += timedelta(days=step * (7 if week else 1))
        wanted = {day for _, day in rule.days} or ({first.weekday()} if week else set(range(7)))
        days = [one for n in range(7 if week else 1) if (one := start + timedelta(days=n)).weekday() in wanted]
        days = [day for day in days if not rule.months or day.month in rule.months]
        return [day for day in days if not rule.month_days or _is_month_day(day, rule.month_days)]
    if rule.frequency == "MONTHLY":
        year, month = divmod(first.year * 12 + first.month - 1 + step, 12)
        months: tuple[int, ...] = (month + 1,)
        if rule.months and month + 1 not in rule.months:
            months = ()
    else:
        year = first.year + step
        months = rule.months or ((first.month,) if not (rule.month_days or rule.days) else tuple(range(1, 13)))
    if year > _LAST_YEAR:
        return None
    by_year = rule.frequency == "YEARLY" and not rule.months
    found = [day for month in months for day in _month(year, month)]
    if rule.month_days:
        found = [day for day in found if _is_month_day(day, rule.month_days)]
    if rule.days:
        return [day for day in found if _is_day(day, rule.days, by_year=by_year)]
    return found if rule.month_days else [day for day in found if day.day == first.day]


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, 1) + timedelta(days=n) for n in range(_length(year, month))]


def _length(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _is_month_day(day: date, wanted: tuple[int, ...]) -> bool:
    return day.day in wanted or day.day - _length(day.year, day.month) - 1 in wanted


def _is_day(day: date, wanted: tuple[tuple[int, int], ...], *, by_year: bool) -> bool:
    if by_year:
        place, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    else:
        place, length = day.day, _length(day.year, day.month)
    from_start, from_end = (place - 1) // 7 + 1, -((length - place) // 7 + 1)
    return any(weekday == day.weekday() and ordinal in (0, from_start, from_end) for ordinal, weekday in wanted)


def _periods_between(frequency: str, first: date, reached: date) -> int:
    """How many periods after the first one's the other day's is."""
    if frequency == "DAILY":
        return (reached - first).days
    if frequency == "WEEKLY":
        return (reached - (first - timedelta(days=first.weekday()))).days // 7
    months = (reached.year - first.year) * 12 + reached.month - first.month
    return months if frequency == "MONTHLY" else reached.year - first.year


def _until(text: str, timezone: str) -> float:
    """A day is meant to its end, a time without Z by the clocks of the zone."""
    read = _UNTIL.fullmatch(text)
    try:
        if read is None:
            raise ValueError
        moment = datetime.strptime(read[1] + (read[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - it gets its zone below
    except ValueError:
        raise ValueError(f'"{text[:20]}" is no UNTIL: write it as 20261231 or 20261231T235959Z') from None
    return moment.replace(tzinfo=UTC if read[3] else read_zone(timezone)).timestamp()


def _weekday(word: str) -> tuple[int, int]:
    read = _BY_DAY.fullmatch(word)
    ordinal = int(read[1] or 0) if read else 99
    if read is None or (read[1] and ordinal == 0) or abs(ordinal) > 53:
        raise ValueError(f'"{word[:20]}" is no BYDAY: write MO, or 1MO, or -1FR')
    return ordinal, _DAYS.index(read[2])


def _numbers(parts: dict[str, str], name: str, low: int, high: int, *, zero: bool = True) -> tuple[int, ...]:
    if name not in parts:
        return ()
    numbers = set()
    for word in parts[name].split(","):
        if re.fullmatch(r"[+-]?[0-9]{1,4}", word) is None or not low <= int(word) <= high or not (zero or int(word)):
            raise ValueError(f'"{word[:20]}" is no {name} of an RRULE: {low} to {high}')
        numbers.add(int(word))
    return tuple(sorted(numbers))


def _one(parts: dict[str, str], name: str, low: int, high: int) -> int | None:
    found = _numbers(parts, name, low, high)
    if len(found) > 1:
        raise ValueError(f"{name} of an RRULE is one number")
    return found[0] if found else None
