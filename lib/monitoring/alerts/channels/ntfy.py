"""ntfy, by its JSON form (docs.ntfy.sh/publish/#publish-as-json)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.monitoring.alerts.channels import Config, Field, Outgoing, Verdict, cut_bytes, post, usual
from lib.monitoring.alerts.messages import Message

NAME = "ntfy"
LABEL = {"en": "ntfy", "ko": "ntfy"}
FIELDS = (
    Field("topic", {"en": "Topic", "ko": "토픽"}, "secret", secret=True, most=64),
    Field("server", {"en": "Server", "ko": "서버"}, "url", required=False,
          help={"en": "https://ntfy.sh unless you run one yourself", "ko": "직접 운영하지 않으면 https://ntfy.sh"}),
    Field("token", {"en": "Access token", "ko": "액세스 토큰"}, "secret", required=False, secret=True, most=200),
)  # fmt: skip
SERVER = "https://ntfy.sh"
PRIORITIES = {"critical": 5, "warning": 4, "info": 3}
TAGS = {"critical": "rotating_light", "warning": "warning", "info": "information_source"}
MOST_BYTES = 3_800  # of 4 096: a longer one would become an attachment


def build(config: Config, message: Message, at: float) -> Outgoing:
    over = message.kind == "resolved"
    document: dict[str, Any] = {
        "topic": config["topic"],
        "title": cut_bytes(message.title, 240),
        "message": cut_bytes(message.text or message.title, MOST_BYTES),
        "priority": 3 if over else PRIORITIES.get(message.severity, 3),
        "tags": ["white_check_mark" if over else TAGS.get(message.severity, "bell")],
        # A second try under the same id takes the place of the first.
        "sequence_id": message.id[:64],
    }
    if message.link:
        document["click"] = message.link
        document["actions"] = [
            {"action": "view", "label": label, "url": address} for label, address in message.links[:3]
        ]
    token = config.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return post((config.get("server") or SERVER).rstrip("/") + "/", document, headers)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    return usual(status, headers, body)
