"""Channels and notices as a sweep leaves them, written straight into a real Postgres."""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from typing import Any

from lib import wiring
from tests.real_stores import Pair, ServicesFactory

OPEN = ("127.0.0.1/32",)
SIGNING = "whsec_" + b64encode(secrets.token_bytes(24)).decode()


def key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def services_on(make: ServicesFactory, pair: Pair, **settings: Any) -> wiring.Services:
    given = {"outbound_allow": OPEN, "encryption_keys": (key(),), "base_url": "https://hub.example.org", **settings}
    return make(pair, **given)


def add_webhook(services: wiring.Services, url: str) -> str:
    secret = services.vault.seal(json.dumps({"url": url, "secrets": SIGNING}))
    made = services.storage.deliveries.channel_create(
        {"kind": "webhook", "name": "hook", "secret": secret, "sealed": ["url", "secrets"]}
    )
    return str(made["id"])


def item_of(incident: str, seq: int, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "incident": incident, "seq": seq, "transition": kind, "rule": "CPU", "rule_id": "cpu", "kind": "threshold",
        "server": "web-01", "group": "web", "subject": "cpu", "severity": "critical", "value": 97.3, "level": 95.0,
        "peak": 99.0, "opened_at": 1_763_900_000.0, "at": 1_763_900_000.0, "resolved_at": None, "acked_by": None,
        "note": "", "flaps": 0, **more,
    }  # fmt: skip


def owe(
    pair: Pair, channel: str, notice: str, *, incident: str = "", seq: int = 1, kind: str = "opened", age: float = 0.0
) -> None:
    at = time.time() - age
    incident = incident or f"incident of {notice}"
    body = {"items": [item_of(incident, seq, kind)], "suppressed": 0}
    pair.rows(
        "insert into omv.notice (id, channel, kind, severity, body, due_at, expires_at, created_at)"
        " values (%s, %s, %s, 'critical', %s::jsonb, %s, %s, %s)",
        notice, channel, kind, json.dumps(body), at - 0.1, at + 21_600, at,
    )  # fmt: skip
    pair.rows("insert into omv.notice_incident values (%s, %s, %s)", notice, incident, seq)


def incident_row(pair: Pair, incident: str, *, resolved: bool) -> None:
    pair.rows(
        "insert into omv.incident (id, rule, server, subject, kind, severity, state, opened_at, noticed_at, updated_at,"
        " resolved_at, body) values (%s, 'cpu', 'web-01', %s, 'threshold', 'critical', %s, 1, 1, 1, %s, '{}')",
        incident, incident, "resolved" if resolved else "open", 2.0 if resolved else None,
    )  # fmt: skip


def states(pair: Pair) -> dict[str, str]:
    return dict(pair.rows("select id, state from omv.notice"))


def due_now(pair: Pair) -> None:
    """As if the pause after a failure, or a dead sender's lease, were over."""
    pair.rows("update omv.notice set due_at = 1, lease_until = 1 where state = 'pending'")
