"""Who is told what, when, and why not: one pure step for each commit of the sweep.

Each channel has a picture of what it was told is open. Every step compares that picture with what is open now and is
meant for the channel, and what differs is news. So whatever happens between two steps (a silence that ends, a night
that is over, a restart, an incident that came and went) needs no rule of its own: the difference is what is owed. News
of one group waits for more of it and is one message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lib.domain.alerting import GRAVITY, ChannelFacts, Incident, Notice, RoutingDecision, Severity, Transition
from lib.monitoring.alerts.book import Book, Config, encode
from lib.monitoring.alerts.grouping import group_key, item_of
from lib.monitoring.alerts.silences import is_active
from lib.monitoring.alerts.wants import No, Wants

__all__ = ["Book", "Config", "Routed", "route"]

PARENT_SECONDS = 90  # a server behind another waits so long for word of that one
FLAP_SECONDS = 3_600  # what flaps is told of so often
FLAPPING = 3
OLD_SECONDS = 900
NOTICE_SECONDS = 21_600  # a message that could not be delivered for so long is no news any more
MOST_ITEMS = 50
MOST_OTHERS = 500
MOST_SAID = 1_000
HOUR = 3_600


class Routed(NamedTuple):
    book: Book
    notices: list[Notice]
    decisions: list[RoutingDecision]


class _Change(NamedTuple):
    """Something a channel does not know yet."""

    kind: str  # opened, escalated, acknowledged, resolved, reminder
    id: str
    seq: int
    item: dict[str, Any]
    is_flapping: bool = False
    waits: float = 0.0  # at least so long, and not taken along before
    why: str = ""  # it came and went: why it is told of in a digest


def route(
    book: Book,
    news: Sequence[tuple[Incident, Transition]],
    open_incidents: Sequence[Incident],
    config: Config,
    now: float,
) -> Routed:
    """What is owed now, by the news of this step and all that is open. The same input gives the same notices, with the
    same ids."""
    if not config.channels:
        return Routed(Book(), [], [])
    notices: list[Notice] = []
    decisions: list[RoutingDecision] = []
    channels: dict[str, Mapping[str, Any]] = {}
    items = dict(book.items)
    active = [silence for silence in config.silences if is_active(silence, now)]
    for channel in config.channels:
        wants = Wants(channel, active, config.parents, open_incidents, now)
        step = _Step(channel, wants, book.channels.get(channel.id) or {}, items, news, open_incidents, now)
        channels[channel.id] = step.take()
        notices += step.notices
        decisions += step.decisions
    told = {identity for one in channels.values() for identity in one["told"]}
    return Routed(Book(channels, {one: items[one] for one in items if one in told}), notices, decisions)


def _is_urgent(change: _Change) -> bool:
    """Told whatever the budget is, and counted in it. What else its group has ready goes along: the message is sent."""
    return change.kind in {"opened", "escalated"} and change.item["severity"] == "critical"


def _held(before: Mapping[str, Any], name: str) -> dict[str, Any]:
    """In the order in which it comes back from being written down: what is told must not hang on that."""
    return dict(sorted((before.get(name) or {}).items()))


class _Step:
    """One channel's step."""

    def __init__(
        self,
        channel: ChannelFacts,
        wants: Wants,
        before: Mapping[str, Any],
        items: dict[str, Mapping[str, Any]],
        news: Sequence[tuple[Incident, Transition]],
        open_incidents: Sequence[Incident],
        now: float,
    ) -> None:
        self.channel, self.policy, self.wants, self.items, self.now = channel, channel.policy, wants, items, now
        self.told: dict[str, dict[str, Any]] = _held(before, "told")
        self.groups: dict[str, float] = _held(before, "groups")
        self.ended: set[str] = set()
        self.hour: list[int] = list(before.get("hour") or [0, 0])
        self.over = bool(before.get("over"))
        self.said: dict[str, str] = _held(before, "said")
        self.since: dict[str, float] = _held(before, "since")
        self.late: dict[str, dict[str, Any]] = _held(before, "late")
        self.others: dict[str, int] = _held(before, "others")
        self.late_since: float = before.get("late_since") or now
        self.open = {incident.id: incident for incident in open_incidents}
        self.last = {incident.id: (incident, step) for incident, step in news}
        self.notices: list[Notice] = []
        self.decisions: list[RoutingDecision] = []

    def take(self) -> dict[str, Any]:
        hour = int(self.now) // HOUR
        flush = self.over and self.hour[0] != hour
        if self.hour[0] != hour:
            self.hour, self.over = [hour, 0], False
        pending: dict[str, list[_Change]] = {}
        for incident in self.open.values():
            change = self._of_open(incident)
            if change is not None:
                pending.setdefault(group_key(self.policy, incident), []).append(change)
        for identity in [one for one in self.told if one not in self.open]:
            self._of_ended(identity, pending)
        self._missed()
        if flush:
            self._flush(pending)
        else:
            for key, changes in sorted(pending.items()):
                self._group(key, changes)
            self._tell_late()
        self._remind(pending)
        longest = max(FLAP_SECONDS, self.policy.repeat_seconds, self.policy.interval_seconds)
        waiting = {change.id for changes in pending.values() for change in changes}
        return {
            "told": self.told,
            "groups": {key: sent for key, sent in self.groups.items() if self.now - sent <= longest},
            "since": {identity: at for identity, at in self.since.items() if identity in waiting},
            "hour": self.hour, "over": self.over,
            "said": {one: said for one, said in self.said.items() if one in self.open or one in self.told},
            "late": self.late, "others": self.others, "late_since": self.late_since if self.late else 0.0,
        }  # fmt: skip

    # What there is to say

    def _of_open(self, incident: Incident) -> _Change | None:
        no = self.wants.no(incident)
        found = self.last.get(incident.id)
        known = self.told.get(incident.id)
        if known is None:
            if no is not None:
                self._say(incident.id, 1, *no)
                return None
            waits = PARENT_SECONDS if self.wants.has_parents(incident) else 0.0
            item = self._item(incident, "opened", 1)
            return _Change("opened", incident.id, 1, item, incident.flaps >= FLAPPING, waits)
        if found is not None and found[1].seq != known["last"]:
            known = self.told[incident.id] = {**known, "last": found[1].seq}
        if GRAVITY[incident.severity] > GRAVITY[known["severity"]]:
            kind, seq = "escalated", known["last"]
        elif incident.acked_by and not known["acked"]:
            kind, seq = "acknowledged", known["last"] + 1  # people's acts are numbered as the sweep's
        else:
            return None
        if no is not None:
            self._say(incident.id, seq, *no)
            return None
        if kind == "acknowledged" and not self.policy.acknowledged:
            self.told[incident.id] = {**known, "acked": incident.acked_by}
            self._say(incident.id, seq, "skipped", "acknowledged_not_wanted")
            return None
        return _Change(kind, incident.id, seq, self._item(incident, kind, seq))

    def _of_ended(self, identity: str, pending: dict[str, list[_Change]]) -> None:
        """It was told of, so its end is too, whatever silences there are. What is removed has no news."""
        known, found = self.told[identity], self.last.get(identity)
        item = dict(self.items[identity])
        if found is not None:
            incident, step = found
            item = self._item(incident, "resolved", step.seq)
        elif item["transition"] != "resolved":
            seq = known["last"] + 1
            item |= {"transition": "resolved", "seq": seq, "at": self.now, "resolved_at": self.now}
        self.items[identity] = item
        if not (self.policy.resolved and self.channel.enabled):
            self._say(identity, item["seq"], "skipped", "resolved_not_wanted" if self.channel.enabled else "disabled")
            self.ended.add(identity)
            del self.told[identity]
            return
        change = _Change("resolved", identity, item["seq"], item, bool(item["flaps"] >= FLAPPING))
        pending.setdefault(known["key"], []).append(change)

    def _missed(self) -> None:
        """What came and went before anybody was told: said to the page. Where it is old news, or was over the budget,
        it is for the next digest."""
        for identity, (incident, step) in self.last.items():
            if step.kind != "resolved" or identity in self.open or identity in self.told or identity in self.ended:
                continue
            before = self.said.pop(identity, "")
            no = self.wants.no(incident)
            if no is not None and no.reason != "quiet_hours":
                self._say(identity, step.seq, *no)
                continue
            is_old = incident.noticed_at - incident.opened_at >= OLD_SECONDS
            if before.endswith("over_budget") or (is_old and no is None):
                if not self.late:
                    self.late_since = self.now
                if len(self.late) < MOST_ITEMS:
                    self.late[identity] = self._item(incident, "resolved", step.seq)
                elif len(self.others) < MOST_OTHERS:
                    self.others[identity] = step.seq
                why = "over_budget" if before.endswith("over_budget") else "old_news"
                self._say(identity, step.seq, "digest", why)
            elif " muted " in before or " suppressed " in before:
                self._say(identity, step.seq, "skipped", "never_told")
            else:
                self._say(identity, step.seq, "skipped", "resolved_meanwhile")

    # When it is said

    def _group(self, key: str, changes: list[_Change]) -> None:
        changes = self._awake(changes)
        if not changes:
            return
        now, interval = self.now, self.policy.interval_seconds
        sent = self.groups.get(key, 0.0)
        ripe = {change.id: self._ripe_at(change) for change in changes}
        flapping = all(change.is_flapping for change in changes)
        due = max(min(ripe.values()), sent + (FLAP_SECONDS if flapping else interval))
        escalated = any(change.kind == "escalated" for change in changes)
        breaks = escalated or (key in self.groups and not flapping and self._is_graver(key, changes))
        if now < due and not breaks:
            waits_for = "flapping" if flapping else "interval" if now - sent < interval else "grouping"
            for change in changes:
                self._say(change.id, change.seq, "waiting", waits_for, due)
            return
        ready = [change for change in changes if not change.waits or ripe[change.id] <= now]
        for change in changes:
            if change not in ready:
                self._say(change.id, change.seq, "waiting", "grouping", ripe[change.id])
        if not ready:
            return
        if self.hour[1] >= self.policy.budget and not any(_is_urgent(change) for change in ready):
            self.over = True
            for change in ready:
                self._say(change.id, change.seq, "digest", "over_budget", float((self.hour[0] + 1) * HOUR))
            return
        kinds = {change.kind for change in ready}
        kind = next(iter(kinds)) if len(kinds) == 1 else "escalated" if "escalated" in kinds else "update"
        self._send(key, ready, kind, "escalated" if escalated else "matched")

    def _awake(self, changes: list[_Change]) -> list[_Change]:
        """Without the ends that are not to be told by night."""
        awake = []
        for change in changes:
            no: No | None = self.wants.quiet(change.item["severity"]) if change.kind == "resolved" else None
            if no is None:
                awake.append(change)
            else:
                self._say(change.id, change.seq, *no)
        return awake

    def _is_graver(self, key: str, changes: list[_Change]) -> bool:
        """Something critical is new where so far nothing was: that does not wait for the interval."""
        is_new = any(change.kind == "opened" and change.item["severity"] == "critical" for change in changes)
        told = (one["severity"] for one in self.told.values() if one["key"] == key)
        return is_new and "critical" not in told

    def _flush(self, pending: Mapping[str, list[_Change]]) -> None:
        """The digest of an hour whose budget ran out."""
        changes = [change for those in pending.values() for change in self._awake(those)]
        changes += self._late_changes("over_budget")
        if changes:
            self._send("digest", changes, "digest", "matched")

    def _tell_late(self) -> None:
        due = max(
            self.late_since + self.policy.wait_seconds, self.groups.get("late", 0.0) + self.policy.interval_seconds
        )
        if not self.late or self.now < due:
            return
        if self.over or self.hour[1] >= self.policy.budget:
            self.over = True
            return
        self._send("late", self._late_changes("old_news"), "digest", "matched")

    def _late_changes(self, why: str) -> list[_Change]:
        return [_Change("resolved", one, item["seq"], item, why=why) for one, item in self.late.items()]

    def _ripe_at(self, change: _Change) -> float:
        """What is critical is said at once; what else there is of its group then comes with the next message."""
        wait = 0 if change.item["severity"] == "critical" else self.policy.wait_seconds
        return self.since.setdefault(change.id, self.now) + max(wait, change.waits)

    def _remind(self, pending: Mapping[str, Any]) -> None:
        if not self.policy.repeat_seconds or self.over:
            return
        by_key: dict[str, list[_Change]] = {}
        for identity, known in self.told.items():
            incident = self.open.get(identity)
            if incident is None or incident.acked_by or self.wants.no(incident) is not None:
                continue
            item = self._item(incident, "opened", known["seq"])
            by_key.setdefault(known["key"], []).append(_Change("reminder", identity, known["seq"], item))
        for key, changes in sorted(by_key.items()):
            is_due = self.now - self.groups.get(key, 0.0) >= self.policy.repeat_seconds
            if key not in pending and is_due and self.hour[1] < self.policy.budget:
                self._send(key, changes, "reminder", "reminder")

    def _send(self, key: str, changes: list[_Change], kind: str, reason: str) -> None:
        changes = sorted(changes, key=lambda change: (-GRAVITY[change.item["severity"]], change.id))
        what: list[list[Any]] = sorted([change.id, change.seq, change.kind] for change in changes)
        if kind == "reminder":
            what.append([self.groups.get(key, 0.0)])
        identity = hashlib.sha256(encode([self.channel.id, key, what]).encode()).hexdigest()[:32]
        severity: Severity = max((change.item["severity"] for change in changes), key=GRAVITY.__getitem__)
        others = [(change.id, change.seq) for change in changes[MOST_ITEMS:]]
        late = {change.id for change in changes if change.why}
        if late:
            others += self.others.items()
            self.late, self.others = {}, {}
        self.notices.append(
            Notice(
                identity, self.channel.id, kind, severity, self.now, self.now + NOTICE_SECONDS,  # type: ignore[arg-type] # one of its words
                tuple(change.item for change in changes[:MOST_ITEMS]), others=tuple(others),
                suppressed=self._behind({change.item["server"] for change in changes}),
            )
        )  # fmt: skip
        self.hour[1] += 1
        self.groups[key] = self.now
        for change in changes:
            self.since.pop(change.id, None)
            if change.id in late:
                self._say(change.id, change.seq, "digest", change.why)
                continue
            self._say(change.id, change.seq, "sent", reason)
            if change.kind == "resolved":
                self.told.pop(change.id, None)
            elif change.kind != "reminder":
                self._tell(change)

    def _tell(self, change: _Change) -> None:
        incident, known = self.open[change.id], self.told.get(change.id)
        found = self.last.get(change.id)
        last = max(change.seq, found[1].seq if found else 0, known["last"] if known else 0)
        # What it may be long of is told anew.
        self.items[change.id] = {**change.item, "note": "", "detail": "", "description": "", "url": ""}
        self.told[change.id] = {
            "seq": change.seq, "last": last, "severity": incident.severity, "acked": incident.acked_by,
            "key": group_key(self.policy, incident),
        }  # fmt: skip

    def _behind(self, servers: set[Any]) -> int:
        """How many silent servers are not told of because they stand behind one of these."""
        return sum(
            1 for one in self.open.values()
            if self.wants.has_parents(one) and one.server is not None and one.server not in servers
            and self.wants.cause(one.server) in servers
        )  # fmt: skip

    # What is written down

    def _item(self, incident: Incident, transition: str, seq: int) -> dict[str, Any]:
        found = self.last.get(incident.id)
        at = found[1].at if found and transition != "opened" else incident.opened_at
        return item_of(incident, transition, seq, at)

    def _say(self, identity: str, seq: int, verdict: str, reason: str, until: float | None = None) -> None:
        """Once each time the answer changes."""
        word = f"{seq} {verdict} {reason}"
        if self.said.get(identity) == word:
            return
        self.said[identity] = word
        self.decisions.append(
            RoutingDecision(identity, seq, self.channel.id, verdict, reason, self.now, until)  # type: ignore[arg-type] # one of its words
        )
