"""Slack, by an incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.monitoring.alerts.channels import Config, Field, Never, Outgoing, Verdict, cut, excerpt, post, usual
from lib.monitoring.alerts.messages import Message

NAME = "slack"
LABEL = {"en": "Slack", "ko": "Slack"}
FIELDS = (Field("url", {"en": "Incoming webhook URL", "ko": "수신 웹훅 URL"}, "url", secret=True),)
MARKS = {"critical": ":red_circle:", "warning": ":large_orange_circle:", "info": ":large_blue_circle:"}
# Said of the webhook itself: it will not come back.
GONE = ("no_service", "channel_is_archived", "channel_not_found", "team_disabled", "no_team", "invalid_token")


def build(config: Config, message: Message, at: float) -> Outgoing:
    over = message.kind == "resolved"
    mark = ":large_green_circle:" if over else MARKS.get(message.severity, "")
    body = "\n".join(escaped(line) for line in message.lines)
    facts = "\n".join(f"*{escaped(label)}:* {escaped(value)}" for label, value in message.facts)
    section = cut("\n".join(filter(None, (f"{mark} *{escaped(message.title)}*", body, facts))), 2_900)
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": section, "verbatim": True}}]
    if message.links:
        links = " · ".join(f"<{address}|{escaped(label)}>" for label, address in message.links)
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": links, "verbatim": True}]})
    document = {"text": cut(escaped(message.title), 300), "blocks": blocks}
    return post(config["url"], {**document, "unfurl_links": False, "unfurl_media": False})


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    said = excerpt(body)
    if status in (403, 404, 410) and any(word in said for word in GONE):
        return Never(f"{status} {said}", disable=True)
    return usual(status, headers, body)


def escaped(text: str) -> str:
    """`<!channel>` would call everybody. What the three characters do not cover is only style, and made harmless by a
    space of no width."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "*_~`":
        text = text.replace(mark, f"\u200b{mark}")
    return text
