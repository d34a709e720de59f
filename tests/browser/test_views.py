"""Every view in both languages and both themes, on a desk, a tablet and a phone: nothing red in the console, nothing
wider than the screen, nothing that people who cannot see or point would stumble over."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site, choose_language, sign_in
from tests.twins import node_tools

ASK_NOW = "dispatchEvent(new Event('online'))"  # instead of at the next poll
HERE = socket.gethostname()
LOOKS = (("en", "light", 1440, 900), ("en", "dark", 820, 1100), ("ko", "dark", 390, 844))

TOO_WIDE = """[...document.querySelectorAll('body *')].filter((one) => {
    const { right, width } = one.getBoundingClientRect();
    return width && right > innerWidth + 1 && !one.closest('.sr, .scroller, .filters, .parts, svg');
}).map((one) => one.outerHTML.slice(0, 160)).slice(0, 5)"""

# What axe-core would find first; for a machine that cannot have it from npm.
CONTROLS = "a[href], button, input, select, img, [role=group], dialog"
NAMELESS = (
    f"[...document.querySelectorAll('{CONTROLS}')]"
    + """.filter((one) => {
    const label = one.getAttribute('aria-label') ?? one.getAttribute('title') ?? one.getAttribute('alt') ?? '';
    const by = document.getElementById(one.getAttribute('aria-labelledby'))?.textContent ?? '';
    const labels = [...one.labels ?? []].map((own) => own.textContent).join('');
    return one.checkVisibility() && !(label + by + one.textContent + labels).trim() && one.alt !== '';
}).map((one) => one.outerHTML.slice(0, 160))"""
)
AXE = """axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, help, nodes }) => [
    id, help, ...nodes.slice(0, 4).map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary),
]))"""
TWICE = """[...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) !== at)"""


@dataclass(frozen=True)
class View:
    name: str
    hash: str
    shown: str  # a selector that matches when the view is complete
    then: Callable[[Tab], object] = lambda tab: None
    after: Callable[[Tab], object] = lambda tab: None


def _ask_for_help(tab: Tab) -> None:
    tab.until("document.querySelector('.card')")
    tab.key("?")


def _ask_for_a_key(tab: Tab) -> None:
    tab.click("section .panel-head .btn")
    tab.until("document.querySelector('dialog details')")
    tab.js("document.querySelector('dialog details').open = true")


def _ask_for_more(tab: Tab) -> None:
    tab.click("section .panel-head .btn")


def _have_no_servers(tab: Tab) -> None:
    tab.answer("/api/servers", lambda: fleet_of([]))
    tab.js(ASK_NOW)


def _lose(tab: Tab) -> None:
    tab.until("document.querySelector('.card')")
    tab.goes_offline(True)
    tab.js(ASK_NOW)


def _find(tab: Tab) -> None:
    tab.goes_offline(False)
    tab.problems[:] = [one for one in tab.problems if "ERR_INTERNET_DISCONNECTED" not in one]


def fleet_of(servers: list[Any]) -> dict[str, Any]:
    """An answer about the fleet, as the hub gives it."""
    cpu: dict[str, list[float]] = {"t": [], "median": [], "p95": []}
    told = {"as_of_epoch": time.time(), "version": 1, "stale": False, "watch": {"poll_every": 1}}
    return {**told, "fleet": {"cpu": cpu}, "servers": servers}


VIEWS = (
    View("overview", "#/", ".card .meters"),
    View("servers", "#/servers", ".row .cell-meter"),
    View("no-match", "#/servers?q=nothing-is-called-so", ".empty .btn"),
    View("server", f"#/servers/{HERE}", ".chart canvas"),
    View("range", f"#/servers/{HERE}", "dialog input[name=from]", lambda tab: tab.click(".range > .btn")),
    View("no-such-server", "#/servers/nobody", ".empty a.btn"),
    View("alerts", "#/alerts", ".alerts a, .quiet"),
    View("performance", "#/performance", ".standings li"),
    View("errors", "#/alerts/errors", ".groups a, main .quiet"),
    View("settings", "#/settings", ".key-table"),
    View("rules", "#/settings?part=rules", ".key-table td"),
    View("jobs", "#/settings?part=checks", ".quiet, .key-table td"),
    View("new-job", "#/settings?part=checks", "dialog .upcoming li", _ask_for_more, lambda tab: tab.key("Escape")),
    View("silences", "#/settings?part=silences", ".reach, .quiet"),
    View("channels", "#/settings?part=channels", ".reach, .quiet"),
    View("public", "#/settings?part=public", ".quiet, .key-table td"),
    View("devices", "#/settings?part=devices", "#yours"),
    View("users", "#/settings?part=users", ".key-table td"),
    View("clouds", "#/settings?part=clouds", ".quiet"),
    View("addresses", "#/settings?part=addresses", ".lists dd"),
    View("audit", "#/settings?part=audit", ".log li"),
    View(
        "new-key", "#/settings", "dialog details[open] input[name=cidrs]", _ask_for_a_key, lambda tab: tab.key("Escape")
    ),
    View("add-server", "#/add", ".adding input[name=name]"),
    View("help", "#/", "dialog dl.keys", _ask_for_help, lambda tab: tab.key("Escape")),
    View("empty", "#/", ".empty .btn.main", _have_no_servers, Tab.answer_no_more),
    View("lost", "#/", ".note.wary", _lose, _find),
)


@pytest.fixture(scope="session")
def axe_script() -> str | None:
    found = node_tools.axe()
    return found.read_text(encoding="utf-8") if found else None


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look[:3])))
def test_every_view(tab: Tab, site: Site, axe_script: str | None, look: tuple[str, str, int, int]) -> None:
    language, theme, width, height = look
    tab.size(width, height)
    tab.prefers(theme)
    if tab.js("document.documentElement.lang") != language:
        choose_language(tab, language)
    name = f"{language}-{theme}-{width}"
    wrong = _examine(tab, f"login-{name}", axe_script)
    sign_in(tab, site)
    tab.until("document.querySelector('.card .meters b')")
    for view in VIEWS:
        tab.js(f"location.hash = {json.dumps(view.hash)}")
        view.then(tab)
        tab.until(f"document.querySelector('{view.shown}')?.checkVisibility()")
        tab.until("document.fonts.status === 'loaded'")
        wrong += _examine(tab, f"{view.name}-{name}", axe_script)
        view.after(tab)
    assert not wrong, "\n".join(wrong)


def _examine(tab: Tab, name: str, axe_script: str | None) -> list[str]:
    tab.screenshot(ARTIFACTS / f"{name}.png")
    wrong = [f"wider than the screen: {one}" for one in tab.js(TOO_WIDE)]
    if tab.js("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("the page scrolls sideways")
    wrong += [f"without a name: {one}" for one in tab.js(NAMELESS)]
    wrong += [f"an id used twice: {one}" for one in tab.js(TWICE)]
    if axe_script:
        tab.js(f"if (!window.axe) {{ {axe_script} }}")
        wrong += [f"axe-core: {' · '.join(one)}" for one in tab.js(AXE)]
    wrong += [f"console: {one}" for one in tab.problems]
    tab.problems.clear()
    return [f"{name}: {one}" for one in wrong]
