"""Whether a channel is to know of an incident at this moment, and where not, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lib.domain.alerting import GRAVITY, ChannelFacts, Incident, Severity, Silence
from lib.domain.calendars import end_of, holds
from lib.monitoring.alerts.silences import in_scope, means, until


class No(NamedTuple):
    verdict: str
    reason: str
    until: float | None = None


class Wants:
    """What one channel wants to hear now. `silences` are those that are active."""

    def __init__(
        self,
        channel: ChannelFacts,
        silences: Sequence[Silence],
        parents: Mapping[str, tuple[str, ...]],
        open_now: Sequence[Incident],
        now: float,
    ) -> None:
        self._channel, self._silences, self._parents, self._now = channel, silences, parents, now
        quiet = channel.policy.quiet
        self._quiet = quiet if quiet is not None and holds(quiet.schedule, now) else None
        # A channel that is not to hear of a gateway must hear of what is behind it.
        self._silent = {
            one.server for one in open_now
            if one.kind == "heartbeat" and one.server is not None and self._unmeant(one) is None
        } if parents else set()  # fmt: skip

    def no(self, incident: Incident) -> No | None:
        """None where the channel is to know of it."""
        unmeant = self._unmeant(incident)
        if unmeant is not None:
            return No("skipped", unmeant)
        silence = next((one for one in self._silences if means(one, incident)), None)
        if silence is not None:
            return No("muted", f"silence:{silence.id}", until(silence, self._now))
        if incident.kind == "heartbeat" and incident.server is not None:
            cause = self.cause(incident.server)
            if cause is not None:
                return No("suppressed", f"behind:{cause}")
        return self.quiet(incident.severity)

    def quiet(self, severity: Severity) -> No | None:
        if self._quiet is None or GRAVITY[severity] >= GRAVITY[self._quiet.unless]:
            return None
        return No("waiting", "quiet_hours", end_of(self._quiet.schedule, self._now))

    def has_parents(self, incident: Incident) -> bool:
        return incident.kind == "heartbeat" and incident.server in self._parents

    def cause(self, server: str) -> str | None:
        """The outermost silent server that this one stands behind. Those that stand behind each other in a circle
        (somebody's slip) do not hide each other."""
        seen, reached = {server}, [server]
        while reached:
            one = reached.pop()
            silent = [parent for parent in self._parents.get(one, ()) if parent in self._silent and parent != one]
            if not silent and one != server:
                return one
            for parent in silent:
                if parent not in seen:
                    seen.add(parent)
                    reached.append(parent)
        return None

    def _unmeant(self, incident: Incident) -> str | None:
        policy = self._channel.policy
        if not self._channel.enabled:
            return "disabled"
        if policy.rules and incident.rule_id not in policy.rules:
            return "out_of_scope"
        if not in_scope(policy.scope, incident):
            return "out_of_scope"
        return "below_severity" if GRAVITY[incident.severity] < GRAVITY[policy.least] else None
