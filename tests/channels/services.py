"""What each service documents: the request it wants, how it says yes, later and never. One `Service` a channel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lib.monitoring.alerts.messages import Message
from lib.monitoring.alerts.push import PushKey
from tests.channels.browser_twin import Browser, checked
from tests.channels.outbox import SIGNING
from tests.channels.receiver import Reply, Request

TOKEN = secrets.token_hex(16)


def told(request: Request) -> Any:
    assert request.headers["content-type"].startswith("application/json")
    return json.loads(request.body.decode())


@dataclass(frozen=True)
class Service:
    """`config` is made for a receiver's address; `check` looks at a request as the service would, and gives the texts
    it would show. `forbidden` are texts that would call somebody, or be a link, if they stood there as they are."""

    config: Callable[[str], dict[str, str]]
    check: Callable[[Request, Message], list[str]]
    yes: Reply
    later: tuple[Reply, ...] = ()
    never: tuple[tuple[Reply, bool], ...] = ()
    forbidden: tuple[str, ...] = ()
    id_of: Callable[[Request], str] | None = None


def _url(url: str) -> dict[str, str]:
    return {"url": f"{url}/services/{TOKEN}"}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()


def slack(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert document.keys() == {"text", "blocks", "unfurl_links", "unfurl_media"}
    assert 1 <= len(document["blocks"]) <= 50
    texts = [document["text"]]
    for block in document["blocks"]:
        shown = [block["text"]] if block["type"] == "section" else block["elements"]
        for text in shown:
            assert text["type"] == "mrkdwn"
            assert 1 <= len(text["text"]) <= 3_000
            texts.append(text["text"])
    return texts


def discord(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert request.path.endswith("wait=true")
    assert document["allowed_mentions"] == {"parse": []}
    [embed] = document["embeds"]
    assert len(embed["title"]) <= 256
    assert len(embed["description"]) <= 4_096
    assert len(embed["fields"]) <= 25
    assert all(1 <= len(one["name"]) <= 256 and 1 <= len(one["value"]) <= 1_024 for one in embed["fields"])
    texts = [embed["title"], embed["description"], *(one["name"] + one["value"] for one in embed["fields"])]
    assert sum(map(len, texts)) <= 6_000
    return texts


def telegram(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert request.path == f"/bot12345:{TOKEN}/sendMessage"
    assert document["chat_id"] == "-100123"
    assert document["parse_mode"] == "HTML"
    assert 1 <= len(document["text"]) <= 5_000  # 4 096 are counted after the entities are parsed
    return [document["text"]]


def teams(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert document["type"] == "message"
    [attachment] = document["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert len(request.body) <= 28_000
    assert all(action["type"] == "Action.OpenUrl" for action in card["actions"])
    texts = [block["text"] for block in card["body"] if block["type"] == "TextBlock"]
    return texts + [fact["value"] for block in card["body"] if block["type"] == "FactSet" for fact in block["facts"]]


def webhook(request: Request, message: Message) -> list[str]:
    stamp = request.headers["webhook-timestamp"]
    signed = f"{request.headers['webhook-id']}.{stamp}.".encode() + request.body
    for secret, signature in zip(TWO_SECRETS.split(), request.headers["webhook-signature"].split(), strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        assert signature == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    document = told(request)
    assert document.keys() == {"type", "timestamp", "data"}
    assert document["type"] == f"alert.{message.kind}"
    return [document["data"]["title"], document["data"]["text"]]


def ntfy(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert request.path == "/"
    assert document["topic"] == TOKEN
    assert request.headers["authorization"] == f"Bearer tk_{TOKEN}"
    assert len(document["message"].encode()) <= 4_096
    assert 1 <= document["priority"] <= 5
    assert len(document.get("actions", ())) <= 3
    return [document["title"], document["message"]]


def pagerduty(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert request.path == "/v2/enqueue"
    assert document["routing_key"] == TOKEN
    assert document["event_action"] in {"trigger", "acknowledge", "resolve"}
    assert 1 <= len(document["dedup_key"]) <= 255
    if document["event_action"] != "trigger":
        return []
    payload = document["payload"]
    assert 1 <= len(payload["summary"]) <= 1_024
    assert payload["severity"] in {"critical", "error", "warning", "info"}
    assert payload["source"]
    assert len(request.body) <= 512_000
    return [payload["summary"], payload["component"], payload["class"]]


def kakaowork(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert document.keys() == {"text"}
    return [document["text"]]


def naver_works(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert document.keys() <= {"title", "body", "button"}
    assert document["body"].keys() == {"text"}
    if "button" in document:
        assert document["button"].keys() == {"label", "url"}
    return [document["title"], document["body"]["text"]]


def jandi(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert request.headers["accept"] == "application/vnd.tosslab.jandi-v2+json"
    assert document.keys() == {"body", "connectColor", "connectInfo"}
    assert document["body"]
    assert all(info.keys() == {"title", "description"} for info in document["connectInfo"])
    return [document["body"], *(info["description"] for info in document["connectInfo"])]


def dooray(request: Request, message: Message) -> list[str]:
    document = told(request)
    assert document["botName"]
    [attachment] = document["attachments"]
    assert attachment.keys() <= {"title", "titleLink", "text", "color"}
    return [document["text"], attachment["title"], attachment["text"]]


BROWSER = Browser()
PUSH = PushKey.from_secret(TOKEN, "https://hub.example.org")


def web_push(request: Request, message: Message) -> list[str]:
    assert request.path == f"/push/{TOKEN}"
    checked(request, f"http://{request.headers['host']}", PUSH.public, now=1_763_900_000.0)
    shown = BROWSER.read(request)
    assert (shown["id"], shown["kind"], shown["locale"]) == (message.id, message.kind, message.locale)
    assert request.headers["topic"] == shown["tag"]
    return [shown["title"], shown["body"]]


TWO_SECRETS = f"{SIGNING} whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
_MARKDOWN = ("[x](http", "[[x]](http")

SERVICES: dict[str, Service] = {
    "slack": Service(
        _url, slack, Reply(200, b"ok"), (Reply(500, b"rollup_error"),),
        ((Reply(404, b"no_service"), True), (Reply(410, b"channel_is_archived"), True),
         (Reply(400, b"invalid_payload"), False)),
        ("<!channel>", "<http://evil|"),
    ),
    "discord": Service(
        _url, discord, Reply(200, _json({"id": "1"})), (Reply(429, _json({"retry_after": 1.5, "global": False})),),
        ((Reply(404, _json({"message": "Unknown Webhook", "code": 10015})), True),
         (Reply(401, _json({"message": "Invalid Webhook Token", "code": 50027})), True),
         (Reply(400, _json({"code": 50006})), False)),
        _MARKDOWN,
    ),
    "telegram": Service(
        lambda url: {"token": f"12345:{TOKEN}", "chat": "-100123", "server": url},
        telegram, Reply(200, _json({"ok": True, "result": {}})),
        (Reply(429, _json({"ok": False, "error_code": 429, "parameters": {"retry_after": 7}})),),
        ((Reply(401, _json({"ok": False, "error_code": 401, "description": "Unauthorized"})), True),
         (Reply(403, _json({"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked"})), True),
         (Reply(400, _json({"ok": False, "error_code": 400, "description": "Bad Request: can't parse"})), False)),
        ("<i>", "<a href='http://evil'>"),
    ),
    "teams": Service(
        _url, teams, Reply(202), (Reply(200, b"Webhook message delivery failed with error: Microsoft Teams endpoint"
                                        b" returned HTTP error 429 with ContextId x"),),
        ((Reply(404), False), (Reply(400, b"Bad card"), False), (Reply(410), True)), _MARKDOWN,
    ),
    "webhook": Service(
        lambda url: {**_url(url), "secrets": TWO_SECRETS}, webhook, Reply(204), (Reply(502),),
        ((Reply(410), True), (Reply(400), False)), (), lambda request: request.headers["webhook-id"],
    ),
    "ntfy": Service(
        lambda url: {"topic": TOKEN, "token": f"tk_{TOKEN}", "server": url}, ntfy, Reply(200, _json({"id": "x"})),
        (Reply(507),), ((Reply(403, _json({"code": 40301, "error": "forbidden"})), False),), (),
        lambda request: str(told(request)["sequence_id"]),
    ),
    "pagerduty": Service(
        lambda url: {"routing_key": TOKEN, "server": url}, pagerduty, Reply(202, _json({"status": "success"})),
        (Reply(503),),
        ((Reply(400, _json({"status": "invalid event", "errors": ["'routing_key' is invalid"]})), True),
         (Reply(400, _json({"status": "invalid event", "errors": ["Length of 'summary' is incorrect"]})), False)),
        (), lambda request: str(told(request)["dedup_key"]),
    ),
    "kakaowork": Service(
        _url, kakaowork, Reply(200, _json({"success": True})),
        (Reply(200, _json({"success": False, "error": {"code": "too_many_requests"}})),),
        ((Reply(200, _json({"success": False, "error": {"code": "invalid_parameter"}})), False),
         (Reply(200, _json({"success": False, "error": {"code": "invalid_authentication"}})), True)),
    ),
    "naver_works": Service(
        _url, naver_works, Reply(200, _json({"code": 200, "description": "success"})),
        (Reply(200, _json({"code": 429, "description": "too many"})),),
        ((Reply(400, _json({"code": 400, "description": "missing parameter"})), False), (Reply(404), False)),
    ),
    "jandi": Service(
        _url, jandi, Reply(200, b"{}"), (Reply(503),),
        ((Reply(400, _json({"code": 40052, "msg": "Invalid payload - body"})), False), (Reply(404), False)), _MARKDOWN,
    ),
    "dooray": Service(
        _url, dooray, Reply(200, _json({"header": {"isSuccessful": True, "resultCode": 0, "resultMessage": ""}})),
        (Reply(504),),
        ((Reply(200, _json({"header": {"isSuccessful": False, "resultCode": -1, "resultMessage": "no"}})), False),
         (Reply(404), False)),
        (*_MARKDOWN, "[@x](dooray"),
    ),
    "web_push": Service(
        lambda url: {"endpoint": f"{url}/push/{TOKEN}", **BROWSER.keys}, web_push, Reply(201),
        never=((Reply(404), True), (Reply(410), True), (Reply(403, b"VAPID mismatch"), False), (Reply(413), False)),
        id_of=lambda request: str(BROWSER.read(request)["id"]),
    ),
}  # fmt: skip
