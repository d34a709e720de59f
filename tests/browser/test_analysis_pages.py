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
from tests.browser.test_views import _examine
from tests.twins import node_tools

NAME, *FELLOWS = "analysed-1", "analysed-2", "analysed-3"
GROUP = "shop"
DAY = 86_400
LOOKS = (("ko", "light", 390), ("en", "dark", 1440), ("ko", "dark", 1440), ("en", "light", 390))


@pytest.fixture(scope="module")
def analysed(site: Site) -> Iterator[tuple[str, str]]:
    """(server, alert): six days as usual, and since half an hour ago waiting for its disk and busy; two fellows of its
    group have it quieter."""
    key = api(site, "POST", "/api/auth/keys", {"name": "analysis"}, site.token())
    now = int(time.time()) - 30
    old = range(now - 6 * DAY, now - 4 * 3_600, 900)
    times = [*old, *range(now - 4 * 3_600, now, 60)]
    for name, start in [(one, start) for one in (NAME, *FELLOWS) for start in range(0, len(times), 140)]:
        samples = [_sample(at, now, name) for at in times[start : start + 140]]
        body: dict[str, Any] = {"server": name, "host": {"cores": 4, "group": GROUP}, "samples": samples}
        if start == 0 and name == NAME:
            body["events"] = [{"id": "d", "at": now - 1_900, "kind": "deploy", "title": "shop v9"}]
        status, answer = site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {key['secret']}")
        assert status == 202, answer
    try:
        deadline = time.monotonic() + 90
        while not (alerts := _alerts(site)) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert alerts, "the sweep has opened no alert"
        deadline = time.monotonic() + 180  # what came late is merged by the roll-up, which begins once a minute
        while lacking := _lacks_of_its_past(site):
            assert time.monotonic() < deadline, lacking
            time.sleep(2)
        yield NAME, alerts[0]["id"]
    finally:  # other tests count servers
        for name in (NAME, *FELLOWS):
            api(site, "DELETE", f"/api/servers/{name}", token=site.token())
        api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def _sample(at: int, now: int, name: str) -> dict[str, Any]:
    dice = random.Random(f"{at} {name}")
    if name in FELLOWS:
        return {"at": at, "cpu": 25 + dice.gauss(0, 1), "memory": 40 + dice.gauss(0, 0.5), "mounts": {"/": 40.0}}
    is_odd = at > now - 1_800
    cpu, wait = (96.0, 45.0) if is_odd else (25.0, 2.0)
    today = 25.0 if at > now - DAY else 0.0
    return {
        "at": at, "cpu": min(100.0, cpu + dice.gauss(0, 1)), "iowait": max(0.0, wait + dice.gauss(0, 0.5)),
        "memory": 40 + today + dice.gauss(0, 0.5), "net_in": 1e6 * (1 + dice.random()), "mounts": {"/": 91.5},
    }  # fmt: skip


def _lacks_of_its_past(site: Site) -> str:
    """A server of which nothing is known before the window is young: it has no gaps and is compared with nothing."""
    told = api(site, "GET", f"/api/servers/{NAME}/analysis", token=site.token())
    if told["measured"] <= 0.9:
        return f"the roll-up has merged {told['measured']:.0%} of the last day"
    rows = api(site, "GET", "/api/analysis", token=site.token())["servers"]
    of_the_fleet = [it for one in rows if one["server"] == NAME for it in one["shifts"]]
    for whose, shifts in (("the server", told["shifts"]), ("the fleet", of_the_fleet)):
        if not any(it["verdict"] == "higher" for it in shifts):
            return f"nothing is told as higher by {whose}: {shifts}"
    return ""


def _alerts(site: Site) -> list[dict[str, Any]]:
    found = api(site, "GET", f"/api/alerts?server={NAME}&state=open", token=site.token())["alerts"]
    return [one for one in found if one["subject"] == "cpu"]


