"""Any receiver, by a signed webhook as in Standard Webhooks (github.com/standard-webhooks/standard-webhooks).

The id is the notice's, the same over all tries; the time is the try's. Several secrets sign side by side, so that one
can be replaced without losing a message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from lib.domain.errors import BadInput
from lib.domain.moments import iso
from lib.monitoring.alerts.channels import Config, Field, Outgoing, Verdict, usual
from lib.monitoring.alerts.messages import Message

NAME = "webhook"
LABEL = {"en": "Webhook", "ko": "웹훅"}
FIELDS = (
    Field("url", {"en": "Address", "ko": "주소"}, "url", secret=True),
    Field(
        "secrets", {"en": "Signing secrets", "ko": "서명 비밀키"}, "secret", secret=True,
        help={
            "en": "whsec_ and 24 to 64 bytes in base64; several, separated by spaces, while one is being replaced",
            "ko": "whsec_로 시작하고 24~64바이트를 base64로 적은 값. 교체 중에는 공백으로 나누어 여러 개",
        },
    ),
)  # fmt: skip
TYPE = "alert"


def build(config: Config, message: Message, at: float) -> Outgoing:
    document: dict[str, Any] = {
        "type": f"{TYPE}.{message.kind}",
        "timestamp": iso(message.at),
        "data": {
            "id": message.id, "kind": message.kind, "severity": message.severity, "title": message.title,
            "text": message.text, "facts": [list(fact) for fact in message.facts],
            "items": [dict(item) for item in message.items],
            "link": message.link, "ack_link": message.ack_link, "silence_link": message.silence_link,
        },
    }  # fmt: skip
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    stamp = str(int(at))
    signed = f"{message.id}.{stamp}.".encode() + content
    signatures = [
        "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        for key in keys(config["secrets"])
    ]
    headers = {
        "Content-Type": "application/json", "webhook-id": message.id, "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }  # fmt: skip
    return Outgoing("POST", config["url"], headers, content)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    return usual(status, headers, body)  # 410 disables, as the standard has it


def keys(text: str) -> list[bytes]:
    """Raises BadInput where one is none."""
    found = []
    for one in re.split(r"[\s,]+", text.strip()):
        try:
            key = base64.b64decode(one.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not 24 <= len(key) <= 64:
            raise BadInput("a signing secret is `whsec_` and 24 to 64 bytes in base64", pointer="/config/secrets")
        found.append(key)
    return found
