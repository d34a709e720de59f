"""Whom alerts reach, and when they are silent, in the page: channels made from the fields their kind has and tried,
secrets never shown; silences made with their windows before one's eyes, and ended."""

from __future__ import annotations

import json
import secrets
import time

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in
from tests.browser.test_access_pages import api
from tests.browser.test_views import HERE, LOOKS, _examine
from tests.channels.outbox import SIGNING
from tests.channels.receiver import receiving
from tests.twins import node_tools


def test_a_channel_is_made_tried_changed_and_taken_away(inside: Tab, site: Site) -> None:
    inside.js("location.hash = '#/settings?part=channels'")
    name = f"hook-{secrets.token_hex(3)}"
    inside.click("section .panel-head .btn", "New channel")
    inside.choose("dialog[open] [name=kind]", "webhook")
    with receiving() as receiver:
        inside.fill("dialog[open] input[name=name]", name)
        inside.fill("dialog[open] input[name='config.url']", receiver.url)
        inside.fill("dialog[open] input[name='config.secrets']", SIGNING)
        inside.click("dialog[open] summary")
        inside.fill("dialog[open] input[name=tags]", "team:payment, env:prod")
        inside.click("dialog[open] input[name=isQuiet]")
        inside.until("document.querySelector('dialog[open] input[name=quietZone]')")
        inside.click("dialog button.main")
        inside.until(
            f"!document.querySelector('dialog') && document.querySelector('.reach')?.textContent.includes('{name}')"
        )
        inside.click(f"button[aria-label='Test {name}']")
        inside.until("document.querySelector('.setting [role=status]')?.textContent.includes('has taken')")
        assert any(json.loads(one.body)["type"] for one in receiver.requests)
    [made] = [one for one in api(site, "GET", "/api/rules/channels")["channels"] if one["name"] == name]
    assert made["policy"]["scope"]["tags"] == ["team:payment", "env:prod"]
    assert made["policy"]["quiet"]["schedule"]["start"] == "22:00"
    assert made["secrets"] == ["secrets", "url"]

    inside.click(f"button[aria-label='Change {name}']")
    inside.until("document.querySelector('dialog[open] input[name=\"config.url\"]')")
    assert inside.js("document.querySelector('dialog[open] input[name=\"config.url\"]').value") == ""
    assert SIGNING not in str(inside.js("document.documentElement.outerHTML"))
    inside.choose("dialog[open] [name=least]", "critical")
    inside.click("dialog button.main")
    inside.until(
        "!document.querySelector('dialog') && document.querySelector('.reach').textContent.includes('Critical')"
    )
    [changed] = [one for one in api(site, "GET", "/api/rules/channels")["channels"] if one["id"] == made["id"]]
    assert (changed["secrets"], changed["policy"]["least"]) == (made["secrets"], "critical")
    assert changed["policy"]["quiet"] == made["policy"]["quiet"]

    inside.click(f"button[aria-label='Test {name}']")  # its receiver is gone
    inside.until("document.querySelector('.setting [role=status].bad')")
    inside.click(f"button[aria-label='On {name}']")
    inside.until(f"document.querySelector(\"button[aria-label='Off {name}']\")")
    inside.click(f"button[aria-label='Remove {name}']")
    inside.click("dialog[open] footer .btn.danger")
    inside.until(f"!document.querySelector('main').textContent.includes('{name}')")