@pytest.fixture(scope="module")
def axe() -> str | None:
    found = node_tools.axe()
    return found.read_text(encoding="utf-8") if found else None


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS[:2])
def test_a_server_shows_its_score_with_reasons(
    tab: Tab, site: Site, analysed: tuple[str, str], axe: str | None, language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.js(f"location.hash = '#/servers/{NAME}'")
    tab.until("document.querySelector('.performance .score')")
    text = tab.js("document.querySelector('.performance').textContent")
    assert ("건강 점수" if language == "ko" else "Health") in text
    assert ("디스크 / 92%" if language == "ko" else "Disk / 92%") in text
    assert "▲" in text
    tab.js("document.querySelector('.performance').scrollIntoView()")
    tab.wait(0.4)
    assert _examine(tab, f"analysis-{language}-{scheme}-{width}", axe) == []
    tab.click(".performance .segmented button", "7d")
    tab.until("document.querySelector('.performance').textContent.includes('4코어 중 2코어')" if language == "ko" else
              "document.querySelector('.performance').textContent.includes('2 of 4 cores would do')")  # fmt: skip


@pytest.mark.parametrize(("language", "scheme", "width"), [("ko", "dark", 390), ("en", "light", 1440)])
def test_an_alert_shows_what_moved_with_it(
    tab: Tab, site: Site, analysed: tuple[str, str], axe: str | None, language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.js(f"location.hash = '#/alerts/{analysed[1]}'")
    tab.until("document.querySelector('[aria-labelledby=causes] ol')")
    text = tab.js("document.querySelector('[aria-labelledby=causes]').textContent")
    assert "shop v9" in text
    tab.until("document.querySelector('.charts.single .plot canvas')")
    assert ("입출력 대기" if language == "ko" else "I/O wait") in text
    tab.wait(0.4)
    tab.screenshot(ARTIFACTS / f"alert-whole-{language}-{scheme}-{width}.png", whole=True)
    tab.js("document.querySelector('[aria-labelledby=causes]').scrollIntoView()")
    tab.wait(0.4)
    assert _examine(tab, f"causes-{language}-{scheme}-{width}", axe) == []


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_the_fleet_shows_how_it_did(
    tab: Tab, site: Site, analysed: tuple[str, str], axe: str | None, language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.click(".tools a.btn", "성능" if language == "ko" else "Performance")
    tab.until("document.querySelector('.standings li')")
    found = str(tab.js("document.querySelector('#main').innerText"))
    for word in ("건강 점수", "메모리 65%") if language == "ko" else ("Health", "Memory 65%"):
        assert word in found
    assert "▲" in tab.js(f"[...document.querySelectorAll('.standings > li')].find((one) => "
                         f"one.textContent.includes('{NAME}')).textContent")  # fmt: skip
    assert _examine(tab, f"fleet-analysis-{language}-{scheme}-{width}", axe) == []
    tab.screenshot(ARTIFACTS / f"fleet-analysis-whole-{language}-{scheme}-{width}.png", whole=True)


def test_a_group_and_a_week_of_it_have_an_address_and_lead_to_servers(
    inside: Tab, site: Site, analysed: tuple[str, str]
) -> None:
    inside.js("location.hash = '#/performance'")
    inside.click(".group-scores a", GROUP)
    inside.until("document.querySelectorAll('.standings > li').length === 3")
    assert inside.js("location.hash") == f"#/performance?group={GROUP}"
    inside.click(".segmented button", "7 days")
    inside.until("document.querySelector('#did-sizes').parentElement.textContent.includes('2 of 4 cores would do')")
    assert inside.js("location.hash") == f"#/performance?group={GROUP}&window=7d"
    inside.reload()
    inside.until("document.querySelector('[aria-pressed=true]') && document.querySelector('select[name=group]')")
    inside.until(f"document.querySelector('select[name=group]').value === '{GROUP}'")
    inside.click(".standings a", NAME)
    inside.until("document.querySelector('.server-head')")


def test_what_is_missing_is_said(inside: Tab, site: Site) -> None:
    inside.js("location.hash = '#/performance?group=nobody'")
    inside.until("document.querySelector('main [role=alert]')?.textContent.includes('no group “nobody”')")
    inside.choose("select[name=group]", "")
    inside.until("document.querySelector('.standings li')")
