"""An answer in the making: every number said becomes a fact as it is said, so that nothing is said that is not known.

Whoever answers writes both languages side by side; the one that is not wanted is dropped:

    say.line(ko=f"{say.name('web-01')} CPU {say.number(93.2, '%', ...)}입니다.", en=...)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from lib.domain.moments import told
from lib.mcp.core.facts import TIME, Fact
from lib.mcp.core.korean import with_particle
from lib.mcp.core.measures import Locale, figure, scaled, with_unit

MOST_LINES = 8
LEAST_ROWS = 5  # of a table, however many lines stand before it: one of two rows compares nothing
MOST_SUGGESTIONS = 3
_MARKUP = re.compile(r"([\\`*_\[\]<>|~#])")
_BARE_PIPE = re.compile(r"(?<!\\)\|")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
MINUTE, HOUR, DAY = 60, 3_600, 86_400
_LENGTHS: tuple[tuple[float, float, str, str], ...] = (
    (90, 1, "초", "s"), (90 * MINUTE, MINUTE, "분", "min"), (48 * HOUR, HOUR, "시간", "h"),
    (float("inf"), DAY, "일", "d"),
)  # fmt: skip


@dataclass(slots=True)
class Reply:
    """An answer as it is given. `names` are what the number check must not read as numbers."""

    answer: str
    facts: list[Fact] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    chart: dict[str, Any] | None = None
    table: dict[str, Any] | None = None
    actions: list[dict[str, Any]] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    data_as_of: float | None = None
    stale: bool = False
    document: dict[str, Any] | None = None  # of a report: {title, markdown, html}

    def body(self) -> dict[str, Any]:
        return {
            "answer": self.answer, "facts": [one.document() for one in self.facts], "evidence": self.evidence,
            "chart": self.chart, "table": self.table, "actions": self.actions, "suggestions": self.suggestions,
            **told("data_as_of", self.data_as_of), "stale": self.stale, "document": self.document,
        }  # fmt: skip


class Say:
    """One answer, written line by line. Methods that give text register what it states."""

    def __init__(self, locale: Locale, zone: tzinfo, now: float) -> None:
        self.locale: Locale = locale
        self.zone = zone
        self.now = now
        self.stale = False
        self.is_long = False  # reports, runbooks, configurations: as long as they need to be
        self.document: dict[str, Any] | None = None
        self.first: str | None = None  # the server at the head of a ranking, which the next question may mean
        self._lines: list[str] = []
        self._facts: list[Fact] = []
        self._known: dict[tuple[Any, ...], Fact] = {}
        self._names: set[str] = set()
        self._evidence: list[dict[str, Any]] = []
        self._suggestions: list[str] = []
        self._actions: list[dict[str, Any]] = []
        self._chart: dict[str, Any] | None = None
        self._table: dict[str, Any] | None = None

    # Text

    def line(self, ko: str, en: str) -> None:
        """One line of the answer; the first answers the question."""
        self._lines.append(ko if self.locale == "ko" else en)

    @property
    def said(self) -> str:
        """What has been written so far."""
        return "\n".join(self._lines)

    def either(self, ko: str, en: str) -> str:
        return ko if self.locale == "ko" else en

    def name(self, text: object, particle: str = "") -> str:
        """A name as data: nothing in it is markup. With `particle` ("은/는") in the form that follows it."""
        clean = _UNSEEN.sub(" ", str(text)).strip()[:200]
        self._names.add(clean)
        shown = _MARKUP.sub(r"\\\1", clean)
        return with_particle(shown, particle) if particle else shown

    def names(self, those: Sequence[object], most: int = 5) -> str:
        """ "a, b, c and 4 more"."""
        shown = ", ".join(self.name(one) for one in those[:most])
        if len(those) <= most:
            return shown
        more = self.count(len(those) - most, "more")
        return self.either(f"{shown} 외 {more}대", f"{shown} and {more} more")

    def code(self, text: object) -> str:
        """What somebody else wrote, such as a line of a log: shown as it is, never as markup."""
        clean = _UNSEEN.sub(" ", str(text)).replace("`", "'").strip()[:300]
        return f"`{clean}`" if clean else "``"

    # Facts

    def number(
        self,
        value: float,
        unit: str = "",
        *,
        server: str | None = None,
        metric: str = "",
        at: float | None = None,
        source: str = "",
        decimals: int = 1,
        signed: bool = False,
    ) -> str:
        """`94.2%`, `5.1 GiB`, `240 ms`: rounded, with its unit, and kept as a fact in that unit."""
        if unit == "s" and metric == "uptime":
            return self.duration(value, server=server, metric=metric, at=at, source=source)
        left, shown_unit = scaled(value, unit)
        kept = round(left, decimals)
        self._fact(metric or "value", int(kept) if kept == int(kept) else kept, shown_unit, server, at, source)
        sign = "+" if signed and kept > 0 else ""
        return sign + with_unit(figure(kept, decimals), shown_unit)

    def count(self, number: int, of: str = "count", *, server: str | None = None, source: str = "") -> str:
        self._fact(of, int(number), "", server, None, source)
        return str(int(number))

    def duration(
        self,
        seconds: float,
        *,
        server: str | None = None,
        metric: str = "duration",
        at: float | None = None,
        source: str = "",
    ) -> str:
        """ "18분", "2.5 h": one number, in the unit that suits."""
        length = max(0.0, seconds)
        _, size, ko, en = next(one for one in _LENGTHS if length < one[0])
        value = round(length / size, 1 if size >= HOUR and length < 10 * size else 0)
        self._fact(metric, int(value) if value == int(value) else value, en, server, at, source)
        return f"{figure(value)}{ko}" if self.locale == "ko" else f"{figure(value)} {en}"

    def moment(self, at: float, *, seconds: bool = False, day: bool | None = None, zone: bool = True) -> str:
        """`14:29 KST` today, else `11-18 14:29 KST`; of another year with the year."""
        when = self._moment(at)
        today = datetime.fromtimestamp(self.now, self.zone)
        with_day = day if day is not None else when.date() != today.date()
        date = f"{when:%Y-%m-%d} " if when.year != today.year else f"{when:%m-%d} "
        clock = f"{when:%H:%M:%S}" if seconds else f"{when:%H:%M}"
        return f"{date if with_day else ''}{clock}{' ' + self._zone_name(when) if zone else ''}"

    def date(self, at: float) -> str:
        """`2026-12-29`, in the fleet's time zone."""
        return f"{self._moment(at):%Y-%m-%d}"

    def span(self, start: float, end: float) -> str:
        """`11-17 00:00–24:00 KST`, both ends absolute."""
        first, last = self._moment(start), self._moment(end)
        close = last
        if (last.hour, last.minute) == (0, 0) and end > start:  # the end of a day is written as 24:00
            close = last - timedelta(seconds=1)
        tail = "24:00" if close is not last else f"{last:%H:%M}"
        year = "%Y-%m-%d" if first.year != datetime.fromtimestamp(self.now, self.zone).year else "%m-%d"
        second = tail if close.date() == first.date() else f"{close.strftime(year)} {tail}"
        return f"{first.strftime(year)} {first:%H:%M}–{second} {self._zone_name(last)}"

    def _moment(self, at: float) -> datetime:
        when = datetime.fromtimestamp(int(at), self.zone)
        self._fact("time", when.isoformat(), TIME, None, at, "")
        return when

    def _zone_name(self, when: datetime) -> str:
        return when.tzname() or "UTC"

    def _fact(
        self, metric: str, value: float | int | str, unit: str, server: str | None, at: float | None, source: str
    ) -> Fact:
        key = (metric, value, unit, server)
        if key not in self._known:
            iso = None if at is None else datetime.fromtimestamp(int(at), self.zone).isoformat()
            fact = Fact(f"f{len(self._facts) + 1}", metric, value, unit, server, iso, source)
            self._known[key] = fact
            self._facts.append(fact)
        return self._known[key]

    # What stands beside the text

    def table(
        self, headers: Sequence[str], rows: Sequence[Sequence[str]], *, whole: bool = False, written: bool = True
    ) -> None:
        """Rows as a table; in the text as many as fit, with `whole` all of them, and none where the sentences have said
        it all already (`written`). Cells are finished texts."""
        self._table = {"headers": list(headers), "rows": [list(row) for row in rows]}
        if not written:
            return
        room = len(rows) if whole else max(LEAST_ROWS, MOST_LINES - 2 - len(self._lines))
        self._lines += [
            _row(headers),
            "|" + " --- |" * len(headers),
            *(_row(row) for row in rows[:room]),
        ]

    def evidence(self, kind: str, id: str, url: str, window: Sequence[float] | None = None) -> None:
        """Where a clause can be looked up: `kind` is metric, alert, event, log or kb; `url` a place on the page."""
        span = None
        if window is not None:
            span = [datetime.fromtimestamp(int(at), self.zone).isoformat() for at in window]
        one = {"kind": kind, "id": id, "window": span, "url": url}
        if one not in self._evidence:
            self._evidence.append(one)

    def chart(
        self,
        kind: str,
        series: Sequence[Mapping[str, str]],
        start: float,
        end: float,
        step: int = 0,
        threshold: float | None = None,
    ) -> None:
        """`kind` is line, bar or status; `series` are [{server, metric}]."""
        self._chart = {
            "type": kind, "series": [dict(one) for one in series],
            **told("start", start), **told("end", end), "step": step, "threshold": threshold,
        }  # fmt: skip

    def suggest(self, ko: str, en: str) -> None:
        """A question that can be asked next, as it would be typed."""
        text = ko if self.locale == "ko" else en
        if text not in self._suggestions:
            self._suggestions.append(text)

    def action(self, kind: str, params: Mapping[str, Any], label_ko: str, label_en: str) -> None:
        """Something that will be done once it is confirmed; whoever hands the reply out adds the token."""
        self._actions.append({"type": kind, "params": dict(params), "label": self.either(label_ko, label_en)})

    def finish(self, data_as_of: float | None) -> Reply:
        return Reply(
            answer="\n".join(self._lines),
            facts=self._facts,
            evidence=self._evidence,
            chart=self._chart,
            table=self._table,
            actions=self._actions,
            suggestions=self._suggestions[:MOST_SUGGESTIONS],
            names=frozenset(self._names),
            data_as_of=data_as_of,
            stale=self.stale,
            document=self.document,
        )


def _row(cells: Sequence[str]) -> str:
    """A bar within code would end its cell."""
    return "| " + " | ".join(_BARE_PIPE.sub(r"\\|", cell) for cell in cells) + " |"
