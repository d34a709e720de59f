"""What is unlike itself, in the page: the expected band, the mark, why, and a button for who expected it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site, choose_language, sign_in
from tests.browser.test_access_pages import api
from tests.browser.test_views import _examine
from tests.twins import node_tools

NAME = "unlike-1"
MINUTES = 420


@pytest.fixture(scope="module")
def unlike(site: Site) -> Iterator[str]:
    """A server that was calm for some hours and is not since ten minutes ago."""
    key = api(site, "POST", "/api/auth/keys", {"name": "anomalies"}, site.token())
    now = int(time.time()) - 60
    times = [now - 60 * n for n in range(MINUTES)][::-1]
    for start in range(0, MINUTES, 140):
        body = {"server": NAME, "samples": [_sample(at, now) for at in times[start : start + 140]]}
        status, answer = site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {key['secret']}")
        assert status == 202, answer
    deadline = time.monotonic() + 90
    while not _found(site) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert _found(site), "the sweep has found nothing"
    yield NAME
    api(site, "DELETE", f"/api/servers/{NAME}", token=site.token())
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def _sample(at: int, now: int) -> dict[str, object]:
    dice = random.Random(at)
    is_odd = at > now - 600
    cpu, memory = (96.0, 88.0) if is_odd else (22.0, 41.0)
    return {"at": at, "cpu": cpu + dice.gauss(0, 0.6), "memory": memory + dice.gauss(0, 0.2), "net_in": 1e6}


def _found(site: Site) -> bool:
    try:
        return len(api(site, "GET", f"/api/servers/{NAME}/anomalies")["anomalies"]) >= 2
    except AssertionError:
        return False


def test_a_chart_shows_what_was_expected_and_what_was_not(tab: Tab, site: Site, unlike: str) -> None:
    tab.size(390, 844)
    tab.prefers("light")
    choose_language(tab, "ko")
    sign_in(tab, site)
    tab.js(f"location.hash = '#/servers/{unlike}?range=6h'")
    tab.until("document.querySelectorAll('.unlike').length >= 2")
    assert "함께 변함: 메모리" in tab.text()
    assert "예상" in tab.text()
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    tab.wait(0.5)
    tab.screenshot(ARTIFACTS / "unlike-ko-light-390.png", whole=True)


def test_an_alert_keeps_its_chart_whatever_it_is_zoomed_to(inside: Tab, site: Site, unlike: str) -> None:
    """Also to a time in which nothing was odd: the chart is the only way back."""
    rule = {"name": "odd", "kind": "anomaly", "hold_seconds": 0, "options": {"series": 2}}
    made = api(site, "POST", "/api/rules", rule)["rule"]
    key = api(site, "POST", "/api/auth/keys", {"name": "odd"}, site.token())
    try:
        deadline = time.monotonic() + 90
        while not (alerts := api(site, "GET", f"/api/alerts?server={unlike}&state=open")["alerts"]):
            assert time.monotonic() < deadline, "no alert was opened"
            now = int(time.time())
            body = {"server": unlike, "samples": [_sample(now, now)]}
            site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {key['secret']}")
            time.sleep(1)
        begun = alerts[0]["opened_at_epoch"] - 3 * 3_600
        inside.js(f"location.hash = '#/alerts/{alerts[0]['id']}?from={int(begun)}&to={int(begun) + 3_600}'")
        inside.until("document.querySelector('.charts.about .plot canvas')")
        assert "It is unlike itself: " in inside.text()
        assert "cpu" not in inside.text()
    finally:
        api(site, "DELETE", f"/api/rules/{made['id']}")
        api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def test_who_expected_it_says_so(inside: Tab, unlike: str) -> None:
    inside.js(f"location.hash = '#/servers/{unlike}?range=6h'")
    inside.until("document.querySelectorAll('.unlike').length >= 2")
    assert "with it: Memory" in inside.text()
    inside.wait(0.5)
    inside.screenshot(ARTIFACTS / "unlike-en-dark-1440.png", whole=True)
    inside.click(".unlike .btn", "This is usual")
    inside.until("document.querySelector('.unlike')?.textContent.includes('expected by')")


@pytest.mark.parametrize(("language", "scheme", "width"), [("ko", "dark", 390), ("en", "light", 1440)])
def test_a_rule_on_what_is_unlike_itself_is_made_changed_and_removed(
    tab: Tab, site: Site, unlike: str, language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    words = {
        "ko": ("새 규칙", "서버가 평소와 다름", "지표 2개가 평소와 다름", "서버 1대에서 1번"),
        "en": ("New rule", "A server is unlike itself", "2 metrics unlike themselves", "Once in the last"),
    }[language]
    tab.js("location.hash = '#/settings?part=rules'")
    tab.until("document.querySelector('.key-table td')")
    tab.click("section .panel-head .btn", words[0])
    tab.click("dialog[open] button", words[1])
    tab.fill("dialog[open] input[name=name]", "odd together")
    tab.fill("dialog[open] input[name=series]", "2")
    tab.fill("dialog[open] input[name=minutes]", "4")
    tab.fill("dialog[open] input[name=metrics]", "cpu, mem*")
    tab.until(f"document.querySelector('dialog [role=status]')?.textContent.includes('{words[3]}')")
    assert _examine(tab, f"unlike-rule-{language}-{scheme}-{width}", _axe()) == []
    tab.click("dialog button.main")
    tab.until(f"!document.querySelector('dialog') && document.body.textContent.includes('{words[2]}')")
    [made] = [one for one in api(site, "GET", "/api/rules")["rules"] if one["name"] == "odd together"]
    assert (made["kind"], made["hold_seconds"], made["severity"]) == ("anomaly", 240, "warning")
    assert made["options"] == {"series": 2, "metrics": ["cpu", "mem*"], "sensitivity": "normal"}
    tab.click("button[aria-label*='odd together']:last-child")
    tab.fill("dialog[open] input[name=series]", "1")
    tab.fill("dialog[open] input[name=metrics]", "cpu")
    tab.click("dialog button.main")
    tab.until("!document.querySelector('dialog')")
    [made] = [one for one in api(site, "GET", "/api/rules")["rules"] if one["name"] == "odd together"]
    assert made["options"] == {"series": 1, "metrics": ["cpu"], "sensitivity": "normal"}
    api(site, "DELETE", f"/api/rules/{made['id']}")


def test_a_metric_is_called_unlike_itself_less_readily(inside: Tab, site: Site, unlike: str) -> None:
    inside.js(f"location.hash = '#/servers/{unlike}?range=6h'")
    inside.until("document.querySelectorAll('.unlike').length >= 2")
    inside.click(".unlike .btn", "Sensitivity")
    inside.until("document.querySelector('dialog[open] [role=group][aria-label=CPU]')")
    inside.click("dialog[open] [aria-label=CPU] button", "Off")
    inside.choose("dialog select[name=series]", "memory")
    inside.click("dialog[open] [aria-label=Memory] button", "High")
    inside.click("dialog[open] [aria-label='All metrics'] button", "Low")
    assert _examine(inside, "sensitivity-en-dark-1440", _axe()) == []
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog')")
    kept = api(site, "GET", f"/api/servers/{unlike}")["settings"]["sensitivity"]
    assert kept == {"*": "low", "cpu": "off", "memory": "high"}
    inside.click(".facts .btn", "Sensitivity")
    inside.click("dialog[open] button[aria-label*=Memory]")
    inside.click("dialog[open] [aria-label='All metrics'] button", "Normal")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog')")
    assert api(site, "GET", f"/api/servers/{unlike}")["settings"]["sensitivity"] == {"cpu": "off"}


def _axe() -> str | None:
    found = node_tools.axe()
    return found.read_text(encoding="utf-8") if found else None
