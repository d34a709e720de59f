"""Ways to reach people: what a channel is, and the list of them. A new one is one file here and one line in CHANNELS.

A channel that speaks HTTP says how a message becomes a request (`build`) and what an answer means (`judge`); both are
pure. One that is not HTTP, or needs several requests, has `deliver` instead. Neither knows of retries.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from lib.domain.errors import BadInput, DomainError
from lib.monitoring.alerts.messages import Message
from lib.outbound import TIMEOUT_SECONDS, Door

if TYPE_CHECKING:
    from lib.monitoring.alerts.push import PushKey

# Kind -> module. Imported when it is used: a sweep without news loads none of them.
CHANNELS: dict[str, str] = {
    "slack": "lib.monitoring.alerts.channels.slack",
    "discord": "lib.monitoring.alerts.channels.discord",
    "telegram": "lib.monitoring.alerts.channels.telegram",
    "teams": "lib.monitoring.alerts.channels.teams",
    "webhook": "lib.monitoring.alerts.channels.webhook",
    "ntfy": "lib.monitoring.alerts.channels.ntfy",
    "pagerduty": "lib.monitoring.alerts.channels.pagerduty",
    "email": "lib.monitoring.alerts.channels.email",
    "kakaowork": "lib.monitoring.alerts.channels.kakaowork",
    "naver_works": "lib.monitoring.alerts.channels.naver_works",
    "jandi": "lib.monitoring.alerts.channels.jandi",
    "dooray": "lib.monitoring.alerts.channels.dooray",
    "web_push": "lib.monitoring.alerts.channels.web_push",
}

RETRY_STATUSES = frozenset({408, 425, 429})
MOST_WAIT_SECONDS = 3_600.0
MOST_DETAIL = 200
LEAST_HIDDEN = 6  # shorter pieces hide nothing and would blot out everything

_APART = re.compile(r"[\s/,?&=]+")

type Words = Mapping[str, str]  # {"en": ..., "ko": ...}


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form a channel is set up with. What is `secret` is sealed and never shown again."""

    name: str
    label: Words
    kind: Literal["url", "secret", "text", "email", "choice", "number"] = "text"
    required: bool = True
    help: Words | None = None
    secret: bool = False
    choices: tuple[str, ...] = ()
    most: int = 2_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. `seconds` is what the receiver asked for."""

    seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Never:
    """Refused for good; with `disable` so is everything else this channel could send."""

    detail: str = ""
    disable: bool = False


type Verdict = Sent | Later | Never
type Config = Mapping[str, str]  # the fields, secrets among them


@dataclass(frozen=True, slots=True)
class Tools:
    """What a channel may touch the world with, and for how long. `push` is who we are to push services."""

    door: Door
    at: float
    seconds: float = TIMEOUT_SECONDS
    push: PushKey | None = None


class Channel(Protocol):
    """A module of this folder: it has `build` and `judge`, or `deliver`."""

    NAME: str
    LABEL: Words
    FIELDS: tuple[Field, ...]


class HttpChannel(Channel, Protocol):
    def build(self, config: Config, message: Message, at: float) -> Outgoing: ...
    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict: ...


class OtherChannel(Channel, Protocol):
    def deliver(self, config: Config, message: Message, tools: Tools) -> Verdict: ...


def set_up_by_hand() -> dict[str, Channel]:
    """The kinds that an admin adds; the others belong to the people whose devices they are."""
    found = {kind: channel(kind) for kind in CHANNELS}
    return {kind: one for kind, one in found.items() if not getattr(one, "PERSONAL", False)}


def channel(kind: str) -> Channel:
    """Raises BadInput for a kind that does not exist."""
    if kind not in CHANNELS:
        raise BadInput(f'there is no channel of the kind "{kind[:40]}"', pointer="/kind")
    return cast(Channel, importlib.import_module(CHANNELS[kind]))


def deliver(kind: str, config: Config, message: Message, tools: Tools) -> Verdict:
    """One try. Never raises; no verdict repeats a secret."""
    try:
        verdict = _tried(channel(kind), config, message, tools)
    except BadInput as error:
        verdict = Never(error.detail)
    except DomainError as error:
        verdict = Later(error.retry_after, error.detail)
    except Exception as error:  # noqa: BLE001 - one channel's fault must not silence the next
        verdict = Later(None, f"this channel failed: {type(error).__name__}")
    return _concealed(verdict, kind, config)


def _tried(found: Channel, config: Config, message: Message, tools: Tools) -> Verdict:
    if hasattr(found, "deliver"):
        return cast(OtherChannel, found).deliver(config, message, tools)
    http = cast(HttpChannel, found)
    return http.judge(*ask(tools, http.build(config, message, tools.at)))


def ask(tools: Tools, sent: Outgoing) -> tuple[int, Mapping[str, str], bytes]:
    answer = tools.door.ask(sent.method, sent.url, headers=sent.headers, content=sent.content, timeout=tools.seconds)
    return answer.status, answer.headers, answer.body


def post(url: str, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Outgoing:
    """A document as JSON."""
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Outgoing("POST", url, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, content)


def usual(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """What HTTP itself says: 2xx is sent, 408, 429 and 5xx may be tried again, 410 is gone for ever."""
    if 200 <= status < 300:
        return Sent(str(status))
    detail = f"{status} {excerpt(body)}".strip()
    if status in RETRY_STATUSES or status >= 500:
        return Later(retry_after(headers), detail)
    return Never(detail, disable=status == 410)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that were asked for, an hour at most. A date is not counted: our clock may differ."""
    text = headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(max(seconds, 0.0), MOST_WAIT_SECONDS) if seconds == seconds else None


def excerpt(body: bytes, most: int = 120) -> str:
    text = body[: most * 4].decode("utf-8", "replace")
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:most]


def answered(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def cut_bytes(text: str, most: int) -> str:
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode("utf-8", "ignore") + "…"


def _concealed(verdict: Verdict, kind: str, config: Config) -> Verdict:
    """Receivers like to repeat what they were sent."""
    detail = verdict.detail
    if kind in CHANNELS:
        secrets = [config.get(field.name, "") for field in channel(kind).FIELDS if field.secret]
        for piece in sorted({one for secret in secrets for one in _pieces(secret)}, key=len, reverse=True):
            detail = detail.replace(piece, "[secret]")
    detail = detail[:MOST_DETAIL]
    if isinstance(verdict, Sent):
        return Sent(detail)
    if isinstance(verdict, Later):
        return Later(verdict.seconds, detail)
    return Never(detail, verdict.disable)


def _pieces(secret: str) -> list[str]:
    """A secret and those parts of it that are secrets themselves: of an address what stands behind the host."""
    rest = secret.partition("://")[2].partition("/")[2] if "://" in secret else secret
    return [one for one in (secret, *_APART.split(rest)) if len(one) >= LEAST_HIDDEN]
