"""Jobs in the page: made with the next times in sight, called by the very line that is shown, looked at, taken away."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in
from tests.browser.test_access_pages import api, settings

CHECKS = "/api/rules/checks"
NEXT = "[...document.querySelectorAll('dialog .upcoming li')].map((one) => one.textContent)"


@pytest.fixture(autouse=True)
def none_left(site: Site) -> Iterator[None]:
    yield
    for check in api(site, "GET", CHECKS)["checks"]:
        api(site, "DELETE", f"{CHECKS}/{check['id']}")


def job(site: Site, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = api(site, "POST", CHECKS, body)["check"]
    return made


def facts(tab: Tab) -> str:
    return str(tab.js("document.querySelector('.facts-grid').innerText"))


def test_a_job_is_made_called_by_the_line_shown_changed_and_deleted(inside: Tab, site: Site) -> None:
    settings(inside, "checks")
    inside.click(".panel-head .btn", "New job")
    inside.fill("dialog[open] input[name=name]", "nightly backup")
    inside.fill("dialog[open] input[name=cron]", "61 * * * *")
    inside.until("document.querySelector('dialog input[name=cron][aria-invalid=true]')")
    inside.fill("dialog[open] input[name=cron]", "30 3 * * *")
    inside.fill("dialog[open] input[name=timezone]", "Asia/Seoul")
    inside.until(f"{NEXT}.length === 3 && {NEXT}.every((one) => one.endsWith('03:30'))")
    inside.problems.clear()  # a refused expression stands in the console
    inside.fill("dialog[open] input[name=tags]", "team:payment")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog') && document.querySelector('.facts-grid')")
    assert "Asia/Seoul" in facts(inside)
    assert "It has not called yet" in inside.text()

    line = str(inside.js("document.querySelectorAll('.copyable code')[1].textContent"))
    assert line.endswith(api(site, "GET", CHECKS)["checks"][0]["ping_path"])
    # The words of the line are ours; the shell gets no more than curl's arguments.
    assert re.fullmatch(r"curl [-\w. /]+ http://127\.0\.0\.1:\d+/ping/[\w-]+", line)
    subprocess.run(line.split(), check=True, timeout=60)
    inside.js("dispatchEvent(new Event('online'))")
    inside.until("document.querySelector('.pings .tag.ok')?.textContent === 'Ran'")
    assert "in " in facts(inside)

    inside.click(".panel-head .btn", "Change")
    inside.until("document.querySelector('dialog[open] .upcoming li')")
    inside.fill("dialog[open] input[name=grace_seconds]", "0")
    inside.fill("dialog[open] input[name=name]", "backup")
    inside.click("dialog button.main")
    inside.until("!document.querySelector('dialog') && document.querySelector('#check')?.textContent === 'backup'")
    inside.click(".panel-head .btn", "Pause")
    inside.until("document.querySelector('.standing')?.textContent === 'Paused'")
    inside.click(".panel-head .btn", "Delete")
    inside.click("dialog[open] .btn.danger")
    inside.until("document.body.textContent.includes('No jobs yet')")
    assert api(site, "GET", CHECKS)["checks"] == []


def test_what_a_job_told_is_read_on_a_phone_in_korean(tab: Tab, site: Site) -> None:
    made = job(site, name="결제 정산", period_seconds=3600, timezone="UTC")
    for what, note in (("/start", b""), ("/3", "입금 파일이 없습니다\n두 번째 줄".encode())):
        with urllib.request.urlopen(
            f"http://127.0.0.1:{site.dev.port}{made['ping_path']}{what}", note, timeout=30
        ) as answer:
            assert answer.status == 200
    tab.size(390, 844)
    choose_language(tab, "ko")
    sign_in(tab, site)
    settings(tab, "checks")
    tab.until("document.querySelector('.standing .tag')?.textContent === '중단'")
    tab.click(".key-table a", "결제 정산")
    tab.until("document.querySelector('.pings details')")
    tab.click(".pings summary")
    tab.until("document.querySelector('.pings pre')?.checkVisibility()")
    assert "두 번째 줄" in tab.text()
    assert "종료 코드 3" in tab.text()
    assert not tab.js("document.documentElement.scrollWidth > innerWidth")


def test_whoever_only_looks_sees_no_address(tab: Tab, site: Site) -> None:
    made = job(site, name="mirror", period_seconds=3600, timezone="UTC")
    person = api(site, "POST", "/api/auth/users", {"email": "watches@example.org", "role": "viewer"})
    choose_language(tab, "en")
    tab.fill("input[name=email]", "watches@example.org")
    tab.fill("input[name=password]", person["password"])
    tab.click("form button.main")
    tab.until("document.querySelector('nav.side')")
    settings(tab, f"checks&check={made['id']}")
    tab.until("document.querySelector('#check')")
    assert "The address is shown to operators." in tab.text()
    assert not tab.js(f"document.documentElement.outerHTML.includes({json.dumps(made['ping_path'])})")
    assert not tab.js("document.querySelector('.buttons')")
    api(site, "DELETE", f"/api/auth/users/{person['user']['id']}")
