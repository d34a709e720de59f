"""Channels as admins keep them: made, changed, tried, deleted, recorded; and their secrets, which nobody sees again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

import api.rules
from tests.api.admitted import Admitted, admitted, unhashed
from tests.channels.outbox import OPEN, SIGNING, key
from tests.channels.receiver import Receiver, Reply, receiving
from tests.real_stores import Pair, ServicesFactory

TOKEN = secrets.token_hex(16)
APP: Flask = api.rules.app


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def hub(fresh_stores: Pair, make_services: ServicesFactory, monkeypatch: pytest.MonkeyPatch) -> Admitted:
    unhashed(monkeypatch.setattr)
    services = make_services(fresh_stores, install=True, outbound_allow=OPEN, encryption_keys=(key(),))
    return admitted(fresh_stores, services)


def call(hub: Admitted, method: str, path: str, caller: str = "admin", **sent: Any) -> Any:
    return hub.call(APP, method, f"/api/rules/channels{path}", caller, **sent)


def made(hub: Admitted, receiver: Receiver, **more: Any) -> dict[str, Any]:
    config = {"url": f"{receiver.url}/{TOKEN}", "secrets": SIGNING}
    answer = call(hub, "POST", "", json={"kind": "webhook", "name": "hook", "config": config, **more})
    assert answer.status_code == 201, answer.json
    channel: dict[str, Any] = answer.json["channel"]
    return channel


def test_a_secret_is_set_and_never_seen_again(hub: Admitted, receiver: Receiver) -> None:
    channel = made(hub, receiver, policy={"least": "critical", "wait_seconds": 0})
    assert channel["secrets"] == ["secrets", "url"]
    assert channel["config"] == {}
    assert channel["policy"]["least"] == "critical"
    assert channel["policy"]["budget"] == 20
    answers = [call(hub, "GET", "").data, call(hub, "PATCH", f"/{channel['id']}", json={"name": "b"}).data]
    assert not any(TOKEN.encode() in one or SIGNING.encode() in one for one in answers)
    kept = str(hub.pair.rows("select * from omv.channel")) + str(hub.pair.rows("select * from omv.audit"))
    assert TOKEN not in kept
    assert SIGNING not in kept


def test_others_know_its_name_only(hub: Admitted, receiver: Receiver) -> None:
    made(hub, receiver)
    [shown] = call(hub, "GET", "", "viewer").json["channels"]
    assert shown.keys() == {"id", "kind", "name", "locale", "enabled", "is_failing"}


def test_a_test_is_a_real_message_and_says_what_came_of_it(hub: Admitted, receiver: Receiver) -> None:
    channel = made(hub, receiver, locale="ko", enabled=False)
    tried = call(hub, "POST", f"/{channel['id']}/test").json
    assert tried["verdict"] == "sent"
    assert json.loads(receiver.requests[0].body)["data"]["title"] == "[시험] OpenManager Vibe 시험 메시지"
    receiver.reply = lambda request: Reply(404, f"no {request.path}".encode())
    tried = call(hub, "POST", f"/{channel['id']}/test").json
    assert tried["verdict"] == "never"
    assert TOKEN not in tried["detail"]
    receiver.reply = lambda request: Reply(500)
    assert call(hub, "POST", f"/{channel['id']}/test").json["verdict"] == "later"


def test_one_field_is_changed_and_the_others_stay(hub: Admitted, receiver: Receiver) -> None:
    channel = made(hub, receiver)
    with receiving() as other:
        path = f"/{channel['id']}"
        assert call(hub, "PATCH", path, json={"config": {"url": other.url}}).status_code == 200
        assert call(hub, "POST", f"{path}/test").json["verdict"] == "sent"
        assert len(other.requests) == 1
        assert other.requests[0].headers["webhook-signature"].startswith("v1,")
    assert receiver.requests == []
    refused = call(hub, "PATCH", path, json={"config": {"secrets": None}})
    assert refused.status_code == 400
    assert refused.json["errors"][0]["pointer"] == "/config/secrets"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "pigeon"}, "/kind"),
        ({"config": {}}, "/config/url"),
        ({"config": {"url": "ftp://example.org"}}, "/config/url"),
        ({"config": {"url": "https://user:word@example.org"}}, "/config/url"),
        ({"config": {"url": "https://example.org/\nx"}}, "/config/url"),
        ({"config": {"url": "https://example.org", "secrets": "short"}}, "/config/secrets"),
        ({"config": {"url": "https://example.org", "nothing": "x"}}, "/config/nothing"),
        ({"kind": "email", "config": {"to": "a\r\nBcc: b@c.d", "sender": "a@b.c", "host": "h"}}, "/config/to"),
        ({"kind": "email", "config": {"to": "nobody", "sender": "a@b.c", "host": "h"}}, "/config/to"),
        ({"policy": {"group_by": ["weather"]}}, "/policy/group_by"),
        ({"policy": {"budget": 0}}, "/policy/budget"),
        ({"policy": {"quiet": {"schedule": {"timezone": "Mars/Base"}}}}, "/policy/quiet/schedule/timezone"),
    ],
)
def test_what_cannot_be_is_refused_with_a_pointer(hub: Admitted, body: dict[str, Any], pointer: str) -> None:
    config = {"url": "https://example.org", "secrets": SIGNING}
    answer = call(hub, "POST", "", json={"kind": "webhook", "name": "hook", "config": config, **body})
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == pointer
    assert hub.pair.rows("select count(*) from omv.channel") == [(0,)]


def test_every_change_is_recorded_and_makes_the_sweep_look_again(hub: Admitted, receiver: Receiver) -> None:
    [(before,)] = hub.pair.rows("select rules_version from omv.sweep")
    channel = made(hub, receiver)
    call(hub, "PATCH", f"/{channel['id']}", json={"enabled": False})
    assert call(hub, "DELETE", f"/{channel['id']}").status_code == 204
    assert call(hub, "DELETE", f"/{channel['id']}").status_code == 404
    assert hub.pair.rows("select rules_version from omv.sweep") == [(before + 3,)]
    recorded = hub.pair.rows("select action, object_name from omv.audit where action like 'channel%%' order by seq")
    assert recorded == [("channel_added", "hook"), ("channel_changed", "hook"), ("channel_removed", "hook")]


def test_without_a_key_no_secret_is_taken(
    fresh_stores: Pair, make_services: ServicesFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhashed(monkeypatch.setattr)
    hub = admitted(fresh_stores, make_services(fresh_stores, install=True))
    config = {"url": "https://example.org/x"}
    answer = call(hub, "POST", "", json={"kind": "slack", "name": "s", "config": config})
    assert answer.status_code == 503
    assert "OPENMANAGER_ENCRYPTION_KEYS" in answer.json["detail"]
    assert hub.pair.rows("select count(*) from omv.channel") == [(0,)]


def test_every_kind_has_a_form(hub: Admitted) -> None:
    found = call(hub, "GET", "/kinds", "viewer").json["kinds"]
    assert {one["kind"] for one in found} >= {"slack", "email", "kakaowork", "naver_works", "jandi", "dooray"}
