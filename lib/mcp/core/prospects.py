"""What is foreseen of single series, as answers speak of it: which series a question means, dates, ranges, growth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.domain.errors import BadInput, NotFound
from lib.mcp.core.differences import unit_of_change
from lib.mcp.core.levels import level_of
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import server_source
from lib.mcp.core.question import DAY, HOUR, Asked, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Server, Sources
from lib.monitoring.analyzers.forecast import FARTHEST
from lib.monitoring.forecasts import FILLING, FULL, HIGH

MOST_MADE = 12  # series that are foreseen on the spot, at some 30 ms each
MOST_READ = 40  # series whose stored hours are read one by one
_KEEP = {"too_little_data", "no_trend"}  # why there is no date for one level, there is none for another
FEW = 3  # servers whose every series is looked at
SHORT_DATES = 3 * DAY  # nearer than this, a date has an hour

# Why there is no date: before a Korean verb, as a Korean noun, in English.
REFUSALS = {
    "too_little_data": ("기록이 모자라 ", "기록 부족", "too little history"),
    "no_trend": ("증가 추세가 없어 ", "증가 추세 없음", "no growth"),
    "too_noisy": ("오르내림이 커서 ", "큰 오르내림", "it moves too much to tell"),
    "cleaned_before": ("그 전에 비워지는 흐름이라 ", "그 전에 비워짐", "it has been cleaned up each time before"),
    "too_far": ("두 달 안에는 닿지 않아 ", "두 달 이후", "more than two months away"),
}
_BASES = {
    "futures": ("지난 오차로 그린 가능한 미래들", "possible futures drawn from past errors"),
    "growth": ("비우기 사이의 증가 속도", "growth between clean-ups"),
    "growth_6h": ("최근 6시간의 빠른 증가", "the fast growth of the last six hours"),
    "now": ("현재 값", "the value now"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """`of` is the measure that is foreseen; `level` somebody's own, None for the usual one."""

    of: Measure
    level: float | None
    is_level_asked: bool  # it is asked when, not how much
    is_risen_to: bool = True  # the level is reached from below

    @property
    def has_own_level(self) -> bool:
        return self.level is not None

    @property
    def series(self) -> tuple[str, ...]:
        return self.of.series


def wanted_of(asked: Asked) -> Wanted:
    """A condition's own level; of what fills when it is full; of anything else what it will be."""
    condition = next(iter(asked.conditions), None)
    name = str(condition["metric"]) if condition else next(iter(asked.metrics), "disk")
    of = measure({"memory_free": "memory", "disk_free": "disk"}.get(name, name))
    level = level_of(condition, "value", of) if condition and name == of.name else None
    rises = condition is None or condition["op"] not in {"lt", "lte"}
    return Wanted(of, level, level is not None or of.series[0].partition(":")[0] in FILLING, rises)


