"""Dooray, by the incoming hook of a chat room (hook.dooray.com/services/...)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lib.monitoring.alerts.channels import Config, Field, Never, Outgoing, Verdict, answered, cut, post, usual
from lib.monitoring.alerts.messages import Message

NAME = "dooray"
LABEL = {"en": "Dooray", "ko": "두레이"}
FIELDS = (Field("url", {"en": "Incoming hook URL", "ko": "수신 훅 URL"}, "url", secret=True),)
COLOURS = {"critical": "red", "warning": "orange", "info": "blue", "resolved": "green"}
# `[@name](dooray://...)` would call somebody, `[name](address)` is a link.
_MARKUP = re.compile(r"([\[\]*~`])")


def build(config: Config, message: Message, at: float) -> Outgoing:
    attachment: dict[str, Any] = {
        "title": cut(escaped(message.title), 200),
        "text": escaped(cut(message.text, 2_500)),
        "color": COLOURS["resolved" if message.kind == "resolved" else message.severity],
    }
    if message.link:
        attachment["titleLink"] = message.link
    links = "\n".join(f"{label}: {address}" for label, address in message.links[1 if message.link else 0 :])
    text = "\n".join(filter(None, (escaped(message.title), links)))
    return post(config["url"], {"botName": "OpenManager Vibe", "text": text, "attachments": [attachment]})


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    header = answered(body).get("header")
    if 200 <= status < 300 and isinstance(header, dict) and header.get("isSuccessful") is False:
        return Never(f"{header.get('resultCode')} {str(header.get('resultMessage'))[:120]}")
    return usual(status, headers, body)


def escaped(text: str) -> str:
    return _MARKUP.sub("\\1\u200b", text)
