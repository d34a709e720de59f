"""Whether a channel is to know of an incident at this moment, and where not, why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.domain.alerting import GRAVITY, ChannelFacts, Incident, QuietHours, Severity, Silence
from lib.domain.calendars import holds
from lib.monitoring.alerts.silences import muting


@dataclass(frozen=True, slots=True)
class Config:
    """`parents` is {server: those it stands behind}: while one of them is silent, so must it be."""

    channels: tuple[ChannelFacts, ...] = ()
    silences: tuple[Silence, ...] = ()
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Wants:
    """What one channel wants to hear now."""

    def __init__(self, channel: ChannelFacts, config: Config, open_incidents: Iterable[Incident], now: float) -> None:
        self.channel, self.policy, self.config, self.now = channel, channel.policy, config, now
        self.silent = {one.server: one for one in open_incidents if one.kind == "heartbeat" and one.server is not None}

    def verdict(self, incident: Incident) -> tuple[str, str, float | None]:
        """("", "", None) where the channel is to know of it."""
        policy = self.policy
        unwanted = self.unmeant(incident)
        if unwanted:
            return "skipped", unwanted, None
        silence = muting(self.config.silences, incident, self.now)
        if silence is not None:
            return "muted", f"silence:{silence.id}", silence.ends
        parent = self.silent_parent(incident)
        if parent is not None:
            return "suppressed", f"behind:{parent}", None
        if _is_quiet(policy.quiet, incident.severity, self.now):
            return "waiting", "quiet_hours", None
        return "", "", None

    def unmeant(self, incident: Incident) -> str:
        """Why this is not meant for the channel at all; "" where it is."""
        policy = self.policy
        if not self.channel.enabled:
            return "disabled"
        if policy.rules and incident.rule_id not in policy.rules:
            return "out_of_scope"
        if not policy.scope.is_everything and (
            incident.server is None or not policy.scope.holds(incident.server, incident.group, incident.tags)
        ):
            return "out_of_scope"
        if GRAVITY[incident.severity] < GRAVITY[policy.least] or (incident.severity, policy.least) == (
            "info",
            "warning",
        ):
            return "below_severity"
        return ""

    def silent_parent(self, incident: Incident) -> str | None:
        """A silent server that this one stands behind, and that the channel hears of in its stead. Two that stand
        behind each other (somebody's slip) do not hide each other."""
        if incident.kind != "heartbeat" or incident.server is None:
            return None
        for parent in self.ancestors(incident.server):
            theirs = self.silent.get(parent)
            if theirs is not None and incident.server not in self.ancestors(parent) and not self.unmeant(theirs):
                return parent
        return None

    def ancestors(self, server: str) -> list[str]:
        """Those it stands behind, the nearest first, and those they stand behind."""
        found: list[str] = []
        waiting = list(self.config.parents.get(server, ()))
        while waiting:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                waiting += self.config.parents.get(one, ())
        return found

    def behind(self, servers: set[Any]) -> int:
        """How many silent servers are not told of because they stand behind one of these."""
        return sum(
            1 for server, incident in self.silent.items()
            if server not in servers and servers & set(self.ancestors(server)) and self.silent_parent(incident)
        )  # fmt: skip


def _is_quiet(quiet: QuietHours | None, severity: Severity, now: float) -> bool:
    return quiet is not None and GRAVITY[severity] < GRAVITY[quiet.unless] and holds(quiet.schedule, now)
