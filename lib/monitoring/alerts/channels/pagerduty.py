"""PagerDuty, by Events API v2 (developer.pagerduty.com/docs/events-api-v2-overview): one event an incident.

The incident's id is the `dedup_key`, so that a second try makes no second page, and what is resolved here is resolved
there, also where one of our messages speaks of several.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lib.domain.moments import iso
from lib.monitoring.alerts.channels import (
    Config,
    Field,
    Never,
    Outgoing,
    Sent,
    Tools,
    Verdict,
    answered,
    ask,
    cut,
    post,
    usual,
)  # fmt: skip
from lib.monitoring.alerts.messages import Item, Message, clean, headline

NAME = "pagerduty"
LABEL = {"en": "PagerDuty", "ko": "PagerDuty"}
FIELDS = (
    Field("routing_key", {"en": "Integration key", "ko": "연동 키"}, "secret", secret=True, most=64),
    Field("server", {"en": "Events API", "ko": "Events API 주소"}, "url", required=False,
          help={"en": "https://events.eu.pagerduty.com for the EU region", "ko": "EU 지역은 https://events.eu.pagerduty.com"}),
)  # fmt: skip
SERVER = "https://events.pagerduty.com"
ACTIONS = {"acknowledged": "acknowledge", "resolved": "resolve"}
MOST_EVENTS = 25


def deliver(config: Config, message: Message, tools: Tools) -> Verdict:
    until = time.monotonic() + tools.seconds
    items: tuple[Item, ...] = message.items[:MOST_EVENTS] or ({"incident": message.id},)
    for item in items:
        left = replace(tools, seconds=max(until - time.monotonic(), 0.05))
        verdict = judge(*ask(left, build(config, message, item)))
        if not isinstance(verdict, Sent):
            return verdict  # those before it are sent once more, under the same key
    return Sent("202")


def build(config: Config, message: Message, item: Item) -> Outgoing:
    transition = str(item.get("transition") or message.kind)
    action = ACTIONS.get(transition, "trigger")
    document: dict[str, Any] = {
        "routing_key": config["routing_key"], "event_action": action,
        "dedup_key": str(item.get("incident") or message.id)[:255],
    }  # fmt: skip
    if action == "trigger":
        summary = headline(item, message.locale, message.at or None) if item.get("kind") else message.title
        document["payload"] = {
            "summary": cut(summary or message.title, 1_024),
            "source": clean(item.get("server") or "OpenManager Vibe", 200),
            "severity": str(item.get("severity") or message.severity),
            "timestamp": iso(float(item.get("opened_at") or message.at)),
            "component": clean(item.get("subject") or "", 100), "group": clean(item.get("group") or "", 100),
            "class": clean(item.get("rule") or "", 100), "custom_details": dict(message.facts),
        }  # fmt: skip
        document["client"] = "OpenManager Vibe"
        if message.link:
            document["client_url"] = message.link
            document["links"] = [{"href": address, "text": label} for label, address in message.links]
    return post((config.get("server") or SERVER).rstrip("/") + "/v2/enqueue", document)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    if status == 400 and "routing" in str(answered(body).get("errors", "")).lower():
        return Never("400 the integration key is not known", disable=True)
    return usual(status, headers, body)
