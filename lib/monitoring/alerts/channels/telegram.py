"""Telegram, by a bot (core.telegram.org/bots/api#sendmessage)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from lib.domain.errors import BadInput
from lib.monitoring.alerts.channels import (
    MOST_WAIT_SECONDS,
    Config,
    Field,
    Later,
    Never,
    Outgoing,
    Sent,
    Verdict,
    answered,
    cut,
    excerpt,
    post,
    retry_after,
    usual,
)  # fmt: skip
from lib.monitoring.alerts.messages import Message

NAME = "telegram"
LABEL = {"en": "Telegram", "ko": "텔레그램"}
FIELDS = (
    Field("token", {"en": "Bot token", "ko": "봇 토큰"}, "secret", secret=True),
    Field("chat", {"en": "Chat id or @channel", "ko": "채팅 ID 또는 @채널"}, most=100),
    Field("thread", {"en": "Topic id", "ko": "토픽 ID"}, "number", required=False),
    Field(
        "server", {"en": "Own Bot API server", "ko": "자체 Bot API 서버"}, "url", required=False,
        help={"en": "Only if you run one yourself", "ko": "직접 운영하는 경우에만"},
    ),
)  # fmt: skip
SERVER = "https://api.telegram.org"
GONE = ("bot was blocked", "user is deactivated", "bot was kicked", "chat not found")
_TOKEN = re.compile(r"[A-Za-z0-9:_-]{8,200}")


def build(config: Config, message: Message, at: float) -> Outgoing:
    if not _TOKEN.fullmatch(config["token"]):
        raise BadInput("this is no token of a bot")
    # Cut before escaping: a half entity would be refused. 4 096 characters count after parsing.
    title, text = cut(message.title, 300), cut(message.text, 3_400)
    parts = [f"<b>{html.escape(title)}</b>", html.escape(text)]
    parts += [f'<a href="{html.escape(address)}">{html.escape(label)}</a>' for label, address in message.links]
    document: dict[str, Any] = {
        "chat_id": config["chat"], "text": "\n".join(filter(None, parts)), "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": message.severity == "info",
    }  # fmt: skip
    if config.get("thread"):
        document["message_thread_id"] = int(config["thread"])
    server = (config.get("server") or SERVER).rstrip("/")
    return post(f"{server}/bot{config['token']}/sendMessage", document)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    said = answered(body)
    if said.get("ok") is True:
        return Sent(str(status))
    told = str(said.get("description") or excerpt(body))[:150]
    code = said.get("error_code", status)
    asked = (said.get("parameters") or {}).get("retry_after")
    if code == 429:
        wait = min(float(asked), MOST_WAIT_SECONDS) if isinstance(asked, int | float) else retry_after(headers)
        return Later(wait, f"429 {told}")
    if code == 401 or (code in (400, 403) and any(word in told.lower() for word in GONE)):
        return Never(f"{code} {told}", disable=True)
    if 200 <= status < 300:
        return Later(None, f"not taken: {told}")
    return usual(status, headers, body)