@dataclass(frozen=True, slots=True)
class Window:
    """What is foreseen of a time: the mean and the highest of the middle path, and the band around all of it."""

    mean: float
    peak: float
    peak_at: float
    low: float
    high: float
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Prospect:
    """One series with what is told of it (monitoring/forecasts.py)."""

    server: str
    series: str
    told: Mapping[str, Any]
    level: float | None
    now: float | None
    size: float | None
    is_risen_to: bool = True

    @property
    def unit(self) -> str:
        return str(self.told["unit"])

    @property
    def crossing(self) -> Mapping[str, Any] | None:
        """Of the level that is asked for, else of the usual one; None where none was looked at."""
        usual = FULL if self.series.partition(":")[0] in FILLING else HIGH
        known: dict[float, Mapping[str, Any]] = {one["level"]: one for one in self.told["crossings"]}
        if self.level is None or self.level in known:
            return known.get(usual if self.level is None else self.level)
        other = known.get(usual)
        return {**other, "level": self.level} if other and other["code"] in _KEEP else None

    @property
    def at(self) -> float | None:
        crossing = self.crossing
        if self.is_there:
            return float(self.told["from_epoch"])
        return None if crossing is None or crossing["code"] else crossing["at_epoch"]

    @property
    def reach(self) -> float:
        return len(self.told.get("mid") or ()) * HOUR

    def window(self, asked_for: Range) -> Window | None:
        """None where nothing of that time is foreseen."""
        rows = [
            row
            for row in zip(*(self.told[name] for name in ("t", "mid", "low", "high")), strict=True)
            if row[0] + HOUR > asked_for.start and row[0] < asked_for.end
        ]
        if not rows:
            return None
        top = max(rows, key=lambda row: row[1])
        return Window(
            sum(row[1] for row in rows) / len(rows), top[1], float(top[0]), min(row[2] for row in rows),
            max(row[3] for row in rows), rows[-1][0] + HOUR < asked_for.end - HOUR,
        )  # fmt: skip

    def grown(self, at: float) -> float | None:
        """What fills, at that time, if it goes on as it does; None where it does not grow."""
        crossing = self.crossing
        if crossing is None or self.now is None or not crossing["per_day"] or crossing["code"] not in {None, "too_far"}:
            return None
        value = self.now + crossing["per_day"] * (at - self.told["from_epoch"]) / DAY
        return float(min(value, FULL)) if self.unit == "%" else float(value)

    # As it is said

    def title(self, say: Say) -> str:
        metric, _, mount = self.series.partition(":")
        called = say.name(measure(metric).called(say.locale))
        return f"{say.name(self.server)} {called}{' ' + say.name(mount) if mount else ''}"

    def number(self, value: float, say: Say, what: str = "", decimals: int = 1) -> str:
        metric = f"{self.series}_{what}" if what else self.series
        source = server_source(self.server, "/forecast")
        return say.number(value, self.unit, server=self.server, metric=metric, source=source, decimals=decimals)

    def level_told(self, say: Say) -> str:
        crossing = self.crossing
        usual = FULL if self.series.partition(":")[0] in FILLING else HIGH
        level = crossing["level"] if crossing else usual if self.level is None else self.level
        return say.number(level, self.unit, metric="level")

    def now_told(self, sources: Sources, say: Say) -> str:
        if self.now is None:
            return "–"
        source = server_source(self.server)
        value = say.number(self.now, self.unit, server=self.server, metric=self.series, source=source)
        if not self.size or self.series.partition(":")[0] != "disk":
            return value
        used = say.number(self.size * self.now / 100, "B", server=self.server, metric=f"{self.series}_used")
        total = say.number(self.size, "B", server=self.server, metric=f"{self.series}_size")
        return f"{value} ({used} / {total})"

    @property
    def is_there(self) -> bool:
        risen = self.is_risen_to and self.level is not None and self.now is not None and self.now >= self.level
        return risen or (self.crossing or {}).get("basis") == "now"

    def date_told(self, say: Say) -> str:
        return say.either("이미 도달", "already there") if self.is_there else self._when(self.at, say)

    def when_told(self, say: Say) -> str:
        """ "12-29 전후(12-21 – 01-09)"."""
        date = self.date_told(say)
        if self.is_there:
            return date
        between = self.range_told(say)
        return say.either(f"{date} 전후({between})", f"around {date} ({between})")

    def _when(self, at: float | None, say: Say) -> str:
        if at is None:
            return "–"
        return say.moment(at, day=True) if at - say.now < SHORT_DATES else say.date(at)

    def range_told(self, say: Say) -> str:
        """ "12-21 – 01-09": eight of ten such dates lie within."""
        crossing = self.crossing or {}
        early, late = crossing.get("earliest_epoch"), crossing.get("latest_epoch")
        if early is None:
            return "–"
        if late is None:
            return say.either(f"{self._when(early, say)} 이후", f"{self._when(early, say)} or later")
        return f"{self._when(early, say)} – {self._when(late, say)}"

    def slope_told(self, say: Say) -> str:
        """ "+1.8%p/일 (+3.6 GiB)"; empty where no growth was counted."""
        rate = (self.crossing or {}).get("per_day")
        if rate is None:
            return ""
        unit = unit_of_change(measure(self.series), say)
        told = say.number(rate, unit, server=self.server, metric=f"{self.series}_per_day", signed=True, decimals=2)
        a_day = say.either(f"하루 {told}", f"{told} a day")
        if self.size and self.series.partition(":")[0] == "disk":
            metric = f"{self.series}_grown_a_day"
            grown = say.number(self.size * rate / 100, "B", server=self.server, metric=metric, signed=True)
            return f"{a_day} ({grown})"
        return a_day

    def band(self, window: Window, say: Say) -> str:
        return f"{self.number(window.low, say, 'foreseen_low')} – {self.number(window.high, say, 'foreseen_high')}"

    def method_told(self, say: Say) -> str:
        basis = str((self.crossing or {}).get("basis") or "futures")
        ko, en = _BASES.get(basis, _BASES["futures"])
        if basis == "growth_6h":
            say.count(6, "hours")
        return say.either(f"방법: {ko}", f"method: {en}")


