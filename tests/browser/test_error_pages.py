"""Errors in the page: those together that say the same, searched, and looked at hour by hour."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in
from tests.browser.test_access_pages import api

SHOWN = "[...document.querySelectorAll('.groups a')].map((one) => one.textContent)"


@pytest.fixture
def erring(site: Site) -> Iterator[str]:
    """A server that told three errors of one kind and one of another, in words that no other test uses."""
    name = f"errs-{secrets.token_hex(3)}"
    key = api(site, "POST", "/api/auth/keys", {"name": name})
    now = int(time.time())
    errors = [
        {"at": now - 60 * n, "level": "error", "source": "nginx", "message": f"upstream {n}0 timed out"}
        for n in (1, 2, 3)
    ] + [{"at": now - 30, "level": "warning", "source": "app", "message": "결제 응답이 900 ms 늦었습니다"}]
    body = {"server": name, "samples": [{"at": now, "cpu": 1.0}], "errors": errors}
    status, answer = site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {key['secret']}")
    assert status == 202, answer
    deadline = time.monotonic() + 90  # they are counted at the next sweep
    while len(api(site, "GET", f"/api/errors?server={name}")["groups"]) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
    yield name
    api(site, "DELETE", f"/api/servers/{name}")
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}")


def test_errors_are_together_searched_and_looked_at(inside: Tab, erring: str) -> None:
    inside.click("nav.side .nav[href='#/alerts']")
    inside.click(".head-line .btn", "Errors")
    inside.until("document.querySelector('.narrow')")
    inside.js(f"location.hash = '#/alerts/errors?server={erring}'")
    inside.until(f"{SHOWN}.length === 2")
    inside.fill("input[name=error]", "timed")
    inside.until(f"{SHOWN}.length === 1")
    assert inside.js(SHOWN) == ["upstream # timed out"]
    assert "3 times" in inside.text()
    assert inside.js("document.querySelectorAll('.course i:not(.none)').length") in (1, 2)
    inside.fill("input[name=error]", "nobody says this")
    inside.until("document.querySelector('main .quiet')?.textContent === 'No error matches'")
    inside.fill("input[name=error]", "upstream")
    inside.click(".groups a", "upstream # timed out")
    inside.until("document.querySelector('.tally li')")
    assert inside.js("document.querySelector('.tally li').textContent").endswith("3")
    assert "upstream 10 timed out" in inside.text()
    assert inside.js("[...document.querySelectorAll('.runs i:not(.none)')].length") >= 1
    inside.click(".segmented button", "30 days")
    inside.until("location.hash.includes('hours=720') && document.querySelector('.tally li')")
    inside.click("main a.go", "All errors")
    inside.until("document.querySelector('.groups')")


def test_in_korean_on_a_phone_by_level(tab: Tab, site: Site, erring: str) -> None:
    tab.size(390, 844)
    choose_language(tab, "ko")
    sign_in(tab, site)
    tab.js(f"location.hash = '#/alerts/errors?server={erring}&level=warning'")
    tab.until(f"{SHOWN}.length === 1 && {SHOWN}[0].startsWith('결제 응답이')")
    assert "경고" in tab.text()
    assert not tab.js("document.documentElement.scrollWidth > innerWidth")


def test_an_error_that_was_not_told_in_this_time_is_said_so(inside: Tab) -> None:
    inside.js("location.hash = '#/alerts/errors?of=' + '0'.repeat(16)")
    inside.until("document.querySelector('main [role=alert]')?.textContent.includes('Choose a longer one')")
    inside.problems.clear()
