"""Tells a fleet's story to the sweep and writes down what the sweep made of it.

    story.at(0, cpu=95).at(300, cpu=95)
    assert story.told == ["web-1: warning at 301"]

Posts go through the real door, states through the form in which the database keeps them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from lib.domain.alerting import Incident, Rule, Transition
from lib.monitoring.alerts.incidents import Person
from lib.monitoring.alerts.threshold import Rules
from lib.monitoring.analyzers import analyzers
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.decide import Circumstances, decide
from lib.monitoring.parts import encode_parts
from lib.monitoring.snapshot import read, write
from lib.monitoring.state import FleetState, ServerState
from lib.storage.port import Entry
from tests.unit.folding import BRISK, NOW, alerting_with, kept_and_read


class Story:
    """Times are seconds since the story began. `post_every` is what agents are told.

    `told` are statuses, `incidents` what happened to incidents: `web-1 cpu: opened warning at 300`, with the time that
    the transition itself claims.
    """

    def __init__(self, post_every: float = 60.0, rules: Sequence[Rule] = BRISK) -> None:
        self.post_every = post_every
        self.alerting = alerting_with(*rules)
        self.incidents: list[str] = []
        self.steps: list[tuple[Incident, Transition]] = []
        self.ids: dict[str, str] = {}  # the id of each incident, by server and subject
        self.states: dict[str, ServerState] = {}
        self.fleet = FleetState()
        self.told: list[str] = []
        self.stored: dict[str, dict[int, str]] = {}
        self.snapshot = ""
        self.documents: list[dict[str, Any]] = []  # of each commit
        self._waiting: list[Entry] = []
        self._numbers: dict[str, int] = {}
        self._swept_at: float | None = None
        self._version = 0

    def post(
        self, at: float, server: str = "web-1", *, numbered: bool = True, clock: float = 0.0, **values: Any
    ) -> Self:
        """A sample taken and heard at this moment by a sender whose clock is `clock` seconds ahead."""
        theirs = NOW + at + clock
        document: dict[str, Any] = {
            "server": server,
            "host": {"cores": 4},
            "sent_at": theirs,
            "samples": [{"at": int(theirs), **values}],
        }
        if numbered:
            self._numbers[server] = n = self._numbers.get(server, 0) + 1
            document["post"] = {"epoch": "e", "n": n, "floor": n}
        (share,) = decode(document, NOW + at).shares
        self._waiting.append(Entry(f"{int((NOW + at) * 1000)}-0", NOW + at, encode_parts(share, "key")))
        return self

    def polled(
        self, at: float, server: str = "web-1", *, every: int = 300, stopped: str = "", lag: int = 300, **values: Any
    ) -> Self:
        """A cloud was asked about the server, and told values that are `lag` seconds old."""
        gathered = Gathered("aws", NOW + at)
        name = gathered.server(server) or ""
        gathered.polled(name, every, stopped)
        for series, value in values.items():
            gathered.value(name, NOW + at - lag, series.replace("__", "."), value)
        (share,) = gathered.done().shares
        self._waiting.append(Entry(f"{int((NOW + at) * 1000)}-1", NOW + at, encode_parts(share, "cloud")))
        return self

    def hear(self, at: float, parts: Sequence[str]) -> Self:
        """An entry that is no post of samples, heard at this moment."""
        self._waiting.append(Entry(f"{int((NOW + at) * 1000)}-1", NOW + at, list(parts)))
        return self

    def sweep(self, at: float, *, redis: bool = True) -> Self:
        entries, self._waiting = (self._waiting, []) if redis else ([], self._waiting)
        given = Circumstances(NOW + at, self._swept_at, self.post_every, drained=True, could_read=redis)
        decision = decide(self.states, self.fleet, entries, given, analyzers(), self.alerting)
        json.dumps(decision.document)
        self.documents.append(decision.document)
        self.alerting = decision.alerting
        self.steps += decision.news.told
        for incident, step in decision.news.told:
            where = f"{incident.server or 'fleet'} {incident.subject or incident.kind}"
            why = f" ({step.note})" if step.note else ""
            self.incidents.append(f"{where}: {step.kind} {step.severity} at {step.at - NOW:g}{why}")
            self.ids[where] = incident.id
        for name, after in sorted(decision.changed.items()):
            before = self.states.get(name)
            if after.status != (before.status if before else "ok"):
                self.told.append(f"{name}: {after.status} at {at:g}")
            self.states[name] = kept_and_read(after)
        if (decision.fleet.deaf_since is None) != (self.fleet.deaf_since is None):
            self.told.append(f"the monitor {'cannot hear' if decision.fleet.deaf_since else 'hears again'} at {at:g}")
        for name, rows in decision.document["samples"].items():
            self.stored.setdefault(name, {}).update((moment - NOW, literal) for moment, literal in rows)
        self.fleet = decision.fleet
        self._swept_at = NOW + at
        self._version += 1
        self.snapshot = write(self._version, NOW + at, self.states, self.fleet, self.post_every)
        return self

    def person(self, where: str, *, acked_by: str | None = None, why: str | None = None) -> Self:
        """Somebody acknowledged or ended the incident; the next sweep hears of it."""
        people = {self.ids[where]: Person(acked_by, why, 99)}
        self.alerting = replace(self.alerting, people=people, is_new=True)
        return self

    def rule(self, *rules: Rule) -> Self:
        """From the next sweep on these are the rules."""
        self.alerting = replace(self.alerting, rules=Rules(rules), is_new=True)
        return self

    def at(self, at: float, server: str = "web-1", **values: Any) -> Self:
        """A post, and the sweep a second later."""
        return self.post(at, server, **values).sweep(at + 1)

    def every(self, seconds: int, start: int, end: int, *servers: str, **values: Any) -> Self:
        """All these servers post and are swept, from start up to and with end."""
        for at in range(start, end + 1, seconds):
            for server in servers or ("web-1",):
                self.post(at, server, **values)
            self.sweep(at + 1)
        return self

    def silence(self, seconds: int, start: int, end: int) -> Self:
        """Sweeps that find nothing."""
        for at in range(start, end + 1, seconds):
            self.sweep(at + 1)
        return self

    def page(self, at: float) -> dict[str, str]:
        """What the fleet view says of each server: its status, and why if it is stale."""
        servers = [json.loads(text) for text in read(self.snapshot).answer(NOW + at)[0]]
        return {
            one["id"]: one["status"] + (f" ({one['reason']['code']})" if one["status"] == "stale" else "")
            for one in servers
        }
