"""The assistant in the page: opened from everywhere, asked in both languages, its answers with evidence and charts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site, choose_language, sign_in
from tests.browser.test_access_pages import api

NAMES = ("asked-01", "asked-02", "결제-77")


@pytest.fixture(scope="module")
def fleet(site: Site) -> Iterator[tuple[str, ...]]:
    key = api(site, "POST", "/api/auth/keys", {"name": "asked"}, site.token())
    now = int(time.time()) - 20
    for place, name in enumerate(NAMES):
        samples = [
            {"at": at, "cpu": 20.0 + 25 * place + at % 7, "memory": 41.5, "mounts": {"/": 40.0 + place}}
            for at in range(now - 3_600, now, 60)
        ]
        body = {"server": name, "host": {"cores": 4, "memory_bytes": 8 << 30, "group": "asked"}, "samples": samples}
        status, answer = site.dev.ask("POST", "/api/ingest", body, Authorization=f"Bearer {key['secret']}")
        assert status == 202, answer
    deadline = time.monotonic() + 90
    while len(api(site, "GET", "/api/servers?group=asked")["servers"]) < len(NAMES) and time.monotonic() < deadline:
        time.sleep(0.3)
    yield NAMES
    for name in NAMES:
        api(site, "DELETE", f"/api/servers/{quote(name)}", token=site.token())
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def ask(tab: Tab, question: str) -> str:
    """The answer's text, once it is there."""
    before = int(tab.js("document.querySelectorAll('.turn .told:not(.waits)').length") or 0)
    tab.fill(".assistant input[name=question]", question)
    tab.click(".assistant form button.main")
    tab.until(f"document.querySelectorAll('.turn .told:not(.waits)').length > {before}")
    return str(tab.js("[...document.querySelectorAll('.turn .told')].at(-1).textContent"))


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("ko", "light", 1440), ("en", "dark", 1440), ("ko", "dark", 390), ("en", "light", 390)],
)
def test_questions_are_answered_beside_every_view(
    tab: Tab, site: Site, fleet: tuple[str, ...], language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.click(".tabs button" if width < 760 else "nav.side button.nav")
    tab.until("document.activeElement?.name === 'question'")
    korean = language == "ko"
    history = ask(tab, "결제-77 CPU 최근 1시간 추이" if korean else "cpu of 결제-77 over the last hour")
    assert ("최대" if korean else "max") in history
    tab.until("document.querySelector('.drawn canvas')")
    after = ask(tab, "메모리는?" if korean else "and memory?")
    assert "41.5%" in after
    assert "결제-77" in after
    tab.until("document.querySelectorAll('.drawn canvas').length === 2")
    top = ask(tab, "asked 그룹에서 CPU 높은 서버 3대" if korean else "top 3 servers by cpu in the asked group")
    assert "결제-77" in top
    tab.until("document.querySelectorAll('.bars li').length === 3")
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    edges = "[...document.querySelectorAll('.assistant, .assistant *')].map((one) => one.getBoundingClientRect().right)"
    assert tab.js(f"Math.max(...{edges}) <= innerWidth")
    tab.wait(0.5)
    tab.screenshot(ARTIFACTS / f"assistant-{language}-{scheme}-{width}.png")
    tab.click(".chips a.tag")
    tab.until("location.hash.includes('/servers/')")
    assert bool(tab.js("document.querySelector('.assistant')")) is (width > 760)


def test_a_question_in_the_search_is_answered_in_place(inside: Tab, fleet: tuple[str, ...]) -> None:
    inside.fill("form.search input", "which servers have memory above 90%?")
    inside.key("Enter")
    inside.until("document.querySelector('.assistant .told:not(.waits)')")
    assert "90%" in str(inside.js("document.querySelector('.assistant .told').textContent"))
    inside.key("Escape")
    inside.until("!document.querySelector('.assistant')")


def test_suggestions_go_on_and_a_reading_can_be_changed(inside: Tab, fleet: tuple[str, ...]) -> None:
    inside.until("document.title.includes('·')")  # the keys come with it
    inside.js("document.activeElement.blur()")
    inside.key("c")
    inside.until("document.querySelector('.assistant .choices button')")
    answer = ask(inside, "asked-02 cpu 지금 얼마야?")
    assert "asked-02" in answer
    inside.click(".assistant .read button.tag", "cpu")
    inside.click(".assistant .read .choices button", "Memory instead")
    inside.until("[...document.querySelectorAll('.turn .told')].at(-1).textContent.includes('41.5%')")
    count = inside.js("document.querySelectorAll('.turn').length")
    inside.click(
        ".turn:last-of-type ~ .choices button, .turn:last-child .choices button, .talk .turn .choices > button"
    )
    inside.until(f"document.querySelectorAll('.turn').length > {count}")


def test_names_that_hold_markup_stay_text(inside: Tab, site: Site) -> None:
    inside.click("nav.side button.nav")
    answer = ask(inside, "<img src=x onerror=alert(1)> 상태 **알려줘**")
    assert json.dumps(answer)
    assert inside.js("document.querySelectorAll('.assistant img').length") == 0
    assert "<img" in str(inside.js("document.querySelector('.asked').textContent"))


def test_the_panel_keeps_the_rules_of_accessibility(inside: Tab, fleet: tuple[str, ...]) -> None:
    from tests.twins import node_tools

    found = node_tools.axe()
    assert found is not None
    inside.click("nav.side button.nav")
    ask(inside, "servers with cpu above 10%")
    inside.js(found.read_text(encoding="utf-8") + "; 0")
    wrong = inside.js("axe.run('.assistant').then((all) => all.violations.map(({ id }) => id))")
    assert wrong == []


def test_what_is_proposed_is_done_only_once_it_is_confirmed(inside: Tab, site: Site, fleet: tuple[str, ...]) -> None:
    def silences() -> list[str]:
        listed = api(site, "GET", "/api/rules/silences")["silences"]
        return [one["state"] for one in listed if one["scope"]["servers"] == ["asked-01"]]

    inside.click("nav.side button.nav")
    assert "asked-01" in ask(inside, "mute asked-01 for 30 minutes")
    assert silences() == []
    inside.click(".assistant .act button", "Cancel")
    inside.until("document.querySelector('.assistant .act').textContent.includes('Not done')")
    ask(inside, "mute asked-01 for 30 minutes")
    inside.click(".assistant .act button.main", "Confirm")
    inside.until("document.querySelector('.assistant .act.is-done')")
    assert silences() == ["active"]
    inside.wait(0.3)
    inside.screenshot(ARTIFACTS / "assistant-confirmed-en-dark-1440.png")
    inside.click(".assistant .act.is-done button")
    inside.until("!document.querySelector('.assistant .act.is-done button')")
    assert silences() == ["over"]
