"""People's own devices: subscribed, told what their owner sees and nothing else, forgotten when they are gone."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

import api.alerts
import api.rules
from lib.monitoring.alerts.push import PushKey
from tests.api.admitted import Admitted, admitted, unhashed
from tests.channels.browser_twin import Browser, checked, padded
from tests.channels.outbox import OPEN, due_now, item_of, key, states
from tests.channels.receiver import Receiver, Reply, receiving
from tests.real_stores import Pair, ServicesFactory

PATH = "/api/alerts/devices"
TOKEN = secrets.token_hex(16)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        found.reply = lambda request: Reply(201)
        yield found


@pytest.fixture
def hub(fresh_stores: Pair, make_services: ServicesFactory, monkeypatch: pytest.MonkeyPatch) -> Admitted:
    unhashed(monkeypatch.setattr)
    services = make_services(fresh_stores, install=True, outbound_allow=OPEN, encryption_keys=(key(),))
    return admitted(fresh_stores, services)


def call(hub: Admitted, method: str, path: str = "", caller: str = "viewer", **sent: Any) -> Any:
    return hub.call(api.alerts.app, method, PATH + path, caller, **sent)


def subscribed(
    hub: Admitted, receiver: Receiver, browser: Browser, caller: str = "viewer", path: str = TOKEN, **more: Any
) -> dict[str, Any]:
    body = {**browser.subscription(f"{receiver.url}/{path}"), "name": "지수의 폰", "locale": "ko", **more}
    answer = call(hub, "POST", caller=caller, json=body)
    assert answer.status_code in (200, 201), answer.json
    device: dict[str, Any] = answer.json["device"]
    return device


def owe(hub: Admitted, device: str, notice: str) -> None:
    body = json.dumps({"items": [item_of(f"incident of {notice}", 1, "opened")], "suppressed": 0})
    hub.pair.rows(
        "insert into omv.notice (id, channel, kind, severity, body, due_at, expires_at, created_at)"
        " values (%s, %s, 'opened', 'critical', %s::jsonb, omv.epoch() - 1, omv.epoch() + 3600, omv.epoch() - 1)",
        notice, device, body,
    )  # fmt: skip


def test_a_test_message_is_read_by_that_browser_and_signed_with_the_key_it_subscribed_with(
    hub: Admitted, receiver: Receiver
) -> None:
    browser = Browser()
    told = call(hub, "GET").json
    assert (len(padded(told["key"])), told["devices"]) == (65, [])
    device = subscribed(hub, receiver, browser)
    assert call(hub, "POST", f"/{device['id']}/test").json["verdict"] == "sent"
    [request] = receiver.requests
    checked(request, receiver.url, told["key"])
    message = browser.read(request)
    assert message["title"] == "[시험] OpenManager Vibe 시험 메시지"
    assert message["body"].startswith("이 글이 보이면")


def test_its_address_and_keys_are_sealed_and_never_shown(hub: Admitted, receiver: Receiver) -> None:
    browser = Browser()
    subscribed(hub, receiver, browser)
    hidden = (TOKEN, *browser.keys.values())
    seen = call(hub, "GET").data.decode() + str(hub.pair.rows("select * from omv.channel"))
    assert not any(one in seen for one in hidden)


def test_the_same_browser_again_is_the_same_device_with_the_keys_it_has_now(hub: Admitted, receiver: Receiver) -> None:
    first = subscribed(hub, receiver, Browser())
    changed = call(hub, "PATCH", f"/{first['id']}", json={"least": "critical", "quiet": QUIET}).json["device"]
    assert (changed["least"], changed["quiet"]["schedule"]["start"]) == ("critical", "22:00")
    browser = Browser()
    again = subscribed(hub, receiver, browser, name="새 이름")
    assert (again["id"], again["name"], again["least"]) == (first["id"], "새 이름", "critical")
    call(hub, "POST", f"/{again['id']}/test")
    assert browser.read(receiver.requests[-1])["kind"] == "test"
    assert call(hub, "PATCH", f"/{first['id']}", json={"quiet": None, "name": "폰"}).json["device"]["quiet"] is None


QUIET = {"schedule": {"start": "22:00", "until": "07:00", "timezone": "Asia/Seoul"}, "unless": "critical"}


def test_nobody_else_sees_or_touches_it_and_whoever_signs_in_there_next_takes_it(
    hub: Admitted, receiver: Receiver
) -> None:
    device = subscribed(hub, receiver, Browser())
    assert call(hub, "GET", caller="admin").json["devices"] == []
    for method, path, sent in (("PATCH", "", {"name": "x"}), ("DELETE", "", {}), ("POST", "/test", {})):
        assert call(hub, method, f"/{device['id']}{path}", "admin", json=sent).status_code == 404
    for method in ("PATCH", "DELETE"):
        kept = hub.call(api.rules.app, method, f"/api/rules/channels/{device['id']}", "admin", json={"name": "x"})
        assert kept.status_code == 404
    assert hub.call(api.rules.app, "GET", "/api/rules/channels", "admin").json["channels"] == []
    subscribed(hub, receiver, Browser(), "admin")
    assert call(hub, "GET").json["devices"] == []
    assert len(call(hub, "GET", caller="admin").json["devices"]) == 1


def test_it_hears_of_what_its_owner_sees_now(hub: Admitted, receiver: Receiver) -> None:
    device = subscribed(hub, receiver, Browser(), "viewer of a team")
    everything = subscribed(hub, receiver, Browser(), "viewer", path="other")

    def policies() -> dict[str, Any]:
        [(alerting,)] = hub.pair.rows("select omv.alerting(0::smallint)")
        return {one["id"]: (one["policy"].get("scope"), one["enabled"]) for one in alerting["channels"]}

    [(tags,)] = hub.pair.rows("select tags from omv.account where tags is not null and role = 'viewer'")
    assert policies() == {device["id"]: ({"tags": tags}, True), everything["id"]: (None, True)}
    [(before,)] = hub.pair.rows("select rules_version from omv.sweep")
    hub.pair.rows("update omv.account set tags = '[\"team:other\"]' where tags is not null and role = 'viewer'")
    assert policies()[device["id"]] == ({"tags": ["team:other"]}, True)
    hub.pair.rows("update omv.account set disabled_at = now() where tags is not null and role = 'viewer'")
    assert policies()[device["id"]][1] is False
    [(after,)] = hub.pair.rows("select rules_version from omv.sweep")
    assert after > before, "the next sweep must know"


def test_a_device_that_is_gone_is_forgotten_and_the_others_are_told(hub: Admitted, receiver: Receiver) -> None:
    stays, goes, busy = (subscribed(hub, receiver, Browser(), path=path) for path in ("stays", "goes", "busy"))
    for device in (stays, goes, busy):
        owe(hub, device["id"], f"notice of {device['id']}")
    answers = {"/stays": 201, "/goes": 410, "/busy": 503}
    receiver.reply = lambda request: Reply(answers[request.path])
    assert hub.services.notifier.run() == 1
    assert {one["id"] for one in call(hub, "GET").json["devices"]} == {stays["id"], busy["id"]}
    answers["/busy"] = 201
    due_now(hub.pair)
    hub.services.notifier.run()
    assert [request.path for request in receiver.requests].count("/stays") == 1, (
        "only the one that failed is tried again"
    )
    assert states(hub.pair)[f"notice of {busy['id']}"] == "sent"


def test_one_that_its_owner_switched_off_stays_and_is_told_nothing(hub: Admitted, receiver: Receiver) -> None:
    device = subscribed(hub, receiver, Browser())
    call(hub, "PATCH", f"/{device['id']}", json={"enabled": False})
    owe(hub, device["id"], "n1")
    assert hub.services.notifier.run() == 0
    assert [one["enabled"] for one in call(hub, "GET").json["devices"]] == [False]
    assert call(hub, "DELETE", f"/{device['id']}").status_code == 204
    assert call(hub, "GET").json["devices"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"endpoint": "https://evil.example.org/push"}, "/endpoint"),
        ({"endpoint": "http://fcm.googleapis.com/x"}, "/endpoint"),
        ({"endpoint": "https://fcm.googleapis.com.evil.org/x"}, "/endpoint"),
        ({"endpoint": "https://a@fcm.googleapis.com/x"}, "/endpoint"),
        ({"endpoint": "https://fcm.googleapis.com:8443/x"}, "/endpoint"),
        ({"endpoint": "https://10.0.0.8/x"}, "/endpoint"),
        ({"endpoint": "https://[::1"}, "/endpoint"),
        ({"keys": {"p256dh": "AAAA", "auth": Browser().keys["auth"]}}, "/keys/p256dh"),
        ({"keys": {**Browser().keys, "auth": "AAAA"}}, "/keys/auth"),
        ({"name": "\u202e"}, "/name"),
    ],
)
def test_what_is_no_subscription_is_refused_with_the_place(hub: Admitted, change: dict[str, Any], pointer: str) -> None:
    body = {**Browser().subscription("https://fcm.googleapis.com/fcm/send/x"), "name": "폰", **change}
    answer = call(hub, "POST", json=body)
    assert answer.status_code == 400
    assert pointer in json.dumps(answer.json)


def test_twenty_devices_are_enough(hub: Admitted) -> None:
    for number in range(21):
        body = {**Browser().subscription(f"https://fcm.googleapis.com/fcm/send/{number}"), "name": "폰"}
        assert call(hub, "POST", json=body).status_code == (201 if number < 20 else 409)


def test_a_given_key_is_the_one_that_browsers_subscribe_with(
    fresh_stores: Pair, make_services: ServicesFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhashed(monkeypatch.setattr)
    given = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"  # of RFC 8291
    hub = admitted(fresh_stores, make_services(fresh_stores, install=True, vapid_key=given))
    assert call(hub, "GET").json["key"] == PushKey.from_text(given, "mailto:a@b.c").public
