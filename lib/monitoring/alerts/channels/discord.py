"""Discord, by a webhook (discord.com/developers/docs/resources/webhook#execute-webhook)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from lib.monitoring.alerts.channels import (
    MOST_WAIT_SECONDS,
    Config,
    Field,
    Later,
    Never,
    Outgoing,
    Verdict,
    answered,
    cut,
    post,
    usual,
)  # fmt: skip
from lib.monitoring.alerts.messages import Message

NAME = "discord"
LABEL = {"en": "Discord", "ko": "Discord"}
FIELDS = (Field("url", {"en": "Webhook URL", "ko": "웹훅 URL"}, "url", secret=True),)
COLOURS = {"critical": 0xD92D20, "warning": 0xF79009, "info": 0x2E90FA, "resolved": 0x12B76A}
UNKNOWN_WEBHOOK, INVALID_TOKEN = 10015, 50027
_MARKUP = re.compile(r"([\\*_~`|>#\-\[\]()<@:])")


def build(config: Config, message: Message, at: float) -> Outgoing:
    body = "\n".join(escaped(line) for line in message.lines)
    links = " · ".join(f"[{escaped(label)}]({address})" for label, address in message.links)
    embed = {
        "title": cut(escaped(message.title), 256),
        "description": cut(body, 3_500) + (f"\n{links}" if links else ""),
        "color": COLOURS["resolved" if message.kind == "resolved" else message.severity],
        "fields": [
            {"name": cut(escaped(label), 256), "value": cut(escaped(value), 1_024), "inline": True}
            for label, value in message.facts[:25]
        ],
        "timestamp": datetime.fromtimestamp(message.at, UTC).isoformat(),
    }
    if message.link:
        embed["url"] = message.link
    mark = "&" if "?" in config["url"] else "?"
    # With `wait` the answer says whether it was posted. Nobody is ever mentioned.
    return post(f"{config['url']}{mark}wait=true", {"embeds": [embed], "allowed_mentions": {"parse": []}})


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    said = answered(body)
    if said.get("code") in (UNKNOWN_WEBHOOK, INVALID_TOKEN):
        return Never(f"{status} {said['code']} the webhook is gone", disable=True)
    asked = said.get("retry_after")
    if status == 429 and isinstance(asked, int | float) and asked >= 0:
        return Later(min(float(asked), MOST_WAIT_SECONDS), "429 too many messages")
    return usual(status, headers, body)


def escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