def test_a_window_that_recurs_is_seen_before_it_is_made(inside: Tab, site: Site) -> None:
    inside.js("location.hash = '#/settings?part=silences'")
    inside.click("section .panel-head .btn", "New silence")
    inside.until("document.querySelector('dialog [role=status].wary, dialog .upcoming li')")
    inside.fill("dialog[open] input[name=groups]", "db")
    why = f"backup {secrets.token_hex(3)}"
    inside.fill("dialog[open] input[name=comment]", why)
    inside.click("dialog[open] .segmented button", "Recurring")
    inside.fill("dialog[open] input[name=recurrence]", "every friday")
    inside.until("document.querySelector('dialog [role=status].wary')")
    inside.problems.clear()  # a refused trial stands in the console
    inside.fill("dialog[open] input[name=recurrence]", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=3;BYMINUTE=0")
    inside.fill("dialog[open] input[name=zone]", "Asia/Seoul")
    inside.until("document.querySelectorAll('dialog .upcoming li').length === 5")
    assert "Sun" in str(inside.js("document.querySelector('dialog .upcoming li').textContent"))
    inside.click("dialog button.main")
    inside.until(
        f"!document.querySelector('dialog') && document.querySelector('.reach')?.textContent.includes('{why}')"
    )
    [made] = [one for one in api(site, "GET", "/api/rules/silences")["silences"] if one["comment"] == why]
    assert (made["scope"]["groups"], made["duration_seconds"], made["timezone"]) == (["db"], 3_600, "Asia/Seoul")
    inside.click(f"button[aria-label='Change {why}']")
    assert inside.js("document.querySelector('dialog input[name=recurrence]').value").startswith("FREQ=WEEKLY")
    inside.fill("dialog[open] input[name=groups]", "db, web")
    inside.fill("dialog[open] input[name=minutes]", "90")
    inside.click("dialog button.main")
    inside.until(
        "!document.querySelector('dialog') && document.querySelector('.reach').textContent.includes('db, web')"
    )
    changed = api(site, "GET", f"/api/rules/silences/{made['id']}")["silence"]
    assert (changed["scope"]["groups"], changed["duration_seconds"]) == (["db", "web"], 5_400)
    assert (changed["recurrence"], changed["timezone"]) == (made["recurrence"], "Asia/Seoul")
    inside.click(f"button[aria-label='Remove {why}'], button[aria-label='End now {why}']")
    inside.click("dialog[open] footer .btn.danger")
    inside.until("!document.querySelector('dialog')")


def test_a_silence_that_is_there_is_changed_without_moving_its_times(inside: Tab, site: Site) -> None:
    now, word = int(time.time()), f"night {secrets.token_hex(3)}"
    wanted = {"scope": {"servers": ["w-1"]}, "starts": now - 61, "ends": now + 3_601, "comment": word}
    made = api(site, "POST", "/api/rules/silences", wanted)["silence"]
    inside.js("location.hash = '#/settings?part=silences'")
    inside.click(f"button[aria-label='Change {word}']")
    inside.until("document.querySelector('dialog .upcoming li')")
    inside.fill("dialog[open] input[name=servers]", "w-1, w-2")
    inside.click("dialog button.main")
    inside.until(
        "!document.querySelector('dialog') && document.querySelector('.reach').textContent.includes('w-1, w-2')"
    )
    changed = api(site, "GET", f"/api/rules/silences/{made['id']}")["silence"]
    assert (changed["starts_epoch"], changed["ends_epoch"]) == (made["starts_epoch"], made["ends_epoch"])
    inside.click(f"button[aria-label='Change {word}']")
    inside.choose("dialog input[name=ends]", "")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog')")
    changed = api(site, "GET", f"/api/rules/silences/{made['id']}")["silence"]
    assert (changed["starts_epoch"], changed["ends_epoch"]) == (made["starts_epoch"], None)
    api(site, "DELETE", f"/api/rules/silences/{made['id']}")


def test_a_server_is_put_behind_another(inside: Tab, site: Site) -> None:
    inside.js(f"location.hash = '#/servers/{HERE}'")
    inside.click(".facts .btn", "Set what it stands behind")
    inside.fill("dialog[open] input[name=behind]", "gw-1, gw-2")
    inside.click("dialog button.main")
    inside.until(
        "!document.querySelector('dialog') && document.querySelector('.facts').textContent.includes('gw-1, gw-2')"
    )
    assert api(site, "GET", f"/api/servers/{HERE}")["settings"]["behind"] == ["gw-1", "gw-2"]
    inside.click(".facts .btn", "Change")
    inside.fill("dialog[open] input[name=behind]", HERE)
    inside.click("dialog button.main")
    inside.until("document.querySelector('dialog [role=alert]')?.textContent.includes('another server')")
    inside.fill("dialog[open] input[name=behind]", " ")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog') && document.body.textContent.includes('Set what it stands behind')")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look[:3])))
def test_their_forms_can_be_used_in_every_look(tab: Tab, site: Site, look: tuple[str, str, int, int]) -> None:
    language, theme, width, height = look
    tab.size(width, height)
    tab.prefers(theme)
    choose_language(tab, language)
    sign_in(tab, site)
    found = node_tools.axe()
    axe = found.read_text(encoding="utf-8") if found else None
    hook = {
        "kind": "webhook",
        "name": "당직 웹훅",
        "config": {"url": "https://hooks.example.org/a/b", "secrets": SIGNING},
    }
    channel = api(site, "POST", "/api/rules/channels", hook)["channel"]
    wrong = []
    tab.js("location.hash = '#/settings?part=channels'")
    tab.until("document.querySelector('.reach li')")
    wrong += _examine(tab, f"channels-some-{language}-{theme}-{width}", axe)
    tab.click(".reach button:nth-child(3)")
    tab.click("dialog[open] summary")
    tab.click("dialog[open] input[name=isQuiet]")
    tab.until("document.querySelector('dialog[open] input[name=quietZone]')")
    wrong += _examine(tab, f"channel-form-{language}-{theme}-{width}", axe)
    tab.key("Escape")
    api(site, "DELETE", f"/api/rules/channels/{channel['id']}")
    window = {"scope": {"groups": ["db"]}, "recurrence": "0 3 * * 0", "duration_seconds": 3_600, "comment": "정기 백업"}
    silence = api(site, "POST", "/api/rules/silences", window)["silence"]
    tab.js("location.hash = '#/settings?part=silences'")
    tab.until("document.querySelector('#silences') && document.querySelector('.reach li')")
    wrong += _examine(tab, f"silences-some-{language}-{theme}-{width}", axe)
    tab.click("section .panel-head .btn")
    tab.click("dialog[open] .segmented button:nth-child(3)")
    tab.until("document.querySelectorAll('dialog .upcoming li').length === 5")
    wrong += _examine(tab, f"silence-form-{language}-{theme}-{width}", axe)
    tab.key("Escape")
    api(site, "DELETE", f"/api/rules/silences/{silence['id']}")
    assert wrong == []
