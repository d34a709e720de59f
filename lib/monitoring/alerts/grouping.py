"""What belongs together in one message, and what a message says of each incident."""

from __future__ import annotations

from typing import Any

from lib.domain.alerting import Incident, Policy


def group_key(policy: Policy, incident: Incident) -> str:
    """Servers that fall silent belong together, whichever they are; and of no server, what one source tells."""
    parts = []
    for by in policy.group_by:
        if by == "all":
            return "all"
        if by == "server":
            of = f"source={incident.source}" if incident.source and not incident.server else f"server={incident.server}"
            parts.append("silent" if incident.kind == "heartbeat" else of)
        elif by == "group":
            parts.append(f"group={incident.group}")
        elif by == "rule":
            parts.append(f"rule={incident.rule_id}")
        else:
            key = by.partition(":")[2]
            parts.append(f"{key}={incident.tags.get(key)}")
    return " ".join(parts) or "all"


def item_of(incident: Incident, transition: str, seq: int, at: float) -> dict[str, Any]:
    return {
        "incident": incident.id, "seq": seq, "transition": transition, "rule": incident.rule_name,
        "rule_id": incident.rule_id, "kind": incident.kind, "server": incident.server, "group": incident.group,
        "subject": incident.subject, "severity": incident.severity, "value": incident.value, "level": incident.level,
        "peak": incident.peak, "opened_at": incident.opened_at, "at": at, "resolved_at": incident.resolved_at,
        "acked_by": incident.acked_by, "note": incident.note, "detail": incident.detail, "flaps": incident.flaps,
        "why": incident.resolved_why, "source": incident.source, "url": incident.url,
        "description": incident.description,
    }  # fmt: skip
