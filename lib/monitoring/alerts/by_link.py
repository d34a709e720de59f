"""What a link in a message does at the press of its button: one alert is acknowledged, or its rule is silent on its
server for as long as was chosen. Asked without the press, it says exactly that and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lib.domain.moments import told
from lib.monitoring.alerts.desk import Desk
from lib.monitoring.alerts.quietbook import Quietbook, SilenceChange, WantedScope
from lib.monitoring.alerts.silences import as_incident

SILENT_SECONDS = (3_600, 4 * 3_600, 24 * 3_600)  # the first where nothing is said
BY = "a link in a message"
_SHOWN = ("id", "server", "severity", "state", "acked_by", "rule", "rule_name", "text")


class ByLink:
    """Whoever has the link may: it was sent to those who are to act."""

    def __init__(self, desk: Desk, quietbook: Quietbook, clock: Callable[[], float]) -> None:
        self._desk = desk
        self._quietbook = quietbook
        self._clock = clock

    def look(self, incident: str, act: str) -> dict[str, Any]:
        """What `press` would do. Raises NotFound for an alert that is forgotten."""
        return self._answer(act, self._desk.one(incident)["alert"], done=False)

    def press(self, incident: str, act: str, seconds: int = SILENT_SECONDS[0]) -> dict[str, Any]:
        """`{act, done, alert, silence?}`. Twice is as once: what is acknowledged stays so, what is silent already or
        over is not silenced, and `done` is false for it."""
        if act == "acknowledge":
            return self._answer(act, self._desk.act(incident, act, BY)["alert"], done=True)
        alert = self._desk.one(incident)["alert"]
        before = self._answer(act, alert, done=False)
        if alert["resolved_at"] is not None or before["silence"]["is_on"]:
            return before
        self._quietbook.create(_wanted(alert, seconds), BY, self._clock())
        return self._answer(act, alert, done=True)

    def _answer(self, act: str, alert: dict[str, Any], *, done: bool) -> dict[str, Any]:
        answer = {"act": act, "done": done, "alert": {name: alert.get(name) for name in _SHOWN}}
        if act == "silence":
            is_on, until = self._quietbook.muted(as_incident(alert), self._clock())
            answer["silence"] = {"choices": list(SILENT_SECONDS), "is_on": is_on, **told("until", until)}
        return answer


def _wanted(alert: dict[str, Any], seconds: int) -> SilenceChange:
    """What concerns no server is silenced by itself: its rule may be that of many other things. So is that of other
    monitors: of them the name that the alert has there is meant."""
    if alert["server"] is None:
        return SilenceChange(incidents=[alert["id"]], duration_seconds=seconds, comment=BY)
    scope = WantedScope(servers=[alert["server"]])
    metric = alert["subject"].partition(":")[0] if alert["kind"] == "outside" else ""
    return SilenceChange(scope=scope, rules=[alert["rule"]], metric=metric, duration_seconds=seconds, comment=BY)
