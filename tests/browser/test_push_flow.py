"""The whole way, once, with nothing played but the push service: a post, the sweep, an incident in both stores, what is
owed and sent, the message as the browser decrypts it, the notification it becomes, and the page it leads to."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

from tests.browser.chromium import Tab
from tests.browser.conftest import Site
from tests.browser.test_access_pages import api
from tests.browser.test_alert_pages import report
from tests.browser.test_push import push_service, shown_after, told  # noqa: F401 - fixtures
from tests.channels.browser_twin import Browser, checked
from tests.channels.receiver import Receiver

NAME = "결제-db-1"
DEVICES = "/api/alerts/devices"


def test_from_a_post_to_a_notification_and_the_page(
    told: Tab,  # noqa: F811
    site: Site,
    push_service: Receiver,  # noqa: F811
) -> None:
    token, browser = site.token(), Browser()
    public = api(site, "GET", DEVICES, token=token)["key"]
    subscription = browser.subscription(f"{push_service.url}/of-this-browser")
    device = api(site, "POST", DEVICES, {**subscription, "name": "내 폰", "locale": "ko"}, token)["device"]
    key = api(site, "POST", "/api/auth/keys", {"name": "flow"}, token)
    try:
        report(site, key["secret"], NAME, 97.0)
        deadline = time.monotonic() + 40
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

        [shown] = shown_after(told, site, json.dumps(message), "all.length")
        assert (shown["title"], shown["body"]) == (message["title"], message["body"])
        told.js(f"location.hash = {json.dumps('#' + message['url'].partition('#')[2])}")
        told.until(f"document.querySelector('main h1')?.textContent.includes({json.dumps(NAME)})", 20)
        assert "Disk / at 97% (level 95%)" in told.text()
    finally:
        api(site, "DELETE", f"{DEVICES}/{device['id']}", token=token)
        api(site, "DELETE", f"/api/servers/{quote(NAME)}", token=token)
        api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=token)
