"""What is to come, in the page: the forecast behind a chart, when a disk will be full, and a rule on it."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site, choose_language, sign_in
from tests.browser.test_access_pages import api

HOUR = 3_600
DAYS = 6
NAME = "filling-1"


@pytest.fixture(scope="module")
def filling(site: Site) -> Iterator[str]:
    """A server with six days behind it, whose /data will be full in about two."""
    key = api(site, "POST", "/api/auth/keys", {"name": "forecasts"}, site.token())
    now = int(time.time())
    times = [now - 30 - n * 1_800 for n in range(DAYS * 48)][::-1]
    for start in range(0, len(times), 100):
        body = {"server": NAME, "samples": [_sample(at, now) for at in times[start : start + 100]]}
        status, answer = site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {key['secret']}")
        assert status == 202, answer
    deadline = time.monotonic() + 90
    while not _foreseen(site) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert _foreseen(site), "the roll-up has foreseen nothing"
    yield NAME
    api(site, "DELETE", f"/api/servers/{NAME}", token=site.token())
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def _sample(at: int, now: int) -> dict[str, object]:
    days = (now - at) / 86_400
    dice = random.Random(at)
    cpu = 45 + 25 * math.sin(2 * math.pi * days) + dice.gauss(0, 6)
    return {
        "at": at,
        "cpu": cpu,
        "memory": 60.0 + days,
        "mounts": {"/": 41.0, "/data": 80.0 - 10 * days + dice.gauss(0, 0.5)},
    }


def _foreseen(site: Site) -> bool:
    try:
        found = api(site, "GET", f"/api/servers/{NAME}/forecast")["forecasts"]
    except AssertionError:
        return False
    return any(one["series"] == "disk:/data" and one["crossings"][0]["at"] for one in found)


def test_a_chart_goes_on_and_a_disk_has_its_date(inside: Tab, filling: str) -> None:
    inside.js(f"location.hash = '#/servers/{filling}?range=24h'")
    inside.until("document.querySelector('.mounts')?.textContent.includes('Full in about')")
    inside.until("document.querySelectorAll('.chart .outlook').length >= 2")
    text = inside.text()
    assert "Not filling up" in text
    assert "off by" in text
    notes = inside.js("[...document.querySelectorAll('.chart .outlook')].map((one) => one.textContent).join('|')")
    assert any("/data" in one and "off by" in one for one in str(notes).split("|"))
    said = str(inside.js("document.querySelector('.chart .outlook .sr').textContent"))
    assert "between" in said
    inside.wait(0.5)
    inside.screenshot(ARTIFACTS / "forecast-en-dark-1440.png", whole=True)


def test_in_korean_on_a_phone(tab: Tab, site: Site, filling: str) -> None:
    tab.size(390, 844)
    tab.prefers("light")
    choose_language(tab, "ko")
    sign_in(tab, site)
    tab.js(f"location.hash = '#/servers/{filling}?range=7d'")
    tab.until("document.querySelector('.mounts')?.textContent.includes('뒤 가득 참')")
    tab.until("document.querySelectorAll('.chart .outlook').length >= 2")
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    tab.wait(0.5)
    tab.screenshot(ARTIFACTS / "forecast-ko-light-390.png", whole=True)


def test_a_rule_on_what_will_be_is_made_changed_and_removed(inside: Tab) -> None:
    inside.js("location.hash = '#/settings?part=rules'")
    inside.until("document.querySelector('.key-table td')")
    assert "Warning: 100 within 1 d" in inside.text()
    inside.click("section .panel-head .btn", "New rule")
    inside.click("dialog[open] button", "It will cross a level in time")
    inside.fill("dialog[open] input[name=name]", "memory soon")
    inside.fill("dialog[open] input[name=metric]", "memory")
    inside.fill("dialog[open] input[name=level]", "95")
    inside.fill("dialog[open] input[name=within]", "12")
    inside.fill("dialog[open] input[name=atleast]", "70")
    inside.screenshot(ARTIFACTS / "forecast-rule-en.png")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog') && document.body.textContent.includes('95 within 12 h')")
    row = json.loads(
        str(inside.js("JSON.stringify([...document.querySelectorAll('tr')].map((one) => one.textContent))"))
    )
    assert any("memory soon" in one and "forecast · memory" in one for one in row)
    inside.click("button[aria-label='Change memory soon']")
    inside.fill("dialog[open] input[name=within]", "48")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog') && document.body.textContent.includes('95 within 2 d')")
    inside.click("button[aria-label='Change memory soon']")
    inside.click("dialog[open] .btn.danger")
    inside.click("dialog[open] footer .btn.danger")
    inside.until("!document.body.textContent.includes('memory soon')")
