"""A browser, by its push service. Each device is a channel of its own, kept by whoever it belongs to (devices.py).

The message is encrypted for that browser; public/sw.js shows it. A later message of the same incident replaces the
earlier: at the push service while the device is away (Topic), and on its screen (tag).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lib.monitoring.alerts.channels import Config, Field, Later, Never, Outgoing, Tools, Verdict, ask, cut_bytes, usual
from lib.monitoring.alerts.messages import Message
from lib.monitoring.alerts.push import PushKey, encrypt, text_of

NAME = "web_push"
LABEL = {"en": "Browser", "ko": "브라우저"}
PERSONAL = True  # nobody sets one up by hand
FIELDS = (
    Field("endpoint", {"en": "Push service", "ko": "푸시 서비스"}, "url", secret=True),
    Field("p256dh", {"en": "Key", "ko": "키"}, "secret", secret=True),
    Field("auth", {"en": "Secret", "ko": "비밀"}, "secret", secret=True),
)
MOST_BODY = 1_200  # bytes of text: a phone shows a few lines
TTL_SECONDS = 6 * 3_600  # as long as a notice is owed
_URGENCY = {"critical": "high", "warning": "normal", "info": "low"}
GONE = (404, 410)


def deliver(config: Config, message: Message, tools: Tools) -> Verdict:
    if tools.push is None:
        return Later(None, "web push needs OPENMANAGER_JWT_SECRET or OPENMANAGER_VAPID_PRIVATE_KEY")
    status, headers, body = ask(tools, build(config, message, tools.push, tools.at))
    if status in GONE:
        return Never(f"{status} this browser is not subscribed any more", disable=True)
    return usual(status, headers, body)


def build(config: Config, message: Message, key: PushKey, at: float) -> Outgoing:
    content = json.dumps(payload(message), ensure_ascii=False, separators=(",", ":")).encode()
    topic = _tag(message)
    urgency = "normal" if message.kind == "resolved" else _URGENCY.get(message.severity, "normal")
    headers = {
        "Authorization": key.authorization(config["endpoint"], at),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Urgency": urgency,
        "Topic": topic,
    }
    return Outgoing("POST", config["endpoint"], headers, encrypt(content, config["p256dh"], config["auth"]))


def payload(message: Message) -> Mapping[str, Any]:
    """What the service worker is told. `tag` stays the same through an incident's life, `id` is this message's."""
    links = {name: link for name, link in (("url", message.link), ("ack", message.ack_link)) if link}
    return {
        "id": message.id, "tag": _tag(message), "kind": message.kind, "severity": message.severity,
        "locale": message.locale, "title": cut_bytes(message.title, 400), "body": cut_bytes(message.text, MOST_BODY),
        "at": int(message.at), **links,
    }  # fmt: skip


def _tag(message: Message) -> str:
    """32 characters of base64url, as a Topic may be."""
    about = "|".join(sorted(str(item.get("incident")) for item in message.items)) or message.id
    return text_of(hashlib.sha256(about.encode()).digest()[:24])
