"""KakaoWork, by the incoming webhook of a bot (kakaowork.com/bots/hook/...): plain text, no markup.

Like the whole of its Web API (docs.kakaoi.ai/kakao_work/webapireference) it may answer 200 and say `success: false`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lib.monitoring.alerts.channels import Config, Field, Later, Never, Outgoing, Verdict, answered, cut, post, usual
from lib.monitoring.alerts.messages import Message

NAME = "kakaowork"
LABEL = {"en": "KakaoWork", "ko": "카카오워크"}
FIELDS = (Field("url", {"en": "Webhook URL", "ko": "웹훅 URL"}, "url", secret=True),)
LATER = ("too_many_requests", "rate_limited", "internal_error", "internal_server_error", "service_unavailable")
GONE = ("invalid_authentication", "expired_authentication", "unauthorized")


def build(config: Config, message: Message, at: float) -> Outgoing:
    links = "\n".join(f"{label}: {address}" for label, address in message.links)
    text = "\n".join(filter(None, (message.title, cut(message.text, 1_800), links)))
    return post(config["url"], {"text": text})


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    said = answered(body)
    if said.get("success") is False and status < 500 and status != 429:
        error = said.get("error")
        code = str(error.get("code", "") if isinstance(error, dict) else error)[:80]
        if code in LATER:
            return Later(None, f"{status} {code}")
        return Never(f"{status} {code or 'refused'}", disable=code in GONE)
    return usual(status, headers, body)
