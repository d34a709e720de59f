"""Times that recur: cron expressions of five fields, in a time zone.

Where clocks are set back, what names an hour happens once, at the first of the two; what happens every hour happens in
both. Where they are set forward, a time that is left out happens as much later as the clock jumped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lib.domain.alerting import Schedule

SHORTHANDS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ITEM = re.compile(r"(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/([0-9]+))?")
MOST_DAYS = 9 * 366  # 29 February may be eight years away
_SHIFT = timedelta(hours=3)  # no zone's clocks are set further in a night


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression, read. `weekdays` 0 is Sunday."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool  # both the day and the weekday are said: one of them is enough
    every_hour: bool

    def is_on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (in_month or in_week) if self.either_day else (in_month and in_week)


@lru_cache(maxsize=512)
def read_cron(expression: str) -> Cron:
    """Raises ValueError, with a sentence for whoever wrote it."""
    text = expression.strip().lower()
    words = SHORTHANDS.get(text, text).split()
    if len(words) != len(_FIELDS):
        raise ValueError("a cron expression has five fields: minute, hour, day, month, weekday")
    sets = [_field(word, *field) for word, field in zip(words, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = sets
    return Cron(
        tuple(sorted(minutes)), tuple(sorted(hours)), frozenset(days), frozenset(months),
        frozenset(day % 7 for day in weekdays),
        either_day=not words[2].startswith("*") and not words[4].startswith("*"),
        every_hour=len(hours) == 24,
    )  # fmt: skip


def read_zone(name: str) -> ZoneInfo:
    """Raises ValueError for what is no time zone's name."""
    try:
        return _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'there is no time zone "{name[:60]}": use a name as Asia/Seoul') from None


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def next_after(expression: str, after: float, timezone: str = "UTC") -> float | None:
    """The first time of the expression that is later than `after` (epoch seconds); None where there is none in nine
    years (30 February). Raises ValueError for an expression or a zone that is none."""
    cron, zone = read_cron(expression), read_zone(timezone)
    start = datetime.fromtimestamp(after, zone).replace(tzinfo=None, second=0, microsecond=0) - _SHIFT
    best: float | None = None
    found: datetime | None = None
    for local in _matches(cron, start):
        if found is not None and local > found + 2 * _SHIFT:
            break
        for fold in (0, 1) if cron.every_hour else (0,):
            at = local.replace(tzinfo=zone, fold=fold).timestamp()
            if at > after and (best is None or at < best):
                best, found = at, local
    return best


def _matches(cron: Cron, start: datetime) -> Iterator[datetime]:
    day = start.replace(hour=0, minute=0)
    for _ in range(MOST_DAYS):
        if cron.is_on(day):
            for hour in cron.hours:
                for minute in cron.minutes:
                    local = day.replace(hour=hour, minute=minute)
                    if local >= start:
                        yield local
        day += timedelta(days=1)


def _field(word: str, name: str, low: int, high: int) -> set[int]:
    values: set[int] = set()
    for item in word.split(","):
        read = _ITEM.fullmatch(item)
        if read is None:
            raise ValueError(f'"{item[:20]}" is no {name} of a cron expression')
        star, first, last, step = read.groups()
        if star:
            begin, end = low, high
        else:
            begin = _number(first, name, low, high)
            end = _number(last, name, low, high) if last else high if step else begin
        if end < begin or (step is not None and int(step) == 0):
            raise ValueError(f'"{item[:20]}" is no {name} of a cron expression')
        values.update(range(begin, end + 1, int(step or 1)))
    return values


def _number(text: str, name: str, low: int, high: int) -> int:
    names = {"month": _MONTHS, "weekday": _DAYS}.get(name, ())
    number = names.index(text) + (name == "month") if text in names else int(text) if text.isdigit() else -1
    if not low <= number <= high:
        raise ValueError(f'"{text[:20]}" is no {name} of a cron expression: {low} to {high}')
    return number


def holds(schedule: Schedule, at: float) -> bool:
    """Whether this moment lies in the schedule's hours, by the clocks of its time zone."""
    local = datetime.fromtimestamp(at, ZoneInfo(schedule.timezone))
    time = f"{local:%H:%M}"
    if schedule.start < schedule.until:
        return local.weekday() in schedule.days and schedule.start <= time < schedule.until
    # Over midnight: the hours after it belong to the day before.
    if time >= schedule.start:
        return local.weekday() in schedule.days
    return time < schedule.until and (local.weekday() - 1) % 7 in schedule.days


def end_of(schedule: Schedule, at: float) -> float | None:
    """When the schedule's hours that hold at this moment are over; None where they never are."""
    zone = ZoneInfo(schedule.timezone)
    midnight = datetime.fromtimestamp(at, zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    hour, _, minute = schedule.until.partition(":")
    for day in range(9):
        local = midnight + timedelta(days=day, hours=int(hour), minutes=int(minute))
        end = local.replace(tzinfo=zone).timestamp()
        if end > at and not holds(schedule, end):
            return end
    return None
