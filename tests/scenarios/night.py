"""A stretch of time in which alerts come and go, and what each channel is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from lib.domain.alerting import (
    ChannelFacts,
    Incident,
    Notice,
    Policy,
    RoutingDecision,
    Silence,
    Transition,
)
from lib.monitoring.alerts.routing import Book, Config, route

MINUTE, HOUR, DAY = 60, 3_600, 86_400
START = 1_764_028_800.0  # a midnight in UTC, a Tuesday


def channel(name: str = "ops", **policy: Any) -> ChannelFacts:
    return ChannelFacts(name, "slack", name, policy=Policy(**policy))


class Night:
    """A fleet's incidents as the sweep would tell them, with a sweep every `every` seconds. `told` are the messages."""

    def __init__(
        self, *channels: ChannelFacts, every: int = 10, silences: Sequence[Silence] = (), **behind: str
    ) -> None:
        parents = {server: (parent,) for server, parent in behind.items()}
        self.config = Config(channels or (channel(),), tuple(silences), parents)
        self.every = every
        self.now = START
        self.open: dict[str, Incident] = {}
        self.seq: dict[str, int] = {}
        self.book = Book()
        self.notices: list[Notice] = []
        self.told: list[str] = []
        self.reasons: dict[tuple[str, str], str] = {}
        self.decisions: list[RoutingDecision] = []
        self._news: list[tuple[Incident, Transition]] = []
        self._opened = 0

    def opens(self, server: str | None, severity: str = "warning", kind: str = "threshold", **more: Any) -> str:
        self._opened += 1
        rule = more.pop("rule", "cpu" if kind == "threshold" else kind)
        incident = Incident(
            f"i{self._opened}", rule, 1, rule, kind, server, more.pop("subject", rule), severity,  # type: ignore[arg-type] # from a story
            more.pop("opened_at", self.now), self.now, **more,
        )  # fmt: skip
        self._step(incident, "opened")
        return incident.id

    def escalates(self, identity: str) -> Self:
        self._step(replace(self.open[identity], severity="critical"), "escalated")
        return self

    def resolves(self, identity: str) -> Self:
        incident = self.open.pop(identity)
        self._step(replace(incident, state="resolved", resolved_at=self.now, resolved_why="recovered"), "resolved")
        return self

    def acknowledged(self, identity: str) -> Self:
        self.open[identity] = replace(self.open[identity], acked_by="ada")
        return self

    def _step(self, incident: Incident, kind: Any) -> None:
        if kind != "resolved":
            self.open[incident.id] = incident
        self.seq[incident.id] = seq = self.seq.get(incident.id, 0) + 1
        self._news.append((incident, Transition(incident.id, seq, kind, self.now, self.now, incident.severity)))

    def passes(self, seconds: float) -> Self:
        end = self.now + seconds
        while self.now < end:
            news, self._news = self._news, []
            routed = route(Book.from_text(self.book.to_text()), news, list(self.open.values()), self.config, self.now)
            assert route(self.book, news, list(self.open.values()), self.config, self.now) == routed
            self.book = routed.book
            self.notices += routed.notices
            for notice in routed.notices:
                what = " ".join(f"{item['server']}" for item in notice.items[:3])
                more = f" +{len(notice.items) - 3}" if len(notice.items) > 3 else ""
                behind = f" ({notice.suppressed} behind)" if notice.suppressed else ""
                self.told.append(f"{self.now - START:g} {notice.kind} {notice.severity}: {what}{more}{behind}")
            self.decisions += routed.decisions
            for one in routed.decisions:
                self.reasons[one.incident, one.channel] = f"{one.verdict} {one.reason}"
            self.now += self.every
        return self

    def reason(self, identity: str, name: str = "ops") -> str:
        return self.reasons[identity, name]
