"""Alerts of other monitors in the page: whose they are, in whose words, and the way back, whatever labels hold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in
from tests.browser.test_access_pages import api
from tests.browser.test_alert_pages import report

SERVER = "outside-1"
PANEL = "https://grafana.example/d/1?viewPanel=2"
WILD = "<img src=x onerror=\"document.title='taken'\"> 값"


@pytest.fixture
def told(site: Site) -> Iterator[dict[str, dict[str, Any]]]:
    """Two alerts as Grafana tells them, one of a server that is known, by title; over when the test is."""
    key = api(site, "POST", "/api/auth/keys", {"name": "others"}, site.token())
    report(site, key["secret"], SERVER, 20.0)
    until(lambda: any(one["id"] == SERVER for one in api(site, "GET", "/api/servers")["servers"]))
    grafana(site, key["secret"], "firing")
    until(lambda: len(outside(site)) == 2)
    yield outside(site)
    grafana(site, key["secret"], "resolved")
    until(lambda: not outside(site))
    api(site, "DELETE", f"/api/servers/{SERVER}", token=site.token())
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def grafana(site: Site, secret: str, status: str) -> None:
    """`Full` is of the server and holds markup, `Slow` is of none that is known."""
    full = {
        "labels": {"alertname": "Full", "severity": "critical", "instance": f"{SERVER}:9100", "team": WILD,
                   "long": "x" * 150},
        "annotations": {"summary": "디스크가 거의 가득 찼습니다", "description": WILD,
                        "runbook_url": "https://wiki.example/full"},
        "panelURL": PANEL, "fingerprint": "aa",
    }  # fmt: skip
    slow = {"labels": {"alertname": "Slow"}, "annotations": {"runbook": "Ask the team"}, "fingerprint": "bb"}
    body = {"status": status, "orgId": 1, "alerts": [{**one, "status": status} for one in (full, slow)]}
    answer = site.dev.ask("POST", "/api/v1/webhooks/grafana", body, Authorization=f"Bearer {secret}")
    assert answer[0] == 200, answer


def outside(site: Site) -> dict[str, dict[str, Any]]:
    listed = api(site, "GET", "/api/alerts?state=open")["alerts"]
    return {one["detail"]: one for one in listed if one["kind"] == "outside"}


def until(so: Any) -> None:
    deadline = time.monotonic() + 40
    while not so() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert so()


def test_it_says_whose_it_is_and_leads_back(inside: Tab, site: Site, told: dict[str, dict[str, Any]]) -> None:
    full = next(one for title, one in told.items() if title.startswith("Full"))
    inside.click("nav.side .nav[href='#/alerts']")
    inside.until("[...document.querySelectorAll('.alerts li')].length >= 2")
    listed = inside.text()
    assert "Full: 디스크가 거의 가득 찼습니다 (Grafana)" in listed
    assert "No known server Slow (Grafana)" in listed
    inside.js(f"location.hash = '#/alerts/{full['id']}'")
    inside.until("document.querySelector('.lists dt')")
    text = inside.text()
    for word in (SERVER, "Told by Grafana", WILD, "alertname", "What to do", "x" * 150):
        assert word in text, word
    leads = inside.js("[...document.querySelectorAll('a[target=_blank]')].map((one) => [one.href, one.rel])")
    assert leads == [[PANEL, "noopener noreferrer"], ["https://wiki.example/full", "noopener noreferrer"]]
    assert inside.js("document.title") != "taken"
    inside.click(".pair .btn", "Silence")
    what = f"Alerts named “Full” of other monitors on {SERVER}"
    inside.until(f"document.querySelector('dialog')?.innerText.includes({json.dumps(what)})")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog')")
    [made] = [one for one in api(site, "GET", "/api/rules/silences")["silences"] if one["metric"] == "Full"]
    assert (made["rules"], made["scope"]["servers"]) == (["outside"], [SERVER])
    api(site, "DELETE", f"/api/rules/silences/{made['id']}")


def test_in_korean_on_a_phone(tab: Tab, site: Site, told: dict[str, dict[str, Any]]) -> None:
    tab.size(390, 844)
    choose_language(tab, "ko")
    sign_in(tab, site)
    for title, words in (
        ("Full", ("출처: Grafana", "Grafana에서 보기", "레이블")),
        ("Slow", ("Ask the team", "Grafana")),
    ):
        one = next(alert for name, alert in told.items() if name.startswith(title))
        tab.js(f"location.hash = {json.dumps('#/alerts/' + one['id'])}")
        tab.until(f"document.querySelector('h2#what')?.textContent.includes({json.dumps(title)})")
        tab.until("document.querySelector('.lists dt')")
        for word in words:
            assert word in tab.text(), word
        assert not tab.js("document.documentElement.scrollWidth > innerWidth"), title
