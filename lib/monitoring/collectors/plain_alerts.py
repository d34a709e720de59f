"""Alerts of whatever can post JSON: one object, a list of them, or `{"alerts": [...]}`.

Names are read leniently: `startsAt`, `starts_at` and `starts` are one field, and each field has the names that monitors
commonly give it. Only a title, or something to make one of, is needed. What Uptime Kuma sends is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lib import strict_json
from lib.domain.telemetry import clean_name
from lib.monitoring.collectors.alert_forms import (
    LONG,
    labels_of,
    link_of,
    listed,
    patience_of,
    servers_of,
    severity_of,
    source_of,
    story_of,
    tags_of,
    time_of,
    timeout_of,
)
from lib.monitoring.collectors.error_tracker import read_text
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.outside import MOST_NAME, MOST_NOTE, MOST_SOURCE, MOST_TEXT, MOST_TITLE, Alerts, Word, subject_of

# Each field by the names it is known under, the surest first: lower case, without what is no letter or digit.
FIELDS = {
    "title": ("title", "name", "alertname", "summary", "subject", "alert", "rule", "check", "event"),
    "status": ("status", "state", "action", "eventaction"),
    "severity": ("severity", "priority", "level", "urgency"),
    "server": ("server", "host", "hostname", "instance", "node", "machine"),
    "key": ("key", "fingerprint", "dedupkey", "alias", "ruleid", "id", "uid", "incidentid"),
    "message": ("message", "description", "text", "body", "details", "msg", "output"),
    "url": ("url", "link", "generatorurl", "clienturl", "ruleurl", "href"),
    "runbook": ("runbook", "runbookurl", "note"),
    "starts": ("starts", "startsat", "started", "startedat", "since", "timestamp", "time", "at"),
    "ends": ("ends", "endsat", "ended", "endedat", "resolvedat", "until"),
    "labels": ("labels", "tags"),
    "source": ("source", "monitor", "product"),
    "timeout": ("timeout", "ttl"),
}
OVER = frozenset(
    ("resolved", "resolve", "ok", "okay", "up", "recovered", "recovery", "closed", "close", "normal", "clear",
     "cleared", "healthy", "inactive", "success", "0", "false")
)  # fmt: skip


GRADES = frozenset(("critical", "crit", "warning", "warn", "info"))  # some monitors' states are severities


def read(request: Incoming) -> Alerts:
    document = strict_json.parse(request.body)
    pointer = ""
    if isinstance(document, dict) and isinstance(document.get("alerts"), list):
        document, pointer = document["alerts"], "/alerts"
    many = document if isinstance(document, list) else [document]
    usual = source_of(request, "Webhook")
    timeout = patience_of(request, LONG)
    return listed(many, pointer, lambda one: _word(one, request, usual, timeout))


def _of_uptime_kuma(alert: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its `{monitor, heartbeat, msg}` in our names; anything else as it is."""
    monitor, beat = alert.get("monitor"), alert.get("heartbeat")
    if not (isinstance(monitor, dict) and isinstance(beat, dict)):
        return alert
    return {
        "title": monitor.get("name"), "key": f"monitor-{monitor.get('id')}", "url": monitor.get("url"),
        "server": monitor.get("hostname"), "severity": "critical", "source": "Uptime Kuma",
        "status": "up" if beat.get("status") == 1 else "down", "message": beat.get("msg") or alert.get("msg"),
    }  # fmt: skip


def _word(alert: Mapping[str, Any], request: Incoming, usual: str, timeout: float) -> Word:
    alert = _of_uptime_kuma(alert)
    plain = {"".join(filter(str.isalnum, name.lower())): value for name, value in alert.items() if value is not None}
    told = {
        field: next((plain[name] for name in names if plain.get(name) not in ("", None)), None)
        for field, names in FIELDS.items()
    }
    labels = labels_of(told["labels"]) if isinstance(told["labels"], dict) else {}
    server = told["server"] if isinstance(told["server"], str) else ""
    if server:
        labels = {"server": server, **labels}
    message = _text(told["message"], MOST_TEXT)
    key = _text(told["key"], 400)
    title = next(
        filter(None, (_text(one, MOST_TITLE) for one in (told["title"], message, labels.get("alertname"), key))), ""
    )
    if not title:
        raise ValueError("an alert needs a `title`")
    source = _text(told["source"], MOST_SOURCE) if "source" not in request.query else ""
    source = source or usual
    status = str(told["status"]).strip().lower() if told["status"] is not None else ""
    over = status in OVER if status else None  # without a word of it its end tells
    severity = told["severity"] or labels.get("severity") or (status if status in GRADES else "")
    identity = [key] if key else [title, server, *(text for pair in sorted(labels.items()) for text in pair)]
    return Word(
        subject=subject_of((key or title)[:MOST_NAME], "plain", source, *identity),  # titles change, keys do not
        source=source, title=title, severity=severity_of(severity), over=over,
        starts=_time(told, "starts"), ends=_time(told, "ends"), timeout=timeout_of(told["timeout"], timeout),
        servers=_servers(server, labels), tags=tags_of(labels), text="" if message == title else message,
        url=link_of(told["url"]), note=_text(told["runbook"], MOST_NOTE),
        story=story_of(labels=labels, annotations={"message": _text(told["message"], 2_000)}),
    )  # fmt: skip


def _text(given: object, most: int) -> str:
    if isinstance(given, dict | list):
        given = json.dumps(given, ensure_ascii=False)
    elif isinstance(given, int | float):
        given = str(given)
    return read_text(given, most) or ""


def _time(told: Mapping[str, Any], name: str) -> float | None:
    try:
        return time_of(told[name])
    except (ValueError, OverflowError):
        raise ValueError(f"`{name}` is no time") from None


def _servers(server: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    name = clean_name(server)
    found = servers_of(labels)
    return found if name is None or name in found else (name, *found)


def heard(_: Incoming, alerts: Alerts) -> Reply:
    told = {"accepted": len(alerts.words), "rejected": alerts.rejected[:100]}
    return Reply(202, json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), "application/json")


PROTOCOL = Protocol("plain_alerts", read, heard=heard)
