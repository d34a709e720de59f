"""Microsoft Teams, by a workflow that posts adaptive cards ("When a Teams webhook request is received").

learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook; a card has at most
28 kB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lib.monitoring.alerts.channels import Config, Field, Later, Never, Outgoing, Verdict, cut, excerpt, post, usual
from lib.monitoring.alerts.messages import Message

NAME = "teams"
LABEL = {"en": "Microsoft Teams", "ko": "Microsoft Teams"}
FIELDS = (Field("url", {"en": "Workflow URL", "ko": "워크플로 URL"}, "url", secret=True),)
COLOURS = {"critical": "attention", "warning": "warning", "info": "accent"}
_MARKUP = re.compile(r"([\\*_`\[\]()#<>~])")
_ERROR = re.compile(r"HTTP error (\d{3})")


def build(config: Config, message: Message, at: float) -> Outgoing:
    colour = "good" if message.kind == "resolved" else COLOURS.get(message.severity, "default")
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": escaped(message.title), "weight": "bolder", "size": "medium", "wrap": True,
         "color": colour},
        *({"type": "TextBlock", "text": escaped(cut(line, 600)), "wrap": True} for line in message.lines[:12]),
    ]  # fmt: skip
    if message.facts:
        facts = [{"title": escaped(label), "value": escaped(cut(value, 300))} for label, value in message.facts]
        body.append({"type": "FactSet", "facts": facts})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "body": body, "msteams": {"width": "Full"},
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": address} for label, address in message.links],
    }  # fmt: skip
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card,
    }  # fmt: skip
    return post(config["url"], {"type": "message", "attachments": [attachment]})


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    # Older webhooks answer 200 and say in the text what Teams itself answered.
    found = _ERROR.search(excerpt(body, 500)) if status == 200 else None
    if found:
        inner = int(found[1])
        return Later(None, f"Teams said {inner}") if inner == 429 or inner >= 500 else Never(f"Teams said {inner}")
    return usual(status, headers, body)


def escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
