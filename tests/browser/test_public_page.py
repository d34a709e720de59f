"""The page for strangers, in Chromium: both languages and themes, desk and phone, and names that are hostile."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site
from tests.browser.test_views import HERE, LOOKS, _examine
from tests.real_stores import eventually
from tests.twins import node_tools

HOSTILE = "<img src=x onerror=alert(1)> 결제"


@pytest.fixture(scope="module")
def component(site: Site) -> str:
    with httpx.Client(base_url=site.origin, headers={"Authorization": site.token()}, timeout=60) as client:
        assert eventually(lambda: bool(client.get("/api/servers").json()["servers"]), 90)
        body = {"name": HOSTILE, "kind": "server", "target": HERE, "note": "점검합니다 <b>"}
        made = client.post("/api/status/components", json=body)
        assert made.status_code == 201, made.text
        return str(made.json()["component"]["id"])


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look[:3])))
def test_strangers_read_it_in_every_look(tab: Tab, site: Site, component: str, look: tuple[str, str, int, int]) -> None:
    language, theme, width, height = look
    found = node_tools.axe()
    tab.size(width, height)
    tab.prefers(theme)
    tab.open(f"{site.origin}/status.html?lang={language}")
    tab.until("document.querySelector('.component')")
    wrong = _examine(tab, f"public-{language}-{theme}-{width}", found.read_text(encoding="utf-8") if found else None)
    assert wrong == []
    assert tab.js("document.querySelector('.component h2').textContent") == HOSTILE
    assert tab.js("document.querySelectorAll('.days i').length") == 90
    assert tab.js("document.querySelectorAll('main img, main b img').length") == 0
    assert tab.js("document.documentElement.lang") == language

    tab.answer("/api/status", lambda: every_state())
    tab.open(f"{site.origin}/status.html?lang={language}")
    tab.until("document.querySelector('.state.down')")
    name = f"public-states-{language}-{theme}-{width}"
    assert _examine(tab, name, found.read_text(encoding="utf-8") if found else None) == []


def every_state() -> dict[str, Any]:
    """An answer in which everything occurs."""
    states = ["ok", "degraded", "down", "unknown"]
    days = [
        {"date": f"2026-{8 + n // 30:02}-{1 + n % 30:02}", "uptime": 0.5 if n > 9 else None, "state": state}
        for n in range(90)
        for state in [states[n % 3] if n > 9 else None]
    ]
    components = [
        {
            "id": state,
            "name": f"긴 이름 {state} " * 6,
            "note": "점검 중",
            "state": state,
            "uptime": 0.99951,
            "days": days,
        }
        for state in states
    ]
    incidents = [
        {"component": "a", "name": "쇼핑몰", "state": state, "from_epoch": 1_799_990_000, "until_epoch": until}
        for state, until in (("down", None), ("degraded", 1_799_999_000))
    ]
    told = {"as_of_epoch": 1_800_000_000, "stale": True, "state": "degraded"}
    return {**told, "components": components, "incidents": incidents}


def test_the_language_is_switched_and_a_lost_link_is_said(tab: Tab, site: Site, component: str) -> None:
    shop = {"id": "a", "name": "쇼핑몰", "note": "", "state": "down", "uptime": 0.5, "days": []}
    incident = {"component": "a", "name": "쇼핑몰", "state": "down", "from_epoch": 1_799_990_000, "until_epoch": None}
    answer: dict[str, Any] = {
        "as_of_epoch": 1_800_000_000, "stale": True, "state": "down", "components": [shop], "incidents": [incident],
    }  # fmt: skip
    tab.answer("/api/status", lambda: answer)
    tab.open(f"{site.origin}/status.html?lang=en")
    tab.until("document.querySelector('.stale')")
    assert "Everything is down" in tab.js("document.body.textContent")
    assert "goes on" in tab.js("document.body.textContent")
    tab.click("header .btn")
    tab.until("document.documentElement.lang === 'ko'")
    assert "모두 중단되었습니다" in tab.js("document.body.textContent")
