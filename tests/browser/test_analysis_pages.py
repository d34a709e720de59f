"""How a server did and what moved with an alert, in the page: the score with its reasons, shifts, hypotheses."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site, choose_language, sign_in
from tests.browser.test_access_pages import api

NAME = "analysed-1"
DAY = 86_400


@pytest.fixture(scope="module")
def analysed(site: Site) -> Iterator[tuple[str, str]]:
    """(server, alert): six days as usual, and since half an hour ago waiting for its disk and busy."""
    key = api(site, "POST", "/api/auth/keys", {"name": "analysis"}, site.token())
    now = int(time.time()) - 30
    old = range(now - 6 * DAY, now - 4 * 3_600, 900)
    times = [*old, *range(now - 4 * 3_600, now, 60)]
    for start in range(0, len(times), 140):
        samples = [_sample(at, now) for at in times[start : start + 140]]
        body: dict[str, Any] = {"server": NAME, "host": {"cores": 4}, "samples": samples}
        if start == 0:
            body["events"] = [{"id": "d", "at": now - 1_900, "kind": "deploy", "title": "shop v9"}]
        status, answer = site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {key['secret']}")
        assert status == 202, answer
    deadline = time.monotonic() + 40
    while not (alerts := _alerts(site)) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert alerts, "the sweep has opened no alert"
    while _measured(site) < 0.9 and time.monotonic() < deadline + 40:  # until what came late is rolled up
        time.sleep(0.5)
    yield NAME, alerts[0]["id"]
    api(site, "DELETE", f"/api/servers/{NAME}", token=site.token())
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def _sample(at: int, now: int) -> dict[str, Any]:
    dice = random.Random(at)
    is_odd = at > now - 1_800
    cpu, wait = (96.0, 45.0) if is_odd else (30.0, 2.0)
    today = 25.0 if at > now - DAY else 0.0
    return {
        "at": at, "cpu": min(100.0, cpu + dice.gauss(0, 1)), "iowait": max(0.0, wait + dice.gauss(0, 0.5)),
        "memory": 40 + today + dice.gauss(0, 0.5), "net_in": 1e6 * (1 + dice.random()), "mounts": {"/": 91.5},
    }  # fmt: skip


def _measured(site: Site) -> float:
    return float(api(site, "GET", f"/api/servers/{NAME}/analysis", token=site.token())["measured"])


def _alerts(site: Site) -> list[dict[str, Any]]:
    found = api(site, "GET", f"/api/alerts?server={NAME}&state=open", token=site.token())["alerts"]
    return [one for one in found if one["subject"] == "cpu"]


@pytest.mark.parametrize(("language", "scheme", "width"), [("ko", "light", 390), ("en", "dark", 1440)])
def test_a_server_shows_its_score_with_reasons(
    tab: Tab, site: Site, analysed: tuple[str, str], language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.js(f"location.hash = '#/servers/{NAME}'")
    tab.until("document.querySelector('.performance .score')", 20)
    text = tab.js("document.querySelector('.performance').textContent")
    assert ("건강 점수" if language == "ko" else "Health") in text
    assert ("디스크 / 92%" if language == "ko" else "Disk / 92%") in text
    assert "▲" in text
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    tab.js("document.querySelector('.performance').scrollIntoView()")
    tab.wait(0.4)
    tab.screenshot(ARTIFACTS / f"analysis-{language}-{scheme}-{width}.png")


@pytest.mark.parametrize(("language", "scheme", "width"), [("ko", "dark", 390), ("en", "light", 1440)])
def test_an_alert_shows_what_moved_with_it(
    tab: Tab, site: Site, analysed: tuple[str, str], language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.js(f"location.hash = '#/alerts/{analysed[1]}'")
    tab.until("document.querySelector('[aria-labelledby=causes] ol')", 20)
    text = tab.js("document.querySelector('[aria-labelledby=causes]').textContent")
    assert "shop v9" in text
    assert ("입출력 대기" if language == "ko" else "I/O wait") in text
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    tab.js("document.querySelector('[aria-labelledby=causes]').scrollIntoView()")
    tab.wait(0.4)
    tab.screenshot(ARTIFACTS / f"causes-{language}-{scheme}-{width}.png")