def prospects_of(meant: Meant, wanted: Wanted, sources: Sources) -> tuple[list[Prospect], int]:
    """(of every series that is meant, how many were too many). Those that the roll-up made; made now for a few servers,
    and for a level of one's own where that is nearest."""
    servers = {one.id: one for one in meant.servers}
    newest = sources.latest(meant.servers, [wanted.of])
    names = _nearest_first(_series(servers, wanted, newest), newest)
    if len(servers) <= FEW:
        made = _one_by_one(names[:MOST_MADE], wanted, sources)
        left = len(names) - len(names[:MOST_MADE])
    elif not wanted.is_level_asked:
        made = _one_by_one(names[:MOST_READ], wanted, sources)
        left = len(names) - len(names[:MOST_READ])
    else:
        made, left = _of_the_fleet(names, newest, wanted, sources)
    sizes = _sizes(made, wanted, sources)
    found = [
        Prospect(
            server, series, told, wanted.level, _now(servers[server], series, newest.get(server, {})),
            sizes.get((server, series.partition(":")[2])), wanted.is_risen_to,
        )
        for server, series, told in made
    ]  # fmt: skip
    return found, left


def _of_the_fleet(names: list[Key], newest: Newest, wanted: Wanted, sources: Sources) -> tuple[list[Made], int]:
    """In one read what the roll-up made. It knows the usual level and those of rules: for any other, whatever may reach
    it is foreseen anew, the soonest first."""
    rows = sources.house.forecasts.of_servers(list({server for server, _ in names}), wanted.series, sources.sight)
    known = {(one["server"], one["series"]): one for one in rows}
    unknown = [one for one in names if one not in known]
    if wanted.level is not None:
        unknown += [one for one in names if one in known and not _has_level(known[one], wanted.level)]
        level = wanted.level
        unknown.sort(key=lambda one: _days_left(known.get(one), newest.get(one[0], {}).get(one[1]), level))
    anew = unknown[:MOST_MADE]
    made: list[Made] = [(*one, known[one]) for one in names if one in known and one not in unknown]
    return made + _one_by_one(anew, wanted, sources), len(unknown) - len(anew)


def _has_level(told: Mapping[str, Any], level: float) -> bool:
    """Whether it says something of that level, if only that there will be no date for any."""
    return any(one["level"] == level or (one["code"] in {"no_trend", "too_little_data"} and one["per_day"] is not None)
               for one in told["crossings"])  # fmt: skip


def _days_left(told: Mapping[str, Any] | None, now: tuple[float, float] | None, level: float) -> float:
    """By the growth that was counted on; where none was, the nearest first, after all that grow."""
    missing = level - now[1] if now else level
    rate = next((one["per_day"] for one in told["crossings"] if one["per_day"]), None) if told else None
    return missing / rate if rate and rate > 0 else 1e6 + abs(missing)


type Key = tuple[str, str]  # server, series
type Made = tuple[str, str, Mapping[str, Any]]
type Newest = Mapping[str, Mapping[str, tuple[float, float]]]


def _series(servers: Mapping[str, Server], wanted: Wanted, newest: Newest) -> list[tuple[str, str]]:
    """(server, series), mounts instead of their headline where there are any."""
    found = []
    for name, one in servers.items():
        told = set(newest.get(name, {})) | {series for series in wanted.series if series in one.metrics}
        if not told and not one.is_there:
            told = set(wanted.series)
        mounts = {series for series in told if ":" in series}
        headlines = {series.partition(":")[0] for series in mounts}
        found += [(name, series) for series in sorted(told) if series not in headlines]
    return found


def _nearest_first(names: list[tuple[str, str]], newest: Newest) -> list[tuple[str, str]]:
    return sorted(names, key=lambda one: (-newest.get(one[0], {}).get(one[1], (0.0, 0.0))[1], one))


def _one_by_one(names: Sequence[Key], wanted: Wanted, sources: Sources) -> list[Made]:
    made: list[Made] = []
    for server, series in names:
        try:
            told = sources.house.forecasts.one(server, series, FARTHEST, wanted.level, sources.sight)
        except (NotFound, BadInput):
            continue
        if told["history_hours"]:
            made.append((server, series, told))
    return made


def _sizes(
    made: list[tuple[str, str, Mapping[str, Any]]], wanted: Wanted, sources: Sources
) -> dict[tuple[str, str], float]:
    """Of mounts, where so few are told that each can be looked up."""
    if wanted.of.name.partition(":")[0] != "disk" or len(made) > FEW:
        return {}
    return {
        (server, mount["mount"]): float(mount["size_bytes"])
        for server in {server for server, _, _ in made}
        for mount in sources.server(server)["mounts"]
        if mount["size_bytes"]
    }


def _now(one: Server, series: str, newest: Mapping[str, tuple[float, float]]) -> float | None:
    return newest[series][1] if series in newest else one.metrics.get(series)
