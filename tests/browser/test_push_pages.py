"""What a push becomes in a real browser: the worker shows it, leads where it points, and outlives a changed address.

No push service can be reached from here, so the browser's own tools bring the message; what the hub encrypts for a
browser is read back at the end, on the whole way from a post.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site
from tests.browser.test_access_pages import api
from tests.browser.test_alert_pages import report
from tests.channels.browser_twin import Browser, checked
from tests.channels.receiver import Receiver, Reply, receiving

HUB = "https://hub.example.org"
OPENED = {
    "id": "n1", "tag": "incident-1", "kind": "opened", "severity": "critical", "locale": "ko",
    "title": "[위험] web-01 CPU 97.3% (기준 95%)", "body": "서버: web-01\n시각: 2025-11-23 21:13 +09:00",
    "at": 1_763_900_000,
    "url": f"{HUB}/#/alerts/abc", "ack": f"{HUB}/act.html#token",
}  # fmt: skip
NEWS = ("There is news. Open the dashboard to see it.", "새 소식이 있습니다. 대시보드에서 확인하세요.")
SHOWN = """navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.map((one) => ({
    title: one.title, body: one.body, tag: one.tag, data: one.data, renotify: one.renotify, silent: one.silent,
    stays: one.requireInteraction, lang: one.lang, at: one.timestamp, icon: one.icon, badge: one.badge,
    actions: one.actions.map(({ action, title }) => [action, title]),
})))"""
CLEAR = """navigator.serviceWorker.ready.then((one) => one.getNotifications())
    .then((all) => all.forEach((one) => one.close()))"""
# What a script makes is not trusted and may not extend itself: the promise is caught. The handler is the real one.
CLICK = """(async () => {
    const [notification] = await registration.getNotifications();
    const event = new NotificationEvent('notificationclick', { notification, action: %s });
    let done;
    event.waitUntil = (promise) => { done = promise; };
    dispatchEvent(event);
    return done.then(() => 'done', String);
})()"""
CHANGED = """(async () => {
    const named = (one) => ({ endpoint: one.endpoint, options: {}, toJSON: () => one });
    const event = new Event('pushsubscriptionchange');
    event.oldSubscription = named(%s);
    event.newSubscription = named(%s);
    let done;
    event.waitUntil = (promise) => { done = promise; };
    dispatchEvent(event);
    return done.then(() => 'done', String);
})()"""


# How many the worker has shown since it was first asked.
COUNTED = """(() => {
    if (!('shows' in self)) {
        self.shows = 0;
        const { showNotification } = registration;
        ServiceWorkerRegistration.prototype.showNotification = async function (...given) {
            await showNotification.apply(this, given);
            self.shows += 1;
        };
    }
    return shows;
})()"""
PUSH_SERVICE = """(() => {
    const given = %s;
    let held = null;
    const raw = (key) => atob(key.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = (key) => Uint8Array.from(raw(key), (one) => one.charCodeAt(0)).buffer;
    const unsubscribe = async () => { held = null; return true; };
    PushManager.prototype.getSubscription = async () => held;
    PushManager.prototype.subscribe = async ({ applicationServerKey: key, userVisibleOnly }) => {
        if (!userVisibleOnly) throw new DOMException('it must show what it is told', 'NotAllowedError');
        const options = { applicationServerKey: bytes(key) };
        held = { endpoint: given.endpoint, options, toJSON: () => given, unsubscribe };
        return held;
    };
})()"""


def allow(tab: Tab, origin: str) -> None:
    tab.call("Browser.grantPermissions", origin=origin, permissions=["notifications"])
    tab.call("ServiceWorker.enable")


@pytest.fixture
def told(inside: Tab, site: Site) -> Iterator[Tab]:
    """Signed in, with the worker at work and leave to show."""
    allow(inside, site.origin)
    try:
        inside.js("import('/js/push.js').then((push) => push.worker()).then(() => 1)")
        yield inside
        inside.js(CLEAR)
    finally:
        inside.call("Browser.resetPermissions")
        inside.call("ServiceWorker.disable")


def shown_after(tab: Tab, site: Site, *pushes: str) -> list[dict[str, Any]]:
    """What is shown once the worker has shown each of these.

    Waits for the worker's own word: to ask again and again what is shown makes Chromium forget what is about to be.
    """
    with tab.inside_worker(site.origin) as worker:
        before = worker.js(COUNTED)
        for data in pushes:
            tab.push(site.origin, data)
        worker.until(f"shows >= {before + len(pushes)}")
        found: list[dict[str, Any]] = tab.js(SHOWN)
    return found


def pushed(tab: Tab, site: Site, **changes: Any) -> dict[str, Any]:
    message = {**OPENED, **changes}
    [one] = shown_after(tab, site, json.dumps(message))
    assert one["data"]["id"] == message["id"]
    return one


def test_a_push_is_shown_in_its_own_language_with_what_can_be_done(told: Tab, site: Site) -> None:
    one = pushed(told, site)
    assert (one["title"], one["body"]) == (OPENED["title"], OPENED["body"])
    assert (one["tag"], one["lang"], one["at"]) == ("incident-1", "ko", 1_763_900_000_000)
    assert one["data"] == {"id": "n1", "kind": "opened", "url": OPENED["url"], "ack": OPENED["ack"]}
    assert one["actions"] == [["acknowledge", "확인"], ["open", "열기"]]
    assert (one["renotify"], one["stays"], one["silent"]) == (True, True, False)
    for picture in (one["icon"], one["badge"]):
        assert told.js(f"fetch({json.dumps(picture)}).then((answer) => answer.ok)")


def test_the_same_incident_replaces_itself_and_its_end_is_quiet(told: Tab, site: Site) -> None:
    pushed(told, site)
    worse = pushed(told, site, id="n2", kind="escalated", locale="en", title="[critical] web-01 CPU at 99 %")
    assert (worse["title"], worse["renotify"]) == ("[critical] web-01 CPU at 99 %", True)
    assert worse["actions"] == [["acknowledge", "Acknowledge"], ["open", "Open"]]
    over = pushed(told, site, id="n3", kind="resolved", title="[해결] web-01 CPU", ack=None)
    assert (over["silent"], over["renotify"], over["stays"]) == (True, False, False)
    assert over["actions"] == [["open", "열기"]]


def test_the_same_message_twice_does_not_sound_twice(told: Tab, site: Site) -> None:
    """Also when both come at once: the worker takes one after the other."""
    assert pushed(told, site)["renotify"] is True
    assert shown_after(told, site, json.dumps(OPENED))[0]["renotify"] is False
    other = json.dumps({**OPENED, "id": "n2", "tag": "incident-2"})
    [renotify] = [one["renotify"] for one in shown_after(told, site, other, other) if one["tag"] == "incident-2"]
    assert renotify is False


@pytest.mark.parametrize("data", ["", "no JSON", "[]", "null", '"text"', '{"title": 7, "at": "soon"}'])
def test_what_cannot_be_read_is_shown_as_news_without_a_claim(told: Tab, site: Site, data: str) -> None:
    [one] = shown_after(told, site, data)
    assert one["title"] == ("7" if "7" in data else "OpenManager Vibe")
    assert one["body"] in (
        "There is news. Open the dashboard to see it.",
        "새 소식이 있습니다. 대시보드에서 확인하세요.",
    )
    assert one["actions"][-1][0] == "open"


def test_a_press_leads_the_open_dashboard_to_the_alert_of_this_hub(told: Tab, site: Site) -> None:
    pushed(told, site, url="https://elsewhere.example.org/#/alerts/00000000000000000000")
    with told.inside_worker(site.origin) as worker:
        # Only a real press may focus a window; whether it was led there is what counts.
        assert "focus" in worker.js(CLICK % "''")
        left = worker.js("registration.getNotifications().then((all) => all.length)")
    told.until("location.hash === '#/alerts/00000000000000000000'")
    assert told.js("location.origin") == site.origin
    assert left == 0
    told.until("document.querySelector('main [role=alert]')")
    told.problems.clear()


def test_acknowledge_leads_to_the_page_that_asks(told: Tab, site: Site) -> None:
    pushed(told, site)
    with told.inside_worker(site.origin) as worker:
        worker.js("self.opened = []; Clients.prototype.openWindow = async (address) => { opened.push(address); }")
        assert worker.js(CLICK % "'acknowledge'") == "done"
        assert worker.js("opened") == [f"{site.origin}/act.html#token"]
    assert told.js("location.pathname") == "/"


def test_a_changed_address_keeps_the_device_as_it_was(told: Tab, site: Site) -> None:
    old = Browser().subscription("https://fcm.googleapis.com/fcm/send/old")
    new = Browser().subscription("https://fcm.googleapis.com/fcm/send/new")
    token = site.token()
    path = "/api/alerts/devices"
    made = api(site, "POST", path, {**old, "name": "내 폰", "locale": "ko"}, token)["device"]
    api(site, "PATCH", f"{path}/{made['id']}", {"least": "critical", "resolved": False}, token)
    with told.inside_worker(site.origin) as worker:
        assert worker.js(CHANGED % (json.dumps(old), json.dumps(new))) == "done"
    [kept] = api(site, "GET", path, token=token)["devices"]
    assert kept["device"] != made["device"]
    assert (kept["name"], kept["locale"], kept["least"], kept["resolved"]) == ("내 폰", "ko", "critical", False)
    api(site, "DELETE", f"{path}/{kept['id']}", token=token)


@pytest.fixture
def push_service() -> Iterator[Receiver]:
    with receiving() as receiver:
        receiver.reply = lambda request: Reply(201)
        yield receiver


def notifications(tab: Tab) -> None:
    tab.js("location.hash = '#/settings?part=devices'")
    tab.until("document.querySelector('#yours')")


def test_a_browser_is_told_tried_changed_and_forgotten(told: Tab, site: Site, push_service: Receiver) -> None:
    """The push service is a local one; the browser's own is out of reach. All between page, hub and worker is real."""
    browser = Browser()
    told.js(PUSH_SERVICE % json.dumps(browser.subscription(f"{push_service.url}/secret-path")))
    notifications(told)
    told.until("document.body.innerText.includes('asks for your permission')")
    assert "No device of yours" in told.text()
    told.click("button.main", "Notify this browser")
    told.until("document.body.innerText.includes('This browser is notified')")
    [device] = api(site, "GET", "/api/alerts/devices")["devices"]
    assert (device["locale"], device["least"], device["resolved"]) == ("en", "warning", True)
    assert device["name"] in told.text()
    assert told.js("document.querySelectorAll('tbody small')[0].textContent") == "This browser"

    told.click("tbody button", "Change")
    told.fill("dialog[open] input[name=name]", "거실 노트북")
    told.choose("dialog select[name=locale]", "ko")
    told.choose("dialog select[name=least]", "critical")
    told.click("dialog input[name=quiet]")
    told.until("document.querySelector('dialog input[name=start]')")
    told.click("dialog button.main")
    told.until("!document.querySelector('dialog') && document.body.innerText.includes('거실 노트북')")
    [device] = api(site, "GET", "/api/alerts/devices")["devices"]
    assert (device["name"], device["locale"], device["least"]) == ("거실 노트북", "ko", "critical")
    assert (device["quiet"]["schedule"]["start"], device["quiet"]["schedule"]["until"]) == ("22:00", "07:00")
    assert "critical only, and its end" in told.text()

    told.click("tbody button", "Send a test")
    told.until("document.body.innerText.includes('the push service took it')")
    [request] = push_service.requests
    text = browser.decrypt(request.body).decode()
    [shown] = shown_after(told, site, text)
    assert shown["title"] == "[시험] OpenManager Vibe 시험 메시지"
    assert shown["body"].startswith("이 글이 보이면")

    told.click("tbody button", "Change")
    told.click("dialog[open] .btn.danger")
    told.click("dialog[open] footer .btn.danger")
    told.until("document.body.innerText.includes('No device of yours')")
    assert api(site, "GET", "/api/alerts/devices")["devices"] == []
    told.until("document.querySelector('button.main')?.textContent === 'Notify this browser'")


def test_a_refusal_says_how_to_undo_it(inside: Tab, site: Site) -> None:
    inside.call("Browser.setPermission", origin=site.origin, permission={"name": "notifications"}, setting="denied")
    try:
        notifications(inside)
        inside.until("document.body.innerText.includes('blocked in this browser')")
        assert not inside.js("document.querySelector('#yours') && [...document.querySelectorAll('button.main')].length")
    finally:
        inside.call("Browser.resetPermissions")


def test_a_push_service_out_of_reach_is_said_so(told: Tab, site: Site) -> None:
    told.js(
        "PushManager.prototype.subscribe = async () => { throw new DOMException('push service error', 'AbortError'); }"
    )
    notifications(told)
    told.click("button.main", "Notify this browser")
    told.until("document.querySelector('main [role=alert]')?.textContent.includes('push service did not answer')")
    assert api(site, "GET", "/api/alerts/devices")["devices"] == []


NAME = "결제-db-1"
DEVICES = "/api/alerts/devices"


def test_from_a_post_to_a_notification_and_the_page(told: Tab, site: Site, push_service: Receiver) -> None:
    """The whole way, with nothing played but the push service: a post, the sweep, an incident in both stores, what is
    owed and sent, the message as the browser decrypts it, the notification it becomes, and the page it leads to."""
    token, browser = site.token(), Browser()
    public = api(site, "GET", DEVICES, token=token)["key"]
    subscription = browser.subscription(f"{push_service.url}/of-this-browser")
    device = api(site, "POST", DEVICES, {**subscription, "name": "내 폰", "locale": "ko"}, token)["device"]
    key = api(site, "POST", "/api/auth/keys", {"name": "flow"}, token)
    try:
        report(site, key["secret"], NAME, 97.0)
        deadline = time.monotonic() + 90
        messages = []
        while not messages and time.monotonic() < deadline:
            time.sleep(0.2)
            whole = [browser.read(request) for request in push_service.requests]
            messages = [one for one in whole if NAME in one["title"]]
        [message] = messages
        request = next(one for one in push_service.requests if browser.read(one)["id"] == message["id"])
        checked(request, push_service.url, public)
        assert (message["kind"], message["severity"], message["locale"]) == ("opened", "critical", "ko")
        assert message["title"].startswith("[위험]")
        assert "디스크" in message["title"]

        [alert] = api(site, "GET", f"/api/alerts?state=open&server={quote(NAME)}", token=token)["alerts"]
        assert message["url"].endswith(f"#/alerts/{alert['id']}")
        sent = api(site, "GET", f"/api/alerts/{alert['id']}", token=token)["deliveries"]
        assert any(one["state"] == "sent" for one in sent)
        row = next(one for one in api(site, "GET", "/api/servers", token=token)["servers"] if one["id"] == NAME)
        assert (row["status"], row["reason"]["incident"]) == ("critical", alert["id"])

        [shown] = shown_after(told, site, json.dumps(message))
        assert (shown["title"], shown["body"]) == (message["title"], message["body"])
        told.js(f"location.hash = {json.dumps('#' + message['url'].partition('#')[2])}")
        told.until(f"document.querySelector('main h1')?.textContent.includes({json.dumps(NAME)})")
        assert "Disk / at 97% (level 95%)" in told.text()
    finally:
        api(site, "DELETE", f"{DEVICES}/{device['id']}", token=token)
        api(site, "DELETE", f"/api/servers/{quote(NAME)}", token=token)
        api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=token)
