"""Alerts in the page: listed as they open, looked at closely, acknowledged and ended, in both languages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.monitoring.alerts.rulebook import WantedRule
from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in
from tests.browser.test_access_pages import api

WRITTEN = WantedRule.model_fields


@pytest.fixture
def full_disk(site: Site) -> Iterator[str]:
    """A server whose disk has been full for a while, and what was said of it."""
    token = site.token()
    key = api(site, "POST", "/api/auth/keys", {"name": "alerts"}, token)
    name = "full-disk-1"
    report(site, key["secret"], name, 97.0)
    deadline = time.monotonic() + 90
    while not (found := open_alerts(site, name)) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert found, "the sweep has opened nothing"
    yield name
    api(site, "DELETE", f"/api/servers/{name}", token=site.token())
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def report(site: Site, secret: str, server: str, percent: float) -> None:
    now = int(time.time())
    body = {
        "server": server,
        "samples": [{"at": now - back, "cpu": 12.0, "mounts": {"/": percent}} for back in (200, 100, 30)],
        "processes": [{"name": "postgres", "pid": 7, "cpu": 55.0}],
        "events": [{"kind": "deploy", "title": "v2.4 배포", "at": now - 300}],
    }
    status, answer = site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {secret}")
    assert status == 202, answer


def open_alerts(site: Site, server: str) -> list[dict[str, Any]]:
    return list(api(site, "GET", f"/api/alerts?state=open&server={server}")["alerts"])


def test_an_alert_is_seen_looked_at_acknowledged_and_ended(inside: Tab, site: Site, full_disk: str) -> None:
    inside.click("nav.side .nav[href='#/alerts']")
    inside.until(f"document.querySelector('.alerts')?.textContent.includes({json.dumps(full_disk)})")
    text = inside.text()
    assert "Disk / at 97% (level 95%)" in text
    assert "Critical" in text
    inside.click(".alerts a", full_disk)
    inside.until("document.querySelector('#story')")
    inside.until("document.querySelector('.log li')")
    whole = inside.text()
    for word in ("Opened", "postgres", "v2.4 배포", "Rule"):
        assert word in whole, word

    inside.click(".pair .btn", "Acknowledge")
    inside.fill("dialog[open] textarea", "디스크를 비우는 중")
    inside.click("dialog button.main")
    inside.until("[...document.querySelectorAll('.log b')].some((one) => one.textContent === 'Acknowledged')")
    assert "디스크를 비우는 중" in inside.text()
    assert f"{site.email} looks after it" in inside.text()
    assert open_alerts(site, full_disk)[0]["acked_by"] == site.email

    inside.click(".pair .btn", "End it")
    inside.click("dialog[open] button.main")
    inside.until("!document.querySelector('dialog')")
    inside.until("[...document.querySelectorAll('.log b')].some((one) => one.textContent === 'Over')")
    assert open_alerts(site, full_disk) == []
    inside.click("main a[href='#/alerts']")
    inside.click(".segmented button", "Over")
    inside.until(f"document.querySelector('.alerts .ended')?.textContent.includes({json.dumps(full_disk)})")


def test_an_alert_is_silenced_from_its_page_and_told_again(inside: Tab, site: Site, full_disk: str) -> None:
    [alert] = open_alerts(site, full_disk)
    inside.js(f"location.hash = '#/alerts/{alert['id']}'")
    inside.click(".pair .btn", "Silence")
    inside.until("document.querySelector('dialog .upcoming li')")
    assert f"“Disk” on {full_disk}" in inside.text()
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog')")
    [made] = [
        one for one in api(site, "GET", "/api/rules/silences")["silences"] if full_disk in one["scope"]["servers"]
    ]
    assert (made["rules"], made["state"], made["ends_epoch"] - made["starts_epoch"]) == (
        [alert["rule"]],
        "active",
        3_600,
    )
    inside.js("location.hash = '#/settings?part=silences'")
    inside.click(".reach li .btn", "End now")
    inside.click("dialog[open] footer .btn.danger")
    inside.until("document.querySelector('.reach .ended')")
    api(site, "DELETE", f"/api/rules/silences/{made['id']}")


def test_in_korean_on_a_phone(tab: Tab, site: Site, full_disk: str) -> None:
    tab.size(390, 844)
    choose_language(tab, "ko")
    sign_in(tab, site)
    tab.click("nav.tabs a[href='#/alerts']")
    tab.until(f"document.querySelector('.alerts')?.textContent.includes({json.dumps(full_disk)})")
    assert "디스크 사용률 / 97% (기준 95%)" in tab.text()
    tab.click(".alerts a", full_disk)
    tab.until("document.querySelector('.log li')")
    assert "발생 당시" in tab.text()
    assert not tab.js("document.documentElement.scrollWidth > innerWidth")


def test_default_rules_read_in_korean_and_what_was_renamed_as_it_was(tab: Tab, site: Site, full_disk: str) -> None:
    before = next(one for one in api(site, "GET", "/api/rules")["rules"] if one["id"] == "memory")
    [alert] = open_alerts(site, full_disk)
    choose_language(tab, "ko")
    sign_in(tab, site)
    tab.js(f"location.hash = '#/alerts/{alert['id']}'")
    tab.until("document.querySelector('dl.lists dd')")
    assert tab.js("document.querySelector('dl.lists dd').textContent") == "디스크"
    tab.click(".pair .btn", "알림 끄기")
    tab.until(f"document.querySelector('dialog .note')?.textContent === '{full_disk}의 “디스크”'")
    tab.click("dialog button.main")
    tab.until("!document.querySelector('dialog')")
    tab.js("location.hash = '#/settings?part=silences'")
    tab.until(f"document.querySelector('.reach b')?.textContent === '{full_disk}, 디스크'")
    [made] = [
        one for one in api(site, "GET", "/api/rules/silences")["silences"] if full_disk in one["scope"]["servers"]
    ]
    api(site, "DELETE", f"/api/rules/silences/{made['id']}")
    tab.js("location.hash = '#/settings?part=rules'")
    tab.until("document.querySelector('.key-table td')")
    names = tab.js("[...document.querySelectorAll('.key-table th bdi')].map((one) => one.textContent)")
    assert {"CPU", "메모리", "디스크", "남은 공간", "서버 무응답", "작업 누락", "시계 오차"} <= set(names)
    change = "button[aria-label='메모리 항목 변경']"
    tab.click(change)
    tab.until("document.querySelector('dialog[open] input[name=name]')?.value === '메모리'")
    tab.fill("dialog[open] textarea[name=note]", "살펴봅니다")
    tab.click("dialog[open] button.main")
    tab.until("!document.querySelector('dialog')")
    kept = next(one for one in api(site, "GET", "/api/rules")["rules"] if one["id"] == "memory")
    assert (kept["name"], kept["note"]) == ("Memory", "살펴봅니다")
    tab.click(change)
    tab.fill("dialog[open] input[name=name]", "RAM")
    tab.click("dialog[open] button.main")
    tab.until("document.querySelector(\"button[aria-label='RAM 항목 변경']\")")
    choose_language(tab, "en")
    tab.until("document.querySelector(\"button[aria-label='Change RAM']\")")
    api(site, "PUT", "/api/rules/memory", {name: value for name, value in before.items() if name in WRITTEN})


def test_a_viewer_looks_and_does_not_act(tab: Tab, site: Site, full_disk: str) -> None:
    made = api(site, "POST", "/api/auth/users", {"email": "looks@example.org", "role": "viewer"})
    choose_language(tab, "en")
    tab.fill("input[name=email]", "looks@example.org")
    tab.fill("input[name=password]", made["password"])
    tab.click("form button.main")
    tab.until("document.querySelector('nav.side')")
    tab.js(f"location.hash = '#/alerts/{open_alerts(site, full_disk)[0]['id']}'")
    tab.until("document.querySelector('.log li')")
    assert "Acknowledge" not in tab.text()
    api(site, "DELETE", f"/api/auth/users/{made['user']['id']}")


def test_an_alert_that_nobody_knows_is_said_so(inside: Tab) -> None:
    inside.js("location.hash = '#/alerts/' + '0'.repeat(20)")
    inside.until("document.querySelector('main [role=alert]')?.textContent.includes('Not found')")
    inside.problems.clear()


def test_a_rule_is_tried_changed_and_switched_off(inside: Tab, site: Site) -> None:
    inside.js("location.hash = '#/settings?part=rules'")
    inside.until("document.querySelector('.key-table td')")
    assert "Warning ≥ 90 · Critical ≥ 98" in inside.text()
    inside.click("section .panel-head .btn", "New rule")
    inside.fill("dialog[open] input[name=name]", "half busy")
    for name, text in (("warning", "0"), ("recovery", "-1"), ("hold", "0")):
        inside.fill(f"dialog[open] input[name={name}]", text)
    inside.until("document.querySelector('dialog [role=status]')?.textContent.includes('Would have fired')")
    inside.fill("dialog[open] input[name=recovery]", "50")
    assert "in order" in str(
        inside.until(
            "(document.querySelector('dialog [role=status]')?.textContent ?? '').includes('order')"
            " && document.querySelector('dialog [role=status]').textContent"
        )
    )
    inside.problems.clear()  # a refused trial stands in the console
    inside.fill("dialog[open] input[name=recovery]", "-1")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog') && document.body.textContent.includes('half busy')")
    inside.click("button[aria-label='On half busy']")
    inside.until("document.querySelector(\"button[aria-label='Off half busy']\")")
    inside.click("button[aria-label='Change half busy']")
    inside.click("dialog[open] .btn.danger")
    inside.click("dialog[open] footer .btn.danger")
    inside.until("!document.body.textContent.includes('half busy')")
