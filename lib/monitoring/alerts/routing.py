"""Who is told what, when, and why not: one pure step for each commit of the sweep.

Each channel has a picture of what it was told is open. Every step compares that picture with what is open now and is
meant for the channel, and what differs is news. So whatever happens between two steps (a silence that ends, a night
that is over, a restart, an incident that came and went) needs no rule of its own: the difference is what is owed. News
of one group waits for more of it and is one message.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lib.domain.alerting import (
    GRAVITY,
    ChannelFacts,
    Incident,
    Notice,
    RoutingDecision,
    Severity,
    Transition,
)
from lib.monitoring.alerts.wants import Config, Wants

PARENT_SECONDS = 90  # a server behind another waits so long for word of that one
FLAP_SECONDS = 3_600  # what flaps is told of so often
FLAPPING = 3
OLD_SECONDS = 900
NOTICE_SECONDS = 21_600  # a message that could not be delivered for so long is no news any more
MOST_ITEMS = 50
MOST_SAID = 1_000
HOUR = 3_600
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Book:
    """What routing remembers, by channel: JSON, and never changed in place.

    {"told": {incident: {"seq", "severity", "acked", "item", "key"}}, "groups": {key: when last sent},
     "since": {incident: since when it waits}, "hour": [which, how many], "over": whether the budget ran out,
     "said": {incident: the last decision}}
    """

    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str | None) -> Book:
        return cls(json.loads(text)) if text else cls()

    def to_text(self) -> str:
        return _ENCODE(self.channels)


class Routed(NamedTuple):
    book: Book
    notices: list[Notice]
    decisions: list[RoutingDecision]


class _Change(NamedTuple):
    """Something a channel does not know yet."""

    kind: str  # opened, escalated, acknowledged, resolved
    id: str
    seq: int
    item: dict[str, Any]
    is_flapping: bool = False
    waits: float = 0.0  # at least so long


def route(
    book: Book,
    news: Sequence[tuple[Incident, Transition]],
    open_incidents: Sequence[Incident],
    config: Config,
    now: float,
) -> Routed:
    """What is owed now, by the news of this step and all that is open. The same input gives the same notices, with the
    same ids."""
    notices: list[Notice] = []
    decisions: list[RoutingDecision] = []
    channels: dict[str, Mapping[str, Any]] = {}
    for channel in config.channels:
        before = book.channels.get(channel.id) or {}
        step = _Step(channel, before, news, open_incidents, config, now)
        channels[channel.id] = step.take()
        notices += step.notices
        decisions += step.decisions
    return Routed(Book(channels), notices, decisions)


class _Step:
    """One channel's step."""

    def __init__(
        self,
        channel: ChannelFacts,
        before: Mapping[str, Any],
        news: Sequence[tuple[Incident, Transition]],
        open_incidents: Sequence[Incident],
        config: Config,
        now: float,
    ) -> None:
        self.channel, self.policy, self.config, self.now = channel, channel.policy, config, now
        self.told: dict[str, dict[str, Any]] = dict(before.get("told") or {})
        self.groups: dict[str, float] = dict(before.get("groups") or {})
        self.ended: set[str] = set()
        self.hour: list[int] = list(before.get("hour") or [0, 0])
        self.over = bool(before.get("over"))
        self.said: dict[str, str] = dict(before.get("said") or {})
        self.since: dict[str, float] = dict(before.get("since") or {})
        self.open = {incident.id: incident for incident in open_incidents}
        self.last = {incident.id: (incident, step) for incident, step in news}
        self.begun = {incident.id for incident, step in news if step.kind == "opened"}
        self.wants = Wants(channel, config, open_incidents, now)
        self.missed: list[dict[str, Any]] = list(before.get("missed") or [])
        self.notices: list[Notice] = []
        self.decisions: list[RoutingDecision] = []

    def take(self) -> dict[str, Any]:
        if self.hour[0] != int(self.now) // HOUR:
            self.hour, was_over = [int(self.now) // HOUR, 0], self.over
            self.over = False
        else:
            was_over = False
        pending: dict[str, list[_Change]] = {}
        for incident in self.open.values():
            change = self._of_open(incident)
            if change is not None:
                pending.setdefault(self._key(incident), []).append(change)
        for identity in [one for one in self.told if one not in self.open]:
            self._of_ended(identity, pending)
        self._missed()
        if was_over and (pending or self.missed):
            everything = [change for changes in pending.values() for change in changes]
            ended = [_Change("resolved", item["incident"], item["seq"], item) for item in self.missed]
            pending, self.missed = {"digest": everything + ended}, []
        for key, changes in sorted(pending.items()):
            self._group(key, changes, digest=key == "digest" and was_over)
        self._remind(pending)
        longest = max(HOUR, self.policy.repeat_seconds, self.policy.interval_seconds)
        self.groups = {key: sent for key, sent in self.groups.items() if self.now - sent <= longest}
        waiting = {change.id for changes in pending.values() for change in changes}
        return {
            "told": self.told,
            "groups": self.groups,
            "since": {identity: at for identity, at in self.since.items() if identity in waiting},
            "hour": self.hour,
            "over": self.over,
            "missed": self.missed[-MOST_ITEMS:],
            "said": self.said,
        }

    # What there is to say

    def _of_open(self, incident: Incident) -> _Change | None:
        verdict, reason, until = self.wants.verdict(incident)
        known = self.told.get(incident.id)
        if verdict:
            self._decide(incident, verdict, reason, until)
            return None
        item = self._item(incident)
        flapping = incident.flaps >= FLAPPING
        if known is None:
            is_behind = incident.kind == "heartbeat" and incident.server in self.config.parents
            waits = PARENT_SECONDS if is_behind else 0.0
            return _Change("opened", incident.id, item["seq"], item, flapping, waits)
        if GRAVITY[incident.severity] > GRAVITY[known["severity"]]:
            return _Change("escalated", incident.id, item["seq"], item)
        if incident.acked_by and not known.get("acked"):
            if self.policy.acknowledged:
                return _Change("acknowledged", incident.id, item["seq"], item)
            known = self.told[incident.id] = {**known, "acked": incident.acked_by}
            self._decide(incident, "skipped", "acknowledged_not_wanted", None)
        return None

    def _of_ended(self, identity: str, pending: dict[str, list[_Change]]) -> None:
        """It was told of, so its end is too, whatever silences and nights there are. What is removed has no news."""
        known = self.told[identity]
        found = self.last.get(identity)
        item = dict(known["item"])
        item["transition"] = "resolved"
        if found is not None:
            incident, step = found
            item |= {"seq": step.seq, "at": step.at, "resolved_at": incident.resolved_at, "peak": incident.peak,
                     "why": incident.resolved_why}  # fmt: skip
        elif "resolved_at" not in item or item["resolved_at"] is None:
            item |= {"seq": item["seq"] + 1, "at": self.now, "resolved_at": self.now}
        if not self.policy.resolved or not self.channel.enabled:
            self._say(identity, item["seq"], "skipped", "resolved_not_wanted")
            self.ended.add(identity)
            del self.told[identity]
            return
        self.told[identity] = {**known, "item": item}
        key = known["key"]
        pending.setdefault(key, []).append(
            _Change("resolved", identity, item["seq"], item, bool(item["flaps"] >= FLAPPING))
        )

    def _missed(self) -> None:
        """What came and went before anybody was told. Where it was old news already when it was noticed it is told in
        one digest, and what the budget kept back is in the hour's."""
        old: list[_Change] = []
        for identity, (incident, step) in self.last.items():
            if step.kind != "resolved" or identity in self.open or identity in self.told or identity in self.ended:
                continue
            verdict, reason, until = self.wants.verdict(incident)
            item = self._item(incident) | {"transition": "resolved", "resolved_at": incident.resolved_at}
            if verdict:
                self._decide(incident, verdict, reason, until)
            elif self.policy.resolved and self.said.get(identity, "").endswith("digest over_budget"):
                self.missed.append(item)
            elif identity in self.begun and self.now - incident.opened_at >= OLD_SECONDS:
                old.append(_Change("resolved", identity, step.seq, item))
            else:
                self._say(identity, step.seq, "skipped", "resolved_meanwhile")
            self.said.pop(identity, None)
        if not old or not self.policy.resolved:
            return
        if self.hour[1] >= self.policy.budget:
            self.over = True
            self.missed += [change.item for change in old]
        else:
            self._send("digest", old, "digest", "digest", "old_news")

    # When it is said

    def _group(self, key: str, changes: list[_Change], *, digest: bool) -> None:
        policy, now = self.policy, self.now
        sent = self.groups.get(key, 0.0)
        flapping = all(change.is_flapping for change in changes)
        due = max(min(map(self._ripe_at, changes)), sent + (FLAP_SECONDS if flapping else policy.interval_seconds))
        breaks = any(change.kind == "escalated" for change in changes)
        if now < due and not breaks and not digest:
            waits_for = "flapping" if flapping else "interval" if now - sent < policy.interval_seconds else "grouping"
            for change in changes:
                self._say(change.id, change.seq, "waiting", waits_for, due)
            return
        if self.hour[1] >= policy.budget:
            self.over = True
            for change in changes:
                self._say(change.id, change.seq, "digest", "over_budget", float((self.hour[0] + 1) * HOUR))
            return
        kinds = {change.kind for change in changes}
        kind = next(iter(kinds)) if len(kinds) == 1 else "escalated" if "escalated" in kinds else "update"
        self._send(key, changes, "digest" if digest else kind, "sent", "escalated" if breaks else "matched")

    def _ripe_at(self, change: _Change) -> float:
        """What is critical is said at once; what else there is of its group then comes with the next message."""
        wait = 0 if change.item["severity"] == "critical" else self.policy.wait_seconds
        return self.since.setdefault(change.id, self.now) + max(wait, change.waits)

    def _remind(self, pending: Mapping[str, Any]) -> None:
        if not self.policy.repeat_seconds or not self.channel.enabled or self.over:
            return
        by_key: dict[str, list[_Change]] = {}
        for identity, known in self.told.items():
            incident = self.open.get(identity)
            if incident is None or incident.acked_by or self.wants.verdict(incident)[0]:
                continue
            by_key.setdefault(known["key"], []).append(
                _Change("reminder", identity, known["seq"], self._item(incident))
            )
        for key, changes in sorted(by_key.items()):
            sent = self.groups.get(key, 0.0)
            if (
                key not in pending
                and self.now - sent >= self.policy.repeat_seconds
                and self.hour[1] < self.policy.budget
            ):
                self._send(key, changes, "reminder", "sent", "reminder")

    def _send(self, key: str, changes: list[_Change], kind: str, verdict: str, reason: str) -> None:
        changes = sorted(changes, key=lambda change: (-GRAVITY[change.item["severity"]], change.id))
        what = [[change.id, change.seq, change.kind] for change in changes]
        if kind == "reminder":
            what.append(["", int(self.now) // max(1, self.policy.repeat_seconds), "again"])
        digest = hashlib.sha256(_ENCODE([self.channel.id, key, sorted(what)]).encode()).hexdigest()
        severity: Severity = max((change.item["severity"] for change in changes), key=GRAVITY.__getitem__)
        servers = {change.item["server"] for change in changes}
        self.notices.append(
            Notice(
                digest[:32], self.channel.id, kind, severity, self.now, self.now + NOTICE_SECONDS,  # type: ignore[arg-type] # one of its words
                tuple(change.item for change in changes[:MOST_ITEMS]),
                others=tuple((change.id, change.seq) for change in changes[MOST_ITEMS:]),
                suppressed=self.wants.behind(servers),
            )
        )  # fmt: skip
        self.hour[1] += 1
        self.groups[key] = self.now
        for change in changes:
            self.since.pop(change.id, None)
            self._say(change.id, change.seq, verdict, reason)
            if change.kind == "resolved":
                self.told.pop(change.id, None)
                self.said.pop(change.id, None)
            elif change.kind != "reminder":
                incident = self.open[change.id]
                self.told[change.id] = {
                    "seq": change.seq, "severity": incident.severity, "acked": incident.acked_by, "item": change.item,
                    "key": self._key(incident),
                }  # fmt: skip

    # Words and keys

    def _key(self, incident: Incident) -> str:
        """What belongs together. Servers that fall silent do, whichever they are."""
        parts = []
        for by in self.policy.group_by:
            if by == "all":
                return "all"
            if by == "server":
                parts.append("silent" if incident.kind == "heartbeat" else f"server={incident.server}")
            elif by == "group":
                parts.append(f"group={incident.group}")
            elif by == "rule":
                parts.append(f"rule={incident.rule_id}")
            else:
                key = by.partition(":")[2]
                parts.append(f"{key}={incident.tags.get(key)}")
        return " ".join(parts) or "all"

    def _item(self, incident: Incident) -> dict[str, Any]:
        found = self.last.get(incident.id)
        step = found[1] if found else None
        known = self.told.get(incident.id)
        return {
            "incident": incident.id, "seq": step.seq if step else known["seq"] if known else 1,
            "transition": step.kind if step else "opened", "rule": incident.rule_name, "rule_id": incident.rule_id,
            "kind": incident.kind, "server": incident.server, "group": incident.group, "subject": incident.subject,
            "severity": incident.severity, "value": incident.value, "level": incident.level, "peak": incident.peak,
            "opened_at": incident.opened_at, "at": step.at if step else incident.opened_at,
            "resolved_at": incident.resolved_at, "acked_by": incident.acked_by, "note": incident.note,
            "detail": incident.detail, "flaps": incident.flaps,
        }  # fmt: skip

    def _decide(self, incident: Incident, verdict: str, reason: str, until: float | None) -> None:
        found = self.last.get(incident.id)
        known = self.told.get(incident.id)
        seq = found[1].seq if found else known["seq"] if known else 1
        self._say(incident.id, seq, verdict, reason, until)

    def _say(self, identity: str, seq: int, verdict: str, reason: str, until: float | None = None) -> None:
        """Once each time the answer changes."""
        word = f"{seq} {verdict} {reason}"
        if self.said.get(identity) == word:
            return
        self.said[identity] = word
        if len(self.said) > MOST_SAID:
            self.said = {one: said for one, said in self.said.items() if one in self.open or one in self.told}
        self.decisions.append(
            RoutingDecision(identity, seq, self.channel.id, verdict, reason, self.now, until)  # type: ignore[arg-type] # one of its words
        )
