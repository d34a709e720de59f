"""NAVER WORKS (LINE WORKS abroad), by an incoming webhook: a title, a text and one button, no markup.

It answers `{"code": 200, "description": "success"}`; the code counts, whatever HTTP's own says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.monitoring.alerts.channels import Config, Field, Outgoing, Verdict, answered, cut, post, usual
from lib.monitoring.alerts.messages import Message

NAME = "naver_works"
LABEL = {"en": "NAVER WORKS", "ko": "네이버웍스"}
FIELDS = (Field("url", {"en": "Incoming webhook URL", "ko": "수신 웹훅 URL"}, "url", secret=True),)


def build(config: Config, message: Message, at: float) -> Outgoing:
    rest = "\n".join(f"{label}: {address}" for label, address in message.links[1:])
    text = "\n".join(filter(None, (cut(message.text or message.title, 1_400), rest)))
    document: dict[str, Any] = {"title": cut(message.title, 200), "body": {"text": text}}
    if message.links:
        label, address = message.links[0]
        document["button"] = {"label": label, "url": address}
    return post(config["url"], document)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    code = answered(body).get("code")
    if 200 <= status < 300 and isinstance(code, int) and 400 <= code < 600:
        status = code
    return usual(status, headers, body)
