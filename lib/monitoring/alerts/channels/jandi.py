"""JANDI, by an incoming webhook of its second form (support.jandi.com: "Incoming Webhook")."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lib.monitoring.alerts.channels import Config, Field, Outgoing, Verdict, cut, post, usual
from lib.monitoring.alerts.messages import Message

NAME = "jandi"
LABEL = {"en": "JANDI", "ko": "잔디"}
FIELDS = (Field("url", {"en": "Incoming webhook URL", "ko": "수신 웹훅 URL"}, "url", secret=True),)
COLOURS = {"critical": "#D92D20", "warning": "#F79009", "info": "#2E90FA", "resolved": "#12B76A"}
ACCEPT = "application/vnd.tosslab.jandi-v2+json"
# `[[name]](address)` is a link, `**` and `~~` are style; `@` would call somebody.
_MARKUP = re.compile(r"([\[\]*~@])")


def build(config: Config, message: Message, at: float) -> Outgoing:
    links = " · ".join(f"[[{label}]]({address})" for label, address in message.links)
    body = "\n".join(filter(None, (escaped(message.title), links)))
    info = [{"title": cut(message.title, 200), "description": escaped(cut("\n".join(message.lines), 1_500))}]
    info += [{"title": cut(label, 60), "description": escaped(cut(value, 200))} for label, value in message.facts]
    colour = COLOURS["resolved" if message.kind == "resolved" else message.severity]
    document = {"body": body, "connectColor": colour, "connectInfo": [one for one in info if one["description"]]}
    return post(config["url"], document, {"Accept": ACCEPT, "Content-Type": "application/json"})


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    return usual(status, headers, body)


def escaped(text: str) -> str:
    """There is no way to escape: what means something gets a space of no width behind it."""
    return _MARKUP.sub("\\1\u200b", text)
