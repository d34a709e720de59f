"""The links of a real message, in Chromium: what they say before they act, that they act once, and what is no link."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.auth.act_links import LAST_SECONDS, ActLinks
from tests.browser.chromium import Tab
from tests.browser.conftest import Site, sign_in
from tests.browser.test_access_pages import api
from tests.browser.test_alert_pages import report
from tests.browser.test_views import LOOKS, _examine
from tests.channels.outbox import SIGNING
from tests.channels.receiver import receiving
from tests.real_stores import eventually
from tests.twins import node_tools

SERVER = "link-disk-1"
TOLD = {"en": f"{SERVER} · Disk / at 97% (level 95%)", "ko": f"{SERVER} · 디스크 사용률 / 97% (기준 95%)"}


@pytest.fixture(scope="module")
def message(site: Site) -> Iterator[dict[str, Any]]:
    """What a webhook was sent of a disk that is full."""
    key = api(site, "POST", "/api/auth/keys", {"name": "links"})
    with receiving() as receiver:
        hook = {"kind": "webhook", "name": "hook", "config": {"url": receiver.url, "secrets": SIGNING}}
        channel = api(site, "POST", "/api/rules/channels", hook)["channel"]
        report(site, key["secret"], SERVER, 97.0)
        assert eventually(lambda: any(SERVER in str(one.body) for one in receiver.requests), 30), "nothing was sent"
        yield next(json.loads(one.body)["data"] for one in receiver.requests if SERVER in str(one.body))
    for one in silences(site):
        api(site, "DELETE", f"/api/rules/silences/{one['id']}")
    for path in (f"rules/channels/{channel['id']}", f"servers/{SERVER}", f"auth/keys/{key['key']['id']}"):
        api(site, "DELETE", f"/api/{path}")


def open_link(tab: Tab, link: str, language: str) -> str:
    tab.open("about:blank")  # a fragment alone loads nothing anew
    tab.open(link.replace("act.html", f"act.html?lang={language}"))
    tab.until("document.querySelector('#act [role=status]')")
    return tab.text()


def press(tab: Tab) -> str:
    tab.click("#act button")
    tab.until("!document.querySelector('#act button')")
    return tab.text()


def the_alert(site: Site) -> dict[str, Any]:
    [alert] = api(site, "GET", f"/api/alerts?state=open&server={SERVER}")["alerts"]
    return dict(alert)


def silences(site: Site) -> list[dict[str, Any]]:
    found = api(site, "GET", "/api/rules/silences")["silences"]
    return [one for one in found if one["scope"]["servers"] == [SERVER]]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look[:3])))
def test_it_can_be_read_in_every_look(
    tab: Tab, site: Site, message: dict[str, Any], look: tuple[str, str, int, int]
) -> None:
    language, theme, width, height = look
    tab.size(width, height)
    tab.prefers(theme)
    found = node_tools.axe()
    axe = found.read_text(encoding="utf-8") if found else None
    wrong = []
    for name in ("ack_link", "silence_link"):
        assert TOLD[language] in open_link(tab, message[name], language)
        wrong += _examine(tab, f"{name}-{language}-{theme}-{width}", axe)
    signed = ActLinks(site.secret, lambda: time.time() - LAST_SECONDS).sign(the_alert(site)["id"], "silence", "c1")
    forged = message["ack_link"].partition("#")[2][:-4]
    said = {
        signed: {"en": "older than a week", "ko": "일주일이 지나"},
        forged: {"en": "not one of ours", "ko": "올바르지 않거나"},
        "": {"en": "not one of ours", "ko": "올바르지 않거나"},
    }
    for token, words in said.items():
        assert words[language] in open_link(tab, f"{site.origin}/act.html#{token}", language)
        assert not tab.js("document.querySelector('#act button')")
        wrong += _examine(tab, f"refused-link-{language}-{theme}-{width}", axe)
    assert wrong == []


def test_a_message_is_acknowledged_and_silenced_from_its_links(tab: Tab, site: Site, message: dict[str, Any]) -> None:
    text = open_link(tab, message["ack_link"], "en")
    assert "Acknowledge this alert?" in text
    assert TOLD["en"] in text
    assert the_alert(site)["acked_by"] is None, "opening it does nothing"
    assert "Acknowledged. It reminds nobody any more." in press(tab)
    assert the_alert(site)["acked_by"] == "a link in a message"
    text = open_link(tab, message["ack_link"], "ko")
    assert "이미 확인되었습니다: 이 링크를 받은 사람" in text
    assert not tab.js("document.querySelector('#act button')")

    text = open_link(tab, message["silence_link"], "en")
    assert f"Meanwhile nobody is told of “Disk” on {SERVER}." in text
    assert silences(site) == []
    tab.click("#act button", "4 hours")
    tab.until("!document.querySelector('#act button')")
    assert "Silent until " in tab.text()
    [silence] = silences(site)
    assert (silence["rules"], silence["ends_epoch"] - silence["starts_epoch"]) == ([the_alert(site)["rule"]], 14_400)
    assert "It is silent already, until " in open_link(tab, message["silence_link"], "en")
    assert len(silences(site)) == 1
    tab.click("#act a", "Open the alert")
    tab.until(f"location.hash === '#/alerts/{the_alert(site)['id']}'")
    sign_in(tab, site)
    tab.until("document.querySelector('#sent') && document.body.textContent.includes('hook · ')")
    assert "hook · sent" in tab.text() or "hook · 보냄" in tab.text()
    found = node_tools.axe()
    assert _examine(tab, "alert-deliveries", found.read_text(encoding="utf-8") if found else None) == []
